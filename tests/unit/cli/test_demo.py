"""`crmclean demo` may be repeated in its folder, and never replaces what is not its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.main import run
from dedupe.sandbox.demo import ON_REQUEST, build_demo
from dedupe.snapshot import open_snapshot, write_snapshot


def demo(folder, kind: str) -> int:
    return run(["demo", "--scale", "0.002", "--as", kind, "-o", str(folder), "-q"])


@pytest.mark.parametrize("kind", ["snapshot", "csv"])
def test_a_demo_replaces_an_earlier_one_of_its_kind(tmp_path, kind) -> None:
    assert [demo(tmp_path, kind) for _ in range(2)] == [0, 0]


def test_what_is_read_over_http_has_its_history_and_its_day(tmp_path) -> None:
    assert demo(tmp_path, "http") == 0  # every planted count is exact, those of history too
    read, made = open_snapshot(tmp_path / "account"), build_demo(scale=0.002, extras=ON_REQUEST)
    assert read.read_to == made.account.read_to
    for name in ON_REQUEST:
        assert read.frame(name).height == made.account.frame(name).height > 0


@pytest.mark.parametrize("kind", ["snapshot", "csv"])
def test_other_files_are_left_alone(tmp_path, kind, capsys) -> None:
    own = tmp_path / "account" / "contacts.csv"
    own.parent.mkdir()
    own.write_text("mine", encoding="utf-8")
    assert demo(tmp_path, kind) in (2, 9)
    assert own.read_text(encoding="utf-8") == "mine"
    assert "name a new or empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["account"]


def test_the_snapshot_of_another_account_is_left_alone(tmp_path) -> None:
    other = replace(build_demo(scale=0.001).account, host="shop.amocrm.ru")
    write_snapshot(other, tmp_path / "account")
    assert demo(tmp_path, "snapshot") == 9
    assert demo(tmp_path, "csv") == 9
    assert open_snapshot(tmp_path / "account").host == "shop.amocrm.ru"

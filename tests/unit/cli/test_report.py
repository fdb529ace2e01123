"""`crmclean report`: a scan's report once more, from its folder."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from cli.main import run
from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.report.scan_files import read_summary
from dedupe.snapshot import write_snapshot

AT = datetime(2026, 11, 21, 16, 20, tzinfo=UTC)
NAME = "Константин Примеров"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A state folder with two scans of a snapshot."""
    home = tmp_path_factory.mktemp("report")
    contacts = SNAPSHOT_TABLES["contacts"].schema
    rows = [
        {"id": str(i), "name": NAME, "owner_id": "7", "created_at": AT, "updated_at": AT,
         "is_deleted": False}
        for i in (1, 2)
    ]  # fmt: skip
    channels = [
        {"entity": "contact", "record_id": str(i), "kind": "phone", "raw": "+79161234567",
         "label": "WORK", "field_id": "PHONE", "position": 0}
        for i in (1, 2)
    ]  # fmt: skip
    users = [{"id": "7", "name": "Анна Ли", "is_active": True, "is_admin": False}]
    account = Account(
        tables={
            "contacts": pl.LazyFrame(rows, schema=contacts),
            "channels": pl.LazyFrame(channels, schema=SNAPSHOT_TABLES["channels"].schema),
            "users": pl.LazyFrame(users, schema=SNAPSHOT_TABLES["users"].schema),
        },
        crm="amocrm",
        account_id="1",
        host="demo.amocrm.ru",
        read_to=AT,
    )
    write_snapshot(account, home / "account")
    for _ in range(2):
        assert run(["--state", str(home / "state"), "scan", str(home / "account"), "-q"]) == 0
    return home


@pytest.fixture
def state(scanned, tmp_path):
    shutil.copytree(scanned / "state", tmp_path / "state")
    return tmp_path / "state"


def test_the_newest_scan_is_written_into_its_own_folder(state, capsys) -> None:
    assert run(["--state", str(state), "report", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "crmclean.report/1"
    page = Path(told["files"]["html"]).read_text(encoding="utf-8")
    assert told["scan_id"] in page
    assert "Ко*** Пр***" in page
    assert "Анна Ли" in page
    assert NAME not in page


def test_values_are_shown_on_request_and_never_over_another_file(state, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    command = ["--state", str(state), "report", "--show-values", "-o", str(out), "--lang", "ru"]
    assert run(command) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert NAME in page
    (out / "report.html").write_text("mine", encoding="utf-8")
    assert run(command) == 2
    assert "report.html" in capsys.readouterr().err
    assert (out / "report.html").read_text(encoding="utf-8") == "mine"
    assert run([*command, "--overwrite"]) == 0


def test_a_scan_is_named_by_id_and_compared(state, tmp_path) -> None:
    scans = sorted(path.parent for path in (state / "scans").glob("s-*/summary.json"))
    old, new = (read_summary(folder).scan_id for folder in scans)
    out = tmp_path / "out"
    told = ["--state", str(state), "report", new, "--compare", old, "-o", str(out)]
    assert run(told) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"<bdi>{old}</bdi>" in page
    assert "Nothing has changed." in page


def test_without_its_snapshot_records_are_named_by_id(state, scanned, tmp_path, capsys) -> None:
    folder = sorted((state / "scans").glob("s-*"))[-1]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    summary["account"]["snapshot"] = str(tmp_path / "gone")
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    out = tmp_path / "out"
    assert run(["--state", str(state), "report", str(folder), "-o", str(out)]) == 0
    assert "named by their ids alone" in capsys.readouterr().err
    assert "Ко***" not in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "odt"], "odt: no such format; name some of: html"),
        (["nowhere/at/all"], "there is no scan in this folder"),
    ],
)
def test_a_wrong_request_is_one_line(state, capsys, arguments, words) -> None:
    assert run(["--state", str(state), "report", *arguments]) == 2
    [line] = capsys.readouterr().err.strip().splitlines()
    assert words in line


def test_without_a_scan_it_says_what_to_do(tmp_path, capsys) -> None:
    assert run(["--state", str(tmp_path), "report"]) == 2
    assert "run crmclean scan" in capsys.readouterr().err


def test_the_brand_of_the_config_signs_the_report(state, tmp_path) -> None:
    config = tmp_path / "crmclean.toml"
    config.write_text('[report]\nname = "Бюро"\nauthor = "М. С."\n', encoding="utf-8")
    out = tmp_path / "out"
    told = ["--state", str(state), "--config", str(config), "report", "-o", str(out)]
    assert run(told) == 0
    assert "<bdi>Бюро</bdi>" in (out / "report.html").read_text(encoding="utf-8")

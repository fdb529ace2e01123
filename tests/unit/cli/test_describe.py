"""`crmclean describe`: the settings as a document, and what changed in them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from cli.main import run
from dedupe.contracts import Account
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import write_snapshot


@pytest.fixture(scope="module")
def account() -> Account:
    return build_demo(scale=0.0005).account


@pytest.fixture(scope="module")
def old(account, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("old") / "snap"
    write_snapshot(account, folder)
    return folder


@pytest.fixture(scope="module")
def new(account, tmp_path_factory) -> Path:
    """Write the account three days later, with a loss reason less."""
    folder = tmp_path_factory.mktemp("new") / "snap"
    reasons = account.tables["loss_reasons"].filter(pl.col("id") != "5007")
    tables = {**account.tables, "loss_reasons": reasons}
    assert account.read_to is not None
    later = replace(account, tables=tables, read_to=account.read_to + timedelta(days=3))
    write_snapshot(later, folder)
    return folder


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.chdir(tmp_path)


def test_markdown_goes_to_stdout(old, capsys) -> None:
    assert run(["describe", str(old)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# Settings of example.amocrm.ru\n")
    assert "## Loss reasons (10)" in out
    assert err == ""


def test_all_forms_are_written_and_none_is_replaced_in_silence(old, capsys, tmp_path) -> None:
    asked = ["describe", str(old), "--to", "md,xlsx,toml,json", "-o", str(tmp_path / "out")]
    assert run(asked) == 0
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == ["settings.json", "settings.md", "settings.toml", "settings.xlsx"]
    document = tomllib.loads((tmp_path / "out/settings.toml").read_text(encoding="utf-8"))
    assert document == json.loads((tmp_path / "out/settings.json").read_text(encoding="utf-8"))
    capsys.readouterr()
    assert run(asked) == 2
    assert "the file is there already" in capsys.readouterr().err
    assert run([*asked, "--overwrite"]) == 0


def test_the_json_document_has_its_schema(old, capsys) -> None:
    assert run(["describe", str(old), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmclean.settings/1"
    assert document["loss_reasons"]["5001"]["name"] == "Дорого"


def test_the_last_settings_are_compared_with(old, new, capsys) -> None:
    assert run(["describe", str(new), "--diff", "last"]) == 2
    assert "no settings of an earlier state" in capsys.readouterr().err
    assert run(["describe", str(old)]) == 0
    capsys.readouterr()
    assert run(["describe", str(new), "--diff", "last", "--detailed-exitcode"]) == 5
    out = capsys.readouterr().out
    assert "  - 5007 Другое" in out
    assert out.splitlines()[-1] == "1 difference"


def test_a_document_or_a_snapshot_is_compared_with(old, new, capsys, tmp_path) -> None:
    assert run(["describe", str(old), "--to", "toml"]) == 0
    kept = tmp_path / "old.toml"
    kept.write_text(capsys.readouterr().out, encoding="utf-8")
    for before in (kept, old):
        assert run(["describe", str(new), "--diff", str(before), "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["schema"] == "crmclean.settings_diff/1"
        assert document["n_changes"] == 1
    same = ["describe", str(old), "--diff", str(old), "--detailed-exitcode"]
    assert run(same) == 0


def test_another_account_is_not_compared(account, old, capsys, tmp_path) -> None:
    write_snapshot(replace(account, account_id="1", host="other.amocrm.ru"), tmp_path / "other")
    assert run(["describe", str(old), "--diff", str(tmp_path / "other")]) == 2
    assert "it is of another account: other.amocrm.ru" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--to", "pdf"], "no such form"),
        (["--to", "xlsx"], "need a folder"),
        (["--to", "md,toml"], "need a folder"),
        (["--diff", "x.toml", "--to", "md"], "on stdout only"),
        (["--diff", "none.toml"], "can't be read"),
    ],
)
def test_what_can_not_be_meant_is_told_in_one_line(asked, said, old, capsys) -> None:
    assert run(["describe", str(old), *asked]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_without_a_snapshot_a_pull_is_advised(capsys, tmp_path) -> None:
    (tmp_path / "crmclean.toml").write_text(
        '[profiles.main]\ncrm = "amocrm"\nurl = "https://a.amocrm.ru"\ntoken = "env:T"\n'
    )
    assert run(["describe"]) == 2
    assert "run: crmclean pull" in capsys.readouterr().err
    assert run(["describe", str(tmp_path)]) == 2
    assert "there is no snapshot in this folder" in capsys.readouterr().err


def test_a_state_folder_that_can_not_be_written_is_no_failure(
    old, capsys, tmp_path, monkeypatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "file/state"))
    assert run(["describe", str(old)]) == 0
    assert "The settings were not kept" in capsys.readouterr().err


def test_a_scan_leaves_the_settings_for_the_next_comparison(account, new, capsys, tmp_path) -> None:
    from cli.commands.describe import keep_settings
    from cli.options import Session

    session = Session(
        config_path=None, profile=None, state_option=tmp_path / "state", is_json=False,
        quiet=False, verbose=False, no_input=True,
    )  # fmt: skip
    keep_settings(session, replace(account, crm="tables"))
    assert not (tmp_path / "state").exists()  # files have no settings to keep
    keep_settings(session, account)
    assert run(["describe", str(new), "--diff", "last"]) == 0
    assert "1 difference" in capsys.readouterr().out

"""`crmclean prune` says what goes, what stays and why."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.main import run
from dedupe.apply.lock import account_lock


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    (tmp_path / "crmclean.toml").write_text("[retention]\nscans_days = 30\nkeep_last = 1\n")
    (tmp_path / "state/accounts/main").mkdir(parents=True, mode=0o700)
    return tmp_path / "state"


def put_scan(state: Path, days: int) -> Path:
    at = datetime.now(UTC) - timedelta(days=days)
    folder = state / "scans" / f"s-{at:%Y%m%dT%H%M%S}-0001"
    folder.mkdir(parents=True)
    account = {"host": "demo.amocrm.ru", "id": "1", "source": "main"}
    told = {"schema": "crmclean.scan/1", "scan_id": folder.name, "account": account}
    (folder / "summary.json").write_text(json.dumps(told | {"scanned_at": at.isoformat()}))
    return folder


def prune(capsys, *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(["prune", "--lang", "en", *words])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_the_config_says_how_long_and_a_dry_run_removes_nothing(capsys, state) -> None:
    old, new = put_scan(state, 40), put_scan(state, 5)
    code, text = prune(capsys, "--dry-run")
    assert (code, old.exists()) == (0, True)
    assert f"scans/{old.name}" in text
    assert "would go" in text
    assert "Next: crmclean prune" in text
    code, text = prune(capsys)
    assert (code, old.exists(), new.exists()) == (0, False, True)
    assert "1 thing removed" in text
    assert "Nothing is past its days" in prune(capsys)[1]


def test_programs_get_one_document(capsys, state) -> None:
    old, _ = put_scan(state, 4), put_scan(state, 3)
    (old / "mine.txt").write_text("x")
    capsys.readouterr()
    assert run(["prune", "--older-than", "1d", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["removed"], told["dry_run"]) == ("crmclean.prune/1", [], False)
    assert told["stays"][0]["path"] == f"scans/{old.name}"
    assert told["stays"][0]["why"] == "a file in it is not ours"


def test_an_account_at_work_is_told(capsys, state) -> None:
    with account_lock(state / "accounts/main", "r-1"):
        code, text = prune(capsys)
    assert code == 11
    assert "another run works on this account" in text


def test_what_is_no_time_and_no_state_is_refused(capsys, state, monkeypatch) -> None:
    assert prune(capsys, "--older-than", "soon")[0] == 2
    assert prune(capsys, "--state", "/")[0] == 2
    monkeypatch.setenv("HOME", str(state))
    assert prune(capsys, "--state", str(state))[0] == 2
    assert os.path.lexists(state)

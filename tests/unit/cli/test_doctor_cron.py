"""`crmclean doctor --cron`: what a bare environment lacks is told, with what to do."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from cli.commands.doctor import bare
from cli.main import run


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("CRMCLEAN_CONFIG", raising=False)
    monkeypatch.setenv("AMO_TOKEN", "t0ken-of-the-session")
    return tmp_path


def configure(place: Path, token: str) -> None:
    text = f'[profiles.main]\ncrm = "amocrm"\nurl = "https://demo.amocrm.ru"\ntoken = "{token}"\n'
    (place / "crmclean.toml").write_text(text)


def doctor(capsys, *words: str) -> tuple[int, dict[str, dict[str, str]]]:
    capsys.readouterr()
    code = run(["doctor", "--offline", "--format", "json", "--lang", "en", *words])
    out = capsys.readouterr().out
    assert "t0ken-of-the-session" not in out
    return code, {each["code"]: each for each in json.loads(out)["checks"]}


def test_a_token_of_the_session_is_not_there_for_cron(capsys, place) -> None:
    configure(place, "env:AMO_TOKEN")
    assert doctor(capsys)[0] == 0
    code, checks = doctor(capsys, "--cron", "-p", "main")
    assert code == 2
    assert checks["token"]["status"] == "error"
    assert "file:PATH" in checks["token"]["fix"]
    assert checks["start"]["status"] == "ok"
    assert checks["config"]["facts"]["path"] == str(place / "crmclean.toml")
    assert {"timezone", "cache", "locale", "space", "state"} <= set(checks)


def test_a_token_of_a_file_will_do(capsys, place) -> None:
    configure(place, "file:token")
    (place / "token").write_text("t0ken-of-the-session")
    (place / "token").chmod(0o600)
    code, checks = doctor(capsys, "--cron")
    assert (code, checks["token"]["status"]) == (0, "ok")


POLICY = """
[policies.nightly]
prometheus = "metrics/crm.prom"
notify = { to = ["hook"] }
[notify.hook]
kind = "webhook"
url = "env:AMO_TOKEN"
"""


def test_what_a_policy_needs_to_tell_of_itself_is_looked_at(capsys, place) -> None:
    configure(place, "file:token")
    (place / "token").write_text("t0ken-of-the-session")
    (place / "token").chmod(0o600)
    with (place / "crmclean.toml").open("a") as file:
        file.write(POLICY)
    code, checks = doctor(capsys)
    assert (code, checks["notice"]["status"], checks["monitoring"]["status"]) == (9, "ok", "error")
    (place / "metrics").mkdir()
    assert doctor(capsys)[1]["monitoring"]["facts"]["path"] == str(place / "metrics/crm.prom")
    code, checks = doctor(capsys, "--cron")
    assert (code, checks["notice"]["status"], checks["monitoring"]["status"]) == (2, "error", "ok")
    assert "notify.hook" in checks["notice"]["text"]
    assert "file:PATH" in checks["notice"]["fix"]


def test_inside_what_is_missing_says_what_to_do(capsys, place, monkeypatch) -> None:
    configure(place, "env:AMO_TOKEN")

    def no_zone(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(bare, "ZoneInfo", no_zone)
    monkeypatch.setattr(bare.os, "access", lambda *_: False)
    monkeypatch.setattr(bare.sys, "getfilesystemencoding", lambda: "ascii")
    code, checks = doctor(capsys, "--inside-cron")
    assert code == 2
    assert "tzdata" in checks["timezone"]["fix"]
    assert "NUMBA_CACHE_DIR" in checks["cache"]["fix"]
    assert "PYTHONUTF8=1" in checks["locale"]["fix"]


def test_a_program_that_does_not_start_is_an_error(capsys, place, monkeypatch) -> None:
    monkeypatch.setattr("cli.commands.schedule.job.program", lambda: ("/nowhere/crmclean",))
    code, checks = doctor(capsys, "--cron")
    assert (code, checks["start"]["status"]) == (1, "error")

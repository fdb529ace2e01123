"""`crmclean doctor` works without anything, and names the first thing that is wrong."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.commands.doctor.account import _clock
from cli.commands.doctor.machine import clash
from cli.main import run
from dedupe.crm.signin import Standing
from tests.unit.crm.signin.fake_crm import FakeCrm, jwt

TOKEN = jwt(account_id=31337, exp=1_900_000_000)
ALL = {"view": "A"}


@pytest.fixture
def crm() -> Iterator[FakeCrm]:
    fake = FakeCrm().start()
    fake.access.add(TOKEN)
    fake.user = {"id": 77, "name": "Анна", "rights": {"is_admin": True}}
    yield fake
    fake.close()


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/config"))
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("CRMCLEAN_CONFIG", raising=False)
    return tmp_path


def doctor(capsys, *args: str) -> tuple[int, dict[str, dict[str, object]]]:
    capsys.readouterr()
    code = run(["doctor", "--format", "json", "--lang", "en", *args])
    told = capsys.readouterr()
    assert TOKEN not in told.out + told.err
    document = json.loads(told.out)
    assert document["schema"] == "crmclean.doctor/1"
    assert document["exit_code"] == code
    return code, {c["code"]: c for c in document["checks"]}


def configure(place: Path, url: str) -> None:
    text = f'[profiles.main]\ncrm = "amocrm"\nurl = "{url}"\ntoken = "env:AMO_TOKEN"\n'
    (place / "crmclean.toml").write_text(text)


def test_without_a_config_it_checks_the_machine_and_makes_nothing(place, capsys) -> None:
    code, checks = doctor(capsys)
    assert code == 0
    assert checks["config"]["status"] == "warning"
    assert set(checks) >= {"version", "libraries", "packages", "sqlite", "terminal", "space"}
    assert list(place.iterdir()) == []


def test_a_whole_profile_is_checked_against_its_account(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm.url)
    monkeypatch.setenv("AMO_TOKEN", TOKEN)
    code, checks = doctor(capsys)
    assert code == 0
    for name in ("config", "state", "token", "sign_in", "clock", "rights", "filters"):
        assert checks[name]["status"] == "ok", checks[name]
    assert checks["sign_in"]["profile"] == "main"
    assert checks["filters"]["facts"] == {"has_filters": True}
    assert abs(checks["clock"]["facts"]["offset_s"]) < 60


def test_offline_sends_nothing(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm.url)
    monkeypatch.setenv("AMO_TOKEN", TOKEN)
    code, checks = doctor(capsys, "--offline")
    assert code == 0
    assert checks["sign_in"]["status"] == "skipped"
    assert crm.paths == []


def test_the_exit_code_is_that_of_the_first_error(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm.url)
    assert doctor(capsys)[0] == 2  # no token
    monkeypatch.setenv("AMO_TOKEN", "revoked")
    code, checks = doctor(capsys)
    assert code == 7
    assert checks["sign_in"]["exit_code"] == 7
    assert "rights" not in checks
    (place / "state").rename(place / "gone")
    (place / "state").write_text("")
    assert doctor(capsys)[0] == 9
    (place / "crmclean.toml").write_text("= 1")
    code, checks = doctor(capsys)
    assert code == 2
    assert "crmclean.toml:1:1" in checks["config"]["text"]
    assert doctor(capsys, "-p", "main")[0] == 2


def test_an_unknown_profile_is_an_error_of_the_config(place, crm, capsys) -> None:
    configure(place, crm.url)
    code, checks = doctor(capsys, "-p", "mian")
    assert code == 2
    assert "main" in checks["config"]["text"]


def test_little_space_is_a_warning_and_none_an_error(place, capsys, monkeypatch) -> None:
    for free, code in ((1e9, 0), (1e8, 9)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, f=free: SimpleNamespace(free=f))
        assert doctor(capsys)[0] == code


def test_a_synced_folder_is_warned_of(place, capsys) -> None:
    state = place / "Dropbox" / "crm"
    code, checks = doctor(capsys, "--state", str(state))
    assert code == 0
    assert checks["state"]["status"] == "warning"


def test_a_user_without_a_home_is_told_to_name_a_folder(place, crm, capsys, monkeypatch) -> None:
    def homeless(*args: object) -> str:
        raise RuntimeError("could not determine the home directory")

    configure(place, crm.url)
    monkeypatch.delenv("CRMCLEAN_STATE")
    monkeypatch.setattr("platformdirs.user_state_dir", homeless)
    code, checks = doctor(capsys)
    assert code == 2
    assert "--state" in checks["state"]["fix"]
    assert crm.paths == []


def test_files_are_looked_for(place, capsys) -> None:
    config = place / "crmclean.toml"
    config.write_text(f'[profiles.old]\ncrm = "files"\npath = "{place}/export"\n')
    assert doctor(capsys)[0] == 2
    (place / "export").mkdir()
    assert doctor(capsys)[0] == 0


def distribution(name: str) -> SimpleNamespace:
    metadata = Message()
    metadata["Name"] = name
    return SimpleNamespace(metadata=metadata, version="3.0.3")


def test_the_pypi_package_of_our_import_name_is_a_clash() -> None:
    assert clash([distribution("crmclean"), distribution("dedupe-variants")]).status == "ok"
    found = clash([distribution("crmclean"), distribution("Dedupe")])
    assert found.status == "error"
    assert "pipx" in found.fix


@pytest.mark.parametrize(("offset", "status"), [(0, "ok"), (59, "ok"), (-61, "warning")])
def test_a_wrong_clock_is_warned_of(offset, status) -> None:
    standing = Standing(
        account_id="1", account_name="a", subdomain="a", country="RU", timezone="UTC",
        has_filters=False, user_id="7", offset_s=offset,
    )  # fmt: skip
    assert _clock("main", standing).status == status


@pytest.mark.parametrize(
    ("exp", "status"), [(1_000_000_000, "error"), (4_000_000_000, "ok"), (None, "ok")]
)
def test_a_token_that_ended_is_an_error(place, capsys, monkeypatch, exp, status) -> None:
    configure(place, "https://demo.amocrm.ru")
    monkeypatch.setenv("AMO_TOKEN", jwt(exp=exp))
    code, checks = doctor(capsys, "--offline")
    assert checks["token"]["status"] == status
    assert code == (7 if status == "error" else 0)


def test_text_has_a_line_a_check_and_quiet_only_what_is_wrong(place, capsys) -> None:
    assert run(["doctor", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "no other package has the import name dedupe" in out
    assert run(["doctor", "--lang", "en", "-q"]) == 0
    out = capsys.readouterr().out
    assert "there is no config" in out
    assert "SQLite" not in out


def test_a_console_without_unicode_is_warned_of(place, monkeypatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    monkeypatch.setattr(sys, "stdout", out)
    assert run(["doctor", "--lang", "en"]) == 0
    out.flush()
    assert b"it can't show Russian" in out.buffer.getvalue()

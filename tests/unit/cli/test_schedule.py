"""`crmclean schedule`: what it prints runs as it stands, wherever paths have odd letters."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands.schedule.units import exec_words, unit_name
from cli.commands.schedule.when import read_when
from cli.main import run
from dedupe.errors import InputError

CONFIG = """
[profiles."мой магазин-2"]
crm = "amocrm"
url = "https://demo.amocrm.ru"
token = {token}
timezone = "Asia/Novosibirsk"
[policies.nightly]
window = "01:00-05:00"
[policies."ночь"]
"""
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "моя папка 100% $x"
    folder.mkdir()
    text = CONFIG.replace('"мой магазин-2"', '"магазин-2"')
    (folder / "crmclean.toml").write_text(text.format(token='"credential:amo-token"'))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CRMCLEAN_STATE", str(folder / "state"))
    monkeypatch.delenv("CRMCLEAN_CONFIG", raising=False)
    return folder


def told(capsys, *words: str) -> dict[str, object]:
    capsys.readouterr()
    assert run(["schedule", *words, "--format", "json", "--lang", "en"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmclean.schedule/1"
    return document


def parsed(line: str) -> tuple[list[set[int]], str]:
    """Read a crontab line as crontab(5) says: five fields, then the command up to a bare %."""
    *fields, command = line.split(" ", 5)
    found = []
    for field, (low, high) in zip(fields, RANGES, strict=True):
        values: set[int] = set()
        for part in field.split(","):
            if part == "*":
                values |= set(range(low, high + 1))
                continue
            first, _, last = part.partition("-")
            assert low <= int(first) <= int(last or first) <= high
            values |= set(range(int(first), int(last or first) + 1))
        found.append(values)
    bare = re.split(r"(?<!\\)%", command)
    assert len(bare) == 1  # the rest would be the command's input
    return found, command.replace(r"\%", "%")


def test_the_printed_line_runs_in_an_empty_environment(capsys, place) -> None:
    document = told(capsys, "nightly", "--at", "2:15", "--days", "mon-fri")
    fields, command = parsed(document["line"])
    assert [sorted(field) for field in fields[:2]] == [[15], [2]]
    assert fields[4] == {1, 2, 3, 4, 5}
    assert command.startswith(("/", "'/"))
    assert str(place / "crmclean.toml") in command
    # With a policy that is not there the command ends at once, and has read the right config.
    command = command.replace("run nightly", "run nowhere")
    ended = subprocess.run(
        ["/usr/bin/env", "-i", "/bin/sh", "-c", command],
        cwd="/", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2, ended.stderr
    assert "no such policy" in ended.stderr


def test_days_and_zones_are_written_as_each_reader_knows_them() -> None:
    when = read_when("23:05", "fri-mon,wed", "Europe/Moscow")
    assert when.cron == "5 23 * * 1,3,5-7"
    assert when.calendar == "Mon,Wed,Fri..Sun *-*-* 23:05:00 Europe/Moscow"
    assert read_when("00:00", "daily", None).calendar == "*-*-* 00:00:00"
    for at, days, zone in (("24:00", "mon", None), ("2", "mon", None), ("2:15", "1-5", None),
                           ("2:15", "mon-", None), ("2:15", "mon", "Mars/Base")):  # fmt: skip
        with pytest.raises(InputError):
            read_when(at, days, zone)


def test_what_will_not_work_at_night_is_said(capsys, place) -> None:
    notes = " ".join(told(capsys, "nightly", "--timezone", "Europe/Moscow")["notes"])
    assert "a credential of systemd; cron has none" in notes
    assert "06:15 in Asia/Novosibirsk" in notes
    assert not any("outside" in n for n in told(capsys, "ночь", "--systemd")["notes"])
    text = (place / "crmclean.toml").read_text().replace("credential:amo-token", "env:TOKEN")
    (place / "crmclean.toml").write_text(text)
    document = told(capsys, "nightly", "--timezone", "UTC")
    assert "file:PATH" in " ".join(document["notes"])
    assert "CRON_TZ=UTC" in document["text"]
    assert "Debian" in document["text"]


def test_the_units_hold_what_confines_the_service(capsys, place) -> None:
    document = told(capsys, "ночь", "--systemd", "--timezone", "Europe/Moscow")
    service, timer = (each["text"] for each in document["files"])
    for line in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077",
                 "CapabilityBoundingSet=", "SystemCallFilter=@system-service", "Restart=no",
                 "MemoryDenyWriteExecute=no", "LoadCredential=amo-token:/etc/crmclean/amo-token",
                 "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX"):  # fmt: skip
        assert line in service.splitlines()
    assert "100%% $$x" in service
    assert "OnCalendar=Mon..Fri *-*-* 02:15:00 Europe/Moscow" in timer
    assert "Persistent=true" in timer
    assert document["unit"].startswith("crmclean-\\xd0")
    assert any(command.startswith("install -d -m 700") for command in document["try"])
    own = told(capsys, "ночь", "--systemd", "--user")
    assert "ProtectSystem=strict" not in own["files"][0]["text"].splitlines()


def test_a_service_without_a_state_of_its_own_gets_one(capsys, place, monkeypatch) -> None:
    monkeypatch.delenv("CRMCLEAN_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "none"))
    service = told(capsys, "nightly", "--systemd")["files"][0]["text"]
    assert "--state %S/crmclean" in service
    assert "StateDirectory=crmclean" in service.splitlines()


NOTICES = """
[policies.told]
deadline = "2h"
prometheus = "metrics/{mark}.prom"
notify = {{ to = ["mail", "hook"] }}
[notify.mail]
kind = "smtp"
host = "smtp.example.org"
from = "robot@example.org"
to = ["owner@example.org"]
user = "robot"
password = "{password}"
[notify.hook]
kind = "webhook"
url = "credential:hook-url"
[notify.other]
kind = "webhook"
url = "env:NOBODY_ASKS"
[profiles.second]
crm = "amocrm"
url = "https://second.amocrm.ru"
token = "credential:amo-token"
"""


def add_notices(place: Path, password: str) -> None:
    with (place / "crmclean.toml").open("a") as file:
        file.write(NOTICES.format(password=password, mark="a"))


def test_the_secrets_of_notices_are_thought_of_as_the_tokens_are(capsys, place) -> None:
    add_notices(place, "env:SMTP_PASSWORD")
    notes = " ".join(told(capsys, "told", "-p", "second")["notes"])
    assert "notify.mail.password: the secret is in env:SMTP_PASSWORD" in notes
    assert "notify.hook.url: the secret is a credential of systemd" in notes
    assert "NOBODY_ASKS" not in notes
    (service, _) = told(capsys, "told", "-p", "second", "--systemd")["files"]
    assert "LoadCredential=hook-url:/etc/crmclean/hook-url" in service["text"]
    assert "LoadCredential=amo-token:/etc/crmclean/amo-token" in service["text"]


def test_a_service_may_write_what_the_monitoring_reads(capsys, place) -> None:
    add_notices(place, "env:SMTP_PASSWORD")
    (service, _) = told(capsys, "told", "-p", "second", "--systemd")["files"]
    folder = str(place / "metrics").replace("%", "%%")
    assert f'ReadWritePaths="-{folder}"' in service["text"]


def test_every_account_has_the_policys_time(capsys, place) -> None:
    add_notices(place, "env:SMTP_PASSWORD")
    (one, _) = told(capsys, "told", "-p", "second", "--systemd")["files"]
    (both, _) = told(capsys, "told", "--all-profiles", "--systemd")["files"]
    assert "RuntimeMaxSec=10800" in one["text"]
    assert "RuntimeMaxSec=18000" in both["text"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("words", [[], ["--timezone", "Europe/Moscow"], ["--user"]])
def test_systemd_takes_the_units(capsys, place, tmp_path, words) -> None:
    document = told(capsys, "ночь", "--systemd", *words)
    folder = tmp_path / "units"
    folder.mkdir()
    files = [folder / Path(each["path"]).name for each in document["files"]]
    for path, each in zip(files, document["files"], strict=True):
        path.write_text(each["text"])
    user = ["--user"] if "--user" in words else []
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    ended = subprocess.run(
        ["systemd-analyze", *user, "verify", "--man=no", *files],
        capture_output=True, text=True, check=False, timeout=60, env=environment,
    )  # fmt: skip
    own = [line for line in ended.stderr.splitlines() if "crmclean" in line]
    assert own == []


def test_names_are_escaped_for_units_and_command_lines() -> None:
    assert unit_name("crmclean", "a b", "%n") == "crmclean-a\\x20b-\\x25n"
    assert len(unit_name("crmclean", "ж" * 40, "ф" * 64)) < 60
    assert exec_words(["/a b", "50%", "$HOME", 'say "x"']) == '"/a b" 50%% "$$HOME" "say \\"x\\""'


def test_it_is_told_what_is_wrong(capsys, place, monkeypatch) -> None:
    assert run(["schedule", "nigthly"]) == 2
    assert "nightly" in capsys.readouterr().err
    assert run(["schedule", "nightly", "--cron", "--systemd"]) == 2
    monkeypatch.chdir("/")
    assert run(["schedule", "nightly"]) == 2


def test_text_says_where_it_goes_and_how_to_try_it(capsys, place) -> None:
    assert run(["schedule", "nightly", "--all-profiles", "--lang", "en"]) == 0
    shown = capsys.readouterr()
    assert "--all-profiles" in shown.out
    assert "crontab -e" in shown.err
    assert "env -i" in shown.err
    assert run(["schedule", "nightly", "--systemd", "--lang", "en"]) == 0
    shown = capsys.readouterr()
    assert "/etc/systemd/system/crmclean-nightly" in shown.out
    assert "systemctl enable --now" in shown.err


def test_a_scan_works_with_no_home_at_all(tmp_path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("id,name,phone\n1,Иван,+79105551234\n2,Пётр,+79105551234\n")
    beside = Path(sys.executable).parent / "crmclean"
    ended = subprocess.run(
        [beside, "scan", table, "--entity", "contact", "--state", tmp_path / "state"],
        env={"PATH": "/usr/bin:/bin", "LANG": "C"}, cwd="/", stdin=subprocess.DEVNULL,
        capture_output=True, check=False, timeout=120, start_new_session=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert list((tmp_path / "state/scans").glob("s-*/report.html"))

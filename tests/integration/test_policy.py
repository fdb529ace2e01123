"""A policy on a served account: real processes, real locks, real kills; no value is ever lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dedupe.apply.lock import account_lock
from dedupe.crm.amocrm.writing import AmoSink
from dedupe.sandbox import Action, Fault, Limit, Sandbox
from dedupe.sandbox.demo import build_demo
from tests.acted import TOKEN, World, acted, tiny
from tests.acted import world as served
from tests.unit.policy.notify.servers import Web, web_server

__all__ = ["acted"]

NIGHTLY = """
[policies.nightly]
repairs = ["split", "drop_repeat", "merge"]
max_changes = 1000
max_percent = 100
select = ["CNT", "DUP", "PHN", "EML"]
"""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # A write that a kill cut off is settled after a wait, which the sandbox does not need.
    monkeypatch.setattr(AmoSink, "settle_s", 0.2)


@pytest.fixture
def large(acted: World, quick: None) -> World:
    """An account with enough to repair for a run to be stopped twice."""
    with (acted.folder / "crmclean.toml").open("a") as file:
        file.write(NIGHTLY)
    return acted


@pytest.fixture
def world(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quick: None,
) -> Iterator[World]:
    with served(tmp_path, monkeypatch, capsys, tiny()) as made:
        with (tmp_path / "crmclean.toml").open("a") as file:
            file.write(NIGHTLY)
        yield made


def test_a_night_repairs_and_the_next_has_nothing_to_do(world: World) -> None:
    first = world.told("run", "nightly")
    assert (world.code, first["state"], first["schema"]) == (0, "changed", "crmclean.run/1")
    assert first["changes"]["applied"] == first["changes"]["planned"] > 5
    assert first["changes"]["by_kind"]["merge"] > 0
    assert first["requests"] > 10
    assert list(first["steps"]) == ["pull", "scan", "plan", "apply", "verify", "report"]
    n = len(world.writes())
    assert n > 0

    world.told("run", "nightly")  # tells what the first has repaired
    assert world.crmclean("run", "nightly", "-q") == 0
    assert (world.out, world.err) == ("", "")
    assert len(world.writes()) == n


def test_a_second_run_is_told_who_has_the_account(world: World) -> None:
    path = world.folder / "crmclean.toml"
    profile = path.read_text().partition("\n[policies")[0]
    path.write_text(path.read_text() + profile.replace("[profiles.main]", "[profiles.aside]"))
    world.place.mkdir(parents=True, mode=0o700)
    # Whoever has the account under one name has it under the other, too.
    with account_lock(world.place, "p-other", host=world.host):
        assert world.crmclean("run", "nightly", "-p", "aside") == 11
        assert all(word in world.err for word in (str(os.getpid()), "main/p-other", "pid"))
        document = world.told("run", "nightly", "--all-profiles")
        assert world.code == document["exit_code"] == 11
        assert [one["reason"]["code"] for one in document["runs"]] == ["locked", "locked"]
        # Cron mails what is printed: that runs overlap now and then is worth no mail.
        assert world.crmclean("run", "nightly", "-p", "main", "-q") == 11
        assert (world.out, world.err) == ("", "")
    assert world.writes() == []


TEN = """
[policies.nightly]
steps = ["pull", "scan", "plan", "apply", "notify"]
repairs = ["split"]
max_percent = 100
canary = 0
select = ["CNT", "PHN201"]
notify = { when = "error", to = ["hook"] }
prometheus = "crmclean.prom"

[notify.hook]
kind = "webhook"
url = "env:NIGHT_HOOK"
"""


@pytest.fixture
def ten(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quick: None,
) -> Iterator[World]:
    """Ten accounts of an integrator; the third takes our token no more, the sixth's CRM is ill."""
    account = build_demo(scale=0.0005).account
    with ExitStack() as stack:
        made = stack.enter_context(served(tmp_path, monkeypatch, capsys, account))
        boxes = [
            stack.enter_context(Sandbox(account, limit=Limit(n=0), tokens={token: None}))
            for token in (TOKEN, "another-token", *[TOKEN] * 7)
        ]
        boxes[4].set_faults([Fault(action=Action.STATUS, status=500)])
        profiles = "".join(
            f'[profiles.client{n:02}]\ncrm = "amocrm"\nurl = "{box.url}"\ntoken = "env:BOX_TOKEN"\n'
            for n, box in enumerate([made.box, *boxes], start=1)
        )
        (tmp_path / "crmclean.toml").write_text(profiles + TEN, encoding="utf-8")
        yield made


def test_of_ten_accounts_two_are_broken_and_told_and_eight_are_done(
    ten: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server(Web()) as web:
        monkeypatch.setenv("NIGHT_HOOK", web.url)
        assert ten.crmclean("run", "nightly", "--all-profiles") == 7, ten.err
    rows = [line.split() for line in ten.out.splitlines()]
    assert rows[0] == ["account", "state", "exit", "changes", "health"]
    assert [row[0] for row in rows[1:]] == [f"client{n:02}" for n in range(1, 11)]
    ill, refused = rows.pop(6), rows.pop(3)
    assert (refused[1:4], ill[1:4]) == (["failed", "7", "0"], ["failed", "10", "0"])
    assert {(row[1], row[2], row[3] > "0") for row in rows[1:]} == {("done", "0", True)}
    assert ten.err.count("\n") == 2
    assert ten.err.startswith("crmclean: client03: env:BOX_TOKEN")
    assert "crmclean: client06: 127.0.0.1/api/v4/account: the CRM answers with" in ten.err
    notices = [(each["profile"], each["state"], each["exit_code"]) for each in web.bodies()]
    assert notices == [("client03", "failed", 7), ("client06", "failed", 10)]
    lines = (ten.folder / "crmclean.prom").read_text(encoding="utf-8").splitlines()
    up = [line.rpartition(" ")[2] for line in lines if line.startswith("crmclean_up{")]
    assert up == ["1", "1", "0", "1", "1", "0", *"1111"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("run", "nightli"), "did you mean nightly"),
        (("run", "nightly", "--wait", "soon"), "10m"),
        (("run", "nightly", "-p", "nobody"), "no such profile"),
    ],
)
def test_a_wrong_word_is_told(world: World, words, part) -> None:
    assert world.crmclean(*words) == 2
    assert part in world.err


def test_a_plan_is_approved_by_its_hash(world: World) -> None:
    path = world.folder / "crmclean.toml"
    path.write_text(path.read_text() + 'approval = "hash"\n')
    waiting = world.told("run", "nightly")
    assert (world.code, waiting["reason"]["code"]) == (6, "no_approval")
    command = waiting["next_command"].split()
    assert command[:2] == ["crmclean", "approve"]
    assert world.crmclean(*command[1:], "--no-input") == 6
    assert world.crmclean(*command[1:], "--plan-hash", "0" * 64) == 12
    assert world.crmclean(*command[1:], "--yes", "--note", "looked through") == 0
    done = world.told("run", "nightly")
    assert done["plan_hash"] == waiting["plan_hash"]
    assert done["changes"]["applied"] == waiting["changes"]["planned"]


# --- as cron and systemd run it


def bare(world: World, *words: str) -> subprocess.Popen[str]:
    """Start the command as cron does: no HOME, no terminal, and a working folder of its own."""
    command = [sys.executable, "-m", "tests.integration.policy_child", *words]
    return subprocess.Popen(
        command,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "CRMCLEAN_CONFIG": str(world.folder / "crmclean.toml"),
            "CRMCLEAN_STATE": str(world.folder / "state"),
            "BOX_TOKEN": os.environ["BOX_TOKEN"],
            **{n: v for n, v in os.environ.items() if n.startswith(("NUMBA_", "COVERAGE_"))},
        },
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def at_writes(world: World, n: int, process: subprocess.Popen[str]) -> Iterator[None]:
    """Wait until the CRM has seen `n` writes of a process that is still alive."""
    until = time.monotonic() + 60
    while len(world.writes()) < n and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    yield


@pytest.mark.xdist_group("policy")
def test_after_sigterm_and_a_kill_the_next_night_goes_on_and_nothing_is_sent_twice(
    large: World,
) -> None:
    process = bare(large, "run", "nightly", "--format", "json")
    for _ in at_writes(large, 5, process):
        process.send_signal(signal.SIGTERM)  # ends it at a boundary
    code, out, err = ended(process)
    assert code == 143, err
    told = json.loads(out)
    assert told["reason"]["code"] == "signal"
    assert told["changes"]["left"] > 0

    process = bare(large, "run", "nightly")
    for _ in at_writes(large, len(large.writes()) + 3, process):
        process.kill()
    assert ended(process)[0] == -signal.SIGKILL
    third = large.told("run", "nightly")
    assert large.code == 0
    assert third["resumed_runs"] == [told["apply_run"]]
    assert third["changes"]["resumed"] > 0
    assert third["changes"]["planned"] == 0
    assert large.crmclean("verify", third["resumed_runs"][0]) == 0


@pytest.mark.xdist_group("policy")
def test_cron_needs_no_home_no_terminal_and_no_folder(world: World) -> None:
    code, out, err = ended(bare(world, "run", "nightly", "--dry-run", "-q"))
    assert (code, err, world.writes()) == (0, "", [])
    assert "nightly" in out

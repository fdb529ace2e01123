"""A policy on a served account: real processes, real locks, real kills; no value is ever lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe.apply.lock import account_lock
from dedupe.crm.amocrm.writing import AmoSink
from tests.acted import World, acted

__all__ = ["acted"]

NIGHTLY = """
[policies.nightly]
repairs = ["split", "drop_repeat", "merge"]
max_changes = 1000
max_percent = 100
select = ["CNT", "DUP", "PHN", "EML"]
"""


@pytest.fixture
def world(acted: World, monkeypatch: pytest.MonkeyPatch) -> World:
    # A write that a kill cut off is settled after a wait, which the sandbox does not need.
    monkeypatch.setattr(AmoSink, "settle_s", 0.2)
    with (acted.folder / "crmclean.toml").open("a") as file:
        file.write(NIGHTLY)
    return acted


@pytest.fixture
def broken(world: World) -> World:
    """The same account, and one beside it that nobody answers for."""
    with (world.folder / "crmclean.toml").open("a") as file:
        for name in ("aside", "zest"):
            file.write(
                f'\n[profiles.{name}]\ncrm = "amocrm"\nurl = "http://127.0.0.1:9"\n'
                'token = "env:NOT_SET"\n'
            )
    return world


def test_a_night_repairs_and_the_next_has_nothing_to_do(world: World) -> None:
    first = world.told("run", "nightly")
    assert (world.code, first["state"], first["schema"]) == (0, "changed", "crmclean.run/1")
    assert first["changes"]["applied"] == first["changes"]["planned"] > 10
    assert first["changes"]["by_kind"]["merge"] > 0
    assert first["requests"] > 10
    assert list(first["steps"]) == ["pull", "scan", "plan", "apply", "verify", "report"]
    n = len(world.writes())
    assert n > 0

    world.told("run", "nightly")
    assert world.crmclean("run", "nightly", "-q") == 0
    assert (world.out, world.err) == ("", "")
    assert len(world.writes()) == n


def test_a_second_run_is_told_who_has_the_account(world: World) -> None:
    with account_lock(world.place, "p-other"):
        assert world.crmclean("run", "nightly") == 11
        assert all(word in world.err for word in (str(os.getpid()), "p-other", "pid"))
        document = world.told("run", "nightly", "--all-profiles")
        assert (world.code, document["runs"][0]["exit_code"]) == (11, 11)


def test_a_broken_account_stops_no_other(broken: World) -> None:
    text = (broken.folder / "crmclean.toml").read_text()
    main, rest = text.split("\n[policies", 1)
    policy, aside = rest.split("\n[profiles.aside", 1)
    config = f"[profiles.aside{aside}\n{main}\n[policies{policy}"
    (broken.folder / "crmclean.toml").write_text(config)

    document = broken.told("run", "nightly", "--all-profiles")
    codes = {one["profile"]: one["exit_code"] for one in document["runs"]}
    assert list(codes) == ["aside", "zest", "main"]
    assert codes["main"] == 0
    assert codes["aside"] == codes["zest"] == broken.code == document["exit_code"] != 0


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
def test_after_a_kill_the_next_night_goes_on_and_nothing_is_sent_twice(world: World) -> None:
    process = bare(world, "run", "nightly")
    for _ in at_writes(world, 5, process):
        process.kill()
    assert ended(process)[0] == -signal.SIGKILL
    second = world.told("run", "nightly")
    assert world.code == 0
    assert second["resumed_runs"]
    assert second["changes"]["resumed"] > 0
    third = world.told("run", "nightly")
    assert third["changes"]["planned"] == 0
    assert world.crmclean("verify", second["resumed_runs"][0]) == 0


@pytest.mark.xdist_group("policy")
def test_sigterm_ends_a_night_at_a_boundary(world: World) -> None:
    process = bare(world, "run", "nightly", "--format", "json")
    for _ in at_writes(world, 5, process):
        process.send_signal(signal.SIGTERM)
    code, out, err = ended(process)
    assert code == 143, err
    told = json.loads(out)
    assert told["reason"]["code"] == "signal"
    assert told["changes"]["left"] > 0
    assert world.told("run", "nightly")["changes"]["resumed"] > 0


@pytest.mark.xdist_group("policy")
def test_cron_needs_no_home_no_terminal_and_no_folder(world: World) -> None:
    code, out, err = ended(bare(world, "run", "nightly", "--dry-run", "-q"))
    assert (code, err, world.writes()) == (0, "", [])
    assert "nightly" in out

"""`crmclean runs`: what was applied, newest first, without asking the CRM."""

from __future__ import annotations

from dedupe.apply.journal import FILE_NAME
from dedupe.policy.memory import remember_outcome
from tests.acted import ALLOW, acted
from tests.unit.policy.notify.outcomes import odd, outcome

__all__ = ["acted"]


def test_nothing_was_applied_yet(acted) -> None:
    assert acted.crmclean("runs") == 0
    assert "Nothing was applied" in acted.out
    assert acted.told("runs") == {"schema": "crmclean.runs/1", "runs": [], "policy_runs": []}
    assert acted.crmclean("runs", "r-unknown") == 2
    assert not (acted.place / FILE_NAME).exists()


def test_runs_are_listed_the_newest_first(acted) -> None:
    first = acted.told("apply", acted.put_plan("merge"), *ALLOW)["run_id"]
    second = acted.told("undo", first, "--yes")["run_id"]
    n_requests = acted.box.requests["n"]
    listed = acted.told("runs")["runs"]
    assert [(each["run_id"], each["kind"], each["undo_of"]) for each in listed] == [
        (second, "undo", first),
        (first, "apply", None),
    ]
    assert {each["state"] for each in listed} == {"done"}
    assert acted.crmclean("runs") == 0
    lines = acted.out.splitlines()
    assert lines[1].startswith(second)
    assert lines[2].startswith(first)
    assert acted.crmclean("runs", first) == 0
    assert "ended well" in acted.out
    assert acted.box.requests["n"] == n_requests


def test_a_damaged_journal_is_told_and_left_as_it_is(acted) -> None:
    acted.crmclean("apply", acted.put_plan("merge"), *ALLOW)
    path = acted.place / FILE_NAME
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\0" * 4096 + content[8192:])
    broken = path.read_bytes()
    assert acted.crmclean("runs") == 9
    assert path.read_bytes() == broken
    path.write_bytes(b"no journal")
    assert acted.crmclean("runs") == 9
    assert acted.crmclean("apply", "--yes") == 9
    assert path.read_bytes() == b"no journal"


def test_runs_of_policies_are_listed_the_newest_first(acted) -> None:
    for run in (outcome(0), odd(1)):
        remember_outcome(acted.place, run, keep=60)
    listed = acted.told("runs")["policy_runs"]
    assert [(each["run_id"], each["state"], each["reason"]) for each in listed] == [
        ("p-0001", "stopped", "odd"),
        ("p-0000", "changed", None),
    ]
    assert acted.crmclean("runs") == 0
    lines = acted.out.splitlines()
    assert lines[1].split("  ")[0] == "p-0001"
    assert "something is odd" in lines[1]

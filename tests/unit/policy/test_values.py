"""Outcomes, memory, approvals, caps: what is written is read again, nothing odd is let through."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.config import Policy
from dedupe.contracts import CheckResult, Summary
from dedupe.errors import SafetyError, StalePlanError, StorageError
from dedupe.language import use
from dedupe.plan import write_plan
from dedupe.policy.approvals import approve, approved_plans, check_approved
from dedupe.policy.caps import automatic, check_caps, cut, dated
from dedupe.policy.memory import (
    Memory,
    policies_of,
    read_memory,
    read_outcomes,
    remember_outcome,
    write_memory,
)
from dedupe.policy.oddities import Read, odd_clock, odd_read, odd_scan
from dedupe.policy.outcome import (
    Changes,
    Found,
    HealthTold,
    Reason,
    RunOutcome,
    State,
    outcome_document,
    read_outcome,
)
from dedupe.policy.systemd import Systemd
from dedupe.policy.words import REASONS, reason_text

from .plans import plan_of

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
POLICY = Policy(name="nightly")


def outcome(**more: object) -> RunOutcome:
    facts = {
        "policy": "nightly",
        "profile": "main",
        "run_id": "p-1",
        "started": NOW,
        "ended": NOW,
        "state": State.CHANGED,
        "exit_code": 0,
    }
    return RunOutcome(**(facts | more))  # type: ignore[arg-type]


def test_an_outcome_survives_its_document() -> None:
    whole = outcome(
        reason=Reason(code="cut", facts={"kept": 1, "all": 2}),
        oddities=(Reason(code="shrunk", facts={"table": "deals", "now": 1, "before": 9}),),
        checks=(Found(code="DUP101", entity="contact", found=3, new=1, fixed=0),),
        health_after=HealthTold(clean=1, cards=2),
        changes=Changes(planned=3, by_kind={"split": 3}),
        resumed_runs=("r-1",),
        files=("report.html",),
    )
    told = json.loads(json.dumps(outcome_document(whole)))
    assert told["schema"] == "crmclean.run/1"
    assert read_outcome(told) == whole


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_reason_has_words(language) -> None:
    use(language)
    facts = dict.fromkeys(
        ("table", "now", "before", "n", "part", "code", "entity", "minutes", "run", "hours",
         "kept", "all", "kind"), 1
    )  # fmt: skip
    try:
        assert all(reason_text(Reason(code=code, facts=facts)) for code in REASONS)
        assert reason_text(Reason(code="of a newer version")) == "of a newer version"
    finally:
        use("en")


def test_memory_is_kept_and_read_again(tmp_path) -> None:
    assert read_memory(tmp_path, "nightly") == Memory()
    kept = Memory(last_success=NOW, counts={"deals": 5}, own_runs=("r-1",), not_read=("chats",))
    write_memory(tmp_path, "nightly", kept)
    assert read_memory(tmp_path, "nightly") == kept


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "crmclean.policy/1", "odd": 1}'])
def test_a_damaged_memory_is_no_empty_one(tmp_path, text) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/nightly.json").write_text(text)
    with pytest.raises(StorageError):
        read_memory(tmp_path, "nightly")


def test_the_last_outcomes_are_kept_and_torn_lines_passed_over(tmp_path) -> None:
    for at in range(5):
        remember_outcome(tmp_path, outcome(run_id=f"p-{at}"), keep=3)
    path = tmp_path / "policies/nightly.runs.jsonl"
    path.write_text(path.read_text() + '{"schema": "cr')
    assert [each.run_id for each in read_outcomes(tmp_path, "nightly")] == ["p-2", "p-3", "p-4"]
    assert policies_of(tmp_path) == ["nightly"]


def test_an_approved_plan_is_found_until_it_expires(tmp_path) -> None:
    first, second = plan_of(1), plan_of(2)
    approve(tmp_path, first, who="a", now=NOW)
    approve(tmp_path, second, who="a", now=NOW + timedelta(hours=1))
    found = approved_plans(tmp_path, NOW + timedelta(hours=2))
    assert [each.hash for each in found] == [second.hash, first.hash]
    check_approved(tmp_path, first, NOW)
    assert approved_plans(tmp_path, NOW + timedelta(days=5)) == []
    with pytest.raises(StalePlanError):
        approve(tmp_path, first, who="a", now=NOW + timedelta(days=5))


def test_an_approval_of_another_plan_approves_nothing(tmp_path) -> None:
    plan = plan_of(1)
    kept = approve(tmp_path, plan, who="a", now=NOW)
    plan_of_two = plan_of(2)
    write_plan(plan_of_two, kept.with_suffix(".jsonl"))
    assert approved_plans(tmp_path, NOW) == []
    with pytest.raises(StalePlanError):
        check_approved(tmp_path, plan, NOW)


def test_only_what_needs_no_person_is_automatic() -> None:
    assert len(automatic(plan_of(2)).groups) == 2
    assert automatic(plan_of(2, requires="approve")).groups == ()
    assert automatic(plan_of(2, requires="approve-x")).groups == ()
    assert automatic(plan_of(2, undo="none")).groups == ()


@pytest.mark.parametrize(
    "policy",
    [
        replace(POLICY, max_changes=29, max_percent=100),
        replace(POLICY, max_percent=2.5),
        replace(POLICY, max_merges=3, max_percent=100),
    ],
)
def test_a_plan_over_a_cap_is_refused_and_its_cut_is_not(policy) -> None:
    plan = plan_of(30, kind="merge")
    with pytest.raises(SafetyError):
        check_caps(plan, policy)
    smaller = cut(plan, policy)
    check_caps(smaller, policy)
    assert 0 < len(smaller.groups) < 30
    assert smaller.groups == plan.groups[: len(smaller.groups)]
    assert smaller.header.parent_hash == plan.hash


def test_a_plan_within_the_caps_is_not_cut() -> None:
    plan = plan_of(5)
    assert cut(plan, POLICY) is plan
    assert dated(plan, NOW, POLICY).header.expires_at == "2026-11-22T03:00:00Z"


GOOD = Memory(
    last_ended=NOW,
    account_id="1",
    host="box.example",
    scan_id="s-1",
    counts={"contacts": 1000, "deals": 10},
    found={"DUP101 contact": 30},
    not_read=("chats",),
    is_partial="false",
)
READ = Read(account_id="1", host="box.example", counts={"contacts": 1000, "deals": 10})


def codes(found) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (READ, []),
        (replace(READ, not_read=frozenset({"chats"})), []),
        (replace(READ, counts={"contacts": 900, "deals": 9}), []),
        (replace(READ, counts={"contacts": 899, "deals": 10}), ["shrunk"]),
        (replace(READ, counts={}), ["shrunk", "shrunk"]),
        (replace(READ, account_id="2"), ["another_account"]),
        (replace(READ, host="other.example"), ["another_account"]),
        (replace(READ, not_read=frozenset({"events"})), ["not_read"]),
        (replace(READ, is_partial="true"), ["partial_sight"]),
        (replace(READ, is_much_unreadable=True, n_unreadable=9), ["unreadable"]),
        (replace(READ, read_to=NOW - timedelta(hours=3)), ["stale_pull"]),
        (replace(READ, read_to=NOW - timedelta(hours=1)), []),
    ],
)
def test_a_read_that_is_not_like_the_last_is_odd(read, expected) -> None:
    assert codes(odd_read(read, GOOD, POLICY, NOW)) == expected


def test_a_first_read_has_nothing_to_be_odd_against() -> None:
    read = replace(READ, not_read=frozenset({"events"}), is_partial="true")
    assert codes(odd_read(read, Memory(), POLICY, NOW)) == []


def test_a_clock_that_went_back_is_odd() -> None:
    assert codes(odd_clock(GOOD, NOW - timedelta(hours=1))) == ["clock_backwards"]
    assert codes(odd_clock(GOOD, NOW - timedelta(seconds=30))) == []
    assert codes(odd_clock(Memory(), NOW)) == []


@pytest.mark.parametrize(
    ("found", "policy", "expected"),
    [
        (30, POLICY, []),
        (90, POLICY, []),
        (91, POLICY, ["duplicates_jumped"]),
        (60, replace(POLICY, max_new_duplicates=29), ["duplicates_jumped"]),
        (None, POLICY, []),
    ],
)
def test_duplicates_that_jump_are_odd(found, policy, expected) -> None:
    check = CheckResult(code="DUP101", entity="contact", status="checked", found=found)
    summary = Summary(
        scan_id="s-2", crm="amocrm", account_id="1", host="", source="", data_from=None,
        data_to=None, scanned_at=NOW, counts={}, checks=(check,), notes=(), timings={}, versions={},
    )  # fmt: skip
    assert codes(odd_scan(summary, GOOD, policy)) == expected
    assert codes(odd_scan(summary, Memory(), policy)) == []


@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_hears_what_the_run_is_at(tmp_path, is_abstract) -> None:
    name = f"\0crmclean-{tmp_path.name}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        manager.settimeout(2)
        systemd = Systemd.of({"NOTIFY_SOCKET": name.replace("\0", "@")})
        systemd.ready("begun")
        systemd.status("a\nREADY=0")
        systemd.alive()
        systemd.stopping()
        heard = [manager.recv(4096).decode().split("\n") for _ in range(4)]
    assert heard[0] == ["READY=1", "STATUS=begun"]
    assert heard[1][0] == "STATUS=a READY=0"
    assert "WATCHDOG=1" in heard[1]
    assert heard[2:] == [["WATCHDOG=1"], ["STOPPING=1"]]


@pytest.mark.parametrize("address", ["", "/no/such/socket", "tcp:1"])
def test_without_a_manager_nothing_happens(address) -> None:
    Systemd(address).status("alone")

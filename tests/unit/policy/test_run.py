"""One night after another: what is done, what ends it, and what the next night makes of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from dedupe.apply.lock import account_lock
from dedupe.config import Policy
from dedupe.config.policies import read_window
from dedupe.errors import LockedError, RemoteError, SafetyError, SignInError
from dedupe.policy import run as policy_run
from dedupe.policy.approvals import approve
from dedupe.policy.memory import read_outcomes
from dedupe.policy.outcome import State

from .conftest import HOUR, START, Nights
from .plans import plan_of

WHOLE = ["pull", "scan", "plan", "keep", "apply", "verify", "report"]


def test_a_night_does_the_steps_in_their_order(nights: Nights) -> None:
    outcome = nights.run()
    assert nights.works.done == WHOLE
    assert (outcome.state, outcome.exit_code) == (State.CHANGED, 0)
    assert (outcome.changes.planned, outcome.changes.applied) == (3, 3)
    assert outcome.changes.by_kind == {"split": 3}
    assert nights.notices.outcomes == [outcome]
    assert read_outcomes(nights.folder, "nightly") == [outcome]
    assert nights.memory.last_success == START
    assert nights.memory.own_runs == ()


def test_a_night_with_nothing_to_do_is_unchanged(nights: Nights) -> None:
    nights.run()
    nights.moment += 24 * HOUR
    nights.works.planned = plan_of(0)
    outcome = nights.run()
    assert (outcome.state, outcome.exit_code, outcome.changes.planned) == (State.UNCHANGED, 0, 0)
    assert "apply" not in nights.works.done
    assert not outcome.is_news


@pytest.mark.parametrize(
    ("steps", "done"),
    [
        (("pull",), ["pull"]),
        (("pull", "scan", "report"), ["pull", "scan", "keep", "report"]),
        (("pull", "scan", "plan"), ["pull", "scan", "plan", "keep"]),
        (("pull", "scan", "plan", "apply"), ["pull", "scan", "plan", "keep", "apply"]),
    ],
)
def test_only_the_policys_steps_are_done(nights: Nights, steps, done) -> None:
    outcome = nights.run(replace(nights.policy, steps=steps))
    assert nights.works.done == done
    assert outcome.exit_code == 0
    assert nights.notices.outcomes == []


def test_a_dry_run_sends_remembers_and_tells_nothing(nights: Nights) -> None:
    outcome = nights.run(is_dry_run=True)
    assert outcome.is_dry_run
    assert "rehearse" in nights.works.done
    assert "apply" not in nights.works.done
    assert not (nights.folder / "policies").exists()
    assert nights.notices.outcomes == []
    nights.works.problems = ("I1 lost",)
    assert nights.run(is_dry_run=True).exit_code == 6


def test_another_run_has_the_account(nights: Nights) -> None:
    with account_lock(nights.folder, "r-other"), pytest.raises(LockedError) as caught:
        nights.run()
    assert "r-other" in str(caught.value)
    assert caught.value.exit_code == 11
    assert nights.notices.outcomes == []


@pytest.mark.parametrize(("name", "code"), [("STOP", 6), ("PAUSE", 0)])
def test_a_file_ends_the_night_before_it_begins(nights: Nights, name, code) -> None:
    (nights.folder / name).touch()
    outcome = nights.run()
    assert (outcome.state, outcome.exit_code) == (State.STOPPED, code)
    assert nights.works.done == []
    (nights.folder / name).unlink()
    assert nights.run().changes.applied == 3


@pytest.mark.parametrize(("name", "code"), [("STOP", 6), ("PAUSE", 0)])
def test_a_file_ends_the_night_at_a_boundary_and_the_next_goes_on(nights, name, code) -> None:
    nights.works.at_group = lambda at: (nights.folder / name).touch()
    outcome = nights.run()
    assert (outcome.state, outcome.exit_code) == (State.STOPPED, code)
    assert (outcome.changes.applied, outcome.changes.left) == (1, 2)
    (nights.folder / name).unlink()
    nights.works.at_group = lambda at: None
    nights.sleep()
    second = nights.run()
    assert second.resumed_runs == (outcome.apply_run,)
    assert second.changes.resumed == 2, "the first night has told of one"
    assert second.exit_code == 0


def test_the_window_ends_the_night_quietly_and_the_rest_waits(nights: Nights) -> None:
    policy = replace(nights.policy, window=read_window("03:00-05:00"))  # Moscow; it is 04:00
    nights.works.at_group = lambda at: setattr(nights, "moment", nights.moment + HOUR)
    outcome = nights.run(policy)
    assert outcome.reason is not None
    assert (outcome.reason.code, outcome.exit_code) == ("window", 0)
    assert (outcome.state, outcome.changes.left) == (State.CHANGED, 2)


def test_outside_the_window_nothing_is_sent_nor_resumed(nights: Nights) -> None:
    policy = replace(nights.policy, window=read_window("01:00-02:00"))
    outcome = nights.run(policy)
    assert outcome.reason is not None
    assert (outcome.reason.code, outcome.exit_code) == ("outside_window", 6)
    assert nights.works.applied == []
    assert "scan" in nights.works.done
    assert nights.run(policy, ignores_window=True).changes.applied == 3


def test_the_deadline_is_of_a_clock_that_nobody_can_set(nights: Nights) -> None:
    policy = replace(nights.policy, deadline=timedelta(hours=1))
    nights.works.at_group = lambda at: setattr(nights, "seconds", 4000.0)
    outcome = nights.run(policy)
    assert outcome.reason is not None
    assert (outcome.reason.code, outcome.changes.applied) == ("deadline", 1)
    assert outcome.exit_code == 0


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_ends_the_night_and_the_state_is_saved(nights: Nights, name, code) -> None:
    nights.works.at_group = lambda at: setattr(nights.works, "asked", name)
    outcome = nights.run()
    assert (outcome.exit_code, outcome.state) == (code, State.STOPPED)
    assert nights.memory.own_runs == (outcome.apply_run,)


def test_a_signal_during_the_read_is_an_outcome_too(nights: Nights) -> None:
    def end() -> None:
        raise SystemExit(143)

    nights.works.at_pull = end
    assert nights.run().exit_code == 143
    assert [each.exit_code for each in nights.notices.outcomes] == [143]


class Killed(BaseException):
    """A kill -9, but for what the operating system would leave undone."""


@pytest.mark.parametrize("at", [0, 1, 2])
def test_after_a_kill_the_next_night_goes_on(nights: Nights, at, monkeypatch) -> None:
    def kill(group: int) -> None:
        if group == at:
            raise Killed

    nights.works.at_group = kill
    monkeypatch.setattr("dedupe.apply.journal.Journal.end", lambda *a, **k: None)
    with pytest.raises(Killed):
        nights.run()
    monkeypatch.undo()
    nights.works.at_group = lambda at: None
    nights.sleep()
    outcome = nights.run()
    assert outcome.changes.resumed == 3
    assert sorted(nights.works.applied[:3]) == ["g-000001", "g-000002", "g-000003"]
    assert nights.memory.own_runs == ()


def test_a_run_that_a_person_stopped_is_left_to_them(nights: Nights) -> None:
    (nights.folder / "STOP").touch()
    other = Nights(nights.folder, nights.works)
    nights.works.planned = plan_of(9)
    (nights.folder / "STOP").unlink()
    nights.works.asked = None
    from dedupe.apply.run import ApplyOptions
    from dedupe.apply.tools import Tools
    from dedupe.errors import StoppedError

    with pytest.raises(StoppedError):
        nights.works.apply(plan_of(9), ApplyOptions(tools=Tools(stop=lambda: "SIGINT")))
    nights.works.applied.clear()
    nights.works.planned = plan_of(2)
    outcome = other.run()
    assert outcome.resumed_runs == ()
    assert nights.works.applied == ["g-000001", "g-000002"]


def test_what_cannot_be_found_out_stops_the_night(nights: Nights) -> None:
    nights.works.at_group = lambda at: setattr(nights.works, "asked", "SIGTERM")
    nights.run()
    nights.works.asked, nights.works.exit_code = None, 8
    nights.works.at_group = lambda at: None
    outcome = nights.run()
    assert (outcome.exit_code, outcome.state) == (8, State.FAILED)
    assert outcome.next_command == "crmclean resume"
    assert nights.works.done == ["resume"]


def test_an_oddity_stops_the_night_until_a_person_accepts_it(nights: Nights) -> None:
    nights.run()
    nights.sleep()
    nights.works.read = replace(nights.works.read, counts={"contacts": 500})
    for _ in range(2):
        outcome = nights.run()
        assert (outcome.state, outcome.exit_code) == (State.STOPPED, 6)
        assert [each.code for each in outcome.oddities] == ["shrunk"]
        assert "scan" not in nights.works.done
    assert nights.run(accepts_odd=True).changes.applied == 4
    nights.sleep()
    assert nights.run().oddities == ()


def test_a_jump_of_duplicates_stops_before_the_plan(nights: Nights) -> None:
    nights.run()
    nights.sleep()
    nights.works.n_found = 100
    outcome = nights.run()
    assert [each.code for each in outcome.oddities] == ["duplicates_jumped"]
    assert nights.works.done == ["pull", "scan", "keep"]


def test_a_clock_before_the_last_run_stops_the_night(nights: Nights) -> None:
    nights.run()
    nights.moment -= 48 * HOUR
    outcome = nights.run()
    assert [each.code for each in outcome.oddities] == ["clock_backwards"]
    assert nights.works.done == []
    nights.moment += HOUR  # it has been noticed, and is no less wrong
    assert [each.code for each in nights.run().oddities] == ["clock_backwards"]
    assert nights.run(accepts_odd=True).exit_code == 0
    assert nights.run().exit_code == 0


def test_a_guard_stops_all_nights_until_a_person_has_looked(nights: Nights) -> None:
    def break_down(at: int) -> None:
        raise SafetyError("3 groups in a row failed")

    nights.works.at_group = break_down
    first = nights.run()
    assert (first.exit_code, first.state) == (6, State.STOPPED)
    assert nights.memory.guard_stop == first.apply_run
    nights.works.at_group = lambda at: None
    nights.sleep()
    second = nights.run()
    assert [each.code for each in second.oddities] == ["guard_stop"]
    assert nights.works.applied == []
    third = nights.run(accepts_odd=True)
    assert third.exit_code == 0
    assert third.changes.applied == 4
    assert nights.memory.guard_stop == ""


@pytest.mark.parametrize(
    ("error", "code"), [(RemoteError("down"), 10), (SignInError("refused"), 7)]
)
def test_an_outage_is_an_outcome_and_the_next_night_is_a_night(nights, error, code) -> None:
    def fail() -> None:
        raise error

    nights.works.at_pull = fail
    outcome = nights.run()
    assert (outcome.exit_code, outcome.state) == (code, State.FAILED)
    assert outcome.error
    nights.works.at_pull = lambda: None
    assert nights.run().changes.applied == 3


def test_a_bug_is_an_outcome_without_a_traceback(nights: Nights) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a secret value")

    nights.works.at_pull = fail
    outcome = nights.run()
    assert (outcome.exit_code, outcome.error) == (1, "")
    assert outcome.reason is not None
    assert outcome.reason.facts == {"kind": "ZeroDivisionError"}


def test_over_a_cap_nothing_is_sent(nights: Nights) -> None:
    nights.works.planned = plan_of(30)
    outcome = nights.run(replace(nights.policy, max_changes=10))
    assert (outcome.exit_code, outcome.state) == (6, State.STOPPED)
    assert outcome.reason is not None
    assert outcome.reason.code == "over_cap"
    assert "10" in outcome.error
    assert nights.works.applied == []
    assert "report" in nights.works.done


def test_a_partial_policy_does_the_first_groups_and_says_so(nights: Nights) -> None:
    nights.works.planned = plan_of(30)
    outcome = nights.run(replace(nights.policy, max_changes=10, partial=True))
    assert outcome.reason is not None
    assert (outcome.reason.code, outcome.exit_code) == ("cut", 0)
    assert outcome.reason.facts == {"kept": 10, "all": 30}
    assert len(nights.works.applied) == 10


@pytest.mark.parametrize("more", [{"requires": "approve"}, {"undo": "none"}])
def test_what_needs_a_person_is_left_out(nights: Nights, more) -> None:
    nights.works.planned = plan_of(3, **more)
    nights.run()
    assert nights.works.applied == []


def test_without_approval_the_night_ends_with_the_plan(nights: Nights) -> None:
    outcome = nights.run(replace(nights.policy, approval="none"))
    assert outcome.reason is not None
    assert (outcome.reason.code, outcome.exit_code) == ("plan_only", 0)
    assert nights.works.applied == []


def test_by_hash_the_approved_plan_is_carried_out_once(nights: Nights) -> None:
    policy = replace(nights.policy, approval="hash")
    waiting = nights.run(policy)
    assert (waiting.exit_code, waiting.next_command) == (6, "crmclean approve plan.jsonl")
    approve(nights.folder, plan_of(3), who="owner", now=nights.moment)
    nights.sleep()
    outcome = nights.run(policy)
    assert outcome.plan_hash == plan_of(3).hash
    assert len(nights.works.applied) == 3
    nights.sleep()
    assert nights.run(policy).exit_code == 6
    assert len(nights.works.applied) == 3


@pytest.mark.parametrize(("is_allowed", "n"), [(False, 0), (True, 3)])
def test_the_irreversible_needs_both_the_hash_and_the_policy(nights, is_allowed, n) -> None:
    plan = plan_of(3, requires="approve-x")
    approve(nights.folder, plan, who="owner", now=nights.moment)
    nights.run(replace(nights.policy, approval="hash", allow_irreversible=is_allowed))
    assert len(nights.works.applied) == n


def test_the_irreversible_is_never_automatic(nights: Nights) -> None:
    nights.works.planned = plan_of(3, undo="none")
    nights.run(replace(nights.policy, allow_irreversible=True))
    assert nights.works.applied == []


def test_groups_that_failed_are_told_by_the_exit_code(nights: Nights) -> None:
    nights.works.exit_code = 3
    outcome = nights.run()
    assert (outcome.exit_code, outcome.state) == (3, State.CHANGED)
    assert outcome.next_command == f"crmclean runs {outcome.apply_run}"


def test_what_changed_since_is_told(nights: Nights) -> None:
    nights.works.n_changed = 2
    outcome = nights.run()
    assert (outcome.verified_changed, outcome.exit_code) == (2, 3)


def test_a_missed_night_is_made_up_for_once(nights: Nights, monkeypatch) -> None:
    inner = policy_run.account_lock

    @contextmanager
    def lock_that_is_waited_for(*args, **more):
        monkeypatch.undo()
        nights.run()
        with inner(*args, **more):
            nights.works.done.clear()
            yield

    monkeypatch.setattr(policy_run, "account_lock", lock_that_is_waited_for)
    waiting = nights.run(wait_s=600.0)
    assert waiting.reason is not None
    assert (waiting.reason.code, waiting.state) == ("done_meanwhile", State.UNCHANGED)
    assert nights.works.done == []


def test_a_memory_that_is_damaged_stops_the_night(nights: Nights) -> None:
    nights.run()
    (nights.folder / "policies/nightly.json").write_text("{")
    outcome = nights.run()
    assert (outcome.exit_code, outcome.state) == (9, State.FAILED)
    assert nights.works.done == []


def test_a_policy_has_a_memory_of_its_own(nights: Nights) -> None:
    nights.run()
    nights.works.planned = plan_of(4)
    outcome = nights.run(Policy(name="weekly"))
    assert outcome.changes.applied == 4
    assert nights.memory.scan_id == "s-1"

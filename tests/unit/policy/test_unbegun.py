"""A night that never began: what it is told as, and when a lock is worth a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dedupe.apply.lock import HeldError, Holder
from dedupe.config import Policy
from dedupe.errors import ConfigError, LockedError, StorageError
from dedupe.language import use
from dedupe.policy.memory import Memory, write_memory
from dedupe.policy.outcome import OVERLAP, State
from dedupe.policy.unbegun import Attempt, held_reason, never_begun

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = Policy(name="nightly", deadline=4 * HOUR)


def holder(hours: float) -> Holder:
    return Holder(who="box ann pid 7, main/p-1", profile="main", since=NOW - hours * HOUR)


def attempt(folder: Path | None = None) -> Attempt:
    return Attempt(
        policy=POLICY,
        profile="main",
        run_id="p-2",
        started=NOW - HOUR,
        ended=NOW,
        host="demo.amocrm.ru",
        folder=folder,
    )


@pytest.mark.parametrize(
    ("age_h", "deadline_h", "success_h", "code"),
    [
        (1, 4, 24, OVERLAP),
        (4, 4, 24, OVERLAP),  # up to its deadline a run may take its time
        (5, 4, 24, "locked_long"),
        (5, None, 24, OVERLAP),
        (25, None, 24, "locked_long"),
        (1, 4, 40, OVERLAP),
        (1, 4, 48, "locked_out"),  # the second night in a row
        (1, 4, None, OVERLAP),  # the first of all runs may be at its first read
        (-3, 4, 24, OVERLAP),  # a clock that was set back
        (None, 4, 24, OVERLAP),
        (None, 4, 48, "locked_out"),
    ],
)
def test_a_lock_is_told_when_it_lasts(age_h, deadline_h, success_h, code) -> None:
    reason = held_reason(
        None if age_h is None else holder(age_h),
        Policy(name="nightly", deadline=deadline_h and deadline_h * HOUR),
        None if success_h is None else NOW - success_h * HOUR,
        NOW,
    )
    assert reason.code == code


def test_a_lock_that_lasts_says_for_how_long() -> None:
    assert held_reason(holder(30.5), POLICY, None, NOW).facts == {"hours": 30}
    assert held_reason(None, POLICY, NOW - 50 * HOUR, NOW).facts == {"hours": 50}


def test_the_policys_memory_tells_its_last_good_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    error = HeldError(tmp_path / "apply.lock", holder(1))
    assert never_begun(attempt(tmp_path), error).is_overlap
    write_memory(tmp_path, "nightly", Memory(last_success=NOW - 50 * HOUR))
    lasting = never_begun(attempt(tmp_path), error)
    assert lasting.reason is not None
    assert (lasting.reason.code, lasting.exit_code) == ("locked_out", 11)
    assert (lasting.state, lasting.is_news) == (State.STOPPED, True)
    (tmp_path / "policies/nightly.json").write_text("{")
    assert never_begun(attempt(tmp_path), error).is_overlap
    assert never_begun(attempt(), error).is_overlap


def test_an_overlap_names_the_holder_and_is_no_news() -> None:
    use("en")
    outcome = never_begun(attempt(), HeldError(Path("/s/apply.lock"), holder(1)))
    assert "box ann pid 7, main/p-1" in outcome.error
    assert (outcome.exit_code, outcome.is_news) == (11, False)
    assert (outcome.host, outcome.seconds, outcome.requests) == ("demo.amocrm.ru", 3600, 0)


@pytest.mark.parametrize(
    ("error", "exit_code", "code", "line"),
    [
        (ConfigError("no such thing", where="profiles.main"), 2, "error", "profiles.main: no such"),
        (StorageError("can't be made", where="/s"), 9, "error", "/s: can't be made"),
        (OSError(28, "No space left on device"), 9, "error", "no space left on device"),
        (LockedError("another run is signing in"), 11, OVERLAP, "another run is signing in"),
        (KeyError("Ivan"), 1, "internal", ""),
    ],
)
def test_whatever_kept_it_from_beginning_is_an_outcome(error, exit_code, code, line) -> None:
    use("en")
    outcome = never_begun(attempt(), error)
    assert outcome.reason is not None
    assert (outcome.exit_code, outcome.reason.code) == (exit_code, code)
    assert outcome.error.startswith(line)
    assert outcome.state is (State.STOPPED if exit_code == 11 else State.FAILED)


def test_a_bug_leaves_its_trail_in_the_log_and_no_value(caplog) -> None:
    try:
        {}["Ivan"]
    except KeyError as error:
        never_begun(attempt(), error)
    assert "test_unbegun.py" in caplog.text
    assert "Ivan" not in caplog.text

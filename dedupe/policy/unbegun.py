"""A night that never begins: its outcome, and whether a lock is worth a word to anybody.

That another run has the account is a matter of course, and told to nobody, unless it lasts. It
lasts where

- the holder has had it for longer than the policy's deadline (a day where there is none), or
- the policy's last good run began more than 40 hours ago: a nightly one misses its second night.

Where nobody can tell the holder's age, and no run was good yet, it does not last: the exit code
is 11 all the same. What lasts is told as any trouble is: once, and again after 20 hours.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dedupe.apply.lock import HeldError, Holder
from dedupe.config import Policy
from dedupe.errors import CrmCleanError, LockedError

from .logs import trail
from .memory import read_memory
from .outcome import OVERLAP, Reason, RunOutcome, State

_log = logging.getLogger(__name__)
PATIENCE = timedelta(days=1)  # with a holder, for a policy without a deadline
MISSED = timedelta(hours=40)
_HOUR = timedelta(hours=1)
_HELD = (6, 11)  # exit codes of what was stopped and did not fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A night as far as it got; `folder` is None where the account's can't be used."""

    policy: Policy
    profile: str
    run_id: str
    started: datetime
    ended: datetime
    host: str = ""
    folder: Path | None = None
    is_dry_run: bool = False


def never_begun(attempt: Attempt, error: Exception) -> RunOutcome:
    """Return the outcome of a night that `error` kept from beginning."""
    exit_code, line = _told(error)
    return RunOutcome(
        policy=attempt.policy.name,
        profile=attempt.profile,
        run_id=attempt.run_id,
        started=attempt.started,
        ended=attempt.ended,
        state=State.STOPPED if exit_code in _HELD else State.FAILED,
        exit_code=exit_code,
        host=attempt.host,
        is_dry_run=attempt.is_dry_run,
        reason=_reason(attempt, error),
        error=line,
        seconds=max(0.0, (attempt.ended - attempt.started).total_seconds()),
    )


def held_reason(
    holder: Holder | None, policy: Policy, last_success: datetime | None, now: datetime
) -> Reason:
    """Return why a lock ended the night: OVERLAP, or the code of a lock that lasts."""
    if holder is not None and holder.since is not None:
        age = now - holder.since
        if age > (policy.deadline or PATIENCE):
            return Reason(code="locked_long", facts={"hours": age // _HOUR})
    if last_success is not None and now - last_success > MISSED:
        return Reason(code="locked_out", facts={"hours": (now - last_success) // _HOUR})
    return Reason(code=OVERLAP)


def _told(error: Exception) -> tuple[int, str]:
    if isinstance(error, CrmCleanError):
        return error.exit_code, str(error)
    if isinstance(error, OSError):
        return 9, (error.strerror or type(error).__name__).lower()
    return 1, ""


def _reason(attempt: Attempt, error: Exception) -> Reason:
    if isinstance(error, LockedError):
        holder = error.holder if isinstance(error, HeldError) else None
        return held_reason(holder, attempt.policy, _last_success(attempt), attempt.ended)
    if isinstance(error, CrmCleanError | OSError):
        return Reason(code="error")
    _log.error("internal error: %s", trail(error))
    return Reason(code="internal", facts={"kind": type(error).__name__})


def _last_success(attempt: Attempt) -> datetime | None:
    if attempt.folder is None:
        return None
    try:
        return read_memory(attempt.folder, attempt.policy.name).last_success
    except CrmCleanError:  # the next run that begins tells of it
        return None

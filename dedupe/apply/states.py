"""The states of an operation, a group and a run, and the moves between them.

An operation is on disk as `intent` before a byte of it goes out. What can't be known is
`ambiguous`, never "failed": only reading the CRM settles it. Source of the words: Jepsen's
ok / fail / info, and the write-ahead log.
"""

from __future__ import annotations

from enum import StrEnum


class OpState(StrEnum):
    """What is known of one operation."""

    PLANNED = "planned"
    INTENT = "intent"  # the bytes are on disk; whether they were sent, a crash leaves open
    SENT = "sent"
    CONFIRMED = "confirmed"
    NOTHING = "nothing"  # the card was already as wanted: nothing was sent
    FAILED = "failed"  # refused for good
    SKIPPED = "skipped"  # its group was stopped before it
    AMBIGUOUS = "ambiguous"
    MANUAL = "manual"  # reading could not settle it: a person must


class GroupState(StrEnum):
    """What is known of one group."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    STALE = "stale"  # somebody changed a touched field after the plan was made
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review"
    SKIPPED = "skipped"


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"  # at work, or cut off: the lock tells which
    STOPPED = "stopped"  # by a person, a limit or an outage; resume goes on
    DONE = "done"


UNRESOLVED = (OpState.INTENT, OpState.SENT, OpState.AMBIGUOUS)
GOOD = (OpState.CONFIRMED, OpState.NOTHING)
SETTLED = (OpState.CONFIRMED, OpState.NOTHING, OpState.FAILED, OpState.SKIPPED, OpState.MANUAL)

MOVES: dict[OpState, tuple[OpState, ...]] = {
    OpState.PLANNED: (OpState.INTENT, OpState.NOTHING, OpState.FAILED, OpState.SKIPPED),
    OpState.INTENT: (
        OpState.SENT,
        OpState.CONFIRMED,
        OpState.FAILED,
        OpState.AMBIGUOUS,
        OpState.PLANNED,
    ),
    OpState.SENT: (OpState.CONFIRMED, OpState.FAILED, OpState.AMBIGUOUS, OpState.PLANNED),
    OpState.AMBIGUOUS: (OpState.CONFIRMED, OpState.PLANNED, OpState.MANUAL),
}

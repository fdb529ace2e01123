"""What a run works with and is held to, and what it reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dedupe import events
from dedupe.errors import SafetyError
from dedupe.events import Listener
from dedupe.language import N_

from .states import GroupState, OpState

_CANARY = (1, 11)  # groups after which all that was done is looked at again
_STALE_SHARE, _FAILED_SHARE, _LEAST = 0.10, 0.05, 20
_FAILED_IN_A_ROW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """When a run stops by itself; cron stops earlier than a person at a terminal."""

    stale_share: float = _STALE_SHARE
    failed_share: float = _FAILED_SHARE
    failed_in_a_row: int = _FAILED_IN_A_ROW
    least: int = _LEAST  # groups before a share means anything
    canary: tuple[int, ...] = _CANARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a run works with besides its plan: all of it can be replaced by a test."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    stop: Callable[[], str | None] = lambda: None  # why to stop at the next boundary
    at: Callable[[str, Sequence[str]], None] = lambda point, op_ids: None
    listen: Listener = events.ignore
    guards: Guards = field(default_factory=Guards)
    stage: str = "apply"  # how events name the work


@dataclass(slots=True, kw_only=True)
class Tally:
    """How the groups of this process ended; what an earlier one did is only counted as over."""

    total: int
    n_before: int = 0
    n_carried: int = 0
    n_over: int = 0
    n_stale: int = 0
    n_failed: int = 0
    n_in_a_row: int = 0

    def ended(self, state: GroupState) -> None:
        """Count one group."""
        is_bad = state in (GroupState.FAILED, GroupState.NEEDS_REVIEW)
        self.n_over += 1
        self.n_stale += state is GroupState.STALE
        self.n_failed += is_bad
        self.n_in_a_row = self.n_in_a_row + 1 if is_bad else 0

    def problem(self, guards: Guards) -> tuple[str, int] | None:
        """Return why the run must stop, and the number in the text; None where it may go on."""
        if self.n_in_a_row >= guards.failed_in_a_row:
            return N_("{n} groups in a row failed"), self.n_in_a_row
        if self.n_over >= guards.least and self.n_stale > guards.stale_share * self.n_over:
            return N_("{n} groups were changed since the plan"), self.n_stale
        if self.n_over >= guards.least and self.n_failed > guards.failed_share * self.n_over:
            return N_("{n} groups failed"), self.n_failed
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run stands: groups by state, operations by state, requests sent, seconds."""

    run_id: str
    plan_hash: str
    groups: Mapping[GroupState, int]
    ops: Mapping[OpState, int]
    sent: int
    seconds: float

    @property
    def exit_code(self) -> int:
        """Return 8 when an outcome is not known, 3 when a group was left out, else 0."""
        if self.ops.get(OpState.AMBIGUOUS) or self.ops.get(OpState.MANUAL):
            return 8
        left = (GroupState.STALE, GroupState.FAILED, GroupState.NEEDS_REVIEW)
        return 3 if any(self.groups.get(state) for state in left) else 0


def guarded(problem: str, where: str, **facts: object) -> SafetyError:
    """Return the error of a guard that stops a run."""
    return SafetyError(
        problem,
        where=where,
        fix=N_("look at it with: crmclean runs; then scan again, or go on with: crmclean resume"),
        **facts,
    )

"""An outcome in the making: what a run has come to know of itself so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dedupe.apply.history import open_journal
from dedupe.apply.states import GroupState
from dedupe.contracts import Summary

from .outcome import Changes, Found, HealthTold, Reason, RunOutcome, State

_BAD = (GroupState.FAILED, GroupState.NEEDS_REVIEW, GroupState.SKIPPED)
_LEFT = (GroupState.PLANNED, GroupState.RUNNING)


@dataclass(slots=True, kw_only=True)
class Draft:
    """Filled step by step; `outcome` makes the value of it."""

    policy: str
    profile: str
    run_id: str
    started: datetime
    is_dry_run: bool = False
    host: str = ""
    account_id: str = ""
    reason: Reason | None = None
    error: str = ""
    exit_code: int = 0
    state: State | None = None  # where it is not told by what was done
    oddities: tuple[Reason, ...] = ()
    apply_run: str = ""
    resumed_runs: tuple[str, ...] = ()
    n_told: int = 0  # groups of these that an earlier night has told of as done
    summary: Summary | None = None
    health_before: HealthTold | None = None
    plan_hash: str = ""
    n_planned: int = 0
    verified_changed: int = 0
    steps: dict[str, float] = field(default_factory=dict)
    next_command: str = ""
    files: tuple[str, ...] = ()

    def outcome(self, folder: Path, ended: datetime, n_requests: int, seconds: float) -> RunOutcome:
        """Return the run as a value; what was done is told by the journal, not by us."""
        changes, found = self._changes(folder), self._found()
        return RunOutcome(
            policy=self.policy,
            profile=self.profile,
            run_id=self.run_id,
            started=self.started,
            ended=ended,
            state=self.state or self._state(changes, found),
            exit_code=self.exit_code,
            host=self.host,
            account_id=self.account_id,
            is_dry_run=self.is_dry_run,
            reason=self.reason,
            error=self.error,
            oddities=self.oddities,
            apply_run=self.apply_run,
            resumed_runs=self.resumed_runs,
            scan_id=self.summary.scan_id if self.summary else "",
            plan_hash=self.plan_hash,
            counts=dict(self.summary.counts) if self.summary else {},
            checks=found,
            health_before=self.health_before,
            health_after=health_of(self.summary),
            changes=changes,
            verified_changed=self.verified_changed,
            requests=n_requests,
            seconds=seconds,
            steps=dict(self.steps),
            next_command=self.next_command,
            files=self.files,
        )

    def _state(self, changes: Changes, found: tuple[Found, ...]) -> State:
        is_done = changes.applied or changes.resumed
        is_new = any(each.new or each.fixed for each in found)
        is_first = self.summary is not None and not self.summary.baseline
        return State.CHANGED if is_done or is_new or is_first else State.UNCHANGED

    def _found(self) -> tuple[Found, ...]:
        checks = self.summary.checks if self.summary else ()
        return tuple(
            Found(
                code=check.code,
                entity=check.entity,
                found=check.found,
                new=check.new,
                fixed=check.fixed,
                severity=check.severity,
            )
            for check in checks
        )

    def _changes(self, folder: Path) -> Changes:
        own = group_states(folder, (self.apply_run,))
        resumed = group_states(folder, self.resumed_runs)
        states = Counter(state for _, state in own)
        both = Counter(state for _, state in (*own, *resumed))
        return Changes(
            planned=self.n_planned,
            applied=states[GroupState.DONE],
            failed=sum(both[state] for state in _BAD),
            stale=both[GroupState.STALE],
            left=sum(both[state] for state in _LEFT) if own or resumed else self.n_planned,
            resumed=sum(state is GroupState.DONE for _, state in resumed) - self.n_told,
            by_kind=dict(sorted(Counter(k for k, s in own if s is GroupState.DONE).items())),
        )


def health_of(summary: Summary | None) -> HealthTold | None:
    """Return the health of a scan as an outcome tells it."""
    health = summary.health if summary else None
    return HealthTold(clean=health.clean, cards=health.cards) if health else None


def group_states(folder: Path, run_ids: Collection[str]) -> list[tuple[str, GroupState]]:
    """Return kind and state of all groups of some runs; a run that was never begun has none."""
    journal = open_journal(folder) if any(run_ids) else None
    if journal is None:
        return []
    with journal:
        return [
            (kinds.get(gid, ""), state)
            for run_id in run_ids
            for kinds in (journal.kinds(run_id),)
            for gid, (state, _) in journal.groups(run_id).items()
        ]

"""What a target has been told, and so what is news to it: the rules of when and of what.

A target is told what changed since its last notice, whether a run or a month lies between. The
same trouble is told again only after a while, and its end is told once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from dedupe.policy.outcome import Changes, HealthTold, Reason, RunOutcome, State

from .notice import (
    Kind,
    Move,
    Notice,
    file_name,
    harmless,
    harmless_reason,
    notice_id,
    read_health,
)

REMIND = timedelta(hours=20)  # a night's run tells each night, an hourly one does not each hour
_COUNTS = ("planned", "applied", "undone", "failed", "stale", "left", "resumed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the last notice to a target said; counts by "CODE entity"."""

    at: datetime | None = None
    last_id: str = ""
    found: Mapping[str, int] = field(default_factory=dict)
    health: HealthTold | None = None
    trouble: str = ""
    digest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One run as a digest needs it."""

    policy: str
    run_id: str
    ended: datetime
    state: State
    changes: Changes
    requests: int
    seconds: float
    oddities: tuple[Reason, ...] = ()


def kind_due(when: str, period: str, outcome: RunOutcome, told: Told, zone: tzinfo) -> Kind | None:
    """Return what is to be sent now, None for nothing. Trouble is told at once by all but never."""
    if outcome.is_dry_run or when == "never":
        return None
    if outcome.is_overlap:  # neither trouble nor its end
        return Kind.RUN if when == "always" else None
    trouble = trouble_of(outcome)
    if trouble:
        return Kind.RUN if when == "always" or _is_due(trouble, outcome, told) else None
    if told.trouble:
        return Kind.RECOVERED
    if when == "digest":
        return Kind.DIGEST if _is_new_period(period, outcome.ended, told.digest_at, zone) else None
    return Kind.RUN if when == "always" or (when == "change" and outcome.is_news) else None


def trouble_of(outcome: RunOutcome) -> str:
    """Name what went wrong, the same for the same trouble; empty where nothing did."""
    is_well = outcome.state is not State.FAILED and outcome.exit_code == 0
    if is_well and not outcome.oddities:
        return ""
    code = outcome.reason.code if outcome.reason else ""
    odd = ",".join(sorted({each.code for each in outcome.oddities}))
    return ":".join((str(outcome.state), code, str(outcome.exit_code), odd))


def build_notice(
    kind: Kind, target: str, outcome: RunOutcome, told: Told, history: Sequence[Past]
) -> Notice:
    """Return the notice of `outcome` to a target that was told `told`."""
    found = found_in(outcome)
    notice = Notice(
        id=notice_id(outcome, target),
        kind=kind,
        policy=outcome.policy,
        profile=outcome.profile,
        host=outcome.host,
        run_id=outcome.run_id,
        made=outcome.ended,
        since=told.at,
        state=outcome.state,
        exit_code=outcome.exit_code,
        reason=harmless_reason(outcome.reason) if outcome.reason else None,
        error=harmless(outcome.error),
        oddities=tuple(harmless_reason(each) for each in outcome.oddities),
        health_before=told.health or (outcome.health_before if told.at is None else None),
        health_now=outcome.health_after,
        found_before=_sum(told.found, found) if told.at is not None else None,
        found_now=sum(found.values()) if found else None,
        moves=tuple(_moves(outcome, told)),
        changes=outcome.changes,
        verified_changed=outcome.verified_changed,
        requests=outcome.requests,
        seconds=outcome.seconds,
        next_command=harmless(outcome.next_command),
        files=tuple(file_name(each) for each in outcome.files),
    )
    if kind is not Kind.DIGEST:
        return notice
    return replace(_digest(notice, _since(history, outcome, told)), runs_since=told.digest_at)


def told_after(notice: Notice, outcome: RunOutcome, told: Told) -> Told:
    """Return what the target knows once `notice` is on its way."""
    is_digest = notice.kind is Kind.DIGEST
    return Told(
        at=outcome.ended,
        last_id=notice.id,
        found={**told.found, **found_in(outcome)},
        health=outcome.health_after or told.health,
        trouble=told.trouble if outcome.is_overlap else trouble_of(outcome),
        digest_at=outcome.ended if is_digest or told.digest_at is None else told.digest_at,
    )


def past_of(outcome: RunOutcome) -> Past:
    """Return what a later digest will need of a run."""
    return Past(
        policy=outcome.policy,
        run_id=outcome.run_id,
        ended=outcome.ended,
        state=outcome.state,
        changes=outcome.changes,
        requests=outcome.requests,
        seconds=outcome.seconds,
        oddities=tuple(harmless_reason(each) for each in outcome.oddities),
    )


def found_in(outcome: RunOutcome) -> dict[str, int]:
    """Return the counts of the checks that were made, by "CODE entity"."""
    return {f"{c.code} {c.entity}": c.found for c in outcome.checks if c.found is not None}


def read_told(facts: Mapping[str, Any]) -> Told:
    """Return what a document of the state tells. Raises ValueError, TypeError or KeyError."""
    return Told(
        at=_read_moment(facts.get("at")),
        last_id=str(facts.get("last_id", "")),
        found={str(key): int(n) for key, n in facts.get("found", {}).items()},
        health=read_health(facts.get("health")),
        trouble=str(facts.get("trouble", "")),
        digest_at=_read_moment(facts.get("digest_at")),
    )


def read_past(facts: Mapping[str, Any]) -> Past:
    """Return a run of the history. Raises ValueError, TypeError or KeyError."""
    return Past(
        policy=str(facts["policy"]),
        run_id=str(facts["run_id"]),
        ended=datetime.fromisoformat(facts["ended"]),
        state=State(facts["state"]),
        changes=Changes(**facts["changes"]),
        requests=int(facts["requests"]),
        seconds=float(facts["seconds"]),
        oddities=tuple(Reason(**each) for each in facts.get("oddities", ())),
    )


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _is_due(trouble: str, outcome: RunOutcome, told: Told) -> bool:
    if told.at is None or told.trouble != trouble:
        return True
    # A clock that was set back must not silence it for longer.
    return not timedelta() <= outcome.ended - told.at < REMIND


def _is_new_period(period: str, now: datetime, last: datetime | None, zone: tzinfo) -> bool:
    """Tell whether the first run of a new day or week is over; the first of all begins one."""
    if last is None:
        return True
    here, there = now.astimezone(zone).date(), last.astimezone(zone).date()
    if period == "day":
        return here != there
    return here.isocalendar()[:2] != there.isocalendar()[:2]


def _moves(outcome: RunOutcome, told: Told) -> Iterable[Move]:
    """Return the checks that changed, the gravest and largest first; all that count at first."""
    severities = {"error": 0, "warning": 1}
    moves = []
    for check in outcome.checks:
        if check.found is None:  # not made this time: nothing is known of it
            continue
        before = told.found.get(f"{check.code} {check.entity}")
        if before != check.found and (before is not None or check.found):
            move = Move(
                code=check.code,
                entity=check.entity,
                before=before,
                now=check.found,
                severity=check.severity,
            )
            moves.append(move)
    return sorted(
        moves,
        key=lambda m: (
            severities.get(m.severity, 2),
            -abs(m.now - (m.before or 0)),
            m.code,
            m.entity,
        ),
    )


def _sum(before: Mapping[str, int], found: Mapping[str, int]) -> int | None:
    """Return how many there were; None unless the same checks were made: it would not compare."""
    return sum(before.values()) if found and set(before) == set(found) else None


def _since(history: Sequence[Past], outcome: RunOutcome, told: Told) -> list[Past]:
    mine = [past for past in history if past.policy == outcome.policy]
    after = [p for p in mine if told.digest_at is None or p.ended > told.digest_at]
    return sorted(after, key=lambda past: (past.ended, past.run_id))


def _digest(notice: Notice, runs: Sequence[Past]) -> Notice:
    states = Counter(str(past.state) for past in runs)
    odd = {
        (each.code, tuple(sorted(each.facts.items()))): each for p in runs for each in p.oddities
    }
    kinds: Counter[str] = Counter()
    for past in runs:
        kinds.update(past.changes.by_kind)
    sums = {name: sum(getattr(past.changes, name) for past in runs) for name in _COUNTS}
    return replace(
        notice,
        n_runs=len(runs),
        runs_by_state=dict(sorted(states.items())),
        oddities=tuple(odd[key] for key in sorted(odd, key=str)),
        changes=Changes(by_kind=dict(sorted(kinds.items())), **sums),
        requests=sum(past.requests for past in runs),
        seconds=sum(past.seconds for past in runs),
    )

"""What does not look like the account of yesterday: any of it, and nothing is sent.

A first run has nothing to compare with and finds little odd; that is why the first runs of a
policy should be `approval = "none"`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dedupe.config import Policy
from dedupe.contracts import CheckResult, Summary

from .memory import Memory
from .outcome import Reason

GUARDED = ("contacts", "companies", "deals", "tasks")
_FEW = 20  # cards: so few more are no jump, however small the account
_SLACK = timedelta(minutes=1)  # clocks are set by seconds
_DUPLICATES = "DUP1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a pull tells of itself: rows by table, what is missing, when it ended."""

    account_id: str
    host: str
    counts: Mapping[str, int] = field(default_factory=dict)
    not_read: frozenset[str] = frozenset()
    is_partial: str = "false"
    n_unreadable: int = 0
    is_much_unreadable: bool = False
    read_to: datetime | None = None


def odd_clock(memory: Memory, now: datetime) -> Iterator[Reason]:
    """Yield a clock that stands before the end of the last run: ages mean nothing then."""
    if memory.last_ended is not None and now < memory.last_ended - _SLACK:
        minutes = round((memory.last_ended - now) / timedelta(minutes=1))
        yield Reason(code="clock_backwards", facts={"minutes": minutes})


def odd_read(read: Read, memory: Memory, policy: Policy, now: datetime) -> Iterator[Reason]:
    """Yield what is odd about a pull, held against the last good one."""
    for name, before in (("id", memory.account_id), ("host", memory.host)):
        found = read.account_id if name == "id" else read.host
        if before and found != before:
            yield Reason(code="another_account", facts={"now": found, "before": before})
    for table in GUARDED:
        before_n, now_n = memory.counts.get(table, 0), read.counts.get(table, 0)
        if now_n < policy.min_scan_share * before_n and before_n - now_n > 1:
            yield Reason(code="shrunk", facts={"table": table, "now": now_n, "before": before_n})
    if memory.scan_id:
        for part in sorted(read.not_read - set(memory.not_read)):
            yield Reason(code="not_read", facts={"part": part})
    if read.is_much_unreadable:
        yield Reason(code="unreadable", facts={"n": read.n_unreadable})
    if read.is_partial == "true" and memory.is_partial not in ("true", ""):
        yield Reason(code="partial_sight")
    age = now - read.read_to if read.read_to else timedelta(0)
    if age > policy.plan_age:
        yield Reason(code="stale_pull", facts={"minutes": round(age / timedelta(minutes=1))})


def odd_scan(summary: Summary, memory: Memory, policy: Policy) -> Iterator[Reason]:
    """Yield duplicates that grew as they do not grow by people's work."""
    if not memory.scan_id:
        return
    for check in summary.checks:
        key = duplicate_key(check)
        if key is None or check.found is None or key not in memory.found:
            continue
        before, grown = memory.found[key], check.found - memory.found[key]
        is_jump = grown > _FEW and check.found > policy.max_duplicate_growth * before
        if is_jump or grown > policy.max_new_duplicates:
            yield Reason(
                code="duplicates_jumped",
                facts={
                    "code": check.code,
                    "entity": check.entity,
                    "now": check.found,
                    "before": before,
                },
            )


def duplicate_key(check: CheckResult) -> str | None:
    """Return under which key a check of duplicates is remembered; None of other checks."""
    return f"{check.code} {check.entity}" if check.code.startswith(_DUPLICATES) else None


def duplicates_found(summary: Summary) -> dict[str, int]:
    """Return what the checks of duplicates found, as it is remembered."""
    keys = {duplicate_key(check): check.found for check in summary.checks}
    return {key: n for key, n in keys.items() if key is not None and n is not None}

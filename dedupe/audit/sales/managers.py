"""MGR001: what every manager has in hand and has brought, in one table."""

from __future__ import annotations

import polars as pl

from dedupe.audit.deals import deals_without_task
from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.calls import calls
from dedupe.audit.frames.reasons import lost_reasons
from dedupe.audit.frames.wilson import wilson_bounds
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS, Column, Quality
from dedupe.language import N_

from .base import count_of, deals, paid, share, table, with_person

PERSON = Column("person", N_("Employee"), "person")
OWNED_DEALS = ("deals", "deals.state", "deals.owner_id")
TEAM = Column("team", N_("Group"), "text")
INTERVAL = (
    Column("rate", N_("Won of closed"), "share"),
    Column("low", N_("From"), "share"),
    Column("high", N_("To"), "share"),
)
_COLUMNS = (
    Column("open", N_("Open"), "count"),
    Column("open_sum", N_("Open, money"), "money"),
    Column("won", N_("Won"), "count"),
    Column("won_sum", N_("Won, money"), "money"),
    Column("lost", N_("Lost"), "count"),
    Column("lost_sum", N_("Lost, money"), "money"),
    *INTERVAL,
    Column("without_task", N_("Open without a task"), "count"),
    Column("overdue", N_("Overdue tasks"), "count"),
    Column("without_reason", N_("Lost without a reason"), "count"),
    Column("calls", N_("Calls"), "count"),
)
_NOTE = N_(
    "Live deals by their present owner. Won of closed: won / (won + lost), with its 95 % interval "
    "(Wilson): where intervals overlap, the difference may be chance. Overdue: open tasks of the "
    "employee whose time has passed. Calls: by the employee whom the telephony names. What was "
    "not read has no column."
)


def by_owner(facts: Facts) -> pl.DataFrame:
    """Return owner_id, open, won, lost, their sums, closed, rate, low, high of every owner."""
    return facts.once("sales by owner", lambda: _by_owner(facts))


def with_people(rows: pl.DataFrame, facts: Facts, first: str = "deals") -> pl.DataFrame:
    """Name the owners of the rows, the one with the most of `first` on top."""
    ordered = rows.sort([first, "owner_id"], descending=[True, False])
    return with_person(ordered, facts, "owner_id")


def _by_owner(facts: Facts) -> pl.DataFrame:
    states = ("open", "won", "lost")
    rows = (
        deals(facts)
        .filter(pl.col("owner_id").is_not_null())
        .group_by("owner_id")
        .agg(
            *(pl.col(f"is_{state}").sum().alias(state) for state in states),
            *(paid(pl.col(f"is_{state}")).alias(f"{state}_sum") for state in states),
        )
    )
    closed = rows.with_columns(closed=pl.col("won") + pl.col("lost"))
    low, high = wilson_bounds("won", "closed")
    is_any = pl.col("closed") > 0
    return closed.with_columns(
        rate=share("won", "closed"),
        low=pl.when(is_any).then(low),
        high=pl.when(is_any).then(high),
    ).sort("owner_id")


def _managers(facts: Facts, entity: str) -> Outcome:
    rows = by_owner(facts)
    for part in _parts(facts):
        rows = rows.join(part, on="owner_id", how="left").with_columns(
            pl.col(name).fill_null(0) for name in part.columns if name != "owner_id"
        )
    ordered = rows.sort(
        ["won_sum", "won", "owner_id"], descending=[True, True, False], nulls_last=True
    )
    frame = deals(facts)
    metric = table(
        "managers",
        N_("Managers"),
        with_person(ordered, facts, "owner_id"),
        PERSON,
        TEAM,
        *_COLUMNS,
        note=_NOTE,
        quality=Quality(
            usable=count_of(frame, pl.col("owner_id").is_not_null()),
            base=frame.height,
            reason=N_("Deals without an owner."),
        ),
    )
    return Outcome(
        findings=FINDINGS.empty(), base=rows.height, counted=rows.height, metrics=(metric,)
    )


def _parts(facts: Facts) -> list[pl.DataFrame]:
    """Return the counts by owner of what was read besides the deals."""
    parts = []
    owners = deals(facts).select("id", "owner_id")
    if facts.has("tasks"):
        bare = deals_without_task(facts).collect().join(owners, left_on="record_id", right_on="id")
        parts += [bare.group_by("owner_id").agg(without_task=pl.len()), _overdue(facts)]
    if facts.has("deals.loss_reason_id"):
        mute = lost_reasons(facts).filter(pl.col("reason").is_null()).join(owners, on="id")
        parts.append(mute.group_by("owner_id").agg(without_reason=pl.len()))
    if facts.has("notes"):
        parts.append(calls(facts).group_by(owner_id="answered_by").agg(calls=pl.len()))
    return parts


def _overdue(facts: Facts) -> pl.DataFrame:
    tasks = facts.account.frame("tasks").lazy()
    late = ~pl.col("is_completed").fill_null(value=False) & (pl.col("due_at") < facts.now)
    return tasks.filter(late).group_by("owner_id").agg(overdue=pl.len()).collect()


register(
    Check(
        code="MGR001",
        severity="info",
        needs={"user": OWNED_DEALS},
        repair="none",
        title=N_("Managers at a glance"),
        definition=N_(
            "Owners of live deals, each with deals open, won and lost, their money, open deals "
            "without a task, overdue tasks, losses without a reason and calls."
        ),
        risk=N_("Who works and who only holds deals is a matter of opinion."),
        advice=N_(
            "Talk with those whose deals have no task first; compare rates only where the "
            "intervals do not overlap."
        ),
        run=_managers,
    )
)

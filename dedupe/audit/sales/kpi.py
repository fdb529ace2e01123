"""KPI101 to KPI103: what each employee has won, lost and has in work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS, Column, Quality
from dedupe.language import N_

from .base import DAY_S, count_of, deals, paid, share, table
from .managers import OWNED_DEALS, PERSON, TEAM, by_owner, with_people
from .stages import with_stage

_SPANS = (30, 90, 365)
_RECENT = tuple(
    Column(f"days_{days}", title, "count")
    for days, title in zip(
        _SPANS, (N_("Last 30 days"), N_("Last 90 days"), N_("Last 365 days")), strict=True
    )
)
_CLOSED_NOTE = N_(
    "Live deals by their present owner. The last days are counted back from the time of the data "
    "by when the deals were closed. Average: sum / deals with a price."
)
_IN_WORK_NOTE = N_(
    "Open live deals that stand in an open stage, but not in the first one of their pipeline, by "
    "owner. Age: from creation to the time of the data."
)
Run = Callable[[Facts, str], Outcome]


def _closed_per_employee(state: str, title: str) -> Run:
    is_it = pl.col(f"is_{state}")

    def run(facts: Facts, entity: str) -> Outcome:
        frame = deals(facts).filter(is_it)
        owned = frame.filter(pl.col("owner_id").is_not_null())
        ago = [(days, facts.now - timedelta(days=days)) for days in _SPANS]
        spans = [
            pl.col("closed_at")
            .is_between(since, facts.now, closed="right")
            .sum()
            .alias(f"days_{days}")
            for days, since in ago
        ]
        rows = owned.group_by("owner_id").agg(
            *(spans if facts.has("deals.closed_at") else []),
            deals=pl.len(),
            sum=paid(pl.lit(value=True)),
            average=pl.col("price").sort().mean(),
        )
        metric = table(
            f"{state}_per_employee",
            title,
            with_people(
                rows.with_columns(share=share(pl.col("deals"), pl.col("deals").sum())), facts
            ),
            PERSON,
            TEAM,
            Column("deals", N_("Deals"), "count"),
            Column("share", N_("Share of the team"), "share"),
            Column("sum", N_("Money"), "money"),
            Column("average", N_("Average"), "money"),
            *_RECENT,
            note=_CLOSED_NOTE,
            quality=_owned(frame),
            chart="bars",
            values=("deals",),
        )
        base = by_owner(facts).height
        return Outcome(findings=FINDINGS.empty(), base=base, counted=rows.height, metrics=(metric,))

    return run


def _in_work(facts: Facts, entity: str) -> Outcome:
    placed = with_stage(facts, deals(facts).filter("is_open"))
    frame = placed.filter(pl.col("rank") > 1)
    age = (pl.lit(facts.now) - pl.col("created_at")).dt.total_seconds().clip(lower_bound=0)
    rows = (
        frame.filter(pl.col("owner_id").is_not_null())
        .with_columns(age=age)
        .group_by("owner_id")
        .agg(
            deals=pl.len(),
            sum=paid(pl.lit(value=True)),
            median_age=pl.col("age").median() / DAY_S,
            oldest=pl.col("age").max() / DAY_S,
        )
    )
    metric = table(
        "in_work_per_employee",
        N_("Deals in work per employee"),
        with_people(rows, facts),
        PERSON,
        TEAM,
        Column("deals", N_("Deals"), "count"),
        Column("sum", N_("Money"), "money"),
        Column("median_age", N_("Median age"), "days"),
        Column("oldest", N_("Oldest"), "days"),
        note=_IN_WORK_NOTE,
        quality=_owned(frame),
        chart="bars",
        values=("deals",),
    )
    base = by_owner(facts).height
    return Outcome(findings=FINDINGS.empty(), base=base, counted=rows.height, metrics=(metric,))


def _owned(frame: pl.DataFrame) -> Quality:
    return Quality(
        usable=count_of(frame, pl.col("owner_id").is_not_null()),
        base=frame.height,
        reason=N_("Deals without an owner."),
    )


register(
    Check(
        code="KPI101",
        severity="info",
        needs={"user": OWNED_DEALS},
        repair="none",
        title=N_("Won deals per employee"),
        definition=N_("Employees who own won live deals, and how many; of all owners of deals."),
        risk=N_("The main result of the work is not seen."),
        advice=N_("Look at the last 30 days beside the year: a fall is seen there first."),
        run=_closed_per_employee("won", N_("Won deals per employee")),
    )
)
register(
    Check(
        code="KPI102",
        severity="info",
        needs={"user": OWNED_DEALS},
        repair="none",
        title=N_("Lost deals per employee"),
        definition=N_("Employees who own lost live deals, and how many; of all owners of deals."),
        risk=N_("Deals closed as lost without work look like work done."),
        advice=N_("Read it beside the won deals (KPI105) and the suspicious losses (LST301)."),
        run=_closed_per_employee("lost", N_("Lost deals per employee")),
    )
)
register(
    Check(
        code="KPI103",
        severity="info",
        needs={"user": (*OWNED_DEALS, "deals.status_id", "statuses")},
        repair="none",
        title=N_("Deals in work per employee"),
        definition=N_(
            "Employees who own open live deals beyond the first open stage of the pipeline (of a "
            "call list: those called at least once and not finished), and how many; of all owners "
            "of deals."
        ),
        risk=N_("Begun and never finished: the client was called once and forgotten."),
        advice=N_("Have the oldest deals of each employee finished, won or lost, this week."),
        run=_in_work,
    )
)

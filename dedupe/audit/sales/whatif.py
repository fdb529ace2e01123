"""WHATIF101: what a little more of the rate, the bill or the speed would bring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Column, Metric
from dedupe.language import N_

from .base import table
from .cohorts import NUMBERS, cohorts, dated_deals, quality_of

_POINT, _TENTH = 0.01, 0.1
_NOTE = N_(
    "Cohort: live deals created in the last whole calendar year, or in the last 365 days where the "
    "account is younger. Revenue = deals created x conversion x average bill, from unrounded "
    "values; the average bill is of won deals with a price. One thing changes at a time. Shorter "
    "cycle: the same people finish 1 / 0.9 as many deals in the same time."
)
_PERIOD_NOTE = N_("The cohort that the scenarios are reckoned from.")


def period(facts: Facts, frame: pl.DataFrame) -> tuple[datetime, datetime]:
    """Return the moments from and up to which the cohort was created."""
    now = facts.now.astimezone(facts.zone)
    start = datetime(now.year - 1, 1, 1, tzinfo=facts.zone)
    oldest = frame["created_at"].min()
    if isinstance(oldest, datetime) and oldest < start:
        end = datetime(now.year, 1, 1, tzinfo=facts.zone)
        return start.astimezone(UTC), end.astimezone(UTC)
    return facts.now - timedelta(days=365), facts.now + timedelta(microseconds=1)


def _what_if(facts: Facts, entity: str) -> Outcome:
    frame = dated_deals(facts)
    since, until = period(facts, frame)
    cohort = frame.filter((pl.col("created_at") >= since) & (pl.col("created_at") < until))
    numbers = cohorts(
        cohort.with_columns(since=pl.lit(since.astimezone(facts.zone).date())), ["since"]
    )
    inputs = table(
        "what_if_cohort",
        N_("What the scenarios are reckoned from"),
        numbers,
        Column("since", N_("Created since"), "date"),
        *NUMBERS,
        note=_PERIOD_NOTE,
        quality=quality_of(cohort),
    )
    metrics = (_scenarios(facts, cohort, numbers), inputs)
    return Outcome(
        findings=FINDINGS.empty(), base=frame.height, counted=cohort.height, metrics=metrics
    )


def _scenarios(facts: Facts, cohort: pl.DataFrame, numbers: pl.DataFrame) -> Metric:
    told = [] if numbers.is_empty() else _reckoned(facts, numbers.row(0, named=True))
    rows = pl.DataFrame(
        told,
        schema={"scenario": pl.String, "change": pl.Float64, "revenue": pl.Float64},
        orient="row",
    )
    rows = rows.sort(pl.col("change").abs(), descending=True, maintain_order=True)
    return table(
        "what_if",
        N_("What if"),
        rows,
        Column("scenario", N_("Scenario"), "word"),
        Column("change", N_("Change of revenue"), "money"),
        Column("revenue", N_("Revenue"), "money"),
        note=_NOTE,
        quality=quality_of(cohort),
        chart="bars",
        values=("change",),
    )


def _reckoned(facts: Facts, cohort: dict[str, float | None]) -> list[tuple[str, float, float]]:
    created, rate, average = cohort["created"], cohort["conversion"], cohort["average"]
    if not created or rate is None or average is None:
        return []
    now = created * rate * average
    target = facts.option("WHATIF101", "conversion", float)
    revenues = [
        (N_("as it is"), now),
        (N_("conversion higher by one point"), created * min(rate + _POINT, 1.0) * average),
        (N_("average bill higher by a tenth"), created * rate * average * (1 + _TENTH)),
        (N_("conversion at the target"), created * target * average),
    ]
    if cohort["cycle_mean"] is not None:
        revenues.append((N_("cycle shorter by a tenth"), now / (1 - _TENTH)))
    return [(name, revenue - now, revenue) for name, revenue in revenues]


register(
    Check(
        code="WHATIF101",
        severity="info",
        needs={"deal": ("deals", "deals.state", "deals.created_at", "deals.price")},
        repair="none",
        title=N_("What a little better would bring"),
        definition=N_(
            "Revenue of the deals created in the last whole year, and what it would be with "
            "another conversion, average bill or cycle. Counted are the deals of the cohort, of "
            "all live deals whose time of creation is known."
        ),
        risk=N_("Effort goes where it is easy instead of where it pays."),
        advice=N_("Begin with the longest bar that your people can move within a quarter."),
        options=(
            Option("conversion", 0.05, N_("What a steady sales team reaches."), least=0, most=1),
        ),
        run=_what_if,
    )
)

"""FUN101: deals by the time of their creation, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .base import DAY_S, capped, count_of, deals, share, table, with_name, with_person

_MOST_GROUPS = 40
MONTH = Column("month", N_("Month"), "month")
YEAR = Column("year", N_("Year"), "year")
NUMBERS = (
    Column("created", N_("Created"), "count"),
    Column("won", N_("Won"), "count"),
    Column("lost", N_("Lost"), "count"),
    Column("unfinished", N_("Not closed"), "count"),
    Column("sum", N_("Sum of won deals"), "money"),
    Column("conversion", N_("Conversion"), "share"),
    Column("cycle_mean", N_("Mean cycle"), "days"),
    Column("cycle_median", N_("Median cycle"), "days"),
    Column("average", N_("Average bill"), "money"),
)
NOTE = N_(
    "Live deals by the time they were created, in the account's time zone. Conversion: won deals "
    "/ all deals created, so the newest deals have had less time to be won. Cycle: from creation "
    "to closing of won deals. Average bill: sum / won deals with a price. Not closed: neither "
    "won nor lost. Of many months, pipelines or groups the latest or largest are shown."
)
_REASON = N_("Won deals without a price, or closed before they were created.")


def cohorts(frame: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Return the numbers of deals by the columns `by`, sorted by them; from unrounded values."""
    is_won = pl.col("is_won")
    counted = frame.group_by(by).agg(
        created=pl.len(), won=is_won.sum(), lost=pl.col("is_lost").sum()
    )
    # Sorted once: a sum of fractions depends on their order, and no result may on the rows'.
    sales = frame.filter(is_won).select(*by, "price", "seconds").sort("price")
    sold = sales.group_by(by).agg(
        sum=pl.col("price").sum(),
        priced=pl.col("price").count(),
        took=pl.col("seconds").sum(),
        n_took=pl.col("seconds").count(),
        cycle_median=pl.col("seconds").median() / DAY_S,
    )
    whole = counted.join(sold, on=by, how="left", nulls_equal=True)
    known = pl.when((pl.col("won") == 0) | (pl.col("priced") > 0))
    return (
        whole.with_columns(
            sum=known.then(pl.col("sum").fill_null(0.0)),
            unfinished=pl.col("created") - pl.col("won") - pl.col("lost"),
            conversion=share("won", "created"),
        )
        .with_columns(
            cycle_mean=share("took", "n_took") / DAY_S,
            average=share("sum", "priced"),
        )
        .sort(by, nulls_last=True)
    )


def quality_of(frame: pl.DataFrame) -> Quality:
    """Tell how many of the won deals of `frame` have a price and a cycle."""
    fit = pl.col("is_won") & pl.col("price").is_not_null() & pl.col("seconds").is_not_null()
    return Quality(
        usable=count_of(frame, fit), base=count_of(frame, pl.col("is_won")), reason=_REASON
    )


def dated_deals(facts: Facts) -> pl.DataFrame:
    """Return the live deals whose time of creation is known."""
    return deals(facts).filter(pl.col("created_at").is_not_null())


def by_time(
    frame: pl.DataFrame, column: Column, *, name: str, title: str, note: str = NOTE
) -> Metric:
    """Make the metric of the cohorts of one unit of time, the latest ones, oldest first."""
    rows = cohorts(frame, [column.name]).tail(120)
    chart = ("line", ("created", "won")) if column.kind == "month" else ("bars", ("conversion",))
    return table(
        name,
        title,
        rows,
        column,
        *NUMBERS,
        note=note,
        quality=quality_of(frame),
        chart=chart[0],
        values=chart[1],
    )


def _cohorts(facts: Facts, entity: str) -> Outcome:
    frame = dated_deals(facts)
    metrics = [
        by_time(frame, YEAR, name="cohorts_by_year", title=N_("Deals by year of creation")),
        by_time(frame, MONTH, name="cohorts_by_month", title=N_("Deals by month of creation")),
    ]
    if facts.has("deals.pipeline_id"):
        ids = frame.select(pl.col("pipeline_id").unique())
        named = with_name(ids, facts, "pipeline_id", "pipelines", "pipeline")
        metrics.append(
            _by_group(
                frame.join(named, on="pipeline_id", how="left"),
                Column("pipeline", N_("Pipeline"), "word"),
                name="cohorts_by_pipeline",
                title=N_("Deals by pipeline and year of creation"),
            )
        )
    if facts.has("deals.owner_id") and facts.has("users") and facts.has("user_groups"):
        people = with_person(frame.select(pl.col("owner_id").unique()), facts, "owner_id")
        metrics.append(
            _by_group(
                frame.join(people, on="owner_id", how="left"),
                Column("team", N_("Group"), "word"),
                name="cohorts_by_team",
                title=N_("Deals by group of the manager and year of creation"),
            )
        )
    n = facts.n_live(entity)
    return Outcome(findings=FINDINGS.empty(), base=n, counted=frame.height, metrics=tuple(metrics))


def _by_group(frame: pl.DataFrame, column: Column, *, name: str, title: str) -> Metric:
    few = capped(frame, column.name, _MOST_GROUPS)
    sizes = few.group_by(column.name).agg(size=pl.len())
    rows = cohorts(few, [column.name, "year"]).join(sizes, on=column.name)
    rows = rows.sort(["size", column.name, "year"], descending=[True, False, False])
    return table(name, title, rows, column, YEAR, *NUMBERS, note=NOTE, quality=quality_of(frame))


register(
    Check(
        code="FUN101",
        severity="info",
        needs={"deal": ("deals", "deals.state", "deals.created_at")},
        repair="none",
        title=N_("Deals by year and month of creation"),
        definition=N_(
            "Live deals whose time of creation is known: created, won, lost, sum, conversion, "
            "cycle and average bill of each year and month, by pipeline and by group of managers; "
            "of all live deals."
        ),
        risk=N_("Without cohorts a rise of enquiries looks like a fall of sales, and the reverse."),
        advice=N_(
            "Compare whole years with each other; look for the month where the rate changed, and "
            "for what was changed then."
        ),
        run=_cohorts,
    )
)

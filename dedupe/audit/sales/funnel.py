"""FUN201: the funnel, from history and as the deals stand, and its weakest step by money."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.moves import moves
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .base import count_of, deals, lookup, paid, recent, share, table
from .stages import dwell, furthest, stages

_MOST_PIPELINES = 8
_WEAKEST = 20
_STAGE = Column("stage", N_("Stage"), "text")
_PIPELINE = Column("pipeline", N_("Pipeline"), "text")
_FUNNEL = (
    Column("reached", N_("Reached it"), "count"),
    Column("of_previous", N_("Of the previous stage"), "share"),
    Column("of_all", N_("Of all deals"), "share"),
    Column("median_days", N_("Median days at the stage"), "days"),
)
_WEAK = (
    Column("next_stage", N_("Next stage"), "text"),
    Column("reached", N_("Reached it"), "count"),
    Column("lost", N_("Lost after it"), "count"),
    Column("lost_share", N_("Share lost after it"), "share"),
    Column("money", N_("Money lost after it"), "money"),
)
_SNAPSHOT = (
    Column("deals", N_("Open deals"), "count"),
    Column("share", N_("Share of the pipeline's open deals"), "share"),
    Column("money", N_("Money"), "money"),
)
_COHORT_NOTE = N_(
    "Cohort: live deals created in the last days of the data (option days), each in the pipeline "
    "it is in now. Reached: deals seen in the stage or in a later one, by where they stand and by "
    "their moves; every deal counts as having been in the first stage. Days: the median of the "
    "finished stays at the stage."
)
_WEAK_NOTE = N_(
    "The same cohort. Lost after it: lost deals that were seen in this stage and in no later one; "
    "money is the sum of their prices, without the deals that have none. Largest loss first."
)
_SNAPSHOT_NOTE = N_(
    "A snapshot, no conversion: where open deals stand at the time of the data, in the order of "
    "the stages. How they came there is not in it."
)
_REASON = N_("Deals whose moves do not lead to where they stand: their history was read in part.")


def _funnel(facts: Facts, entity: str) -> Outcome:
    days = facts.option("FUN201", "days", int)
    cohort = recent(deals(facts), facts, "created_at", days)
    metrics = [_snapshot(facts)]
    if facts.has("events|status_history"):
        placed = furthest(facts, cohort)
        quality = Quality(usable=_told(facts, placed), base=placed.height, reason=_REASON)
        steps = _steps(facts, placed)
        metrics += [*_funnels(steps, quality), _weakest(steps, quality)]
    base = facts.n_live(entity)
    return Outcome(
        findings=FINDINGS.empty(), base=base, counted=cohort.height, metrics=tuple(metrics)
    )


def _steps(facts: Facts, placed: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each stage of each pipeline with deals, the largest pipelines first."""
    here = placed.group_by("pipeline_id", rank="reached").agg(
        n=pl.len(), lost=pl.col("is_lost").sum(), money=paid(pl.col("is_lost"))
    )
    sizes = placed.group_by("pipeline_id").agg(size=pl.len())
    named = lookup(facts, "pipelines", "pipeline").rename({"id": "pipeline_id"})
    order = ["size", "pipeline_id", "rank"]
    whole = (
        stages(facts)
        .join(sizes, on="pipeline_id", how="inner")
        .join(here, on=["pipeline_id", "rank"], how="left")
        .join(dwell(facts, placed), on=["pipeline_id", "status_id"], how="left")
        .join(named, on="pipeline_id", how="left")
        .sort(order, descending=[True, False, False])
        .with_columns(pl.coalesce("pipeline", "pipeline_id").alias("pipeline"))
        .with_columns(pl.col("n", "lost").fill_null(0))
    )
    reached = pl.col("n").cum_sum(reverse=True).over("pipeline_id")
    before = pl.col("reached").shift(1).over("pipeline_id")
    return whole.with_columns(reached=reached).with_columns(
        of_previous=share(pl.col("reached"), before),
        of_all=share("reached", "size"),
        lost_share=share("lost", "reached"),
        next_stage=pl.col("stage").shift(-1).over("pipeline_id"),
    )


def _funnels(steps: pl.DataFrame, quality: Quality) -> list[Metric]:
    parts = steps.partition_by("pipeline_id", maintain_order=True)[:_MOST_PIPELINES]
    return [
        table(
            f"stage_conversion_{part['pipeline_id'][0]}",
            N_("From stage to stage"),
            part,
            _STAGE,
            _PIPELINE,
            *_FUNNEL,
            note=_COHORT_NOTE,
            quality=quality,
            chart="funnel",
            values=("reached",),
        )
        for part in parts
    ]


def _weakest(steps: pl.DataFrame, quality: Quality) -> Metric:
    rows = steps.filter((pl.col("lost") > 0) & ~pl.col("is_won_stage")).sort(
        ["money", "lost", "pipeline_id", "rank"],
        descending=[True, True, False, False],
        nulls_last=True,
    )
    return table(
        "weakest_steps",
        N_("Steps by the money lost after them"),
        rows.head(_WEAKEST),
        _STAGE,
        _PIPELINE,
        *_WEAK,
        note=_WEAK_NOTE,
        quality=quality,
        chart="bars",
        values=("money",),
    )


def _snapshot(facts: Facts) -> Metric:
    standing = deals(facts).filter("is_open")
    placed = standing.join(stages(facts), on=["pipeline_id", "status_id"], how="inner")
    rows = placed.group_by("pipeline_id", "rank", "stage").agg(
        deals=pl.len(), money=paid(pl.lit(value=True))
    )
    named = lookup(facts, "pipelines", "pipeline").rename({"id": "pipeline_id"})
    size = pl.col("deals").sum().over("pipeline_id")
    rows = (
        rows.with_columns(size=size, share=share(pl.col("deals"), size))
        .join(named, on="pipeline_id", how="left")
        .with_columns(pl.coalesce("pipeline", "pipeline_id").alias("pipeline"))
        .sort(["size", "pipeline_id", "rank"], descending=[True, False, False])
    )
    return table(
        "open_deals_by_stage",
        N_("Where open deals stand"),
        rows,
        _STAGE,
        _PIPELINE,
        *_SNAPSHOT,
        note=_SNAPSHOT_NOTE,
        quality=Quality(
            usable=placed.height,
            base=standing.height,
            reason=N_("Open deals in a stage that no pipeline has."),
        ),
        chart="bars",
        values=("deals",),
    )


def _told(facts: Facts, placed: pl.DataFrame) -> int:
    """Count the deals whose last move leads to where they stand, or that never left the start."""
    last = (
        moves(facts)
        .group_by("deal_id")
        .agg(last_pipeline=pl.col("pipeline_id").last(), last_status=pl.col("status_id").last())
    )
    joined = placed.join(last, left_on="id", right_on="deal_id", how="left")
    is_there = (pl.col("last_status") == pl.col("status_id")) & (
        pl.col("last_pipeline").is_null() | (pl.col("last_pipeline") == pl.col("pipeline_id"))
    )
    is_fresh = pl.col("last_status").is_null() & pl.col("is_open") & (pl.col("reached") == 1)
    return count_of(joined, is_there | is_fresh)


register(
    Check(
        code="FUN201",
        severity="info",
        needs={"deal": ("deals", "deals.state", "deals.status_id", "deals.created_at", "statuses")},
        repair="none",
        title=N_("Conversion from stage to stage"),
        definition=N_(
            "Deals created in the last days of the data, followed through the stages of their "
            "pipeline by their recorded moves; of all live deals. Without a history of moves only "
            "where open deals stand."
        ),
        risk=N_("Money is spent on more enquiries while most of it is lost at one step."),
        advice=N_("Begin with the step at the top of the money list: mend one step at a time."),
        options=(Option("days", 365, N_("A year has every season once."), least=1, most=3650),),
        run=_funnel,
    )
)

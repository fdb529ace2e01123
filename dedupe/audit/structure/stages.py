"""Stages in their order, deals on them, and the visits that moves tell of: shared frames.

The order of a pipeline is the CRM's (`sort`); won is beyond every open stage, lost is not beyond
anything. Where the source does not tell the order, a stage is beyond no other one.
"""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.audit.frames.moves import moves
from dedupe.contracts import MOMENT

from .rows import table

STAGE = ["pipeline_id", "status_id"]
MOVES = "events|status_history"
_BEYOND = 1 << 20  # the rank of won: more stages than any pipeline has


def stages(facts: Facts) -> pl.DataFrame:
    """Return pipeline_id, status_id, pipeline, stage, state, rank, is_archive, place.

    `rank` counts the open stages from 0, and is null where the order is not told; `place` sorts
    them for a reader: pipelines and stages in the CRM's order.
    """
    return facts.once("stages", lambda: _stages(facts))


def deals_at(facts: Facts) -> pl.DataFrame:
    """Return the live deals with the rank of their stage.

    Columns: deal_id, pipeline_id, status_id, state, owner_id, price, created_at, updated_at, rank.
    """
    return facts.once("deals at stages", lambda: _deals_at(facts))


def beyond(deals: pl.LazyFrame, gates: pl.LazyFrame) -> pl.LazyFrame:
    """Join deals with the gates that they stand at or beyond.

    `gates` are pipeline_id, gate_status (null: the whole pipeline), gate_rank and columns to keep.
    """
    met = deals.join(gates, on="pipeline_id")
    is_at = pl.col("gate_status").is_null() | (pl.col("status_id") == pl.col("gate_status"))
    return met.filter(is_at | (pl.col("rank") >= pl.col("gate_rank")).fill_null(value=False))


def visits(facts: Facts) -> pl.DataFrame:
    """Return deal_id, pipeline_id, status_id, entered_at, left_at, by, is_whole: each stay.

    Stays are of deals that a move tells of. The first stay begins with the deal, where its first
    move says from which stage it came (`is_whole`: of such deals every stay is known); `by` (who
    moved it there) is null then. A stay that goes on has no `left_at`.
    """
    return facts.once("visits", lambda: _visits(facts))


def since(facts: Facts) -> pl.DataFrame:
    """Return deal_id, since, by, is_known: from when a deal stands where it stands.

    Where no move tells it, `since` is the deal's last change and `is_known` false.
    """
    return facts.once("since", lambda: _since(facts))


def _stages(facts: Facts) -> pl.DataFrame:
    pipelines = table(facts, "pipelines").drop_nulls("id").collect()
    pipelines = pipelines.sort("id", "name").unique("id", keep="first", maintain_order=True)
    order = pipelines.sort("sort", "id", nulls_last=True).select(
        pipeline_id="id",
        pipeline=pl.coalesce("name", "id"),
        is_archive=pl.col("is_archive").fill_null(value=False),
        line=pl.int_range(pl.len(), dtype=pl.Int64),
    )
    rows = table(facts, "statuses").rename({"id": "status_id"}).drop_nulls(STAGE).collect()
    rows = rows.sort(*STAGE, "name", "state", "sort").unique(
        STAGE, keep="first", maintain_order=True
    )
    is_open = pl.col("state") == "open"
    n_before = is_open.cum_sum().over("pipeline_id") - 1
    ranked = rows.sort("pipeline_id", "sort", "status_id", nulls_last=True).with_columns(
        stage=pl.coalesce("name", "status_id"),
        rank=pl.when(is_open & pl.col("sort").is_not_null())
        .then(n_before.cast(pl.Int64))
        .when(pl.col("state") == "won")
        .then(pl.lit(_BEYOND, pl.Int64)),
    )
    known = ranked.join(order, on="pipeline_id", how="left").with_columns(
        pl.coalesce("pipeline", "pipeline_id").alias("pipeline"),
        pl.col("is_archive").fill_null(value=False),
    )
    shown = known.sort("line", "pipeline_id", "sort", "status_id", nulls_last=True)
    return shown.select(
        *STAGE, "pipeline", "stage", "state", "rank", "is_archive",
        place=pl.int_range(pl.len(), dtype=pl.Int64),
    )  # fmt: skip


def _deals_at(facts: Facts) -> pl.DataFrame:
    told = ("owner_id", "price", "created_at", "updated_at")
    deals = facts.live("deal").select(*STAGE, "state", *told, deal_id="id")
    ranks = stages(facts).lazy().select(*STAGE, "rank")
    placed = deals.join(ranks, on=STAGE, how="left").with_columns(
        rank=pl.when(pl.col("state") == "won").then(_BEYOND)
        .when((pl.col("state") == "lost").fill_null(value=False)).then(None)
        .otherwise("rank")
    )  # fmt: skip
    return placed.select("deal_id", *STAGE, "state", *told, "rank").collect()


def _visits(facts: Facts) -> pl.DataFrame:
    moved = moves(facts)
    first = moved.unique("deal_id", keep="first", maintain_order=True)
    births = deals_at(facts).lazy().select("deal_id", entered_at="created_at").drop_nulls()
    came = (
        first.lazy()
        .drop_nulls("old_status_id")
        .select(
            "deal_id",
            pipeline_id=pl.coalesce("old_pipeline_id", "pipeline_id"),
            status_id="old_status_id",
            by=pl.lit(None, pl.String),
        )
    )
    born = came.join(births, on="deal_id").select("deal_id", *STAGE, "entered_at", "by")
    told = moved.lazy().select("deal_id", *STAGE, entered_at="changed_at", by="changed_by")
    both = pl.concat([born, told]).sort("deal_id", "entered_at", maintain_order=True)
    whole = born.select("deal_id", is_whole=pl.lit(value=True))
    left = pl.when(pl.col("deal_id") == pl.col("deal_id").shift(-1)).then(
        pl.col("entered_at").shift(-1)
    )
    stays = both.with_columns(left_at=left.cast(MOMENT)).join(whole, on="deal_id", how="left")
    return stays.with_columns(pl.col("is_whole").fill_null(value=False)).collect()


def _since(facts: Facts) -> pl.DataFrame:
    last = moves(facts).lazy().unique("deal_id", keep="last", maintain_order=True)
    told = last.select("deal_id", *STAGE, moved="changed_at", by="changed_by")
    deals = deals_at(facts).lazy().select("deal_id", *STAGE, "updated_at")
    joined = deals.join(told, on=["deal_id", *STAGE], how="left")
    return joined.select(
        "deal_id",
        since=pl.coalesce("moved", "updated_at"),
        by="by",
        is_known=pl.col("moved").is_not_null(),
    ).collect()

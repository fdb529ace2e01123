"""The open stages of the pipelines in their order, and how far deals came along them."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.audit.frames.moves import moves

_KEY = ["pipeline_id", "status_id"]


def stages(facts: Facts) -> pl.DataFrame:
    """Return pipeline_id, status_id, stage, rank: the open stages from 1 on, then the won one.

    Of several won stages the first is the one; lost and unsorted stages are no steps.
    """
    return facts.once("sales stages", lambda: _stages(facts))


def with_stage(facts: Facts, deals: pl.DataFrame) -> pl.DataFrame:
    """Return those of `deals` that stand in an open or won stage, with its `stage` and `rank`."""
    steps = stages(facts).select(*_KEY, "stage", "rank")
    return deals.join(steps, on=_KEY, how="inner", maintain_order="left")


def furthest(facts: Facts, deals: pl.DataFrame) -> pl.DataFrame:
    """Return `deals` with `reached`: the rank of the furthest stage each was ever seen in.

    Seen is where it stands now, or where a move in its present pipeline led to or from. A deal
    was in the first stage at least. Deals whose pipeline has no stages are left out.
    """
    ranks = stages(facts).select(*_KEY, "rank")
    own = deals.select("id", "pipeline_id")
    told = moves(facts).lazy()
    ends = [
        told.select(
            id="deal_id", pipeline_id=f"{side}pipeline_id", status_id=f"{side}status_id"
        ).join(own.lazy(), on=["id", "pipeline_id"], how="semi")
        for side in ("", "old_")
    ]
    now = deals.lazy().select("id", *_KEY)
    seen = pl.concat([now, *ends]).join(ranks.lazy(), on=_KEY)
    best = seen.group_by("id").agg(reached=pl.col("rank").max()).collect()
    ends_of = ranks.group_by("pipeline_id").agg(steps=pl.col("rank").max())
    placed = deals.join(ends_of, on="pipeline_id", how="inner").join(best, on="id", how="left")
    came = pl.when("is_won").then("steps").otherwise(pl.col("reached").fill_null(1))
    return placed.with_columns(reached=came).drop("steps")


def dwell(facts: Facts, deals: pl.DataFrame) -> pl.DataFrame:
    """Return pipeline_id, status_id, median_days, stays: of the finished stays of `deals`.

    A stay begins with a move into the stage, or with the deal's creation, and ends with the next
    move; a stay that goes on is not counted.
    """
    born = deals.select(deal_id="id", born="created_at")
    # `moves` are in order of deal and time, and stay so.
    told = moves(facts).join(born, on="deal_id", how="inner", maintain_order="left")
    before = pl.col("changed_at").shift(1).over("deal_id")
    stays = told.select(
        pipeline_id="old_pipeline_id",
        status_id="old_status_id",
        days=(pl.col("changed_at") - before.fill_null(pl.col("born"))).dt.total_seconds() / 86_400,
    ).filter(pl.col("days") >= 0)
    return stays.group_by(_KEY).agg(median_days=pl.col("days").median(), stays=pl.len())


def _stages(facts: Facts) -> pl.DataFrame:
    told = facts.account.frame("statuses").filter(pl.col("state").is_in(["open", "won"]))
    known = told.drop_nulls(["pipeline_id", "id"]).sort("state", "sort", "name", nulls_last=True)
    ordered = known.unique(["pipeline_id", "id"], keep="first", maintain_order=True).sort(
        "pipeline_id", pl.col("state") == "won", "sort", pl.col("id").str.len_bytes(), "id"
    )
    is_won = pl.col("state") == "won"
    steps = ordered.filter(~is_won | (is_won.cum_sum().over("pipeline_id") == 1))
    return steps.select(
        "pipeline_id",
        status_id="id",
        stage=pl.when(pl.col("name").str.strip_chars() != "").then("name").otherwise("id"),
        is_won_stage=is_won,
        rank=pl.int_range(1, pl.len() + 1).over("pipeline_id").cast(pl.Int64),
    )

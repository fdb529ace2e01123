"""The later cards of duplicates: those that were made although the client had a card already.

Cards are one when a shared number, a shared mailbox or the match joins them, through others
too. The first by time is the client's card; the rest came later. Clusters and groups may hold
different people, so these are numbers for finding a cause, no list to merge by.
"""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.kernels.unionfind import component_labels


def cards(facts: Facts, entity: str) -> pl.DataFrame:
    """Return all live cards: id, created_by, created_at, is_later, gap, hour, week.

    `gap` is the time since the first card of its group, null where either time is unknown;
    `hour` and `week` (its Monday) are in the account's time zone.
    """
    return facts.once(f"later cards of {entity}", lambda: _cards(facts, entity))


def _cards(facts: Facts, entity: str) -> pl.DataFrame:
    own = facts.live(entity).select("id", "created_by", "created_at").collect()
    joined = own.join(_components(facts, entity, own), on="id", how="inner")
    ordered = joined.sort("component", "created_at", pl.col("id").str.len_bytes(), "id",
                          nulls_last=True)  # fmt: skip
    gap = pl.col("created_at") - pl.col("created_at").first().over("component")
    later = (
        ordered.with_columns(gap=gap, place=pl.int_range(pl.len()).over("component"))
        .filter(pl.col("place") > 0)
        .select("id", "gap", is_later=pl.lit(value=True))
    )
    local = pl.col("created_at").dt.convert_time_zone(facts.zone.key)
    return own.join(later, on="id", how="left").with_columns(
        pl.col("is_later").fill_null(value=False),
        hour=local.dt.hour().cast(pl.Int64),
        week=local.dt.date().dt.truncate("1w"),
    )


def _components(facts: Facts, entity: str, own: pl.DataFrame) -> pl.DataFrame:
    """Return id and component (a number) of the live cards that share a group with another."""
    parts = [
        facts.groups.filter(pl.col("entity") == entity).select(
            id="record_id", key=pl.format("{}:{}", "kind", "group")
        ),
        facts.clusters.filter(pl.col("entity") == entity).select(
            id="record_id", key=pl.format("match:{}", "cluster_id")
        ),
    ]
    held = pl.concat(parts).drop_nulls().unique().join(own.select("id"), on="id", how="semi")
    rows = held.select(pl.col("id").unique().sort()).with_row_index("row")
    placed = held.join(rows, on="id").select("key", "row")
    edges = placed.with_columns(first=pl.col("row").min().over("key"))
    left, right = (edges[c].cast(pl.UInt32).to_numpy() for c in ("first", "row"))
    labels = component_labels(left, right, rows.height)
    return rows.select("id", component=pl.Series(labels, dtype=pl.UInt32))

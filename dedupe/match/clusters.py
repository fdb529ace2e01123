"""Clusters of records held to be one real thing, with the survivor each would keep.

Until the probabilistic match decides, a cluster is what phones and e-mails connect.
A shared number with unlike names is a family or an office as often as a duplicate,
so every such cluster is for review.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.contracts import CLUSTERS
from dedupe.kernels.unionfind import component_labels

from .exact import id_order


def build_clusters(groups: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    """Return CLUSTERS: groups of all kinds joined where they share a record.

    `cards` has entity, record_id, n_deals and created_at. The survivor of a cluster has
    the most deals, then is the oldest, then has the smallest id; the cluster's id is
    its smallest record id.
    """
    parts = [
        _join(part, entity=str(entity[0]))
        for entity, part in sorted(groups.partition_by("entity", as_dict=True).items())
    ]
    if not parts:
        return CLUSTERS.empty()
    clusters = pl.concat(parts).join(cards, on=["entity", "record_id"], how="left")
    best = ["cluster_id", "n_deals", "created_at"]
    survivors = (
        clusters.sort(
            "entity",
            *best,
            *id_order("record_id"),
            descending=[False, False, True, False, False, False],
            nulls_last=True,
        )
        .group_by("entity", "cluster_id", maintain_order=True)
        .agg(survivor_id=pl.col("record_id").first())
    )
    return CLUSTERS.check(
        clusters.join(survivors, on=["entity", "cluster_id"])
        .with_columns(survivor=pl.col("record_id") == pl.col("survivor_id"), tier=pl.lit("review"))
        .sort("entity", *id_order("cluster_id"), *id_order("record_id"))
        .select(CLUSTERS.schema.names())
    )


def _join(groups: pl.DataFrame, *, entity: str) -> pl.DataFrame:
    records = (
        groups.select(pl.col("record_id").unique())
        .sort(id_order("record_id"))
        .with_row_index("row")
    )
    edges = groups.join(records, on="record_id").join(
        records.select(group="record_id", head="row"), on="group"
    )
    labels = component_labels(
        np.ascontiguousarray(edges["row"].to_numpy()),
        np.ascontiguousarray(edges["head"].to_numpy()),
        records.height,
    )
    return records.select(
        entity=pl.lit(entity),
        cluster_id=records["record_id"].gather(labels),
        record_id="record_id",
    )

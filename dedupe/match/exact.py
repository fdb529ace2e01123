"""Records of one entity that hold the same number or mailbox: groups by union-find.

Input: VALUES. Only valid values with a match key are evidence: numbers classed as
shared, own or placeholder have none. Output: GROUPS, one row per kind and record, whose
label is the smallest record id of the group, so nothing depends on row order.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.contracts import GROUPS
from dedupe.kernels.unionfind import key_labels

STANDARD_FIELDS = ("PHONE", "EMAIL")
KEY = ("kind", "entity", "match_key")


def build_groups(values: pl.DataFrame) -> pl.DataFrame:
    """Return GROUPS: the records that share a match key with another record of their entity."""
    shared = _shared_keys(values)
    parts = [
        _label(part, kind=str(kind), entity=str(entity))
        for (kind, entity), part in sorted(
            shared.partition_by("kind", "entity", as_dict=True).items()
        )
    ]
    return GROUPS.check(pl.concat(parts) if parts else GROUPS.empty())


def id_order(column: str) -> list[pl.Expr]:
    """Return the sort keys of record ids: numbers by size, any text by length, then by letters."""
    return [pl.col(column).str.len_bytes(), pl.col(column)]


def _shared_keys(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row per (kind, entity, match_key, record_id) of keys that two records hold."""
    evidence = values.lazy().filter(
        pl.col("match_key").is_not_null() & (pl.col("status") == "valid")
    )
    # Nearly all keys stand on one card: they go before anything dearer is done with them.
    repeated = evidence.select(KEY).group_by(KEY).len().filter(pl.col("len") > 1).select(KEY)
    off_field = (pl.col("kind") == "phone") & ~pl.col("field_id").is_in(STANDARD_FIELDS)
    return (
        evidence.join(repeated, on=KEY, how="semi")
        .group_by(*KEY, "record_id")
        .agg(value=pl.col("value").min(), off_field=off_field.fill_null(False).any())
        .with_columns(n=pl.len().over(KEY), off_field=pl.col("off_field").any().over(KEY))
        .filter(pl.col("n") > 1)
        .collect()
    )


def _label(part: pl.DataFrame, *, kind: str, entity: str) -> pl.DataFrame:
    records = (
        part.select(pl.col("record_id").unique()).sort(id_order("record_id")).with_row_index("row")
    )
    edges = (
        part.join(records, on="record_id")
        .with_columns(key=pl.col("match_key").rank("dense").cast(pl.UInt32))
        .sort("key", "row")
    )
    labels = key_labels(
        np.ascontiguousarray(edges["key"].to_numpy()),
        np.ascontiguousarray(edges["row"].to_numpy()),
        records.height,
    )
    own = part.group_by("record_id").agg(
        value=pl.col("value").unique().sort().str.join(" "),
        is_off_field=pl.col("off_field").any(),
    )
    return (
        records.with_columns(group=records["record_id"].gather(labels))
        .join(own, on="record_id", maintain_order="left")
        .with_columns(kind=pl.lit(kind), entity=pl.lit(entity))
        .select(GROUPS.schema.names())
    )

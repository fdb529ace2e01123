"""Records of one entity that hold the same number or mailbox: groups by union-find.

Input: VALUES. Only valid values with a match key are evidence: numbers classed as
shared, own or placeholder have none. Output: GROUPS, one row per kind and record, whose
label is the smallest record id of the group, so nothing depends on row order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.contracts import GROUPS
from dedupe.kernels.slices import distinct_slices, may_be_often
from dedupe.kernels.unionfind import key_labels

STANDARD_FIELDS = ("PHONE", "EMAIL")


def build_groups(values: pl.DataFrame) -> pl.DataFrame:
    """Return GROUPS: the records that share a match key with another record of their entity."""
    parts = [
        _grouped(part, kind=str(kind), entity=str(entity))
        for (kind, entity), part in sorted(
            _repeated(values).partition_by("kind", "entity", as_dict=True).items()
        )
    ]
    return GROUPS.check(pl.concat(parts) if parts else GROUPS.empty())


def id_order(column: str) -> list[pl.Expr]:
    """Return the sort keys of record ids: numbers by size, any text by length, then by letters."""
    return [pl.col(column).str.len_bytes(), pl.col(column)]


def _repeated(values: pl.DataFrame) -> pl.DataFrame:
    """Return the evidence without most of the keys that stand once, which are nearly all."""
    is_evidence = pl.col("match_key").is_not_null() & (pl.col("status") == "valid")
    evidence = values.select(
        *("kind", "entity", "match_key", "record_id", "value", "field_id"), is_evidence=is_evidence
    ).filter("is_evidence")
    flat, begins, ends = _slices(evidence["match_key"])
    return evidence.filter(pl.Series(may_be_often(flat, begins, ends, 2), dtype=pl.Boolean))


def _grouped(part: pl.DataFrame, *, kind: str, entity: str) -> pl.DataFrame:
    """Return the GROUPS of one kind and entity."""
    held = _shared_keys(part, kind)
    firsts = held["first"].unique()
    records = pl.DataFrame({"first": firsts, "record_id": part["record_id"].gather(firsts)})
    records = records.sort(id_order("record_id")).with_row_index("row")
    held = held.join(records.select("first", "row"), on="first").sort("key")
    labels = key_labels(
        np.ascontiguousarray(held["key"].to_numpy()),
        np.ascontiguousarray(held["row"].to_numpy()),
        records.height,
    )
    return (
        _by_record(held)
        .with_columns(
            records["record_id"],
            group=records["record_id"].gather(labels),
            kind=pl.lit(kind),
            entity=pl.lit(entity),
        )
        .select(GROUPS.schema.names())
    )


def _shared_keys(part: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return one row per key and record, by number, of the keys that two records hold.

    `first` is the row of `part` in which the record first stands.
    """
    off_field = pl.lit(kind == "phone") & ~pl.col("field_id").is_in(STANDARD_FIELDS)
    keys, _ = _numbers(part["match_key"])
    records, firsts = _numbers(part["record_id"])
    return (
        part.lazy()
        .select("value", off_field.fill_null(False).alias("off_field"))
        .with_columns(key=pl.Series(keys, dtype=pl.UInt32), first=pl.Series(firsts[records]))
        .group_by("key", "first")
        .agg(pl.col("value").min(), pl.col("off_field").any())
        .with_columns(pl.col("off_field").any().over("key"), n=pl.len().over("key"))
        .filter(pl.col("n") > 1)
        .collect()
    )


def _by_record(held: pl.DataFrame) -> pl.DataFrame:
    """Return each record's values in one text, in the order of `row`."""
    is_alone = ~pl.col("row").is_duplicated()
    told = held.select("row", "value", is_off_field="off_field")
    # Most records have one value: joining costs far more than what it is for.
    several = told.filter(~is_alone).group_by("row")
    joined = several.agg(
        pl.col("value").unique().sort().str.join(" "), pl.col("is_off_field").any()
    )
    return pl.concat([told.filter(is_alone), joined]).sort("row")


def _numbers(texts: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of each text among the distinct ones, and where these first stand."""
    return distinct_slices(*_slices(texts))


def _slices(
    texts: pl.Series,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the UTF-8 bytes of texts without a null, where each begins and where it ends."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, bounds, utf8 = array.buffers()
    offsets = np.frombuffer(bounds, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    flat = np.frombuffer(utf8 or b"", dtype=np.uint8)
    return flat, offsets[:-1], offsets[1:]

"""Which records a report names for a check: ids only, a bounded number of them.

Input: a FINDINGS frame. A finding's `group` is either a group of records (named by
one of its record ids) or a class of the finding ("too_short"); the first is shown as
groups, the largest first, the second is counted. Values and proposals of findings are
never read here, but for the names of tags and task types. The order of the rows does
not change what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

LIMIT = 100  # ids of one check and entity: bounds the page, whatever the account's size
GROUP_LIMIT = 8
# The account's own settings are no personal data; users are people and stay ids.
SETTINGS = ("tag", "task_type")
_KEY = ("code", "entity")
_CLASS = r"^[a-z][a-z0-9_]{0,31}$"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Record ids that belong together, and how many more the group has."""

    ids: tuple[str, ...]
    n_more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Record ids of one check and entity: either single ones or clusters."""

    ids: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    classes: tuple[tuple[str, int], ...] = ()

    @property
    def n_shown(self) -> int:
        """The number of ids shown."""
        return len(self.ids) + sum(len(cluster.ids) for cluster in self.clusters)


def build_examples(findings: pl.DataFrame) -> Mapping[tuple[str, str], Examples]:
    """Return the examples of every check and entity that has findings."""
    named = _named(findings.lazy())
    records = _records(named).collect()
    classes = _classes(named, records.lazy()).collect()
    shown = _shown(records.lazy()).collect()
    counted: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for code, entity, name, n in classes.iter_rows():
        counted.setdefault((code, entity), []).append((name, n))
    return {
        (str(code), str(entity)): _examples(rows, tuple(counted.get((str(code), str(entity)), ())))
        for (code, entity), rows in shown.group_by(_KEY, maintain_order=True)
    }


def count_faulty(findings: pl.DataFrame, entities: tuple[str, ...]) -> int:
    """Count the records of `entities` with an error or a warning, each once."""
    faulty = findings.lazy().filter(
        pl.col("entity").is_in(entities) & (pl.col("severity") != "info")
    )
    return faulty.select("entity", "record_id").unique().collect().height


def _named(findings: pl.LazyFrame) -> pl.LazyFrame:
    """Put the name of a setting in place of its id: a tag's id says nothing to a reader."""
    is_setting = pl.col("entity").is_in(SETTINGS) & (pl.col("field") == "name")
    name = pl.when(is_setting).then(pl.col("value"))
    return findings.with_columns(record_id=pl.coalesce(name, pl.col("record_id")))


def _records(findings: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row per code, entity and record; `group` only where it is a group of records."""
    records = findings.group_by(*_KEY, "record_id").agg(pl.col("group").min())
    named = records.select(*_KEY, group="record_id", is_id=pl.lit(True))
    return (
        records.join(named, on=[*_KEY, "group"], how="left")
        .with_columns(is_grouped=pl.col("is_id").fill_null(False).all().over(_KEY))
        .with_columns(group=pl.when("is_grouped").then("group"))
        .drop("is_id")
    )


def _classes(findings: pl.LazyFrame, records: pl.LazyFrame) -> pl.LazyFrame:
    ungrouped = records.filter(~pl.col("is_grouped")).select(_KEY).unique()
    return (
        findings.join(ungrouped, on=_KEY, how="semi")
        .filter(pl.col("group").str.contains(_CLASS))
        .group_by(*_KEY, "group")
        .agg(n=pl.col("record_id").n_unique())
        .sort(*_KEY, "n", "group", descending=[False, False, True, False])
    )


def _shown(records: pl.LazyFrame) -> pl.LazyFrame:
    """Return the first records of every code and entity; numbers as text sort as numbers."""
    in_group = (*_KEY, "group")
    size = pl.when("is_grouped").then(pl.len().over(in_group)).otherwise(0)
    ordered = records.with_columns(size=size).sort(
        *_KEY,
        pl.col("size"),
        pl.col("group").str.len_chars(),
        pl.col("group"),
        pl.col("record_id").str.len_chars(),
        pl.col("record_id"),
        descending=[False, False, True, False, False, False, False],
    )
    place = pl.int_range(pl.len()).over(in_group)
    few = ordered.filter(~pl.col("is_grouped") | (place < GROUP_LIMIT))
    return few.group_by(_KEY, maintain_order=True).head(LIMIT)


def _examples(rows: pl.DataFrame, classes: tuple[tuple[str, int], ...]) -> Examples:
    if not rows["is_grouped"].all():
        return Examples(ids=tuple(rows["record_id"]), classes=classes)
    clusters = tuple(
        Cluster(tuple(part["record_id"]), part["size"][0] - part.height)
        for part in rows.partition_by("group", maintain_order=True)
    )
    return Examples(clusters=clusters)

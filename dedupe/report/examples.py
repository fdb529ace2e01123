"""Which records a report names for a check: a bounded number of them.

Input: a FINDINGS frame. A finding's `group` is either a group of records (named by
one of its record ids) or a class of the finding ("too_short"); the first is shown as
groups, the largest first, the second is counted. Single records come with the most money
first, then by id; the first few carry what is wrong with them. The order of the rows does not
change what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

LIMIT = 48  # ids of one check and entity: bounds the page, whatever the account's size
SHOWN = 3  # records, or groups of records, that are shown with their names
GROUP_LIMIT = 6
# Records of clients: what they hold is personal. The rest are the account's own settings.
CLIENTS = ("contact", "company", "deal", "task", "note", "unsorted", "customer")
_KEY = ("code", "entity")
_Key = tuple[str, str]
_CLASS = r"^[a-z][a-z0-9_]{0,31}$"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Record ids that belong together, and how many more the group has."""

    ids: tuple[str, ...]
    n_more: int = 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a record, as the account has it, and what it should become."""

    value: str = ""
    proposal: str = ""
    kind: str = ""  # the class of the finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Record ids of one check and entity: either single ones or clusters.

    `wrong` tells of the first SHOWN of the single ones.
    """

    ids: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    classes: tuple[tuple[str, int], ...] = ()
    wrong: Mapping[str, Wrong] | None = None

    @property
    def n_shown(self) -> int:
        """The number of ids shown."""
        return len(self.ids) + sum(len(cluster.ids) for cluster in self.clusters)

    @property
    def named(self) -> tuple[str, ...]:
        """Return the ids that are shown with their names."""
        grouped = [i for cluster in self.clusters[:SHOWN] for i in cluster.ids]
        return (*self.ids[:SHOWN], *grouped)


def build_examples(findings: pl.DataFrame) -> Mapping[tuple[str, str], Examples]:
    """Return the examples of every check and entity that has findings, in their order."""
    named = _named(findings)
    parts = {
        (str(code), str(entity)): part
        for (code, entity), part in sorted(named.partition_by(_KEY, as_dict=True).items())
    }
    records = _asked({key: _records(part) for key, part in parts.items()})
    grouped = {key for key in parts if _are_grouped(records[key])}
    rows = _asked({key: _largest(records[key]) for key in parts if key in grouped})
    firsts = _asked({key: _first(records[key]) for key in parts if key not in grouped})
    ids = {key: first["record_id"] for key, first in firsts.items()}
    shown = _asked({key: _shown(parts[key], each.head(SHOWN)) for key, each in ids.items()})
    classes = _classes(named)
    return {
        key: Examples(clusters=_clusters(rows[key]))
        if key in grouped
        else Examples(ids=tuple(ids[key]), classes=classes.get(key, ()), wrong=_wrong(shown[key]))
        for key in parts
    }


def count_faulty(findings: pl.DataFrame, entities: tuple[str, ...]) -> int:
    """Count the records of `entities` with an error or a warning, each once."""
    faulty = findings.lazy().filter(
        pl.col("entity").is_in(entities) & (pl.col("severity") != "info")
    )
    return faulty.select("entity", "record_id").unique().collect().height


def _named(findings: pl.DataFrame) -> pl.DataFrame:
    """Put the name of a setting in place of its id: a tag's id says nothing to a reader."""
    is_name = ~pl.col("entity").is_in([*CLIENTS, "user"]) & (pl.col("field") == "name")
    name = pl.when(is_name).then(pl.col("value"))
    return findings.select(
        *_KEY,
        "group",
        "proposal",
        "money",
        record_id=pl.coalesce(name, pl.col("record_id")),
        value=pl.when(~is_name.fill_null(value=False)).then(pl.col("value")),
    )


def _asked(queries: Mapping[_Key, pl.LazyFrame]) -> dict[_Key, pl.DataFrame]:
    """Carry out many small queries: together they cost less than one by one."""
    return dict(zip(queries, pl.collect_all(list(queries.values())), strict=True))


def _records(part: pl.DataFrame) -> pl.LazyFrame:
    """Return the records of one check and entity, each once."""
    return part.lazy().group_by("record_id").agg(pl.col("group").min(), pl.col("money").max())


def _are_grouped(records: pl.DataFrame) -> bool:
    """Tell whether `group` names groups of records; else it is a class or nothing."""
    if records["group"].null_count():
        return False
    return records["group"].is_in(records["record_id"].implode()).all()


def _first(records: pl.DataFrame) -> pl.LazyFrame:
    costly = [-pl.col("money").fill_null(0.0), *_by_number("record_id")]
    return records.lazy().bottom_k(LIMIT, by=costly).sort(costly).select("record_id")


def _shown(part: pl.DataFrame, ids: pl.Series) -> pl.LazyFrame:
    """Return one finding of each record that is shown: of several the first by value."""
    return (
        part.lazy()
        .filter(pl.col("record_id").is_in(ids.implode()))
        .sort("record_id", "value", "proposal", "group", nulls_last=True)
        .unique("record_id", keep="first", maintain_order=True)
        .select(pl.col("record_id", "value", "proposal", "group").fill_null(""))
    )


def _wrong(few: pl.DataFrame) -> dict[str, Wrong]:
    return {
        record_id: Wrong(value, proposal, kind)
        for record_id, value, proposal, kind in few.iter_rows()
    }


def _by_number(column: str) -> list[pl.Expr]:
    """Return the sort keys of ids: numbers as text sort as numbers."""
    return [pl.col(column).str.len_chars(), pl.col(column)]


def _classes(named: pl.DataFrame) -> dict[_Key, tuple[tuple[str, int], ...]]:
    counted = (
        named.lazy()
        .filter(pl.col("group").str.contains(_CLASS))
        .group_by(*_KEY, "group")
        .agg(n=pl.col("record_id").n_unique())
        .sort("n", "group", descending=[True, False])
        .collect()
    )
    told: dict[_Key, list[tuple[str, int]]] = {}
    for code, entity, group, n in counted.iter_rows():
        told.setdefault((code, entity), []).append((group, n))
    return {key: tuple(classes) for key, classes in told.items()}


def _largest(records: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows of the largest groups, as many as there is room for."""
    first = [-pl.col("size").cast(pl.Int64), *_by_number("group")]
    largest = (
        records.lazy().group_by("group").agg(size=pl.len()).bottom_k(LIMIT, by=first)
    )  # each group shows a record at least
    rows = records.lazy().join(largest, on="group", how="inner")
    ordered = rows.sort(*first, *_by_number("record_id"))
    return ordered.filter(pl.int_range(pl.len()).over("group") < GROUP_LIMIT).head(LIMIT)


def _clusters(few: pl.DataFrame) -> tuple[Cluster, ...]:
    return tuple(
        Cluster(tuple(part["record_id"]), part["size"][0] - part.height)
        for part in few.partition_by("group", maintain_order=True)
    )

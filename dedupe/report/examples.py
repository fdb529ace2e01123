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
    parts = _named(findings).partition_by(_KEY, as_dict=True)
    return {
        (str(code), str(entity)): _examples(part)
        for (code, entity), part in sorted(parts.items(), key=lambda item: item[0])
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


def _examples(part: pl.DataFrame) -> Examples:
    """Return the examples of one check and entity; `group` may be of records or a class."""
    records = part.group_by("record_id").agg(pl.col("group").min(), pl.col("money").max())
    if records["group"].is_in(records["record_id"].implode()).fill_null(False).all():
        return Examples(clusters=_clusters(records))
    costly = [-pl.col("money").fill_null(0.0), *_by_number("record_id")]
    first = records.bottom_k(LIMIT, by=costly).sort(costly)["record_id"]
    return Examples(ids=tuple(first), classes=_classes(part), wrong=_wrong(part, first.head(SHOWN)))


def _wrong(part: pl.DataFrame, ids: pl.Series) -> dict[str, Wrong]:
    """Return one finding of each record: of several the first by value."""
    few = part.filter(pl.col("record_id").is_in(ids.implode()))
    few = few.sort("record_id", "value", "proposal", "group", nulls_last=True)
    few = few.unique("record_id", keep="first", maintain_order=True)
    rows = few.select(pl.col("record_id", "value", "proposal", "group").fill_null("")).rows()
    return {record_id: Wrong(value, proposal, kind) for record_id, value, proposal, kind in rows}


def _by_number(column: str) -> list[pl.Expr]:
    """Return the sort keys of ids: numbers as text sort as numbers."""
    return [pl.col(column).str.len_chars(), pl.col(column)]


def _classes(part: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    counted = part.group_by("group").agg(n=pl.col("record_id").n_unique())
    named = counted.filter(pl.col("group").str.contains(_CLASS))
    return tuple(named.sort("n", "group", descending=[True, False]).rows())


def _clusters(records: pl.DataFrame) -> tuple[Cluster, ...]:
    """Return the largest groups, as many as there is room for."""
    first = [-pl.col("size").cast(pl.Int64), *_by_number("group")]
    largest = (
        records.group_by("group")
        .agg(size=pl.len())
        .bottom_k(LIMIT, by=first)  # each group shows a record at least
        .sort(first)
    )
    rows = records.join(largest, on="group", how="inner").sort(*first, *_by_number("record_id"))
    few = rows.filter(pl.int_range(pl.len()).over("group") < GROUP_LIMIT).head(LIMIT)
    return tuple(
        Cluster(tuple(part["record_id"]), part["size"][0] - part.height)
        for part in few.partition_by("group", maintain_order=True)
    )

"""Pages of a list as one, and changed records in place of old ones.

Pages are numbered, so a record that moves while they are read can come twice, or with two
states: the later change stays, with the children (channels, field values, tags, links) that
came with it, and without those of the other. Rows keep the order of the pages; `settle`
sorts them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES

from .frames import empty_tables
from .listings import Listing

Tables = Mapping[str, pl.DataFrame]
_PAGE = "_page"
_BATCH = 64
_ENTITY = {"contacts": "contact", "companies": "company", "deals": "deal"}
# Settings whose rows belong to a row of another table of the same answer.
_PARENTS = {
    "user_rights": ("users", ["user_id"], ["id"]),
    "statuses": ("pipelines", ["pipeline_id"], ["id"]),
    "field_enums": ("fields", ["entity", "field_id"], ["entity", "id"]),
    "field_statuses": ("fields", ["entity", "field_id"], ["entity", "id"]),
}


@dataclass(frozen=True, slots=True)
class _Owned:
    """The rows of `table` that belong to records: which rows, and the column of the record."""

    table: str
    column: str
    rows: pl.Expr


def merge_pages(listing: Listing, pages: Iterable[Tables]) -> dict[str, pl.DataFrame]:
    """Put the tables of a listing's pages together, each record once.

    A table that a page does not have had no rows there.
    Of an id that comes again the later `updated_at` stays, of equals the later page. Merging
    merged tables again is the same as merging all at once.
    """
    whole = _stacked(listing.tables, pages)
    main = listing.record_table
    losers = _losers(whole[main], SNAPSHOT_TABLES[main].key)
    if losers.height:
        whole = _without(whole, main, losers, listing.entity)
    return {name: frame.drop(_PAGE) for name, frame in whole.items()}


def replace_records(
    old: Tables, changed: Tables, deleted: Mapping[str, Collection[str]] | None = None
) -> dict[str, pl.DataFrame]:
    """Return `old` with the records of `changed` in place of theirs, and without `deleted`.

    `deleted` are ids by table ("contacts", "deals", "tasks", ...). A changed record loses all
    its old channels, field values, tags and the links that it owns; a deleted one its links
    from either side too. Tables that hold no records of `changed` stay. Settings are short and
    read whole: a new table of them takes the old one's place without this.
    """
    gone = {name: pl.Series(sorted(ids), dtype=pl.String) for name, ids in (deleted or {}).items()}
    tables = dict(old)
    for name in changed:
        if "id" in SNAPSHOT_TABLES[name].schema and name in tables:
            tables = _dropped(tables, name, changed[name], is_deleted=False)
    for name, ids in gone.items():
        tables = _dropped(tables, name, pl.DataFrame({"id": ids}), is_deleted=True)
    for name, frame in changed.items():
        tables[name] = pl.concat([tables[name], frame]) if name in tables else frame
    if "status_history" in changed:  # it has no id: an event that is read again says the same
        tables["status_history"] = tables["status_history"].unique(maintain_order=True)
    return tables


def _stacked(names: Sequence[str], pages: Iterable[Tables]) -> dict[str, pl.DataFrame]:
    """Put pages under each other with their numbers, some at a time: small frames are dear."""
    empty = empty_tables(names)
    stacks = {name: [_numbered(empty[name], 0)] for name in names}
    numbers = iter(enumerate(pages))
    while batch := list(islice(numbers, _BATCH)):
        for name, stack in stacks.items():
            parts = [_numbered(page[name], at) for at, page in batch if name in page]
            if parts:
                stack.append(pl.concat(parts, rechunk=True))
    return {name: pl.concat(stack, rechunk=True) for name, stack in stacks.items()}


def _numbered(frame: pl.DataFrame, at: int) -> pl.DataFrame:
    return frame.with_columns(pl.lit(at, pl.Int32).alias(_PAGE))


def _losers(records: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return the key and page of the records that give way to another of the same id."""
    if not records.select(pl.struct(key).is_duplicated().any()).item():
        return records.head(0)
    order = ["updated_at", _PAGE] if "updated_at" in records.columns else [_PAGE]
    ranked = records.sort(order, nulls_last=False, maintain_order=True)
    kept = ranked.unique(key, keep="last", maintain_order=True)
    return records.join(kept.select(*key, _PAGE), on=[*key, _PAGE], how="anti")


def _without(
    whole: Tables, main: str, losers: pl.DataFrame, entity: str
) -> dict[str, pl.DataFrame]:
    key = list(SNAPSHOT_TABLES[main].key)
    left = {
        **whole,
        main: whole[main].join(losers, on=[*key, _PAGE], how="anti", maintain_order="left"),
    }
    for owned in _children(main, entity):
        if owned.table in left:
            lost = losers.select(pl.col("id").alias(owned.column), _PAGE, is_lost=pl.lit(True))
            joined = left[owned.table].join(
                lost, on=[owned.column, _PAGE], how="left", maintain_order="left"
            )
            is_lost = owned.rows & pl.col("is_lost").fill_null(False)
            left[owned.table] = joined.filter(~is_lost).drop("is_lost")
    return _without_parts(left, main, losers, [_PAGE])


def _without_parts(
    tables: Tables, main: str, records: pl.DataFrame, also: Sequence[str] = ()
) -> dict[str, pl.DataFrame]:
    """Drop the rows that belong to the settings `records` of `main`."""
    left = dict(tables)
    for table, (parent, columns, theirs) in _PARENTS.items():
        if parent == main and table in left:
            left[table] = left[table].join(
                records,
                left_on=[*columns, *also],
                right_on=[*theirs, *also],
                how="anti",
                maintain_order="left",
            )
    return left


def _children(table: str, entity: str = "") -> list[_Owned]:
    entity = entity or _ENTITY.get(table, "")
    if table not in _ENTITY:
        return []
    own = pl.col("entity") == entity
    children = [
        _Owned(name, "record_id", own) for name in ("channels", "field_values", "record_tags")
    ]
    if entity == "deal":
        children.append(_Owned("links", "to_id", pl.col("to_entity") == "deal"))
    if entity == "contact":
        to_company = (pl.col("from_entity") == "contact") & (pl.col("to_entity") == "company")
        children.append(_Owned("links", "from_id", to_company))
    return children


def _dropped(
    tables: Tables, main: str, records: pl.DataFrame, *, is_deleted: bool
) -> dict[str, pl.DataFrame]:
    """Drop records and what they own; of deleted ones the links from either side."""
    left = dict(tables)
    if main not in left:
        return left
    key = [column for column in SNAPSHOT_TABLES[main].key if column in records.columns]
    left[main] = left[main].join(records, on=key, how="anti", maintain_order="left")
    owned = _children(main)
    if is_deleted and main in _ENTITY:
        owned += [
            _Owned("links", f"{end}_id", pl.col(f"{end}_entity") == _ENTITY[main])
            for end in ("from", "to")
        ]
    ids = records["id"].unique()
    for one in owned:
        if one.table in left:
            hit = one.rows & pl.col(one.column).is_in(ids.implode())
            left[one.table] = left[one.table].filter(~hit.fill_null(False))
    return left if is_deleted else _without_parts(left, main, records)

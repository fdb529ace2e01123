"""What a card holds besides its own columns: channels, field values, tags; long and narrow.

A cell of phones stays one raw value, for the splitting stage knows numbers better than a
comma does; it is cut here only where its parts were marked as texts each ("'+7...,
'+7..."), or at the separator that the user named. Rows that share an id give their
channels together, without exact repeats from row to row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from dedupe.contracts import CHANNELS, FIELD_VALUES, RECORD_TAGS, Note
from dedupe.crm.tables.cells import unguarded, without_guard
from dedupe.crm.tables.columns import Column
from dedupe.crm.tables.roles import CHANNEL_ROLES, FIELD_ROLES
from dedupe.crm.tables.sheets import ROW
from dedupe.crm.tables.tables import ID, Table, is_row_a_record

_CUT = "\x1f"
_DIGITS = r"(?:\d\D{0,3}){5,}"
_JOINED = {"phone": rf"{_DIGITS}, .*{_DIGITS}", "email": r"@.*, .*@"}
_OWNER = ["entity", ID]
# These columns are wholly told elsewhere in the account; every other one is a field value.
_TOLD = (
    "id name first_name last_name owner created_by created_at updated_at closed_at due_at"
    " is_deleted tags price pipeline status state task_type is_completed entity record_id"
    " text result"
)


def build_channels(tables: Sequence[Table], separator: str | None) -> pl.DataFrame:
    """Return the channels of cards, in the order of rows, columns and parts of a cell."""
    parts = []
    for n_table, table in enumerate(tables):
        held = [c for kind in CHANNEL_ROLES for c in table.channels(kind)]
        held.sort(key=lambda c: int(c.at[1:]))
        for order, column in enumerate(held):
            cells = _channel(table, column, separator)
            parts.append(cells.with_columns(table=pl.lit(n_table), order=pl.lit(order)))
    if not parts:
        return CHANNELS.empty()
    rows = pl.concat(parts).sort("table", ROW, "order", "part")
    if not is_row_a_record(tables):
        return numbered(_united(rows).rename({ID: "record_id"}))
    return CHANNELS.conform(rows.rename({ID: "record_id"}).with_columns(_positions(rows)))


def numbered(channels: pl.DataFrame) -> pl.DataFrame:
    """Count the positions of the values of one kind on each card, from 0, as they stand."""
    position = pl.int_range(pl.len()).over("entity", "record_id", "kind")
    return CHANNELS.conform(channels.with_columns(position=position))


def joined_notes(tables: Sequence[Table], separator: str | None) -> list[Note]:
    """Count the cells of CRM exports that hold two values joined by a comma, and stay whole."""
    notes = []
    for table in tables:
        for kind, pattern in _JOINED.items():
            columns = table.channels(kind) if table.is_crm else []
            n = sum(_n_joined(table.frame, column.at, pattern, separator) for column in columns)
            if n:
                where = f"channels.{table.entity}.{kind}"
                notes.append(Note(code="joined_cells", where=where, n=n))
    return notes


def build_field_values(tables: Sequence[Table]) -> pl.DataFrame:
    """Return the filled cells of every column that no other part of the account tells."""
    columns = [(table, c) for table in tables for c in table.columns if _is_field(table, c)]
    counts = Counter((table.entity, _field_id(column)) for table, column in columns)
    repeated = {id(table) for table in tables if table.n_ids < table.frame.height}
    once, again = [FIELD_VALUES.empty()], [FIELD_VALUES.empty()]
    for table, column in columns:
        may_repeat = id(table) in repeated or counts[table.entity, _field_id(column)] > 1
        (again if may_repeat else once).append(_field_cells(table, column))
    # Millions of rows: only those that can be alike are compared.
    distinct = pl.concat(again).unique(FIELD_VALUES.key, keep="first", maintain_order=True)
    return pl.concat([*once, distinct])


def build_tags(tables: Sequence[Table]) -> pl.DataFrame:
    """Return the tags of cards and deals, cut at commas, each once a record."""
    parts = [
        table.frame.select(
            entity=pl.lit(table.entity), record_id=ID, tag=pl.col(column.at).str.split(",")
        )
        .explode("tag")
        .with_columns(pl.col("tag").str.strip_chars())
        .filter(pl.col("tag") != "")
        for table in tables
        for column in table.of("tags")
    ]
    if not parts:
        return RECORD_TAGS.empty()
    return RECORD_TAGS.conform(pl.concat(parts)).unique(maintain_order=True)


def cut(cell: pl.Expr, separator: str | None) -> pl.Expr:
    """Cut a cell into its values, as a list: where the exporter or the user says so."""
    marked = cell.str.replace_all(r",\s*'", _CUT)
    text = pl.when(cell.str.starts_with("'")).then(marked).otherwise(cell)
    if separator:
        text = text.str.replace_all(separator, _CUT, literal=True)
    return text.str.split(_CUT)


def _n_joined(frame: pl.DataFrame, at: str, pattern: str, separator: str | None) -> int:
    cell = pl.col(at)
    commas = frame.lazy().filter(cell.str.contains(", ", literal=True))
    whole = commas.filter(cut(cell, separator).list.len() == 1)
    return whole.filter(cell.str.contains(pattern)).collect().height


def _channel(table: Table, column: Column, separator: str | None) -> pl.DataFrame:
    channel = column.channel
    assert channel is not None
    filled = table.frame.select(ROW, ID, raw=column.at).drop_nulls("raw")
    if separator or filled["raw"].str.starts_with("'").any():
        raw = without_guard(pl.col("raw").str.strip_chars(" \t\r\n"))
        parts = filled.with_columns(cut(pl.col("raw"), separator))
        parts = parts.with_columns(part=pl.int_ranges(pl.col("raw").list.len()))
        parts = parts.explode("raw", "part").with_columns(raw).filter(pl.col("raw") != "")
    else:  # nothing says that a cell is more than one
        parts = filled.with_columns(part=pl.lit(0, pl.Int64))
    if channel.kind == "phone":  # an Excel float: the digits after the point are none of its own
        parts = parts.with_columns(pl.col("raw").str.replace(r"^(\+?\d{6,15})\.0+$", "$1"))
    return parts.with_columns(
        entity=pl.lit(table.entity),
        kind=pl.lit(channel.kind),
        kind_at=pl.lit(CHANNEL_ROLES.index(channel.kind)),
        label=pl.lit(channel.label),
        field_id=pl.lit(channel.field_id),
    )


def _positions(rows: pl.DataFrame) -> pl.Series:
    """Do what `numbered` does where each row of a table is a card, and stands in one stretch."""
    line = rows.select(pl.col("table").cast(pl.Int64) * 2**32 + pl.col(ROW)).to_series().to_numpy()
    kinds, places = rows["kind_at"].to_numpy(), np.arange(rows.height)
    position = np.zeros(rows.height, dtype=np.int32)
    for kind in range(len(CHANNEL_ROLES)):
        own = np.flatnonzero(kinds == kind)
        n_before = places[: len(own)]
        is_first = np.diff(line[own], prepend=-1) != 0
        position[own] = n_before - np.maximum.accumulate(np.where(is_first, n_before, 0))
    return pl.Series("position", position)


def _united(rows: pl.DataFrame) -> pl.DataFrame:
    """Drop what an earlier row of the same id said already; repeats inside a row are findings."""
    lines = rows.select(*_OWNER, "table", ROW).unique()
    if lines.select(_OWNER).n_unique() == lines.height:
        return rows
    value = [*_OWNER, "kind", "raw", "label", "field_id"]
    again = pl.int_range(pl.len()).over(*value, "table", ROW)
    rows = rows.with_columns(again=again)
    return rows.unique([*value, "again"], keep="first", maintain_order=True)


def _field_cells(table: Table, column: Column) -> pl.DataFrame:
    filled = table.frame.select(record_id=ID, raw=column.at).drop_nulls("raw")
    cells = filled.select(
        "record_id",
        entity=pl.lit(table.entity),
        field_id=pl.lit(_field_id(column)),
        raw=unguarded(filled["raw"]),
    )
    return FIELD_VALUES.conform(cells)


def _field_id(column: Column) -> str:
    return column.role if column.role in FIELD_ROLES else column.header


def _is_field(table: Table, column: Column) -> bool:
    if column.channel is not None:
        return table.kind in ("deals", "tasks")
    # A company's own name needs no field; on a contact's card it does.
    return column.role not in _TOLD.split()

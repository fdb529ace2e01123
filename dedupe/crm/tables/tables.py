"""Sheets sorted into tables of records, each row with its record's id.

A table has one kind (contacts, companies, deals, tasks); an amoCRM export of both cards
becomes two. Without an id column the id is the number of the data row; where several
sheets make one kind, the sheet's name stands before it, so that two lists never mix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dedupe.contracts import Note
from dedupe.crm.tables.cells import id_texts
from dedupe.crm.tables.columns import Column, assign, is_crm_export
from dedupe.crm.tables.kinds import RECORDS, company_rows, kind_by_name, kind_of
from dedupe.crm.tables.options import TableOptions
from dedupe.crm.tables.sheets import ROW, Sheet

ID = "record_id"
MISSING_ID = "row "  # before the row's number, where the id column has a gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one kind: text cells in `frame`, with `row` and `record_id`, and their columns.

    `n_ids` counts the distinct ids.
    """

    name: str
    where: str
    kind: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    is_crm: bool
    n_ids: int = 0

    @property
    def entity(self) -> str:
        """The entity's name, as the long tables have it."""
        return RECORDS[self.kind]

    def of(self, role: str) -> list[Column]:
        """Return the columns that play `role`, the best first."""
        return sorted((c for c in self.columns if c.role == role), key=lambda c: c.rank)

    def text(self, role: str) -> pl.Expr | None:
        """Return the first filled cell of `role`; None when no column plays it."""
        columns = self.of(role)
        return pl.coalesce(c.at for c in columns) if columns else None

    def channels(self, kind: str) -> list[Column]:
        """Return the columns that hold channels of `kind`."""
        return [c for c in self.columns if c.channel is not None and c.channel.kind == kind]


def build_tables(
    sheets: Sequence[Sheet], options: TableOptions
) -> tuple[list[Table], list[tuple[str, Sheet]]]:
    """Sort the sheets into tables of records, and the rest as (settings table, sheet)."""
    tables: list[Table] = []
    settings: list[tuple[str, Sheet]] = []
    for sheet in sheets:
        # --entity speaks of a single table; among several, of those whose names say nothing.
        is_meant = len(sheets) == 1 or kind_by_name(sheet.name) is None
        kind = kind_of(sheet, options.entity if is_meant else None)
        if kind in RECORDS:
            tables += _tables_of(sheet, kind, options)
        else:
            settings.append((kind, sheet))
    counts = Counter(table.kind for table in tables)
    return [_with_ids(table, is_only=counts[table.kind] == 1) for table in tables], settings


def _tables_of(sheet: Sheet, kind: str, options: TableOptions) -> Iterator[Table]:
    may_mix = options.entity is None and kind in ("contacts", "companies")
    companies = company_rows(sheet) if may_mix else None
    if companies is None:
        yield _table(sheet, kind, sheet.cells, options)
        return
    for part, rows in (("contacts", ~companies), ("companies", companies)):
        yield _table(sheet, part, sheet.cells.filter(rows), options)


def _table(sheet: Sheet, kind: str, cells: pl.DataFrame, options: TableOptions) -> Table:
    columns = assign(sheet, kind, options.roles, cells)
    return Table(
        name=sheet.name,
        where=sheet.where,
        kind=kind,
        columns=tuple(columns),
        frame=cells,
        is_crm=is_crm_export(sheet),
    )


def _with_ids(table: Table, *, is_only: bool) -> Table:
    given = table.text("id")
    row = pl.col(ROW).cast(pl.String)
    if given is None:
        made = row if is_only else pl.lit(f"{table.name}:") + row
        frame = table.frame.with_columns(made.alias(ID))
        return replace(table, frame=frame, n_ids=frame.height)
    told = id_texts(table.frame.select(given.alias(ID)).to_series())
    frame = table.frame.with_columns(told)
    if told.null_count():
        frame = frame.with_columns(pl.coalesce(ID, pl.lit(MISSING_ID) + row))
    return replace(table, frame=frame, n_ids=frame[ID].n_unique())


def is_row_a_record(tables: Sequence[Table]) -> bool:
    """Tell whether no id stands on two rows of one kind of records."""
    for entity in {table.entity for table in tables}:
        same = [table for table in tables if table.entity == entity]
        n_rows = sum(table.frame.height for table in same)
        if sum(table.n_ids for table in same) < n_rows:
            return False
        if len(same) > 1 and pl.concat(t.frame[ID] for t in same).n_unique() < n_rows:
            return False
    return True


def id_notes(table: Table) -> list[Note]:
    """Count the rows whose id stands on an earlier row too, and the rows without one."""
    if table.text("id") is None:
        return []
    ids = table.frame[ID]
    n_repeated = len(ids) - table.n_ids
    n_missing = int(ids.str.starts_with(MISSING_ID).sum())
    where = f"{table.kind}.id"
    counted = (("repeated_id", n_repeated), ("no_id", n_missing))
    return [Note(code=code, where=where, n=n) for code, n in counted if n]

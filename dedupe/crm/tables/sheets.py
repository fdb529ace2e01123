"""One table as it stands in a file: its header, and its cells as text.

Cells are in columns "c0", "c1", ... (headers may repeat); spaces, tabs and line ends around
a text are removed, an empty cell is null. `row` numbers the data rows from 1; rows
without any value, repetitions of the header and a last row of totals are no data rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.crm.tables.channel_headers import channel_of
from dedupe.crm.tables.roles import header_key, known_keys
from dedupe.errors import InputError
from dedupe.language import N_

ROW = "row"
HEADER_ROWS = 15  # titles and blank lines stand above a header, rarely more than these
_ENDS = " \t\r\n"
_TOTAL = re.compile(r"(?i)(итого|всего|итог|total|totals|grand total|subtotal)\s*[:.=]?")
_FIGURE = re.compile(r"[-+]?[\d\s.,'%₽$€]+(?:руб\.?|шт\.?)?")
_TABLE_KEYS = frozenset(
    header_key(column) for contract in SNAPSHOT_TABLES.values() for column in contract.schema
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of text cells; `name` is what its file or sheet is called, `where` its address."""

    name: str
    where: str
    header: tuple[str, ...]
    cells: pl.DataFrame
    n_repeated_headers: int = field(default=0)
    n_totals: int = field(default=0)


def column_name(at: int) -> str:
    """Name the frame's column of the sheet's column `at`, from 0."""
    return f"c{at}"


def build_sheet(name: str, where: str, header: Sequence[str | None], cells: pl.DataFrame) -> Sheet:
    """Clean the cells below `header`, given as text columns in the header's order."""
    cells = cells.rename(
        dict(zip(cells.columns, map(column_name, range(cells.width)), strict=True))
    )
    cells = cells.select(_cleaned(pl.col(column)) for column in cells.columns)
    titles = [(text or "").strip() for text in header]
    kept = [at for at, text in enumerate(titles) if text or _has_values(cells, at)]
    named = tuple(titles[at] or f"column {at + 1}" for at in kept)
    cells = cells.select(pl.col(column_name(at)).alias(column_name(i)) for i, at in enumerate(kept))
    if kept:
        cells = cells.filter(pl.any_horizontal(pl.all().is_not_null()))
    n_rows = cells.height
    cells = _without_headers(cells, named)
    n_repeated = n_rows - cells.height
    n_totals = int(_is_total(cells))
    return Sheet(
        name=name,
        where=where,
        header=named,
        cells=cells.head(cells.height - n_totals).with_row_index(ROW, offset=1),
        n_repeated_headers=n_repeated,
        n_totals=n_totals,
    )


def find_header(rows: Sequence[Sequence[str | None]], roles: Mapping[str, str]) -> int | None:
    """Return which of the first rows is the header: the one with the most known columns."""
    mapped = frozenset(map(header_key, roles))
    scores = [n_known(row, mapped) for row in rows[:HEADER_ROWS]]
    best = max(scores, default=0)
    return scores.index(best) if best else None


def n_known(row: Sequence[str | None], mapped: frozenset[str]) -> int:
    """Count the cells of a row that are headers we know or the user named."""
    return sum(bool(cell) and is_known(str(cell), mapped) for cell in row)


def is_known(cell: str, mapped: frozenset[str]) -> bool:
    """Tell whether a cell is a header: named by the user, in our tables, or a plain channel's."""
    key = header_key(cell)
    if key in mapped or key in known_keys() or key in _TABLE_KEYS:
        return True
    if len(cell) > 60:  # a sentence above the table may well speak of phones
        return False
    channel = channel_of(cell)
    return channel is not None and channel.is_standard


class NoHeaderError(InputError):
    """A table's first rows hold no header that we know."""


def no_header(where: str) -> NoHeaderError:
    """Return the error of a table without a header, with what to do about it."""
    return NoHeaderError(
        N_("none of the first {rows} rows is a header with a column that is known"),
        where=where,
        fix=N_("put a row of column names on top, or name a column with --map HEADER=ROLE"),
        rows=HEADER_ROWS,
    )


def _cleaned(cell: pl.Expr) -> pl.Expr:
    # Whatever else is blank (a no-break space) goes when it stands alone.
    return pl.when(cell.str.strip_chars() != "").then(cell.str.strip_chars(_ENDS))


def _has_values(cells: pl.DataFrame, at: int) -> bool:
    return cells[column_name(at)].null_count() < cells.height


def _is_total(cells: pl.DataFrame) -> bool:
    """Tell whether the last row sums up those above it: a word for it, then numbers alone."""
    if cells.height < 2:
        return False
    word, *rest = [str(cell) for cell in cells.row(-1) if cell is not None]
    return _TOTAL.fullmatch(word) is not None and all(map(_FIGURE.fullmatch, rest))


def _without_headers(cells: pl.DataFrame, header: tuple[str, ...]) -> pl.DataFrame:
    """Drop the header where it stands again among the rows: several lists glued into one."""
    if not header:
        return cells
    same = [pl.col(column_name(at)).eq_missing(pl.lit(text)) for at, text in enumerate(header)]
    return cells.filter(~pl.all_horizontal(same))

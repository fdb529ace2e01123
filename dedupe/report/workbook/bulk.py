"""Many rows at once into a sheet that is written row after row.

A cell of xlsxwriter costs some 15 microseconds of Python, a work list has a dozen in a row, and a
large account has hundreds of thousands of rows. Here polars makes the XML of all the rows, and it
goes where the library puts its own rows. That place is not of the library's public interface:
`can_write` tells whether this version has it; where it hasn't, rows are written one by one.

Texts are cells already (`spreadsheets.cell_text`); they are escaped here, each distinct one once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import polars as pl

if TYPE_CHECKING:
    from .book import Sheet

_AT_ONCE = 50_000  # rows of XML that are held
_PARTS = ("row_data_fh", "_write_single_row", "_check_dimensions", "previous_row")
_LOOKS_ESCAPED = re.compile("(_x[0-9A-Fa-f]{4}_)")  # of a control character, as XLSX has it
_BANDED = "is_banded"
_ROW = "row_number"
NUMBER, TEXT, LINK, FREE = "number", "text", "link", "free"


def can_write(sheet: Sheet) -> bool:
    """Tell whether this version of xlsxwriter keeps its rows where we know."""
    return all(hasattr(sheet.sheet, part) for part in _PARTS)


def write_rows(
    sheet: Sheet, frame: pl.DataFrame, columns: Sequence[tuple[str, str, str]], words: str
) -> None:
    """Write the frame's rows from `sheet.row` on; `columns` are name, sort of cell, style.

    A link's column holds the address, its words are `words`. The column `is_banded` tells which
    rows have the other ground.
    """
    own = sheet.sheet
    own._write_single_row(sheet.row)  # what is pending: the titles
    for start in range(0, frame.height, _AT_ONCE):
        part = frame.slice(start, _AT_ONCE)
        own.row_data_fh.write(_xml(sheet, part, columns, words))
        sheet.row += part.height
    own._check_dimensions(max(sheet.row - 1, 0), len(columns) - 1)
    own.previous_row = sheet.row


def _xml(
    sheet: Sheet, part: pl.DataFrame, columns: Sequence[tuple[str, str, str]], words: str
) -> str:
    texts = [name for name, sort, _ in columns if sort == TEXT]
    told = part.with_columns(
        (pl.int_range(pl.len()) + sheet.row + 1).cast(pl.String).alias(_ROW),
        *(_escaped(part[name]) for name in texts),
    )
    ground = _style(sheet, "text")
    cells = [_cell(sheet, at, column, words) for at, column in enumerate(columns)]
    has_ground = pl.when(_BANDED).then(
        pl.concat_str(pl.lit(' s="'), ground, pl.lit('" customFormat="1"'))
    )
    row = pl.concat_str(
        pl.lit('<row r="'), _ROW, pl.lit('"'), has_ground.otherwise(pl.lit("")), pl.lit(">"),
        *cells, pl.lit("</row>"),
    )  # fmt: skip
    return "".join(told.select(row.alias(_ROW))[_ROW])


def _cell(sheet: Sheet, at: int, column: tuple[str, str, str], words: str) -> pl.Expr:
    """Return the XML of a column's cells; nothing where there is no value."""
    name, sort, kind = column
    head = [pl.lit(f'<c r="{_letter(at)}'), pl.col(_ROW), pl.lit('" s="'), _style(sheet, kind)]
    if sort == FREE:
        return pl.concat_str(*head, pl.lit('"/>'))
    value = pl.col(name).cast(pl.String)
    if sort == NUMBER:
        body = [pl.lit('"><v>'), value, pl.lit("</v></c>")]
    elif sort == LINK:
        told = escape(words)
        quoted = told.replace('"', '""')
        body = [pl.lit('" t="str"><f>HYPERLINK("'), value,
                pl.lit(f'","{quoted}")</f><v>{told}</v></c>')]  # fmt: skip
    else:
        opened = '" t="inlineStr"><is><t xml:space="preserve">'
        body = [pl.lit(opened), value, pl.lit("</t></is></c>")]
    there = value.is_not_null() & (value != "")
    return pl.when(there).then(pl.concat_str(*head, *body)).otherwise(pl.lit(""))


def _style(sheet: Sheet, kind: str) -> pl.Expr:
    plain, banded = (
        str(sheet.book.style(kind, is_banded=is_banded)._get_xf_index())
        for is_banded in (False, True)
    )
    return pl.when(_BANDED).then(pl.lit(banded)).otherwise(pl.lit(plain))


def _escaped(texts: pl.Series) -> pl.Series:
    distinct = texts.drop_nulls().unique()
    told = [escape(_LOOKS_ESCAPED.sub(r"_x005F\1", each)) for each in distinct]
    return texts.replace_strict(distinct, told, default=None, return_dtype=pl.String())


def _letter(at: int) -> str:
    return chr(ord("A") + at)  # a work list has fourteen columns

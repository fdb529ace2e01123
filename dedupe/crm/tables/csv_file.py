"""Tables of text with a delimiter, read strictly by pyarrow; every cell is text.

The header is found first, on the first rows alone, together with the delimiter: the pair
under which most cells are known headers and most rows are as wide as the header. A row
that is wider or narrower than the header is an error with its line, never a guess.
"""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from dedupe.crm.tables.decode import to_utf8
from dedupe.crm.tables.options import TableOptions, delimiter_of
from dedupe.crm.tables.roles import header_key
from dedupe.crm.tables.sheets import Sheet, build_sheet, find_header, n_known, no_header
from dedupe.errors import InputError
from dedupe.language import N_

DELIMITERS = (",", ";", "\t", "|")
_HEAD_ROWS = 40
_BLOCK_BYTES = 1 << 25  # a row must fit into a block: room for a cell of ten megabytes
_MAX_BLOCK_BYTES = (1 << 31) - 1
_END_MARK = "\ue000end"  # a private character: no export holds it
_field_limit_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    line: int  # of its first line, from 1
    end: int  # offset of the byte after it
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    delimiter: str
    header: list[str]
    line: int
    end: int


def read_csv(raw: bytes, name: str, where: str, options: TableOptions) -> Sheet:
    """Read a text table; ragged rows, a missing header and bad bytes raise InputError."""
    text = to_utf8(raw, where, options.encoding)
    layout = _layout(text, where, options)
    cells = _cells(text, layout)
    if cells is None:
        raise _parse_error(text, layout, where)
    return build_sheet(name, where, layout.header, cells)


def _cells(text: bytes, layout: _Layout) -> pl.DataFrame | None:
    """Parse the rows below the header; None when some row does not have its width.

    A row of marks is added at the end: when it does not come out last, an open quote has
    swallowed it, and before it who knows how many rows.
    """
    names = [str(at) for at in range(len(layout.header))]
    mark = layout.delimiter.join([_END_MARK] * len(names)).encode()
    body = b"".join((memoryview(text)[layout.end :], b"\n", mark, b"\n"))
    table = _parsed(body, layout.delimiter, names)
    if table is None:
        return None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    is_whole = frame.height > 0 and frame.row(-1) == (_END_MARK,) * len(names)
    return frame.head(-1) if is_whole and not _is_swallowed(layout, text) else None


def _parsed(body: bytes, delimiter: str, names: list[str]) -> pa.Table | None:
    for block_bytes in (_BLOCK_BYTES, min(len(body) + 1, _MAX_BLOCK_BYTES)):
        try:
            return _table(body, delimiter, names, block_bytes)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                return None
    return None


def _is_swallowed(layout: _Layout, text: bytes) -> bool:
    """Tell whether the header runs to the end of the file in a quote that stays open."""
    ends = layout.end >= len(text) and any("\n" in cell for cell in layout.header)
    return ends and not text.rstrip().endswith(b'"')


def _table(body: bytes, delimiter: str, names: list[str], block_bytes: int) -> pa.Table:
    return pa_csv.read_csv(
        pa.py_buffer(body),
        read_options=pa_csv.ReadOptions(column_names=names, block_size=block_bytes),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def _layout(text: bytes, where: str, options: TableOptions) -> _Layout:
    candidates = [delimiter_of(options.delimiter)] if options.delimiter else list(DELIMITERS)
    if said := re.match(rb"sep=([\t !#-~])\r?\n", text):  # Excel's own first line
        candidates = [said[1].decode()] if not options.delimiter else candidates
    mapped = frozenset(map(header_key, options.roles))
    best: tuple[tuple[int, float, int], _Layout] | None = None
    for delimiter in candidates:
        rows = _head(text, delimiter)
        at = find_header([row.cells for row in rows], options.roles)
        if at is None:
            continue
        header, below = rows[at], rows[at + 1 :]
        width = len(header.cells)
        fit = sum(len(row.cells) == width for row in below) / max(len(below), 1)
        layout = _Layout(delimiter=delimiter, header=header.cells, line=header.line, end=header.end)
        score = (n_known(header.cells, mapped), fit, width)
        if best is None or score > best[0]:
            best = (score, layout)
    if best is None:
        raise no_header(where)
    return best[1]


def _head(text: bytes, delimiter: str) -> list[_Row]:
    with _any_field_size():
        return list(islice(_rows(text, delimiter), _HEAD_ROWS))


def _rows(text: bytes, delimiter: str) -> Iterator[_Row]:
    """Yield the rows that are not blank, with where they begin and end."""
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for line in io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""):
            end += len(line.encode())
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    line = 1
    for cells in reader:
        if cells:
            yield _Row(line=line, end=end, cells=cells)
        line = reader.line_num + 1


def _parse_error(text: bytes, layout: _Layout, where: str) -> InputError:
    """Find the line that can't be read, by reading again, slowly."""
    width, last = len(layout.header), layout.line
    with _any_field_size():
        for row in _rows(text, layout.delimiter):
            is_open = row.end >= len(text) and "\n" in row.cells[-1]
            if row.line > layout.line and len(row.cells) != width and not is_open:
                return _ragged(row, width, where)
            last = max(last, row.line)
    return InputError(
        N_("line {line} opens a quote that is never closed"),
        where=where,
        fix=N_("close it, or export the table again as CSV or XLSX"),
        line=last,
    )


def _ragged(row: _Row, width: int, where: str) -> InputError:
    return InputError(
        N_("line {line} has {cells} cells, the header has {width}"),
        where=where,
        fix=N_("quote the cells that hold the delimiter, or name it with --delimiter"),
        line=row.line,
        cells=len(row.cells),
        width=width,
    )


@contextmanager
def _any_field_size() -> Iterator[None]:
    """Lift the csv module's limit of 128 KiB a cell; it is one for the whole process."""
    with _field_limit_lock:
        before = csv.field_size_limit(_MAX_BLOCK_BYTES)
        try:
            yield
        finally:
            csv.field_size_limit(before)

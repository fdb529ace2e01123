"""A filled sample read back: checked to be ours, its verdicts taken, every other row named.

A row is known by its number and its id together; a verdict is taken only from a row that is as
it was drawn, and once. Columns may stand in another order, and rows too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import fastexcel
import polars as pl

from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.report.cells import plain_cell

from .files import MARK_SHEET
from .judged import Ignored, Judgement, Verdict, judge
from .values import SCHEMA, VERDICTS, Mark

_MAX_BYTES = 50 << 20
_ZIP = b"PK\x03\x04"
_NEEDED = ("number", "id", "verdict")
_DRAW_AGAIN = N_("name the file that crmclean sample wrote, filled")
Rows = Sequence[Sequence[str | None]]


def read_filled(path: Path) -> Judgement:
    """Return what the reviewers judged in the file `path`. Raises InputError."""
    raw = _bytes(path)
    mark, rows, first = _workbook(raw, path) if raw.startswith(_ZIP) else _csv(raw, path)
    if not rows:
        raise _strange(path)
    places = _columns(rows[0], mark, path)
    verdicts: list[Verdict] = []
    ignored: list[Ignored] = []
    for number, row in enumerate(rows[1:], first + 1):
        cells = [_cell(row, at) for at in places]
        if not any(_cell(row, at) for at in range(len(row))):
            continue
        found = _verdict(cells, mark, {one.place for one in verdicts})
        if isinstance(found, Verdict):
            verdicts.append(found)
        else:
            ignored.append(Ignored(number, found))
    return judge(mark, verdicts, ignored)


def _verdict(cells: Sequence[str], mark: Mark, taken: set[int]) -> Verdict | str:
    """Return the verdict of a row, or why it does not count."""
    number, id_, said = cells
    place = _place(number)
    if place is None or not 0 <= place < len(mark.keys):
        return "unknown_row"
    if id_ != _first_id(mark.keys[place]):
        return "altered"
    if not said:
        return "no_verdict"
    verdict = _word(said, mark)
    if verdict is None:
        return "unknown_verdict"
    return "repeated" if place in taken else Verdict(place, verdict)


def _place(number: str) -> int | None:
    whole = number.removesuffix(".0")
    return int(whole) - 1 if whole.isascii() and whole.isdigit() and len(whole) < 10 else None


def _first_id(key: str) -> str:
    ends = key.partition("/")[2]
    return ends.partition(":")[0]


def _word(said: str, mark: Mark) -> str | None:
    word = said.casefold()
    return word if word in VERDICTS else mark.words.get(word)


def _columns(head: Sequence[str | None], mark: Mark, path: Path) -> list[int]:
    titles = [_cell(head, at) for at in range(len(head))]
    wanted = [mark.heads.get(name, name) for name in _NEEDED]
    for title in wanted:
        if title not in titles:
            raise InputError(
                N_("the column {column} is gone"),
                where=str(path),
                fix=N_("put its head back, as it was"),
                column=title,
            )
    return [titles.index(title) for title in wanted]


def _cell(row: Sequence[str | None], at: int) -> str:
    text = row[at] if at < len(row) else None
    return plain_cell((text or "").strip())


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _strange(path)
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error


def _workbook(raw: bytes, path: Path) -> tuple[Mark, Rows, int]:
    try:
        book = fastexcel.read_excel(raw)
        if MARK_SHEET not in book.sheet_names:
            raise _strange(path)
        mark = _mark([row[0] or "" for row in _sheet(book, MARK_SHEET)], path)
        rows = _sheet(book, mark.sheet if mark.sheet in book.sheet_names else book.sheet_names[0])
    except fastexcel.FastExcelError as error:
        raise _strange(path) from error
    return mark, rows, 1


def _sheet(book: fastexcel.ExcelReader, title: str) -> Rows:
    sheet = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string")
    return sheet.to_polars().select(pl.all().cast(pl.String)).rows()


def _csv(raw: bytes, path: Path) -> tuple[Mark, Rows, int]:
    text = _decoded(raw)
    at = text.find(SCHEMA) + len(SCHEMA)
    rest = text[at : at + 2].lstrip('"')
    if at < len(SCHEMA) or at > len(SCHEMA) + 1 or rest[:1] not in (",", ";", "\t"):
        raise _strange(path)
    try:
        rows = list(_records(text, rest[0]))
    except csv.Error as error:
        raise _strange(path) from error
    mark = _mark(rows[0], path)
    return mark, rows[1:], 2


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    limit = csv.field_size_limit(1 << 20)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    finally:
        csv.field_size_limit(limit)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251", errors="replace")  # what a Russian Excel saves CSV in


def _mark(cells: Sequence[str], path: Path) -> Mark:
    if not cells or cells[0] != SCHEMA:
        raise _strange(path)
    try:
        return Mark.from_text("".join(cells[1:]))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            N_("the sample's own mark was altered"), where=str(path), fix=_DRAW_AGAIN
        ) from error


def _strange(path: Path) -> InputError:
    return InputError(
        N_("not a sample that crmclean wrote: its mark is missing"),
        where=str(path),
        fix=_DRAW_AGAIN,
    )

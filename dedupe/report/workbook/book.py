"""A workbook that is written row after row: its formats, its sheets, the kinds of its cells.

A cell of text is text: neither a formula nor a link. The only formulas are the links to cards,
made of an address that `report.links` has checked; the links between sheets are the book's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.language import current
from dedupe.report.spreadsheets import cell_text, lay_out_paper, new_workbook, sheet_title
from dedupe.report.words import plain

from .heights import row_height

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MAX_ROW = 1_048_576  # of a sheet, as XLSX has it
GUARDED = "guarded"  # the kind of a column whose texts are cells already
LONGEST_URL = 255  # of a text inside a formula
_EPOCH = datetime(1899, 12, 30)  # day 0 of a spreadsheet
_DAY_S = 86_400
_LAST_DAY = 2_958_465  # 9999-12-31
_SIGNS = re.compile(r"^[\W_]+|['!|]")
_WRAPPED = frozenset(("wrap", "note"))
_BAR, _BAND = "#9DB7D5", "#F2F5F9"
_DAYS = {"ru": "dd.mm.yyyy", "en": "yyyy-mm-dd"}
_MONTHS = {"ru": "mm.yyyy", "en": "yyyy-mm"}
_TIMES = {"moment", "date", "week", "month"}
_NUMBERS = {
    "count": "#,##0",
    "share": "0.0%",
    "money": "#,##0",
    "days": "#,##0.0",
    "seconds": "[h]:mm:ss",
    "number": "#,##0.00",
    "year": "0",
    "serial": "0",
}
_WIDTH = 8.43  # of a column that nobody has set
_RIGHT: dict[str, object] = {"align": "right", "indent": 1}  # or it would touch a text beside it
_HEAD: dict[str, object] = {
    "bold": True,
    "bottom": 1,
    "text_wrap": True,
    "valign": "top",
    "bg_color": "#DCE6F2",
}
_STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 14},
    "subtitle": {"bold": True, "font_size": 12},
    "note": {"italic": True, "font_color": "#5F6B7A", "text_wrap": True},
    "head": _HEAD,
    "head_right": _HEAD | _RIGHT,
    "link": {"font_color": "#0B57A4", "underline": 1},
    "free": {"bg_color": "#FFFBEA", "valign": "top"},
    "wrap": {"text_wrap": True},
}
Value = str | float | datetime | date | None


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads to a card (`url`), or to another sheet of the book (`sheet`)."""

    words: str
    url: str = ""
    sheet: str = ""


Cell = Value | Link


class Book:
    """A workbook of many sheets, all of them planned before the first is written."""

    def __init__(self, path: Path, made_at: datetime, account: str = "") -> None:
        self.book = new_workbook(path, made_at)
        self._account = account
        self.names: list[str] = []
        self._formats: dict[tuple[str, bool], Format] = {}

    def add(self, title: str) -> Sheet:
        """Add a sheet; its name is made of `title`."""
        # The name of a sheet stands in addresses of cells: nothing in it may end one.
        name = sheet_title(_SIGNS.sub("", plain(title)), self.names)
        self.names.append(name)
        sheet = self.book.add_worksheet(name)
        lay_out_paper(sheet, self._account)
        return Sheet(self, sheet, name)

    def style(self, kind: str, *, is_banded: bool = False) -> Format:
        """Return the format of cells of a kind (COLUMN_KINDS, or a style of ours)."""
        key = (kind, is_banded)
        if key not in self._formats:
            told = {"valign": "top", **_STYLES.get(kind, {}), **number_format(kind), **_side(kind)}
            if is_banded and "bg_color" not in told:
                told["bg_color"] = _BAND
            self._formats[key] = self.book.add_format(told)
        return self._formats[key]

    def close(self) -> None:
        """Write the file."""
        self.book.close()


class Sheet:
    """One sheet: rows are written downwards; `row` is the next one."""

    def __init__(self, book: Book, sheet: Worksheet, name: str) -> None:
        self.book, self.sheet, self.name = book, sheet, name
        self.row = 0
        self._widths: dict[int, float] = {}

    def line(self, words: str, style: str = "text") -> None:
        """Write a line of text."""
        self.sheet.write_string(self.row, 0, text(words), self.book.style(style))
        self.row += 1

    def note(self, words: str, first: int, last: int, *, style: str = "note") -> None:
        """Write a text across the columns from `first` to `last`, in as many lines as it takes."""
        room = sum(self._widths.get(at, _WIDTH) for at in range(first, last + 1))
        self._set_height([(words, room)])
        if last > first:
            self.sheet.merge_range(self.row, first, self.row, last, "", self.book.style(style))
        self.sheet.write_string(self.row, first, text(words), self.book.style(style))
        self.row += 1

    def cells(
        self, cells: Sequence[Cell], kinds: Sequence[str], *, is_banded: bool = False
    ) -> None:
        """Write a row; the kind of a column says how its values look."""
        wrapped = [
            (cell, self._widths.get(at, _WIDTH))
            for at, (cell, kind) in enumerate(zip(cells, kinds, strict=True))
            if kind in _WRAPPED and isinstance(cell, str)
        ]
        self._set_height(wrapped, is_banded=is_banded)
        for at, (cell, kind) in enumerate(zip(cells, kinds, strict=True)):
            self._write(at, cell, kind, is_banded=is_banded)
        self.row += 1

    def head(
        self,
        titles: Sequence[str],
        kinds: Sequence[str],
        *,
        is_frozen: bool = False,
        n_fixed: int = 0,
    ) -> None:
        """Write the titles of the columns, printed on every page where they are frozen."""
        rooms = [(title, self._widths.get(at, _WIDTH)) for at, title in enumerate(titles)]
        self._set_height(rooms, is_bold=True)
        for at, (title, kind) in enumerate(zip(titles, kinds, strict=True)):
            style = self.book.style("head_right" if kind in _NUMBERS else "head")
            self.sheet.write_string(self.row, at, text(title), style)
        if is_frozen:
            self.sheet.freeze_panes(self.row + 1, n_fixed)
            self.sheet.repeat_rows(self.row)
        self.row += 1

    def bars(self, first: int, last: int, column: int, *, most: float | None = None) -> None:
        """Draw bars into the cells of a column of shares."""
        if last < first:
            return
        told: dict[str, object] = {
            "type": "data_bar",
            "data_bar_2010": True,
            "bar_solid": True,
            "bar_color": _BAR,
            "min_type": "num",
            "min_value": 0,
        }
        if most is not None:
            told |= {"max_type": "num", "max_value": most}
        self.sheet.conditional_format(first, column, last, column, told)

    def widths(self, widths: Mapping[int, float]) -> None:
        """Set the columns' widths, in characters."""
        self._widths |= widths
        for at, width in widths.items():
            self.sheet.set_column(at, at, width)

    def _set_height(
        self, texts: list[tuple[str, float]], *, is_bold: bool = False, is_banded: bool = False
    ) -> None:
        """Make the next row high enough for texts in the widths that they have."""
        height = row_height(texts, is_bold=is_bold)
        if height is not None or is_banded:
            ground = self.book.style("text", is_banded=True) if is_banded else None
            self.sheet.set_row(self.row, height, ground)

    def _write(self, at: int, cell: Cell, kind: str, *, is_banded: bool) -> None:
        if cell is None or cell == "":
            if kind == "free":
                self.sheet.write_blank(self.row, at, None, self.book.style(kind))
        elif isinstance(cell, Link):
            self._link(at, cell, is_banded=is_banded)
        elif isinstance(cell, str):
            style = kind if kind in _STYLES else "text"
            words = cell if kind == GUARDED else text(cell)
            self.sheet.write_string(
                self.row, at, words, self.book.style(style, is_banded=is_banded)
            )
        else:
            is_whole = kind == "number" and isinstance(cell, int | float) and cell == int(cell)
            style = self.book.style("count" if is_whole else kind, is_banded=is_banded)
            self._number(at, cell, style, is_time=kind == "seconds")

    def _number(self, at: int, value: float | date, style: Format, *, is_time: bool) -> None:
        number = serial(value) if isinstance(value, date) else value
        if number is not None and is_time:
            number /= _DAY_S  # a spreadsheet counts times of days
        if number is not None:
            self.sheet.write_number(self.row, at, number, style)

    def _link(self, at: int, link: Link, *, is_banded: bool) -> None:
        words, style = text(link.words), self.book.style("link", is_banded=is_banded)
        if link.sheet:
            place = "internal:'{}'!A1".format(link.sheet.replace("'", "''"))
            self.sheet.write_url(self.row, at, place, style, words)
        elif link.url and len(link.url) <= LONGEST_URL:
            quoted = words.replace('"', '""')
            # A formula: links proper end at 65,530 a sheet.
            formula = f'=HYPERLINK("{link.url}","{quoted}")'
            self.sheet.write_formula(self.row, at, formula, style, words)
        else:
            self.sheet.write_string(
                self.row, at, words, self.book.style("text", is_banded=is_banded)
            )


@lru_cache(maxsize=65_536)
def text(words: str, *, is_phone: bool = False) -> str:
    """Return `words` as a cell holds them; the same texts come again and again."""
    return cell_text(words, is_phone=is_phone)


def serial(at: date) -> float | None:
    """Return a moment of no zone as a spreadsheet counts it; None where it can't be counted."""
    moment = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    days = (moment - _EPOCH).total_seconds() / _DAY_S
    return days if 1 <= days <= _LAST_DAY + 1 else None


def _side(kind: str) -> dict[str, object]:
    """Return where values stand in their cells: numbers to the right, times as texts do."""
    if kind in _NUMBERS:
        return _RIGHT
    return {"align": "left"} if kind in _TIMES else {}


def number_format(kind: str) -> dict[str, object]:
    """Return how numbers and times of a kind are written, nothing for texts."""
    if kind in _NUMBERS:
        return {"num_format": _NUMBERS[kind]}
    if kind == "moment":
        return {"num_format": f"{_DAYS[current()]} hh:mm"}
    if kind in _TIMES:
        return {"num_format": (_MONTHS if kind == "month" else _DAYS)[current()]}
    return {}

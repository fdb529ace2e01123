"""Workbooks that we write: their options, the names of their sheets, the texts of their cells.

Every text is a text cell: never a formula, a number or a link, whatever it begins with. What
begins like a formula has an apostrophe before it all the same, for whoever saves the book as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter

from dedupe.report.words import plain

from .cells import safe_cell

MAX_TEXT = 32_767  # of a cell, as XLSX has it
MAX_TITLE = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def new_workbook(target: BytesIO | Path, made_at: datetime | None = None) -> xlsxwriter.Workbook:
    """Return a workbook that is written into `target`; the same content gives the same bytes.

    A file is written row after row, in order: only one row is held, and what has passed lies in
    the file's own folder until the book is closed.
    """
    if isinstance(target, Path):
        place = {"constant_memory": True, "tmpdir": str(target.parent)}
        book = xlsxwriter.Workbook(str(target), {**_OPTIONS, **place})
    else:
        book = xlsxwriter.Workbook(target, {**_OPTIONS, "in_memory": True})
    # A book says when it was made: the time of the data, not of the clock.
    naive = (made_at or datetime(2000, 1, 1, tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"created": naive})
    return book


def sheet_title(title: str, taken: Collection[str] = ()) -> str:
    """Return `title` as the name of a sheet: short, without forbidden signs, not yet `taken`."""
    clean = _FORBIDDEN.sub(" ", title).strip("' ")[:MAX_TITLE] or "sheet"
    lower, n, name = {each.lower() for each in taken}, 2, clean
    while name.lower() in lower:
        name, n = f"{clean[: MAX_TITLE - len(str(n)) - 1]} {n}", n + 1
    return name


def cell_text(text: str, *, is_phone: bool = False, lines: bool = False) -> str:
    """Return `text` as it stands in a cell: guarded, visible, cut where a cell ends.

    Line feeds stay where `lines` are wanted.
    """
    told = "\n".join(plain(each) for each in text.split("\n")) if lines else plain(text)
    safe = safe_cell(told, is_phone=is_phone)
    cut = safe if len(safe) <= MAX_TEXT else safe[: MAX_TEXT - 1] + "…"
    # xlsxwriter 3.3 takes such a text for the markup of a cell and writes it as it is: with more
    # markup inside it would be a formula.
    return f"{cut} " if cut.startswith("<r>") and cut.endswith("</r>") else cut

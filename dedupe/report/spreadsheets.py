"""Workbooks that we write: their options, their sheets' names and paper, the texts of cells.

Every text is a text cell: never a formula, a number or a link, whatever it begins with. What
begins like a formula has an apostrophe before it all the same, for whoever saves the book as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.language import N_, tr
from dedupe.report.words import plain

from .cells import safe_cell

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

MAX_TEXT = 32_767  # of a cell, as XLSX has it
MAX_TITLE = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_A4 = 9  # as the file format counts papers
_LONGEST = 80  # of a name in a footer, which holds 255 signs with its codes
_INCHES = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}
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
    import xlsxwriter  # a tenth of a second that only a workbook is worth

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


def lay_out_paper(sheet: Worksheet, named: str) -> None:
    """Have a sheet printed on A4 across, as wide as the page, with name and page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)  # as long as it takes
    sheet.set_margins(**_INCHES)
    # A footer's codes begin with "&"; the blank keeps a number from being a size of letters.
    words = plain(named)[:_LONGEST].replace("&", "&&")
    page = tr(N_("page {n} of {total}"), n="&P", total="&N")
    sheet.set_footer(f"&L&8 {words} · &A&R&8 {page}")


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

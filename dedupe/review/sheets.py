"""The look of the review's sheets, and what makes their cells inert: shared by both of them."""

from __future__ import annotations

from collections.abc import Mapping

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dedupe.language import LANGUAGES, tr_in

_CELL = 32_000  # a cell holds 32,767 characters


class Looks:
    """The formats of one workbook: banded rows, open cells in another color."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        base = {"text_wrap": True, "valign": "top", "num_format": "@", "border": 1,
                "border_color": "#D0D0D0"}  # fmt: skip
        self.head = book.add_format({**base, "bold": True, "bg_color": "#DCE6F2"})
        self._closed = [book.add_format({**base, "bg_color": c}) for c in ("#FFFFFF", "#F3F3F3")]
        self._open = [
            book.add_format({**base, "bg_color": color, "locked": False})
            for color in ("#FFFBEA", "#FFF4CF")
        ]

    def cell(self, band: int, *, is_open: bool) -> Format:
        """Return the format of a cell in an even (0) or odd (1) band."""
        return (self._open if is_open else self._closed)[band]


def inert(text: str) -> str:
    """Return `text` as a cell holds it, and so that it isn't taken for the markup of a cell."""
    text = text[:_CELL]
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def lock(sheet: Worksheet) -> None:
    """Protect the closed cells, without a password: it keeps from slips, not from people."""
    sheet.protect("", {"sort": True, "autofilter": True, "format_columns": True,
                       "format_rows": True})  # fmt: skip


def plain_text(cell: str | None) -> str:
    """Return what a cell says on one line."""
    return " ".join((cell or "").split())


def word_of(cell: str | None, words: Mapping[str, str]) -> tuple[str, str]:
    """Return which of the words a cell holds in either language, and the cell where none."""
    text = plain_text(cell).casefold()
    for key, msgid in words.items():
        if text in {tr_in(language, msgid).casefold() for language in LANGUAGES}:
            return key, ""
    return "", text

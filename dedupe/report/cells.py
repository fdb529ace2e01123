"""Cells of tables that a spreadsheet opens: text that can't become a formula.

A cell that begins with a sign that starts a formula somewhere gets an apostrophe before it; signs
that a reader does not see (BOM, zero-width, spaces) may stand before the sign and hide it. OWASP's
rule on CSV injection, with the full-width twins that some spreadsheets take for the signs.
"""

from __future__ import annotations

import re

_UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\u00ad\u200e\u200f\u00a0\u202f\u2007\u3000 "
_STARTERS = "=+-@\t\r\n|%＝＋－＠"
_PHONE = re.compile(r"\+?[0-9]{5,15}")


def safe_cell(text: str, *, is_phone: bool = False) -> str:
    """Return `text` as a cell that no spreadsheet takes for a formula.

    In a column of phones a whole number, with or without its plus, stays as it is: digits alone
    call nothing.

    >>> safe_cell("=1+1"), safe_cell("+79161234567", is_phone=True), safe_cell("Anna")
    ("'=1+1", '+79161234567', 'Anna')
    """
    if is_phone and _PHONE.fullmatch(text):
        return text
    return f"'{text}" if _is_risky(text) else text


def plain_cell(cell: str) -> str:
    """Return the text that `safe_cell` made the cell of; only for files that are ours.

    >>> plain_cell(safe_cell("-5")), plain_cell("'tis")
    ('-5', "'tis")
    """
    rest = cell.removeprefix("'")
    return rest if rest != cell and _is_risky(rest) else cell


def _is_risky(text: str) -> bool:
    # An apostrophe before such a sign gets another one, so that every cell can be read back.
    return text.lstrip("'").lstrip(_UNSEEN).startswith(tuple(_STARTERS))

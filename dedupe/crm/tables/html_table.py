"""The ".xls" of Bitrix24, which is an HTML table; the largest table of the page is read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import polars as pl

from dedupe.crm.tables.decode import to_utf8
from dedupe.crm.tables.options import TableOptions
from dedupe.crm.tables.sheets import Sheet, build_sheet, find_header, no_header
from dedupe.errors import InputError
from dedupe.language import N_

_OPENING = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<head|<meta|<table|<body)", re.I
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.I)
_MAX_SPAN = 1000


def is_html(raw: bytes) -> bool:
    """Tell whether the bytes begin as a page does and hold a table."""
    return bool(_OPENING.match(raw[:512])) and b"<table" in raw[: 1 << 16].lower()


def read_html(raw: bytes, name: str, where: str, options: TableOptions) -> Sheet:
    """Read the page's largest table; a page without one raises InputError."""
    rows = _largest_table(_text(raw, where, options), where)
    at = find_header(rows, options.roles)
    if at is None:
        raise no_header(where)
    width = max(map(len, rows[at:]))
    header = rows[at] + [""] * (width - len(rows[at]))
    below = [row + [""] * (width - len(row)) for row in rows[at + 1 :]]
    columns = {str(i): [row[i] for row in below] for i in range(width)}
    return build_sheet(
        name, where, header, pl.DataFrame(columns, dict.fromkeys(columns, pl.String()))
    )


def _text(raw: bytes, where: str, options: TableOptions) -> str:
    said = _CHARSET.search(raw[:2048])
    encoding = options.encoding
    if encoding is None and said and said[1].lower() in (b"windows-1251", b"cp1251"):
        encoding = "cp1251"
    return to_utf8(raw, where, encoding).decode()


def _largest_table(text: str, where: str) -> list[list[str]]:
    parser = _Tables()
    parser.feed(text)
    parser.close()
    parser.end_table()
    rows = max(parser.tables, key=len, default=[])
    if not rows:
        raise InputError(
            N_("the page holds no table with rows"),
            where=where,
            fix=N_("export it again, as CSV if the CRM offers it"),
        )
    return rows


class _Tables(HTMLParser):
    """Collects the cells' texts; entities are resolved, tags inside cells dropped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._rows: list[list[str]] = []
        self._cells: list[str] | None = None
        self._text: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.end_table()
        elif tag == "tr":
            self._end_row()
            self._cells = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._text = []
            self._span = _span(dict(attrs).get("colspan"))
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self.end_table()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end_table(self) -> None:
        self._end_row()
        if self._rows:
            self.tables.append(self._rows)
        self._rows = []

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells:
            self._rows.append(self._cells)
        self._cells = None

    def _end_cell(self) -> None:
        if self._text is None:
            return
        if self._cells is None:  # a cell outside of any row starts one
            self._cells = []
        self._cells.append("".join(self._text).replace("\xa0", " "))
        self._cells.extend([""] * (self._span - 1))
        self._text = None


def _span(said: str | None) -> int:
    return min(max(int(said), 1), _MAX_SPAN) if said and said.isdigit() else 1

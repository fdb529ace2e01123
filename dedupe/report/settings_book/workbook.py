"""A settings document as a workbook: a sheet for each section."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from dedupe.language import N_, tr
from dedupe.report.spreadsheets import cell_text, new_workbook, sheet_title

from .values import Attribute, Book, Kind, Section, Value
from .words import shown, unread_lines

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_NARROW, _WIDE = 8, 60
_SAMPLED = 500  # rows that tell a column's width
_FORMATS = {
    Kind.COUNT: {"num_format": "#,##0"},
    Kind.MONEY: {"num_format": "#,##0.00"},
    Kind.SHARE: {"num_format": "0.0%"},
    Kind.MOMENT: {"num_format": "yyyy-mm-dd hh:mm"},
}


def render_workbook(book: Book) -> bytes:
    """Return `book` as the bytes of an XLSX file in the language in use; moments are UTC."""
    buffer = BytesIO()
    workbook = new_workbook(buffer, book.read_to)
    writer = _Writer(workbook)
    taken: list[str] = []
    for section in book.sections:
        taken.append(sheet_title(tr(section.layout.title), taken))
        writer.write(workbook.add_worksheet(taken[-1]), section)
    workbook.close()
    return buffer.getvalue()


class _Writer:
    """Writes sections with the formats of one workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self.head: Format = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.note: Format = workbook.add_format({"italic": True})
        self.text: Format = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.kinds = {
            kind: workbook.add_format({**told, "valign": "top"}) for kind, told in _FORMATS.items()
        }

    def write(self, sheet: Worksheet, section: Section) -> None:
        """Write the header, the rows, and below them what was not read."""
        n = 0
        if section.is_read:
            n = self._facts(sheet, section) if section.layout.is_facts else self._rows(
                sheet, section)  # fmt: skip
        notes = [
            *unread_lines(section),
            *([tr(section.layout.note)] if section.layout.note else ()),
        ]
        for at, line in enumerate(notes if section.is_read else notes[:1]):
            sheet.write_string(n + (1 if n else 0) + at, 0, cell_text(line), self.note)

    def _rows(self, sheet: Worksheet, section: Section) -> int:
        attributes = section.layout.attributes
        heads = ["ID", *(tr(one.title) for one in attributes)]
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, self.head)
        widths = [len(head) for head in heads]
        for row, entry in enumerate(section.entries, 1):
            sheet.write_string(row, 0, cell_text(entry.id), self.text)
            told = [entry.id]
            for column, (value, one) in enumerate(
                zip(entry.values, attributes, strict=True), 1
            ):  # fmt: skip
                self._cell(sheet, row, column, value, one)
                told.append(shown(value, one))
            if row <= _SAMPLED:
                widths = [max(w, len(text)) for w, text in zip(widths, told, strict=True)]
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width + 2, _NARROW), _WIDE))
        sheet.freeze_panes(1, 2)
        n = len(section.entries)
        sheet.autofilter(0, 0, n, len(attributes))
        return n + 1

    def _facts(self, sheet: Worksheet, section: Section) -> int:
        for column, head in enumerate((tr(N_("what")), tr(N_("value")))):
            sheet.write_string(0, column, head, self.head)
        values = section.entries[0].values
        for row, (value, one) in enumerate(
            zip(values, section.layout.attributes, strict=True), 1
        ):  # fmt: skip
            sheet.write_string(row, 0, tr(one.title), self.text)
            self._cell(sheet, row, 1, value, one)
        sheet.set_column(0, 1, 32)
        sheet.freeze_panes(1, 0)
        return len(values) + 1

    def _cell(
        self, sheet: Worksheet, row: int, column: int, value: Value, attribute: Attribute
    ) -> None:
        if isinstance(value, datetime):
            naive = value.astimezone(UTC).replace(tzinfo=None)
            sheet.write_datetime(row, column, naive, self.kinds[Kind.MOMENT])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            sheet.write_number(row, column, value, self.kinds[attribute.kind])
        else:
            sheet.write_string(row, column, cell_text(shown(value, attribute)), self.text)

"""A sample as a file for reviewers: a workbook or a CSV, which says of itself whose it is.

The workbook has the rows, a page of how to judge them, and a hidden sheet with the mark; the CSV
has the mark as its first line. Cells are text that no spreadsheet takes for a formula.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from dedupe.language import N_, current, date_time, tr
from dedupe.report.spreadsheets import cell_text, new_workbook, sheet_title

from .values import SCHEMA, VERDICTS, Cell, Column, Mark, Sample

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MARK_SHEET = "crmclean"
CHUNK = 30_000  # characters of the mark in one cell
_WIDTHS = {"number": 5, "link": 12, "other_link": 12, "name": 28, "other_name": 28, "signs": 36,
           "recordings": 40, "values": 26, "other_values": 26, "comment": 36, "owner": 20,
           "created": 16, "closed": 16, "other_created": 16, "reviewer": 18}  # fmt: skip
_FREE = ("verdict", "free")
_Cells = tuple[Cell, ...]


def render_xlsx(sample: Sample) -> bytes:
    """Return the sample as the bytes of an XLSX file; the same sample gives the same bytes."""
    buffer = BytesIO()
    workbook = new_workbook(buffer)
    titles = [sheet_title(sample.mark.sheet)]
    _write_rows(workbook, workbook.add_worksheet(titles[0]), sample)
    titles.append(sheet_title(tr(N_("How to judge")), titles))
    guide = workbook.add_worksheet(titles[1])
    guide.set_column(0, 0, 100, workbook.add_format({"text_wrap": True}))
    for row, line in enumerate(sample.guide):
        guide.write_string(row, 0, cell_text(line))
    hidden_sheet = workbook.add_worksheet(MARK_SHEET)
    for row, cell in enumerate(mark_cells(sample.mark)):
        hidden_sheet.write_string(row, 0, cell)
    hidden_sheet.very_hidden()
    workbook.close()
    return buffer.getvalue()


def render_csv(sample: Sample) -> bytes:
    """Return the sample as the bytes of a CSV file, as the reader's spreadsheet expects it."""
    out = io.StringIO()
    delimiter = ";" if current() == "ru" else ","
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(mark_cells(sample.mark))
    writer.writerow([column.title for column in sample.columns])
    for row in sample.rows:
        writer.writerow([cell_text(_text(cell), lines=True) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def mark_cells(mark: Mark) -> list[str]:
    """Return the mark as cells: the schema, then its text in pieces that a cell holds."""
    text = mark.to_text()
    return [SCHEMA, *(text[at : at + CHUNK] for at in range(0, len(text), CHUNK))]


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return date_time(cell.astimezone(UTC))
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() else f"{cell:.2f}"
        return text.replace(".", ",") if current() == "ru" else text
    return cell or ""


def _write_rows(workbook: Workbook, sheet: Worksheet, sample: Sample) -> None:
    head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    text = workbook.add_format({"text_wrap": True, "valign": "top"})
    free = workbook.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF8DC"})
    moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
    money = workbook.add_format({"num_format": "#,##0.00", "valign": "top"})
    formats = {"moment": moment, "money": money}
    for at, column in enumerate(sample.columns):
        sheet.write_string(0, at, column.title, head)
        sheet.set_column(at, at, _WIDTHS.get(column.name, 12))
        kind = formats.get(column.kind, free if column.kind in _FREE else text)
        for number, row in enumerate(sample.rows, 1):
            _write_cell(sheet, number, at, column, row[at], kind)
        if column.kind == "verdict" and sample.rows:
            _add_list(sheet, at, len(sample.rows))
    sheet.freeze_panes(1, 3)
    sheet.autofilter(0, 0, max(len(sample.rows), 1), len(sample.columns) - 1)


def _write_cell(
    sheet: Worksheet, row: int, at: int, column: Column, cell: Cell, kind: object
) -> None:
    if cell is None:
        sheet.write_blank(row, at, None, kind)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, at, cell.astimezone(UTC).replace(tzinfo=None), kind)
    elif isinstance(cell, float):
        sheet.write_number(row, at, cell, kind)
    elif column.kind == "link" and cell:
        sheet.write_url(row, at, cell, string=tr(N_("open the card")))
    else:
        sheet.write_string(row, at, cell_text(cell, lines=column.kind == "lines"), kind)


def _add_list(sheet: Worksheet, at: int, n: int) -> None:
    words = [tr(word) for word in VERDICTS.values()]
    sheet.data_validation(
        1,
        at,
        n,
        at,
        {
            "validate": "list",
            "source": words,
            "error_title": tr(N_("No such verdict")),
            "error_message": ", ".join(words),
        },
    )

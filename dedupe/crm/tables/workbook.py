"""Workbooks (XLSX, XLS, XLSB, ODS) through fastexcel; every cell as text.

Numbers become text without an exponent and without ".0", so ids and phones stay whole;
date cells become ISO text. A workbook's sheets are all read; a sheet without a header
that we know is left to the caller to report.
"""

from __future__ import annotations

from collections.abc import Iterator

import fastexcel
import polars as pl

from dedupe.crm.tables.options import TableOptions
from dedupe.crm.tables.sheets import HEADER_ROWS, Sheet, build_sheet, find_header
from dedupe.errors import InputError
from dedupe.language import N_

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))


def read_workbook(raw: bytes, name: str, where: str, options: TableOptions) -> list[Sheet | str]:
    """Read the sheets in their order; of one without a known header, its title alone."""
    book = _opened(raw, where)
    names = _chosen(book.sheet_names, where, options.sheet)
    return list(_sheets(book, names, name, where, options))


def _sheets(
    book: fastexcel.ExcelReader, names: list[str], file: str, where: str, options: TableOptions
) -> Iterator[Sheet | str]:
    for title in names:
        address = f"{where}[{title}]"
        cells = _cells(book, title, where)
        if cells.is_empty():
            continue
        at = find_header(cells.head(HEADER_ROWS).rows(), options.roles)
        if at is None:
            yield title
            continue
        # The only sheet of a file is known by the file: its own name is "Sheet1" or the like.
        called = f"{title} {file}" if len(names) == 1 else title
        yield build_sheet(called, address, cells.row(at), cells.slice(at + 1))


def _cells(book: fastexcel.ExcelReader, title: str, where: str) -> pl.DataFrame:
    try:
        sheet = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string")
        cells = sheet.to_polars()
    except fastexcel.FastExcelError:
        raise InputError(
            N_("the sheet {sheet} is damaged"),
            where=where,
            fix=N_("open it in Excel, save it again and retry, or export it as CSV"),
            sheet=title,
        ) from None
    # A date cell without a time comes with a midnight that nobody typed.
    return cells.select(pl.all().cast(pl.String).str.replace(r"^(\d{4}-\d\d-\d\d) 00:00:00$", "$1"))


def _opened(raw: bytes, where: str) -> fastexcel.ExcelReader:
    if raw.startswith(OLE_MAGIC) and any(mark in raw for mark in _ENCRYPTED):
        raise InputError(
            N_("the workbook has a password"),
            where=where,
            fix=N_("open it in Excel, save it without the password and retry"),
        )
    try:
        return fastexcel.read_excel(raw)
    except fastexcel.FastExcelError as error:
        raise _unreadable(raw, where, str(error)) from None


def _unreadable(raw: bytes, where: str, message: str) -> InputError:
    if raw.startswith(OLE_MAGIC):
        return InputError(
            N_("an old .xls workbook that is damaged or has a password"),
            where=where,
            fix=N_("open it in Excel, save it as .xlsx without a password and retry"),
        )
    if raw.startswith(ZIP_MAGIC):
        return InputError(
            N_("a damaged archive, or not a workbook: it can't be opened"),
            where=where,
            fix=N_("download or export it again as XLSX or CSV"),
        )
    return not_a_workbook(where)


def not_a_workbook(where: str) -> InputError:
    """Return the error of a file that is called a workbook and is something else."""
    return InputError(
        N_("not a workbook, whatever its name says"),
        where=where,
        fix=N_("export it again as XLSX, or rename it to .csv if it is text"),
    )


def _chosen(names: list[str], where: str, wanted: str | None) -> list[str]:
    if wanted is None:
        return names
    for same in (str, str.casefold):
        if found := [name for name in names if same(name) == same(wanted)]:
            return found[:1]
    raise InputError(
        N_("there is no sheet {sheet}"),
        where=where,
        fix=N_("name one of: {sheets}"),
        sheet=wanted,
        sheets=", ".join(names),
    )

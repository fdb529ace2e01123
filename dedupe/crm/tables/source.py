"""A path -> the sheets in it: one file, or the files of a folder (not of its folders).

What a file is, its first bytes say; its name counts only where they do not. In a
folder, a file without a header that we know is passed over and reported; a damaged
file is an error there too, for counts without it would be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dedupe.crm.tables import parquet_file
from dedupe.crm.tables.csv_file import read_csv
from dedupe.crm.tables.html_table import is_html, read_html
from dedupe.crm.tables.options import TableOptions
from dedupe.crm.tables.sheets import NoHeaderError, Sheet, find_header, no_header
from dedupe.crm.tables.workbook import OLE_MAGIC, ZIP_MAGIC, not_a_workbook, read_workbook
from dedupe.errors import InputError
from dedupe.language import N_

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
# .xls is missing here on purpose: CRMs give that name to HTML and to tab-separated text.
BOOK_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".ods")
PARQUET_SUFFIXES = (".parquet", ".pq")
SUFFIXES = (*TEXT_SUFFIXES, *BOOK_SUFFIXES, ".xls", ".html", ".htm", *PARQUET_SUFFIXES)
# What a scan writes beside its summary: a scan into the folder of its source is no source itself.
_SUMMARY = "summary.json"
_RESULTS = frozenset(
    (
        "channels.parquet",
        "clusters.parquet",
        "findings.parquet",
        "pairs.parquet",
        "report.html",
        "report.xlsx",
    )
)
_BLANK_BYTES = 1 << 16  # a larger file of nothing but blanks has no header, and is told so
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The sheets of a source, and the names of the tables without a known header."""

    sheets: tuple[Sheet, ...]
    unknown: tuple[str, ...]


def list_files(source: Path) -> list[Path]:
    """Return the files to read, sorted by name; a missing or useless path raises InputError.

    What a scan has written into the folder is passed over.
    """
    try:
        if source.is_dir():
            results = _RESULTS if (source / _SUMMARY).is_file() else frozenset()
            tables = (path for path in source.iterdir() if _is_table(path))
            files = sorted(path for path in tables if path.name not in results)
        else:
            return [source] if source.exists() else _missing(source)
    except OSError as error:
        raise _unreadable(source, error) from None
    if not files:
        raise InputError(
            N_("the folder has no table files"),
            where=str(source),
            fix=N_("put files of these kinds into it: {suffixes}"),
            suffixes=", ".join(SUFFIXES),
        )
    return files


def read_file(path: Path, options: TableOptions, *, alone: bool) -> Found:
    """Read one file; `alone` tells that the user named it, so it must hold a table."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(raw) < _BLANK_BYTES and not raw.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise InputError(
            N_("the file is empty"), where=str(path), fix=N_("export it again, with rows")
        )
    sheets, unknown = _read(raw, path, options, alone=alone)
    if alone and not sheets:
        raise no_header(str(path))
    return Found(sheets=tuple(sheets), unknown=tuple(unknown))


def _read(
    raw: bytes, path: Path, options: TableOptions, *, alone: bool
) -> tuple[list[Sheet], list[str]]:
    where = str(path)
    if raw.startswith((ZIP_MAGIC, OLE_MAGIC)):
        results = read_workbook(raw, path.stem, where, options)
        sheets = [result for result in results if isinstance(result, Sheet)]
        return sheets, [f"{path.name}[{title}]" for title in results if isinstance(title, str)]
    try:
        return [_single(raw, path, options)], []
    except NoHeaderError:
        if alone:
            raise
        return [], [path.name]


def _single(raw: bytes, path: Path, options: TableOptions) -> Sheet:
    where, suffix = str(path), path.suffix.lower()
    if raw.startswith(parquet_file.MAGIC) or suffix in PARQUET_SUFFIXES:
        sheet = parquet_file.read_parquet(raw, path.stem, where)
        if find_header([sheet.header], options.roles) is None:
            raise no_header(where)
        return sheet
    if suffix in BOOK_SUFFIXES:
        raise not_a_workbook(where)
    if raw.startswith(_COMPRESSED):
        raise InputError(
            N_("the file is compressed"),
            where=where,
            fix=N_("unpack it first and name what was in it"),
        )
    if options.sheet is not None:
        raise InputError(
            N_("--sheet is for workbooks, and this file has no sheets"),
            where=where,
            fix=N_("leave --sheet out"),
        )
    if is_html(raw):
        return read_html(raw, path.stem, where, options)
    return read_csv(raw, path.stem, where, options)


def _is_table(path: Path) -> bool:
    # Excel leaves "~$book.xlsx" beside a workbook that is open.
    hidden = path.name.startswith((".", "~$"))
    return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()


def _missing(source: Path) -> list[Path]:
    raise InputError(
        N_("there is no such file or folder"),
        where=str(source),
        fix=N_("check the path; give a table, a folder of tables or a snapshot"),
    )


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        N_("can't be read ({reason})"),
        where=str(path),
        fix=N_("check that it is a file and that you may read it"),
        reason=error.strerror or type(error).__name__,
    )

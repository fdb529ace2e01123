"""Workbooks and CSV files as tests look into them: what is in the file, not what a reader makes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import fastexcel

from dedupe.language import current

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OURS = re.compile(r'HYPERLINK\("https://[A-Za-z0-9.:/-]+","[^"]*"\)')
CARD = re.compile(r"https://[A-Za-z0-9.-]+/(contacts|companies|leads)/detail/[0-9]+")
RANGE = re.compile(
    r"('([^'!]|'')+'|\w+)!(\$[A-Z]+\$[0-9]+(:\$[A-Z]+\$[0-9]+)?|\$[0-9]+:\$[0-9]+)"
)  # cells, or rows that are printed on every page
Rows = list[tuple[object, ...]]


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets, in their order."""
    return fastexcel.read_excel(path).sheet_names


def sheet_rows(path: Path, name: str) -> Rows:
    """Return the cells of a sheet."""
    sheet = fastexcel.read_excel(path).load_sheet(name, header_row=None, dtypes="string")
    return sheet.to_polars().rows()


def formulas(raw: bytes) -> list[str]:
    """Return every formula of a workbook, wherever it stands; a broken part is an error."""
    found = []
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                tree = ElementTree.fromstring(packed.read(name))
                if name.startswith("xl/worksheets/sheet"):
                    found += [cell.text or "" for cell in tree.iter(f"{MAIN}f")]
    return found


def active_cells(raw: bytes) -> list[str]:
    """Return what would call something: formulas that aren't our links, links to the outside."""
    calls = [formula for formula in formulas(raw) if not OURS.fullmatch(formula)]
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        for name in packed.namelist():
            text = packed.read(name).decode("utf-8", "replace")
            calls += re.findall(r"ddeLink", text)
            for target in re.findall(r'Target="([^"]*)" TargetMode="External"', text):
                calls += [] if CARD.fullmatch(target) else [target]
            for formula in re.findall(r"<(?:c:f|definedName)(?: [^>]*)?>([^<]*)<", text):
                calls += [] if RANGE.fullmatch(formula) else [formula]
            if "externalLink" in name or "vbaProject" in name or "connections" in name:
                calls.append(name)
    return calls


def csv_rows(text: str) -> list[list[str]]:
    """Return the cells of a CSV file of ours."""
    delimiter = ";" if current() == "ru" else ","
    return list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    )


def risky_cells(text: str) -> list[str]:
    """Return the cells that some spreadsheet would take for a formula."""
    unseen = "\ufeff\u200b\u200c\u200d\u2060\u00a0\u00ad \t\r\n"
    number = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
    return [
        cell
        for row in csv_rows(text)
        for cell in row
        if cell.lstrip(unseen).startswith(tuple("=+-@|%＝＋－＠")) or cell[:1] in ("\t", "\r", "\n")
        if not number.fullmatch(cell)
    ]

"""The formats a report can have, and the one way to write them.

A format is a file's name and the function that writes a `Content` to a path. Functions are named,
not imported: a workbook's writer costs time that a page does not need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.report.content import Content
from dedupe.report.letter import missing_package
from dedupe.snapshot import staged_folder


@dataclass(frozen=True, slots=True)
class Format:
    """A format of reports: what its file or folder is called, and "module:function(content, path)".

    What people write into (`is_worked_on`) is never replaced unasked. `package` is one that an
    extra of the format's name installs.
    """

    file_name: str
    writer: str
    is_worked_on: bool = False
    package: str = ""

    def write(self, content: Content, path: Path) -> None:
        """Write the report to `path`."""
        module, _, name = self.writer.partition(":")
        function = getattr(importlib.import_module(module), name)
        cast("Callable[[Content, Path], None]", function)(content, path)


FORMATS = {
    "html": Format("report.html", "dedupe.report.html:write_html"),
    "xlsx": Format("report.xlsx", "dedupe.report.workbook:write_workbook", is_worked_on=True),
    "pdf": Format("report.pdf", "dedupe.report.pdf:write_pdf", package="typst"),
    "docx": Format(
        "report.docx", "dedupe.report.docx:write_docx", is_worked_on=True, package="docx"
    ),
    "csv": Format("report_csv", "dedupe.report.csv_files:write_csv_files", is_worked_on=True),
}


def choose_formats(told: Sequence[str]) -> tuple[str, ...]:
    """Return the formats of `--to html,xlsx`, each once.

    Raises InputError for an unknown one, and for one whose package is not installed.
    """
    names = [name.strip().lower() for text in told for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise InputError(
                N_("no such format"),
                where=name[:40],
                fix=N_("name some of: {known}"),
                known=", ".join(FORMATS),
            )
        package = FORMATS[name].package
        if package and find_spec(package) is None:
            raise missing_package(name)
    return tuple(dict.fromkeys(names)) or ("html",)


def write_reports(
    content: Content,
    formats: Sequence[str],
    folder: Path,
    *,
    replaces: bool,
    overwrites: bool = False,
) -> dict[str, Path]:
    """Write the report in each of `formats` into `folder`, all or none; return their paths.

    Raises InputError where there is a report already that may not be replaced (see
    `check_place`), and StorageError where the folder can't be written.
    """
    check_place(formats, folder, replaces=replaces, overwrites=overwrites)
    with staged_folder(folder) as staging:
        write_into(content, formats, staging)
    return {name: folder / FORMATS[name].file_name for name in formats}


def write_into(content: Content, formats: Sequence[str], staging: Path) -> None:
    """Write the report in each of `formats` into a folder of our own."""
    for name in formats:
        FORMATS[name].write(content, staging / FORMATS[name].file_name)


def check_place(
    formats: Sequence[str], folder: Path, *, replaces: bool, overwrites: bool = False
) -> None:
    """Raise InputError where a report of that name is in `folder` already.

    `replaces` allows it for what is only read, `overwrites` for what people write into too.
    """
    for name in formats:
        told, path = FORMATS[name], folder / FORMATS[name].file_name
        may = overwrites or (replaces and not told.is_worked_on)
        if not may and (path.exists() or path.is_symlink()):
            raise InputError(
                N_("there is such a file already"),
                where=str(path),
                fix=N_("name another folder with -o, or allow it with --overwrite"),
            )

"""The formats a report can have, and the one way to write them.

A format is a file's name and the function that writes a `Content` to a path. Functions are named,
not imported: a workbook's writer costs time that a page does not need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.report.content import Content
from dedupe.snapshot import staged_folder


@dataclass(frozen=True, slots=True)
class Format:
    """A format of reports: what its file is called, and "module:function(content, path)"."""

    file_name: str
    writer: str

    def write(self, content: Content, path: Path) -> None:
        """Write the report to `path`."""
        module, _, name = self.writer.partition(":")
        function = getattr(importlib.import_module(module), name)
        cast("Callable[[Content, Path], None]", function)(content, path)


FORMATS = {
    "html": Format("report.html", "dedupe.report.html:write_html"),
}


def choose_formats(told: Sequence[str]) -> tuple[str, ...]:
    """Return the formats of `--to html,xlsx`, each once. Raises InputError for an unknown one."""
    names = [name.strip().lower() for text in told for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise InputError(
                N_("no such format"),
                where=name[:40],
                fix=N_("name some of: {known}"),
                known=", ".join(FORMATS),
            )
    return tuple(dict.fromkeys(names)) or ("html",)


def write_reports(
    content: Content, formats: Sequence[str], folder: Path, *, replaces: bool
) -> dict[str, Path]:
    """Write the report in each of `formats` into `folder`, all or none; return their paths.

    Raises InputError where a file of that name is there already, unless `replaces`, and
    StorageError where the folder can't be written.
    """
    paths = {name: folder / FORMATS[name].file_name for name in formats}
    taken = next((path for path in paths.values() if path.exists() and not replaces), None)
    if taken is not None:
        raise InputError(
            N_("there is such a file already"),
            where=str(taken),
            fix=N_("name another folder with -o, or allow it with --overwrite"),
        )
    with staged_folder(folder) as staging:
        for name in formats:
            FORMATS[name].write(content, staging / FORMATS[name].file_name)
    return paths

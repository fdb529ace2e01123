"""report.docx: the report as a document to be worked on, on the auditor's letterhead.

Needs the extra `docx` (python-docx). `placeholders` fills the letterhead, `body` writes what the
placeholders of parts stand for, `markup` has the elements they are made of. Texts of the account
become text of the document and nothing else: no fields, no links but to cards, no markup. The same
scan gives the same bytes.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from dedupe.report.content import Content
from dedupe.report.letter import missing_package


def write_docx(content: Content, path: Path) -> None:
    """Write the report to `path`, a place of our own, on the template of the content's options.

    Raises InputError without the extra `docx`, and for a template that is none.
    """
    _require_package()
    from .write import render_docx

    path.write_bytes(render_docx(content))


def write_template(path: Path, *, overwrites: bool = False) -> None:
    """Write a letterhead to begin with, with placeholders. Raises InputError, StorageError."""
    _require_package()
    from .write import save_template

    save_template(path, overwrites=overwrites)


def _require_package() -> None:
    if find_spec("docx") is None:
        raise missing_package("docx")

"""A PDF of a report: the document and the template put together by typst, in a folder of its own.

Typst sees that folder and nothing else of the disk. Texts reach it as JSON values, which it never
reads as markup. The date in the file is the scan's, so that the same scan gives the same bytes.
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, cast

from dedupe.config.reporting import is_logo
from dedupe.report.content import Content
from dedupe.report.letter import missing_package, stamp
from dedupe.report.page import build_page

from .document import Document, build_document

TEMPLATE = Path(__file__).with_name("report.typ")
FONT = "Libertinus Serif"  # built into typst, with Cyrillic


class Typst(Protocol):
    """What is used of the package."""

    def compile(
        self,
        input: Path,
        *,
        root: Path,
        format: str,
        timestamp: datetime | None = None,
        ppi: float | None = None,
    ) -> bytes | list[bytes]:
        """Return the document's bytes; of several pictures a list."""


def write_pdf(content: Content, path: Path) -> None:
    """Write the report to `path`, a place of our own. Raises InputError without the extra `pdf`."""
    path.write_bytes(render_pdf(content))


def render_pdf(content: Content) -> bytes:
    """Return the report in the language in use. Raises InputError without the extra `pdf`."""
    typst = load_typst()
    document = build_document(content, build_page(content))
    at = stamp(content)
    document["date"] = [at.year, at.month, at.day]
    document["font"] = FONT
    with TemporaryDirectory(prefix="crmclean-") as place:
        folder = Path(place)
        document["logo"] = _copied_logo(content.brand.logo, folder)
        (folder / "report.json").write_bytes(_encoded(document))
        main = shutil.copyfile(TEMPLATE, folder / "report.typ")
        made = typst.compile(main, root=folder, format="pdf", timestamp=at)
    return made if isinstance(made, bytes) else b"".join(made)


def load_typst() -> Typst:
    """Return the typesetter. Raises InputError where it is not installed."""
    if find_spec("typst") is None:
        raise missing_package("pdf")
    return cast("Typst", import_module("typst"))


def _copied_logo(logo: str | None, folder: Path) -> str:
    """Copy the brand's logo to where the template may read it; return its name there."""
    if logo is None or not is_logo(Path(logo)):
        return ""
    name = f"logo{Path(logo).suffix.lower()}"
    shutil.copyfile(logo, folder / name)
    return name


def _encoded(document: Document) -> bytes:
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    # Half of a surrogate pair is no text that a typesetter could read.
    return text.encode("utf-8", errors="replace")

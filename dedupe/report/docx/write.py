"""A DOCX of a report: the template filled in, packed to the same bytes for the same scan.

A template without a placeholder for a part gets the whole report after its own text: any letterhead
will do. Pictures of charts need typst; without it their tables stand alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.shared import Mm
from docx.text.paragraph import Paragraph

from dedupe.config.reporting import is_logo
from dedupe.errors import InputError, StorageError
from dedupe.language import N_
from dedupe.report.content import Content
from dedupe.report.layout import Page
from dedupe.report.letter import stamp, title_of, words
from dedupe.report.page import build_page
from dedupe.report.words import moment, plain

from .body import Body
from .charts import draw_charts
from .letterhead import build_letterhead
from .markup import element
from .parts import PARTS
from .placeholders import CONTENTS, LOGO, Place, fill_texts

_LARGEST = 20_000_000  # bytes of a template
_UNPACKED = 200_000_000
_PACKED_AT = (1980, 1, 1, 0, 0, 0)


def render_docx(content: Content) -> bytes:
    """Return the report in the language in use. Raises InputError for a template that is none."""
    page = build_page(content)
    template = content.options.template
    document = build_letterhead() if template is None else open_template(template)
    places = fill_texts(document, _texts(content, page), (*PARTS, CONTENTS))
    body = Body(document, draw_charts(list(_drawings(page))))
    if all(place.name in (LOGO, "cover", "changes", CONTENTS) for place in places):
        PARTS["report"](body, content, page)
        _append(document, body)
    for place in places:
        if place.name in PARTS:
            PARTS[place.name](body, content, page)
            _put(document, place, body)
    for place in places:  # last: by now the headings are known
        if place.name == CONTENTS:
            body.contents()
            _put(document, place, body)
        elif place.name == LOGO:
            _put_logo(place, content.brand.logo)
    _sign(document, content, page)
    return packed(document)


def save_template(path: Path, *, overwrites: bool = False) -> None:
    """Write the letterhead to begin with. Raises InputError for a file that is there already."""
    if path.suffix.lower() != ".docx":
        raise InputError(
            N_("a template is a DOCX file"),
            where=str(path),
            fix=N_("name it with .docx at its end"),
        )
    document = build_letterhead()
    _date(document, datetime(2026, 1, 1, tzinfo=UTC))
    try:
        with path.open("wb" if overwrites else "xb") as file:
            file.write(packed(document))
    except FileExistsError:
        raise InputError(
            N_("there is such a file already"),
            where=str(path),
            fix=N_("name another file, or allow it with --overwrite"),
        ) from None
    except OSError as error:
        raise StorageError(
            N_("can't be written: {reason}"),
            where=str(path),
            fix=N_("check its rights and the free space"),
            reason=error.strerror or type(error).__name__,
        ) from error


def open_template(path: Path) -> Document:
    """Open a letterhead. Raises InputError for what is no DOCX, or far too large for one."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _no_template(path)
        with zipfile.ZipFile(path) as packed_file:
            if sum(each.file_size for each in packed_file.infolist()) > _UNPACKED:
                raise _no_template(path)
        return docx.Document(str(path))
    except (OSError, OpcError, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise _no_template(path) from error  # lxml's error of bad XML is a SyntaxError


def packed(document: Document) -> bytes:
    """Return the file's bytes, without the moment of packing in them."""
    drafted, made = BytesIO(), BytesIO()
    document.save(drafted)
    with (
        zipfile.ZipFile(drafted) as draft,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as final,
    ):
        for name in draft.namelist():
            entry = zipfile.ZipInfo(name, _PACKED_AT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            final.writestr(entry, draft.read(name))
    return made.getvalue()


def _no_template(path: Path) -> InputError:
    return InputError(
        N_("this is no template"),
        where=str(path),
        fix=N_("name a DOCX file; crmclean report --make-template FILE.docx writes one"),
    )


def _texts(content: Content, page: Page) -> dict[str, str]:
    """Return what the placeholders of texts stand for."""
    w, summary = words(), content.summary
    return {
        "title": title_of(page),
        "account": page.account,
        "crm": page.crm,
        "brand": page.brand,
        "author": page.author,
        "footer": page.footer,
        "date": moment(summary.scanned_at),
        "scan": summary.scan_id,
        "checked": page.checked,
        "clean": page.owner.share,
        "clean_cards": page.owner.counted,
        "privacy": w["open" if page.is_open else "hidden"],
    }


def _drawings(page: Page) -> Iterator[str]:
    """Yield the charts that a document shows."""
    sections = [*([page.size] if page.size else []), *page.sections]
    metrics = [m for s in sections for block in s.blocks for m in block.metrics]
    for metric in [*metrics, *([page.owners] if page.owners else [])]:
        yield from metric.charts[:1]


def _put(document: Document, place: Place, body: Body) -> None:
    """Put what was written where the placeholder is, on a page of its own if that begins one."""
    made = body.taken()
    for each in made:
        place.paragraph.addprevious(each)
    is_first = Paragraph(place.paragraph, document).paragraph_format.page_break_before
    if is_first and made and made[0].tag.endswith("}p"):
        Paragraph(made[0], document).paragraph_format.page_break_before = True
    place.paragraph.getparent().remove(place.paragraph)


def _append(document: Document, body: Body) -> None:
    """Put what was written at the end, before the layout of the last pages."""
    last = document.element.body[-1]
    made = body.taken()
    for each in made:
        if last.tag.endswith("}sectPr"):
            last.addprevious(each)
        else:
            document.element.body.append(each)


def _put_logo(place: Place, logo: str | None) -> None:
    """Put the brand's logo in the placeholder's paragraph, which stays: a cell needs one."""
    for child in list(place.paragraph):
        if not child.tag.endswith("}pPr"):
            place.paragraph.remove(child)
    if logo is None or not is_logo(Path(logo)):
        return
    shape = place.part.new_pic_inline(logo, height=Mm(16))
    place.paragraph.append(element("r", [element("drawing", [shape])]))


def _sign(document: Document, content: Content, page: Page) -> None:
    """Name title and author in the file's properties, and the scan's moment as the file's."""
    told = document.core_properties
    told.title = plain(title_of(page))[:255]
    told.author = plain(page.author or page.brand or "crmclean")[:255]
    told.last_modified_by = told.author
    _date(document, stamp(content))


def _date(document: Document, at: datetime) -> None:
    told = document.core_properties
    told.created = told.modified = at
    told.revision = 1

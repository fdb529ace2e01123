"""The letterhead to begin with: a cover, the list of scans, the contents, the report.

It is what a report is written on without a template, and what `--make-template` writes: change its
fonts, colours, headers and order in a word processor, keep the placeholders.
"""

from __future__ import annotations

import docx
from docx.document import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from dedupe.language import N_, current, tr
from dedupe.report.letter import words

from . import markup

_FONT = "Arial"  # or what a system has in its place: all of them have Cyrillic
_ACCENT, _SOFT = RGBColor(0x1F, 0x5B, 0x7A), RGBColor(0x55, 0x62, 0x6E)
_HEADINGS = {"Heading 1": 18, "Heading 2": 13, "Heading 3": 11}


def build_letterhead() -> Document:
    """Return the document, in the language in use."""
    document = docx.Document()
    document.core_properties.comments = ""
    _lay_out(document)
    _set_styles(document)
    w = words()
    document.add_paragraph("{{logo}}")
    _line(document, "{{brand}}", size=15, is_bold=True, before=0)
    _line(document, f"{w['kicker']} · {{{{crm}}}}", size=11, color=_SOFT, before=150)
    _line(document, "{{account}}", size=30, color=_ACCENT, is_bold=True, before=4)
    _line(document, "{{author}}", size=12, before=4)
    _line(document, "{{cover}}", size=10, before=24)
    _line(document, "{{privacy}}", size=9, color=_SOFT, before=60)
    _break(document)
    document.add_paragraph("{{changes}}")
    _line(document, w["contents"], size=18, color=_ACCENT, is_bold=True, before=18)
    document.add_paragraph("{{contents}}")
    # Not a break of its own: after contents that fill their page it would make an empty one.
    document.add_paragraph("{{report}}").paragraph_format.page_break_before = True
    return document


def _lay_out(document: Document) -> None:
    """Make pages A4, with the brand above and the page's number below."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(22)
    section.different_first_page_header_footer = True
    header = section.header.paragraphs[0]
    _soft(header, "{{title}}")
    footer = section.footer.paragraphs[0]
    document.styles["Footer"].font.size = Pt(8)
    document.styles["Footer"].font.color.rgb = _SOFT
    _soft(footer, "{{footer}}    ")
    told = tr(N_("page {n} of {total}"), n="|PAGE|", total="|NUMPAGES|")
    for at, part in enumerate(told.split("|")):
        if at % 2:
            _field(footer, part)
        else:
            _soft(footer, part)


def _field(paragraph: Paragraph, code: str) -> None:
    for part in ("begin", code, "separate", "end"):
        made = markup.field_code(f" {part} ") if part == code else markup.field_part(part)
        paragraph._p.append(made)


def _set_styles(document: Document) -> None:
    """Give text and headings one font, and the text its language."""
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(10)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:cs", "w:eastAsia"):
        fonts.set(qn(kind), _FONT)
    language = markup.element("lang", val="ru-RU" if current() == "ru" else "en-US")
    normal.element.get_or_add_rPr().append(language)
    normal.paragraph_format.space_after = Pt(4)
    for name, size in _HEADINGS.items():
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for each in list(fonts.attrib):
            del fonts.attrib[each]
        style.font.name, style.font.size = _FONT, Pt(size)
        style.font.color.rgb = _ACCENT if name == "Heading 1" else RGBColor(0x1B, 0x24, 0x2D)
        style.paragraph_format.space_before = Pt(size)
        style.paragraph_format.space_after = Pt(4)
    document.styles["Heading 1"].paragraph_format.space_before = Pt(24)


def _line(
    document: Document,
    text: str,
    *,
    size: int,
    before: int,
    color: RGBColor | None = None,
    is_bold: bool = False,
) -> None:
    made = document.add_paragraph()
    made.paragraph_format.space_before = Pt(before)
    run = made.add_run(text)
    run.font.size, run.font.bold = Pt(size), is_bold
    if color is not None:
        run.font.color.rgb = color


def _soft(paragraph: Paragraph, text: str) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(8), _SOFT


def _break(document: Document) -> None:
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

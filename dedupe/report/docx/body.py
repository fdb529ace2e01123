"""What is written into a DOCX so far: headings, paragraphs, tables, pictures, in their order.

Styles are those of the template, found by their built-in names, so that a report looks like the
auditor's other documents; what a template lacks is a plain paragraph in bold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Mm

from dedupe.report.words import plain

from . import markup
from .markup import Cell, Element, Look, Run, line

_SIZES = {1: 18.0, 2: 13.0, 3: 11.0}  # of headings without a style
_CHART_MM = 125
_ROOM_MM = 165.0  # of text on a page that does not say
_FIRST_ID = 9_000  # of bookmarks and pictures: a template has its own below


class Body:
    """Elements to be put into a document, and the headings of the first level among them."""

    def __init__(self, document: Document, charts: Mapping[str, bytes]) -> None:
        self._document = document
        self._charts = charts
        self._styles = {
            style.name or "": style.style_id or ""
            for style in document.styles
            if style.type == WD_STYLE_TYPE.PARAGRAPH
        }
        self._links: dict[str, str] = {}
        self._id = _FIRST_ID
        self._room = _text_width(document)
        self.elements: list[Element] = []
        self.titles: list[tuple[str, str]] = []  # bookmark, words

    def taken(self) -> list[Element]:
        """Return the elements that were written since the last time."""
        made, self.elements = self.elements, []
        return made

    def heading(self, level: int, *parts: Run | str, is_listed: bool = True) -> None:
        """Write a heading; those of the first level are in the contents."""
        runs = line(*parts)
        style = self._styles.get(f"Heading {level}", "")
        if not style:
            runs = tuple(Run(r.text, Look(bold=True, size=_SIZES[level])) for r in runs)
        made = markup.paragraph(runs, style=style, keepNext=markup.element("keepNext"))
        if level == 1 and is_listed:
            number = self._next_id()
            name = f"crmclean_{number}"
            markup.bookmarked(made, number, name)
            self.titles.append((name, "".join(run.text for run in runs)))
        self.elements.append(made)

    def write(self, *parts: Run | str, before: int = 0, after: int = 4) -> None:
        """Write a paragraph, nothing where it has no words."""
        runs = line(*parts)
        if any(run.text for run in runs):
            self.elements.append(markup.paragraph(runs, spacing=markup.spacing(before, after)))

    def note(self, words: str) -> None:
        """Write a remark in small letters."""
        self.write(Run(words, markup.SMALL))

    def lead(self, words: str) -> None:
        """Write a remark that stays with what follows it."""
        runs = line(Run(words, markup.SMALL))
        layout = {"keepNext": markup.element("keepNext"), "spacing": markup.spacing(0, 4)}
        self.elements.append(markup.paragraph(runs, **layout))

    def table(
        self,
        headers: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float] = (),
    ) -> None:
        """Write a table as wide as the page's text; `widths` are to each other as given.

        An empty line after it keeps it apart from another.
        """
        told = widths or markup.fitting_widths(headers, rows, self._room)
        scaled = [width * self._room / sum(told) for width in told]
        self.elements += [markup.table(headers, rows, scaled), markup.paragraph(())]

    def has_chart(self, drawing: str) -> bool:
        """Tell whether there is a picture of a chart."""
        return drawing in self._charts

    def chart(self, drawing: str, title: str) -> None:
        """Write a chart where there is a picture of it."""
        picture = self._charts.get(drawing)
        if picture is None:
            return
        shape = self._document.part.new_pic_inline(
            BytesIO(picture), width=Mm(min(_CHART_MM, self._room))
        )
        shape.docPr.set("id", str(self._next_id()))
        shape.docPr.set("descr", plain(title))
        run = markup.element("r", [markup.element("drawing", [shape])])
        self.elements.append(markup.element("p", [run]))

    def linked(self, words: str, url: str, look: Look = markup.MONO) -> Run:
        """Return a run that leads to a card, a plain one where there is no address."""
        if not url:
            return Run(words, look)
        if url not in self._links:
            self._links[url] = self._document.part.relate_to(
                url,
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
                is_external=True,
            )
        shown = Look(bold=look.bold, color=markup.ACCENT, size=look.size, is_mono=look.is_mono)
        return Run(words, shown, self._links[url])

    def break_page(self) -> None:
        """End the page."""
        self.elements.append(markup.page_break())

    def contents(self) -> None:
        """Write the contents as a field: links now, pages once a word processor counts them."""
        code = r' TOC \o "1-1" \h \z \u '
        begin = markup.field_part("begin", is_dirty=True)
        start = [begin, markup.field_code(code), markup.field_part("separate")]
        lines = []
        for name, words in self.titles:
            made = markup.paragraph((), spacing=markup.spacing(0, 4))
            made.append(markup.jump(Run(words), name))
            lines.append(made)
        lines = lines or [markup.paragraph(())]
        for part in reversed(start):
            at = 1 if len(lines[0]) and lines[0][0].tag.endswith("}pPr") else 0
            lines[0].insert(at, part)
        lines[-1].append(markup.field_part("end"))
        self.elements += lines

    def _next_id(self) -> int:
        self._id += 1
        return self._id


def _text_width(document: Document) -> float:
    """Return the width of the text on the template's last pages, in millimetres."""
    section = document.sections[-1]
    width, left, right = section.page_width, section.left_margin, section.right_margin
    if width is None or left is None or right is None:
        return _ROOM_MM
    return max((width - left - right) / Mm(1), _CHART_MM / 2)

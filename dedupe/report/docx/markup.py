"""The elements that the body of a DOCX is made of: paragraphs, runs, links, tables, fields.

Elements are built one by one, never parsed from text, so a text is a text whatever is in it.
Tables are made without python-docx's own, whose cells take a search of the table each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from dedupe.report.words import plain

Element = Any  # an lxml element: the package has no types for it
SOFT, RULE, ACCENT = "55626E", "CFD7DE", "1F5B7A"
TONES = {"error": "A8322A", "warning": "8F5A00", "info": "1F5B7A", "good": "23694A"}
_TWIPS = 56.7  # of a millimetre
_MANY = 7  # columns: more of them are in smaller letters
_SIGN, _PADDING = 1.8, 3.0  # millimetres: a letter of 9 points, and the sides of a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a run of text looks; zero and nothing mean: as the paragraph does."""

    bold: bool = False
    color: str = ""
    size: float = 0.0  # points
    is_mono: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text, with its look and the relationship it leads to."""

    text: str
    look: Look = Look()
    link: str = ""


Line = tuple[Run, ...]
Cell = tuple[Line, ...]  # a paragraph a line
BOLD, SMALL, MONO = Look(bold=True), Look(color=SOFT, size=8.5), Look(is_mono=True, size=8.5)


def line(*parts: Run | str) -> Line:
    """Return runs and plain texts as one line."""
    return tuple(Run(part) if isinstance(part, str) else part for part in parts)


def cell(*lines: Line | str) -> Cell:
    """Return the lines of a cell, without the empty ones."""
    made = tuple(line(each) if isinstance(each, str) else each for each in lines)
    return tuple(each for each in made if any(run.text for run in each)) or ((),)


def element(tag: str, _children: Sequence[Element] = (), **attributes: str) -> Element:
    """Make an element of WordprocessingML with attributes of the same namespace."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    for child in _children:
        made.append(child)
    return made


def paragraph(runs: Sequence[Run], *, style: str = "", **layout: Element) -> Element:
    """Make a paragraph of `runs` in the style with that id; `layout` goes into pPr, in order."""
    made = element("p")
    told = [element("pStyle", val=style)] if style else []
    told += layout.values()
    if told:
        made.append(element("pPr", told))
    for run in runs:
        made.append(_linked(run) if run.link else text_run(run))
    return made


def text_run(run: Run) -> Element:
    """Make a run of one text."""
    made = element("r")
    look = _look(run.look)
    if look:
        made.append(element("rPr", look))
    words = element("t")
    words.text = plain(run.text)
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    made.append(words)
    return made


def spacing(before: int, after: int) -> Element:
    """Make the space around a paragraph, in points."""
    return element("spacing", before=str(before * 20), after=str(after * 20))


def bookmarked(made: Element, number: int, name: str) -> Element:
    """Put the content of a paragraph in a bookmark."""
    start = element("bookmarkStart", id=str(number), name=name)
    at = 1 if len(made) and made[0].tag == qn("w:pPr") else 0
    made.insert(at, start)
    made.append(element("bookmarkEnd", id=str(number)))
    return made


def jump(run: Run, bookmark: str) -> Element:
    """Make a link to a bookmark of the document."""
    return element("hyperlink", [text_run(run)], anchor=bookmark, history="1")


def field_part(kind: str, *, is_dirty: bool = False) -> Element:
    """Make the begin, separate or end of a field; a dirty one is counted when it is opened."""
    mark = element("fldChar", fldCharType=kind)
    if is_dirty:
        mark.set(qn("w:dirty"), "true")
    return element("r", [mark])


def field_code(code: str) -> Element:
    """Make the instruction of a field, which is ours and never of the account."""
    words = element("instrText")
    words.text = code
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element("r", [words])


def page_break() -> Element:
    """Make a paragraph that ends the page."""
    return element("p", [element("r", [element("br", type="page")])])


def fitting_widths(
    headers: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], room: float
) -> list[float]:
    """Return widths of columns, together `room`: whole words first, then as much text as may be."""
    least, most = [], []
    for at, (title, _) in enumerate(headers):
        texts = [title, *("".join(run.text for run in ln) for row in rows for ln in row[at])]
        longest = max((len(word) for text in texts for word in text.split(" ")), default=1)
        least.append(_SIGN * min(longest, 24) + _PADDING)
        most.append(_SIGN * min(max(map(len, texts)), 48) + _PADDING)
    spare, wanted = room - sum(least), sum(most) - sum(least)
    if spare <= 0 or wanted <= 0:
        return [each * room / sum(least) for each in least]
    return [a + (b - a) * spare / wanted for a, b in zip(least, most, strict=True)]


def table(
    headers: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], widths: Sequence[float]
) -> Element:
    """Make a table whose header is repeated on every page; widths in millimetres.

    A header is a title and the kind of its column: numbers ("n") stand to the right.
    """
    kinds = [kind for _, kind in headers]
    sizes = [str(round(width * _TWIPS)) for width in widths]
    made = element("tbl", [_table_look()])
    made.append(element("tblGrid", [element("gridCol", w=size) for size in sizes]))
    look = Look(bold=True, color=SOFT, size=8.5)
    titles = [cell(line(Run(title, look))) for title, _ in headers]
    if any(title for title, _ in headers):
        made.append(_row(titles, kinds, sizes, is_header=True))
    for row in rows:
        made.append(_row(row, kinds, sizes))
    return made


def _linked(run: Run) -> Element:
    made = element("hyperlink", [text_run(run)], history="1")
    made.set(qn("r:id"), run.link)
    return made


def _look(look: Look) -> list[Element]:
    """Return a run's properties in the order that the schema asks for."""
    made = []
    if look.is_mono:
        made.append(element("rFonts", ascii="Consolas", hAnsi="Consolas", cs="Consolas"))
    if look.bold:
        made.append(element("b"))
    if look.color:
        made.append(element("color", val=look.color))
    if look.size:
        half_points = str(round(look.size * 2))
        made += [element("sz", val=half_points), element("szCs", val=half_points)]
    return made


def _table_look() -> Element:
    rules = [element(side, val="single", sz="4", space="0", color=RULE)
             for side in ("top", "bottom", "insideH")]  # fmt: skip
    sides = [element(side, w="70", type="dxa") for side in ("left", "right")]
    return element(
        "tblPr",
        [
            element("tblW", w="5000", type="pct"),
            element("tblBorders", rules),
            element("tblLayout", type="fixed"),
            element("tblCellMar", sides),
        ],
    )


def _row(
    cells: Sequence[Cell], kinds: Sequence[str], sizes: Sequence[str], *, is_header: bool = False
) -> Element:
    # A row stays on one page: what is longer than a page is broken by the word processor anyway.
    told = [element("cantSplit"), *([element("tblHeader")] if is_header else [])]
    made = element("tr", [element("trPr", told)])
    letters = 9.0 if len(kinds) <= _MANY else 7.5
    for lines, kind, size in zip(cells, kinds, sizes, strict=True):
        width = element("tcW", w=size, type="dxa")
        box = element("tc", [element("tcPr", [width])])
        for each in lines:
            layout = {"spacing": spacing(2, 2)}
            if kind == "n":
                layout["jc"] = element("jc", val="right")
            runs = [_sized(run, letters) for run in each]
            box.append(paragraph(runs, style="", **layout))
        made.append(box)
    return made


def _sized(run: Run, size: float) -> Run:
    if run.look.size and run.look.size <= size:
        return run
    look = run.look
    sized = Look(bold=look.bold, color=look.color, size=size, is_mono=look.is_mono)
    return Run(run.text, sized, run.link)

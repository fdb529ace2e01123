"""Placeholders of a letterhead: {{account}} in a line of text, {{findings}} in a line of its own.

All of them are found before anything is filled in, so a text of the account that looks like a
placeholder is only a text. A placeholder may be split over runs, as word processors do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.parts.story import StoryPart

from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.report.words import plain

from .markup import Element

LOGO, CONTENTS = "logo", "contents"
_MARK = re.compile(r"\{\{\s*([A-Za-z_]{1,40})\s*\}\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A paragraph that is nothing but a placeholder, and the part of the file that holds it."""

    name: str
    paragraph: Element
    part: StoryPart


def fill_texts(document: Document, texts: Mapping[str, str], parts: Sequence[str]) -> list[Place]:
    """Fill in the texts; return the places of `parts` and of the logo, in their order.

    Raises InputError for a placeholder that is neither, and for a part that does not stand alone
    in a paragraph of the document's body.
    """
    paragraphs = [(part, each) for part in _stories(document) for each in _paragraphs(part)]
    found = [_place(part, each, texts, parts) for part, each in paragraphs]
    for _, each in paragraphs:
        _fill(each, texts)
    return [place for place in found if place is not None]


def _stories(document: Document) -> Iterator[StoryPart]:
    """Yield the body, then headers and footers."""
    yield document.part
    for part in document.part.package.iter_parts():
        if isinstance(part, StoryPart) and part is not document.part:
            yield part


def _paragraphs(part: XmlPart) -> Iterator[Element]:
    yield from part.element.iter(qn("w:p"))


def _texts(paragraph: Element) -> list[Element]:
    """Return the texts of a paragraph without those of a paragraph inside it, as in a text box."""
    return [t for t in paragraph.iter(qn("w:t")) if _owner(t) is paragraph]


def _owner(text: Element) -> Element:
    return next(text.iterancestors(qn("w:p")), None)


def _place(
    part: StoryPart, paragraph: Element, texts: Mapping[str, str], parts: Sequence[str]
) -> Place | None:
    """Return the place that a paragraph is, None for one of text."""
    words = "".join(each.text or "" for each in _texts(paragraph))
    names = [name.lower() for name in _MARK.findall(words)]
    known = (*texts, *parts, LOGO)
    for name in names:
        if name not in known:
            raise InputError(
                N_("the template has a placeholder that is not known"),
                where=f"{{{{{name}}}}}",
                fix=N_("use some of: {known}"),
                known=", ".join(sorted(known)),
            )
    placed = [name for name in names if name not in texts]
    if not placed:
        return None
    in_body = paragraph.getparent().tag == qn("w:body")
    is_alone = _MARK.fullmatch(words.strip()) is not None
    if not is_alone or not (in_body or placed[0] == LOGO):
        raise InputError(
            N_("this placeholder stands for a part of the report, not for a text"),
            where=f"{{{{{placed[0]}}}}}",
            fix=N_("give it a paragraph of its own in the template, outside tables and headers"),
        )
    return Place(placed[0], paragraph, part)


def _fill(paragraph: Element, texts: Mapping[str, str]) -> None:
    """Put the texts where their placeholders are: in the run where a placeholder begins."""
    pieces = _texts(paragraph)
    words = "".join(each.text or "" for each in pieces)
    if "{{" not in words:
        return
    told = _told(texts)
    for found in reversed(list(_MARK.finditer(words))):
        if found[1].lower() in texts:
            _replace(pieces, found.start(), found.end(), told(found))


def _told(texts: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda found: plain(texts[found[1].lower()])


def _replace(pieces: Sequence[Element], start: int, end: int, words: str) -> None:
    """Replace the signs from `start` to `end` of all pieces together by `words`, in the first."""
    at = 0
    for piece in pieces:
        text = piece.text or ""
        low, high = max(start - at, 0), min(end - at, len(text))
        if low < high:
            inside = words if at + low == start else ""
            piece.text = text[:low] + inside + text[high:]
            piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        at += len(text)

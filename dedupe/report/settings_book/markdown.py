"""A settings document as Markdown: a heading and a table for each section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dedupe.language import N_, count, tr
from dedupe.report.words import moment

from .values import Book, Section
from .words import shown, unread_lines

_MARKS = re.compile(r"([\\`*\[\]<>|])")


def render_markdown(book: Book) -> str:
    """Return `book` as Markdown in the language in use, one line feed at its end."""
    lines = [f"# {tr(N_('Settings of {account}'), account=_cell(book.host or book.account_id))}"]
    if book.read_to is not None:
        lines += ["", tr(N_("As of {moment}"), moment=moment(book.read_to))]
    for section in book.sections:
        lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    layout = section.layout
    is_counted = section.is_read and not layout.is_facts
    number = f" ({count(len(section.entries))})" if is_counted else ""
    yield f"## {tr(layout.title)}{number}"
    for line in unread_lines(section):
        yield from ("", f"*{_cell(line)}*")
    if not section.is_read:
        return
    if layout.note:
        yield from ("", tr(layout.note))
    if not section.entries:
        yield from ("", tr(N_("None in the account.")))
        return
    yield ""
    yield from _facts(section) if layout.is_facts else _table(section)


def _table(section: Section) -> Iterator[str]:
    attributes = section.layout.attributes
    yield _row(["ID", *(tr(one.title) for one in attributes)])
    yield "|---" * (len(attributes) + 1) + "|"
    for entry in section.entries:
        told = [shown(value, one) for value, one in zip(entry.values, attributes, strict=True)]
        yield _row([entry.id, *told])


def _facts(section: Section) -> Iterator[str]:
    yield _row([tr(N_("what")), tr(N_("value"))])
    yield "|---|---|"
    for value, one in zip(section.entries[0].values, section.layout.attributes, strict=True):
        yield _row([tr(one.title), shown(value, one)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split(" ")))

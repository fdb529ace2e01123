"""Puts the sheets of the workbook in order and writes them one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dedupe.contracts import Metric
from dedupe.language import N_, tr
from dedupe.report import headline
from dedupe.report.content import Content
from dedupe.report.metric_view import Writer
from dedupe.report.spreadsheets import MAX_TITLE
from dedupe.report.words import SECTIONS, entity_name, section_of
from dedupe.report.work import by_owner

from .book import MAX_ROW, Book, Link, Sheet
from .overview import (
    write_definitions_sheet,
    write_missing_sheet,
    write_summary_sheet,
    write_trend_sheet,
    write_work_sheet,
)
from .rows import FindingRows, finding_rows, people
from .tables import Tables, table_widths
from .work_lists import sheets_needed, write_work_list

_TAGS = "tags"  # of the section of fields, on a sheet of its own
# The subjects' sheets, in their order; the others of SECTIONS follow.
_FIRST = ("fields", _TAGS, "users", "integrations", "sources", "funnel")
_MANAGERS = "managers"
# What a cut title must not end with: a comma, and words of three letters at most ("of", "без").
_LOOSE_END = re.compile(r"(,|\s+\w{1,3})+$")
_FREE_ROWS = 1000  # that a metric's remarks and chart may take


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A subject's sheet: its title, and how it is written."""

    title: str
    write: Callable[[Sheet], None]


def write_workbook(content: Content, path: Path) -> None:
    """Write the scan as a workbook to `path`, in the language in use."""
    book = Book(path, content.summary.scanned_at, headline.account_name(content.summary))
    try:
        _write(book, content)
    finally:
        book.close()  # what has passed lies in files of its own until then


def _write(book: Book, content: Content) -> None:
    """Plan the sheets, so that the first can name them all, then write them in their order."""
    first = book.add(tr(N_("Summary")))
    before = [(leaf, book.add(leaf.title)) for leaf in _before(content)]
    lists = [
        (rows, _list_sheets(book, rows, content))
        for rows in finding_rows(content, content.options.max_rows)
    ]
    after = [(leaf, book.add(leaf.title)) for leaf in _after(content)]
    places = {(rows.result.code, rows.result.entity): own[0].name for rows, own in lists}
    others = [(leaf.title, sheet.name) for leaf, sheet in (*before, *after)]
    write_summary_sheet(first, content, places, others)
    for leaf, sheet in before:
        leaf.write(sheet)
    back = Link(tr(N_("Summary")), sheet=first.name)
    for rows, own in lists:
        write_work_list(own, rows, content, back)
    for leaf, sheet in after:
        leaf.write(sheet)


def metrics_by_sheet(content: Content) -> dict[str, list[Metric]]:
    """Return the metrics that have rows by the key of their sheet, sheets in their order."""
    told: dict[str, list[Metric]] = {key: [] for key in (*_FIRST, *SECTIONS, _TAGS)}
    for metric in content.metrics:
        if metric.rows.height:
            key = _TAGS if metric.code.startswith("TAG") else section_of(metric.code)
            told[key].append(metric)
    owners = by_owner(content, content.findings.collect())
    if owners is not None:
        told[_MANAGERS].append(owners)
    return {key: metrics for key, metrics in told.items() if metrics}


def _before(content: Content) -> list[_Leaf]:
    leaves = [_Leaf(tr(N_("Work plan")), partial(write_work_sheet, content=content))]
    managers = metrics_by_sheet(content).get(_MANAGERS)
    return [*leaves, _metrics_leaf(_MANAGERS, managers, content)] if managers else leaves


def _after(content: Content) -> list[_Leaf]:
    by_sheet = metrics_by_sheet(content)
    ends = (
        (N_("Trend"), write_trend_sheet),
        (N_("Definitions"), write_definitions_sheet),
        (N_("Not checked"), write_missing_sheet),
    )
    return [
        *(
            _metrics_leaf(key, metrics, content)
            for key, metrics in by_sheet.items()
            if key != _MANAGERS
        ),
        *(_Leaf(tr(title), partial(write, content=content)) for title, write in ends),
    ]


def _metrics_leaf(key: str, metrics: list[Metric], content: Content) -> _Leaf:
    title = tr(N_("Tags")) if key == _TAGS else tr(SECTIONS[key])
    return _Leaf(title, partial(_write_metrics, metrics=metrics, content=content))


def _write_metrics(sheet: Sheet, *, metrics: Iterable[Metric], content: Content) -> None:
    tables = Tables(content=content, write=_writer(content))
    told = list(metrics)
    sheet.widths(table_widths(told, tables))
    for metric in told:
        room = MAX_ROW - sheet.row - _FREE_ROWS
        if room <= 0:
            return
        tables.metric(sheet, metric, min(content.options.max_rows, room))


def _writer(content: Content) -> Writer:
    summary, options = content.summary, content.options
    return Writer(
        currency=summary.currency,
        zone=summary.timezone,
        raw=options.show_values,
        people=people(content),
    )


def _list_sheets(book: Book, rows: FindingRows, content: Content) -> list[Sheet]:
    """Add the sheets of a work list: the code, the entity where there are several, a title."""
    result = rows.result
    check = headline.check_of(result.code, content.registry)
    entities = {other.entity for other in content.summary.checks if other.code == result.code}
    entity = entity_name(result.entity) if len(entities) > 1 else ""
    title = " ".join(filter(None, (result.code, entity, tr(check.title) if check.title else "")))
    return [book.add(_short(title)) for _ in range(sheets_needed(rows))]


def _short(title: str) -> str:
    """Cut a title at a word's end, so that it fits the name of a sheet."""
    if len(title) <= MAX_TITLE:
        return title
    cut, _, _ = title[: MAX_TITLE + 1].rpartition(" ")
    whole = _LOOSE_END.sub("", cut)
    return whole if len(whole) > MAX_TITLE // 2 else title[:MAX_TITLE]

"""The sheets of findings: a work list for each check, with room for decisions."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dedupe.language import N_, count, tr
from dedupe.report import headline
from dedupe.report.content import Content
from dedupe.report.links import card_url
from dedupe.report.words import entity_name

from .book import MAX_ROW, Link, Sheet
from .rows import FindingRows

# The titles, the kinds of the cells, the widths.
COLUMNS = (
    (N_("No."), "serial", 6),
    (N_("Card"), "link", 10),
    (N_("ID"), "text", 12),
    (N_("Name"), "text", 32),
    (N_("Person in charge"), "text", 24),
    (N_("Created"), "moment", 16),
    (N_("Changed"), "moment", 16),
    (N_("Was"), "text", 30),
    (N_("Proposed"), "text", 30),
    (N_("Why"), "text", 26),
    (N_("Confidence"), "share", 12),
    (N_("Money"), "money", 14),
    (N_("Decision"), "free", 14),
    (N_("Comment"), "free", 30),
)
DECISIONS = (N_("repair"), N_("leave as it is"), N_("later"))
_DECISION = 12
_HEAD_ROWS = 3  # title, remark, titles of the columns
_ROOM = MAX_ROW - _HEAD_ROWS
_KINDS = tuple(kind for _, kind, _ in COLUMNS)
_PHONES = tuple("phone" if title in ("Was", "Proposed") else kind for title, kind, _ in COLUMNS)


def sheets_needed(rows: FindingRows, room: int = _ROOM) -> int:
    """Return how many sheets the rows take."""
    return max(1, -(-rows.frame.height // room))


def write_work_list(
    sheets: list[Sheet], rows: FindingRows, content: Content, back: Link, room: int = _ROOM
) -> None:
    """Write the rows into the sheets, each filled to its end."""
    for n, sheet in enumerate(sheets):
        part = rows.frame.slice(n * room, room)
        _write_part(sheet, rows, part, content, back, n * room)


def _write_part(
    sheet: Sheet, rows: FindingRows, part: pl.DataFrame, content: Content, back: Link, start: int
) -> None:
    result = rows.result
    check = headline.check_of(result.code, content.registry)
    title = f"{result.code} {tr(check.title) or entity_name(result.entity)}"
    sheet.widths({at: width for at, (_, _, width) in enumerate(COLUMNS)})
    sheet.cells([back, None, title], ["link", "text", "title"])
    sheet.cells([None, None, _remark(rows, content)], ["text", "text", "note"])
    sheet.head([tr(name) for name, _, _ in COLUMNS], is_frozen=True, n_fixed=4)
    first = sheet.row
    for cells, kinds, is_banded in _rows(part, rows, content, start):
        sheet.cells(cells, kinds, is_banded=is_banded)
    last = max(sheet.row - 1, first)
    sheet.sheet.autofilter(first - 1, 0, last, len(COLUMNS) - 1)
    words = [tr(word) for word in DECISIONS]
    sheet.sheet.data_validation(
        first, _DECISION, last, _DECISION, {"validate": "list", "source": words}
    )


def _rows(
    part: pl.DataFrame, rows: FindingRows, content: Content, start: int
) -> Iterator[tuple[list[str | float | Link | None], tuple[str, ...], bool]]:
    summary, entity, opens = content.summary, rows.result.entity, tr(N_("open"))
    shown = part.with_columns(_serial("created_at"), _serial("updated_at")).select(
        "record_id", "name", "owner", "created_at", "updated_at", "was", "proposal", "why",
        "confidence", "money", "block", "is_phone",
    )  # fmt: skip
    for n, row in enumerate(shown.iter_rows(), start + 1):
        record_id, *told, block, is_phone = row
        url = card_url(summary.crm, summary.host, entity, record_id)
        link = Link(opens, url=url) if url else None
        cells = [n, link, record_id, *told, None, None]
        yield cells, _PHONES if is_phone else _KINDS, block is not None and block % 2 == 0


def _serial(column: str) -> pl.Expr:
    """Return moments as a spreadsheet counts them: days since 1899-12-30."""
    days = pl.col(column).dt.epoch("us") / 86_400e6 + 25_569
    return pl.when(days.is_between(1, 2_958_466)).then(days).alias(column)


def _remark(rows: FindingRows, content: Content) -> str:
    """Say what the rows are of, and where the rest is."""
    check = headline.check_of(rows.result.code, content.registry)
    words = [f"{tr(N_('Records'))}: {entity_name(rows.result.entity)}."]
    if rows.frame.height < rows.n_total:
        words.append(
            tr(
                N_(
                    "The first {n} rows of {total}: the most money first. All of them: findings."
                    "parquet, or crmclean report --to csv."
                ),
                n=count(rows.frame.height),
                total=count(rows.n_total),
            )
        )
    return " ".join(filter(None, [*words, tr(check.definition)]))

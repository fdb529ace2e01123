"""The sheets of findings: a work list for each check, with room for decisions."""

from __future__ import annotations

import polars as pl

from dedupe.language import N_, count, tr
from dedupe.report import headline
from dedupe.report.content import Content
from dedupe.report.links import card_url
from dedupe.report.words import entity_name

from .book import GUARDED, LONGEST_URL, MAX_ROW, Link, Sheet, text
from .bulk import FREE, LINK, NUMBER, TEXT, can_write, write_rows
from .rows import FindingRows

# The titles, the kinds of the cells, the widths.
COLUMNS = (
    (N_("No."), "serial", 6),
    (N_("Card"), "link", 16),
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
_REMARK = 2, 9  # the columns that it stands across: what a screen shows
_DIGITS = r"^[0-9]{0,40}$"
_HEAD_ROWS = 3  # title, remark, titles of the columns
_ROOM = MAX_ROW - _HEAD_ROWS
# The columns of the rows (see `rows`), the sort of their cells, and their style.
_SORTS = (
    ("n", NUMBER, "serial"),
    ("url", LINK, "link"),
    ("record_id", TEXT, "text"),
    ("name", TEXT, "text"),
    ("owner", TEXT, "text"),
    ("created_at", NUMBER, "moment"),
    ("updated_at", NUMBER, "moment"),
    ("was", TEXT, "text"),
    ("proposal", TEXT, "text"),
    ("why", TEXT, "text"),
    ("confidence", NUMBER, "share"),
    ("money", NUMBER, "money"),
    ("decision", FREE, "free"),
    ("comment", FREE, "free"),
)


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
    sheet.note(_remark(rows, content), *_REMARK)
    kinds = [kind for _, kind, _ in COLUMNS]
    sheet.head([tr(name) for name, _, _ in COLUMNS], kinds, is_frozen=True, n_fixed=4)
    first = sheet.row
    _write_rows(sheet, _cells(part, rows, content, start), tr(N_("open the card")))
    last = max(sheet.row - 1, first)
    sheet.sheet.autofilter(first - 1, 0, last, len(COLUMNS) - 1)
    words = [tr(word) for word in DECISIONS]
    sheet.sheet.data_validation(
        first, _DECISION, last, _DECISION, {"validate": "list", "source": words}
    )


def _cells(part: pl.DataFrame, rows: FindingRows, content: Content, start: int) -> pl.DataFrame:
    """Return the rows with a column for each of COLUMNS, their texts as cells, and is_banded."""
    summary, entity = content.summary, rows.result.entity
    urls = [card_url(summary.crm, summary.host, entity, i) for i in part["record_id"]]
    shown = [url if len(url) <= LONGEST_URL else "" for url in urls]
    texts = [name for name, sort, _ in _SORTS if sort == TEXT]
    return part.with_columns(
        _serial("created_at"),
        _serial("updated_at"),
        *(_as_cells(part, name) for name in texts),
        pl.int_range(start + 1, start + part.height + 1).alias("n"),
        pl.Series("url", shown, dtype=pl.String()),
        pl.lit(None, pl.String()).alias("decision"),
        pl.lit(None, pl.String()).alias("comment"),
        (pl.col("block") % 2 == 0).fill_null(False).alias("is_banded"),
    ).select(*(name for name, _, _ in _SORTS), "is_banded")


def _as_cells(part: pl.DataFrame, name: str) -> pl.Series:
    """Return texts as cells; what may be a phone is guarded as such."""
    if part[name].str.contains(_DIGITS).all():
        return part[name]
    both = part.select(pl.col(name).alias("text"), "is_phone")
    distinct = both.unique().drop_nulls()
    is_value = name in ("was", "proposal")
    told = [text(each, is_phone=is_value and is_phone) for each, is_phone in distinct.iter_rows()]
    cells = distinct.with_columns(pl.Series("cell", told, dtype=pl.String()))
    joined = both.join(cells, on=["text", "is_phone"], how="left", maintain_order="left")
    return joined["cell"].alias(name)


def _write_rows(sheet: Sheet, cells: pl.DataFrame, words: str) -> None:
    if can_write(sheet):
        write_rows(sheet, cells, _SORTS, words)
        return
    kinds = [GUARDED if sort == TEXT else style for _, sort, style in _SORTS]
    for n, url, *told, is_banded in cells.iter_rows():
        link = Link(words, url=url) if url else None
        sheet.cells([n, link, *told], kinds, is_banded=is_banded)


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

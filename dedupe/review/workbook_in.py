"""A workbook that comes back: its decisions, and the rows that are ignored with the reason why.

Nothing is guessed: a group whose cells contradict each other, whose cards are not all there, or
that was decided meanwhile is left alone and told.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

from dedupe.decisions import Decision
from dedupe.errors import InputError
from dedupe.language import N_

from .deck import Deck, Ids
from .sheets import plain_text, word_of
from .signature import sign
from .values_deck import ValuesDeck
from .values_sheet import COLUMNS as VALUE_COLUMNS
from .values_sheet import DECISION as VALUE_DECISION
from .values_sheet import read_values
from .workbook import (
    CARD,
    COLUMNS,
    COMMENT,
    DECISION,
    DECISIONS,
    FORMAT,
    GROUP,
    HIDDEN,
    REVIEWER,
    STAYS,
    VALUE,
    YES,
)

_MAX_BYTES = 50 << 20
_MAX_COMMENT, _MAX_NAME = 500, 80
_YES_TOO = {"x", "х", "+", "1", "v", "✓"}  # the second one is Cyrillic
_EXPORT_AGAIN = N_("export the groups again: crmclean review --export FILE.xlsx")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row of a sheet that is not taken over; `reason` is a msgid, `sheet` its name."""

    row: int
    reason: str
    sheet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """What a workbook says; `n_open` groups and `n_open_values` have no decision in it."""

    decisions: list[Decision]
    ignored: list[Ignored]
    n_open: int
    n_open_values: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: int
    card: str
    verdict: str
    stays: bool
    comment: str
    reviewer: str
    wrong: str = ""


def read_workbook(deck: Deck, path: Path, key: bytes, values: ValuesDeck | None = None) -> Workbook:
    """Read the decisions of a workbook that `write_workbook` wrote. Raises InputError."""
    book = _opened(path)
    signed = _signed(book, path, deck, key)
    groups = {number: told for number, told in signed.items() if number.isdecimal()}
    asked = {number: told for number, told in signed.items() if number not in groups}
    titles = [name for name in book.sheet_names if name != HIDDEN]
    if len(titles) < 1 + bool(asked):
        raise _foreign(path)
    rows, ignored = _rows(_cells(book, titles[0], path), groups)
    decisions: list[Decision] = []
    batch = deck.log.made("skip").id.replace("d-", "b-", 1)
    n_open = 0
    for number, (_, ids) in groups.items():
        own = rows.get(number, [])
        wrong, made = _decided(deck, int(number), ids, own, batch)
        ignored += [Ignored(row.number, wrong) for row in own[:1] if wrong]
        decisions += made
        n_open += not wrong and not made
    ignored.sort(key=lambda each: each.row)
    n_open_values = 0
    if asked and values is not None:
        cells = _cells(book, titles[1], path, VALUE_COLUMNS, VALUE_DECISION)
        keys = {number.removeprefix(VALUE): ids for number, (_, ids) in asked.items()}
        told, refused = read_values(values, cells.iter_rows(), keys, batch)
        decisions += told
        ignored += [Ignored(row, reason, titles[1]) for row, reason in refused]
        n_open_values = max(0, len(asked) - len(told) - len(refused))
    return Workbook(
        decisions=decisions, ignored=ignored, n_open=n_open, n_open_values=n_open_values
    )


def _decided(
    deck: Deck, g: int, ids: Ids, rows: Sequence[_Row], batch: str
) -> tuple[str, list[Decision]]:
    """Return what is wrong with a group's rows, or the decision that they make, if any."""
    told = {row.verdict for row in rows if row.verdict}
    wrong = next((row.wrong for row in rows if row.wrong), "")
    if wrong or not told:
        return wrong, []
    if ids not in deck.parts(g):
        return N_("the group was decided or changed meanwhile"), []
    apart = tuple(row.card for row in rows if row.verdict == "different")
    if told == {"same", "different"} and all(row.verdict for row in rows):
        kept = tuple(id_ for id_ in ids if id_ not in apart)
    elif len(told) == 1:
        kept, apart = ids, ()
    else:
        return N_("the decisions on the group's cards contradict each other"), []
    return _made(deck, g, rows, told, (ids, kept, apart), batch)


def _made(
    deck: Deck,
    g: int,
    rows: Sequence[_Row],
    told: set[str],
    cards: tuple[Ids, Ids, Ids],
    batch: str,
) -> tuple[str, list[Decision]]:
    ids, kept, apart = cards
    stays = [row.card for row in rows if row.stays]
    facts: dict[str, object] = {
        "entity": deck.head(g).entity,
        "evidence": deck.evidence(g),
        "batch": batch,
        "note": " · ".join(dict.fromkeys(row.comment for row in rows if row.comment)),
    }
    reviewer = next((row.reviewer for row in rows if row.reviewer), "")
    if reviewer:
        facts["who"] = reviewer
    if "same" not in told:
        (verdict,) = told
        return "", [deck.log.made(verdict, ids=ids, **facts)]
    if len(kept) < 2:
        return N_("a merge takes two cards or more"), []
    if len(stays) > 1 or not set(stays) <= set(kept):
        return N_("one card stays, and it is one of those that are merged"), []
    survivor = stays[0] if stays else ""
    return "", [deck.log.made("same", ids=kept, apart=apart, survivor=survivor, **facts)]


def _rows(
    cells: pl.DataFrame, groups: dict[str, tuple[str, Ids]]
) -> tuple[dict[str, list[_Row]], list[Ignored]]:
    """Return the rows by group, and those that are no card of the group they name."""
    found: dict[str, list[_Row]] = {}
    ignored: list[Ignored] = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(cells.iter_rows(), 2):
        if not any(row):
            continue
        group, card = plain_text(row[GROUP]), plain_text(row[CARD])
        if group not in groups or card not in groups[group][1]:
            ignored.append(Ignored(number, N_("this card is not of this group in the export")))
        elif (group, card) in seen:
            ignored.append(Ignored(number, N_("the row is there twice")))
        else:
            seen.add((group, card))
            found.setdefault(group, []).append(_row(number, card, row))
    return found, ignored


def _row(number: int, card: str, row: Sequence[str | None]) -> _Row:
    verdict, wrong = word_of(row[DECISION], DECISIONS)
    stays, odd = word_of(row[STAYS], {"yes": YES})
    if odd and plain_text(row[STAYS]).casefold() in _YES_TOO:
        stays, odd = "yes", ""
    if wrong or odd:
        wrong = N_("the decision is none of the list")
    return _Row(
        number=number,
        card=card,
        verdict=verdict,
        stays=bool(stays),
        comment=plain_text(row[COMMENT])[:_MAX_COMMENT],
        reviewer=plain_text(row[REVIEWER])[:_MAX_NAME],
        wrong=wrong,
    )


def _opened(path: Path) -> fastexcel.ExcelReader:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    if len(raw) > _MAX_BYTES:
        raise InputError(N_("the file is too large"), where=str(path), fix=_EXPORT_AGAIN)
    try:
        return fastexcel.read_excel(raw)
    except fastexcel.FastExcelError as error:
        raise _foreign(path) from error


def _cells(
    book: fastexcel.ExcelReader,
    title: str,
    path: Path,
    columns: Sequence[object] = COLUMNS,
    decision: int = DECISION,
) -> pl.DataFrame:
    try:
        sheet = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise _foreign(path) from error
    cells = sheet.to_polars().select(pl.all().cast(pl.String))
    if title == HIDDEN:
        return cells
    if cells.width < decision + 1 or cells.width > len(columns) + 50:
        raise _foreign(path)
    # Empty columns at the end are not in the file's own measure.
    missing = [pl.lit(None, pl.String).alias(f"_{at}") for at in range(cells.width, len(columns))]
    return cells.with_columns(missing).slice(1)


def _signed(
    book: fastexcel.ExcelReader, path: Path, deck: Deck, key: bytes
) -> dict[str, tuple[str, Ids]]:
    """Return the groups of the hidden sheet by number. Raises InputError for a foreign one."""
    if HIDDEN not in book.sheet_names:
        raise _foreign(path)
    rows = list(_cells(book, HIDDEN, path).iter_rows())
    if not rows or len(rows[0]) < 3 or rows[0][0] != FORMAT:
        raise _foreign(path)
    scan_id, signature = rows[0][1] or "", rows[0][2] or ""
    groups = list(_groups(rows[1:]))
    if not hmac.compare_digest(sign(key, scan_id, groups).encode(), signature.encode()):
        raise InputError(
            N_("the signature is not of this state folder, or the hidden sheet was changed"),
            where=str(path),
            fix=_EXPORT_AGAIN,
        )
    if scan_id != deck.about.scan_id:
        raise InputError(
            N_("the workbook is of the scan {scan}"),
            where=str(path),
            fix=N_("name that scan's folder: crmclean review SCAN --import FILE.xlsx"),
            scan=scan_id,
        )
    known = {number: (entity, ids) for number, entity, ids in groups}
    plain = [number.removeprefix(VALUE) for number in known]
    if not all(number.isdecimal() and len(number) < 10 for number in plain):
        raise _foreign(path)
    if any(number.isdecimal() and int(number) >= len(deck) for number in known):
        raise _foreign(path)
    return known


def _groups(rows: Sequence[tuple[str | None, ...]]) -> Iterator[tuple[str, str, Ids]]:
    for row in rows:
        ids = tuple(id_ for piece in row[2:] if piece for id_ in piece.split("\n"))
        yield row[0] or "", row[1] or "", ids


def _foreign(path: Path) -> InputError:
    return InputError(
        N_("not a workbook that crmclean review has written"), where=str(path), fix=_EXPORT_AGAIN
    )

"""The sheet of values: one row a text on a card, with open columns for the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from dedupe.decisions import Decision
from dedupe.language import N_, tr

from .deck import Deck, Ids
from .forms import FormError
from .sheets import Looks, inert, lock, plain_text, word_of
from .states import DONE
from .values_deck import Value, ValuesDeck
from .values_forms import edited, typed_parts
from .values_words import sure
from .words import FIELDS

COLUMNS = (
    (N_("Number"), 8),
    (N_("Check"), 10),
    (N_("Card"), 12),
    (N_("Name"), 30),
    (N_("Person in charge"), 20),
    (N_("Field"), 10),
    (N_("On the card now"), 34),
    (N_("Proposal"), 34),
    (N_("How sure"), 14),
    (N_("Decision"), 18),
    (N_("Own text"), 30),
    (N_("Comment"), 26),
    (N_("Reviewer"), 16),
)
NUMBER, CARD, DECISION, OWN, COMMENT, REVIEWER = 0, 2, 9, 10, 11, 12
_MAX_COMMENT, _MAX_NAME = 500, 80
DECISIONS = {"accept": N_("write so"), "reject": N_("leave as it is"), "skip": N_("later")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """A row of the sheet that came back; `verdict` is "" where nothing was decided."""

    number: int
    v: int
    verdict: str
    own: str
    comment: str
    reviewer: str


def write_values(
    book: xlsxwriter.Workbook, deck: Deck, values: ValuesDeck, asked: Sequence[int]
) -> None:
    """Add the sheet of these values to the workbook."""
    sheet, looks = book.add_worksheet(tr(N_("Card values"))), Looks(book)
    for at, (title, width) in enumerate(COLUMNS):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, tr(title), looks.head)
    for row, v in enumerate(asked, 1):
        for at, text in enumerate(_cells(deck, values.value(v))):
            form = looks.cell(row % 2, is_open=at >= DECISION)
            if text:
                sheet.write_string(row, at, inert(text), form)
            else:
                sheet.write_blank(row, at, None, form)
    sheet.freeze_panes(1, 3)
    sheet.autofilter(0, 0, max(len(asked), 1), len(COLUMNS) - 1)
    words = [tr(each) for each in DECISIONS.values()]
    sheet.data_validation(
        1, DECISION, max(len(asked), 1), DECISION,
        {"validate": "list", "source": words, "ignore_blank": True},
    )  # fmt: skip
    lock(sheet)


def _cells(deck: Deck, value: Value) -> list[str]:
    user = deck.shelf.users.get(value.owner_id or "")
    told = [
        str(value.v),
        value.code,
        value.record_id,
        value.name or "",
        user.name if user else value.owner_id or "",
        tr(FIELDS[value.field]),
        value.raw,
        "\n".join(value.parts),
        sure(value),
    ]
    return [*told, *[""] * (len(COLUMNS) - len(told))]


def decided_row(values: ValuesDeck, row: ValueRow, batch: str) -> tuple[str, list[Decision]]:
    """Return what is wrong with a row, or the decision that it makes, if any."""
    if not row.verdict:
        return N_("a text of one's own takes the decision to write it") if row.own else "", []
    if values.state(row.v) == DONE:
        return N_("the value was decided meanwhile"), []
    told: dict[str, object] = {"batch": batch}
    if row.reviewer:
        told["who"] = row.reviewer
    if row.verdict != "accept":
        return "", [values.made(row.v, row.verdict, note=row.comment, **told)]
    value = values.value(row.v)
    try:
        typed = typed_parts(row.own, value.field)
    except FormError as error:
        return error.problem, []
    everything = set(range(len(value.parts)))
    return "", [edited(values, value, typed, everything, row.comment, **told)]


def read_values(
    values: ValuesDeck, rows: Iterable[Sequence[str | None]], keys: Mapping[str, Ids], batch: str
) -> tuple[list[Decision], list[tuple[int, str]]]:
    """Return the decisions of a sheet's rows, and the rows that are ignored with their reason.

    `keys` are the hidden sheet's, by number: a text or a proposal that is another one by now is
    not decided on by a row that was about the former.
    """
    made: list[Decision] = []
    ignored: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, cells in enumerate(rows, 2):
        if not any(cells):
            continue
        row, wrong = _row(number, cells, keys, seen)
        if row is not None:
            if row.v >= len(values) or values.key(row.v) != keys[str(row.v)]:
                wrong = N_("the value or its proposal has changed meanwhile")
            else:
                wrong, told = decided_row(values, row, batch)
                made += told
        if wrong:
            ignored.append((number, wrong))
    return made, ignored


def _row(
    number: int, cells: Sequence[str | None], keys: Mapping[str, Ids], seen: set[str]
) -> tuple[ValueRow | None, str]:
    told = plain_text(cells[NUMBER])
    if told not in keys or plain_text(cells[CARD]) != keys[told][0]:
        return None, N_("this row is not of this export")
    if told in seen:
        return None, N_("the row is there twice")
    seen.add(told)
    verdict, wrong = word_of(cells[DECISION], DECISIONS)
    if wrong:
        return None, N_("the decision is none of the list")
    row = ValueRow(
        number=number,
        v=int(told),
        verdict=verdict,
        own=(cells[OWN] or "").strip(),
        comment=plain_text(cells[COMMENT])[:_MAX_COMMENT],
        reviewer=plain_text(cells[REVIEWER])[:_MAX_NAME],
    )
    return row, ""

"""The groups that wait as a workbook: one row a card, with open columns for the decision.

The hidden sheet `crmclean` holds the scan's id, every group with its ids, and a signature of
both, by which an import knows that it is ours and whole. All cells are texts: nothing that a card
holds can become a formula or a link.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dedupe.errors import StorageError
from dedupe.language import N_, tr

from .deck import ALL, Deck, Ids
from .sheets import Looks, inert, lock
from .shelf import Loaded
from .signature import sign
from .states import TODO
from .table import money
from .values_deck import ValuesDeck
from .values_sheet import write_values

HIDDEN = "crmclean"
FORMAT = "crmclean.review_workbook/1"
VALUE = "v"  # begins the number of a value in the hidden sheet
# The titles of the columns; what an import reads is known by its place, not by its title.
COLUMNS = (
    (N_("Group"), 8),
    (N_("Card"), 12),
    (N_("Name"), 32),
    (N_("Phones"), 24),
    (N_("E-mails"), 28),
    (N_("Companies and people"), 26),
    (N_("Person in charge"), 22),
    (N_("Created"), 12),
    (N_("In open deals"), 16),
    (N_("Tags"), 20),
    (N_("Decision"), 18),
    (N_("Stays"), 10),
    (N_("Comment"), 30),
    (N_("Reviewer"), 18),
)
GROUP, CARD, DECISION, STAYS, COMMENT, REVIEWER = 0, 1, 10, 11, 12, 13
DECISIONS = {"same": N_("merge them"), "different": N_("not duplicates"), "skip": N_("later")}
YES = N_("yes")
_PART = 20_000  # of ids in a cell of the hidden sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many groups and how many values a workbook holds."""

    n_groups: int
    n_values: int


def write_workbook(
    deck: Deck, path: Path, key: bytes, *, limit: int, values: ValuesDeck | None = None
) -> Written:
    """Write up to `limit` waiting groups and as many values. Raises StorageError.

    An existing file is not overwritten: it may hold somebody's decisions.
    """
    if path.exists():
        raise StorageError(
            N_("the file is there already, perhaps with decisions in it"),
            where=str(path),
            fix=N_("name another file, or move this one aside"),
        )
    waiting = deck.in_states(ALL, (TODO,))[:limit]
    groups = [(int(g), deck.parts(int(g))[0]) for g in waiting]
    asked = [] if values is None else [int(v) for v in values.in_states(ALL, (TODO,))[:limit]]
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".crmclean-") as folder:
            made = Path(folder) / "groups.xlsx"
            with _book(made) as book:
                _Sheet(book.add_worksheet(tr(N_("Groups"))), book).write(deck, groups)
                if values is not None and asked:
                    write_values(book, deck, values, asked)
                signed = [*_signed(deck, groups), *_signed_values(values, asked)]
                _write_hidden(book.add_worksheet(HIDDEN), deck, key, signed)
            made.chmod(0o600)
            os.link(made, path)  # never over a file that has come meanwhile
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise StorageError(
            N_("the workbook can't be written ({reason})"),
            where=str(path),
            fix=N_("check the folder, its rights and the free space"),
            reason=(getattr(error, "strerror", None) or type(error).__name__).lower(),
        ) from error
    return Written(n_groups=len(groups), n_values=len(asked))


def _book(path: Path) -> xlsxwriter.Workbook:
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    return xlsxwriter.Workbook(path, options)


class _Sheet:
    """The sheet for people: banded by group, open in the last four columns."""

    def __init__(self, sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        self._sheet, self._looks = sheet, Looks(book)

    def write(self, deck: Deck, groups: list[tuple[int, Ids]]) -> None:
        for at, (title, width) in enumerate(COLUMNS):
            self._sheet.set_column(at, at, width)
            self._sheet.write_string(0, at, tr(title), self._looks.head)
        row = 1
        for place, (g, ids) in enumerate(groups):
            loaded = deck.load(g, ids)
            for id_ in ids:
                self._write_row(row, place % 2, _cells(deck, g, id_, loaded))
                row += 1
        self._sheet.freeze_panes(1, 2)
        self._sheet.autofilter(0, 0, max(row - 1, 1), len(COLUMNS) - 1)
        self._lists(max(row - 1, 1))
        lock(self._sheet)

    def _write_row(self, row: int, band: int, cells: list[str]) -> None:
        for at, text in enumerate(cells):
            form: Format = self._looks.cell(band, is_open=at >= DECISION)
            if text:
                self._sheet.write_string(row, at, inert(text), form)
            else:
                self._sheet.write_blank(row, at, None, form)

    def _lists(self, last: int) -> None:
        verdicts = [tr(words) for words in DECISIONS.values()]
        for at, words in ((DECISION, verdicts), (STAYS, [tr(YES)])):
            self._sheet.data_validation(
                1, at, last, at, {"validate": "list", "source": words, "ignore_blank": True}
            )


def _cells(deck: Deck, g: int, id_: str, loaded: Loaded) -> list[str]:
    card = loaded.cards.get(id_)
    if card is None:
        return [str(g), id_, *[""] * (len(COLUMNS) - 2)]
    user = deck.shelf.users.get(card.owner_id or "")
    held = loaded.holdings[id_]
    others = [loaded.names.get(ref, ref.id) for ref in card.others]

    def listed(name: str) -> str:
        return "\n".join(item.raw for item in card.items.get(name, ()))

    return [
        str(g),
        id_,
        card.name or "",
        listed("PHONE"),
        listed("EMAIL"),
        "\n".join(others),
        user.name if user else card.owner_id or "",
        card.created_at.strftime("%Y-%m-%d") if card.created_at else "",
        money(held.open_sum, deck.about.currency) if held.n_open else "",
        ", ".join(card.tags),
        *[""] * 4,
    ]


def _signed(deck: Deck, groups: list[tuple[int, Ids]]) -> list[tuple[str, str, Ids]]:
    return [(str(g), deck.head(g).entity, ids) for g, ids in groups]


def _signed_values(values: ValuesDeck | None, asked: list[int]) -> list[tuple[str, str, Ids]]:
    """Return the values as the hidden sheet has them: by digests, without their texts."""
    if values is None:
        return []
    return [(f"{VALUE}{v}", values.value(v).entity, values.key(v)) for v in asked]


def _write_hidden(
    sheet: Worksheet, deck: Deck, key: bytes, signed: list[tuple[str, str, Ids]]
) -> None:
    head = (FORMAT, deck.about.scan_id, sign(key, deck.about.scan_id, signed))
    for at, text in enumerate(head):
        sheet.write_string(0, at, text)
    for row, (number, entity, ids) in enumerate(signed, 1):
        for at, text in enumerate((number, entity, *_pieces(ids))):
            sheet.write_string(row, at, text)
    sheet.very_hidden()


def _pieces(ids: Ids) -> Iterator[str]:
    """Yield the ids in cells; a cell has an end, and ids of files may be long."""
    piece = ""
    for id_ in ids:
        if piece and len(piece) + len(id_) > _PART:
            yield piece
            piece = ""
        piece = f"{piece}\n{id_}" if piece else id_
    yield piece

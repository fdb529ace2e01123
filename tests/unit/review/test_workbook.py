"""The workbook's round trip: the same decisions by another door, and nothing guessed."""

from __future__ import annotations

import zipfile

import fastexcel
import pytest
import xlsxwriter

from dedupe.errors import InputError, StorageError
from dedupe.language import tr, use
from dedupe.review import values_sheet
from dedupe.review.signature import sign, signing_key
from dedupe.review.workbook import COMMENT, DECISION, HIDDEN, REVIEWER, STAYS, write_workbook
from dedupe.review.workbook_in import read_workbook
from tests.review_deck import deck_of, doubled, family, pairs_of_cards, values_of

KEY = b"k" * 32


@pytest.fixture
def deck(account, tmp_path):
    family(account, names=("Иван", "=1+1", "+79160000000"))
    pairs_of_cards(account, 3, first=201)
    return deck_of(account, tmp_path)


@pytest.fixture
def written(deck, tmp_path):
    path = tmp_path / "groups.xlsx"
    assert write_workbook(deck, path, KEY, limit=100).n_groups == 4
    return path


def sheets(path) -> dict[str, list[list[str]]]:
    book = fastexcel.read_excel(str(path))
    return {
        name: [
            [cell or "" for cell in row]
            for row in book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            .to_polars()
            .iter_rows()
        ]
        for name in book.sheet_names
    }


def filled(path, told: dict[str, dict[int, str]], *, change=lambda sheets: None):
    """Write the workbook again with cells of some cards filled in, as a person would save it."""
    content = sheets(path)
    title = next(name for name in content if name != HIDDEN)
    for row in content[title][1:]:
        row += [""] * (14 - len(row))
        for at, text in told.get(row[1], {}).items():
            row[at] = text
    change(content)
    out = path.with_name("filled.xlsx")
    options = {"strings_to_numbers": True, "strings_to_formulas": False}
    with xlsxwriter.Workbook(out, options) as book:
        for name, rows in content.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return out


def test_every_cell_is_a_text_and_the_file_is_private(written) -> None:
    content = sheets(written)
    rows = content["Groups"]
    assert [row[2] for row in rows[1:4]] == ["Иван", "=1+1", "+79160000000"]
    assert len(rows) == 1 + 9
    assert written.stat().st_mode & 0o077 == 0
    raw = written.read_bytes()
    assert b"<f>" not in raw


def test_decisions_come_back_as_the_same_store(deck, written) -> None:
    path = filled(
        written,
        {
            "101": {
                DECISION: "merge them",
                STAYS: "yes",
                COMMENT: "same person",
                REVIEWER: "Ольга",
            },
            "201": {DECISION: "Not duplicates"},
            "203": {DECISION: "later"},
        },
    )
    read = read_workbook(deck, path, KEY)
    assert (len(read.decisions), read.ignored, read.n_open) == (3, [], 1)
    first, second, third = read.decisions
    assert (first.kind, first.ids, first.survivor) == ("same", ("101", "102", "103"), "101")
    assert (first.who, first.note, second.who) == ("Ольга", "same person", "anna")
    assert (second.kind, third.kind) == ("different", "skip")
    deck.decide(read.decisions)
    assert (deck.counts().done, deck.counts().skipped) == (2, 1)
    assert len({each.batch for each in read.decisions}) == 1


def test_a_card_marked_as_no_duplicate_is_left_out_of_the_merge(deck, written) -> None:
    told = {
        "101": {DECISION: "merge them"},
        "102": {DECISION: "not duplicates"},
        "103": {DECISION: "merge them"},
    }
    (made,) = read_workbook(deck, filled(written, told), KEY).decisions
    assert (made.ids, made.apart) == (("101", "103"), ("102",))


def test_either_language_is_read(deck, written) -> None:
    use("ru")
    words = tr("not duplicates"), tr("merge them")
    use("en")
    told = {"101": {DECISION: words[1]}, "201": {DECISION: words[0]}}
    kinds = [each.kind for each in read_workbook(deck, filled(written, told), KEY).decisions]
    assert kinds == ["same", "different"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"101": {DECISION: "merge them"}, "102": {DECISION: "later"}}, "contradict"),
        ({"101": {DECISION: "merge them"}, "102": {DECISION: "not duplicates"}}, "contradict"),
        ({"101": {DECISION: "perhaps"}}, "none of the list"),
        ({"101": {DECISION: "merge them", STAYS: "yes"}, "102": {STAYS: "yes"}}, "one card stays"),
        (
            {"101": {DECISION: "merge them"}, "102": {DECISION: "not duplicates"},
             "103": {DECISION: "not duplicates"}},
            "two cards",
        ),
    ],
)  # fmt: skip
def test_a_group_that_contradicts_itself_is_ignored_with_its_reason(
    deck, written, told, reason
) -> None:
    read = read_workbook(deck, filled(written, told), KEY)
    assert read.decisions == []
    assert [reason in each.reason for each in read.ignored] == [True]
    assert read.ignored[0].row == 2


def test_a_card_in_another_group_or_twice_is_ignored(deck, written) -> None:
    def change(content) -> None:
        rows = content["Groups"]
        rows.append([rows[1][0], "999", *rows[1][2:]])
        rows.append(list(rows[2]))
        rows[4][0] = "0"

    read = read_workbook(
        deck, filled(written, {"101": {DECISION: "merge them"}}, change=change), KEY
    )
    assert [each.row for each in read.ignored] == [5, 11, 12]
    assert [each.ids for each in read.decisions] == [("101", "102", "103")]


def test_a_group_that_was_decided_meanwhile_is_ignored(deck, written) -> None:
    deck.decide([deck.log.made("same", entity="contact", ids=("101", "102", "103"))])
    read = read_workbook(deck, filled(written, {"101": {DECISION: "merge them"}}), KEY)
    assert read.decisions == []
    assert "meanwhile" in read.ignored[0].reason


def test_a_changed_or_foreign_workbook_is_refused(deck, written, tmp_path) -> None:
    def grow(content) -> None:
        content[HIDDEN][1][2] += "\n999"

    with pytest.raises(InputError, match="signature"):
        read_workbook(deck, filled(written, {}, change=grow), KEY)
    with pytest.raises(InputError, match="signature"):
        read_workbook(deck, written, b"x" * 32)
    with pytest.raises(InputError, match="not a workbook"):
        read_workbook(deck, filled(written, {}, change=lambda c: c.pop(HIDDEN)), KEY)
    (tmp_path / "text.xlsx").write_bytes(b"text")
    with pytest.raises(InputError, match="not a workbook"):
        read_workbook(deck, tmp_path / "text.xlsx", KEY)
    with pytest.raises(InputError, match="can't be read"):
        read_workbook(deck, tmp_path / "none.xlsx", KEY)


def test_a_workbook_of_another_scan_is_refused(deck, written) -> None:
    def other(content) -> None:
        groups = [(r[0], r[1], r[2].split("\n")) for r in content[HIDDEN][1:]]
        content[HIDDEN][0][1:3] = ["s-2", sign(KEY, "s-2", groups)]

    with pytest.raises(InputError, match="s-2"):
        read_workbook(deck, filled(written, {}, change=other), KEY)


def test_a_file_that_is_there_is_not_overwritten(deck, written) -> None:
    with pytest.raises(StorageError, match="there already"):
        write_workbook(deck, written, KEY, limit=1)


def test_the_key_is_made_once_and_is_private(tmp_path) -> None:
    key = signing_key(tmp_path / "state")
    assert signing_key(tmp_path / "state") == key
    path = tmp_path / "state/review.key"
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    with pytest.raises(StorageError, match="damaged"):
        signing_key(tmp_path / "state")


@pytest.fixture
def valued(account, tmp_path):
    """Write a workbook of a group and of three values."""
    family(account, names=("Иван", "Анна"))
    for id_ in (501, 502, 503):
        doubled(account, id_)
    account.rows["contacts"][-1]["name"] = "=HYPERLINK(1)"
    deck = deck_of(account, tmp_path)
    values = values_of(account, deck)
    path = tmp_path / "values.xlsx"
    written = write_workbook(deck, path, KEY, limit=100, values=values)
    assert (written.n_groups, written.n_values) == (1, 3)
    return deck, values, path


def answered(path, told: dict[str, dict[int, str]], *, change=lambda rows: None):
    """Fill in the second sheet by the card's id."""

    def changing(content):
        title = [name for name in content if name != HIDDEN][1]
        for row in content[title][1:]:
            row += [""] * (13 - len(row))
            for at, text in told.get(row[2], {}).items():
                row[at] = text
        change(content[title])

    return filled(path, {}, change=changing)


def test_values_come_back_as_the_same_store(valued) -> None:
    deck, values, path = valued
    back = answered(path, {
        "501": {values_sheet.DECISION: "write so", values_sheet.COMMENT: "both of them"},
        "502": {values_sheet.DECISION: "Оставить как есть", values_sheet.REVIEWER: "Boris"},
        "503": {values_sheet.DECISION: "write so", values_sheet.OWN: "+79035550003\n"},
    })  # fmt: skip
    read = read_workbook(deck, back, KEY, values)
    assert (read.ignored, read.n_open, read.n_open_values) == ([], 1, 0)
    deck.decide(read.decisions)
    told = [(d.kind, d.record_id, d.verdict, d.who, d.note, d.chosen) for d in read.decisions]
    assert told == [
        ("proposal", "501", "accept", "anna", "both of them", ()),
        ("proposal", "502", "reject", "Boris", "", ()),
        ("proposal", "503", "edit", "anna", "", (1,)),
    ]
    assert values.decided(2) == ("+79035550003",)
    again = read_workbook(deck, back, KEY, values)
    assert again.decisions == []
    assert [(each.row, each.sheet, each.reason) for each in again.ignored] == [
        (row, "Card values", "the value was decided meanwhile") for row in (2, 3, 4)
    ]


def test_cells_of_values_are_texts_and_the_hidden_sheet_has_none_of_them(valued) -> None:
    _, values, path = valued
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert not any("<f>" in part for name, part in parts.items() if "worksheets" in name)
    hidden = sheets(path)[HIDDEN]
    assert not any(values.value(0).raw in cell or "+7903" in cell for row in hidden for cell in row)
    assert oct(path.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"501": {values_sheet.DECISION: "perhaps"}}, "none of the list"),
        ({"501": {values_sheet.OWN: "+79161111111"}}, "takes the decision"),
        ({"501": {values_sheet.DECISION: "write so", values_sheet.OWN: "him"}}, "no phone"),
        ({"501": {values_sheet.CARD: "999"}}, "not of this export"),
        ({"501": {values_sheet.NUMBER: "1"}}, "not of this export"),
    ],
)
def test_a_row_of_values_that_can_not_be_meant_is_ignored_with_its_reason(
    valued, told, reason
) -> None:
    deck, values, path = valued
    read = read_workbook(deck, answered(path, told), KEY, values)
    assert read.decisions == []
    ((row, words),) = [(each.row, each.reason) for each in read.ignored]
    assert (row, reason in words) == (2, True)


def test_a_row_about_a_former_text_decides_nothing(account, valued) -> None:
    deck, _, path = valued
    back = answered(path, {"502": {values_sheet.DECISION: "write so"}})
    account.findings[1]["proposal"] += "; +79990000000"
    read = read_workbook(deck, back, KEY, values_of(account, deck))
    assert read.decisions == []
    assert [each.reason for each in read.ignored] == [
        "the value or its proposal has changed meanwhile"
    ]

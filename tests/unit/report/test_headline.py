"""The numbers that every report repeats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe import language
from dedupe.audit.registry import Check
from dedupe.contracts import Note, Summary
from dedupe.report import headline, words

from .conftest import missed, result


def test_a_check_that_ran_on_one_entity_counts_as_checked_in_part(summary: Summary) -> None:
    partly = replace(
        summary, checks=(*summary.checks, missed("PHN301", "company", "no data: links"))
    )
    covered = headline.coverage(partly)
    assert (covered.n_checked, covered.n_partly, covered.n_not_checked) == (5, 1, 2)
    assert covered.n_total == 7


@pytest.mark.parametrize(
    ("counts", "equation", "agrees"),
    [
        ((10, 2, 3, 5, 0), "2 open + 3 won + 5 lost = 10", True),
        ((10, 2, 3, 4, 1), "2 open + 3 won + 4 lost + 1 unsorted = 10", True),
        ((10, 2, 3, 4, 0), "2 open + 3 won + 4 lost + 1 of unknown state = 10", True),
        ((10, 2, 3, 6, 0), "2 open + 3 won + 6 lost ≠ 10", False),
    ],
)
def test_deals_add_up_or_say_that_they_do_not(counts, equation, agrees) -> None:
    keys = ("deals", "deals_open", "deals_won", "deals_lost", "deals_unsorted")
    deals = headline.deal_sum(dict(zip(keys, counts, strict=True)))
    assert deals is not None
    assert (deals.equation, deals.agrees) == (equation, agrees)


def test_states_that_were_not_read_make_no_sum() -> None:
    assert headline.deal_sum({"deals": 3}) is None
    assert headline.deal_sum({"deals": 3, "deals_open": None, "deals_won": None}) is None
    assert (
        headline.deal_sum({"deals": None, "deals_open": 1, "deals_won": 1, "deals_lost": 1}) is None
    )


def test_the_worst_comes_first_and_entities_of_a_code_stay_together(
    summary: Summary, checks: dict[str, Check]
) -> None:
    order = [(r.code, r.entity) for r in headline.ranked(summary, checks)]
    assert order == [
        ("TSK101", "deal"),
        ("DUP101", "contact"),
        ("DUP101", "company"),
        ("PHN301", "contact"),
    ]


def test_the_gravest_are_errors_and_warnings_by_share(
    summary: Summary, checks: dict[str, Check]
) -> None:
    more = replace(summary, checks=(*summary.checks, result("EML202", "company", 29, 30)))
    assert [r.code for r in headline.gravest(more, checks, 2)] == ["TSK101", "DUP101"]


def test_a_code_that_found_something_on_one_entity_is_not_clean(summary: Summary) -> None:
    more = replace(summary, checks=(*summary.checks, result("PHN301", "company", 0, 30)))
    assert headline.nothing_found(more) == ["EML202"]


def test_groups_are_told_with_their_extra_cards() -> None:
    assert headline.groups_text(result("DUP101", "contact", 1762, 9000, 811)) == (
        "1,762 cards in 811 groups, 951 extra"
    )
    assert headline.groups_text(result("DUP105", "contact", 9, 9000, 20)) == "20 distinct values"
    assert headline.groups_text(result("PHN101", "contact", 9, 9000)) == ""


@pytest.mark.parametrize(
    ("found", "groups", "words"),
    [
        (1762, 811, "1 762 карточки в 811 группах, лишних 951"),
        (21, 1, "21 карточка в 1 группе, лишних 20"),
        (11, 5, "11 карточек в 5 группах, лишних 6"),
    ],
)
def test_russian_groups_are_declined(found, groups, words) -> None:
    language.use("ru")
    text = headline.groups_text(result("DUP101", "contact", found, 9000, groups))
    assert text.replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("no data: tasks, user_rights", "no data: tasks, rights of users"),
        ("tasks", "no data: tasks"),
        ("no data: deals.odd_column", "no data: deals.odd_column"),
        ("not in this version", "not in this version"),
        ("the moon was full: tasks", "the moon was full: tasks"),
        ("", "no data"),
    ],
)
def test_a_reason_is_told_in_words(reason, text) -> None:
    assert words.reason_text(reason) == text


def test_reasons_in_short_name_each_missing_part_once() -> None:
    rows = [
        missed("A", "deal", "no data: tasks"),
        missed("B", "deal", "no data: tasks, users"),
        missed("C", "deal", "not in this version"),
    ]
    assert headline.reasons_in_short(rows) == "no data (tasks, users); not in this version"


def test_an_unknown_note_is_named_and_counted() -> None:
    assert words.note_text(Note(code="bad_date", where="x", n=1)) == "1 date could not be read"
    assert words.note_text(Note(code="odd", where="x", n=1200)) == "odd: 1,200"
    assert words.note_text(Note(code="odd", where="x")) == "odd"
    assert words.place_name("deals.created_at") == "deals: created_at"
    assert words.place_name("people.csv: Дата") == "people.csv: Дата"


@pytest.mark.parametrize(
    ("code", "section"),
    [
        ("TSK101", "work"),
        ("TSK301", "fields"),
        ("DUP101", "duplicates"),
        ("FUN501", "talks"),
        ("ZZZ1", "other"),
    ],
)
def test_the_longest_prefix_names_the_section(code, section) -> None:
    assert words.section_of(code) == section


def test_control_characters_are_made_visible() -> None:
    assert words.plain("a\x1b[31mb\u00a0c") == "a\ufffd[31mb\u00a0c"

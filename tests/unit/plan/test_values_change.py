"""The laws of a change of a multi-value field."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given

from dedupe.plan.ops import Item, ValuesChange
from dedupe.plan.values_change import applied, is_same, narrowed, spelling

from .strategies import CHANGES, ITEMS, LISTS

A, B = Item("+79161234567", "WORK"), Item("+79035550011", "WORK")
DOUBLED = Item("+79161234567; +79035550011", "WORK")
SPLIT = ValuesChange(field="PHONE", old=(DOUBLED,), new=(A, B))


@given(items=LISTS, change=CHANGES)
def test_nothing_disappears_but_what_the_change_names(items, change) -> None:
    gone = Counter(items) - Counter(applied(items, change))
    assert all(any(is_same(item, old) for old in change.old) for item in gone)


@given(items=LISTS, change=CHANGES)
def test_twice_is_once(items, change) -> None:
    once = applied(items, change)
    assert applied(once, change) == once


@given(items=LISTS, change=CHANGES)
@example(  # labels that are not told: two changes in one that would only swap places
    items=(Item("89161234567 мама", "WORK"), Item("+79161234567")),
    change=ValuesChange(
        field="PHONE",
        old=(Item("+79161234567"), Item("89161234567 мама")),
        new=(Item("+79161234567"), Item("89161234567 мама", "WORK")),
    ),
)
@example(
    items=(Item("+79161234567"), Item("+79161234567", "WORK")),
    change=ValuesChange(field="PHONE", old=(Item("+79161234567", "MOB"),)),
)
def test_what_was_really_done_is_taken_back_exactly(items, change) -> None:
    done = narrowed(items, change)
    after = applied(items, change)
    assert applied(after, done.reverse()) == items


@given(items=LISTS, change=CHANGES, theirs=ITEMS)
def test_taking_back_keeps_what_others_added(items, change, theirs) -> None:
    done = narrowed(items, change)
    now = (*applied(items, change), theirs)
    if any(is_same(theirs, item) for item in done.new):
        return  # a colleague typed what we had written: nobody can tell whose it is
    assert theirs in applied(now, done.reverse())


@given(items=LISTS, change=CHANGES)
def test_an_addition_leaves_each_new_value_in_some_spelling(items, change) -> None:
    added = ValuesChange(field="PHONE", new=change.new)
    held = {spelling(item.raw) for item in applied(items, added)}
    assert {spelling(item.raw) for item in change.new} <= held


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ([DOUBLED], SPLIT, [A, B]),
        ([Item("x"), DOUBLED, Item("y")], SPLIT, [Item("x"), A, B, Item("y")]),
        ([DOUBLED, Item("8 916 123 45 67")], SPLIT, [B, Item("8 916 123 45 67")]),
        ([A], SPLIT, [A]),  # a colleague repaired it otherwise
        ([], SPLIT, []),
        ([A, A], ValuesChange(field="P", old=(A, A), new=(A,)), [A]),
        ([A], ValuesChange(field="P", old=(A, A), new=(A,)), [A]),
        ([A, B], ValuesChange(field="P", old=(A,)), [B]),
        ([A], ValuesChange(field="P", new=(B,)), [A, B]),
        ([Item("8-903-555-00-11")], ValuesChange(field="P", new=(B,)), [Item("8-903-555-00-11")]),
    ],
)
def test_changes_by_example(before, change, after) -> None:
    assert list(applied(before, change)) == after


def test_a_repeat_whose_twin_a_person_removed_meanwhile_stays_in_the_twins_spelling() -> None:
    twin = Item("8 916 123-45-67", "MOB")
    change = ValuesChange(field="PHONE", old=(A,), new=(twin,))
    assert applied((A, twin), change) == (twin,)
    assert applied((A,), change) == (twin,)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("8 (916) 123-45-67", "+79161234567", True),
        ("7 916 123 45 67", "+7 916 123-45-67", True),
        ("Ivan@Mail.ru ", "ivan@mail.ru", True),
        ("+81312345678", "81312345678", False),
        ("89161234567 мама", "89161234567", False),
        ("89161234567 доб. 2", "891612345672", False),
        ("12", "1-2", False),
        ("", " ", True),
    ],
)
def test_two_spellings_are_one_value_only_without_doubt(one, other, same) -> None:
    assert (spelling(one) == spelling(other)) is same

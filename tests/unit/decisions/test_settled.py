"""What holds of a log: the later decision, no undone one, whatever the order of the lines."""

from __future__ import annotations

import random

import pytest

from dedupe.decisions import DecisionLog, settle
from dedupe.decisions.settled import LEAST_TAUGHT
from tests.review_deck import Clock


@pytest.fixture
def log(tmp_path) -> DecisionLog:
    return DecisionLog(tmp_path / "decisions.jsonl", "anna", now=Clock())


def same(log, *ids, **told):
    return log.made("same", entity="contact", ids=ids, **told)


def different(log, *ids, **told):
    return log.made("different", entity="contact", ids=ids, **told)


def groups(settled):
    return [group.ids for group in settled.groups]


def apart(settled):
    return {pair for _, pair in settled.different}


def test_groups_and_pairs_stand_side_by_side(log) -> None:
    held = settle([same(log, "1", "2"), different(log, "3", "4", "5")])
    assert groups(held) == [("1", "2")]
    assert apart(held) == {("3", "4"), ("3", "5"), ("4", "5")}
    assert held.contradictions == ()


def test_a_dropped_card_is_held_apart_from_the_group(log) -> None:
    held = settle([same(log, "2", "10", apart=("3",))])
    assert apart(held) == {("2", "3"), ("3", "10")}


def test_a_split_holds_its_parts_apart_and_leaves_them_open(log) -> None:
    held = settle([log.made("split", entity="contact", parts=(("1", "2"), ("3",)))])
    assert groups(held) == []
    assert apart(held) == {("1", "3"), ("2", "3")}


def test_a_later_rejection_opens_the_group_and_is_told(log) -> None:
    first, second = same(log, "1", "2", "3"), different(log, "1", "3")
    held = settle([first, second])
    assert groups(held) == []
    assert apart(held) == {("1", "3")}
    assert [(c.overruled, c.by) for c in held.contradictions] == [(first.id, second.id)]


def test_a_later_merge_overrules_the_rejection(log) -> None:
    first, second = different(log, "1", "3"), same(log, "1", "2", "3")
    held = settle([first, second])
    assert (groups(held), apart(held)) == ([("1", "2", "3")], set())
    assert [(c.overruled, c.by) for c in held.contradictions] == [(first.id, second.id)]


def test_a_group_that_is_said_again_counts_once_with_its_last_survivor(log) -> None:
    held = settle([same(log, "1", "2", survivor="1"), same(log, "1", "2", survivor="2")])
    assert [(group.ids, group.survivor) for group in held.groups] == [(("1", "2"), "2")]


def test_an_undone_decision_holds_no_more_and_an_undone_undo_does(log) -> None:
    first = same(log, "1", "2")
    undo = log.made("undo", of=first.id)
    again = log.made("undo", of=undo.id)
    assert groups(settle([first, undo])) == []
    assert groups(settle([first, undo, again])) == [("1", "2")]


def test_a_batch_is_undone_as_one(log) -> None:
    batch = [same(log, "1", "2", batch="b-7"), same(log, "3", "4", batch="b-7")]
    assert groups(settle([*batch, same(log, "5", "6"), log.made("undo", of="b-7")])) == [("5", "6")]


def test_the_order_of_lines_means_nothing(log) -> None:
    made = [same(log, "1", "2", "3"), different(log, "1", "2"), same(log, "4", "5"),
            log.made("split", entity="contact", parts=(("4",), ("6", "7")))]  # fmt: skip
    made.append(log.made("undo", of=made[1].id))
    held = settle(made)
    for seed in range(5):
        shuffled = random.Random(seed).sample(made, len(made))
        assert settle(shuffled) == held


def test_entities_do_not_mix(log) -> None:
    company = log.made("different", entity="company", ids=("1", "2"))
    held = settle([same(log, "1", "2"), company])
    assert groups(held) == [("1", "2")]
    assert held.contradictions == ()


def test_labels_are_the_pairs_of_both_kinds(log) -> None:
    held = settle([same(log, "1", "2", "3"), different(log, "4", "5")])
    rows = set(held.labels().iter_rows())
    assert rows == {
        ("1", "2", True, "contact"),
        ("1", "3", True, "contact"),
        ("2", "3", True, "contact"),
        ("4", "5", False, "contact"),
    }


def test_a_large_group_is_told_as_a_chain(log) -> None:
    held = settle([same(log, *map(str, range(10, 40)))])
    assert held.labels().height == 29


def test_the_match_learns_only_from_enough_pairs_of_both_kinds(log) -> None:
    ones = [same(log, f"a{i}", f"b{i}") for i in range(1, LEAST_TAUGHT + 1)]
    twos = [different(log, f"c{i}", f"d{i}") for i in range(1, LEAST_TAUGHT + 1)]
    assert not settle(ones).teaches()
    assert not settle([*ones, *twos[1:]]).teaches()
    assert settle([*ones, *twos]).teaches()

"""Two tables matched against each other: pairs across them only, and who gets whom."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from dedupe.match import Assignment, Matched, MatchOptions, match_records, pairs_frame
from dedupe.match.records import build_labels
from tests.match_cards import Card, clusters, side_by_side, strangers, tiers

IVAN = {"first_name": "Иван", "last_name": "Щербаков", "phone": "+79261234567"}
MANY = strangers(200)


def side(prefix: str, *cards: Card) -> list[dict[str, Any]]:
    """Give the cards of a table ids of its own: L1, L2, ..."""
    return [{**card, "id": f"{prefix}{at}"} for at, card in enumerate(cards, 1)]


def linked(
    left: list[Card],
    right: list[Card],
    assignment: Assignment = Assignment.ONE_TO_ONE,
    **options: Any,
) -> Matched:
    records = side_by_side(side("L", *left), side("R", *right))
    return match_records(records, MatchOptions(assignment=assignment, **options))


BOTH = pytest.mark.parametrize("assignment", list(Assignment))


@BOTH
def test_each_card_finds_its_own_in_the_other_table_and_no_pair_is_of_one_side(assignment) -> None:
    found = linked(MANY, [*MANY[50:120], *strangers(30, seed=8)], assignment)
    wanted = {frozenset((f"L{at + 51}", f"R{at + 1}")) for at in range(70)}
    assert clusters(found) == wanted
    frame = pairs_frame(found)
    assert frame["left_id"].str.starts_with("L").all()
    assert frame["right_id"].str.starts_with("R").all()
    assert {pair for pair, tier in tiers(found).items() if tier == "auto"} == {
        tuple(sorted(pair)) for pair in wanted
    }


@BOTH
def test_duplicates_of_one_side_are_not_looked_for(assignment) -> None:
    found = linked([IVAN, IVAN, *MANY], strangers(40, seed=9), assignment)
    assert clusters(found) == set()


def test_one_to_one_gives_a_card_to_one_and_leaves_equal_rivals_to_a_person() -> None:
    found = linked([IVAN, IVAN, *MANY], [IVAN, *MANY[:50]])
    assert [each for each in clusters(found) if "R1" in each] == [frozenset(("L1", "R1"))]
    assert tiers(found)["L1", "R1"] == tiers(found)["L2", "R1"] == "review"
    assert tiers(found)["L3", "R2"] == "auto"


def test_many_to_one_lets_several_cards_have_one_counterpart() -> None:
    found = linked([IVAN, IVAN, *MANY], [IVAN, *MANY[:50]], Assignment.MANY_TO_ONE)
    assert frozenset(("L1", "L2", "R1")) in clusters(found)
    assert tiers(found)["L1", "R1"] == tiers(found)["L2", "R1"] == "auto"


@BOTH
def test_a_card_with_two_alike_counterparts_gets_one_and_a_person_looks(assignment) -> None:
    found = linked([IVAN, *MANY], [IVAN, IVAN, *MANY[:50]], assignment)
    assert [each for each in clusters(found) if "L1" in each] == [frozenset(("L1", "R1"))]
    assert tiers(found)["L1", "R1"] == "review"


@pytest.mark.parametrize(("left", "right"), [([], [IVAN]), ([IVAN], []), ([], [])])
def test_an_empty_side_links_nothing(left, right) -> None:
    found = linked(left, right)
    assert clusters(found) == set()
    assert pairs_frame(found).is_empty()


def test_one_card_against_one() -> None:
    assert clusters(linked([IVAN], [IVAN])) == {frozenset(("L1", "R1"))}
    other = {"first_name": "Глафира", "last_name": "Ежова", "phone": "+79057654321"}
    assert clusters(linked([IVAN], [other])) == set()


def test_labels_force_and_forbid_links() -> None:
    other = {"first_name": "Глафира", "last_name": "Ежова", "phone": "+79057654321"}
    records = side_by_side(side("L", IVAN, *MANY), side("R", IVAN, other, *MANY[:50]))
    judged = pl.DataFrame(
        {
            "entity": ["contact"] * 3,
            "left_id": ["L1", "R2", "L4"],
            "right_id": ["R1", "L1", "L5"],  # the last one is inside a table: no link
            "is_match": [False, True, True],
        }
    )
    found = match_records(records, labels=build_labels(records, judged))
    assert [each for each in clusters(found) if "L1" in each] == [frozenset(("L1", "R2"))]
    assert not any({"L4", "L5"} <= each for each in clusters(found))


def test_many_alike_cards_on_the_left_find_their_one_counterpart() -> None:
    found = linked([*[IVAN] * 100, *MANY], [IVAN, *MANY[:50]], Assignment.MANY_TO_ONE)
    assert {len(each) for each in clusters(found) if "R1" in each} == {101}


@pytest.mark.parametrize("n", [100, 3_000])
def test_identical_cards_on_both_sides_make_few_pairs(n) -> None:
    found = linked([*[IVAN] * n, *MANY], [IVAN] * n)
    assert found.scored.n_candidates <= 25 * found.records.n

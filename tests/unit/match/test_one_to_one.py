"""Links of two tables: greedy, stable, and honest about rivals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.match.one_to_one import Assigned, Assignment, assign_pairs

ONE, MANY = Assignment.ONE_TO_ONE, Assignment.MANY_TO_ONE
Pair = tuple[int, int, float]


def assign(pairs: list[Pair], mode: Assignment, margin: float = 3.0) -> Assigned:
    return assign_pairs(
        np.array([a for a, _, _ in pairs], dtype=np.uint32),
        np.array([b for _, b, _ in pairs], dtype=np.uint32),
        np.array([w for _, _, w in pairs], dtype=np.float32),
        mode,
        margin=margin,
    )


def kept(pairs: list[Pair], mode: Assignment) -> set[tuple[int, int]]:
    flags = assign(pairs, mode).is_kept
    return {(a, b) for (a, b, _), keep in zip(pairs, flags, strict=True) if keep}


def ambiguous(pairs: list[Pair], mode: Assignment, margin: float = 3.0) -> set[tuple[int, int]]:
    flags = assign(pairs, mode, margin).is_ambiguous
    return {(a, b) for (a, b, _), keep in zip(pairs, flags, strict=True) if keep}


@st.composite
def tables(draw: st.DrawFn) -> list[Pair]:
    row = st.integers(0, 6)
    weight = st.integers(1, 12).map(float)  # few values, so that ties are common
    weights = draw(st.dictionaries(st.tuples(row, row), weight, max_size=25))
    return draw(st.permutations([(a, b, w) for (a, b), w in weights.items()]))


def naive_one_to_one(pairs: list[Pair]) -> set[tuple[int, int]]:
    """Take the best pair, strike out its row and its column, go on."""
    rest, taken = list(pairs), set()
    while rest:
        a, b, _ = min(rest, key=lambda p: (-p[2], p[0], p[1]))
        taken.add((a, b))
        rest = [p for p in rest if p[0] != a and p[1] != b]
    return taken


@settings(deadline=None)
@given(pairs=tables())
def test_one_to_one_takes_the_best_pair_first(pairs) -> None:
    assert kept(pairs, ONE) == naive_one_to_one(pairs)


@settings(deadline=None)
@given(pairs=tables())
def test_no_two_records_would_both_rather_have_each_other(pairs) -> None:
    chosen = kept(pairs, ONE)
    by_left = {a: w for a, b, w in pairs if (a, b) in chosen}
    by_right = {b: w for a, b, w in pairs if (a, b) in chosen}
    for a, b, w in pairs:
        assert w <= max(by_left.get(a, 0), by_right.get(b, 0))


@settings(deadline=None)
@given(pairs=tables())
def test_many_to_one_gives_each_left_record_its_best(pairs) -> None:
    best = {a: min((-w, b) for x, b, w in pairs if x == a)[1] for a, _, _ in pairs}
    assert kept(pairs, MANY) == set(best.items())


@pytest.mark.parametrize("mode", [ONE, MANY])
@settings(deadline=None)
@given(pairs=tables(), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(mode, pairs, seed) -> None:
    mixed = list(pairs)
    seed.shuffle(mixed)
    assert kept(mixed, mode) == kept(pairs, mode)
    assert ambiguous(mixed, mode) == ambiguous(pairs, mode)


@pytest.mark.parametrize("mode", [ONE, MANY])
@settings(deadline=None)
@given(pairs=tables())
def test_only_kept_pairs_are_ambiguous(mode, pairs) -> None:
    assert ambiguous(pairs, mode) <= kept(pairs, mode)


def test_two_candidates_within_the_margin_are_ambiguous() -> None:
    pairs = [(0, 0, 10.0), (0, 1, 8.0), (1, 2, 10.0), (1, 3, 6.0)]
    for mode in (ONE, MANY):
        assert kept(pairs, mode) == {(0, 0), (1, 2)}
        assert ambiguous(pairs, mode) == {(0, 0)}
        assert ambiguous(pairs, mode, margin=1.0) == set()


def test_a_right_record_sure_of_another_is_no_rival_one_to_one() -> None:
    pairs = [(0, 0, 10.0), (0, 1, 9.0), (1, 1, 30.0)]
    assert ambiguous(pairs, ONE) == set()
    assert ambiguous(pairs, MANY) == {(0, 0)}  # there it may have both


def test_two_left_records_after_one_right_record_are_ambiguous_one_to_one() -> None:
    pairs = [(0, 0, 10.0), (1, 0, 9.0)]
    assert kept(pairs, ONE) == {(0, 0)}
    assert ambiguous(pairs, ONE) == {(0, 0)}
    assert kept(pairs, MANY) == {(0, 0), (1, 0)}
    assert ambiguous(pairs, MANY) == set()


def test_a_rival_makes_the_kept_pairs_of_both_its_records_ambiguous() -> None:
    pairs = [(0, 0, 10.0), (1, 1, 9.0), (0, 1, 8.5)]
    assert ambiguous(pairs, ONE) == {(0, 0), (1, 1)}


def test_no_pairs_are_no_assignment() -> None:
    for mode in (ONE, MANY):
        assert assign([], mode).is_kept.shape == (0,)

"""The measures of the match bench against figures counted by hand and by naive loops."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.truth import (
    best_cluster_threshold,
    best_link_threshold,
    calibration,
    closure,
    cluster_scores,
    link_scores,
    pair_scores,
    pairs_completeness,
    tier_scores,
    true_pairs,
)

# Persons: a b c are one, d e are one, f is alone.
TRUTH = pl.DataFrame({"record_id": list("abcdef"), "person": [1, 1, 1, 2, 2, 3]})


def clusters_of(**cluster_by_record: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"record_id": [*cluster_by_record], "cluster_id": [*cluster_by_record.values()]}
    )


def pairs_of(*rows: tuple[str, str, float]) -> pl.DataFrame:
    schema = {"left_id": pl.String, "right_id": pl.String, "weight": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_pairs_within_clusters_are_counted() -> None:
    scores = pair_scores(clusters_of(a=1, b=1, c=2, d=2), TRUTH)
    assert (scores.n_true, scores.n_found, scores.n_right) == (4, 2, 1)
    assert (scores.precision, scores.recall, scores.f1) == (0.5, 0.25, 2 / 6)


def test_no_clusters_are_precise_and_find_nothing() -> None:
    none = pl.DataFrame(schema={"record_id": pl.String, "cluster_id": pl.Int64})
    scores = pair_scores(none, TRUTH)
    assert (scores.precision, scores.recall, scores.f1) == (1.0, 0.0, 0.0)


def test_a_cluster_of_everything_is_counted_without_making_its_pairs() -> None:
    n = 300_000
    truth = pl.DataFrame({"record_id": range(n), "person": [i // 2 for i in range(n)]})
    one = truth.select("record_id", cluster_id=pl.lit(0))
    assert pair_scores(one, truth).n_found == n * (n - 1) // 2
    assert pair_scores(one, truth).recall == 1.0


def test_a_cluster_is_right_only_as_a_whole() -> None:
    scores = cluster_scores(clusters_of(a=1, b=1, c=1, d=2, e=2, f=2), TRUTH)
    assert (scores.n_true, scores.n_found, scores.n_right) == (2, 2, 1)
    assert cluster_scores(clusters_of(a=1, b=1, d=2, e=2), TRUTH).n_right == 1


def test_a_threshold_takes_all_pairs_of_equal_weight() -> None:
    pairs = pairs_of(("a", "b", 9.0), ("a", "f", 5.0), ("a", "c", 5.0), ("c", "f", 1.0))
    best = best_link_threshold(pairs, TRUTH)
    assert best.threshold == 5.0
    assert (best.scores.n_found, best.scores.n_right) == (3, 2)


def test_no_pairs_have_no_threshold() -> None:
    best = best_link_threshold(pairs_of(), TRUTH)
    assert (best.threshold, best.scores.f1) == (float("inf"), 0.0)
    assert best_cluster_threshold(pairs_of(), TRUTH).scores.n_found == 0


def test_links_close_to_clusters_before_they_are_judged() -> None:
    pairs = pairs_of(("a", "b", 9.0), ("b", "c", 8.0), ("d", "e", 7.0), ("c", "f", -3.0))
    best = best_cluster_threshold(pairs, TRUTH)
    assert best.scores.f1 == 1.0
    assert -3.0 < best.threshold <= 7.0
    assert best_link_threshold(pairs, TRUTH).scores.recall == 0.75


def test_completeness_is_of_all_true_pairs() -> None:
    assert pairs_completeness(pairs_of(("b", "a", 0.0), ("d", "f", 0.0)), TRUTH) == 0.25


def test_a_tier_is_judged_alone() -> None:
    tiers = {"a": "auto", "b": "auto", "d": "review", "f": "review"}
    clusters = clusters_of(a=1, b=1, d=2, f=2).with_columns(
        tier=pl.col("record_id").replace_strict(tiers)
    )
    assert tier_scores(clusters, TRUTH, "auto").precision == 1.0
    assert tier_scores(clusters, TRUTH, "review").precision == 0.0


def test_calibration_counts_each_pair_once() -> None:
    pairs = pairs_of(("a", "b", 0), ("a", "c", 0), ("a", "f", 0), ("d", "e", 0)).with_columns(
        probability=pl.Series([0.0, 0.5, 0.5, 1.0])
    )
    bins = calibration(pairs, TRUTH, [0.0, 0.5, 1.0])
    assert bins["pairs"].to_list() == [1, 3]
    assert bins["share_true"].to_list() == pytest.approx([1.0, 2 / 3])


@st.composite
def labellings(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    n = draw(st.integers(1, 12))
    labels = st.lists(st.integers(0, 4), min_size=n, max_size=n)
    return draw(labels), draw(labels)


@settings(deadline=None, derandomize=True)
@given(labellings())
def test_counts_agree_with_pairs_made_one_by_one(labels) -> None:
    persons, found = labels
    truth = pl.DataFrame({"record_id": range(len(persons)), "person": persons})
    clusters = truth.select("record_id", cluster_id=pl.Series(found))
    both = list(combinations(range(len(persons)), 2))
    scores = pair_scores(clusters, truth)
    assert scores.n_true == sum(persons[a] == persons[b] for a, b in both)
    assert scores.n_found == sum(found[a] == found[b] for a, b in both)
    right = sum(persons[a] == persons[b] and found[a] == found[b] for a, b in both)
    assert scores.n_right == right
    links = true_pairs(truth)
    assert link_scores(links, truth).f1 == 1.0
    assert pair_scores(closure(links), truth).f1 == 1.0

"""The match on made-up contacts: results depend on the cards alone, and are as sure as they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import truth as measure
from bench.people import build_people, one_name
from dedupe.contracts import Entity
from dedupe.crm.tables import TableOptions
from dedupe.match import MatchOptions
from dedupe.scan import Scan, ScanOptions, open_account, scan

Scanned = Callable[..., Scan]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory) -> Scanned:
    """Scan a table of contacts as a file of the user's, without the columns that tell the truth."""
    folder: Path = tmp_path_factory.mktemp("people")

    def scan_contacts(people: pl.DataFrame, **options: int) -> Scan:
        file = folder / "contacts.parquet"
        people.drop("person_id").write_parquet(file)
        account = open_account(file, TableOptions(entity=Entity.CONTACT))
        return scan(account, ScanOptions(match=MatchOptions(**options)))

    return scan_contacts


def truth_of(people: pl.DataFrame) -> pl.DataFrame:
    return people.select(record_id="id", person="person_id")


def assert_same(found: Scan, expected: Scan) -> None:
    assert expected.pairs.height > 100
    assert expected.clusters.height > 100
    assert found.pairs.equals(expected.pairs)
    assert found.clusters.equals(expected.clusters)


SEEDS = {11: 300, 13: 2000}


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"{SEEDS[seed]} contacts")
def case(request, scanned) -> tuple[pl.DataFrame, Scan]:
    people = build_people(SEEDS[request.param], request.param)
    return people, scanned(people)


EXAMPLES = settings(
    deadline=None,
    max_examples=4,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@EXAMPLES
@given(seed=st.integers(0, 2**32 - 1))
def test_results_do_not_depend_on_row_order(case, scanned, seed) -> None:
    people, expected = case
    assert_same(scanned(people.sample(fraction=1, shuffle=True, seed=seed)), expected)


@EXAMPLES
@given(room=st.integers(1, 3) | st.integers(4, 5000), threads=st.integers(1, 3))
def test_results_do_not_depend_on_room_or_threads(case, scanned, room, threads) -> None:
    people, expected = case
    assert_same(scanned(people, room=room, threads=threads), expected)


def test_the_order_of_columns_and_their_number_of_empty_cells_change_nothing(case, scanned) -> None:
    people, expected = case
    turned = people.select(reversed(people.columns)).with_columns(pl.col(pl.String).fill_null(""))
    assert_same(scanned(turned), expected)


@pytest.fixture(scope="module", params=[False, True], ids=["names in parts", "one name"])
def many(request, scanned) -> tuple[pl.DataFrame, Scan]:
    people = build_people(5_000, 20261121)
    form = one_name(people, 20261121) if request.param else people
    return people, scanned(form)


def test_clusters_are_the_persons(many) -> None:
    people, found = many
    assert measure.pair_scores(found.clusters, truth_of(people)).f1 > 0.85


def test_what_is_auto_is_right(many) -> None:
    people, found = many
    clusters = measure.tier_scores(found.clusters, truth_of(people), "auto")
    links = measure.link_scores(found.pairs.filter(tier="auto"), truth_of(people))
    assert min(clusters.precision, links.precision) >= 0.995
    assert min(clusters.recall, links.recall) > 0.3  # and it is not for nothing


def test_probabilities_are_as_sure_as_they_say(many) -> None:
    people, found = many
    bins = measure.calibration(found.pairs, truth_of(people), [0.0, 0.5, 0.9, 1.0])
    low, _, high = bins["share_true"].to_list()
    assert high >= 0.85
    assert low < 0.5
    assert bins["pairs"].to_list()[2] > 1000


def test_few_true_pairs_are_lost_before_they_are_compared(many) -> None:
    people, found = many
    assert measure.pairs_completeness(found.pairs, truth_of(people)) > 0.9


def test_the_threshold_is_near_the_best_one(many) -> None:
    people, found = many
    truth = truth_of(people)
    best = measure.best_cluster_threshold(found.pairs, truth)
    assert measure.pair_scores(found.clusters, truth).f1 > best.scores.f1 - 0.02


def test_clusters_hold_together_by_pairs_and_have_one_survivor(many) -> None:
    _, found = many
    sizes = found.clusters.group_by("cluster_id").agg(
        n=pl.len(), n_survivors=pl.col("survivor").sum()
    )
    assert (sizes["n"] > 1).all()
    assert (sizes["n_survivors"] == 1).all()
    held = dict(found.clusters.select("record_id", "cluster_id").iter_rows())
    ends = found.pairs.filter(tier="auto").select("left_id", "right_id").iter_rows()
    assert all(held[left] == held[right] for left, right in ends)

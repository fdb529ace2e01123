"""Components too large for all their pairs: masses kept, chains and stars cut, in bounded work."""

from __future__ import annotations

import numpy as np
import pytest

from dedupe.match.linking import Clustered, Links, LinkSettings, Reason, build_record_clusters

PRIOR = -17.0


def equal_links(left, right, weight: float = 9.0, conflict=None) -> Links:
    left, right = np.asarray(left, dtype=np.uint32), np.asarray(right, dtype=np.uint32)
    return Links(
        left=left,
        right=right,
        weight=np.full(left.shape, weight, dtype=np.float32),
        strong=np.ones(left.shape, dtype=np.bool_),
        conflict=np.zeros(left.shape, dtype=np.bool_) if conflict is None else conflict,
    )


def chain(n: int) -> Links:
    return equal_links(np.arange(n - 1), np.arange(1, n))


class Truth:
    """Scores a pair by whether its records are the same thing; counts the pairs."""

    def __init__(self, things, conflicts=None) -> None:
        self.things, self.conflicts, self.n_asked = np.asarray(things), conflicts, 0

    def __call__(self, left, right):
        self.n_asked += left.shape[0]
        is_same = self.things[left] == self.things[right]
        conflict = np.zeros(left.shape, dtype=np.bool_)
        if self.conflicts is not None:
            conflict = self.conflicts[left] != self.conflicts[right]
        return np.where(is_same, 9.0, -30.0).astype(np.float32), conflict


def cluster(links: Links, score: Truth, **setting) -> Clustered:
    return build_record_clusters(
        links, len(score.things), 0.0, score, LinkSettings(prior=PRIOR, **setting)
    )


def groups(label) -> list[list[int]]:
    return sorted(np.flatnonzero(label == head).tolist() for head in np.unique(label))


def test_identical_rows_in_a_chain_are_one_cluster_for_review() -> None:
    n = 20_000
    score = Truth(np.zeros(n))
    found = cluster(chain(n), score)
    assert set(found.label.tolist()) == {0}
    assert not found.is_auto.any()
    assert set(found.reasons.tolist()) == {Reason.SIZE}
    assert set(found.weakest.tolist()) == {9.0}
    assert score.n_asked < 2 * n


def test_strangers_in_a_chain_fall_apart() -> None:
    n = 5_000
    score = Truth(np.arange(n))
    found = cluster(chain(n), score)
    assert np.bincount(found.label).max() == 2  # no two links in a row hold
    assert not found.is_auto.any()
    assert score.n_asked < 12 * n


def test_the_hub_of_a_shared_value_keeps_one_of_its_strangers() -> None:
    n = 3_000
    found = cluster(equal_links(np.zeros(n - 1), np.arange(1, n)), Truth(np.arange(n)))
    assert found.label.tolist() == [0, 0, *range(2, n)]
    assert not found.is_auto.any()  # the hub's other links were strong too


def test_two_masses_with_a_bridge_are_two_clusters() -> None:
    n = 2_000
    things = np.repeat([0, 1], n // 2)
    found = cluster(chain(n), Truth(things))
    assert found.label.tolist() == (things * (n // 2)).tolist()


def test_small_clusters_of_a_large_component_are_found_by_all_their_pairs() -> None:
    things = np.repeat(np.arange(300), 3)  # threes, linked in a chain through all of them
    found = cluster(chain(900), Truth(things))
    assert groups(found.label) == groups(things * 3)
    assert set(found.reasons.tolist()) == {Reason.WEAK_LINK | Reason.SIZE}


def test_links_that_agree_hold_a_cluster_too_large_to_score() -> None:
    things = np.repeat([0, 1], [30, 6])
    pairs = [(a, b) for a in range(36) for b in range(a + 1, 36) if things[a] == things[b]]
    links = equal_links(*zip(*sorted([*pairs, (29, 30)]), strict=True))

    class Silent(Truth):
        """Says nothing for any pair, so that no mass is seen."""

        def __call__(self, left, right):
            super().__call__(left, right)
            none = np.zeros(left.shape, dtype=np.bool_)
            return np.full(left.shape, PRIOR, dtype=np.float32), none

    found = cluster(links, Silent(things), max_scored=8)
    assert groups(found.label) == groups(things * 30)
    assert not found.is_auto.any()
    assert found.weakest[0] == 9.0


def test_a_mass_with_conflicts_inside_is_none() -> None:
    n = 1_000
    found = cluster(chain(n), Truth(np.zeros(n), conflicts=np.arange(n)), max_scored=16)
    assert np.bincount(found.label).max() == 2


def test_a_large_component_does_not_change_the_others() -> None:
    n = 500
    links = equal_links([*range(n - 1), n, n + 1], [*range(1, n), n + 1, n + 2])
    found = cluster(links, Truth([*range(n), n, n, n]))
    assert found.label[n:].tolist() == [n, n, n]
    assert found.is_auto[n:].all()
    assert found.reasons[n:].tolist() == [Reason.NONE] * 3


@pytest.mark.parametrize("max_pairs", [64, 1_000])
def test_large_components_do_not_depend_on_the_parts_or_the_order(max_pairs) -> None:
    things = np.random.default_rng(5).integers(0, 40, 2_000)
    whole = cluster(chain(2_000), Truth(things))
    links = chain(2_000)
    mixed = np.random.default_rng(6).permutation(1_999)
    shuffled = Links(
        **{
            name: getattr(links, name)[mixed]
            for name in ("left", "right", "weight", "strong", "conflict")
        }
    )
    other = cluster(shuffled, Truth(things), max_pairs=max_pairs)
    assert whole.label.tolist() == other.label.tolist()
    assert whole.reasons.tolist() == other.reasons.tolist()
    np.testing.assert_array_equal(whole.weakest, other.weakest)

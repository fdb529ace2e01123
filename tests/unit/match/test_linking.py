"""Clusters from links: cut where they don't hold as wholes, and honest about their tier."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.unionfind import component_labels
from dedupe.match.linking import Clustered, Links, LinkSettings, Reason, build_record_clusters

PRIOR = -17.0
Weighed = dict[tuple[int, int], float]
NO_CONFLICT: frozenset[tuple[int, int]] = frozenset()


def links_of(pairs: Weighed, strong=(), conflicts=(), against=None) -> Links:
    keys = list(pairs)
    return Links(
        left=np.array([a for a, _ in keys], dtype=np.uint32),
        right=np.array([b for _, b in keys], dtype=np.uint32),
        weight=np.array(list(pairs.values()), dtype=np.float32),
        strong=np.array([key in strong for key in keys], dtype=np.bool_),
        conflict=np.array([key in conflicts for key in keys], dtype=np.bool_),
        against=against and np.array([against.get(key, 0.0) for key in keys], dtype=np.float32),
    )


class Scores:
    """A scorer of a few pairs, the others silent; remembers what it was asked."""

    def __init__(self, pairs: Weighed | None = None, conflicts=(), against=None) -> None:
        self.pairs, self.conflicts, self.against = pairs or {}, conflicts, against
        self.asked: list[list[tuple[int, int]]] = []

    def __call__(self, left: np.ndarray, right: np.ndarray):
        keys = list(zip(left.tolist(), right.tolist(), strict=True))
        self.asked.append(keys)
        weight = np.array([self.pairs.get(key, PRIOR) for key in keys], dtype=np.float32)
        conflict = np.array([key in self.conflicts for key in keys], dtype=np.bool_)
        if self.against is None:
            return weight, conflict
        return weight, conflict, np.array([self.against.get(k, 0) for k in keys], dtype=np.float32)


def cluster(links: Links, n: int, score=None, threshold: float = 0.0, **setting) -> Clustered:
    return build_record_clusters(
        links, n, threshold, score or Scores(), LinkSettings(prior=PRIOR, **setting)
    )


def test_a_chain_of_namesakes_is_cut_where_the_mean_speaks_against() -> None:
    links = links_of({(0, 1): 9.0, (1, 2): 4.0})  # a shared phone, a common name
    found = cluster(links, 4, Scores({(0, 2): -28.0}))  # and nothing alike
    assert found.label.tolist() == [0, 0, 2, 3]
    assert found.reasons.tolist() == [Reason.WEAK_LINK] * 3 + [Reason.NONE]
    assert found.weakest.tolist() == pytest.approx([9, 9, np.nan, np.nan], nan_ok=True)


def test_cards_that_share_no_filled_field_stay_together_through_a_third() -> None:
    links = links_of({(0, 1): 9.0, (1, 2): 6.0})
    found = cluster(links, 3, Scores({(0, 2): PRIOR}))  # only a phone, only an e-mail
    assert found.label.tolist() == [0, 0, 0]
    assert found.reasons.tolist() == [Reason.NONE] * 3
    assert found.weakest.tolist() == [6.0, 6.0, 6.0]


def test_a_pair_that_was_never_a_candidate_can_hold_a_cluster() -> None:
    links = links_of({(0, 1): 3.0, (1, 2): 1.0})
    found = cluster(links, 3, Scores({(0, 2): 8.0}))
    assert found.label.tolist() == [0, 0, 0]
    assert found.weakest.tolist() == [3.0, 3.0, 3.0]  # 0-2 and 0-1 hold it, 1-2 is not needed


def test_evidence_against_is_believed_before_the_weight() -> None:
    pairs: Weighed = {(0, 1): 9.0, (1, 2): 4.0}
    low = {(0, 2): -9.0}  # alike, and contradictory: nothing by the prior's measure
    assert cluster(links_of(pairs), 3, Scores(low)).label.tolist() == [0, 0, 0]
    links = links_of(pairs, against={(0, 1): 0.0})
    judged = Scores(low, against={(0, 2): -15.0})
    assert cluster(links, 3, judged).label.tolist() == [0, 0, 2]


def test_a_hard_conflict_never_joins_two() -> None:
    found = cluster(links_of({(0, 1): 40.0}, {(0, 1)}, {(0, 1)}), 2)
    assert found.label.tolist() == [0, 1]
    assert found.reasons.tolist() == [Reason.CONFLICT] * 2


def test_a_hard_conflict_of_a_scored_pair_cuts_and_bars_the_tier_auto() -> None:
    links = links_of({(0, 1): 12.0, (1, 2): 11.0}, {(0, 1)})
    found = cluster(links, 3, Scores({(0, 2): 30.0}, {(0, 2)}))
    assert found.label.tolist() == [0, 0, 2]
    assert found.reasons.tolist() == [Reason.CONFLICT | Reason.WEAK_LINK] * 3
    assert not found.is_auto.any()


def test_only_strong_links_that_connect_all_make_auto() -> None:
    pairs: Weighed = {(0, 1): 12.0, (1, 2): 12.0}
    score = Scores({(0, 2): 5.0})
    both = links_of(pairs, {(0, 1), (1, 2)})
    assert cluster(both, 4, score).is_auto.tolist() == [True, True, True, False]
    one = links_of(pairs, {(0, 1)})
    found = cluster(one, 3, score)
    assert not found.is_auto.any()
    assert found.reasons.tolist() == [Reason.NONE] * 3


def test_a_strong_link_below_the_threshold_is_none() -> None:
    links = links_of({(0, 1): 4.0}, {(0, 1)})
    assert cluster(links, 2).is_auto.tolist() == [True, True]
    assert cluster(links, 2, threshold=5.0).label.tolist() == [0, 1]
    assert not cluster(links, 2, threshold=5.0).is_auto.any()


def test_an_inner_contradiction_is_for_review() -> None:
    links = links_of({(0, 1): 12.0, (1, 2): 12.0}, {(0, 1), (1, 2)})
    score = Scores({(0, 2): PRIOR - 6})
    found = cluster(links, 3, score)
    assert found.label.tolist() == [0, 0, 0]
    assert not found.is_auto.any()
    assert found.reasons.tolist() == [Reason.WEAK_LINK] * 3
    assert cluster(links, 3, score, auto_floor=-7.0).is_auto.all()


def test_a_cluster_is_for_review_when_a_strong_link_of_it_was_cut() -> None:
    pairs: Weighed = {(0, 1): 12.0, (1, 2): 8.0}
    score = Scores({(0, 2): -30.0})
    cut_weak = cluster(links_of(pairs, {(0, 1)}), 3, score)
    cut_strong = cluster(links_of(pairs, {(0, 1), (1, 2)}), 3, score)
    assert cut_weak.label.tolist() == cut_strong.label.tolist() == [0, 0, 2]
    assert cut_weak.is_auto.tolist() == [True, True, False]
    assert not cut_strong.is_auto.any()


def test_a_cluster_over_the_size_limit_is_for_review() -> None:
    pairs = dict.fromkeys(itertools.combinations(range(5), 2), 12.0)
    links = links_of(pairs, set(pairs))
    assert cluster(links, 5, max_auto_size=5).is_auto.all()
    found = cluster(links, 5, max_auto_size=4)
    assert not found.is_auto.any()
    assert found.reasons.tolist() == [Reason.SIZE] * 5


def test_a_link_at_the_threshold_is_one() -> None:
    pairs: Weighed = {(0, 1): 3.0, (1, 2): 3.0, (3, 4): 3.0}
    found = cluster(links_of(pairs), 5, Scores({(0, 2): -9.0}), threshold=3.0)
    assert found.label.tolist() == [0, 0, 0, 3, 3]


def test_no_links_are_records_alone() -> None:
    found = cluster(links_of({}), 3)
    assert found.label.tolist() == [0, 1, 2]
    assert not found.is_auto.any()
    assert np.isnan(found.weakest).all()
    assert cluster(links_of({}), 0).label.shape == (0,)


@pytest.mark.parametrize("pair", [(1, 1), (2, 1), (0, 9)])
def test_a_link_of_wrong_rows_is_a_bug(pair) -> None:
    with pytest.raises(ValueError, match="two rows below n"):
        cluster(links_of({pair: 1.0}), 3)


def test_a_pair_that_comes_twice_is_a_bug() -> None:
    once = links_of({(0, 1): 1.0})
    twice = Links(
        **{
            name: np.repeat(getattr(once, name), 2)
            for name in ("left", "right", "weight", "strong", "conflict")
        }
    )
    with pytest.raises(ValueError, match="linked twice"):
        cluster(twice, 3)


def test_arrays_that_can_not_be_written_are_taken() -> None:
    links = links_of({(0, 1): 9.0, (1, 2): 6.0}, against={(0, 1): 0.0})
    for name in ("left", "right", "weight", "strong", "conflict", "against"):
        getattr(links, name).flags.writeable = False
    assert cluster(links, 3).label.tolist() == [0, 0, 0]


def test_the_scorer_is_asked_for_what_no_link_tells_and_in_parts() -> None:
    pairs = {(a, a + 1): 9.0 for a in range(9)} | {(20, 21): 9.0, (21, 22): 9.0, (20, 22): 9.0}
    score = Scores()
    cluster(links_of(pairs), 23, score, max_pairs=5)
    asked = [pair for part in score.asked for pair in part]
    assert sorted(asked) == [p for p in itertools.combinations(range(10), 2) if p not in pairs]
    assert max(map(len, score.asked)) <= 5


@st.composite
def worlds(draw: st.DrawFn) -> tuple[int, list, Weighed, set, set]:
    """Scores of all pairs of a few records, and which of them are links, strong, in conflict."""
    n = draw(st.integers(1, 9))
    pairs = list(itertools.combinations(range(n), 2))
    weights = st.integers(-30, 20).map(float)
    scores = {pair: draw(weights) for pair in pairs}
    some = st.sets(st.sampled_from(pairs)) if pairs else st.just(set())
    links = draw(st.permutations(sorted(draw(some))))
    return n, links, scores, draw(some), draw(some)


def as_text(found: Clustered) -> str:
    return repr([found.label, found.is_auto, found.weakest, found.reasons])


@settings(deadline=None)
@given(world=worlds(), max_pairs=st.integers(1, 20), max_scored=st.sampled_from([2, 3, 128]))
def test_neither_the_order_of_links_nor_the_parts_matter(world, max_pairs, max_scored) -> None:
    n, links, scores, strong, conflicts = world
    first, second = (
        cluster(
            links_of({pair: scores[pair] for pair in order}, strong, conflicts),
            n,
            Scores(scores, conflicts),
            max_pairs=size,
            max_scored=max_scored,
        )
        for order, size in ((links, max_pairs), (sorted(links), 2_000_000))
    )
    assert as_text(first) == as_text(second)


@settings(deadline=None)
@given(world=worlds())
def test_clusters_refine_components_hold_no_conflict_and_auto_ones_are_held_by_strong_links(
    world,
) -> None:
    n, links, scores, strong, conflicts = world
    found = cluster(
        links_of({pair: scores[pair] for pair in links}, strong, conflicts),
        n,
        Scores(scores, conflicts),
    )
    accepted = [p for p in links if scores[p] >= 0 and p not in conflicts]
    ends = np.array(accepted, dtype=np.uint32).reshape(-1, 2)
    components = component_labels(ends[:, 0].copy(), ends[:, 1].copy(), n)
    held = np.array([p for p in accepted if p in strong], dtype=np.uint32).reshape(-1, 2)
    held_labels = component_labels(held[:, 0].copy(), held[:, 1].copy(), n)
    for a, b in itertools.combinations(range(n), 2):
        if found.label[a] == found.label[b]:
            assert components[a] == components[b]
            assert (a, b) not in conflicts
            assert found.is_auto[a] == found.is_auto[b]
            assert found.reasons[a] == found.reasons[b]
            if found.is_auto[a]:
                assert held_labels[a] == held_labels[b]
                assert scores[a, b] >= PRIOR - 4
    assert all(found.label[found.label] == found.label)
    assert all(found.label <= np.arange(n))


def test_a_conflict_with_a_record_that_is_unlike_anyway_is_no_reason() -> None:
    links = links_of({(0, 1): 12.0, (1, 2): 3.0}, {(0, 1)})
    score = Scores({(0, 2): -30.0}, {(0, 2)})
    found = cluster(links, 3, score)
    assert found.reasons.tolist() == [Reason.CONFLICT | Reason.WEAK_LINK] * 3  # 1-2 would join
    links = links_of({(0, 1): 12.0, (1, 2): 3.0, (1, 3): 12.0, (0, 3): 12.0}, {(0, 1)})
    score = Scores({(0, 2): -30.0, (2, 3): -30.0}, {(0, 2)})
    found = cluster(links, 4, score)
    assert found.label.tolist() == [0, 0, 2, 0]
    assert found.reasons.tolist() == [Reason.WEAK_LINK] * 4

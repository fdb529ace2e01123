"""The clustering kernels against naive references, compiled and as plain Python."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.clustering import (
    FORBIDDEN,
    MAX_WHOLE,
    Components,
    Inner,
    component_links,
    component_members,
    greedy_pairs,
    linked_clusters,
    missing_pairs,
    whole_clusters,
)
from dedupe.kernels.unionfind import component_labels

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

Pair = tuple[int, int]


def both(function):
    return pytest.mark.parametrize(
        "kernel", [function, getattr(function, "py_func", function)], ids=["jit", "python"]
    )


def rows(values) -> np.ndarray:
    return np.array(list(values), dtype=np.uint32)


def labels_of(pairs: list[Pair], n: int) -> list[int]:
    return component_labels(rows(a for a, _ in pairs), rows(b for _, b in pairs), n).tolist()


@st.composite
def graphs(draw: st.DrawFn, most: int = 20) -> tuple[list[Pair], int]:
    n = draw(st.integers(2, most))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])
    return sorted(draw(st.sets(pairs, max_size=2 * n))), n


def components_of(pairs: list[Pair], n: int, least: int = 1, most: int = 99) -> Components:
    return component_members(rows(labels_of(pairs, n)), least, most)


@both(component_members)
@given(graph=graphs(), least=st.integers(1, 4), width=st.integers(0, 4))
def test_members_are_the_components_of_the_sizes_asked_for(kernel, graph, least, width) -> None:
    pairs, n = graph
    labels = labels_of(pairs, n)
    groups = [[r for r in range(n) if labels[r] == head] for head in sorted(set(labels))]
    groups = [group for group in groups if least <= len(group) <= least + width]
    found = kernel(rows(labels), least, least + width)
    assert found.members.tolist() == [row for group in groups for row in group]
    assert found.starts.tolist() == list(itertools.accumulate(map(len, groups), initial=0))
    of_row = {row: at for at, group in enumerate(groups) for row in group}
    assert found.of_row.tolist() == [of_row.get(row, -1) for row in range(n)]
    assert all(found.place[row] == i for group in groups for i, row in enumerate(group))


@both(component_links)
@given(graph=graphs(), other=graphs(), least=st.integers(1, 3))
def test_links_are_listed_by_the_component_of_both_ends(kernel, graph, other, least) -> None:
    pairs, n = graph
    components = components_of(pairs, n, least)
    asked = [pair for pair in other[0] if pair[1] < n]
    order, starts = kernel(components, rows(a for a, _ in asked), rows(b for _, b in asked))
    of_row = components.of_row.tolist()
    wanted = [
        [e for e, (a, b) in enumerate(asked) if of_row[a] == of_row[b] == at]
        for at in range(len(components.starts) - 1)
    ]
    assert [order[starts[at] : starts[at + 1]].tolist() for at in range(len(wanted))] == wanted


class Case:
    """Components of a graph with votes and weights for all their inner pairs."""

    def __init__(self, pairs: list[Pair], n: int, votes: dict[Pair, int], known: set[Pair]) -> None:
        self.components = components_of(pairs, n, 2)
        starts, members = self.components.starts, self.components.members.tolist()
        self.groups = [members[a:b] for a, b in itertools.pairwise(starts)]
        self.pairs = [p for group in self.groups for p in itertools.combinations(group, 2)]
        self.votes = votes
        given = [pair for pair in sorted(self.pairs) if pair in known]
        left, right = rows(a for a, _ in given), rows(b for _, b in given)
        order, begins = component_links(self.components, left, right)
        self.inner = Inner(left, right, *self.scored(given), order, begins)
        self.missing = [pair for pair in self.pairs if pair not in known]

    def scored(self, pairs: list[Pair]) -> tuple[np.ndarray, np.ndarray]:
        """Votes, and weights that differ from them: half of them, negative where forbidden."""
        votes = np.array([self.votes[pair] for pair in pairs], dtype=np.int32)
        return votes, (votes / 2).astype(np.float32)


@st.composite
def cases(draw: st.DrawFn, *, forbidden: bool = True) -> Case:
    pairs, n = draw(graphs(9))
    vote = st.integers(-6, 6)  # few values, so that ties are common
    if forbidden:
        vote |= st.just(FORBIDDEN)
    everything = list(itertools.combinations(range(n), 2))
    votes = dict(zip(everything, (draw(vote) for _ in everything), strict=True))
    return Case(pairs, n, votes, draw(st.sets(st.sampled_from(everything))))


@both(missing_pairs)
@given(case=cases())
def test_missing_pairs_are_those_that_no_link_tells_of(kernel, case) -> None:
    end = len(case.groups)
    left, right = kernel(case.components, case.inner, 0, end, len(case.missing))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == case.missing


def naive_clusters(group: list[int], votes: dict[Pair, int], stop: float) -> list[list[int]]:
    """Unite the two clusters of the highest mean while it is above `stop`, all pairs at hand."""
    clusters = [[row] for row in group]
    while True:
        best = None
        for a, b in itertools.combinations(clusters, 2):
            cross = [votes[min(p), max(p)] for p in itertools.product(a, b)]
            mean = Fraction(sum(cross), len(cross))
            if FORBIDDEN not in cross and mean > stop and (best is None or mean > best[0]):
                best = mean, a, b
        if best is None:
            return clusters
        _, a, b = best
        clusters = sorted([c for c in clusters if c not in (a, b)] + [sorted(a + b)])


def naive_is_barred(
    cluster: list[int], clusters: list[list[int]], votes: dict[Pair, int], stop: float
) -> bool:
    """Tell whether the mean without forbidden pairs would unite the cluster with another."""
    for other in clusters:
        cross = [votes[min(p), max(p)] for p in itertools.product(cluster, other) if p[0] != p[1]]
        free = [vote for vote in cross if vote != FORBIDDEN]
        if other != cluster and len(free) < len(cross) and free and sum(free) > stop * len(free):
            return True
    return False


def naive_weakest(cluster: list[int], votes: dict[Pair, int]) -> float:
    """Return the highest weight whose pairs and better ones connect the cluster."""
    place = {row: i for i, row in enumerate(cluster)}
    inside = {p: votes[p] / 2 for p in itertools.combinations(cluster, 2)}
    for weight in sorted(set(inside.values()), reverse=True):
        held = [(place[a], place[b]) for (a, b), w in inside.items() if w >= weight]
        if len(set(labels_of(held, len(cluster)))) == 1:
            return weight
    return float("nan")


@both(whole_clusters)
@given(case=cases(), stop=st.sampled_from([0.0, -1.0, 2.5]), cut=st.integers(0, 9))
def test_wholes_are_clustered_by_the_mean_vote(kernel, case, stop, cut) -> None:
    end = len(case.groups)
    cut = min(cut, end)
    for begin, to in ((0, cut), (cut, end)):  # in two parts: which ones makes no difference
        inside = {row for group in case.groups[begin:to] for row in group}
        missing = case.scored([pair for pair in case.missing if pair[0] in inside])
        found = kernel(case.components, case.inner, missing, (begin, to), stop)
        at = 0
        for group in case.groups[begin:to]:
            clusters = naive_clusters(group, case.votes, stop)
            for row in group:
                cluster = next(c for c in clusters if row in c)
                pairs = list(itertools.combinations(cluster, 2))
                lowest = min((case.votes[p] / 2 for p in pairs), default=float("nan"))
                assert found.labels[at] == cluster[0]
                assert found.is_barred[at] == naive_is_barred(cluster, clusters, case.votes, stop)
                assert found.lowest[at] == pytest.approx(lowest, nan_ok=True)
                assert found.weakest[at] == pytest.approx(
                    naive_weakest(cluster, case.votes), nan_ok=True
                )
                at += 1
        assert at == len(found.labels)


def test_one_conflict_outweighs_the_largest_component() -> None:
    n = MAX_WHOLE if hasattr(whole_clusters, "py_func") else 50  # plain Python is slow
    labels = np.zeros(n, dtype=np.uint32)
    components = component_members(labels, 2, n)
    left, right = (side.astype(np.uint32) for side in np.triu_indices(n, 1))
    votes = np.full(left.shape[0], 12 * 1024, dtype=np.int32)
    votes[(left == 0) & (right == n - 1)] = FORBIDDEN
    order, starts = component_links(components, left, right)
    inner = Inner(left, right, votes, np.ones(left.shape[0], dtype=np.float32), order, starts)
    none = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    found = whole_clusters(components, inner, none, (0, 1), 0.0)
    assert found.labels.tolist() == [0] * (n - 1) + [n - 1]
    assert found.is_barred.all()


def naive_linked(
    pairs: list[tuple[int, int, int]], n: int, absent: int, stop: float, most: int
) -> tuple[list[int], list[int]]:
    """Unite two clusters, best pair first, if their mean vote is above `stop`."""
    clusters = {row: [row] for row in range(n)}
    held = [-1] * n
    votes = {frozenset(p[:2]): p[2] for p in pairs}
    for e, (x, y, vote) in enumerate(pairs):
        a, b = (next(h for h, c in clusters.items() if r in c) for r in (x, y))
        if a == b or vote <= 0:
            continue
        ends = [sum((x in clusters[h]) + (y in clusters[h]) for x, y, _ in pairs) for h in (a, b)]
        cross = [
            votes.get(frozenset(p), absent) for p in itertools.product(clusters[a], clusters[b])
        ]
        if min(ends) > most or FORBIDDEN in cross or Fraction(sum(cross), len(cross)) <= stop:
            continue
        a, b = min(a, b), max(a, b)
        clusters[a] += clusters.pop(b)
        held[a] = e
    label = {row: head for head, cluster in clusters.items() for row in cluster}
    return [label[row] for row in range(n)], held


@st.composite
def linked(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], int]:
    pairs, n = draw(graphs(12))
    vote = st.integers(-3, 9) | st.just(FORBIDDEN)
    mixed = draw(st.permutations(pairs))
    return [(a, b, draw(vote)) for a, b in mixed], n


@both(linked_clusters)
@given(
    graph=linked(),
    absent=st.integers(-4, 1),
    stop=st.sampled_from([0.0, -1.5]),
    most=st.sampled_from([2, 100]),
)
def test_links_unite_while_the_mean_of_all_cross_pairs_is_above(
    kernel, graph, absent, stop, most
) -> None:
    pairs, n = graph
    arrays = (
        rows(a for a, _, _ in pairs),
        rows(b for _, b, _ in pairs),
        np.array([v for _, _, v in pairs], dtype=np.int32),
    )
    labels, held = kernel(arrays, n, absent, stop, most)
    assert (labels.tolist(), held.tolist()) == naive_linked(pairs, n, absent, stop, most)


@both(greedy_pairs)
@given(graph=graphs())
def test_a_pair_is_kept_when_both_its_records_are_free(kernel, graph) -> None:
    pairs, n = graph
    taken: set[tuple[str, int]] = set()
    wanted = []
    for a, b in pairs:
        ends = {("left", a), ("right", b)}
        wanted.append(not ends & taken)
        taken |= ends if wanted[-1] else set()
    found = kernel(rows(a for a, _ in pairs), rows(b for _, b in pairs), n, n)
    assert found.tolist() == wanted

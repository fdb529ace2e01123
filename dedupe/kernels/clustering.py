"""Clusters inside connected components, and the greedy assignment of two tables.

Inputs are parallel arrays of record rows and of votes: a vote (int32, VOTE_UNITS to the bit)
says how far a pair speaks for one cluster (above 0) or against it (below 0); FORBIDDEN
says that the two must not share a cluster. Votes are whole numbers, so that a sum does not
depend on the order of its parts and equal means are equal; outputs depend on the data alone.
A cluster is labelled with its smallest row, as components are.

Small components: average linkage (Sokal and Michener, 1958) over all pairs, with the constraints
of Davidson and Ravi ("Agglomerative hierarchical clustering with constraints", 2005); the best
partner of each row is kept, as in Müllner's generic algorithm (arXiv 1109.2378), so a component
of k records takes about k² steps. Large ones: Kruskal's order over the links alone, where
each union is tested by the mean vote of all pairs between its two sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Rows = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]
Votes = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.int64]

VOTE_UNITS = 1024
FORBIDDEN = -(2**31)
# In a sum over at most 2**20 pairs one forbidden pair outweighs all others, and none overflow.
_BAR = -(2**40)
MAX_WHOLE = 2048  # records in a component for which that holds
_UNSEEN = 2**62


class Components(NamedTuple):
    """Components of some range of sizes, in the order of their smallest rows.

    `members` are their records, by component and row; `starts` (one more than there are
    components) say where each begins. By record: `of_row` (int32) is its component, -1
    for none, and `place` (uint32) its position there.
    """

    members: Rows
    starts: Offsets
    of_row: npt.NDArray[np.int32]
    place: Rows


class Inner(NamedTuple):
    """Scored pairs, each once, and which of them lie in each component.

    `order` lists pairs by component; `starts` says where each component begins in it.
    """

    left: Rows
    right: Rows
    votes: Votes
    weights: Weights
    order: Offsets
    starts: Offsets


class Wholes(NamedTuple):
    """What became of the members of some components, in their order.

    `weakest` is the least weight that holds the member's cluster together (the lowest link of its
    maximum spanning tree), `lowest` the least weight of any pair in it; both NaN for a
    cluster of one. `is_barred`: it would be one with another but for forbidden pairs.
    """

    labels: Rows
    weakest: Weights
    lowest: Weights
    is_barred: Flags


@kernel
def component_members(labels: Rows, least: int, most: int) -> Components:
    """Gather the components of `least` to `most` records; `labels` are their smallest rows."""
    n = labels.shape[0]
    sizes = np.zeros(n, dtype=np.int64)
    for row in range(n):
        sizes[labels[row]] += 1
    # Loops where an array expression would be shorter: it takes most of a second to compile.
    n_components = 0
    for row in range(n):
        n_components += least <= sizes[row] <= most
    of_row = np.full(n, -1, dtype=np.int32)
    starts = np.zeros(n_components + 1, dtype=np.int64)
    at = 0
    for row in range(n):
        root = labels[row]
        if root != row:
            of_row[row] = of_row[root]  # a label is the smallest row, so it was met before
        elif least <= sizes[row] <= most:
            of_row[row] = at
            starts[at + 1] = starts[at] + sizes[row]
            at += 1
    members = np.zeros(starts[-1], dtype=np.uint32)
    place = np.zeros(n, dtype=np.uint32)
    filled = np.zeros(at, dtype=np.int64)
    for row in range(n):
        at = of_row[row]
        if at >= 0:
            place[row] = filled[at]
            members[starts[at] + filled[at]] = row
            filled[at] += 1
    return Components(members, starts, of_row, place)


@kernel
def component_links(components: Components, left: Rows, right: Rows) -> tuple[Offsets, Offsets]:
    """Return `order` and `starts` of `Inner`: the pairs whose both ends are in one component."""
    of_row = components.of_row
    starts = np.zeros(components.starts.shape[0], dtype=np.int64)
    for e in range(left.shape[0]):
        at = of_row[left[e]]
        if at >= 0 and at == of_row[right[e]]:
            starts[at + 1] += 1
    for at in range(1, starts.shape[0]):
        starts[at] += starts[at - 1]
    order = np.zeros(starts[-1], dtype=np.int64)
    free = starts.copy()
    for e in range(left.shape[0]):
        at = of_row[left[e]]
        if at >= 0 and at == of_row[right[e]]:
            order[free[at]] = e
            free[at] += 1
    return order, starts


@kernel
def _largest(starts: Offsets, begin: int, end: int) -> int:
    """Return the size of the largest component from `begin` to `end`."""
    size = 0
    for at in range(begin, end):
        size = max(size, starts[at + 1] - starts[at])
    return size


@kernel
def missing_pairs(
    components: Components, inner: Inner, begin: int, end: int, n_missing: int
) -> tuple[Rows, Rows]:
    """Return the pairs inside components `begin` to `end` that `inner` lacks, smaller row first.

    There must be `n_missing` of them; they come by component, then by row.
    """
    members, starts, _, place = components
    largest = _largest(starts, begin, end)
    has_pair = np.zeros((largest, largest), dtype=np.bool_)
    left = np.zeros(n_missing, dtype=np.uint32)
    right = np.zeros(n_missing, dtype=np.uint32)
    at = 0
    for c in range(begin, end):
        base, size = starts[c], starts[c + 1] - starts[c]
        for a in range(size):
            for b in range(size):
                has_pair[a, b] = False
        for i in range(inner.starts[c], inner.starts[c + 1]):
            e = inner.order[i]
            has_pair[place[inner.left[e]], place[inner.right[e]]] = True
        for a in range(size):
            for b in range(a + 1, size):
                if not has_pair[a, b]:
                    left[at], right[at] = members[base + a], members[base + b]
                    at += 1
    return left, right


@kernel
def _put(sums: Sums, weights: Weights, a: int, b: int, vote: int, weight: float) -> None:
    """Enter the pair of places `a` and `b` on both sides of the matrices."""
    sums[a, b] = sums[b, a] = _BAR if vote == FORBIDDEN else vote
    weights[a, b] = weights[b, a] = weight


@kernel
def _best_partner(sums: Sums, sizes: Sums, a: int, stop: float) -> int:
    """Return the partner after `a` with the highest mean vote above `stop`, or -1."""
    best, top = -1, stop
    for b in range(a + 1, sizes.shape[0]):
        if sizes[b] > 0:
            mean = sums[a, b] / (sizes[a] * sizes[b])
            if mean > top:
                best, top = b, mean
    return best


@kernel
def _unite(sums: Sums, sizes: Sums, a: int, b: int) -> None:
    """Add the votes and the size of `b` to `a`, and leave `b` empty."""
    for c in range(sizes.shape[0]):
        sums[a, c] += sums[b, c]
        sums[c, a] = sums[a, c]
    sizes[a] += sizes[b]
    sizes[b] = 0


@kernel
def _heads(sums: Sums, sizes: Sums, stop: float) -> Sums:
    """Return the smallest place in each place's cluster, by average linkage; empties `sums`.

    The mean of a union is never above both means it is made of, so a row whose best
    partner took no part in the union keeps it.
    """
    size = sizes.shape[0]
    heads = np.arange(size)
    best = np.zeros(size, dtype=np.int64)
    for a in range(size):
        best[a] = _best_partner(sums, sizes, a, stop)
    while True:
        winner, top = -1, stop
        for a in range(size):
            if best[a] >= 0:
                mean = sums[a, best[a]] / (sizes[a] * sizes[best[a]])
                if mean > top:
                    winner, top = a, mean
        if winner < 0:
            return heads
        loser = best[winner]
        _unite(sums, sizes, winner, loser)
        best[loser] = -1
        for a in range(size):
            if heads[a] == loser:
                heads[a] = winner
            if a == winner or best[a] == winner or best[a] == loser:
                best[a] = _best_partner(sums, sizes, a, stop)


@kernel
def _is_barred(sums: Sums, sizes: Sums, head: int, stop: float) -> bool:
    """Tell whether forbidden pairs alone keep the cluster of `head` from another."""
    for other in range(sizes.shape[0]):
        if other == head or sizes[other] == 0 or sums[head, other] > _BAR // 2:
            continue
        n_forbidden = (sums[head, other] + _BAR // 2) // _BAR
        rest = sums[head, other] - n_forbidden * _BAR
        if rest > stop * (sizes[head] * sizes[other] - n_forbidden):
            return True
    return False


@kernel
def _weights_inside(weights: Weights, heads: Sums, head: int) -> tuple[np.float32, np.float32]:
    """Return the weakest link of a cluster's maximum spanning tree (Prim), and its lowest pair."""
    size = heads.shape[0]
    reach = np.full(size, -np.inf, dtype=np.float32)
    is_done = np.zeros(size, dtype=np.bool_)
    for b in range(size):
        is_done[b] = heads[b] != head
    weakest = lowest = np.float32(np.inf)
    at = head
    while True:
        is_done[at] = True
        closest = -1
        for b in range(size):
            if is_done[b]:
                continue
            weight = weights[at, b]
            lowest = min(lowest, weight)
            reach[b] = max(reach[b], weight)
            if closest < 0 or reach[b] > reach[closest]:
                closest = b
        if closest < 0:
            return weakest, lowest
        weakest = min(weakest, reach[closest])
        at = closest


@kernel
def whole_clusters(
    components: Components,
    inner: Inner,
    missing: tuple[Votes, Weights],
    within: tuple[int, int],
    stop: float,
) -> Wholes:
    """Cluster the components `within` (from, to) by all their pairs.

    `missing` holds the votes and weights of the pairs of `missing_pairs`, in its
    order. Two clusters are united while their mean vote is above `stop`, the highest
    first, and of equals the one with the smallest rows. No component is over MAX_WHOLE.
    """
    begin, end = within
    starts, place = components.starts, components.place
    first, n = starts[begin], starts[end] - starts[begin]
    wholes = Wholes(
        np.zeros(n, dtype=np.uint32),
        np.full(n, np.nan, dtype=np.float32),
        np.full(n, np.nan, dtype=np.float32),
        np.zeros(n, dtype=np.bool_),
    )
    largest = _largest(starts, begin, end)
    all_sums = np.zeros((largest, largest), dtype=np.int64)
    all_weights = np.zeros((largest, largest), dtype=np.float32)
    at = 0
    for c in range(begin, end):
        base, size = starts[c], starts[c + 1] - starts[c]
        sums, weights = all_sums[:size, :size], all_weights[:size, :size]
        sums.fill(_UNSEEN)
        for i in range(inner.starts[c], inner.starts[c + 1]):
            e = inner.order[i]
            a, b = place[inner.left[e]], place[inner.right[e]]
            _put(sums, weights, a, b, inner.votes[e], inner.weights[e])
        for a in range(size):
            sums[a, a] = 0
            for b in range(a + 1, size):
                if sums[a, b] == _UNSEEN:
                    _put(sums, weights, a, b, missing[0][at], missing[1][at])
                    at += 1
        sizes = np.ones(size, dtype=np.int64)
        heads = _heads(sums, sizes, stop)
        for a in range(size):
            i, head = base - first + a, heads[a]
            wholes.labels[i] = components.members[base + head]
            if head != a:  # the head came before, and its figures hold for all
                j = base - first + head
                wholes.weakest[i], wholes.lowest[i] = wholes.weakest[j], wholes.lowest[j]
                wholes.is_barred[i] = wholes.is_barred[j]
                continue
            wholes.is_barred[i] = _is_barred(sums, sizes, a, stop)
            if sizes[a] > 1:
                wholes.weakest[i], wholes.lowest[i] = _weights_inside(weights, heads, a)
    return wholes


@kernel
def _root(parent: Rows, row: int) -> int:
    """Return the smallest row of the cluster of `row`, halving the path on the way."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


class _Near(NamedTuple):
    """The pairs of each record, side by side: where they begin, the other row, the vote."""

    starts: Offsets
    others: Rows
    votes: Votes


@kernel
def _neighbours(left: Rows, right: Rows, votes: Votes, n: int) -> _Near:
    """Gather the pairs of each of `n` records."""
    starts = np.zeros(n + 1, dtype=np.int64)
    for e in range(left.shape[0]):
        starts[left[e] + 1] += 1
        starts[right[e] + 1] += 1
    for row in range(n):
        starts[row + 1] += starts[row]
    free = starts.copy()
    others = np.zeros(2 * left.shape[0], dtype=np.uint32)
    near_votes = np.zeros(2 * left.shape[0], dtype=np.int32)
    for e in range(left.shape[0]):
        for row, other in ((left[e], right[e]), (right[e], left[e])):
            others[free[row]], near_votes[free[row]] = other, votes[e]
            free[row] += 1
    return _Near(starts, others, near_votes)


class _Forest(NamedTuple):
    """Clusters in the making: by root, its size, its number of pairs and its last member."""

    parent: Rows
    sizes: Sums
    degrees: Sums
    last: Rows
    following: Rows  # by member, the next of its cluster; itself at the end


@kernel
def _cross_votes(forest: _Forest, near: _Near, a: int, b: int) -> tuple[np.int64, int]:
    """Return the sum and the number of the votes between the clusters of roots `a` and `b`.

    Reads the pairs of `a` alone: hand the cluster with fewer of them first.
    """
    starts, others, votes = near
    total, n = np.int64(0), 0
    row = np.uint32(a)
    while True:
        for i in range(starts[row], starts[row + 1]):
            if _root(forest.parent, others[i]) == b:
                total += _BAR if votes[i] == FORBIDDEN else votes[i]
                n += 1
        if forest.following[row] == row:
            return total, n
        row = forest.following[row]


@kernel
def _join(forest: _Forest, a: int, b: int) -> int:
    """Unite the clusters of roots `a` and `b`; return the root, the smaller of the two."""
    root, child = min(a, b), max(a, b)
    forest.parent[child] = root
    forest.sizes[root] += forest.sizes[child]
    forest.degrees[root] += forest.degrees[child]
    forest.following[forest.last[root]] = child
    forest.last[root] = forest.last[child]
    return root


@kernel
def linked_clusters(
    pairs: tuple[Rows, Rows, Votes], n: int, absent: int, stop: float, most: int
) -> tuple[Rows, Offsets]:
    """Cluster `n` records by `pairs` (left, right, votes), which come best first.

    Each pair with a vote above 0 is looked at once: its two clusters are united when the
    mean vote of all pairs between them is above `stop`, a pair that is not given voting
    `absent`, and none is forbidden. Two clusters that both have over `most` pairs stay
    apart, which bounds the steps by `most` for a pair. Returns the labels, and by
    label the index of the pair that united it last, its weakest; -1 for a cluster of one.
    """
    left, right, votes = pairs
    near = _neighbours(left, right, votes, n)
    rows = np.arange(n).astype(np.uint32)
    degrees = np.zeros(n, dtype=np.int64)
    for row in range(n):
        degrees[row] = near.starts[row + 1] - near.starts[row]
    forest = _Forest(rows, np.ones(n, dtype=np.int64), degrees, rows.copy(), rows.copy())
    held = np.full(n, -1, dtype=np.int64)
    for e in range(left.shape[0]):
        a, b = _root(rows, left[e]), _root(rows, right[e])
        if votes[e] <= 0 or a == b:
            continue
        if degrees[a] > degrees[b]:
            a, b = b, a
        if degrees[a] > most:
            continue
        total, n_seen = _cross_votes(forest, near, a, b)
        between = forest.sizes[a] * forest.sizes[b]
        mean = (total + (between - n_seen) * absent) / between
        if total > _BAR // 2 and mean > stop:
            held[_join(forest, a, b)] = e
    for row in range(n):
        rows[row] = rows[rows[row]]
    return rows, held


@kernel
def greedy_pairs(left: Rows, right: Rows, n_left: int, n_right: int) -> Flags:
    """Tell which pairs are kept when each, best first, takes its two records if both are free."""
    is_left_taken = np.zeros(n_left, dtype=np.bool_)
    is_right_taken = np.zeros(n_right, dtype=np.bool_)
    is_kept = np.zeros(left.shape[0], dtype=np.bool_)
    for e in range(left.shape[0]):
        if not is_left_taken[left[e]] and not is_right_taken[right[e]]:
            is_kept[e] = True
            is_left_taken[left[e]] = is_right_taken[right[e]] = True
    return is_kept

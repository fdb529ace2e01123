"""Connected components of links, each looked at as a whole and cut where it does not hold.

A component of two is a cluster. In one of three to `max_scored` records all inner pairs are
scored and clusters are united by their mean vote. A larger one is first taken apart:

1. Masses: a few records are scored against all others of the component. Where more than
   `max_scored` are links of such a pivot, and a sample of pairs among them agrees (at most one in
   twenty against), they are one cluster: a million identical rows need a million scores, not
   half a billion. (The pivot step of Ailon, Charikar and Newman, "Aggregating inconsistent
   information", 2008, with a check; the hub of a shared value fails the check.)
2. The rest is cut by its links, best first, and by the pairs of neighbours of one record, which
   are scored for it: each union is tested by the mean vote of all pairs between its two
   sides, of which the unscored vote `absent_weight`.
3. Pieces of at most `max_scored` records are then looked at like any other component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.kernels.clustering import (
    FORBIDDEN,
    MAX_WHOLE,
    VOTE_UNITS,
    Components,
    Inner,
    component_links,
    component_members,
    linked_clusters,
    missing_pairs,
    whole_clusters,
)
from dedupe.kernels.unionfind import component_labels

from .votes import Flags, LinkSettings, Rows, ScorePairs, Votes, Weights, score_votes

_PIVOTS = 8  # by chance, one in twenty-five masses of a third of the records is missed
_SAMPLE = 256
_MAX_DOUBT = 0.05
_GOLDEN = 0.6180339887498949  # its multiples spread evenly over 0 to 1
_BESIDE = 4
_SHIFT, _LOW = np.uint64(32), np.uint64(2**32 - 1)
_MOST_LINKS = 1024  # of the smaller side of a union in a large component: bounds its test

Indices = npt.NDArray[np.int64]


class ScoredLinks(NamedTuple):
    """Pairs of rows with their weights and votes, ordered by rows."""

    left: Rows
    right: Rows
    weight: Weights
    votes: Votes


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Clusters by row while they are made; the arrays are filled in place.

    `weakest` and `lowest` as in `kernels.clustering.Wholes`, but `lowest` stays NaN in
    clusters of more than `max_scored`; `is_large`: the component was taken apart first.
    """

    label: Rows
    weakest: Weights
    lowest: Weights
    is_barred: Flags
    is_large: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """The scorer with what turns its weights into votes."""

    score: ScorePairs
    threshold: float
    settings: LinkSettings

    @property
    def max_scored(self) -> int:
        return min(self.settings.max_scored, MAX_WHOLE)

    @property
    def stop(self) -> float:
        return self.settings.stop * VOTE_UNITS

    def votes(self, left: Rows, right: Rows) -> tuple[Votes, Weights]:
        """Score pairs in parts of `max_pairs`."""
        step = self.settings.max_pairs
        parts = [
            score_votes(
                (left[at : at + step], right[at : at + step]),
                self.score,
                self.threshold,
                self.settings,
            )
            for at in range(0, max(left.shape[0], 1), step)
        ]
        return np.concatenate([votes for votes, _ in parts]), np.concatenate([w for _, w in parts])


def look_at_components(
    links: ScoredLinks, n: int, threshold: float, score: ScorePairs, settings: LinkSettings
) -> Found:
    """Cluster `n` records by `links`, of which those with a vote above 0 make the components."""
    accepted = links.votes > 0
    found = Found(
        label=component_labels(links.left[accepted], links.right[accepted], n),
        weakest=np.full(n, np.nan, dtype=np.float32),
        lowest=np.full(n, np.nan, dtype=np.float32),
        is_barred=np.zeros(n, dtype=np.bool_),
        is_large=np.zeros(n, dtype=np.bool_),
    )
    judge = _Judge(score=score, threshold=threshold, settings=settings)
    _take_large_apart(links, found, judge)
    _weigh_twos(links, found)
    _look_at_wholes(links, found, judge)
    return found


def _weigh_twos(links: ScoredLinks, found: Found) -> None:
    """Enter the weight of the one link of each cluster of two."""
    sizes = np.bincount(found.label, minlength=found.label.shape[0])
    head = found.label[links.left]
    only = (links.votes > 0) & (sizes[head] == 2) & (head == found.label[links.right])
    for rows in (links.left[only], links.right[only]):
        found.weakest[rows] = found.lowest[rows] = links.weight[only]


def _look_at_wholes(links: ScoredLinks, found: Found, judge: _Judge) -> None:
    """Cluster each component of three to `max_scored` records by all its pairs."""
    components = component_members(found.label, 3, judge.max_scored)
    order, starts = component_links(components, links.left, links.right)
    inner = Inner(links.left, links.right, links.votes, links.weight, order, starts)
    sizes = np.diff(components.starts)
    n_missing = sizes * (sizes - 1) // 2 - np.diff(starts)
    for begin, end in _batches(n_missing, judge.settings.max_pairs):
        n_pairs = int(n_missing[begin:end].sum())
        missing = judge.votes(*missing_pairs(components, inner, begin, end, n_pairs))
        wholes = whole_clusters(components, inner, missing, (begin, end), judge.stop)
        rows = components.members[components.starts[begin] : components.starts[end]]
        found.label[rows] = wholes.labels
        found.weakest[rows] = wholes.weakest
        found.lowest[rows] = wholes.lowest
        found.is_barred[rows] = wholes.is_barred


def _batches(n_pairs: Indices, most: int) -> Iterator[tuple[int, int]]:
    """Yield (from, to) of runs of components that have up to `most` pairs, at least one each."""
    total = np.cumsum(n_pairs)
    begin = 0
    while begin < total.shape[0]:
        before = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, before + most, side="right")))
        yield begin, end
        begin = end


def _take_large_apart(links: ScoredLinks, found: Found, judge: _Judge) -> None:
    """Relabel the components of more than `max_scored` records."""
    components = component_members(found.label, judge.max_scored + 1, found.label.shape[0])
    if components.members.shape[0] == 0:
        return
    found.is_large[components.members] = True
    rest = _without_masses(components, found, judge)
    _cut_by_links(rest, links, found, judge)


def _without_masses(components: Components, found: Found, judge: _Judge) -> Rows:
    """Label the masses in `components` and return the rows that are in none."""
    rows = components.members
    is_taken = np.zeros(found.label.shape[0], dtype=np.bool_)
    for turn in range(_PIVOTS):
        place = components.of_row[rows]
        sizes = np.bincount(place)
        pivots = _pivots(rows, sizes, turn)[place]
        is_asked = (sizes[place] > judge.max_scored) & (rows != pivots)
        if not is_asked.any():
            break
        for mass, weakest in _masses(rows[is_asked], pivots[is_asked], judge):
            found.label[mass] = mass[0]
            found.weakest[mass] = weakest
            is_taken[mass] = True
        rows = rows[~is_taken[rows]]
    return rows


def _pivots(rows: Rows, sizes: Indices, turn: int) -> Rows:
    """Return a row of each component, of another part of it each turn."""
    starts = np.cumsum(sizes) - sizes
    at = starts + (sizes * ((turn + 0.5) * _GOLDEN % 1)).astype(np.int64)
    pivots: Rows = rows[np.minimum(at, rows.shape[0] - 1)]
    return pivots  # that of an emptied component stands in for nothing: it is never asked


def _masses(rows: Rows, pivots: Rows, judge: _Judge) -> Iterator[tuple[Rows, float]]:
    """Yield the rows of each pivot's mass, if it has one, and the least of their weights."""
    votes, weights = judge.votes(np.minimum(rows, pivots), np.maximum(rows, pivots))
    rows, pivots, weights = rows[votes > 0], pivots[votes > 0], weights[votes > 0]
    starts = np.flatnonzero(np.diff(pivots, prepend=pivots[:1] ^ 1))
    ends = np.append(starts, pivots.shape[0])[1:]
    parts = [slice(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= judge.max_scored]
    masses = [np.sort(np.append(rows[part], pivots[part.start])) for part in parts]
    for mass, part, agrees in zip(masses, parts, _agreement(masses, judge), strict=True):
        if agrees:
            yield mass, weights[part].min()


def _agreement(masses: list[Rows], judge: _Judge) -> list[bool]:
    """Tell of each mass whether a sample of its pairs agrees."""
    if not masses:
        return []
    samples = [_sample(mass) for mass in masses]
    left = np.concatenate([np.minimum(a, b) for a, b in samples])
    right = np.concatenate([np.maximum(a, b) for a, b in samples])
    votes = judge.votes(left, right)[0].reshape(-1, _SAMPLE)
    agrees = (
        (np.median(votes, axis=1) > 0)
        & ((votes < 0).mean(axis=1) <= _MAX_DOUBT)
        & (votes.min(axis=1) > FORBIDDEN)
    )
    return [bool(flag) for flag in agrees]


def _sample(rows: Rows) -> tuple[Rows, Rows]:
    """Return pairs of different rows, spread over all of them and over all distances."""
    n, at = rows.shape[0], np.arange(_SAMPLE)
    first = at * n // _SAMPLE
    distance = 1 + ((n - 1) * (at * _GOLDEN % 1)).astype(np.int64)
    return rows[first], rows[(first + distance) % n]


def _cut_by_links(rows: Rows, links: ScoredLinks, found: Found, judge: _Judge) -> None:
    """Relabel `rows` by the links among them, and by the pairs of neighbours of one record."""
    rows = np.sort(rows)  # so that the smallest of these numbers is the smallest row
    number = np.full(found.label.shape[0], -1, dtype=np.int64)
    number[rows] = np.arange(rows.shape[0])
    among = (number[links.left] >= 0) & (number[links.right] >= 0)
    left = number[links.left[among]].astype(np.uint32)
    right = number[links.right[among]].astype(np.uint32)
    votes, weight = links.votes[among], links.weight[among]
    beside = _neighbours_of_one(left, right, votes > 0)
    scored = judge.votes(rows[beside[0]], rows[beside[1]])
    weight = np.concatenate([weight, scored[1]])
    order = np.argsort(-weight, kind="stable")
    parts = zip((left, right, votes), (*beside, scored[0]), strict=True)
    pairs = tuple(np.concatenate(part)[order] for part in parts)
    absent = round(judge.settings.absent_weight * VOTE_UNITS)
    labels, held = linked_clusters(
        (pairs[0], pairs[1], pairs[2]), rows.shape[0], absent, judge.stop, _MOST_LINKS
    )
    found.label[rows] = rows[labels]
    held = held[labels]
    is_held = held >= 0
    found.weakest[rows[is_held]] = weight[order[held[is_held]]]


def _neighbours_of_one(left: Rows, right: Rows, is_link: Flags) -> tuple[Rows, Rows]:
    """Return the pairs, other than the given, of records linked to the same one and close there.

    The pairs given come by rows. All neighbours of a record with up to `_BESIDE` + 1 links are
    paired, of others each with the next `_BESIDE` by row: a hub makes `_BESIDE` pairs a link.
    """
    given = _keys(left, right)
    left, right = left[is_link], right[is_link]
    ends = np.sort(np.concatenate([_keys(left, right), _keys(right, left)]))
    middle, neighbour = ends >> _SHIFT, (ends & _LOW).astype(np.uint32)
    made = [
        _keys(neighbour[:-step], neighbour[step:])[middle[:-step] == middle[step:]]
        for step in range(1, _BESIDE + 1)
    ]
    # numpy's own unique hashes: 15 s for 10 million keys, against 1 s.
    keys = np.sort(np.concatenate(made))
    keys = keys[np.diff(keys, prepend=~keys[:1]) != 0]
    at = np.minimum(np.searchsorted(given, keys), max(given.shape[0] - 1, 0))
    keys = keys[given[at] != keys]
    return (keys >> _SHIFT).astype(np.uint32), (keys & _LOW).astype(np.uint32)


def _keys(left: Rows, right: Rows) -> npt.NDArray[np.uint64]:
    """Return both rows of each pair as one number."""
    return (left.astype(np.uint64) << _SHIFT) | right

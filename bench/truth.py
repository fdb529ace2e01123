"""How right are clusters and scored pairs, given who is who.

`truth` is a frame of `record_id` and `person`; `clusters` of `record_id` and `cluster_id` (a record
that is absent stands alone); `pairs` of `left_id`, `right_id` and `weight` or `probability`. Pairs
within clusters are counted, never made: a cluster of n records holds n (n - 1) / 2 of them, so a
cluster of a million records costs no more than its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts of links or clusters: the true ones, those found, and those that are both."""

    n_true: int
    n_found: int
    n_right: int

    @property
    def precision(self) -> float:
        return self.n_right / self.n_found if self.n_found else 1.0

    @property
    def recall(self) -> float:
        return self.n_right / self.n_true if self.n_true else 1.0

    @property
    def f1(self) -> float:
        both = self.n_true + self.n_found
        return 2 * self.n_right / both if both else 1.0


@dataclass(frozen=True, slots=True)
class Best:
    """The threshold with the highest F1, and the scores there."""

    threshold: float
    scores: Scores


def pair_scores(clusters: pl.DataFrame, truth: pl.DataFrame) -> Scores:
    """Compare all pairs within clusters with all pairs of one person."""
    return _scores_of(_joined(clusters, truth), _n_pairs(truth["person"]))


def cluster_scores(clusters: pl.DataFrame, truth: pl.DataFrame) -> Scores:
    """Compare clusters of two or more as wholes: a right one is exactly all cards of a person."""
    both = _joined(clusters, truth)
    sizes = both.group_by("cluster_id").agg(
        n=pl.len(), n_persons=pl.col("person").n_unique(), person=pl.col("person").first()
    )
    persons = truth.group_by("person").agg(n_cards=pl.len()).filter(pl.col("n_cards") > 1)
    found = sizes.filter(pl.col("n") > 1)
    right = (
        found.join(persons, on="person")
        .filter(n_persons=1)
        .filter(pl.col("n") == pl.col("n_cards"))
    )
    return Scores(persons.height, found.height, right.height)


def link_scores(pairs: pl.DataFrame, truth: pl.DataFrame) -> Scores:
    """Compare pairs as single links, without what follows from them."""
    return Scores(_n_pairs(truth["person"]), pairs.height, int(_is_right(pairs, truth).sum()))


def pairs_completeness(pairs: pl.DataFrame, truth: pl.DataFrame) -> float:
    """Return the share of all true pairs that the candidate `pairs` hold."""
    return link_scores(pairs, truth).recall


def best_link_threshold(pairs: pl.DataFrame, truth: pl.DataFrame, by: str = "weight") -> Best:
    """Return the threshold of `by` at which the pairs, taken as links, have the best F1."""
    n_true = _n_pairs(truth["person"])
    steps = (
        pairs.select(value=by, right=_is_right(pairs, truth))
        .group_by("value")
        .agg(n=pl.len(), right=pl.col("right").sum())
        .sort("value", descending=True)
        .with_columns(n=pl.col("n").cum_sum(), right=pl.col("right").cum_sum())
    )
    if steps.is_empty():
        return Best(float("inf"), Scores(n_true, 0, 0))
    f1 = 2 * steps["right"] / (steps["n"] + n_true)
    value, n, right = steps.row(f1.arg_max())
    return Best(float(value), Scores(n_true, int(n), int(right)))


def best_cluster_threshold(
    pairs: pl.DataFrame, truth: pl.DataFrame, by: str = "weight", *, n_tried: int = 40
) -> Best:
    """Return the threshold of `by` whose links, closed to clusters, have the best pairwise F1.

    Tried are `n_tried` thresholds, half of them evenly over the values from FLOOR_BITS up, half
    at even shares of the pairs, and the best threshold of links.
    """
    people = truth.with_row_index("row")
    ends = [
        pairs.select(record_id=side).join(
            people, on="record_id", how="left", maintain_order="left"
        )["row"]
        for side in ("left_id", "right_id")
    ]
    left, right = (end.to_numpy() for end in ends)
    values, persons = pairs[by].to_numpy(), people["person"]
    n_true = _n_pairs(persons)

    def closed_at(threshold: float) -> Best:
        kept = values >= threshold
        labels = _labels(left[kept], right[kept], people.height)
        clusters = pl.DataFrame({"cluster_id": labels, "person": persons})
        return Best(threshold, _scores_of(clusters, n_true))

    tried = _thresholds(values, n_tried) | {best_link_threshold(pairs, truth, by).threshold}
    coarse = sorted(tried)
    found = [closed_at(threshold) for threshold in coarse]
    at = max(range(len(found)), key=lambda i: found[i].scores.f1)
    # Once more, finely, between the neighbours of the best.
    low, high = coarse[max(at - 1, 0)], coarse[min(at + 1, len(coarse) - 1)]
    if len(coarse) > 1:
        found += [closed_at(threshold) for threshold in np.linspace(low, high, 10).tolist()]
    return max(found, key=lambda best: best.scores.f1)


FLOOR_BITS = -10.0  # probability 0.001: what lies below is never a link


def _thresholds(values: np.ndarray, n: int) -> set[float]:
    usable = values[values >= FLOOR_BITS]
    if not len(usable):
        return set()
    shares = np.quantile(usable, np.linspace(0, 1, n // 2))
    return {*np.linspace(usable.min(), usable.max(), n // 2).tolist(), *shares.tolist()}


def closure(links: pl.DataFrame) -> pl.DataFrame:
    """Join links to clusters: everything that is connected is one."""
    ids = pl.concat([links["left_id"], links["right_id"].alias("left_id")]).unique().sort()
    rows = pl.DataFrame({"id": ids}).with_row_index("row")
    left, right = (
        links.select(id=side).join(rows, on="id", how="left", maintain_order="left")["row"]
        for side in ("left_id", "right_id")
    )
    labels = _labels(left.to_numpy(), right.to_numpy(), len(ids))
    return pl.DataFrame({"record_id": ids, "cluster_id": ids.gather(labels)})


def _labels(left: np.ndarray, right: np.ndarray, n: int) -> np.ndarray:
    from dedupe.kernels.unionfind import component_labels

    left, right = (np.ascontiguousarray(rows, np.uint32) for rows in (left, right))
    return component_labels(left, right, n)


def tier_scores(clusters: pl.DataFrame, truth: pl.DataFrame, tier: str) -> Scores:
    """Return `pair_scores` of the clusters of one tier alone."""
    return pair_scores(clusters.filter(tier=tier), truth)


EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.0)


def calibration(
    pairs: pl.DataFrame, truth: pl.DataFrame, edges: Iterable[float] = EDGES
) -> pl.DataFrame:
    """Return bins of probability: low, high, pairs, mean probability, share of true pairs."""
    edges = list(edges)
    frame = pairs.select("probability", right=_is_right(pairs, truth))
    rows = []
    for low, high in pairwise(edges):
        is_last = high == edges[-1]
        upper = pl.col("probability") <= high if is_last else pl.col("probability") < high
        part = frame.filter(pl.col("probability") >= low, upper)
        rows.append((low, high, part.height, part["probability"].mean(), part["right"].mean()))
    return pl.DataFrame(rows, schema=_CALIBRATION, orient="row")


_CALIBRATION = {
    "low": pl.Float64,
    "high": pl.Float64,
    "pairs": pl.Int64,
    "probability": pl.Float64,
    "share_true": pl.Float64,
}


def true_pairs(truth: pl.DataFrame) -> pl.DataFrame:
    """Make all true pairs, `left_id` and `right_id`: for truths whose persons have few records."""
    rows = truth.with_row_index("row")
    return (
        rows.join(rows, on="person", suffix="_r")
        .filter(pl.col("row") < pl.col("row_r"))
        .select(left_id="record_id", right_id="record_id_r")
    )


def _joined(clusters: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    # A record alone holds no pair, so the inner join loses none.
    return clusters.select("record_id", "cluster_id").join(truth, on="record_id")


def _scores_of(both: pl.DataFrame, n_true: int) -> Scores:
    cells = both.group_by("cluster_id", "person").len("n")
    sizes = cells.group_by("cluster_id").agg(pl.col("n").sum())
    return Scores(n_true, _choose_two(sizes["n"]), _choose_two(cells["n"]))


def _n_pairs(labels: pl.Series) -> int:
    return _choose_two(labels.to_frame("label").group_by("label").len("n")["n"])


def _choose_two(sizes: pl.Series) -> int:
    sizes = sizes.cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _is_right(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.Series:
    """Tell for each pair whether both records are of one person."""
    persons = [
        pairs.select(record_id=side).join(truth, on="record_id", how="left", maintain_order="left")
        for side in ("left_id", "right_id")
    ]
    left, right = (frame["person"] for frame in persons)
    return (left == right).fill_null(value=False)

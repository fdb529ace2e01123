"""What other thresholds would make of the listed pairs: counts of pairs and of clusters.

Counts alone, from pairs.parquet: a link is a pair from the threshold on, a cluster what links
connect. Guards and checks of whole clusters are not in them, so a scan's own numbers are lower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.config.matching import LIMITS, Matching
from dedupe.kernels.unionfind import component_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """At two thresholds: pairs and clusters from `auto` on, and from `review` on."""

    auto: float
    review: float
    auto_pairs: int
    auto_clusters: int
    review_pairs: int
    review_clusters: int
    review_cards: int

    @property
    def lines(self) -> str:
        """Return the lines of the config that ask for these thresholds."""
        return f"[match]\nreview = {self.review:.4g}\nauto = {self.auto:.4g}\n"


class Thresholds:
    """The listed pairs by probability, ready to be counted at any threshold."""

    def __init__(self, pairs: pl.DataFrame) -> None:
        ordered = pairs.select("entity", "left_id", "right_id", "probability").sort(
            "probability", descending=True
        )
        self._probability = ordered["probability"].to_numpy()
        ids = pl.concat(
            [
                ordered.select("entity", id=pl.col("left_id")),
                ordered.select("entity", id=pl.col("right_id")),
            ]
        )
        rows = ids.select(pl.struct("entity", "id").rank("dense").cast(pl.UInt32) - 1)
        rows_of = rows.to_series().to_numpy().astype(np.uint32)
        self._left, self._right = rows_of[: ordered.height], rows_of[ordered.height :]
        self._n = int(rows_of.max()) + 1 if len(rows_of) else 0
        # Compiled now, not while somebody waits for a page.
        self.tally(Matching().auto, Matching().review)

    def tally(self, auto: float, review: float) -> Tally:
        """Return the counts at thresholds as a config may have them, `review` not above `auto`."""
        auto = _within(auto, *LIMITS["auto"])
        review = min(_within(review, *LIMITS["review"]), auto)
        n_auto, n_review = self._n_from(auto), self._n_from(review)
        clusters, cards = self._clusters(n_review)
        return Tally(
            auto=auto,
            review=review,
            auto_pairs=n_auto,
            auto_clusters=self._clusters(n_auto)[0],
            review_pairs=n_review,
            review_clusters=clusters,
            review_cards=cards,
        )

    def _n_from(self, threshold: float) -> int:
        return int(np.searchsorted(-self._probability, -threshold, side="right"))

    def _clusters(self, n: int) -> tuple[int, int]:
        if not n:
            return 0, 0
        left: npt.NDArray[np.uint32] = self._left[:n]
        label = component_labels(left, self._right[:n], self._n)
        sizes = np.bincount(label, minlength=self._n)
        many = sizes[sizes > 1]
        return len(many), int(many.sum())


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)

"""Scoring all candidate pairs: levels -> bits -> probability, a chunk at a time on two threads.

What is kept are the pairs that may matter; memory is bounded by a chunk and by them. The
chunks are cut by left rows and joined in order, so threads and their number change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dedupe.kernels.comparing import context_numbers, level_weight_sums, value_weights

from .blocking import PairSource
from .columns import Records
from .grading import Grader
from .model import Model, probability

Rows = npt.NDArray[np.uint32]
Levels = npt.NDArray[np.int8]
Bits = npt.NDArray[np.float32]

_KEPT_BITS = -8.0  # a pair below one in 256 concerns nobody
_PARTS = 64  # of the rows, for threads to share evenly


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Pairs in left order: `bits` are the evidence alone, without the prior.

    `against` is the part of it that speaks against a match, 0 or less; `levels` are int8
    (comparisons, pairs).
    """

    left: Rows
    right: Rows
    bits: Bits
    against: Bits
    levels: Levels
    n_candidates: int = 0

    def only(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Scored:
        """Return some of the pairs."""
        return Scored(
            left=self.left[keep],
            right=self.right[keep],
            bits=self.bits[keep],
            against=self.against[keep],
            levels=self.levels[:, keep],
            n_candidates=self.n_candidates,
        )

    def joined(self, other: Scored) -> Scored:
        """Return the pairs of both in left order."""
        keys = [
            (each.left.astype(np.uint64) << np.uint64(32)) | each.right for each in (self, other)
        ]
        order = np.argsort(np.concatenate(keys), kind="stable")
        both = concatenated([self, other])
        return replace(both.only(order), n_candidates=self.n_candidates + len(other.left))


def concatenated(pieces: Sequence[Scored]) -> Scored:
    """Join pairs in the order of the pieces."""
    return Scored(
        left=np.concatenate([each.left for each in pieces]),
        right=np.concatenate([each.right for each in pieces]),
        bits=np.concatenate([each.bits for each in pieces]),
        against=np.concatenate([each.against for each in pieces]),
        levels=np.concatenate([each.levels for each in pieces], axis=1),
    )


class Scorer:
    """Weighs pairs of `records` by a model; safe to share between threads."""

    def __init__(self, records: Records, grader: Grader, model: Model) -> None:
        self.records, self._grader, self.model = records, grader, model
        self._tables = model.tables()
        strong = model.contexts[1:]
        self._at = np.array([each.at for each in strong], dtype=np.int32)
        self._lowest = np.array([each.level for each in strong], dtype=np.int32)

    def score(self, left: Rows, right: Rows) -> Scored:
        """Grade and weigh pairs."""
        levels = self._grader.levels(left, right)
        contexts = self.contexts(levels)
        bits, against = level_weight_sums(levels, contexts, self._tables)
        for at in range(len(self.records.columns)):
            rarity = self.rarity(at, levels, contexts, left, right)
            if rarity is not None:
                bits += rarity
        return Scored(left=left, right=right, bits=bits, against=against, levels=levels)

    def contexts(self, levels: Levels) -> Levels:
        """Return the number of each pair's context."""
        return context_numbers(levels, self._at, self._lowest)

    def rarity(
        self, at: int, levels: Levels, contexts: Levels, left: Rows, right: Rows
    ) -> Bits | None:
        """Return the term frequency adjustments of the comparison `at`; None if it has none."""
        bits = self.model.adjustments[at]
        if bits is None:
            return None
        column = self.records.columns[at]
        lowest = column.comparison.grading.shared
        return value_weights(levels[at], contexts, column.codes, bits, lowest, left, right)


def predict(scorer: Scorer, source: PairSource, *, room: int = 1 << 16, threads: int = 2) -> Scored:
    """Score every candidate pair; keep those that may be more than one in 256."""
    floor = _KEPT_BITS - scorer.model.prior_bits
    cuts = source.cuts(_PARTS)

    def part(span: tuple[int, int]) -> tuple[list[Scored], int]:
        kept, n_pairs = [], 0
        for left, right in source.chunks(room, *span):
            scored = scorer.score(left, right)
            kept.append(scored.only(scored.bits >= floor))
            n_pairs += len(left)
        return kept, n_pairs

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, pairwise(cuts)))
    empty = np.empty(0, dtype=np.uint32)
    pieces = [scorer.score(empty, empty), *(piece for kept, _ in parts for piece in kept)]
    return replace(concatenated(pieces), n_candidates=sum(count for _, count in parts))


def settle_prior(scored: Scored, model: Model, n_pairs: int) -> Model:
    """Return the model with the prior under which the pairs expect as many matches as it says."""
    prior = model.prior
    for _ in range(200):
        expected = float(probability(scored.bits + np.log2(prior / (1 - prior))).sum())
        settled = min(max(expected, 0.5) / max(n_pairs, 1), 0.5)
        is_settled = abs(settled - prior) < 1e-4 * prior
        prior = settled
        if is_settled:
            break
    return replace(model, prior=prior)

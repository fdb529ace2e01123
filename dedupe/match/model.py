"""The Fellegi-Sunter model: m and u of each level, and the weights in bits that follow.

Where two cards share a strong key (a phone, a mailbox, an address), those that are not one
person are seldom strangers: they are a family or an office, and agree on a surname or a firm
far more often than chance has it. So u is kept per *context*: context 0 for pairs that share no
such key, and one for each strong key, for the pairs whose first shared key it is.

Source: Fellegi and Sunter, "A theory for record linkage", 1969; term frequencies as in
Winkler, "Frequency-based matching", 1989.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .comparisons import Comparison

Shares = npt.NDArray[np.float64]
Bits = npt.NDArray[np.float32]

N_LEVELS = 8  # room for the levels of any kind
MOST_BITS = 30.0  # a weight beyond it says nothing more about two cards


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What pairs share that makes them no strangers: the comparison `at`, from `level` up.

    `at` is -1 for strangers. `u` holds the shares of levels by comparison.
    """

    at: int
    level: int
    u: tuple[Shares, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """m by comparison, u by context and comparison, and the prior.

    `prior` is the share of matches among all pairs that could be compared. `adjustments` are,
    for a comparison with term frequencies, the bits that each value adds where pairs are the same.
    """

    comparisons: tuple[Comparison, ...]
    m: tuple[Shares, ...]
    contexts: tuple[Context, ...]
    prior: float
    adjustments: tuple[Bits | None, ...]

    @property
    def prior_bits(self) -> float:
        """Return the prior as a weight."""
        return float(np.log2(self.prior / (1 - self.prior)))

    def tables(self) -> Bits:
        """Return the weight of each level: float32 (contexts, comparisons, N_LEVELS)."""
        out = np.zeros((len(self.contexts), len(self.comparisons), N_LEVELS), dtype=np.float32)
        for x, context in enumerate(self.contexts):
            for at, (m, u) in enumerate(zip(self.m, context.u, strict=True)):
                out[x, at, : len(m)] = level_weights(m, u)
        return out


def level_weights(m: Shares, u: Shares) -> Bits:
    """Return log2(m/u) of each level, pooled with its neighbor where it would fall.

    A higher level never weighs less (pool adjacent violators), the lowest never speaks for a
    match and the highest never against it.
    """
    pools: list[tuple[float, float, int]] = []
    for m_level, u_level in zip(m.tolist(), u.tolist(), strict=True):
        pool = (m_level, u_level, 1)
        while pools and pools[-1][0] * pool[1] > pool[0] * pools[-1][1]:
            last = pools.pop()
            pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
        pools.append(pool)
    bits = [np.log2(max(m, 1e-12) / max(u, 1e-12)) for m, u, k in pools for _ in range(k)]
    weights = np.clip(np.array(bits, dtype=np.float32), -MOST_BITS, MOST_BITS)
    weights[0] = min(weights[0], 0)
    weights[-1] = max(weights[-1], 0)
    return weights


def probability(weight: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Map match weights (bits, the prior's included) to probabilities."""
    return 1.0 / (1.0 + np.exp2(-np.clip(weight.astype(np.float64), -1000, 1000)))

"""The two halves of expectation maximisation over patterns: posteriors, and sums by level.

`levels` is int8 (patterns, comparisons), -1 where a comparison was not observed; `counts` are
float64 (patterns): how many pairs, or how much of them, a pattern stands for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Levels = npt.NDArray[np.int8]
Counts = npt.NDArray[np.float64]

_FAR = 500.0  # exp of more than this is no longer a number


@kernel
def match_posteriors(
    levels: npt.NDArray[np.int8],
    ratios: npt.NDArray[np.float64],
    use: npt.NDArray[np.int64],
    odds: float,
) -> Counts:
    """Return each pattern's probability of a match, from the comparisons `use`.

    `ratios` are float64 (comparisons, levels): ln(m/u); `odds` the natural log of the prior's.
    """
    out = np.empty(levels.shape[0], dtype=np.float64)
    for k in range(levels.shape[0]):
        total = odds
        for x in range(use.shape[0]):
            level = levels[k, use[x]]
            if level >= 0:
                total += ratios[use[x], level]
        out[k] = 1.0 / (1.0 + np.exp(-min(max(total, -_FAR), _FAR)))
    return out


@kernel
def level_sums(
    levels: npt.NDArray[np.int8], counts: Counts, n_levels: int
) -> npt.NDArray[np.float64]:
    """Sum the counts of the patterns at each level: float64 (comparisons, n_levels)."""
    out = np.zeros((levels.shape[1], n_levels), dtype=np.float64)
    for k in range(levels.shape[0]):
        for c in range(levels.shape[1]):
            if levels[k, c] >= 0:
                out[c, levels[k, c]] += counts[k]
    return out

"""Wilson's score interval of a share, which holds for few trials and for shares near 0 and 1.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
the American Statistical Association 22 (1927), 209-212; without a continuity correction. No
trials say nothing: the interval is then the whole of 0 to 1.

>>> low, high = wilson(5, 20)
>>> round(low, 4), round(high, 4)
(0.1119, 0.4687)
"""

from __future__ import annotations

from math import sqrt

import polars as pl

Z95 = 1.959963984540054  # the standard normal's 97.5th percentile: 95 % of both sides


def wilson(successes: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the low and the high end of the interval of successes / n."""
    if n <= 0:
        return 0.0, 1.0
    middle = (successes + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(successes * (n - successes) / n + z * z / 4)
    # Rounding must not put an end past 0 or 1, where the interval exactly ends.
    low = 0.0 if successes == 0 else max(middle - half, 0.0)
    return low, 1.0 if successes == n else min(middle + half, 1.0)


def wilson_bounds(successes: str, n: str, z: float = Z95) -> tuple[pl.Expr, pl.Expr]:
    """Return the same as expressions of two columns; null where either is null."""
    s, size = pl.col(successes).cast(pl.Float64), pl.col(n).cast(pl.Float64)
    middle = (s + z * z / 2) / (size + z * z)
    spread = pl.when(size > 0).then(s * (size - s) / size).otherwise(0.0)
    half = z / (size + z * z) * (spread + z * z / 4).sqrt()
    low = pl.when((s == 0) | (size <= 0)).then(middle * 0).otherwise((middle - half).clip(0, 1))
    high = pl.when((s == size) | (size <= 0)).then(middle * 0 + 1)
    return low, high.otherwise((middle + half).clip(0, 1))

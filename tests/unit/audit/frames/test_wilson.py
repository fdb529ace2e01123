"""Wilson's interval against its published values, and its two forms against each other."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.audit.frames.wilson import wilson, wilson_bounds


# Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3 (Wilson's score).
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_newcombes(successes, n, low, high) -> None:
    assert wilson(successes, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_no_trials_say_nothing_and_sure_ends_are_exact() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_expression_is_the_scalar_and_holds_the_share(a, b) -> None:
    successes, n = min(a, b), max(a, b)
    low, high = wilson_bounds("s", "n")
    row = pl.DataFrame({"s": [successes, None], "n": [n, n]}).select(low=low, high=high).rows()
    assert row[0] == pytest.approx(wilson(successes, n), abs=1e-12)
    assert row[1] == (None, None)
    assert 0 <= row[0][0] <= (successes / n if n else 0.5) <= row[0][1] <= 1

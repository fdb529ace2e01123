"""Posteriors and sums by level against naive twins, compiled and as plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.kernels.expectation import level_sums, match_posteriors

N_LEVELS = 4


def both(kernel):
    plain = getattr(kernel, "py_func", kernel)
    return pytest.mark.parametrize("kernel", [kernel, plain], ids=["jit", "python"])


@st.composite
def patterns(draw: st.DrawFn) -> tuple[list[list[int]], list[float]]:
    n_comparisons = draw(st.integers(1, 5))
    row = st.lists(st.integers(-1, N_LEVELS - 1), min_size=n_comparisons, max_size=n_comparisons)
    rows = draw(st.lists(row, max_size=12))
    counts = draw(st.lists(st.floats(0, 1e6), min_size=len(rows), max_size=len(rows)))
    return rows, counts


def as_levels(rows: list[list[int]]) -> np.ndarray:
    return np.array(rows, dtype=np.int8).reshape(len(rows), len(rows[0]) if rows else 3)


@both(level_sums)
@given(told=patterns())
def test_each_count_is_added_at_the_level_of_each_comparison(kernel, told) -> None:
    rows, counts = told
    levels = as_levels(rows)
    found = kernel(levels, np.array(counts, dtype=np.float64), N_LEVELS)
    wanted = np.zeros((levels.shape[1], N_LEVELS))
    for row, count in zip(rows, counts, strict=True):
        for at, level in enumerate(row):
            if level >= 0:
                wanted[at, level] += count
    assert found.tolist() == wanted.tolist()


@both(match_posteriors)
@given(told=patterns(), odds=st.floats(-60, 60), seed=st.integers(0, 99))
def test_a_posterior_adds_the_ratios_of_what_was_observed(kernel, told, odds, seed) -> None:
    rows, _ = told
    levels = as_levels(rows)
    ratios = np.random.default_rng(seed).normal(0, 5, (levels.shape[1], N_LEVELS))
    use = np.arange(0, levels.shape[1], 2, dtype=np.int64)
    found = kernel(levels, ratios, use, odds)
    for row, chance in zip(rows, found.tolist(), strict=True):
        total = odds + sum(ratios[at, row[at]] for at in use.tolist() if row[at] >= 0)
        assert chance == pytest.approx(1 / (1 + math.exp(-total)), rel=1e-9)


@both(match_posteriors)
def test_overwhelming_evidence_is_certain_and_no_overflow(kernel) -> None:
    levels = np.array([[0], [1]], dtype=np.int8)
    ratios = np.array([[-1e6, 1e6]])
    found = kernel(levels, ratios, np.array([0], dtype=np.int64), 0.0)
    assert found[0] < 1e-200
    assert found[1] == 1.0

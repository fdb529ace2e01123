"""component_labels and key_labels against naive references, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.unionfind import component_labels, key_labels

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")


def naive_labels(edges: list[tuple[int, int]], n: int) -> list[int]:
    """Relabel by the smaller end of each edge until nothing changes."""
    labels = list(range(n))
    while any(labels[a] != labels[b] for a, b in edges):
        for a, b in edges:
            labels[a] = labels[b] = min(labels[a], labels[b])
    return labels


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[int, int]], int]:
    n = draw(st.integers(1, 30))
    row = st.integers(0, n - 1)
    return draw(st.lists(st.tuples(row, row), max_size=40)), n


def both(function):
    return pytest.mark.parametrize(
        "labels_of",
        [function, getattr(function, "py_func", function)],
        ids=["jit", "python"],
    )


@both(component_labels)
@given(graph=graphs())
def test_labels_are_the_smallest_connected_row(labels_of, graph) -> None:
    edges, n = graph
    left = np.array([a for a, _ in edges], dtype=np.uint32)
    right = np.array([b for _, b in edges], dtype=np.uint32)
    assert labels_of(left, right, n).tolist() == naive_labels(edges, n)


@both(key_labels)
@given(graph=graphs())
def test_rows_that_hold_one_key_get_one_label(labels_of, graph) -> None:
    holdings, n = graph  # (key, row) pairs: both are small numbers
    holdings = sorted(holdings)
    keys = np.array([k for k, _ in holdings], dtype=np.uint32)
    rows = np.array([r for _, r in holdings], dtype=np.uint32)
    edges = [(a, b) for k, a in holdings for j, b in holdings if k == j]
    assert labels_of(keys, rows, n).tolist() == naive_labels(edges, n)


@both(key_labels)
def test_a_key_held_by_everyone_is_one_group(labels_of) -> None:
    n = 1000
    rows = np.arange(n, dtype=np.uint32)
    assert set(labels_of(np.zeros(n, dtype=np.uint32), rows, n).tolist()) == {0}

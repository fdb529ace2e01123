"""Connected components over an edge list, by union-find with path halving.

Inputs are parallel arrays `left`, `right` of record rows (uint32, < n).
Output is one label per record: the smallest row of its component, so labels
are stable whatever the order of the edges.
Method: Tarjan and van Leeuwen, "Worst-case analysis of set union algorithms", 1984.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Rows = npt.NDArray[np.uint32]


@kernel
def _join(parent: Rows, a: int, b: int) -> None:
    """Connect the components of rows `a` and `b`, halving the paths on the way."""
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    while parent[b] != b:
        parent[b] = parent[parent[b]]
        b = parent[b]
    # The smaller root wins: a label never depends on edge order.
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@kernel
def _flatten(parent: Rows) -> Rows:
    """Point every row at its root: parents only ever point down, so one pass in order does."""
    for i in range(parent.shape[0]):
        parent[i] = parent[parent[i]]
    return parent


@kernel
def component_labels(left: Rows, right: Rows, n: int) -> Rows:
    """Label each of `n` records with the smallest row it is connected to."""
    parent = np.arange(n).astype(np.uint32)
    for e in range(left.shape[0]):
        _join(parent, left[e], right[e])
    return _flatten(parent)


@kernel
def key_labels(keys: Rows, rows: Rows, n: int) -> Rows:
    """Label each of `n` records by the keys it shares with others, directly or through a chain.

    `keys` and `rows` are parallel and sorted by key: record `rows[i]` holds key
    `keys[i]`. Records that hold the same key are connected. Chaining neighbours
    makes n - 1 edges of a key held by n records, not n (n - 1) / 2.
    """
    parent = np.arange(n).astype(np.uint32)
    for i in range(1, keys.shape[0]):
        if keys[i] == keys[i - 1]:
            _join(parent, rows[i - 1], rows[i])
    return _flatten(parent)

"""Rows of numbered words as keys: what stands at the ends is cut off, the rest is sorted.

A row is the next `counts[i]` numbers of `ids` (both int64); words are numbered in the order
in which they shall stand in a phrase.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@kernel
def stripped(counts: Index, ids: Index, opens: Mask, closes: Mask) -> tuple[Index, Index]:
    """Return the rows without words that `opens` or `closes` has, as long as one is left.

    While the first word is in `opens` it goes, else the last one if it is in `closes`.
    """
    left, kept = np.empty_like(counts), np.empty_like(ids)
    begin, n = np.int64(0), np.int64(0)
    for row in range(counts.shape[0]):
        first, end = begin, begin + counts[row]
        begin = end
        while end - first > 1:
            if opens[ids[first]]:
                first += 1
            elif closes[ids[end - 1]]:
                end -= 1
            else:
                break
        left[row] = end - first
        for at in range(first, end):
            kept[n] = ids[at]
            n += 1
    return left, kept[:n].copy()


@kernel
def sorted_phrases(counts: Index, ids: Index, flat: Bytes, bounds: Index) -> tuple[Bytes, Index]:
    """Return the bytes and offsets of phrases of sorted words, a space between two.

    A phrase is the next `counts[i]` numbers of `ids`; word w is flat[bounds[w] : bounds[w + 1]],
    and words are numbered in the order in which they shall stand.
    """
    n = counts.shape[0]
    offsets = np.zeros(n + 1, dtype=np.int64)
    rows, at = ids.copy(), np.int64(0)
    for phrase in range(n):
        stop, length = at + counts[phrase], np.int64(0)
        for i in range(at, stop):
            word, j = rows[i], i
            while j > at and rows[j - 1] > word:
                rows[j] = rows[j - 1]
                j -= 1
            rows[j] = word
            length += bounds[word + 1] - bounds[word] + 1
        offsets[phrase + 1] = offsets[phrase] + max(length - 1, 0)
        at = stop
    out, to, at = np.empty(offsets[n], dtype=np.uint8), np.int64(0), np.int64(0)
    for phrase in range(n):
        for i in range(at, at + counts[phrase]):
            if i > at:
                out[to] = 32
                to += 1
            for byte in range(bounds[rows[i]], bounds[rows[i] + 1]):
                out[to] = flat[byte]
                to += 1
        at += counts[phrase]
    return out, offsets

"""Equal slices of one array get one number: words of a text, rows of codes.

Inputs: `flat`, any array of small whole numbers (bytes, class numbers), and for each slice
where it begins and ends in it. Output: a label per slice (int64), numbered from 0 in the order
of first appearance, and the first slice of each label, so labels do not depend on anything but
the slices' content and order.
`found_slices` finds slices of one array among those of another.
Method: open addressing with linear probing; equal hashes are compared element by element.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Flat = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Index = npt.NDArray[np.int64]
Known = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Int = int | np.int64

_FACTOR = 1_000_003
_HALF = 21
_MASK = (1 << 2 * _HALF) - 1  # a hash times the factor stays below 2 ** 63
_FREE = -1
_FALLS = 8  # of so many slices one may be out of order, or a table finds them faster
_PLACES = 4  # of a counting table for each slice: few meet there by chance
_HASH, _LENGTH, _BEGIN, _FIRST, _N_FACTS = range(5)  # columns of what is known of a label


@kernel
def _hash(flat: Flat, begin: np.int64, end: np.int64) -> np.int64:
    found = np.int64(end - begin)
    at = begin
    while at + 4 <= end:  # four at a time: a multiplication waits for the one before
        low = np.int64(flat[at]) + (np.int64(flat[at + 1]) << 10)
        high = np.int64(flat[at + 2]) + (np.int64(flat[at + 3]) << 10)
        found = (found * _FACTOR + low + (high << 20)) & _MASK
        at += 4
    while at < end:
        found = (found * _FACTOR + np.int64(flat[at])) & _MASK
        at += 1
    # Tables are addressed by the low bits, on which a product's high bits never act.
    found = ((found ^ (found >> _HALF)) * _FACTOR) & _MASK
    return found ^ (found >> _HALF)


@kernel
def _is_same(flat: Flat, other: Flat, a: np.int64, b: np.int64, n: np.int64) -> bool:
    i = 0
    while i < n and flat[a + i] == other[b + i]:
        i += 1
    return i == n


@kernel
def _table(known: Known, n_labels: int, size: int) -> npt.NDArray[np.int32]:
    """Lay the labels out in a table of `size` places by their hashes."""
    slots = np.full(size, _FREE, dtype=np.int32)
    for label in range(n_labels):
        at = known[label, _HASH] & (size - 1)
        while slots[at] != _FREE:
            at = (at + 1) & (size - 1)
        slots[at] = label
    return slots


@kernel
def distinct_slices(flat: Flat, begins: Index, ends: Index) -> tuple[Index, Index]:
    """Return the label of each slice flat[begins[i]:ends[i]], and each label's first slice."""
    n = begins.shape[0]
    labels = np.empty(n, dtype=np.int64)
    # One row per label, so that a look at it costs one line of the processor's cache; the table
    # grows with the labels and stays there as long as they are few.
    known = np.empty((n, _N_FACTS), dtype=np.int64)
    size, n_labels = 1 << 10, 0
    slots = _table(known, 0, size)
    for i in range(n):
        length = ends[i] - begins[i]
        found = _hash(flat, begins[i], ends[i])
        at = found & (size - 1)
        while slots[at] != _FREE:
            label = slots[at]
            is_like = known[label, _HASH] == found and known[label, _LENGTH] == length
            if is_like and _is_same(flat, flat, known[label, _BEGIN], begins[i], length):
                break
            at = (at + 1) & (size - 1)
        labels[i] = slots[at]
        if labels[i] == _FREE:
            labels[i] = slots[at] = n_labels
            known[n_labels, _HASH], known[n_labels, _LENGTH] = found, length
            known[n_labels, _BEGIN], known[n_labels, _FIRST] = begins[i], i
            n_labels += 1
            if 2 * n_labels > size:
                size *= 4
                slots = _table(known, n_labels, size)
    return labels, known[:n_labels, _FIRST].copy()


@kernel
def _is_before(
    flat: Flat, a: Int, end_a: Int, other: Flat, b: Int, end_b: Int, sized: bool
) -> bool:
    """Tell whether a slice stands before another one: if `sized`, a shorter one always does."""
    n_a, n_b = end_a - a, end_b - b
    if sized and n_a != n_b:
        return bool(n_a < n_b)
    i = 0
    while i < min(n_a, n_b) and flat[a + i] == other[b + i]:
        i += 1
    return bool(n_a < n_b if i == min(n_a, n_b) else flat[a + i] < other[b + i])


@kernel
def _is_rising(flat: Flat, begins: Index, ends: Index, sized: bool) -> bool:
    """Tell whether each slice stands before the next one, so that no two are the same."""
    i = 1
    while i < begins.shape[0] and _is_before(
        flat, begins[i - 1], ends[i - 1], flat, begins[i], ends[i], sized
    ):
        i += 1
    return bool(i >= begins.shape[0])


@kernel
def _n_falls(flat: Flat, begins: Index, ends: Index, sized: bool) -> int:
    """Count the slices that stand before the one that is written before them."""
    n = 0
    for i in range(1, begins.shape[0]):
        n += _is_before(flat, begins[i], ends[i], flat, begins[i - 1], ends[i - 1], sized)
    return n


@kernel
def _found_rising(
    flat: Flat, begins: Index, ends: Index, asked: Flat, firsts: Index, lasts: Index, sized: bool
) -> Index:
    """Find slices among rising ones: mostly what is asked rises with them, step by step."""
    n, at = begins.shape[0], 0
    found = np.full(firsts.shape[0], _FREE, dtype=np.int64)
    for j in range(firsts.shape[0]):
        first, last = firsts[j], lasts[j]
        low, step = 0, 1
        # Ever longer steps from where the one before was found, then halves between the last two.
        while at < n and _is_before(flat, begins[at], ends[at], asked, first, last, sized):
            low, at = at + 1, at + step
            step *= 2
        high = min(at, n)
        while low < high:
            middle = (low + high) // 2
            if _is_before(flat, begins[middle], ends[middle], asked, first, last, sized):
                low = middle + 1
            else:
                high = middle
        at = low
        length = last - first
        if low < n and ends[low] - begins[low] == length:
            found[j] = low if _is_same(flat, asked, begins[low], first, length) else _FREE
    return found


@kernel
def found_slices(
    flat: Flat, begins: Index, ends: Index, asked: Flat, firsts: Index, lasts: Index
) -> Index:
    """Return which slice flat[begins[i]:ends[i]] each asked[firsts[j]:lasts[j]] is, -1 for none.

    Of equal slices the first is meant.
    """
    for sized in (False, True):  # ids in order need no table
        if _is_rising(flat, begins, ends, sized):
            if _n_falls(asked, firsts, lasts, sized) * _FALLS > firsts.shape[0]:
                break
            return _found_rising(flat, begins, ends, asked, firsts, lasts, sized)
    n = begins.shape[0]
    size = 16
    while size < 2 * n:
        size *= 2
    # The hash stands beside the slice's number: a look at a place costs one line of the cache.
    slots = np.full((size, 2), _FREE, dtype=np.int64)
    for i in range(n):
        hashed = _hash(flat, begins[i], ends[i])
        at = hashed & (size - 1)
        while slots[at, 1] != _FREE and not (
            slots[at, 0] == hashed
            and ends[slots[at, 1]] - begins[slots[at, 1]] == ends[i] - begins[i]
            and _is_same(flat, flat, begins[slots[at, 1]], begins[i], ends[i] - begins[i])
        ):
            at = (at + 1) & (size - 1)
        if slots[at, 1] == _FREE:
            slots[at, 0], slots[at, 1] = hashed, i
    found = np.empty(firsts.shape[0], dtype=np.int64)
    for j in range(firsts.shape[0]):
        hashed, length = _hash(asked, firsts[j], lasts[j]), lasts[j] - firsts[j]
        at = hashed & (size - 1)
        while slots[at, 1] != _FREE and not (
            slots[at, 0] == hashed
            and ends[slots[at, 1]] - begins[slots[at, 1]] == length
            and _is_same(flat, asked, begins[slots[at, 1]], firsts[j], length)
        ):
            at = (at + 1) & (size - 1)
        found[j] = slots[at, 1]
    return found


@kernel
def may_be_often(flat: Flat, begins: Index, ends: Index, n_times: int) -> Mask:
    """Tell which slices may stand at least `n_times` (up to 255); of the others it is sure.

    Slices are counted by their hashes alone: far cheaper than telling them apart, where
    nearly all stand once.
    """
    n = begins.shape[0]
    size = 16
    while size < _PLACES * n:
        size *= 2
    counts, places = np.zeros(size, dtype=np.uint8), np.empty(n, dtype=np.int64)
    for i in range(n):
        places[i] = _hash(flat, begins[i], ends[i]) & (size - 1)
        if counts[places[i]] < n_times:
            counts[places[i]] += 1
    found = np.empty(n, dtype=np.bool_)
    for i in range(n):
        found[i] = counts[places[i]] >= n_times
    return found

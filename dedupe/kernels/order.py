"""The order of rows by text and by numbers: a radix sort, least significant digit first.

Inputs: an order of rows (int64) and one key of each row; output: the same rows ordered by
the key, equal keys as they stood. Called with the least significant key first, it sorts by any
number of keys. A text is ordered by its UTF-8 bytes, as polars orders it: `packed` cuts it
into numbers of eight bytes, the last ones first; a shorter text stands before its longer
continuations because the order begins with the lengths.
Method: Knuth, The Art of Computer Programming, vol. 3, 5.2.5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

PACKED_BYTES = 8
_BITS, _BUCKETS = 8, 1 << 8


@kernel
def packed(flat: Bytes, offsets: Index, skipped: int) -> Keys:
    """Return the eight bytes of each text behind the first `skipped`, noughts where it ends."""
    n = offsets.shape[0] - 1
    keys = np.zeros(n, dtype=np.uint64)
    for row in range(n):
        begin, end = offsets[row] + skipped, offsets[row + 1]
        key = np.uint64(0)
        for at in range(begin, min(end, begin + PACKED_BYTES)):
            key |= np.uint64(flat[at]) << np.uint64(8 * (PACKED_BYTES - 1 - (at - begin)))
        keys[row] = key
    return keys


@kernel
def ordered(order: Index, keys: Keys) -> Index:
    """Return the rows of `order` sorted by `keys` (one per row number), stable."""
    n = order.shape[0]
    rows, values = order.copy(), np.empty(n, dtype=np.uint64)
    unlike = np.uint64(0)
    for i in range(n):
        values[i] = keys[rows[i]]
        unlike |= values[i] ^ values[0]
    other_rows, other_values = np.empty(n, np.int64), np.empty(n, np.uint64)
    for shift in range(0, 64, _BITS):
        if (unlike >> np.uint64(shift)) & np.uint64(_BUCKETS - 1) == 0:
            continue  # all rows have this digit in common
        ends = np.zeros(_BUCKETS + 1, dtype=np.int64)
        for i in range(n):
            ends[np.int64((values[i] >> np.uint64(shift)) & np.uint64(_BUCKETS - 1)) + 1] += 1
        for bucket in range(_BUCKETS):
            ends[bucket + 1] += ends[bucket]
        for i in range(n):
            digit = np.int64((values[i] >> np.uint64(shift)) & np.uint64(_BUCKETS - 1))
            other_rows[ends[digit]], other_values[ends[digit]] = rows[i], values[i]
            ends[digit] += 1
        rows, other_rows = other_rows, rows
        values, other_values = other_values, values
    return rows

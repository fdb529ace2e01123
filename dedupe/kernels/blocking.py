"""Match keys, blocks and candidate pairs over integer arrays.

An *atom* is what a record says of itself for blocking, in two steps: record i holds the items
`items[offsets[i]:offsets[i + 1]]` (int32, values of a column), and item v has the hashes
`hashes[starts[v]:starts[v + 1]]` (uint64, never 0; a value may stand for several, or none). A
rule's match keys are the combinations of its atoms' hashes, as parallel `rows` (uint32,
ascending) and `hashes`. A block is the records that share a key; blocks are kept as `starts`
(int64, n_blocks + 1) into `members` (uint32 rows, ascending inside a block). A record's
blocks are `row_starts` (int64, n + 1) into `places` (int64: where it stands in `members`), with
the `ends` of these blocks.

Pairs are made per left row and noted in `seen`, so each comes once whatever the number of
rules that make it, in left order, without a table of pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Rows = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_A = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_B = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_LOW = np.uint64(2**32 - 1)
_ZERO = np.uint64(0)


@kernel
def _times(a: np.uint64, b: np.uint64) -> np.uint64:
    """Multiply modulo 2**64 by halves: plain Python warns of a product that overflows."""
    low = (a & _LOW) * (b & _LOW)
    cross = ((a >> _S32) * (b & _LOW) & _LOW) + ((a & _LOW) * (b >> _S32) & _LOW)
    return ((low >> _S32) + cross & _LOW) << _S32 | low & _LOW


@kernel
def mixed(values: Hashes, salt: int) -> Hashes:
    """Spread integers over 64 bits (splitmix64's finalizer), one family of hashes a salt.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    out = np.empty(values.shape[0], dtype=np.uint64)
    start = _times(np.uint64(salt + 1), _GOLDEN)
    for i in range(values.shape[0]):
        z = values[i] ^ start
        z = _times(z ^ (z >> _S30), _MULTIPLY_A)
        z = _times(z ^ (z >> _S27), _MULTIPLY_B)
        z = z ^ (z >> _S31)
        # 0 marks an empty slot of the tables below.
        out[i] = z if z != _ZERO else _GOLDEN
    return out


@kernel
def combined(
    rows: Rows,
    keys: Hashes,
    offsets: Places,
    items: npt.NDArray[np.int32],
    starts: Places,
    hashes: Hashes,
) -> tuple[Rows, Hashes]:
    """Combine match keys with an atom: each key of a record with each of the atom's hashes."""
    n = 0
    for e in range(rows.shape[0]):
        for x in range(offsets[rows[e]], offsets[rows[e] + 1]):
            n += starts[items[x] + 1] - starts[items[x]]
    out_rows = np.empty(n, dtype=np.uint32)
    out = np.empty(n, dtype=np.uint64)
    at = 0
    for e in range(rows.shape[0]):
        spread = _times(keys[e], _MULTIPLY_A) ^ (keys[e] >> _S31)
        for x in range(offsets[rows[e]], offsets[rows[e] + 1]):
            for h in range(starts[items[x]], starts[items[x] + 1]):
                z = spread ^ hashes[h]
                z = _times(z ^ (z >> _S27), _MULTIPLY_B)
                z = z ^ (z >> _S31)
                out_rows[at] = rows[e]
                out[at] = z if z != _ZERO else _GOLDEN
                at += 1
    return out_rows, out


@kernel
def atom_keys(
    offsets: Places, items: npt.NDArray[np.int32], starts: Places, hashes: Hashes
) -> tuple[Rows, Hashes]:
    """Return the match keys that an atom makes alone: parallel rows and hashes."""
    n = 0
    for x in range(items.shape[0]):
        n += starts[items[x] + 1] - starts[items[x]]
    out_rows = np.empty(n, dtype=np.uint32)
    out = np.empty(n, dtype=np.uint64)
    at = 0
    for i in range(offsets.shape[0] - 1):
        for x in range(offsets[i], offsets[i + 1]):
            for h in range(starts[items[x]], starts[items[x] + 1]):
                out_rows[at] = i
                out[at] = hashes[h]
                at += 1
    return out_rows, out


@kernel
def key_numbers(hashes: Hashes) -> tuple[npt.NDArray[np.int32], int]:
    """Give each distinct hash a number, by first appearance; return each one's, and how many."""
    n = hashes.shape[0]
    size = 16
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    slots = np.zeros(size, dtype=np.uint64)
    numbers = np.empty(size, dtype=np.int32)
    out = np.empty(n, dtype=np.int32)
    n_keys = 0
    for i in range(n):
        h = hashes[i]
        at = h & mask
        while slots[at] != np.uint64(0) and slots[at] != h:
            at = (at + np.uint64(1)) & mask
        if slots[at] == np.uint64(0):
            slots[at] = h
            numbers[at] = n_keys
            n_keys += 1
        out[i] = numbers[at]
    return out, n_keys


@kernel
def block_sizes(numbers: npt.NDArray[np.int32], n_keys: int) -> Places:
    """Count the entries of each key."""
    sizes = np.zeros(n_keys, dtype=np.int64)
    for i in range(numbers.shape[0]):
        sizes[numbers[i]] += 1
    return sizes


@kernel
def blocks(
    rows: Rows, numbers: npt.NDArray[np.int32], sizes: Places, is_kept: npt.NDArray[np.bool_]
) -> tuple[Places, Rows]:
    """Gather the rows of the keys that are kept: `starts` and `members`.

    `rows` ascend, so members do. A key's sizes count a record once: atoms hold no repeats.
    """
    place = np.full(sizes.shape[0], -1, dtype=np.int64)
    n_blocks, n_members = 0, 0
    for k in range(sizes.shape[0]):
        if is_kept[k]:
            place[k] = n_blocks
            n_blocks += 1
            n_members += sizes[k]
    starts = np.zeros(n_blocks + 1, dtype=np.int64)
    for k in range(sizes.shape[0]):
        if place[k] >= 0:
            starts[place[k] + 1] = sizes[k]
    for b in range(n_blocks):
        starts[b + 1] += starts[b]
    fill = starts[:n_blocks].copy()
    members = np.empty(n_members, dtype=np.uint32)
    for i in range(rows.shape[0]):
        b = place[numbers[i]]
        if b >= 0:
            members[fill[b]] = rows[i]
            fill[b] += 1
    return starts, members


@kernel
def window_pairs(starts: Places, members: Rows, side_end: int, width: int) -> tuple[Rows, Rows]:
    """Pair each member of a block with `width` others, where all pairs would be too many.

    Others are the next members; of two tables (`side_end` > 0) those of the other side that stand
    as far along as the member does, so that both sides are met evenly.
    """
    left = np.empty(members.shape[0] * width, dtype=np.uint32)
    right = np.empty(members.shape[0] * width, dtype=np.uint32)
    n = 0
    for b in range(starts.shape[0] - 1):
        first, end = starts[b], starts[b + 1]
        middle = first
        while side_end > 0 and middle < end and members[middle] < side_end:
            middle += 1
        n_left, n_right = middle - first, end - middle
        for k in range(first, end):
            for step in range(width):
                if side_end == 0:
                    at = k + 1 + step
                elif k < middle:
                    at = middle + (k - first) * n_right // n_left + step
                else:
                    break
                if at >= end or members[k] == members[at]:
                    continue
                left[n] = members[k]
                right[n] = members[at]
                n += 1
    return left[:n], right[:n]


@kernel
def places_of_rows(starts: Places, members: Rows, n: int) -> tuple[Places, Places, Places]:
    """Turn blocks around: `row_starts`, and for each place of a row its index and block's end.

    A row's last places in a block make no pair to the right and are left out.
    """
    row_starts = np.zeros(n + 1, dtype=np.int64)
    for b in range(starts.shape[0] - 1):
        for at in range(starts[b], starts[b + 1] - 1):
            row_starts[members[at] + 1] += 1
    for i in range(n):
        row_starts[i + 1] += row_starts[i]
    fill = row_starts[:n].copy()
    places = np.empty(row_starts[n], dtype=np.int64)
    ends = np.empty(row_starts[n], dtype=np.int64)
    for b in range(starts.shape[0] - 1):
        for at in range(starts[b], starts[b + 1] - 1):
            i = members[at]
            places[fill[i]] = at
            ends[fill[i]] = starts[b + 1]
            fill[i] += 1
    return row_starts, places, ends


@kernel
def candidate_pairs(
    first: int,
    last: int,
    row_starts: Places,
    places: Places,
    ends: Places,
    members: Rows,
    side_end: int,
    seen: npt.NDArray[np.int32],
    room: int,
) -> tuple[Rows, Rows, int]:
    """Pair the rows from `first` on with the later rows of their blocks, each pair once.

    Stops before the row whose pairs would not fit into `room`, or at `last`; returns left,
    right and the row to go on from. `side_end` > 0 keeps pairs between the rows below it and
    those from it on (linking two tables). `seen` (one int32 a record, any content that is no
    row of this call, such as -1) is scratch; a second call may get it as it is.
    """
    left = np.empty(room, dtype=np.uint32)
    right = np.empty(room, dtype=np.uint32)
    n_pairs = 0
    i = first
    while i < last:
        most = 0
        for e in range(row_starts[i], row_starts[i + 1]):
            most += ends[e] - places[e] - 1
        if n_pairs > 0 and n_pairs + most > room:
            break
        if n_pairs + most > left.shape[0]:
            # One record alone needs more than the room: its pairs come in one piece.
            left = np.empty(most, dtype=np.uint32)
            right = np.empty(most, dtype=np.uint32)
        # A record may stand twice in a block (two numbers with one ending); it is no pair.
        seen[i] = i
        for e in range(row_starts[i], row_starts[i + 1]):
            for at in range(places[e] + 1, ends[e]):
                j = members[at]
                if seen[j] == i or (side_end > 0 and (i < side_end) == (j < side_end)):
                    continue
                seen[j] = i
                left[n_pairs] = i
                right[n_pairs] = j
                n_pairs += 1
        i += 1
    return left[:n_pairs], right[:n_pairs], i

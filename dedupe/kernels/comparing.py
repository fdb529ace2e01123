"""Levels of candidate pairs on coded columns, and the sum of their weights.

Inputs are parallel arrays of candidate pairs: `left`, `right` (uint32 rows). Coded columns hold
an int32 a record (-1: not observed). Outputs are one int8 level, or one float32 of bits, a pair.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Rows = npt.NDArray[np.uint32]
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
Bits = npt.NDArray[np.float32]

NOT_OBSERVED, OPEN = -1, -2
SEVERAL = -2


@kernel
def coded_levels(
    packed: npt.NDArray[np.int32], same: Levels, left: Rows, right: Rows
) -> npt.NDArray[np.int8]:
    """Grade coded columns as far as codes can: int8 (columns, pairs).

    `packed` is int32 (records, columns), so that a record lies in one line of the cache; further
    columns may follow. Equal codes are at the column's level `same`, others are OPEN; -1 where a
    side is not observed.
    """
    n_columns = same.shape[0]
    out = np.empty((n_columns, left.shape[0]), dtype=np.int8)
    for k in range(left.shape[0]):
        i, j = left[k], right[k]
        for c in range(n_columns):
            a, b = packed[i, c], packed[j, c]
            if a < 0 or b < 0:
                out[c, k] = NOT_OBSERVED
            elif a == b:
                out[c, k] = same[c]
            else:
                out[c, k] = OPEN
    return out


@kernel
def open_pairs(
    levels: Levels, packed: npt.NDArray[np.int32], column: int, left: Rows, right: Rows
) -> tuple[Places, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the places of a column's OPEN pairs, and the codes of both sides there."""
    n = 0
    for k in range(levels.shape[0]):
        if levels[k] == OPEN:
            n += 1
    places = np.empty(n, dtype=np.int64)
    a = np.empty(n, dtype=np.int32)
    b = np.empty(n, dtype=np.int32)
    n = 0
    for k in range(levels.shape[0]):
        if levels[k] == OPEN:
            places[n] = k
            a[n] = packed[left[k], column]
            b[n] = packed[right[k], column]
            n += 1
    return places, a, b


@kernel
def settle_levels(
    levels: Levels,
    places: Places,
    found: Levels,
    meanings: Levels,
    a: Codes,
    b: Codes,
    offsets: Places,
    items: Codes,
    variant: int,
    initials: Codes,
    initial: int,
    figures: Codes,
) -> None:
    """Write the levels of a column's open pairs, from what the measure `found`.

    `meanings` turn the measure's levels into the column's. Values whose sets (`offsets`, `items`,
    by value) share an item are at `variant`. `initials` number the first letters of values,
    negative for a value that is an initial alone; one that agrees is at `initial` (below 0: not
    asked). Values of other `figures` are at level 1 at most, spelling variants aside.
    """
    for e in range(places.shape[0]):
        x, y = a[e], b[e]
        level = meanings[found[e]]
        if figures[x] != figures[y] and level > 1:
            level = meanings[1]
        is_short = initials[x] < 0 or initials[y] < 0
        if initial >= 0 and is_short and abs(initials[x]) == abs(initials[y]):
            level = initial
        i, i_end = offsets[x], offsets[x + 1]
        j, j_end = offsets[y], offsets[y + 1]
        while i < i_end and j < j_end:
            if items[i] == items[j]:
                level = variant
                break
            if items[i] < items[j]:
                i += 1
            else:
                j += 1
        levels[places[e]] = level


@kernel
def crossed_places(
    surname_levels: Levels,
    given_levels: Levels,
    packed: npt.NDArray[np.int32],
    surname: int,
    given: int,
    left: Rows,
    right: Rows,
) -> Places:
    """Return the pairs unlike in both names of which one's surname is the other's given name."""
    out = np.empty(left.shape[0], dtype=np.int64)
    n = 0
    for k in range(left.shape[0]):
        if surname_levels[k] > 1 or given_levels[k] > 1:
            continue
        i, j = left[k], right[k]
        one = packed[i, surname] >= 0 and packed[i, surname] == packed[j, given]
        two = packed[i, given] >= 0 and packed[i, given] == packed[j, surname]
        if one or two:
            out[n] = k
            n += 1
    return out[:n]


@kernel
def shared_marks(
    offsets: Places, items: Codes, marks: Codes, left: Rows, right: Rows
) -> npt.NDArray[np.int32]:
    """Return the greatest of `marks` (one an item) that both records of a pair hold; else 0."""
    out = np.zeros(left.shape[0], dtype=np.int32)
    for k in range(left.shape[0]):
        x, x_end = offsets[left[k]], offsets[left[k] + 1]
        y, y_end = offsets[right[k]], offsets[right[k] + 1]
        while x < x_end and y < y_end:
            if items[x] == items[y]:
                out[k] = max(out[k], marks[items[x]])
                x += 1
                y += 1
            elif items[x] < items[y]:
                x += 1
            else:
                y += 1
    return out


@kernel
def is_near_number(a: int, b: int) -> bool:
    """Tell whether two numbers differ by one digit, or by two neighbors in the other order."""
    n_wrong, last = 0, 0
    first_pair = 0
    at = 0
    if a == b:
        return True
    # One digit off is d * 10**k apart, two neighbors swapped 9 * d * 10**k: nearly all others end
    # here after a division or two.
    apart = abs(a - b)
    while apart % 10 == 0:
        apart //= 10
    if apart > 9 and (apart > 81 or apart % 9 != 0):
        return False
    while a > 0 or b > 0:
        da, db = a % 10, b % 10
        if da != db:
            n_wrong += 1
            if n_wrong == 1:
                last, first_pair = at, da * 10 + db
            elif at != last + 1 or db * 10 + da != first_pair:
                return False  # a third one is never next to the first
        a //= 10
        b //= 10
        at += 1
    return True


@kernel
def pack_sets(
    packed: npt.NDArray[np.int32], first: int, offsets: Places, items: Codes, numbers: Places
) -> None:
    """Write what `channel_levels` reads of records with one item into `packed`, from `first` on.

    That is the item (-1 for none, -2 for several), and the lower and upper half of its number.
    """
    for i in range(packed.shape[0]):
        at, size = offsets[i], offsets[i + 1] - offsets[i]
        packed[i, first] = items[at] if size == 1 else (NOT_OBSERVED if size == 0 else SEVERAL)
        if size == 1:
            number = numbers[items[at]]
            packed[i, first + 1] = number & 0x7FFFFFFF
            packed[i, first + 2] = number >> 31


@kernel
def channel_levels(
    packed: npt.NDArray[np.int32],
    first: int,
    offsets: Places,
    items: Codes,
    n_holders: Codes,
    numbers: Places,
    left: Rows,
    right: Rows,
    crowd: int,
    tail: int,
) -> Levels:
    """Grade pairs of sets of numbers or addresses; `items` ascend inside each record.

    3 an item is shared that at most `crowd` records hold; 2 one that more hold; 1 a number of one
    is a slip, or the local end, of one of the other's; 0 nothing of that; -1 a side has none.
    `numbers` (int64) are the items' digits, 0 for none; one below `tail` (a power of ten) is local.
    With a `tail` of 0 they are no digits: equal ones are near.

    Nearly all records hold one item at most: `packed` has it from column `first` on, as `pack_sets`
    has written it.
    """
    out = np.empty(left.shape[0], dtype=np.int8)
    for k in range(left.shape[0]):
        i, j = left[k], right[k]
        a, b = packed[i, first], packed[j, first]
        if a == NOT_OBSERVED or b == NOT_OBSERVED:
            out[k] = NOT_OBSERVED
        elif a < 0 or b < 0:
            out[k] = _level_of_sets(offsets, items, n_holders, numbers, i, j, crowd, tail)
        elif a == b:
            out[k] = 3 if n_holders[a] <= crowd else 2
        else:
            x, y = _whole(packed, i, first + 1), _whole(packed, j, first + 1)
            out[k] = 1 if _is_near(x, y, tail) else 0
    return out


@kernel
def _whole(packed: npt.NDArray[np.int32], row: int, at: int) -> int:
    """Return the number below 2**62 whose lower and upper 31 bits stand at `at` and after it."""
    return (int(packed[row, at + 1]) << 31) | int(packed[row, at])


@kernel
def _level_of_sets(
    offsets: Places,
    items: Codes,
    n_holders: Codes,
    numbers: Places,
    i: int,
    j: int,
    crowd: int,
    tail: int,
) -> int:
    x, x1 = offsets[i], offsets[i + 1]
    y, y1 = offsets[j], offsets[j + 1]
    # Cards with hundreds of numbers exist; the first eight tell enough of what is near.
    x0, y0, x_end, y_end = x, y, min(x1, x + 8), min(y1, y + 8)
    level = 0
    while x < x1 and y < y1:
        if items[x] == items[y]:
            level = max(level, 3 if n_holders[items[x]] <= crowd else 2)
            x += 1
            y += 1
        elif items[x] < items[y]:
            x += 1
        else:
            y += 1
    if level == 0 and _has_near(items, x0, x_end, y0, y_end, numbers, tail):
        level = 1
    return level


@kernel
def _has_near(items: Codes, x0: int, x1: int, y0: int, y1: int, numbers: Places, tail: int) -> bool:
    """Tell whether one of the items x0 to x1 is near one of y0 to y1."""
    for x in range(x0, x1):
        for y in range(y0, y1):
            if _is_near(numbers[items[x]], numbers[items[y]], tail):
                return True
    return False


@kernel
def _is_near(a: int, b: int, tail: int) -> bool:
    if a == 0 or b == 0:
        return False
    if tail == 0:
        return a == b
    if a < tail or b < tail:
        return a % tail == b % tail
    return is_near_number(a, b)


DATE_DIFFERENT, DATE_PARTLY, DATE_NEAR, DATE_SWAPPED, DATE_SAME = 0, 1, 2, 3, 4


@kernel
def settle_dates(levels: Levels, places: Places, a: Codes, b: Codes) -> None:
    """Write the levels of open pairs of dates written as yyyymmdd; a part that is not known is 0.

    4 the same day; 3 day and month swapped; 2 one digit off, two neighboring digits swapped or
    one part off by one; 1 two of the parts the same; 0 different. Where a part is missing on
    either side, the rest decides: the same is a 2.
    """
    for e in range(places.shape[0]):
        x, y, k = a[e], b[e], places[e]
        xy, xm, xd = x // 10000, x // 100 % 100, x % 100
        yy, ym, yd = y // 10000, y // 100 % 100, y % 100
        n_same = int(xy == yy) + int(xm == ym) + int(xd == yd)
        n_known = int(xy > 0 and yy > 0) + int(xm > 0 and ym > 0) + int(xd > 0 and yd > 0)
        n_equal = int(xy == yy > 0) + int(xm == ym > 0) + int(xd == yd > 0)
        if n_known < 3:
            levels[k] = DATE_NEAR if n_known == n_equal and n_known > 0 else DATE_DIFFERENT
        elif xy == yy and xm == yd and xd == ym:
            levels[k] = DATE_SWAPPED
        elif is_near_number(x, y):
            levels[k] = DATE_NEAR
        elif n_same == 2:
            off = abs(xy - yy) + abs(xm - ym) + abs(xd - yd)
            levels[k] = DATE_NEAR if off == 1 else DATE_PARTLY
        else:
            levels[k] = DATE_DIFFERENT


@kernel
def context_numbers(levels: npt.NDArray[np.int8], at: Codes, lowest: Codes) -> Levels:
    """Return each pair's context: 1 + the first of `at` whose level is at least `lowest`, or 0."""
    out = np.zeros(levels.shape[1], dtype=np.int8)
    for x in range(at.shape[0] - 1, -1, -1):
        for k in range(levels.shape[1]):
            if levels[at[x], k] >= lowest[x]:
                out[k] = x + 1
    return out


@kernel
def level_weight_sums(
    levels: npt.NDArray[np.int8], contexts: Levels, tables: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Sum each pair's weights, and those below 0 by themselves (the evidence against).

    `tables` is float32 (contexts, comparisons, levels), in bits.
    """
    total = np.zeros(levels.shape[1], dtype=np.float32)
    against = np.zeros(levels.shape[1], dtype=np.float32)
    for c in range(levels.shape[0]):
        for k in range(levels.shape[1]):
            if levels[c, k] >= 0:
                bits = tables[contexts[k], c, levels[c, k]]
                total[k] += bits
                if bits < 0:
                    against[k] += bits
    return total, against


@kernel
def value_weights(
    levels: Levels,
    contexts: Levels,
    codes: Codes,
    bits: npt.NDArray[np.float32],
    lowest: int,
    left: Rows,
    right: Rows,
) -> npt.NDArray[np.float32]:
    """Return the term frequency adjustment of pairs of strangers at level `lowest` or above.

    Of two spellings of one value the commoner counts: it has the smaller bits.
    """
    out = np.zeros(levels.shape[0], dtype=np.float32)
    for k in range(levels.shape[0]):
        if levels[k] >= lowest and contexts[k] == 0:
            a, b = codes[left[k]], codes[right[k]]
            if a >= 0 and b >= 0:
                out[k] = min(bits[a], bits[b])
    return out

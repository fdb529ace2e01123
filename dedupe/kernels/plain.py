"""Phones that are nothing but one number of the ordinary shape, told by their bytes.

Inputs: the bytes and offsets (int64, n + 1) of an Arrow string column. `plain_numbers` returns
for each string its digits as one number (int64), calling code first, or NOTHING where it is of
another shape, which a slower reader then looks at. `written` turns such numbers into text;
`are_respelt` compares a string with the number that was read in it.
The shapes are those of `dedupe.normalize.phones.home_national` (ten digits behind +7, 7, 8 or
nothing) and, behind a plus, eleven to thirteen digits of another country; signs between the
digits count for nothing. Not plain is what looks like a date, and a number with a long row of
equal or of counted digits: somebody filled a form with it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Int = int | np.int64

NOTHING = 0
_HOME_CODE, _HOME_DIGITS = 7, 10
_TEN_DIGITS = 10**_HOME_DIGITS
_FOREIGN_MIN, _FOREIGN_MAX = 11, 13
_ROW, _HOME_COUNT = 7, 9  # so many equal or counted digits make a filler
_SPACE, _OPEN, _CLOSE, _PLUS, _COMMA, _DASH, _DOT = 32, 40, 41, 43, 44, 45, 46
_GAPS_MAX = 5  # a number in more pieces before a remark may be read as several
_REMARK_BYTES_MAX = 250
_RESPELT_MAX = 16  # digits


@kernel
def _is_digit(c: Int) -> bool:
    return bool(48 <= c <= 57)


@kernel
def _sign_width(flat: Bytes, at: Int, end: Int) -> int:
    """Return the bytes of a sign that may stand between digits, 0 if there is none."""
    c = flat[at]
    if c in (_SPACE, _DASH, _OPEN, _CLOSE):
        return 1
    if c == 0xC2 and at + 1 < end and flat[at + 1] == 0xA0:
        return 2  # a no-break space
    if c == 0xE2 and at + 2 < end and flat[at + 1] == 0x80:
        d = flat[at + 2]
        return 3 if d in (0x90, 0x91, 0x93, 0x94) else 0  # dashes
    return 0


@kernel
def _is_date(flat: Bytes, begin: Int, dash: Int, end: Int) -> bool:
    """Tell whether the dash at `dash` is the first of a date such as 2019-12-31."""
    if dash - begin < 4 or end - dash < 6 or flat[dash + 3] != _DASH:
        return False
    century = (np.int64(flat[dash - 4]) - 48) * 10 + np.int64(flat[dash - 3]) - 48
    n_digits = 0
    for at in (dash - 2, dash - 1, dash + 2, dash + 5):
        n_digits += _is_digit(flat[at])
    is_month, is_day = 48 <= flat[dash + 1] <= 49, 48 <= flat[dash + 4] <= 51
    return bool(19 <= century <= 20 and n_digits == 4 and is_month and is_day)


@kernel
def _is_remark(flat: Bytes, at: Int, end: Int) -> bool:
    """Tell whether nothing but words is left: letters, and signs that mean nothing beside them."""
    while at < end:
        c = flat[at]
        if c in (0xD0, 0xD1):
            at += 1  # a Cyrillic letter
        elif not (97 <= c | 32 <= 122 or c in (_DOT, _COMMA) or _sign_width(flat, at, at + 1)):
            return False
        at += 1
    return True


@kernel
def _has_row(number: Int, n: int, row: int, count: int) -> bool:
    """Tell whether the last `n` digits hold `row` equal ones or `count` that go up or down."""
    n_same, n_up, n_down = 0, 0, 0
    last: Int = -10
    for _ in range(n):
        digit = number % 10
        number //= 10
        n_same = n_same + 1 if digit == last else 1
        n_up = n_up + 1 if digit == last + 1 or digit + 9 == last else 1  # 0 follows 9
        n_down = n_down + 1 if digit == last - 1 or digit - 9 == last else 1
        last = digit
        if n_same >= row or n_up >= count or n_down >= count:
            return True
    return False


@kernel
def _meant(number: Int, n: int, has_plus: bool, is_date: bool) -> Int:
    """Return the number that `n` digits mean, calling code first, or NOTHING."""
    if n < _HOME_DIGITS:
        return NOTHING
    first = number // 10 ** (n - 1)
    is_home = n == _HOME_DIGITS and not has_plus
    is_prefixed = first == _HOME_CODE or (first == 8 and not has_plus)
    is_home |= n == _HOME_DIGITS + 1 and is_prefixed
    if is_home:
        national = number % _TEN_DIGITS
        is_filler = _has_row(national, _HOME_DIGITS, _ROW, _HOME_COUNT)
        return NOTHING if is_filler else _HOME_CODE * _TEN_DIGITS + national
    # Not +7 and not +8, which may be a slip; nor a number of no country's.
    is_foreign = has_plus and n >= _FOREIGN_MIN and not 7 <= first <= 8 and first > 0
    if not is_foreign or is_date or _has_row(number, n, _ROW, _ROW):
        return NOTHING
    return number


@kernel
def _number(flat: Bytes, begin: Int, end: Int, may_remark: bool) -> Int:
    """Return the number that a string is, calling code first, or NOTHING."""
    number, n, n_gaps = np.int64(0), 0, 0
    has_plus, is_date, is_tidy = False, False, True
    at: Int = begin
    last_digit: Int = begin
    while at < end:
        c = flat[at]
        width = 1
        if _is_digit(c):
            if n == _FOREIGN_MAX:
                return NOTHING
            n_gaps += int(n > 0 and last_digit + 1 < at)
            number = number * 10 + np.int64(c) - 48
            n += 1
            last_digit = at
        elif c == _PLUS:
            if has_plus or n > 0:
                return NOTHING
            has_plus = True
        else:
            width = _sign_width(flat, at, end)
            if width == 0:
                break
            is_tidy &= width == 1 and not (at > begin and flat[at - 1] == _SPACE and c != _OPEN)
            is_date |= c == _DASH and _is_date(flat, begin, at, end)
        at += width
    if at < end:
        is_apart = at > begin and (flat[at - 1] == _SPACE or flat[at - 1] == _OPEN)
        is_whole = n == _HOME_DIGITS + 1 and n_gaps <= _GAPS_MAX and is_tidy and not is_date
        is_short = end - begin <= _REMARK_BYTES_MAX
        if not (may_remark and is_apart and is_whole and is_short and _is_remark(flat, at, end)):
            return NOTHING
        if number // _TEN_DIGITS != _HOME_CODE and number // _TEN_DIGITS != 8:
            return NOTHING
    return _meant(number, n, has_plus, is_date)


@kernel
def plain_numbers(flat: Bytes, offsets: Index, may_remark: bool) -> Index:
    """Return the number of each string, calling code first, NOTHING where it is not plain.

    With `may_remark` words may stand behind a home number with its prefix: "8916... Ivan".
    """
    n = offsets.shape[0] - 1
    numbers = np.empty(n, dtype=np.int64)
    for row in range(n):
        numbers[row] = _number(flat, offsets[row], offsets[row + 1], may_remark)
    return numbers


@kernel
def _respelt_digits(flat: Bytes, begin: Int, end: Int, out: Bytes) -> int:
    """Write the digits of a string to `out`; return their number, -1 where other signs stand."""
    n = 0
    has_plus = False
    for at in range(begin, end):
        c = flat[at]
        if _is_digit(c):
            if n == out.shape[0]:
                return -1
            out[n] = c
            n += 1
        elif c == _PLUS:
            if has_plus or n > 0:
                return -1
            has_plus = True
        elif c not in (_SPACE, _DASH, _OPEN, _CLOSE):
            return -1
    return n


@kernel
def are_respelt(flat: Bytes, offsets: Index, values: Bytes, bounds: Index) -> Mask:
    """Tell which strings are one number and nothing else: digits, spaces, brackets and dashes.

    `values` and `bounds` (int64, n + 1) give the number of each, a plus and its digits. The
    string may have 7, 8 or nothing for the +7. Of some odd ones that are it is not told.
    """
    n = offsets.shape[0] - 1
    found, digits = np.zeros(n, dtype=np.bool_), np.empty(_RESPELT_MAX, dtype=np.uint8)
    for row in range(n):
        begin, length = bounds[row] + 1, bounds[row + 1] - bounds[row] - 1
        n_digits = _respelt_digits(flat, offsets[row], offsets[row + 1], digits)
        n_tail = n_digits
        is_home = values[begin] == 48 + _HOME_CODE
        if is_home:
            n_tail = _HOME_DIGITS
            is_prefixed = n_digits == _HOME_DIGITS + 1 and (digits[0] == 55 or digits[0] == 56)
            if length != _HOME_DIGITS + 1 or not (n_digits == _HOME_DIGITS or is_prefixed):
                continue
        elif n_digits != length:
            continue
        n_same, n_first = 0, 0
        for i in range(1, n_tail + 1):
            n_same += digits[n_digits - i] == values[begin + length - i]
            n_first += digits[n_digits - i] == digits[0]
        # Of equal digits nobody can tell which one is the prefix.
        found[row] = n_same == n_tail and n_first < n_tail
    return found


@kernel
def written(numbers: Index) -> tuple[Bytes, Index]:
    """Return the bytes and offsets of "+" and the digits of each number above 0."""
    n = numbers.shape[0]
    offsets = np.zeros(n + 1, dtype=np.int64)
    for row in range(n):
        rest, length = numbers[row], 1
        while rest > 0:
            rest //= 10
            length += 1
        offsets[row + 1] = offsets[row] + length
    flat = np.empty(offsets[n], dtype=np.uint8)
    for row in range(n):
        rest = numbers[row]
        for at in range(offsets[row + 1] - 1, offsets[row], -1):
            flat[at] = 48 + rest % 10
            rest //= 10
        flat[offsets[row]] = _PLUS
    return flat, offsets

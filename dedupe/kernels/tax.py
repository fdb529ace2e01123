"""Check digits of Russian tax and registration numbers over a column of UTF-8 strings.

Inputs: the bytes and offsets (int64, n + 1) of an Arrow string column. Outputs, one per
string: `status` and `kind` (uint8, the constants below). A string is judged when it is
10, 12, 13 or 15 ASCII digits and nothing else; any other is UNDECIDED, for the reader
that knows labels, spaces and what Excel does (`dedupe.normalize.tax_numbers`).

ИНН: each check digit is a weighted sum of the digits before it, mod 11, mod 10. ОГРН: the
number of the first 12 digits mod 11, mod 10; ОГРНИП: of the first 14 mod 13, mod 10.
A number whose first nine digits are one digit or a run (1234567894) is a PLACEHOLDER even
where its check digit holds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Int = int | np.int64
Result = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]

UNDECIDED, BAD_CHECKSUM, BAD_FIRST_DIGIT, PLACEHOLDER, VALID = 0, 1, 2, 3, 4
NO_KIND, INN_COMPANY, INN_PERSON, OGRN, OGRNIP = 0, 1, 2, 3, 4
RUN_DIGITS = 9

# For digits left to right; a check digit reads as many of the last weights as it checks digits.
_WEIGHTS = np.array([3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8], dtype=np.int64)
_N_WEIGHTS = 11


@kernel
def _kind(n: Int) -> int:
    """Return the kind of number that `n` digits make."""
    if n == 10:
        return INN_COMPANY
    if n == 12:
        return INN_PERSON
    if n == 13:
        return OGRN
    return OGRNIP if n == 15 else NO_KIND


@kernel
def _is_digits(data: Bytes, at: Int, end: Int) -> bool:
    """Tell whether all bytes are ASCII digits."""
    for i in range(at, end):  # noqa: SIM110  numba compiles no generators
        if data[i] < 48 or data[i] > 57:
            return False
    return True


@kernel
def _is_run(data: Bytes, at: Int) -> bool:
    """Tell whether the first nine digits go on by one step of 0, 1 or -1, mod 10."""
    step = (np.int64(data[at + 1]) - np.int64(data[at]) + 10) % 10
    if step != 0 and step != 1 and step != 9:
        return False
    for i in range(at + 2, at + RUN_DIGITS):
        if (np.int64(data[i]) - np.int64(data[i - 1]) + 10) % 10 != step:
            return False
    return True


@kernel
def _is_weighted(data: Bytes, at: Int, n: Int) -> bool:
    """Tell whether the digit after the first `n` is their weighted sum."""
    total = np.int64(0)
    for i in range(n):
        total += _WEIGHTS[_N_WEIGHTS - n + i] * (np.int64(data[at + i]) - 48)
    return bool(total % 11 % 10 == np.int64(data[at + n]) - 48)


@kernel
def _is_remainder(data: Bytes, at: Int, n: Int, modulus: Int) -> bool:
    """Tell whether the digit after the first `n` is the last one of their remainder."""
    number = np.int64(0)
    for i in range(n):
        number = number * 10 + (np.int64(data[at + i]) - 48)
    return bool(number % modulus % 10 == np.int64(data[at + n]) - 48)


@kernel
def _judge(data: Bytes, at: Int, kind: int) -> int:
    """Return the status of the digits of a number of `kind` that start at `at`."""
    if _is_run(data, at):
        return PLACEHOLDER
    first = data[at]
    if kind == OGRN and first == 48:
        return BAD_FIRST_DIGIT
    if kind == OGRNIP and first != 51 and first != 52:  # 3, or 4 for a later record
        return BAD_FIRST_DIGIT
    if kind == INN_COMPANY:
        holds = _is_weighted(data, at, 9)
    elif kind == INN_PERSON:
        holds = _is_weighted(data, at, 10) and _is_weighted(data, at, 11)
    elif kind == OGRN:
        holds = _is_remainder(data, at, 12, 11)
    else:
        holds = _is_remainder(data, at, 14, 13)
    return VALID if holds else BAD_CHECKSUM


@kernel
def tax_numbers(data: Bytes, offsets: Offsets) -> Result:
    """Judge each string; see the module."""
    count = offsets.shape[0] - 1
    status = np.zeros(count, dtype=np.uint8)
    kinds = np.zeros(count, dtype=np.uint8)
    for row in range(count):
        at, end = offsets[row], offsets[row + 1]
        kind = _kind(end - at)
        if kind != NO_KIND and _is_digits(data, at, end):
            kinds[row] = kind
            status[row] = _judge(data, at, kind)
    return status, kinds

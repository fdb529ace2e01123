"""libphonenumber's parse and validity as one pass over a column of UTF-8 strings.

Inputs: the bytes and offsets (int64, n + 1) of an Arrow string column, the index of the
default region, and the metadata compiled into `Tables`. Outputs, one per string:
`status` (uint8: UNDECIDED, NO_NUMBER, INVALID, VALID), `number` (int64, E.164 digits without
the plus; 0 where there is none), `region` (int16, index or -1) and `type` (int8, as
`PhoneNumberType`; 99 where not valid).

The decisions are those of `phonenumbers.parse`, `is_valid_number`, `region_code_for_number` and
`number_type`, in their order (plus, IDD, default calling code, national prefix, length test). What
the kernel does not know it leaves UNDECIDED for the library: letters after the first digit,
extension marks, more than one plus, unusual punctuation, prefixes with transformations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Nodes = npt.NDArray[np.uint32]
Facts = npt.NDArray[np.int64]
Digits = npt.NDArray[np.int64]
Int = int | np.int64
Result = tuple[
    npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int16], npt.NDArray[np.int8]
]

UNDECIDED, NO_NUMBER, INVALID, VALID = 0, 1, 2, 3
POSSIBLE, TOO_LONG, OTHER = 0, 1, 2
UNKNOWN_TYPE = 99
MAX_BYTES = 250  # the library refuses longer strings; it counts characters, so we leave them to it
MAX_DIGITS = 20
MAX_NSN = 17
MAX_E164 = 18  # digits that int64 holds whatever they are

# What `_start` and `_digits` may return in place of a position or a count.
NONE, UNKNOWN = -1, -2


# Columns of a node's row after the ten children.
NODE_REGION, NODE_TYPE, NODE_GENERAL = 10, 11, 12
# Columns of a region's row.
CODE, ROOT, BIT, LENGTHS, LOCAL_LENGTHS, NATIONAL, NATIONAL_END, IDD, IDD_END = range(9)
N_FACTS = 9


class Tables(NamedTuple):
    """The automaton and the facts of each region, as arrays.

    `nodes` (uint32, rows of 16, flat): ten children by digit, 0 where no pattern goes on; then
    the valid number's region plus one (0: not valid), its `PhoneNumberType`, and bit i if the i-th
    region of the calling code matches its general pattern.
    `facts` (int64, a row per region): calling code, root node, its bit of the above, possible
    lengths and local ones (bit n: n digits), and from where to where in `literals` its national
    and international prefixes stand (-1: left to the library).
    `literals` (uint8, rows of 16: length, then digits): prefixes in order of preference.
    `main_region` (int16, by calling code 0 to 999): its first region, -1 where there is none.
    Few arrays on purpose: kernels that hand a tuple of thirteen on spent six times as
    long, on counting references.
    """

    nodes: Nodes
    facts: Facts
    literals: Bytes
    main_region: npt.NDArray[np.int16]


@kernel
def _width(data: Bytes, at: Int, end: Int) -> Int:
    """Return the bytes of the punctuation mark at `at`, 0 if what stands there is none."""
    c = data[at]
    if c == 32 or c == 45 or c == 46 or c == 47 or c == 40 or c == 41 or c == 91 or c == 93:
        return 1  # space - . / ( ) [ ]
    if c == 0xC2 and at + 1 < end and (data[at + 1] == 0xA0 or data[at + 1] == 0xAD):
        return 2  # no-break space, soft hyphen
    if c == 0xE2 and at + 2 < end:
        d, e = data[at + 1], data[at + 2]
        if d == 0x80 and (e == 0x8B or 0x90 <= e <= 0x95):
            return 3  # zero-width space, hyphens and dashes
        if (d == 0x88 and e == 0x92) or (d == 0x81 and e == 0xA0):
            return 3  # minus sign, word joiner
    return 0


@kernel
def _start(data: Bytes, at: Int, end: Int) -> Int:
    """Return where the first plus or digit stands, NONE, or UNKNOWN: ask the library."""
    while at < end:
        c = data[at]
        if c == 43 or 48 <= c <= 57:
            return at
        if c < 128:
            at += 1
        elif (c == 0xD0 or c == 0xD1) and at + 1 < end:
            at += 2  # a Cyrillic letter
        else:
            width = _width(data, at, end)
            if width == 0:
                return UNKNOWN
            at += width
    return NONE


@kernel
def _digits(data: Bytes, at: Int, end: Int, out: Digits) -> tuple[Int, bool, bool]:
    """Write the digits from `at` to `out`; return their count, and whether all is bare digits.

    The count is UNKNOWN where something stands among the digits that is no punctuation.
    The last result tells whether a plus stands first.
    """
    has_plus = data[at] == 43
    if has_plus:
        at += 1
        if at < end and data[at] == 43:
            return UNKNOWN, False, True
    n, bare, ended = 0, not has_plus, False
    last_digit = at - 1
    while at < end:
        c = data[at]
        if 48 <= c <= 57:
            if ended or n == MAX_DIGITS:
                return UNKNOWN, False, has_plus
            # Two digits make a number only when nothing stands between them.
            if n > 0 and last_digit != at - 1:
                bare = False
            out[n] = np.int64(c) - 48
            n += 1
            last_digit = at
            at += 1
            continue
        width = _width(data, at, end)
        if width == 0:
            # Any other mark may only close the string: the library drops it there.
            if c == 35 or c == 95 or c >= 128 or 65 <= c <= 90 or 97 <= c <= 122:
                return UNKNOWN, False, has_plus  # #, _ or a letter
            if c == 43:
                return UNKNOWN, False, has_plus
            ended = True
            width = 1
        at += width
    return n, bare, has_plus


@kernel
def _walk(nodes: Nodes, root: Int, digits: Digits, start: Int, end: Int) -> Int:
    """Return the offset of the node of digits[start:end] below `root`, 0 if no pattern goes on."""
    at = np.uint32(root)
    for i in range(start, end):
        at = nodes[(at << np.uint32(4)) + np.uint32(digits[i])]
        if at == 0:
            return np.int64(0)
    return np.int64(at) << np.int64(4)


@kernel
def _is_general(nodes: Nodes, facts: Facts, own: Int, digits: Digits, start: Int, end: Int) -> bool:
    """Tell whether digits[start:end] match the region's general pattern."""
    node = _walk(nodes, facts[own, ROOT], digits, start, end)
    return bool(np.int64(nodes[node + NODE_GENERAL]) & facts[own, BIT])


@kernel
def _literal(literals: Bytes, first: Int, stop: Int, digits: Digits, start: Int, end: Int) -> Int:
    """Return the length of the first of the prefixes that digits[start:end] begin with, or NONE."""
    for row in range(first, stop):
        length = np.int64(literals[row, 0])
        if length > end - start:
            continue
        same = True
        for i in range(length):
            if literals[row, 1 + i] != digits[start + i]:
                same = False
                break
        if same:
            return length
    return NONE


@kernel
def _length_class(facts: Facts, own: Int, n: Int) -> Int:
    """Tell POSSIBLE, TOO_LONG or OTHER: too short, local only, between possible lengths."""
    if facts[own, LOCAL_LENGTHS] >> n & 1:
        return OTHER
    if facts[own, LENGTHS] >> n & 1:
        return POSSIBLE
    return TOO_LONG if facts[own, LENGTHS] >> n == 0 else OTHER


@kernel
def _after_national_prefix(
    nodes: Nodes, facts: Facts, literals: Bytes, own: Int, digits: Digits, start: Int, n: Int
) -> Int:
    """Return where the number starts once its national prefix is off, if it may come off."""
    first, stop = facts[own, NATIONAL], facts[own, NATIONAL_END]
    cut = _literal(literals, first, stop, digits, start, n)
    if cut == NONE:
        return start
    was_general = _is_general(nodes, facts, own, digits, start, n)
    if was_general and not _is_general(nodes, facts, own, digits, start + cut, n):
        return start
    return start + cut


@kernel
def _international(
    main_region: npt.NDArray[np.int16], digits: Digits, start: Int, n: Int
) -> tuple[Int, Int]:
    """Return the calling code at `start` and where the rest begins; code 0 if there is none."""
    if digits[start] == 0:
        return 0, start
    guess = 0
    for i in range(start, min(n, start + 3)):
        guess = guess * 10 + digits[i]
        if main_region[guess] >= 0:
            return guess, i + 1
    return 0, start


@kernel
def _n_digits(code: Int) -> Int:
    """Return the number of digits of a calling code."""
    if code < 10:
        return 1
    return 2 if code < 100 else 3


@kernel
def _home(nodes: Nodes, facts: Facts, literals: Bytes, default: Int, digits: Digits, n: Int) -> Int:
    """Return where the number starts if it has the home calling code without a plus, else NONE."""
    code = facts[default, CODE]
    size = _n_digits(code)
    if n < size:
        return NONE
    for i in range(size - 1, -1, -1):
        if digits[i] != code % 10:
            return NONE
        code //= 10
    start = _after_national_prefix(nodes, facts, literals, default, digits, size, n)
    if _length_class(facts, default, n) == TOO_LONG:
        return start
    is_better = not _is_general(nodes, facts, default, digits, 0, n) and _is_general(
        nodes, facts, default, digits, start, n
    )
    return start if is_better else NONE


@kernel
def _calling_code(
    tables: Tables, default: Int, digits: Digits, n: Int, has_plus: bool
) -> tuple[int, Int, Int]:
    """Return (verdict, calling code, start of the rest); the verdict is VALID to go on."""
    nodes, facts, literals, main_region = tables
    start: Int = 0
    is_international = has_plus
    if not has_plus:
        if facts[default, IDD] < 0:
            return UNDECIDED, 0, 0
        cut = _literal(literals, facts[default, IDD], facts[default, IDD_END], digits, 0, n)
        # No calling code begins with 0, so what stands before it was no prefix.
        if cut > 0 and not (cut < n and digits[cut] == 0):
            start, is_international = cut, True
    if is_international:
        if n - start <= 2:
            return NO_NUMBER, 0, 0
        code, start = _international(main_region, digits, start, n)
        if code == 0:
            # After a plus the library tries again without it.
            return (UNDECIDED if has_plus else NO_NUMBER), 0, 0
        return VALID, code, start
    if facts[default, NATIONAL] < 0:
        return UNDECIDED, 0, 0
    start = _home(nodes, facts, literals, default, digits, n)
    if start != NONE:
        return VALID, facts[default, CODE], start
    return VALID, 0, 0


@kernel
def _judge(
    tables: Tables, default: Int, digits: Digits, n: Int, has_plus: bool
) -> tuple[int, Int, Int]:
    """Return (status, E.164 digits as a number, offset of the node) of `n` digits."""
    verdict, code, start = _calling_code(tables, default, digits, n, has_plus)
    if verdict != VALID:
        return verdict, 0, 0
    nodes, facts, literals, main_region = tables
    own = default if code == 0 else np.int64(main_region[code])
    code = facts[own, CODE]
    if facts[own, NATIONAL] < 0:
        return UNDECIDED, 0, 0
    if n - start < 2:
        return NO_NUMBER, 0, 0
    stripped = _after_national_prefix(nodes, facts, literals, own, digits, start, n)
    if _length_class(facts, own, n - stripped) != OTHER:
        start = stripped
    if n - start < 2 or n - start > MAX_NSN:
        return NO_NUMBER, 0, 0
    if _n_digits(code) + n - start > MAX_E164:
        return UNDECIDED, 0, 0
    number = np.int64(code)
    for i in range(start, n):
        number = number * 10 + digits[i]
    node = _walk(nodes, facts[own, ROOT], digits, start, n)
    return (VALID if nodes[node + NODE_REGION] > 0 else INVALID), number, node


@kernel
def parse_numbers(data: Bytes, offsets: Offsets, default: Int, tables: Tables) -> Result:
    """Judge each string as the library does with the region `default`; see the module."""
    count = offsets.shape[0] - 1
    status = np.zeros(count, dtype=np.uint8)
    number = np.zeros(count, dtype=np.int64)
    region = np.full(count, -1, dtype=np.int16)
    kind = np.full(count, UNKNOWN_TYPE, dtype=np.int8)
    digits = np.zeros(MAX_DIGITS, dtype=np.int64)
    for row in range(count):
        begin, end = offsets[row], offsets[row + 1]
        if end - begin > MAX_BYTES:
            continue
        at = _start(data, begin, end)
        if at == UNKNOWN:
            continue
        if at == NONE:
            status[row] = NO_NUMBER
            continue
        n, is_bare, has_plus = _digits(data, at, end, digits)
        if n == UNKNOWN:
            continue
        if n < 2 or (n == 2 and not is_bare):
            status[row] = NO_NUMBER
            continue
        verdict, value, node = _judge(tables, default, digits, n, has_plus)
        status[row], number[row] = verdict, value
        if verdict == VALID:
            region[row] = np.int64(tables.nodes[node + NODE_REGION]) - 1
            kind[row] = tables.nodes[node + NODE_TYPE]
    return status, number, region, kind

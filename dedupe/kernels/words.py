"""Words of names, cut by bytes: what an ordinary name is, decided without a regex.

Inputs: the bytes and offsets (int64, n + 1) of an Arrow string column. `person_words` takes
what is surely a row of words of a person's name. A name that has anything else is left to
those who read it sign by sign: it has no words here. Letters are the Russian and the Latin
alphabet's; UTF-8 spells the Russian ones in two bytes, D0 or D1 first.
Method: a finite automaton over kinds of signs, one step a letter.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
Int = int | np.int64

MAX_WORDS = 6
MAX_BYTES = 500

OTHER, LOWER, UPPER, SPACE, DASH, DOT, OPEN, CLOSE = range(8)
# States that are no part of a word come first: between words, behind an initial's dot, in a
# remark in brackets, and lost. Then a word's: a capital, small letters, a pair of capitals, more
# of them; behind a dash, and the same in a word's later parts.
_STATES = "GIBXULPSDuls"
_GAP, _INITIAL, _REMARK, _LOST, _CAPITAL = range(5)
_RUSSIAN_HEAD = 0xD0 >> 1
_MAY_END = np.array([state not in "BXPD" for state in _STATES])
_STEPS = {  # the next state by the kind of sign, in the order of the kinds
    "G": "XLUGXXBX",
    "I": "XLUGXXBX",
    "B": "XBBBBXXG",
    "X": "XXXXXXXX",
    "U": "XLPGDIBX",
    "L": "XLXGDXBX",
    "P": "XXSXDXXX",  # a pair of capitals may be initials
    "S": "XXSGDXBX",
    "D": "XluXXXXX",
    "u": "XlsGDXBX",
    "l": "XlXGDXBX",
    "s": "XXsGDXBX",
}
_NEXT = np.array([_STATES.index(to) for state in _STATES for to in _STEPS[state]], dtype=np.uint8)


def _kinds(signs: dict[int, str]) -> Bytes:
    """Return the kind of a sign by its ASCII code, or by the low bits of its two bytes."""
    kinds = np.full(128, OTHER, dtype=np.uint8)
    for kind, each in signs.items():
        for sign in each:
            *head, tail = sign.encode()
            kinds[(head[0] & 1) << 6 | tail & 63 if head else tail] = kind
    return kinds


_ASCII = _kinds(
    {
        LOWER: ascii_lowercase,
        UPPER: ascii_uppercase,
        SPACE: " ",
        DASH: "-",
        DOT: ".",
        OPEN: "(",
        CLOSE: ")",
    }
)
_RUSSIAN = _kinds(
    {
        LOWER: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        UPPER: "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
    }
)


# What a byte is in a name whose words alone count: `_cut_name`.
_LOST_SIGN, _SIGN, _MARK, _LATIN_LETTER, _RUSSIAN_LETTER = range(5)
MAX_NAME_WORDS = 8


def _name_kinds() -> Bytes:
    kinds = np.full(128, _LOST_SIGN, dtype=np.uint8)
    signs = {_SIGN: " ()-", _MARK: '.,;:!?"/', _LATIN_LETTER: ascii_lowercase + ascii_uppercase}
    for kind, each in signs.items():
        kinds[[ord(sign) for sign in each]] = kind
    return kinds


_NAME_KINDS = _name_kinds()


@kernel
def _has_latin(flat: Bytes, begin: Int, end: Int) -> bool:
    n = 0
    for at in range(begin, end):
        n += flat[at] < 128 and LOWER <= _ASCII[flat[at]] <= UPPER
    return n > 0


@kernel
def _cut_person(flat: Bytes, begin: Int, end: Int, begins: Index, ends: Index, base: Int) -> Int:
    """Write the words of one name from `base` on; return their number, 0 for another name."""
    at, n, state = begin, 0, _GAP
    has_dot, is_loose = False, False
    while at < end:
        c, here = np.int64(flat[at]), at
        at += 1
        if c < 128:
            kind = _ASCII[c]
        elif c >> 1 == _RUSSIAN_HEAD:
            kind = _RUSSIAN[(c & 1) << 6 | flat[at] & 63]
            at += 1
        else:
            return 0
        after = _NEXT[(state << 3) + kind]
        if after == state:
            is_loose |= state == _GAP  # a space more than one
            continue
        if state >= _CAPITAL > after:
            has_dot |= after == _INITIAL
            ends[base + n] = at if after == _INITIAL else here
            n += 1
        elif state < _CAPITAL <= after:
            if n == MAX_WORDS:
                return 0
            begins[base + n] = here
        is_loose |= after == _REMARK
        state = after
    if not _MAY_END[state]:
        return 0
    if state >= _CAPITAL:
        ends[base + n] = end
        n += 1
    # A dot is a letter of the other keyboard layout, which is tried where a name was cut.
    is_loose |= state == _GAP
    return 0 if is_loose and has_dot and _has_latin(flat, begin, end) else n


@kernel
def person_words(flat: Bytes, offsets: Index) -> tuple[Index, Index, Index]:
    """Return the number of words of each name, and where all the words begin and end.

    A name is ordinary if it is up to six words of one case or with a capital, initials with a
    dot, and remarks in brackets, which give no words. A pair of capitals is no ordinary word.
    """
    n = offsets.shape[0] - 1
    counts = np.zeros(n, dtype=np.int64)
    begins = np.empty(n * MAX_WORDS, dtype=np.int64)
    ends = np.empty(n * MAX_WORDS, dtype=np.int64)
    total = np.int64(0)
    for row in range(n):
        begin, end = offsets[row], offsets[row + 1]
        if end - begin <= MAX_BYTES:
            counts[row] = _cut_person(flat, begin, end, begins, ends, total)
            total += counts[row]
    return counts, begins[:total].copy(), ends[:total].copy()


@kernel
def _name_kind(flat: Bytes, at: Int) -> tuple[int, int]:
    """Tell the kind of the sign at `at` in a name whose words alone count, and its width."""
    c = np.int64(flat[at])
    if c < 128:
        return int(_NAME_KINDS[c]), 1
    d = np.int64(flat[at + 1])
    if c >> 1 == _RUSSIAN_HEAD:
        is_letter = _RUSSIAN[(c & 1) << 6 | d & 63] != OTHER
        return (_RUSSIAN_LETTER if is_letter else _LOST_SIGN), 2
    if c == 0xC2 and (d == 0xAB or d == 0xBB):
        return _MARK, 2  # « »
    if c == 0xE2 and d == 0x80 and 0x9C <= flat[at + 2] <= 0x9E:
        return _MARK, 3  # “ ” „
    return _LOST_SIGN, 1


@kernel
def _cut_name(flat: Bytes, begin: Int, end: Int, begins: Index, ends: Index, base: Int) -> Int:
    """Write the words of one name from `base` on; return their number, 0 for another name.

    The number is negative where marks stand beside Latin words.
    """
    n, at = 0, begin
    in_word, has_latin, has_mark = False, False, False
    while at < end:
        kind, width = _name_kind(flat, at)
        if kind == _LOST_SIGN:
            return 0
        has_latin |= kind == _LATIN_LETTER
        has_mark |= kind == _MARK
        is_letter = kind >= _LATIN_LETTER
        if in_word and not is_letter:
            ends[base + n] = at
            n += 1
        elif is_letter and not in_word:
            if n == MAX_NAME_WORDS:
                return 0
            begins[base + n] = at
        in_word = is_letter
        at += width
    if in_word:
        ends[base + n] = end
        n += 1
    return -n if has_latin and has_mark else n


@kernel
def name_words(flat: Bytes, offsets: Index, may_mark: bool) -> tuple[Index, Index, Index]:
    """Return the number of words of each name, and where all the words begin and end.

    Here a name is ordinary if it is up to eight words with spaces, brackets and dashes between
    them; points and quotes as well if no letter is Latin, or with `may_mark`.
    """
    n = offsets.shape[0] - 1
    counts = np.zeros(n, dtype=np.int64)
    begins = np.empty(n * MAX_NAME_WORDS, dtype=np.int64)
    ends = np.empty(n * MAX_NAME_WORDS, dtype=np.int64)
    total = np.int64(0)
    for row in range(n):
        begin, end = offsets[row], offsets[row + 1]
        if end - begin <= MAX_BYTES:
            count = _cut_name(flat, begin, end, begins, ends, total)
            counts[row] = abs(count) if may_mark else max(count, 0)
            total += counts[row]
    return counts, begins[:total].copy(), ends[:total].copy()

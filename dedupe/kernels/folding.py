"""Words as they compare: small letters, "е" for "ё", no marks, one space between two words.

Inputs: the bytes and offsets (int64, n + 1) of an Arrow string column. Outputs: the same of the
folded texts, and which texts they are: those of Russian and Latin letters alone. The others
come out empty, for whoever knows all letters. UTF-8 spells Russian letters in two bytes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Int = int | np.int64

_SPACE, _QUOTE, _DASH = 0x20, 0x27, 0x2D
_D0, _D1 = 0xD0, 0xD1
_LOST, _GAP = 0, _SPACE


def _small_ascii() -> Bytes:
    """Return what stands for each ASCII sign: a small letter, a digit, itself or a space."""
    signs = np.full(128, _GAP, dtype=np.uint8)
    for code in range(128):
        if chr(code).isalnum() or code in (_QUOTE, _DASH):
            signs[code] = ord(chr(code).lower())
    return signs


def _small_russian() -> npt.NDArray[np.uint16]:
    """Return the two bytes of the small letter for each sign of two bytes from D0 80 on."""
    letters = np.full(128, _LOST, dtype=np.uint16)
    for letter in "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁабвгдежзийклмнопрстуфхцчшщъыьэюяё":
        head, tail = letter.encode()
        small = letter.lower().replace("ё", "е").encode()
        letters[(head & 1) << 6 | tail & 63] = small[0] << 8 | small[1]
    return letters


_ASCII, _RUSSIAN = _small_ascii(), _small_russian()


@kernel
def _is_edge(sign: Int, is_strict: bool) -> bool:
    return sign == _SPACE or (is_strict and sign in (_DASH, _QUOTE))


@kernel
def _folded(flat: Bytes, begin: Int, end: Int, out: Bytes, base: Int) -> Int:
    """Write one text from `base` on; return where it ends, -1 where a sign is not known."""
    at, to = begin, base
    while at < end:
        c = np.int64(flat[at])
        at += 1
        if c < 128:
            sign = _ASCII[c]
            if sign != _GAP or (to > base and out[to - 1] != _SPACE):
                out[to] = sign
                to += 1
            continue
        if c >> 1 != _D0 >> 1:
            return -1
        letter = np.int64(_RUSSIAN[(c & 1) << 6 | np.int64(flat[at]) & 63])
        if letter == _LOST:
            return -1
        at += 1
        out[to], out[to + 1] = letter >> 8, letter & 255
        to += 2
    return to


@kernel
def folded_words(flat: Bytes, offsets: Index, is_strict: bool) -> tuple[Bytes, Index, Mask]:
    """Return the folded texts, where they begin and end, and which texts are done.

    Letters, digits, dashes and apostrophes are left; none but a space goes from the ends, with
    `is_strict` dashes and apostrophes too.
    """
    n = offsets.shape[0] - 1
    out = np.empty(offsets[n] - offsets[0], dtype=np.uint8)
    bounds, are_done = np.zeros(n + 1, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    for row in range(n):
        base = bounds[row]
        stop = _folded(flat, offsets[row], offsets[row + 1], out, base)
        are_done[row] = stop >= 0
        stop = max(stop, base)
        while stop > base and _is_edge(out[stop - 1], is_strict):
            stop -= 1
        first = base
        while first < stop and _is_edge(out[first], is_strict):
            first += 1
        for at in range(first, stop):  # nearly always nothing goes from the beginning
            out[base + at - first] = out[at]
        bounds[row + 1] = base + stop - first
    return out[: bounds[n]].copy(), bounds, are_done

"""E-mail addresses that are ordinary ones and nothing else, told by their bytes; and their keys.

Inputs: the bytes and offsets (int64, n + 1) of an Arrow string column. `ordinary_addresses`
takes one ASCII address with no other signs than letters, digits, dots, dashes, "_" and "+";
outputs its lower-case text, and where its "@" stands. `mailboxes` writes the text that tells
mailboxes apart: the login as its provider reads it, and the provider's domain.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Int = int | np.int64

RAW_MAX, LOGIN_MIN, LOGIN_MAX = 250, 3, 64  # shorter logins are often fillers
DROPPED, ENDS = 0, 255  # in a provider's map: a sign that it ignores, and one that ends the login
_AT, _DOT, _DASH, _UNDERLINE, _PLUS, _W = 64, 46, 45, 95, 43, 119
_OTHER, _LETTER = 0, 1  # kinds of signs: a letter or a digit; the others stand for themselves


def _kinds() -> Bytes:
    kinds = np.full(256, _OTHER, dtype=np.uint8)
    for sign in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
        kinds[sign] = _LETTER
    for sign in (_AT, _DOT, _DASH, _UNDERLINE, _PLUS):
        kinds[sign] = sign
    return kinds


_KIND = _kinds()


@kernel
def _is_space(c: Int) -> bool:
    return c in (32, 9, 10, 13)


@kernel
def _lowered(flat: Bytes, begin: Int, end: Int, out: Bytes, base: Int) -> Int:
    """Write an address in lower case at `base`; return where its "@" stands in `out`, else -1.

    The signs are right where a letter or a digit begins and ends each part: the login,
    which may also end in "_", and each label of the domain, of which there are two or more.
    """
    n_dots = 0
    at: Int = -1
    last: Int = _DOT
    for i in range(begin, end):
        c, here = np.int64(flat[i]), base + i - begin
        kind = np.int64(_KIND[c])
        if kind == _LETTER:
            out[here] = c | 32  # digits have this bit
            last = kind
            continue
        out[here] = c
        is_edge = last == _LETTER or (last == _UNDERLINE and kind == _AT and at < 0)
        if at >= 0:
            # A dot behind a letter, or a dash inside a label.
            if kind == _DOT and last == _LETTER:
                n_dots += 1
            elif not (kind == _DASH and last in (_LETTER, _DASH)):
                return -1
        elif kind == _AT:
            if not is_edge:
                return -1
            at = here
        elif kind == _OTHER or here == base or (kind == _DOT and last == _DOT):
            return -1
        last = _DOT if kind == _AT else kind
    return at if n_dots > 0 and last == _LETTER else -1


@kernel
def _is_odd(text: Bytes, begin: Int, at: Int, end: Int) -> bool:
    """Tell whether an address is to be looked at: a short, long or repeated login, "www."."""
    length, n_same, n_shared, n_www = at - begin, 0, 0, 0
    for i in range(begin, at):
        n_same += text[i] == text[begin]
        n_shared += int(at + 1 + i - begin < end and text[i] == text[at + 1 + i - begin])
    is_in_domain = n_shared == length and end - at - 1 > length and text[at + 1 + length] == _DOT
    for i in range(begin, end - 3):
        is_three = text[i] == _W and text[i + 1] == _W and text[i + 2] == _W
        n_www += is_three and text[i + 3] == _DOT
    is_usual = LOGIN_MIN <= length <= LOGIN_MAX and n_same < length
    return bool(not is_usual or is_in_domain or n_www > 0)


@kernel
def ordinary_addresses(flat: Bytes, offsets: Index) -> tuple[Mask, Bytes, Index, Index]:
    """Tell which strings are one ordinary address; return these addresses' text and "@"s.

    The text of the address comes with n + 1 offsets; spaces around it are not part of it.
    """
    n = offsets.shape[0] - 1
    is_ordinary = np.zeros(n, dtype=np.bool_)
    out = np.empty(offsets[n] - offsets[0], dtype=np.uint8)
    bounds, ats = np.zeros(n + 1, dtype=np.int64), np.empty(n, dtype=np.int64)
    found = 0
    for row in range(n):
        begin, end = offsets[row], offsets[row + 1]
        if end - begin > RAW_MAX:
            continue
        while begin < end and _is_space(flat[begin]):
            begin += 1
        while begin < end and _is_space(flat[end - 1]):
            end -= 1
        base = bounds[found]
        at = _lowered(flat, begin, end, out, base)
        if at >= 0 and not _is_odd(out, base, at, base + end - begin):
            is_ordinary[row] = True
            ats[found], bounds[found + 1] = at, base + end - begin
            found += 1
    return is_ordinary, out[: bounds[found]].copy(), bounds[: found + 1].copy(), ats[:found].copy()


@kernel
def mailboxes(
    text: Bytes,
    begins: Index,
    ats: Index,
    hosts: Index,
    maps: Bytes,
    kinds: Bytes,
    names: Bytes,
    bounds: Index,
) -> tuple[Bytes, Index]:
    """Return the bytes and offsets of the mailbox of each address that begins at `begins`.

    `hosts` tells the host of each: the row kinds[host] of `maps` (uint8, 256 columns), by which
    logins are read there, sign by sign, and the name names[bounds[host] : bounds[host + 1]].
    """
    n = begins.shape[0]
    offsets = np.zeros(n + 1, dtype=np.int64)
    for row in range(n):
        length = bounds[hosts[row] + 1] - bounds[hosts[row]]
        offsets[row + 1] = offsets[row] + ats[row] - begins[row] + 1 + length
    out = np.empty(offsets[n], dtype=np.uint8)
    to = np.int64(0)
    for row in range(n):
        host = hosts[row]
        kind = kinds[host]
        for i in range(begins[row], ats[row]):
            sign = maps[kind, text[i]]
            if sign == ENDS:
                break
            if sign != DROPPED:
                out[to] = sign
                to += 1
        out[to] = _AT
        to += 1
        for i in range(bounds[host], bounds[host + 1]):
            out[to] = names[i]
            to += 1
        offsets[row + 1] = to
    return out[:to].copy(), offsets

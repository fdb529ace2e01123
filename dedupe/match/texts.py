"""A column of strings as a table of character codes that the string kernels read.

Characters are code points, numbered from 1 by how often they occur; as many bytes hold a number
as the column's alphabet needs, one in nearly all. So measures are exact in any script.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.strings import (
    Codes,
    TextArrays,
    occurrence_counts,
    signatures,
)

MAX_LENGTH = 256  # a cell of 10 MB is compared by how it starts; no name or address is longer
ROWS = 1 << 20  # decoded at a time, which bounds the memory
CODE_POINTS = 0x110000
# Bits of a signature that stand for one character alone; the rest are shared by what is left.
# Measured on Russian and Latin names: 32 settle fewer pairs of long texts, 56 no more than 48.
OWN_BITS, ALL_BITS = 48, 64

Points = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A table of texts: `TextArrays` says what its arrays hold."""

    codes: Codes
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    signatures: npt.NDArray[np.uint64]
    heads: npt.NDArray[np.uint32]
    n_codes: int
    longest: int

    @property
    def arrays(self) -> TextArrays:
        """Return the table as kernels take it."""
        return TextArrays(
            self.codes,
            self.offsets,
            self.lengths,
            self.signatures,
            self.heads,
            self.n_codes,
            self.longest,
        )


def build_texts(values: pl.Series, *, max_length: int = MAX_LENGTH) -> Texts:
    """Return the table of the strings of `values`, in their order; a null is an empty text.

    Of a longer string the first `max_length` characters are compared, the rest is not seen.
    """
    strings = values.cast(pl.String).fill_null("").str.slice(0, max_length)
    lengths = np.array(strings.str.len_chars(), dtype=np.int32)
    offsets = np.zeros(len(strings) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    numbers = _numbers(strings)
    codes = np.zeros(offsets[-1] + 1, dtype=numbers.dtype)
    at = 0
    for points in _points(strings):
        codes[at : at + len(points)] = numbers[points]
        at += len(points)
    n_codes = int(numbers.max(initial=0)) + 1
    counts = occurrence_counts(codes, offsets, n_codes)
    return Texts(
        codes=codes,
        offsets=offsets,
        lengths=lengths,
        signatures=signatures(codes, offsets, _signature_bits(counts, len(strings))),
        heads=_heads(codes, offsets[:-1], lengths),
        n_codes=n_codes,
        longest=int(lengths.max(initial=0)),
    )


def _points(strings: pl.Series) -> Iterator[Points]:
    """Yield the code points of all strings, joined, some rows at a time."""
    for start in range(0, len(strings), ROWS):
        array = strings.slice(start, ROWS).to_arrow(compat_level=pl.CompatLevel.oldest())
        _, bounds, utf8 = array.buffers()
        window = np.frombuffer(bounds, dtype=np.int64)[array.offset :]
        text = str(memoryview(utf8 or b"")[window[0] : window[len(array)]], "utf-8")
        yield np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def _numbers(strings: pl.Series) -> Codes:
    """Return the number of each code point: 1 for the most frequent one, 0 for what is absent."""
    counts = np.zeros(CODE_POINTS, dtype=np.int64)
    for points in _points(strings):
        found = np.bincount(points)
        counts[: len(found)] += found
    present = np.flatnonzero(counts)
    order = present[np.argsort(-counts[present], kind="stable")]
    # Two widths and no more: kernels are compiled for each, which takes seconds.
    numbers: Codes = np.zeros(CODE_POINTS, dtype=np.uint32)
    if len(order) < 256:
        numbers = numbers.astype(np.uint8)
    numbers[order] = np.arange(1, len(order) + 1)
    return numbers


def _signature_bits(counts: Counts, n_texts: int) -> npt.NDArray[np.uint64]:
    """Give the bits to the occurrences that tell texts apart best: those that half of them have.

    Characters without a bit of their own share what is left, once each.
    """
    share = counts / max(n_texts, 1)
    gain = (share * (1 - share)).ravel()
    best = np.argsort(-gain, kind="stable")[:OWN_BITS]
    best = best[gain[best] > 0]
    bits = np.zeros(counts.shape, dtype=np.uint64)
    bits.flat[best] = np.uint64(1) << np.arange(len(best), dtype=np.uint64)
    rest = np.flatnonzero((bits == 0).all(axis=1))
    place = len(best) + np.arange(len(rest)) % (ALL_BITS - len(best))
    bits[rest, 0] = np.uint64(1) << place.astype(np.uint64)
    return bits


def _heads(codes: Codes, starts: Counts, lengths: npt.NDArray[np.int32]) -> npt.NDArray[np.uint32]:
    """Pack the low bytes of the first four codes of each text, the first one lowest."""
    heads = np.zeros(len(starts), dtype=np.uint32)
    for at in range(4):
        has = np.flatnonzero(lengths > at)
        low_bytes = codes[starts[has] + at].astype(np.uint8)
        heads[has] |= low_bytes.astype(np.uint32) << np.uint32(8 * at)
    return heads

"""Columns of strings as the bytes and offsets that kernels read, and back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dedupe.kernels.slices import distinct_slices, found_slices

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
_STRETCH = 250_000


def arrow_buffers(text: pl.Series) -> tuple[Bytes, Index]:
    """Return the UTF-8 bytes and the n + 1 offsets of a string column without nulls."""
    array = text.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    window = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    if data is None:
        return np.zeros(0, dtype=np.uint8), window
    return np.frombuffer(data, dtype=np.uint8), window


def slices(texts: pl.Series) -> Iterator[pl.Series]:
    """Yield a column in stretches, which bound what kernels take beside it; at least one."""
    for start in range(0, max(1, len(texts)), _STRETCH):
        yield texts.slice(start, _STRETCH)


def from_buffers(flat: Bytes, offsets: Index) -> pl.Series:
    """Return the string column of UTF-8 bytes and n + 1 offsets."""
    n = len(offsets) - 1
    array = pa.LargeStringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(flat))
    return pl.Series(array, dtype=pl.String)


def slice_texts(flat: Bytes, begins: Index, ends: Index) -> list[str]:
    """Return the texts of some slices of UTF-8 bytes."""
    data = flat.tobytes()
    bounds = zip(begins.tolist(), ends.tolist(), strict=True)
    return [data[begin:end].decode() for begin, end in bounds]


def slice_column(flat: Bytes, begins: Index, ends: Index) -> pl.Series:
    """Return some slices of UTF-8 bytes as a column."""
    lengths = ends - begins
    offsets = np.append(0, np.cumsum(lengths))
    places = np.repeat(begins - offsets[:-1], lengths) + np.arange(offsets[-1])
    return from_buffers(flat[places], offsets)


def distinct_texts(texts: pl.Series) -> tuple[Index, pl.Series]:
    """Return the number of each text among the distinct ones, and these as they first stand.

    The column has no nulls.
    """
    flat, offsets = arrow_buffers(texts)
    labels, firsts = distinct_slices(flat, offsets[:-1], offsets[1:])
    return labels, texts.gather(firsts)


def found_texts(texts: pl.Series, asked: pl.Series) -> Index:
    """Return the first row of `texts` that each text of `asked` stands in, -1 for none.

    The columns have no nulls.
    """
    flat, offsets = arrow_buffers(texts)
    other, bounds = arrow_buffers(asked)
    return found_slices(flat, offsets[:-1], offsets[1:], other, bounds[:-1], bounds[1:])

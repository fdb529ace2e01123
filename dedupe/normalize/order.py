"""The order of a frame's rows by some columns, as `polars.DataFrame.sort` has it.

Ids are short texts with much in common, on which a radix sort is several times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dedupe.kernels.order import PACKED_BYTES, ordered, packed

from .buffers import Index, arrow_buffers

_LONGEST = 64  # bytes of a text from which on sorting by comparison is better


def row_order(frame: pl.DataFrame, by: Sequence[str]) -> Index:
    """Return the rows of `frame` sorted by text and whole-number columns, nulls first, stable."""
    longest = [frame[name].str.len_bytes().max() for name in by if frame[name].dtype == pl.String]
    if any(isinstance(each, int) and each > _LONGEST for each in longest):
        sorted_rows = frame.select(pl.arg_sort_by(by, maintain_order=True)).to_series()
        return sorted_rows.cast(pl.Int64).to_numpy()
    order = np.arange(frame.height)
    for name in reversed(by):
        column = frame[name]
        order = _by_text(order, column) if column.dtype == pl.String else _by_number(order, column)
        if column.null_count():
            order = ordered(order, column.is_not_null().cast(pl.UInt64).to_numpy())
    return order


def _by_text(order: Index, column: pl.Series) -> Index:
    flat, offsets = arrow_buffers(column.fill_null(""))
    lengths = np.diff(offsets)
    order = ordered(order, lengths.astype(np.uint64))
    for skipped in reversed(range(0, int(lengths.max(initial=0)), PACKED_BYTES)):
        order = ordered(order, packed(flat, offsets, skipped))
    return order


def _by_number(order: Index, column: pl.Series) -> Index:
    numbers = column.cast(pl.Int64).fill_null(0).to_numpy()
    return ordered(order, (numbers - numbers.min(initial=0)).astype(np.uint64))

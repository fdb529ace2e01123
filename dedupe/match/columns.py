"""Records as coded columns: what blocking and comparing read.

Every distinct text gets a number, so that equal is a comparison of integers and a measure of
strings runs on what differs only. Codes number the texts in their own order, so nothing
depends on the order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from .comparisons import Comparison

Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """Sets of small integers, ascending, as offsets and items."""

    offsets: Places
    items: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of n records.

    `codes` (int32, n) number the values, -1 where there is none; `values` are the distinct texts.
    `variants` are, by value, the numbers of what it may stand for: values that share one are
    spellings of one thing (short names, transliterations). A channel has `sets`, a set of
    values by record, in place of codes; `n_holders` counts the records of each value.
    """

    comparison: Comparison
    values: pl.Series
    measured: pl.Series
    codes: Codes
    n_holders: Codes
    variants: Sets | None = None
    sets: Sets | None = None
    is_owned: npt.NDArray[np.bool_] | None = None
    shares: npt.NDArray[np.float64] | None = None

    @property
    def name(self) -> str:
        """Return the column's name."""
        return self.comparison.name

    def take(self, rows: Places) -> Column:
        """Return the column of some records; what is told of values stays as it is."""
        if self.sets is None:
            return replace(self, codes=self.codes[rows])
        starts, sizes = self.sets.offsets[rows], np.diff(self.sets.offsets)[rows]
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(sizes, out=offsets[1:])
        at = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)
        sets = Sets(offsets=offsets, items=self.sets.items[at])
        return replace(self, codes=self.codes[rows], sets=sets)

    @property
    def n_observed(self) -> int:
        """Count the records that have a value."""
        if self.sets is not None:
            return int(np.count_nonzero(np.diff(self.sets.offsets)))
        return int(np.count_nonzero(self.codes >= 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of one entity as columns; `ids` in id order.

    Where two tables are linked, rows below `side_end` are the left one's; else it is 0. `tax_ok`
    tells the records whose tax number has a right checksum: two such that differ never match.
    """

    entity: str
    ids: pl.Series
    columns: tuple[Column, ...]
    side_end: int = 0
    tax_ok: npt.NDArray[np.bool_] | None = None

    @property
    def n(self) -> int:
        """Count the records."""
        return len(self.ids)

    @property
    def n_pairs(self) -> int:
        """Count all pairs that could be compared."""
        if self.side_end:
            return self.side_end * (self.n - self.side_end)
        return self.n * (self.n - 1) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """Texts as numbers: `codes` (int32, -1 for null) into `values`, the distinct texts."""

    codes: Codes
    values: pl.Series


def coded(texts: pl.Series) -> Coded:
    """Give each distinct text of a column a number, by first appearance."""
    array = texts.cast(pl.String).rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    encoded = pa.array(array).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = pl.Series(pl.from_arrow(encoded.dictionary)).cast(pl.String)
    return Coded(codes=np.ascontiguousarray(codes, dtype=np.int32), values=values)


def coded_together(first: pl.Series, second: pl.Series) -> tuple[Coded, Coded]:
    """Give two columns' texts common numbers, so that they can be compared crosswise."""
    both = coded(pl.concat([first, second.alias(first.name)]))
    at = len(first)
    return (
        Coded(codes=both.codes[:at].copy(), values=both.values),
        Coded(codes=both.codes[at:].copy(), values=both.values),
    )


def text_column(
    comparison: Comparison,
    texts: pl.Series | Coded,
    keys: pl.Series | None = None,
    sounds: pl.Series | None = None,
) -> Column:
    """Code a column of texts; `keys` (a text, alternatives joined by "|") group its spellings.

    `sounds` are what likeness is measured on where values differ: the text itself by default.
    Both are by record; equal texts have equal ones.
    """
    told = texts if isinstance(texts, Coded) else coded(texts)
    codes, values = told.codes, told.values
    n_holders = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int32)
    first = _first_rows(codes, len(values))
    return Column(
        comparison=comparison,
        values=values,
        measured=values if sounds is None else _by_value(first, sounds, values),
        codes=codes,
        n_holders=n_holders,
        variants=None if keys is None else _variants(first, keys),
    )


def number_column(comparison: Comparison, numbers: pl.Series) -> Column:
    """Take a column of int32 (a date as yyyymmdd, a code) as it is."""
    codes = np.ascontiguousarray(numbers.cast(pl.Int32).fill_null(-1).to_numpy())
    return Column(
        comparison=comparison,
        values=pl.Series(dtype=pl.String),
        measured=pl.Series(dtype=pl.String),
        codes=codes,
        n_holders=np.empty(0, dtype=np.int32),
    )


def channel_column(
    comparison: Comparison,
    rows: pl.Series,
    texts: pl.Series,
    n: int,
    lines: pl.Series | None = None,
) -> Column:
    """Code sets of values: record `rows[i]` of `n` holds `texts[i]`; repeats count once.

    A record's first value in the order given is its main one, and its code. `lines` are the texts
    that are a place's, not a person's.
    """
    told = coded(texts)
    values = told.values
    numbers = rows.cast(pl.Int64).to_numpy()
    order, offsets = _by_row(numbers, told.codes, n)
    items = told.codes[order]
    main = np.full(n, -1, dtype=np.int32)
    main[numbers[::-1]] = told.codes[::-1]
    n_holders = np.bincount(items, minlength=len(values)).astype(np.int32)
    return Column(
        comparison=comparison,
        values=values,
        measured=values,
        codes=main,
        n_holders=n_holders,
        sets=Sets(offsets=offsets, items=items),
        is_owned=None if lines is None else (~values.is_in(lines.implode())).to_numpy(),
    )


def _by_row(rows: Places, items: Codes, n: int) -> tuple[Places, Places]:
    """Order (row, item) pairs by both, each once: their places, and the offsets of rows."""
    keys = rows * (int(items.max(initial=0)) + 1) + items
    _, order = np.unique(keys, return_index=True)
    offsets = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows[order], minlength=n), out=offsets[1:])
    return order, offsets


def _first_rows(codes: Codes, n_values: int) -> Places:
    """Return the first record of each value; -1 where no record of the column holds it."""
    first = np.full(n_values, -1, dtype=np.int64)
    rows = np.flatnonzero(codes >= 0)[::-1]
    first[codes[rows]] = rows
    return first


def _by_value(first: Places, texts: pl.Series, values: pl.Series) -> pl.Series:
    """Return each value's text: that of the first record which holds it, its own where none."""
    if not len(values):
        return values
    told = texts.gather(pl.Series(np.maximum(first, 0)))
    frame = pl.DataFrame({"told": told, "own": values, "is_held": first >= 0})
    return frame.select(
        text=pl.when("is_held").then(pl.coalesce("told", "own")).otherwise("own")
    ).to_series()


def _variants(first: Places, keys: pl.Series) -> Sets:
    """Give each alternative of the values' keys a number; a value without a key has none."""
    held = np.flatnonzero(first >= 0)
    frame = pl.DataFrame({"value": held, "key": keys.gather(pl.Series(first[held]))}).drop_nulls()
    split = frame.with_columns(pl.col("key").str.split("|")).explode("key")
    numbers = coded(split["key"]).codes
    order, offsets = _by_row(split["value"].to_numpy(), numbers, len(first))
    return Sets(offsets=offsets, items=numbers[order])

"""Columns as numbers of their values: what is done to a text is done once, not in each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from .buffers import Index, distinct_texts

Codes = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coded:
    """A column: row i has the value values[codes[i]]. The last value is null."""

    codes: Codes
    values: pl.Series

    def column(self) -> pl.Series:
        """Return the column itself."""
        return self.values.gather(self.codes)

    def mapped(self, done: Callable[[pl.Expr], pl.Expr]) -> Coded:
        """Apply an expression of one column, for which null stays null, to the values."""
        text = pl.col(self.values.name)
        return replace(self, values=self.values.to_frame().select(done(text)).to_series())

    def remade(self, done: Callable[[pl.Series], pl.Series]) -> Coded:
        """Apply a function of a column, for which null stays null, to the values."""
        return replace(self, values=done(self.values))

    def keyed(self, keys_of: Callable[[pl.Series], pl.Series]) -> Coded:
        """Replace each value by its key; `keys_of` gets distinct values, sorted."""
        distinct = self.values.drop_nulls().unique().sort()
        table = pl.DataFrame({"value": distinct, "key": keys_of(distinct)})
        values = self.values.to_frame("value").join(
            table, on="value", how="left", maintain_order="left"
        )
        return replace(self, values=values["key"])

    def told(self, is_so: Callable[[pl.Expr], pl.Expr]) -> Mask:
        """Tell of which rows a predicate holds; of a null it does not."""
        flags = self.mapped(lambda text: is_so(text) & text.is_not_null()).values
        return np.asarray(flags.fill_null(value=False).to_numpy()[self.codes], dtype=np.bool_)

    @property
    def is_known(self) -> Mask:
        """Tell which rows have a value that is not null."""
        return np.asarray(self.values.is_not_null().to_numpy()[self.codes], dtype=np.bool_)


def coded(column: pl.Series) -> Coded:
    """Return a column of texts by numbers: the texts in the order in which they first stand."""
    rows = column.is_not_null().arg_true().to_numpy()
    return coded_at(rows, column.drop_nulls(), len(column))


def coded_at(rows: npt.NDArray[np.unsignedinteger] | Index, texts: pl.Series, n: int) -> Coded:
    """Return a column of `n` rows: `texts` without a null in `rows`, and nulls elsewhere."""
    labels, distinct = distinct_texts(texts)
    codes = np.full(n, len(distinct), dtype=np.uint32)
    codes[rows] = labels
    return Coded(codes, with_null(distinct))


def placed(column: Coded, rows: Index, n: int) -> Coded:
    """Return a column of `n` rows that has `column` in `rows`, and nulls elsewhere."""
    codes = np.full(n, len(column.values) - 1, dtype=np.uint32)
    codes[rows] = column.codes
    return replace(column, codes=codes)


def first_of(choices: Sequence[tuple[Mask, Coded]]) -> Coded:
    """Take each row of texts from the first column whose mask has it; null where none has."""
    values = pl.concat([column.values for _, column in choices])
    codes = np.full(len(choices[0][0]), len(values) - 1, dtype=np.uint32)
    is_taken, base = np.zeros(len(codes), dtype=np.bool_), 0
    for mask, column in choices:
        taken = mask & ~is_taken
        codes[taken] = column.codes[taken] + np.uint32(base)
        is_taken |= taken
        base += len(column.values)
    return _of_used(Coded(codes, values))


def _of_used(column: Coded) -> Coded:
    """Leave out the values that no row has, and name equal ones by one number."""
    is_used = np.zeros(len(column.values), dtype=np.bool_)
    is_used[column.codes] = True
    used = np.flatnonzero(is_used & column.values.is_not_null().to_numpy())
    labels, distinct = distinct_texts(column.values.gather(used))
    places = np.full(len(is_used), len(distinct), dtype=np.uint32)
    places[used] = labels
    return Coded(places[column.codes], with_null(distinct))


def with_null(values: pl.Series) -> pl.Series:
    """Return `values` and a null."""
    return pl.concat([values, pl.Series(values.name, [None], values.dtype)], rechunk=True)

"""From the snapshot's columns to those of a Table: ids and moments as whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from dedupe.contracts import Account
from dedupe.errors import InputError
from dedupe.language import N_

from .table import NONE, Flags, Ints, Words

_HIGHEST = 2**53  # beyond it a JSON reader may round an id


def sorted_frame(account: Account, table: str) -> pl.DataFrame:
    """Return a table in the order of its ids as numbers; raise InputError where they are none."""
    frame = account.frame(table)
    ids = whole(frame, "id", table)
    if (ids == NONE).any() or len(np.unique(ids)) < len(ids):
        raise _not_served(table, "id")
    return frame[np.argsort(ids, kind="stable")]


def whole(frame: pl.DataFrame, column: str, table: str) -> Ints:
    """Return a column of ids as numbers, NONE for null; raise InputError where it has others."""
    ids = frame[column].cast(pl.Int64, strict=False)
    if ids.null_count() != frame[column].null_count() or not _is_safe(ids):
        raise _not_served(table, column)
    return ids.fill_null(NONE).to_numpy().astype(np.int64)


def whole_id(text: str | None, table: str, column: str = "id") -> int:
    """Return one id as a number; raise InputError where it is none."""
    if text is None or not (text.isascii() and text.isdecimal() and int(text[:20]) < _HIGHEST):
        raise _not_served(table, column)
    return int(text)


def seconds(frame: pl.DataFrame, column: str) -> Ints:
    """Return moments as seconds of 1970, NONE for null."""
    return frame[column].dt.epoch("s").fill_null(NONE).to_numpy().astype(np.int64)


def flags(frame: pl.DataFrame, column: str) -> Ints:
    """Return truths as 1 and 0; null is 0."""
    return frame[column].fill_null(value=False).cast(pl.Int64).to_numpy()


def words(frame: pl.DataFrame, column: str, numbered: Words) -> Ints:
    """Return texts as their numbers, NONE for null."""
    distinct = frame[column].unique().drop_nulls().sort()
    numbers = {text: numbered.number(text) for text in distinct}
    found = frame[column].replace_strict(numbers, default=None, return_dtype=pl.Int64)
    return found.fill_null(NONE).to_numpy().astype(np.int64)


def or_none(values: Ints) -> list[int | None]:
    """Return numbers as a list with None in place of NONE."""
    return [None if value == NONE else value for value in values.tolist()]


def or_zero(values: Ints) -> list[int]:
    """Return numbers as a list with 0 in place of NONE."""
    return [max(value, 0) for value in values.tolist()]


class Children:
    """The rows of a child table by the row of their parent."""

    def __init__(self, parents: Ints, n: int, columns: dict[str, pl.Series]) -> None:
        """Take child rows in the order of their `parents`, which are rows of `n` records."""
        self._starts = np.searchsorted(parents, np.arange(n + 1))
        self._columns = columns

    def of(self, rows: Ints) -> list[list[tuple[Any, ...]]]:
        """Return, for each of `rows`, the values of its children, column by column."""
        starts, ends = self._starts[rows], self._starts[rows + 1]
        counts = ends - starts
        steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        places = np.repeat(starts, counts) + steps
        lists = [values.gather(places).to_list() for values in self._columns.values()]
        every = list(zip(*lists, strict=True))
        ends = np.cumsum(counts).tolist()
        return [every[end - n : end] for end, n in zip(ends, counts.tolist(), strict=True)]


def row_of(ids: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """Return the row of each wanted id in the sorted `ids`, and whether it is there."""
    at = np.minimum(np.searchsorted(ids, wanted), max(len(ids) - 1, 0))
    known = ids[at] == wanted if len(ids) else np.zeros(len(wanted), dtype=np.bool_)
    return at.astype(np.int64), known


def one_of(values: Sequence[str | None]) -> list[str]:
    """Return texts with "" in place of None."""
    return [value or "" for value in values]


def _is_safe(ids: pl.Series) -> bool:
    least, most = ids.min(), ids.max()
    return least is None or (
        isinstance(least, int) and isinstance(most, int) and least >= 0 and most < _HIGHEST
    )


def _not_served(table: str, column: str) -> InputError:
    return InputError(
        N_("the ids in {column} are not the whole numbers that amoCRM has"),
        where=table,
        fix=N_("serve a snapshot of an amoCRM account, or the demo account"),
        column=column,
    )

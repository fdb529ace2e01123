"""Columns of Python values as frames of the snapshot's contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from dedupe.contracts import MOMENT, SNAPSHOT_TABLES, WHOLE

Columns = Mapping[str, Sequence[Any]]
_LARGEST = 2**31 - 1


def frame(table: str, columns: Columns) -> pl.DataFrame:
    """Build the frame of a table; moments are microseconds of 1970, absent columns null."""
    n = len(next(iter(columns.values())))
    made = []
    for name, dtype, is_moment, is_whole in _plan(table):
        values = columns.get(name)
        if values is None:
            made.append(pl.repeat(None, n, dtype=dtype, eager=True).alias(name))
        elif is_moment:
            made.append(pl.Series(name, values, dtype=pl.Int64).cast(MOMENT))
        else:
            made.append(pl.Series(name, sorts(values) if is_whole else values, dtype=dtype))
    return pl.DataFrame(made)


def frame_of_rows(table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Build the frame of a table from rows, whose places are named."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return frame(table, dict(zip(names, columns, strict=True)))


def empty_tables(names: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return frames without rows."""
    return {name: SNAPSHOT_TABLES[name].empty() for name in names}


def sorts(numbers: Sequence[int | None]) -> list[int | None]:
    """Return numbers that fit the snapshot's small integers; others are null."""
    return [n if n is not None and abs(n) <= _LARGEST else None for n in numbers]


@cache
def _plan(table: str) -> tuple[tuple[str, pl.DataType, bool, bool], ...]:
    """Return name, dtype, and whether it is a moment or a small integer, of each column."""
    schema = SNAPSHOT_TABLES[table].schema
    return tuple((name, dtype, dtype == MOMENT, dtype == WHOLE) for name, dtype in schema.items())

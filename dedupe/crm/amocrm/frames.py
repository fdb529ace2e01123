"""Columns of Python values as frames of the snapshot's contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dedupe.contracts import MOMENT, SNAPSHOT_TABLES, WHOLE

Columns = Mapping[str, Sequence[Any]]
_LARGEST = 2**31 - 1


def frame(table: str, columns: Columns) -> pl.DataFrame:
    """Build the frame of a table; moments are microseconds of 1970, absent columns null."""
    schema = SNAPSHOT_TABLES[table].schema
    n = len(next(iter(columns.values())))
    return pl.DataFrame(
        [_series(name, dtype, columns.get(name), n) for name, dtype in schema.items()]
    )


def empty_tables(names: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return frames without rows."""
    return {name: SNAPSHOT_TABLES[name].empty() for name in names}


def sorts(numbers: Sequence[int | None]) -> list[int | None]:
    """Return numbers that fit the snapshot's small integers; others are null."""
    return [n if n is not None and abs(n) <= _LARGEST else None for n in numbers]


def _series(name: str, dtype: pl.DataType, values: Sequence[Any] | None, n: int) -> pl.Series:
    if values is None:
        return pl.repeat(None, n, dtype=dtype, eager=True).alias(name)
    if dtype == MOMENT:
        return pl.Series(name, values, dtype=pl.Int64).cast(MOMENT)
    return pl.Series(name, sorts(values) if dtype == WHOLE else values, dtype=dtype)

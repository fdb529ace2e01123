"""What the readers of phones and e-mails return for a column: one schema, two ways to fill it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

READINGS = pl.Schema(
    {
        "raw": pl.String(),
        "part": pl.Int32(),
        "value": pl.String(),
        "extension": pl.String(),
        "status": pl.String(),
        "reason": pl.String(),
        "rule": pl.String(),
        "confidence": pl.Float64(),
        "n_repeats": pl.Int32(),
        "type": pl.String(),
        "match_key": pl.String(),
    }
)
Row = tuple[
    str, int, str | None, str | None, str, str | None, str, float, int, str | None, str | None
]


def by_rows(rows: Iterable[Row]) -> pl.DataFrame:
    """Lay rows that were read one by one out as READINGS."""
    # Column by column: polars takes twice as long to take rows apart.
    columns = list(zip(*rows, strict=True)) or [()] * len(READINGS)
    named = zip(READINGS.items(), columns, strict=True)
    return pl.DataFrame([pl.Series(name, values, dtype) for (name, dtype), values in named])


def parted(frame: pl.DataFrame, is_read: pl.Expr) -> tuple[pl.DataFrame, pl.Series]:
    """Return the rows of `frame` that are read, and the raw values of the others."""
    marked = frame.with_columns(is_read=is_read.fill_null(value=False))
    return marked.filter("is_read").drop("is_read"), marked.filter(~pl.col("is_read"))["raw"]


def stamped(frame: pl.DataFrame) -> pl.DataFrame:
    """Return READINGS of plain values: `frame` has raw, value, type and match_key.

    Such a value is nothing but one valid number or address, so all else is the same in every row.
    """
    return frame.select(
        "raw",
        pl.lit(0, pl.Int32).alias("part"),
        "value",
        pl.lit(None, pl.String).alias("extension"),
        pl.lit("valid").alias("status"),
        pl.lit(None, pl.String).alias("reason"),
        pl.lit("whole").alias("rule"),
        pl.lit(1.0).alias("confidence"),
        pl.lit(1, pl.Int32).alias("n_repeats"),
        "type",
        "match_key",
    )

"""What the readers of phones and e-mails return for a column: one schema, two ways to fill it.

A reader takes RAWS, distinct raw values by their row number, and returns READINGS: the
rows of one raw value together, its parts in order, and else in no order.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

RAWS = pl.Schema({"row": pl.UInt32(), "raw": pl.String()})
READINGS = pl.Schema(
    {
        "row": pl.UInt32(),
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
    int, int, str | None, str | None, str, str | None, str, float, int, str | None, str | None
]


def numbered(raws: pl.Series, offset: int = 0) -> pl.DataFrame:
    """Return RAWS of a column of distinct raw values, numbered from `offset` on."""
    return raws.cast(pl.String).to_frame("raw").with_row_index("row", offset)


def by_rows(rows: Iterable[Row]) -> pl.DataFrame:
    """Lay rows that were read one by one out as READINGS."""
    # Column by column: polars takes twice as long to take rows apart.
    columns = list(zip(*rows, strict=True)) or [()] * len(READINGS)
    named = zip(READINGS.items(), columns, strict=True)
    return pl.DataFrame([pl.Series(name, values, dtype) for (name, dtype), values in named])


def parted(frame: pl.DataFrame, is_read: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of `frame` that are read, and RAWS of the others."""
    mask = frame.select(is_read.fill_null(value=False).alias("mask")).to_series()
    return frame.filter(mask), frame.select(RAWS.names()).filter(~mask)


def stamped(frame: pl.DataFrame) -> pl.DataFrame:
    """Return READINGS of plain values: `frame` has row, value, type and match_key.

    Such a value is nothing but one valid number or address, so all else is the same in every row.
    """
    return frame.select(
        "row",
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

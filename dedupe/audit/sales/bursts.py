"""Bursts: many records made by one hand in a short time, which is how an import looks."""

from __future__ import annotations

from datetime import timedelta

import polars as pl


def bursts(
    frame: pl.DataFrame, *, least: int, within: timedelta, who: str, at: str
) -> pl.DataFrame:
    """Return the rows of `frame` that lie in a burst, with `burst` (0, 1, ... by time).

    A row is in one when some `least` rows of one `who`, it among them, lie `within` one span of
    time. Bursts of one hand that overlap are one. Rows without a hand or a time are in none.
    Sorted by burst and time.
    """
    known = frame.filter(pl.col(who).is_not_null() & pl.col(at).is_not_null())
    ordered = _busy(known, least=least, within=within, who=who, at=at).sort(who, at, "id")
    last = pl.col(at).shift(1 - least).over(who)
    begins = ((last - pl.col(at)) <= within).fill_null(value=False)
    # A beginning has `least` rows of its own hand after it, so a span never reaches another's.
    inside = begins.cast(pl.Int32).rolling_sum(least, min_samples=1) > 0
    marked = ordered.with_columns(inside=inside)
    is_new = pl.col("inside") & (
        (pl.col(who) != pl.col(who).shift(1))
        | ~pl.col("inside").shift(1)
        | (pl.col(at) - pl.col(at).shift(1) > within)
    ).fill_null(value=True)
    kept = marked.with_columns(run=is_new.cum_sum()).filter("inside").drop("inside")
    starts = kept.group_by("run").agg(start=pl.col(at).min(), hand=pl.col(who).first())
    order = starts.sort("start", "hand").select("run", burst=pl.int_range(pl.len()).cast(pl.Int64))
    return kept.join(order, on="run").drop("run").sort("burst", at, "id")


def _busy(frame: pl.DataFrame, *, least: int, within: timedelta, who: str, at: str) -> pl.DataFrame:
    """Keep the rows of hands that may have a burst, which is far cheaper than to sort all.

    A span covers two neighbors of a grid of its own length: one of them has half of its rows.
    """
    cell = pl.col(at).dt.epoch("us") // int(within.total_seconds() * 1_000_000)
    sizes = frame.group_by(who, cell.alias("cell")).len()
    return frame.join(sizes.filter(pl.col("len") * 2 >= least), on=who, how="semi")

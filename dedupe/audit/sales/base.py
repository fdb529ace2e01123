"""What the checks of sales share: the deals with their local months, names, shares, tables.

Sums are of prices above nothing: a price of 0 or null is no price. A sum is null where there
was something to be paid for and no price at all; a share is null where its base is 0.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.contracts import SNAPSHOT_TABLES, Column, Metric, Quality
from dedupe.language import N_

YEAR_OF_DAYS = 365
OTHER = N_("other")
UNSPECIFIED = N_("not specified")
ROBOT, ROBOT_NAME = "0", N_("robots and integrations")
MOST_ROWS = 200  # a metric is to fit a page
DAY_S = 86_400


def deals(facts: Facts) -> pl.DataFrame:
    """Return the live deals with `price` above nothing or null, `month` and `year` of creation.

    `seconds` is the time from creation to closing, null where either is unknown or they are
    in the wrong order; whole ones, so that their mean is the same in any order.
    """
    return facts.once("sales deals", lambda: _deals(facts))


def recent(frame: pl.DataFrame, facts: Facts, column: str, days: int) -> pl.DataFrame:
    """Keep the rows whose moment in `column` is in the last `days` of the data."""
    since = facts.now - timedelta(days=days)
    return frame.filter(pl.col(column).is_between(since, facts.now, closed="right"))


def lookup(facts: Facts, table: str, name: str) -> pl.DataFrame:
    """Return id and name (as `name`) of a table of settings, one row an id, id for no name."""
    rows = facts.account.frame(table).sort("id", "name", nulls_last=True)
    told = pl.when(pl.col("name").str.strip_chars() != "").then("name")
    return rows.unique("id", keep="first", maintain_order=True).select(
        "id", pl.coalesce(told, "id").alias(name)
    )


def with_name(
    frame: pl.DataFrame, facts: Facts, column: str, table: str, name: str
) -> pl.DataFrame:
    """Add `name`: of the id in `column`, the id itself where the table does not know it."""
    named = lookup(facts, table, name).rename({"id": column})
    joined = frame.join(named, on=column, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(name, column).alias(name))


def with_person(frame: pl.DataFrame, facts: Facts, column: str) -> pl.DataFrame:
    """Add `person` and `team` (the name of the user's group, null for none) of the id there."""
    named = with_name(frame, facts, column, "users", "person")
    groups = lookup(facts, "user_groups", "team").rename({"id": "group_id"})
    users = facts.account.frame("users").select("id", "group_id").sort("id", "group_id")
    placed = users.unique("id", keep="last").join(groups, on="group_id", how="inner")
    return named.join(
        placed.select(pl.col("id").alias(column), "team"),
        on=column,
        how="left",
        maintain_order="left",
    )


def capped(frame: pl.DataFrame, column: str, most: int) -> pl.DataFrame:
    """Put OTHER for all but the `most` commonest texts of `column`; null is UNSPECIFIED."""
    known = frame.with_columns(pl.col(column).fill_null(UNSPECIFIED))
    sizes = known.group_by(column).len().sort(["len", column], descending=[True, False])
    few = sizes[column].head(most)
    return known.with_columns(
        pl.when(pl.col(column).is_in(few.implode())).then(column).otherwise(pl.lit(OTHER))
    )


def share(part: str | pl.Expr, whole: str | pl.Expr) -> pl.Expr:
    """Divide two columns; null where the base is 0."""
    part, whole = (pl.col(e) if isinstance(e, str) else e for e in (part, whole))
    return pl.when(whole > 0).then(part / whole)


def paid(is_it: pl.Expr) -> pl.Expr:
    """Sum the prices where `is_it`; null where there are such deals and none has a price."""
    # Sorted: a sum of fractions depends on their order, and no result may depend on the rows'.
    price = pl.col("price").filter(is_it).sort()
    return pl.when((is_it.sum() == 0) | (price.count() > 0)).then(price.sum())


def table(
    name: str,
    title: str,
    rows: pl.DataFrame,
    *columns: Column,
    note: str,
    quality: Quality | None = None,
    chart: str = "",
    values: tuple[str, ...] = (),
) -> Metric:
    """Make a metric of the `columns` that `rows` has: what was not read is not in the table."""
    had = tuple(column for column in columns if column.name in rows.columns)
    return Metric(
        name=name,
        title=title,
        columns=had,
        rows=rows.select(column.name for column in had).head(MOST_ROWS),
        chart=chart,
        values=values,
        note=note,
        quality=quality,
    )


def count_of(frame: pl.DataFrame, condition: pl.Expr) -> int:
    """Count the rows of `frame` where `condition` holds."""
    return int(frame.select(condition.fill_null(value=False).sum()).item())


def _deals(facts: Facts) -> pl.DataFrame:
    local = pl.col("created_at").dt.convert_time_zone(facts.zone.key)
    took = (pl.col("closed_at") - pl.col("created_at")).dt.total_seconds()
    columns = [c for c in SNAPSHOT_TABLES["deals"].schema if c not in ("name", "is_deleted")]
    return (
        facts.live("deal")
        .select(columns)
        .with_columns(
            price=pl.when((pl.col("price") > 0) & pl.col("price").is_finite()).then("price"),
            month=local.dt.date().dt.month_start(),
            year=local.dt.year().cast(pl.Int64),
            seconds=pl.when(took >= 0).then(took),
            is_won=(pl.col("state") == "won").fill_null(value=False),
            is_lost=(pl.col("state") == "lost").fill_null(value=False),
            is_open=(pl.col("state") == "open").fill_null(value=False),
        )
        .collect()
    )

"""What the checks of this package share: tables unread, shares, metrics, names that are looked up.

Frames are small (settings) or lazy (records). `MOST` bounds the rows of a metric: a page, not a
table of the account.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.contracts import SNAPSHOT_TABLES, Column, Metric

MOST = 200
ENOUGH_LETTERS = 6  # a shorter word turns into another one by a single letter
Columns = dict[str, tuple[str, str]]


def table(facts: Facts, name: str) -> pl.LazyFrame:
    """Return the table `name` without reading it; of no rows where the source has none."""
    return facts.account.tables.get(name, SNAPSHOT_TABLES[name].empty().lazy())


def share(part: str, base: str) -> pl.Expr:
    """Return part / base, null where there is nothing to measure."""
    return pl.when(pl.col(base) > 0).then(pl.col(part) / pl.col(base))


def metric(name: str, title: str, rows: pl.DataFrame, columns: Columns, **more: Any) -> Metric:  # noqa: ANN401  the rest of Metric
    """Build a metric of the named columns, (title, kind) each, and of the first MOST rows."""
    told = tuple(Column(key, *text) for key, text in columns.items())
    return Metric(
        name=name, title=title, columns=told, rows=rows.select(list(columns)).head(MOST), **more
    )


def fold(text: str) -> str:
    """Return a name as it compares: small letters, "е" for "ё", marks as single spaces.

    >>> fold(" Откуда   контакт?"), fold("Счёт-фактура")
    ('откуда контакт', 'счет фактура')
    """
    low = text.lower().replace("ё", "е")
    return " ".join("".join(c if c.isalnum() else " " for c in low).split())


def folded(text: pl.Expr) -> pl.Expr:
    """Return `fold` of a column of texts."""
    low = text.str.to_lowercase().str.replace_all("ё", "е", literal=True)
    return low.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def is_told(column: str) -> pl.Expr:
    """Tell the rows whose text is neither null nor blank."""
    return (pl.col(column).str.strip_chars() != "").fill_null(value=False)


def money(is_it: pl.Expr | None = None) -> pl.Expr:
    """Sum the prices above nothing (where `is_it`), whatever the order of the rows."""
    is_price = (pl.col("price") > 0) & pl.col("price").is_finite()
    fits = is_price if is_it is None else is_price & is_it
    # A sum of fractions depends on their order: it is always the same one.
    return pl.col("price").filter(fits.fill_null(value=False)).sort().sum()


def n_rows(frame: pl.LazyFrame) -> int:
    """Count the rows of a frame."""
    return int(frame.select(pl.len()).collect().item())


def named(frame: pl.LazyFrame, facts: Facts, column: str, kind: str) -> pl.LazyFrame:
    """Put the name of users, sources, ... (table `kind`) in the place of their ids in `column`.

    An id that the table does not know stays, a name that two of them share gets the id.
    """
    known = table(facts, kind).filter(is_told("name")).select("id", "name").drop_nulls("id")
    known = known.unique("id", keep="none").with_columns(
        shown=pl.when(pl.col("name").is_duplicated())
        .then(pl.concat_str("name", pl.lit(" ("), "id", pl.lit(")")))
        .otherwise("name")
    )
    joined = frame.join(known.select("id", "shown"), left_on=column, right_on="id", how="left")
    return joined.with_columns(pl.coalesce("shown", column).alias(column)).drop("shown")


def account_row(facts: Facts) -> str:
    """Return the record id of a finding about the account as a whole."""
    return facts.account.account_id or "account"

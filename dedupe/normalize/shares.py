"""How common names are in the country: what a small account cannot tell about its own."""

from __future__ import annotations

from functools import cache

import polars as pl

from .person_tables import read_table

SHARES = pl.Schema({"column": pl.String(), "value": pl.String(), "share": pl.Float64()})


@cache
def name_shares() -> pl.DataFrame:
    """Return column (given, surname, patronymic), value (lower case) and its share of bearers."""
    parts = [
        _shares("given", "given_names"),
        _shares("surname", "surnames"),
        _shares("patronymic", "patronymics"),
    ]
    return pl.concat(parts).match_to_schema(SHARES)


def _shares(column: str, table: str) -> pl.DataFrame:
    names = read_table(table).group_by(value=pl.col("name")).agg(pl.col("count").sum())
    share = pl.col("count") / pl.col("count").sum()
    return names.select(column=pl.lit(column), value="value", share=share.cast(pl.Float64))

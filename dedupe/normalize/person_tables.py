"""How frequent a word is as a given name, a surname and a patronymic: the shipped tables.

A likelihood is the binary logarithm of the word's share among the bearers, rounded to
two bits: what decides is orders of magnitude, and few classes of words mean few cases to
decide. Where the tables come from: `data/README.md`.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import polars as pl

from .skeleton import skeleton_column

DATA = Path(__file__).parent / "data"
# Bearers in the source, before rare words were cut off.
_BEARERS = {"given_names": 2_605_000, "surnames": 4_160_000, "patronymics": 2_680_000}
_LONGEST_CHANCE = 3  # letters of a skeleton below which a meeting of two words is chance


def fold_yo(low: str) -> str:
    """Return a lower-case word with "е" for "ё", as the tables have it."""
    return low.replace("ё", "е")


def bits(count: int, table: str) -> int:
    """Return the likelihood of a word of `count` bearers, in bits, even and below zero."""
    return min(-2, 2 * round(math.log2(count / _BEARERS[table]) / 2))


@cache
def read_table(name: str) -> pl.DataFrame:
    """Read a shipped table."""
    return pl.read_parquet(DATA / f"{name}.parquet")


@cache
def surname_counts() -> dict[str, int]:
    """Return the bearers of each surname, by its masculine form."""
    names, counts = read_table("surnames").select("name", "count")
    return dict(zip(names.to_list(), counts.to_list(), strict=True))


@cache
def likelihoods(table: str) -> dict[str, int]:
    """Return the likelihood of each word of a table."""
    names, counts = read_table(table).select("name", "count")
    return _with_bits(names, counts, table)


@cache
def likelihoods_by_skeleton(table: str) -> dict[str, int]:
    """Return the likelihood of the most frequent word of each skeleton."""
    frame = read_table(table).select("name", "count")
    keyed = frame.with_columns(skeleton_column(frame["name"]).alias("skeleton"))
    keyed = keyed.filter(pl.col("skeleton").str.len_chars() >= _LONGEST_CHANCE)
    best = keyed.group_by("skeleton").agg(pl.col("count").max())
    return _with_bits(best["skeleton"], best["count"], table)


def _with_bits(words: pl.Series, counts: pl.Series, table: str) -> dict[str, int]:
    known = {count: bits(count, table) for count in counts.unique().to_list()}
    return dict(zip(words.to_list(), map(known.__getitem__, counts.to_list()), strict=True))

"""Columns of phones that are two home numbers without a sign of a list: beside, glued, a tail.

"89161234567 89037654321", the same without the space, "+7 (916) 123-45-67 8 903 765-43-21", and
"(4852) 12-34-56/78", whose second number has the first one's digits but for the last two. Where
both numbers are valid and unlike the rows are those of `read_phones`, which reads all the rest.
"""

from __future__ import annotations

import polars as pl

from .phone_plain import plain_values
from .readings import READINGS

# One behind the other, each with its prefix.
_BESIDE = "^(?<first>[78][0-9]{10})(?<gap> ?)(?<second>[78][0-9]{10})$"
# Two in the usual groups; the first may have no prefix where a plus parts it from the second.
_GROUPS = "[ -]?[(]?[0-9]{3}[)]?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}"
_GROUPED = f"^(?<first>[+]?[78]{_GROUPS}) (?<second>[78]{_GROUPS})$"
_PARTED = f"^(?<first>(?:[+]?[78])?{_GROUPS}) (?<second>[+]7{_GROUPS})$"
# A number in groups that nobody can take for two numbers; two digits behind the slash.
_TAILED = (
    r"^(?<first>(?:(?:[+]?7|8)[ -]?)?(?:[(][0-9]{3,5}[)] ?|[0-9]{3,5}[ -]?)"
    r"[0-9]{1,3}-?[0-9]{2}-?[0-9]{2})/(?<tail>[0-9]{2})$"
)
_TAIL_DIGITS, _BARE_DIGITS = 2, 10
# How sure each is: see `phone_pieces` and `phone_numbers`.
_SPACED, _GLUED, _TAIL, _BARE = 0.95, 0.9, 0.9, 0.98


def read_pairs(raws: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return READINGS of those of RAWS that are such a pair of numbers, and the rest."""
    halves = pl.concat([*_beside(raws), *_grouped(raws), *_parted(raws), *_tailed(raws)])
    found = halves.drop("text").hstack(plain_values(halves["text"]))
    is_pair = (pl.col("value").drop_nulls().n_unique() == 2).over("row")
    read = found.filter(is_pair).sort("row", "part")
    return _as_readings(read), raws.join(read, on="row", how="anti", maintain_order="left")


def _beside(raws: pl.DataFrame) -> list[pl.DataFrame]:
    pairs = _cut(raws, _BESIDE)
    is_apart = pl.col("gap") != ""
    rule = pl.when(is_apart).then(pl.lit("space")).otherwise(pl.lit("glued"))
    trust = pl.when(is_apart).then(_SPACED).otherwise(_GLUED)
    return [
        _half(pairs, part, pl.col(text), rule, trust)
        for part, text in enumerate(("first", "second"))
    ]


def _grouped(raws: pl.DataFrame) -> list[pl.DataFrame]:
    plain = pl.col("raw").str.contains(_BESIDE)
    pairs = _cut(raws.filter(~plain), _GROUPED)
    rule, trust = pl.lit("space"), pl.lit(_SPACED)
    return [
        _half(pairs, part, pl.col(text), rule, trust)
        for part, text in enumerate(("first", "second"))
    ]


def _parted(raws: pl.DataFrame) -> list[pl.DataFrame]:
    pairs = _cut(raws, _PARTED)
    first, rule = pl.col("first"), pl.lit("separator")
    is_bare = first.str.count_matches("[0-9]") == _BARE_DIGITS
    trust = pl.when(is_bare).then(_BARE).otherwise(1.0)
    return [
        _half(pairs, 0, first, rule, trust),
        _half(pairs, 1, pl.col("second"), rule, pl.lit(1.0)),
    ]


def _tailed(raws: pl.DataFrame) -> list[pl.DataFrame]:
    pairs = _cut(raws, _TAILED)
    first = pl.col("first")
    second = first.str.head(-_TAIL_DIGITS) + pl.col("tail")
    is_bare = first.str.count_matches("[0-9]") == _BARE_DIGITS
    trust = pl.when(is_bare).then(_BARE).otherwise(1.0)
    return [
        _half(pairs, 0, first, pl.lit("separator"), trust),
        _half(pairs, 1, second, pl.lit("tail"), (trust * _TAIL).round(2)),
    ]


def _cut(raws: pl.DataFrame, shape: str) -> pl.DataFrame:
    fits = raws.filter(pl.col("raw").str.contains(shape))
    return fits.select("row", groups=pl.col("raw").str.extract_groups(shape)).unnest("groups")


def _half(
    pairs: pl.DataFrame, part: int, text: pl.Expr, rule: pl.Expr, confidence: pl.Expr
) -> pl.DataFrame:
    return pairs.select("row", part=pl.lit(part), text=text, rule=rule, confidence=confidence)


def _as_readings(read: pl.DataFrame) -> pl.DataFrame:
    filled = read.with_columns(
        extension=None, status=pl.lit("valid"), reason=None, n_repeats=1, match_key="value"
    )
    return filled.select(pl.col(name).cast(dtype) for name, dtype in READINGS.items())

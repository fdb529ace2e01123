"""Whether a raw value holds anything besides the numbers or addresses that were read in it.

The values are taken out of the text one by one and a mark is left for each; what must
remain is marks, prefixes and the signs that stand between numbers. A name, a comment, an
hour or a stray digit does not fit, nor does a number that the reader repaired: rewriting
such a value would lose something, or claim more than was typed.
"""

from __future__ import annotations

import polars as pl

from .numbering import HOME_CODE, HOME_DIGITS

_PARTS_MAX = 8  # a longer list is a person's to check
_EXTENSION_WORD = (
    r"[ ,;(]*(?:добавочный|добав|доб|внутренний|внутр|вн|extension|ext|#|\*|,,)[ .:=№]*"
)
_NEUTRAL = r"\b(?:телефон|тел|phone|tel)\b[.: ]*|^\s*[=']|[.,]0{1,2}\s*$"
_AND = r"\s+(?:и|или|and|or)\s+"
_HARD = r"[\n\r\t;,/|&•\\]"
_SOFT = r"[\s().\u2010\u2011\u2013\u2014-]"
# N: a home number, F: a foreign one, E: an extension, T: the tail of a neighbouring line.
_PHONES_ONLY = r"^(?:;|\+?[78]{0,2}NE?|\+?(?:810|00)?FE?|T)+$"
_EMAILS_ONLY = r"^(?:A|[;,|/<>()\[\]\x22'&])+$"
_TAIL_DIGITS_MAX = 4


def hold_nothing_else(frame: pl.DataFrame, kind: str) -> pl.Series:
    """Tell, row by row, whether `raw` is explained by its readings and nothing is left.

    `frame` has raw, the lists value, extension and rule of its readings, and `n_repeats`, how
    often the raw value holds them, together; `kind` is phone or email.
    """
    is_phone = kind == "phone"
    left = _phones_left(frame) if is_phone else _emails_left(frame)
    text, fits = pl.col("left"), _PHONES_ONLY if is_phone else _EMAILS_ONLY
    n_marks = text.str.count_matches("[NFT]" if is_phone else "A")
    is_explained = text.str.contains(fits) & (n_marks == pl.col("n_repeats"))
    is_short = pl.col("value").list.len() <= _PARTS_MAX
    return left.select((is_explained & is_short).alias("is_explained")).to_series()


def _phones_left(frame: pl.DataFrame) -> pl.DataFrame:
    text = (
        pl.col("raw")
        .str.to_lowercase()
        .str.replace_all(_NEUTRAL, "")
        .str.replace_all(_EXTENSION_WORD, "#")
        .str.replace_all(_AND, ";")
        .str.replace_all(_HARD, ";")
        .str.replace_all(_SOFT, "")
    )
    left = frame.with_columns(left=pl.concat_str(pl.lit(";"), text, pl.lit(";")))
    # One step at a time: an expression of all steps would double with each.
    for part in range(_n_parts(frame)):
        left = left.with_columns(left=_without_number(_part("value", part)))
    for part in range(_n_parts(frame)):
        left = left.with_columns(left=_without("#" + _part("extension", part), "E"))
        is_tail = _part("rule", part) == "tail"
        for n in range(_TAIL_DIGITS_MAX, 0, -1):
            digits = pl.when(is_tail).then(_part("value", part).str.tail(n))
            left = left.with_columns(left=_without(";" + digits + ";", ";T;"))
    return left


def _without_number(value: pl.Expr) -> pl.Expr:
    is_home = value.str.starts_with(f"+{HOME_CODE}")
    return (
        pl.when(is_home)
        .then(_without(value.str.tail(HOME_DIGITS), "N"))
        .otherwise(_without(value.str.strip_chars_start("+"), "F"))
    )


def _emails_left(frame: pl.DataFrame) -> pl.DataFrame:
    text = (
        pl.col("raw")
        .str.to_lowercase()
        .str.replace_all("mailto:", "", literal=True)
        .str.replace_all(_AND, ";")
        .str.replace_all(r"\s", "")
    )
    left = frame.with_columns(left=text)
    for part in range(_n_parts(frame)):
        left = left.with_columns(left=_without(_part("value", part), "A"))
    return left


def _n_parts(frame: pl.DataFrame) -> int:
    longest = frame["value"].list.len().max()
    return min(longest, _PARTS_MAX) if isinstance(longest, int) else 0


def _part(column: str, at: int) -> pl.Expr:
    return pl.col(column).list.get(at, null_on_oob=True)


def _without(found: pl.Expr, mark: str) -> pl.Expr:
    """Put `mark` where `found` stands in the column left; where `found` is null, nothing."""
    left = pl.col("left")
    return pl.coalesce(left.str.split(by=found).list.join(mark), left)

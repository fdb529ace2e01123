"""How people misspell: one slip of the keyboard, the other alphabet, case, spaces; phones as typed.

Every function takes a column of texts and a mask of the rows to touch, and returns the column.
Only touched rows are walked one by one: a few in a hundred.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from bench import people_words as words

Rng = np.random.Generator


def with_typos(column: pl.Series, mask: np.ndarray, rng: Rng) -> pl.Series:
    """Make one slip in each masked text: a neighbour key, a lost, doubled or exchanged letter."""
    return _rewrite(column, mask, lambda text: typo(text, rng))


def typo(text: str, rng: Rng) -> str:
    """Return `text` with one slip; texts of fewer than three signs are left alone."""
    if len(text) < 3:
        return text
    kind, at = rng.integers(0, 4), int(rng.integers(1, len(text) - 1))
    head, sign, rest = text[:at], text[at], text[at + 1 :]
    if kind == 0:
        near = _neighbours(sign)
        return head + near[rng.integers(0, len(near))] + rest
    if kind == 1:
        return head + rest
    if kind == 2:
        return head + sign + sign + rest
    return head + rest[0] + sign + rest[1:]


def _neighbours(sign: str) -> str:
    if sign.isdigit():
        return str((int(sign) + 1) % 10) + str((int(sign) - 1) % 10)
    near = words.NEIGHBOURS.get(sign.lower(), sign.lower())
    return near.upper() if sign.isupper() else near


def in_latin(columns: list[pl.Series], mask: np.ndarray, rng: Rng) -> list[pl.Series]:
    """Transliterate the masked rows of all `columns`, each row by one scheme."""
    schemes = list(words.TRANSLIT)
    of_row = rng.integers(0, len(schemes), len(mask))
    done = columns
    for i, scheme in enumerate(schemes):
        chosen = mask & (of_row == i)
        done = [_rewrite(column, chosen, lambda t, s=scheme: _latin(t, s)) for column in done]
    return done


def _latin(text: str, scheme: str) -> str:
    out = words.latin(text.lower(), scheme)
    return out.title() if text[:1].isupper() else out


def with_look_alikes(column: pl.Series, mask: np.ndarray) -> pl.Series:
    """Write some Cyrillic letters of the masked texts as the Latin ones that look the same."""
    table = str.maketrans(words.LOOK_ALIKES)
    return _rewrite(column, mask, lambda text: text[:2] + text[2:].translate(table))


def with_cases(column: pl.Series, upper: np.ndarray, lower: np.ndarray) -> pl.Series:
    """Write the rows of `upper` in capitals and those of `lower` in small letters."""
    name = pl.col(column.name)
    return (
        column.to_frame()
        .select(
            pl.when(pl.Series(upper))
            .then(name.str.to_uppercase())
            .when(pl.Series(lower))
            .then(name.str.to_lowercase())
            .otherwise(name)
        )
        .to_series()
    )


def with_spaces(column: pl.Series, mask: np.ndarray, rng: Rng) -> pl.Series:
    """Add a space before, after or (where there is one) inside the masked texts."""
    ways: list[Callable[[str], str]] = [
        lambda t: f" {t}",
        lambda t: f"{t} ",
        lambda t: t.replace(" ", "  "),
    ]
    return _rewrite(column, mask, lambda text: ways[rng.integers(0, len(ways))](text))


def _rewrite(column: pl.Series, mask: np.ndarray, write: Callable[[str], str]) -> pl.Series:
    rows = np.flatnonzero(mask & column.is_not_null().to_numpy())
    texts = [write(text) for text in column.gather(rows).to_list()]
    return column.scatter(rows, texts) if len(rows) else column


_SPELLINGS = (
    "+7{}{}{}{}",
    "8{}{}{}{}",
    "8 ({}) {}-{}-{}",
    "+7 ({}) {}-{}-{}",
    "{}{}{}{}",
    "7{}{}{}{}",
    "+7 {} {} {} {}",
    "8-{}-{}-{}-{}",
    "8 {} {}-{}-{}",
    "+7({}){}-{}-{}",
)
_SPELLING_SHARES = (0.24, 0.16, 0.10, 0.16, 0.06, 0.10, 0.06, 0.05, 0.04, 0.03)
_SEPARATORS = (", ", "; ", " / ", ",", " ", " и ")


def written_phones(numbers: pl.Series, rng: Rng) -> pl.Series:
    """Write numbers of ten digits as people type them."""
    way = rng.choice(len(_SPELLINGS), len(numbers), p=_SPELLING_SHARES)
    digits = pl.col("digits").str
    parts = (digits.head(3), digits.slice(3, 3), digits.slice(6, 2), digits.slice(8))
    frame = pl.DataFrame({"digits": numbers, "way": way})
    spelt = [
        pl.when(pl.col("way") == i).then(pl.format(text, *parts))
        for i, text in enumerate(_SPELLINGS)
    ]
    return frame.select(pl.coalesce(spelt)).to_series()


def joined_phones(first: pl.Series, second: pl.Series, rng: Rng) -> pl.Series:
    """Put two written numbers into one cell, where there is a second."""
    between = pl.Series(_SEPARATORS).gather(rng.integers(0, len(_SEPARATORS), len(first)))
    frame = pl.DataFrame({"first": first, "between": between, "second": second})
    both = pl.concat_str("first", "between", "second")
    return frame.select(pl.coalesce(both, "first", "second")).to_series()

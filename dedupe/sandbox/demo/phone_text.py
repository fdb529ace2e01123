"""How phone values are written: one number, or two in one value, by a template.

A number is spelt in one of a dozen ways (see `numbers`). Two numbers are joined by a
separator, by labels, by nothing at all (eleven digits and eleven more), or the
second is the tail of the first: "(8412) 22-31-60/61".
"""

from __future__ import annotations

import numpy as np
import polars as pl

from .numbers import (
    COMPACT_STYLES,
    HOME_STYLES,
    Flags,
    Ints,
    Kind,
    Numbers,
    pick_styles,
    spell,
    tail_of,
)

# Templates with a meaning of their own; those below TAIL join any two numbers.
PLAIN, SPACED, GLUED, LABELLED, TAIL, SAME = 0, 5, 8, 9, 10, 11
_TEMPLATES = (
    ("", ", ", ""),
    ("", "; ", ""),
    ("", "/", ""),
    ("", " / ", ""),
    ("", ";", ""),
    ("", " ", ""),
    ("", "\n", ""),
    ("", " и ", ""),
    ("", "", ""),
    ("моб. ", ", раб. ", ""),
    ("(", ") ", "/"),
    ("", ", ", ""),
)
_TAILS_OF_ONE = (" ", " Иван", " (вечером)", " WhatsApp", " доб. 12", " (после обеда)")


def write_values(
    numbers: Numbers, number: Ints, second: Ints, template: Ints, rng: np.random.Generator
) -> pl.Series:
    """Write each value: one number, two by their template, or a landline with a tail."""
    two = second >= 0
    one = np.maximum(number, 0)  # texts have no number: spell any, the text replaces it
    other = np.where(two, second, one)
    style, style2 = (_styles(numbers, ids, two, template, rng) for ids in (one, other))
    style2 = np.where(template == SAME, (style + 1 + style2 % 4) % len(HOME_STYLES), style2)
    even, last = tail_of(numbers, one)
    start, middle, end = (pl.Series([t[i] for t in _TEMPLATES]).gather(template) for i in range(3))
    noise = np.where(rng.random(len(one)) < 0.01, rng.integers(1, 7, len(one)), 0)
    # An extension or a remark makes a number less sure: never on one that several cards hold.
    once = np.bincount(np.concatenate([one, other]))[one] == 2
    noise = np.where(once & ~two & (numbers.kind[one] != Kind.ABROAD), noise, 0)
    frame = pl.DataFrame(
        {
            "first": spell(numbers, one, style),
            "second": spell(numbers, other, style2),
            "area": numbers.area.gather(one),
            "even": even,
            "last": last,
            "start": start,
            "middle": middle,
            "end": end,
            "noise": pl.Series(["", *_TAILS_OF_ONE]).gather(noise),
            "two": two,
            "tail": template == TAIL,
        }
    )
    return frame.select(_raw_value()).to_series()


def _raw_value() -> pl.Expr:
    even = pl.col("even").str
    dashed = [even.head(-4), pl.lit("-"), even.slice(-4, 2), pl.lit("-"), even.tail(2)]
    tail = pl.concat_str("start", "area", "middle", *dashed, "end", "last")
    pair = pl.concat_str("start", "first", "middle", "second")
    one = pl.concat_str("first", "noise")
    return pl.when("tail").then(tail).when("two").then(pair).otherwise(one).alias("raw")


def _styles(
    numbers: Numbers, ids: Ints, two: Flags, template: Ints, rng: np.random.Generator
) -> Ints:
    style = pick_styles(numbers, ids, rng)
    style = np.where(two, rng.choice(HOME_STYLES, len(ids)), style)
    compact = rng.choice(COMPACT_STYLES, len(ids))
    tight = (template == GLUED) | (template == SPACED)
    return np.where(tight, compact, style)

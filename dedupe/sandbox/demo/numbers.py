"""Phone numbers: drawing ones that are valid and unlike each other, and spelling them.

A drawn number is a row of (cc, area, sub). Two draws never agree but for the last
bit, so `sub ^ 1` of any number is free: it makes tails such as "22-31-60/61". The
ranges are ones where every subscriber number is allocated; runs and repeats of
digits are left out, because a reader may take them for placeholders.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Kind(IntEnum):
    """What a number is."""

    MOBILE = 0
    LANDLINE = 1
    TOLL_FREE = 2
    ABROAD = 3


_DEF = (903, 905, 906, 909, *range(910, 920), *range(920, 930), 950, 951, 952, 953)
_MOBILE = (*_DEF, *range(960, 970), *range(980, 990))
_AREAS_7 = (495, 499, 812, 343, 383, 846, 843, 861, 831, 347, 473, 342)
_AREAS_6 = (8412, 8452, 8422, 8442, 8352, 8342, 4752, 4912, 4922, 4872, 4852, 3452, 3532)
_KZ, _BY, _UZ = (701, 702, 705, 707, 747, 771, 775, 776, 778), (33, 44), (90, 91, 93, 94, 97)

# One row a range: country code, area, digits of the subscriber number, its first and last value.
_Range = tuple[str, str, int, int, int]
_RANGES: dict[Kind, list[_Range]] = {
    Kind.MOBILE: [("7", str(a), 7, 1_000_000, 9_999_999) for a in _MOBILE],
    Kind.LANDLINE: [("7", str(a), 6, 200_000, 799_999) for a in _AREAS_6]
    + [("7", str(a), 7, 2_000_000, 7_999_999) for a in _AREAS_7],
    Kind.TOLL_FREE: [("7", "800", 7, 1_000_000, 9_999_999)],
    Kind.ABROAD: [("7", str(a), 7, 1_000_000, 9_999_999) for a in _KZ]
    + [("375", str(a), 7, 3_000_000, 7_999_999) for a in _BY]
    + [("375", "29", 7, 1_000_000, 9_999_999)]
    + [("998", str(a), 7, 2_000_000, 7_999_999) for a in _UZ],
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Drawn numbers by id: country code, area and subscriber number, as text."""

    kind: Ints
    cc: pl.Series
    area: pl.Series
    sub: pl.Series

    def e164(self, ids: Ints) -> pl.Series:
        """Return the numbers in the international form, "+79161234567"."""
        return spell(self, ids, np.zeros(len(ids), dtype=np.int64))


def draw_numbers(kinds: Ints, rng: np.random.Generator) -> Numbers:
    """Draw one number for each of `kinds`, all different even in their last bit."""
    cc, area, sub = (np.empty(len(kinds), dtype=object) for _ in range(3))
    for kind, ranges in _RANGES.items():
        at = np.flatnonzero(kinds == kind)
        row, value = _draw(ranges, len(at), rng)
        table = np.array(ranges, dtype=object)
        cc[at], area[at] = table[row, 0], table[row, 1]
        sub[at] = value.astype(str)
    text = [pl.Series(column.tolist(), dtype=pl.String) for column in (cc, area, sub)]
    return Numbers(kinds, *text)


def tail_of(numbers: Numbers, ids: Ints) -> tuple[pl.Series, pl.Series]:
    """Spell landlines as "(8412) 22-31-60/61": the even twin, then the last digits of the odd."""
    value = numbers.sub.gather(ids).cast(pl.Int64)
    even = value - value % 2
    last = (even % 100 + 1).cast(pl.String).str.zfill(2)
    return even.cast(pl.String), last


# How people write: sign, trunk (cc: the country code), before and after the area, between pairs.
_STYLES: tuple[tuple[str, str, str, str, str], ...] = (
    ("+", "cc", "", "", ""),
    ("", "8", "", "", ""),
    ("", "cc", "", "", ""),
    ("+", "cc", " (", ") ", "-"),
    ("", "8", " (", ") ", "-"),
    ("", "8", "-", "-", "-"),
    ("+", "cc", " ", " ", "-"),
    ("+", "cc", "(", ")", "-"),
    ("", "8", " ", " ", " "),
    ("", "8", "(", ")", ""),
    ("+", "cc", " ", " ", " "),
    ("", "8", ".", ".", "."),
    ("", "", "", "", ""),
)
ANY_STYLE = np.arange(len(_STYLES))
HOME_STYLES = ANY_STYLE[:-1]  # with a prefix: any number of country 7
FULL_STYLES = np.array([0, 2, 3, 6, 7, 10])  # with the country code
COMPACT_STYLES = np.array([1, 2])  # eleven digits and nothing else


def pick_styles(numbers: Numbers, ids: Ints, rng: np.random.Generator) -> Ints:
    """Choose a spelling for each number among those that can be read back."""
    kind = numbers.kind[ids]
    popular = np.concatenate([ANY_STYLE, np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4])])
    style = rng.choice(popular, len(ids))
    style = np.where((kind != Kind.MOBILE) & (style == 12), 4, style)
    return np.where(kind == Kind.ABROAD, rng.choice(FULL_STYLES, len(ids)), style)


def spell(numbers: Numbers, ids: Ints, style: Ints) -> pl.Series:
    """Write each number in its style."""
    sign, trunk, before, after, glue = (
        pl.Series([row[i] for row in _STYLES]).gather(style) for i in range(5)
    )
    cc = numbers.cc.gather(ids)
    parts = {"sign": sign, "trunk": trunk, "cc": cc, "before": before, "after": after, "glue": glue}
    frame = pl.DataFrame(
        {**parts, "area": numbers.area.gather(ids), "sub": numbers.sub.gather(ids)}
    )
    prefix = pl.when(pl.col("trunk") == "cc").then("cc").otherwise("trunk")
    sub = pl.col("sub").str
    body = pl.concat_str(sub.head(-4), "glue", sub.slice(-4, 2), "glue", sub.tail(2))
    return frame.select(pl.concat_str("sign", prefix, "before", "area", "after", body)).to_series()


def _draw(ranges: list[_Range], n: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    low, high = np.array([r[3] for r in ranges]), np.array([r[4] for r in ranges])
    row, value = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    while len(row) < n:
        more = rng.integers(0, len(ranges), 2 * n + 16)
        drawn = rng.integers(low[more], high[more] + 1)
        fine = ~(_is_dull(drawn) | _is_dull(drawn ^ 1))
        row, value = np.concatenate([row, more[fine]]), np.concatenate([value, drawn[fine]])
        _, first = np.unique(row * 10_000_000 + value // 2, return_index=True)
        first.sort()  # np.unique sorts by value: keep the order of the draw
        row, value = row[first], value[first]
    return row[:n], value[:n]


def _is_dull(value: Ints) -> Flags:
    """Tell which numbers hold a run (4444, 2345, 8765), two digits only, or 123 twice."""
    digits = value[:, None] // 10 ** np.arange(6, -1, -1) % 10
    step = np.diff(digits, axis=1)
    dull: Flags = (digits[:, 1:4] == digits[:, 4:]).all(axis=1)
    for i in range(step.shape[1] - 2):
        same = (step[:, i] == step[:, i + 1]) & (step[:, i] == step[:, i + 2])
        dull |= same & (np.abs(step[:, i]) <= 1)
    is_used = (digits[:, 1:, None] == np.arange(10)).any(axis=1)
    dull |= is_used.sum(axis=1) < 3
    return dull

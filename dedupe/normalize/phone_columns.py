"""Distinct raw phones as a column: the plain ones columnar, the rest one by one.

Nearly every phone of an account is one plain number, and most of the others are two of
them with a sign between. `phone_plain` reads those; what has another shape, or is not
valid, goes through `read_phones`. Both ways give equal rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from .numbering import HOME_REGIONS
from .phone_pairs import read_pairs
from .phone_plain import read_lists, read_plain
from .phones import read_phones
from .readings import Row, by_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """Where an account's people are: an ISO region, and the area code of its local numbers."""

    region: str = "RU"
    area_code: str | None = None


def read_phone_column(raws: pl.DataFrame, settings: PhoneSettings) -> pl.DataFrame:
    """Read RAWS; one row per number found, as READINGS."""
    if settings.region.upper() not in HOME_REGIONS:
        return by_rows(_read_each(raws, settings))
    plain, others = read_plain(raws)
    pairs, others = read_pairs(others)
    lists, rest = read_lists(others)
    return pl.concat([plain, pairs, lists, by_rows(_read_each(rest, settings))])


def _read_each(raws: pl.DataFrame, settings: PhoneSettings) -> Iterator[Row]:
    for row, raw in raws.iter_rows():
        found = read_phones(raw, region=settings.region, area_code=settings.area_code)
        for part, each in enumerate(found):
            yield (
                row,
                part,
                each.value,
                each.extension,
                each.status,
                each.reason,
                each.rule,
                each.confidence,
                each.n_repeats,
                each.type,
                each.value if each.status == "valid" else None,
            )

"""Distinct raw phones as a column: the plain ones columnar, the rest one by one.

Nearly every phone of an account is ten or eleven digits with spaces, brackets and dashes.
Those are brought to the ten-digit national number by polars, and each distinct one is
judged once. What has another shape, or is not valid, goes through `read_phones`.
The two ways give equal rows: both take their shape and their row from `phones`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dedupe.kernels.phones import VALID

from .numbering import FILLERS, HOME_REGIONS, TYPE_NAMES
from .phone_column import parse_column
from .phones import HOME_SHAPE, HOME_SIGNS, PhoneFound, home_found, read_phones

READINGS = pl.Schema(
    {
        "raw": pl.String(),
        "part": pl.Int32(),
        "value": pl.String(),
        "extension": pl.String(),
        "status": pl.String(),
        "reason": pl.String(),
        "rule": pl.String(),
        "n_repeats": pl.Int32(),
        "type": pl.String(),
        "match_key": pl.String(),
    }
)
_SIGNS = "[" + "".join(f"\\u{ord(sign):04x}" for sign in HOME_SIGNS) + "]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """Where an account's people are: an ISO region, and the area code of its local numbers."""

    region: str = "RU"
    area_code: str | None = None


def read_phone_column(raws: pl.Series, settings: PhoneSettings) -> pl.DataFrame:
    """Read distinct `raws`; one row per number found, in no order, as READINGS."""
    if settings.region.upper() not in HOME_REGIONS:
        return _read_each(raws, settings)
    shaped = pl.DataFrame({"raw": raws}).with_columns(
        national=pl.col("raw").str.replace_all(_SIGNS, "").str.extract(HOME_SHAPE, 1)
    )
    judged = _judged(shaped["national"].drop_nulls().unique())
    plain = shaped.join(judged, on="national", how="left")
    rest = plain.filter(pl.col("status").is_null())["raw"]
    ready = plain.filter(pl.col("status").is_not_null()).select(READINGS.names())
    return pl.concat([ready, _read_each(rest, settings)])


def _judged(nationals: pl.Series) -> pl.DataFrame:
    """Return the row of each valid national number."""
    numbers = parse_column("+7" + nationals, "RU")
    kinds = numbers.select(
        kind=pl.when(pl.col("status") == VALID).then(
            pl.col("type").replace_strict(TYPE_NAMES, default="other", return_dtype=pl.String)
        )
    )
    typed = kinds.with_columns(national=nationals).drop_nulls("kind").select("national", "kind")
    # All rows of one line type differ in their digits only; fillers are rare.
    is_filler = pl.col("national").str.contains_any(list(FILLERS))
    return pl.concat(
        [
            _rows(typed.filter(is_filler)),
            *(_stamped(part) for part in typed.filter(~is_filler).partition_by("kind")),
        ]
    )


def _rows(typed: pl.DataFrame) -> pl.DataFrame:
    found = [home_found(national, kind) for national, kind in typed.iter_rows()]
    return _by_national(typed["national"], [each for each in found if each])


def _stamped(part: pl.DataFrame) -> pl.DataFrame:
    """Write the first number's row for all of `part`, each with its own digits."""
    first = _rows(part.head(1))
    number = "+7" + pl.col("national")
    return (
        part.select("national")
        .join(first.drop("national"), how="cross")
        .with_columns(value=number, match_key=number)
    )


def _by_national(nationals: pl.Series, rows: Sequence[PhoneFound]) -> pl.DataFrame:
    frame = as_readings(nationals.to_list(), rows, [0] * len(rows))
    return frame.rename({"raw": "national"})


def _read_each(raws: pl.Series, settings: PhoneSettings) -> pl.DataFrame:
    texts: list[str] = []
    rows: list[PhoneFound] = []
    parts: list[int] = []
    for raw in raws.to_list():
        found = read_phones(raw, region=settings.region, area_code=settings.area_code)
        texts.extend([raw] * len(found))
        rows.extend(found)
        parts.extend(range(len(found)))
    return as_readings(texts, rows, parts)


def as_readings(
    raws: Sequence[str], rows: Sequence[PhoneFound], parts: Sequence[int]
) -> pl.DataFrame:
    """Lay parallel lists out as READINGS."""
    columns = {
        "raw": raws,
        "part": parts,
        "value": [row.value for row in rows],
        "extension": [row.extension for row in rows],
        "status": [row.status for row in rows],
        "reason": [row.reason for row in rows],
        "rule": [row.rule for row in rows],
        "n_repeats": [row.n_repeats for row in rows],
        "type": [row.type for row in rows],
        "match_key": [row.value if row.status == "valid" else None for row in rows],
    }
    return pl.DataFrame(columns, schema=READINGS)

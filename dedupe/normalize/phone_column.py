"""A column of strings, each held to be one number, judged as libphonenumber judges it.

The kernel decides most; what it leaves is asked of the library once per distinct
string. Splitting and the repairs of what people type come before: see `phones`.
"""

from __future__ import annotations

import numpy as np
import phonenumbers
import polars as pl

from dedupe.kernels.phones import (
    INVALID,
    NO_NUMBER,
    UNDECIDED,
    UNKNOWN_TYPE,
    VALID,
    parse_numbers,
)

from .automaton import phone_tables
from .buffers import arrow_buffers as arrow_buffers

NUMBERS = pl.Schema(
    {
        "status": pl.UInt8(),  # of dedupe.kernels.phones: NO_NUMBER, INVALID or VALID
        "number": pl.Int64(),  # E.164 without the plus; null where there is none
        "extension": pl.String(),
        "region": pl.String(),  # ISO 3166 or "001"; null where not valid
        "type": pl.Int8(),  # PhoneNumberType; UNKNOWN where not valid
    }
)


def parse_column(raw: pl.Series, region: str) -> pl.DataFrame:
    """Return NUMBERS, a row per string of `raw`, read with the default `region`.

    A null is NO_NUMBER. Raises ValueError for an unknown region.
    """
    tables = phone_tables()
    text = raw.cast(pl.String).fill_null("")
    data, offsets = arrow_buffers(text)
    columns = parse_numbers(data, offsets, tables.region_index(region), tables.arrays)
    status, number, regions, kinds = columns
    names = np.array([name.split(":")[0] for name in tables.names] + [None], dtype=object)
    frame = pl.DataFrame(
        {
            "status": status,
            "number": number,
            "extension": pl.Series([None] * len(text), dtype=pl.String),
            "region": pl.Series(names, dtype=pl.String).gather(
                np.where(regions < 0, len(names) - 1, regions)
            ),
            "type": kinds,
        }
    ).with_columns(
        number=pl.when(pl.col("status") == NO_NUMBER).then(None).otherwise(pl.col("number"))
    )
    return _ask_library(frame, text, region).cast(NUMBERS)


def ask_library(text: str, region: str) -> tuple[int, int | None, str | None, str | None, int]:
    """Return (status, number, extension, region, type) as the library judges `text`."""
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return NO_NUMBER, None, None, None, UNKNOWN_TYPE
    nsn = phonenumbers.national_significant_number(found)
    digits = f"{found.country_code}{nsn}"
    number = int(digits) if len(digits) <= 18 else None
    if not phonenumbers.is_valid_number(found):
        return INVALID, number, found.extension, None, UNKNOWN_TYPE
    where = phonenumbers.region_code_for_number(found)
    return VALID, number, found.extension, where, int(phonenumbers.number_type(found))


def _ask_library(frame: pl.DataFrame, text: pl.Series, region: str) -> pl.DataFrame:
    left = frame["status"] == UNDECIDED
    if not left.any():
        return frame
    asked = text.filter(left).unique()
    answers = pl.DataFrame(
        [ask_library(t, region) for t in asked], schema=NUMBERS, orient="row"
    ).with_columns(text=asked)
    rows = frame.with_columns(text=text, left=left).join(
        answers, on="text", how="left", suffix="_asked", maintain_order="left"
    )
    return rows.select(
        pl.when(pl.col("left")).then(pl.col(f"{name}_asked")).otherwise(pl.col(name)).alias(name)
        for name in NUMBERS
    )


def is_region(name: str) -> bool:
    """Tell whether `name` is a region (ISO 3166, upper case) that numbers can be read for."""
    return name in phonenumbers.SUPPORTED_REGIONS

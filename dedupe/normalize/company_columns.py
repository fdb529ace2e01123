"""Columns of company names and of tax numbers, read once per distinct text.

Rows are those of the distinct texts, sorted by them, for the caller to join back; a
null is no text. Results depend on the texts alone, not on the chunk size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import polars as pl

from dedupe.kernels import tax

from .buffers import arrow_buffers
from .company import CompanyName, parse_company
from .tax_numbers import TaxNumber, read_tax_numbers

COMPANY_NAMES = pl.Schema(
    {
        "raw": pl.String(),
        "core": pl.String(),
        "legal_form": pl.String(),
        "form_group": pl.String(),
        "person": pl.String(),
        "branch": pl.String(),
        "match_key": pl.String(),  # "" where the name says nothing
    }
)
TAX_NUMBERS = pl.Schema(
    {
        "raw": pl.String(),
        "part": pl.Int32(),  # order of the number inside the raw text, from 0
        "value": pl.String(),
        "kind": pl.String(),
        "status": pl.String(),
        "reason": pl.String(),
        "notes": pl.List(pl.String()),
    }
)
_KINDS = {
    tax.INN_COMPANY: "inn_company",
    tax.INN_PERSON: "inn_person",
    tax.OGRN: "ogrn",
    tax.OGRNIP: "ogrnip",
}
_VERDICTS: dict[int, tuple[str, str | None]] = {
    tax.VALID: ("valid", None),
    tax.BAD_CHECKSUM: ("bad_checksum", "checksum"),
    tax.BAD_FIRST_DIGIT: ("bad_checksum", "first_digit"),
}


def build_companies(names: pl.Series, *, chunk_rows: int = 50_000) -> pl.DataFrame:
    """Return COMPANY_NAMES, a row per distinct name; `chunk_rows` bounds the memory in use."""
    distinct = _distinct(names)
    chunks = [
        _company_frame(chunk, [parse_company(name) for name in chunk.to_list()])
        for chunk in _chunks(distinct, chunk_rows)
    ]
    return pl.concat([COMPANY_NAMES.to_frame(), *chunks])


def build_tax_numbers(
    raws: pl.Series,
    *,
    kind: str | None = None,
    country: str = "RU",
    chunk_rows: int = 1_000_000,
) -> pl.DataFrame:
    """Return TAX_NUMBERS, a row per number found in each distinct text.

    `kind` and `country` as in `read_tax_numbers`. A Russian column goes through the
    kernel; what it does not decide goes through the reader.
    """
    distinct = _distinct(raws)
    is_plain = kind in (None, "inn") and country.upper() == "RU"
    read = [
        part
        for chunk in _chunks(distinct, chunk_rows)
        for part in _read_tax_chunk(chunk, kind, country, is_plain=is_plain)
    ]
    return pl.concat([TAX_NUMBERS.to_frame(), *read]).sort("raw", "part")


def _distinct(texts: pl.Series) -> pl.Series:
    return texts.cast(pl.String).drop_nulls().unique().sort()


def _chunks(texts: pl.Series, chunk_rows: int) -> Iterator[pl.Series]:
    size = max(1, chunk_rows)
    for start in range(0, len(texts), size):
        yield texts.slice(start, size)


def _company_frame(raws: pl.Series, names: Sequence[CompanyName]) -> pl.DataFrame:
    columns: dict[str, object] = {
        column: [getattr(name, column) for name in names]
        for column in COMPANY_NAMES.names()
        if column != "raw"
    }
    return pl.DataFrame({"raw": raws, **columns}, schema=COMPANY_NAMES)


def _read_tax_chunk(
    raws: pl.Series, kind: str | None, country: str, *, is_plain: bool
) -> Iterator[pl.DataFrame]:
    if not is_plain:
        yield _read_each(raws, kind, country)
        return
    status, kinds = tax.tax_numbers(*arrow_buffers(raws))
    # With the label "inn" ОГРН is not what was asked for; twelve digits with a bad check
    # may be a Kazakh firm's: the reader knows.
    is_asked = (kinds <= tax.INN_PERSON) if kind == "inn" else np.full(len(kinds), True)
    is_left = ~is_asked | ((kinds == tax.INN_PERSON) & (status != tax.VALID))
    for code, verdict in product(_KINDS, _VERDICTS):
        is_such = ~is_left & (kinds == code) & (status == verdict)
        if is_such.any():
            yield _judged_frame(raws.filter(pl.Series(is_such)), _KINDS[code], *_VERDICTS[verdict])
    is_left |= ~np.isin(status, list(_VERDICTS))
    yield _read_each(raws.filter(pl.Series(is_left)), kind, country)


def _judged_frame(raws: pl.Series, kind: str, status: str, reason: str | None) -> pl.DataFrame:
    return raws.to_frame("raw").select(
        "raw",
        pl.lit(0, pl.Int32).alias("part"),
        pl.col("raw").alias("value"),
        pl.lit(kind).alias("kind"),
        pl.lit(status).alias("status"),
        pl.lit(reason, pl.String).alias("reason"),
        pl.lit([], pl.List(pl.String)).alias("notes"),
    )


def _read_each(raws: pl.Series, kind: str | None, country: str) -> pl.DataFrame:
    found: list[tuple[str, int, TaxNumber]] = [
        (raw, part, number)
        for raw in raws.to_list()
        for part, number in enumerate(read_tax_numbers(raw, kind=kind, country=country))
    ]
    columns = {
        "raw": [raw for raw, _, _ in found],
        "part": [part for _, part, _ in found],
        "value": [number.value for _, _, number in found],
        "kind": [number.kind for _, _, number in found],
        "status": [number.status for _, _, number in found],
        "reason": [number.reason for _, _, number in found],
        "notes": [list(number.notes) for _, _, number in found],
    }
    return pl.DataFrame(columns, schema=TAX_NUMBERS)

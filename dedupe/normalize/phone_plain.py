"""Columns of phones that need no splitter: one plain number, or plain numbers in a list.

A plain number is ten or eleven digits of country code 7 with spaces, brackets, dashes or
dots, or a plus and eleven to thirteen digits of another country; the kernels tell which
values are such, and whether the number is valid. What looks like a filler, a date, or a slip
of a plus is not plain. The rows are those of `read_phones`, which reads all the rest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.phones import VALID, parse_numbers
from dedupe.kernels.plain import NOTHING, plain_numbers, written

from .automaton import phone_tables
from .buffers import Index, arrow_buffers, from_buffers
from .numbering import TYPE_NAMES
from .phones import DOTTED_SHAPE
from .readings import READINGS, stamped

# Signs and words that end one number and begin the next, whatever stands there.
_BETWEEN = r"\s*[;,|/\n]\s*|\s+и\s+"
_LABEL = r"^\s*(?i:моб|раб|дом|сот|тел|факс|tel|mob)[. :]\s*"
_LISTS_BYTES_MAX = 200
# A date, an area code with a slash behind it, "24/7".
_ODD = r"(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]|\)\s*/|24\s?/\s?7"
_BARE = 0.98  # confidence in ten digits without a prefix, beside another number
Mask = npt.NDArray[np.bool_]
_TYPES = pl.Series([TYPE_NAMES.get(code, "other") for code in range(100)], dtype=pl.String)


def read_plain(raws: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return READINGS of those of RAWS that are one plain valid number, and the rest."""
    is_valid, found = _valid(_numbers(raws["raw"], may_remark=True))
    valid = pl.Series(is_valid)
    read = raws.filter(valid).hstack(found).with_columns(match_key="value")
    return stamped(read), raws.filter(~valid)


def read_lists(raws: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return READINGS of those of RAWS that are several plain numbers, and the rest."""
    raw = pl.col("raw")
    is_odd = raw.str.contains(_ODD)
    fits = raw.str.contains(_BETWEEN) & (raw.str.len_bytes() <= _LISTS_BYTES_MAX)
    parts = (
        raws.filter(fits & ~is_odd)
        .select("row", text=raw.str.replace_all(_BETWEEN, ";").str.split(";"))
        .explode("text", empty_as_null=True)
        .with_columns(pl.col("text").str.replace(_LABEL, "").fill_null(""))
    )
    is_valid, found = _valid(_numbers(parts["text"], may_remark=False))
    is_bad = parts.filter(~pl.Series(is_valid))["row"].unique()
    judged = parts.filter(pl.Series(is_valid)).hstack(found)
    judged = judged.filter(~pl.col("row").is_in(is_bad.implode()))
    is_listed = pl.col("row").is_in(judged["row"].unique().implode())
    return _listed(judged), raws.filter(~is_listed)


def plain_values(texts: pl.Series) -> pl.DataFrame:
    """Return value and type of each text that is one plain valid number, else nulls."""
    is_valid, found = _valid(_numbers(texts, may_remark=False))
    at = np.where(is_valid, np.cumsum(is_valid) - 1, found.height)
    nothing = pl.DataFrame({"value": None, "type": None}, schema=found.schema)
    return pl.concat([found, nothing])[at]


def _numbers(texts: pl.Series, *, may_remark: bool) -> Index:
    """Return the plain number that each text is, calling code first, or NOTHING."""
    numbers = plain_numbers(*arrow_buffers(texts), may_remark)
    left = np.flatnonzero(numbers == NOTHING)
    left = left[texts.gather(left).str.contains(".", literal=True).to_numpy()]
    left = left[texts.gather(left).str.contains(DOTTED_SHAPE).to_numpy()]
    undotted = texts.gather(left).str.replace_all(".", "", literal=True)
    numbers[left] = plain_numbers(*arrow_buffers(undotted), False)
    return numbers


def _valid(numbers: Index) -> tuple[Mask, pl.DataFrame]:
    """Tell which numbers are valid; return the value, type and match_key of these."""
    asked = np.flatnonzero(numbers != NOTHING)
    tables = phone_tables()
    home = tables.region_index("RU")
    status, found, _, kinds = parse_numbers(*written(numbers[asked]), home, tables.arrays)
    is_valid = np.zeros(len(numbers), dtype=np.bool_)
    is_valid[asked] = status == VALID
    value = from_buffers(*written(found[status == VALID]))
    kind = _TYPES.gather(kinds[status == VALID])
    return is_valid, pl.DataFrame({"value": value, "type": kind})


def _listed(numbers: pl.DataFrame) -> pl.DataFrame:
    """Return READINGS: the distinct values of each raw one in their order, repeats counted."""
    is_bare = pl.col("text").str.count_matches("[0-9]") == 10
    return (
        numbers.group_by("row", "value", maintain_order=True)
        .agg(
            pl.col("type").first(),
            n_repeats=pl.len(),
            confidence=pl.when(is_bare).then(_BARE).otherwise(1.0).first(),
        )
        .with_columns(
            part=pl.int_range(pl.len()).over("row"),
            extension=None,
            status=pl.lit("valid"),
            reason=None,
            rule=pl.lit("separator"),
            match_key="value",
        )
        .select(pl.col(name).cast(dtype) for name, dtype in READINGS.items())
    )

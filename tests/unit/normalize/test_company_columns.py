"""Columns of company names and tax numbers equal what is read one by one."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.company import parse_company
from dedupe.normalize.company_columns import (
    COMPANY_NAMES,
    TAX_NUMBERS,
    build_companies,
    build_tax_numbers,
)
from dedupe.normalize.tax_numbers import read_tax_numbers

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
NAMES = st.lists(
    TEXT
    | st.sampled_from(
        ["ООО Ромашка", "ООО «Ромашка»", "ИП Иванов И.И.", "ООО", "", "ГК Ромашка", "Ромашка (АО)"]
    )
    | st.none(),
    max_size=12,
)
NUMBERS = st.lists(
    TEXT
    | st.text(alphabet="0123456789", min_size=8, max_size=16)
    | st.sampled_from(["7707083893", "500100732259", "1022200525819", "ИНН 7707083893/770701001"])
    | st.none(),
    max_size=12,
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(NAMES, st.integers(1, 5))
def test_company_rows_are_the_parts_one_by_one(names, chunk_rows) -> None:
    frame = build_companies(pl.Series(names, dtype=pl.String), chunk_rows=chunk_rows)
    assert frame.schema == COMPANY_NAMES
    distinct = sorted({name for name in names if name is not None}, key=str.encode)
    assert frame["raw"].to_list() == distinct
    for row in frame.iter_rows(named=True):
        read = parse_company(row["raw"])
        assert {name: getattr(read, name) for name in row if name != "raw"} == {
            name: value for name, value in row.items() if name != "raw"
        }


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    NUMBERS,
    st.integers(1, 5),
    st.sampled_from([None, "inn", "ogrn", "kpp"]),
    st.sampled_from(["RU", "ru", "KZ"]),
)
def test_tax_rows_are_the_numbers_one_by_one(raws, chunk_rows, kind, country) -> None:
    series = pl.Series(raws, dtype=pl.String)
    frame = build_tax_numbers(series, kind=kind, country=country, chunk_rows=chunk_rows)
    assert frame.schema == TAX_NUMBERS
    want = [
        (raw, part, n.value, n.kind, n.status, n.reason, list(n.notes))
        for raw in sorted({raw for raw in raws if raw is not None}, key=str.encode)
        for part, n in enumerate(read_tax_numbers(raw, kind=kind, country=country))
    ]
    assert frame.rows() == want


@pytest.mark.parametrize("build", [build_companies, build_tax_numbers])
def test_an_empty_column_gives_no_rows(build) -> None:
    assert build(pl.Series([], dtype=pl.String)).height == 0
    assert build(pl.Series([None, None])).height == 0


def test_numbers_of_a_numeric_column_are_read() -> None:
    frame = build_tax_numbers(pl.Series([7707083893, 7707083893, None]))
    assert frame.select("value", "status").rows() == [("7707083893", "valid")]

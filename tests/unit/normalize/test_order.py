"""row_order sorts as polars does: nulls first, stable, text by its bytes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.order import row_order

TEXT = st.one_of(
    st.none(),
    st.sampled_from(["", "1", "10", "2", "10000001", "10000002", "100000010", "я", "ab", "ab\0"]),
    st.text(max_size=12),
)
ROWS = st.lists(st.tuples(TEXT, st.one_of(st.none(), st.integers(-3, 3))), max_size=30)


@settings(deadline=None, max_examples=200)
@given(ROWS)
def test_rows_stand_as_polars_sorts_them(rows) -> None:
    schema = {"text": pl.String, "number": pl.Int32}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("row")
    for by in (["text", "number"], ["number", "text"]):
        expected = frame.sort(by, maintain_order=True)
        assert frame[row_order(frame, by)].equals(expected)


@pytest.mark.parametrize("length", [64, 65, 300])
def test_long_texts_are_sorted_too(length: int) -> None:
    texts = ["b" * length, "a" * length, None, "a" * (length - 1), "b"]
    frame = pl.DataFrame({"text": texts})
    assert frame[row_order(frame, ["text"])].equals(frame.sort("text"))

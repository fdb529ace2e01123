"""What exports usually hold goes short ways; they lead where the long ones do."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.crm.tables import cells, values
from dedupe.crm.tables.cells import id_text, id_texts, moments, unguarded, without_guard

MOMENT = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(2099, 12, 31))
FORM = st.sampled_from(["%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
WRITTEN = st.one_of(
    st.none(),
    st.builds(lambda moment, form: moment.strftime(form), MOMENT, FORM),
    st.sampled_from(
        [
            *("31.02.2020 10:00:00", "2020-02-31 10:00:00", "2020-01-01 25:00:00", "нет"),
            *("2021-03-28 02:30:00", "28.03.2021 02:30:00", "+020-01-01 10:00:00"),
            *("2020- 1-01 10:00:00", "0020-01-01 10:00:00", "2020-01-01", "1600000000"),
            *("12/31/2020 10:00", "2020-01-01 10:00:00Z", "2020-01-01 10:00:60"),
        ]
    ),
)


@settings(deadline=None)
@given(texts=st.lists(WRITTEN, max_size=8), zone=st.sampled_from(["Europe/Berlin", "UTC"]))
def test_usual_moments_are_read_as_all_are(texts, zone) -> None:
    column = pl.Series("at", texts, dtype=pl.String)
    usual = moments(column, zone)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "_USUAL", ())
        assert usual.equals(moments(column, zone))


def test_a_usual_moment_after_many_others_is_read() -> None:
    texts = pl.Series(["01.02.2020"] * 2000 + ["2020-02-03 04:05:06"])
    assert moments(texts, "UTC")[-1] == datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


GUARDED = st.lists(st.sampled_from([None, "'12", "12.0", "'+7", "a'b", "x.0", "1.20", "'x"]))


@given(texts=GUARDED)
def test_columns_are_cleaned_as_cells_are(texts) -> None:
    column = pl.Series("id", texts, dtype=pl.String)
    for whole, cell in ((unguarded, without_guard), (id_texts, id_text)):
        want = column.to_frame().select(cell(pl.col("id"))).to_series()
        assert whole(column).equals(want)


ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 4), st.integers(0, 3)), max_size=20)


@settings(deadline=None)
@given(rows=ROWS)
def test_positions_count_the_values_of_a_kind_on_a_row(rows) -> None:
    frame = pl.DataFrame(
        sorted(rows, key=lambda row: row[:2]),
        schema={"table": pl.Int32, "row": pl.UInt32, "kind_at": pl.Int32},
        orient="row",
    )
    want = frame.select(pl.int_range(pl.len()).over("table", "row", "kind_at")).to_series()
    assert values._positions(frame).to_list() == want.to_list()

"""Metrics as tables and charts, whatever their shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from dedupe.contracts import CHARTS, Column, Metric, Quality
from dedupe.report.metric_view import SHOWN, UNFOLDED, Writer, view_metric

KINDS = ("text", "count", "share", "share", "share")
NAMES = ("name", "n", "rate", "low", "high")


def metric(rows: int, chart: str = "", values: tuple[str, ...] = ("n",), **told) -> Metric:
    frame = pl.DataFrame(
        {
            "name": [f"Ряд {i}" for i in range(rows)],
            "n": [i if i % 5 else None for i in range(rows)],
            "rate": [i / 100 for i in range(rows)],
            "low": [0.1] * rows,
            "high": [0.4] * rows,
        },
        schema={"name": pl.String, "n": pl.Int64, **dict.fromkeys(NAMES[2:], pl.Float64)},
    )
    columns = tuple(Column(*each) for each in zip(NAMES, NAMES, KINDS, strict=True))
    return Metric(
        name="m", title="M", columns=columns, rows=frame, chart=chart, values=values, **told
    )


def view(each: Metric, write: Writer | None = None):
    return view_metric(each, write or Writer(), link=lambda entity, i: f"https://x.ru/{entity}/{i}")


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("rows", [0, 1, 2, 200])
def test_every_chart_is_drawn_for_pages_and_telephones(chart, rows) -> None:
    values = ("rate", "low", "high") if chart in ("intervals", "heat_map", "line") else ("n",)
    drawn = view(metric(rows, chart, values)).charts
    has_values = rows > (1 if values == ("n",) else 0)  # the first n is null
    assert len(drawn) == (2 if has_values else 0)
    assert all(svg.startswith("<svg") for svg in drawn)


def test_values_that_are_all_zero_draw_no_chart() -> None:
    empty = metric(5, "bars", ("n",))
    none = replace(empty, rows=empty.rows.with_columns(n=pl.lit(0)))
    assert (len(view(empty).charts), view(none).charts) == (2, ())
    assert len(view(none).rows) == 5


def test_a_long_table_is_shown_in_part_and_counted() -> None:
    shown = view(metric(200))
    assert (len(shown.rows), len(shown.more), shown.n_left) == (SHOWN, UNFOLDED - SHOWN, 140)


def test_a_matrix_may_come_as_rows_of_row_column_value() -> None:
    rows = pl.DataFrame({"day": ["Пн", "Пн", "Вт"], "hour": [10, 9, 9], "n": [1, 2, 3]})
    columns = (Column("day", "d", "text"), Column("hour", "h", "count"), Column("n", "n", "count"))
    each = Metric(name="m", title="M", columns=columns, rows=rows, chart="heat_map", values=("n",))
    svg = view(each).charts[0]
    assert svg.index(">9</text>") < svg.index(">10</text>")
    assert svg.count("fill-opacity") == 3


def test_rows_of_moment_name_value_are_a_line_for_each_name() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 1)]
    rows = pl.DataFrame({"month": days, "name": ["a", "b"] * 2, "n": [1, 2, 3, 4]})
    columns = (
        Column("month", "m", "month"),
        Column("name", "n", "text"),
        Column("n", "n", "count"),
    )
    each = Metric(name="m", title="M", columns=columns, rows=rows, chart="line", values=("n",))
    assert view(each).charts[0].count("<polyline") == 2


def test_records_are_linked_and_employees_named() -> None:
    columns = (
        Column("entity", "e", "word"),
        Column("id", "i", "record"),
        Column("who", "w", "person"),
    )
    rows = pl.DataFrame({"entity": ["deal"], "id": ["5"], "who": ["77"]})
    each = Metric(name="m", title="M", columns=columns, rows=rows, entity="contact")
    [[_, record, person]] = view(each, Writer(people={"77": "Анна"})).rows
    assert (record.words, record.url, person.words) == ("5", "https://x.ru/deal/5", "Анна")


@pytest.mark.parametrize(("usable", "tone"), [(95, "good"), (70, "warning"), (10, "error")])
def test_the_badge_tells_how_far_numbers_can_be_trusted(usable, tone) -> None:
    badge = view(metric(1, quality=Quality(usable=usable, base=100, reason="no price"))).badge
    assert badge is not None
    assert (badge.tone, badge.reason) == (tone, "no price")
    assert view(metric(1, quality=Quality(usable=0, base=0, reason="x"))).badge is None

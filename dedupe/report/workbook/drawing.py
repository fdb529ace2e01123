"""The charts of metrics as a spreadsheet draws them, from the cells of their tables.

A heat map is the table itself, in colours. A line for each name needs the rows unstacked, which is
a small table below; a waterfall is drawn as the changes themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from dedupe.contracts import Metric
from dedupe.language import tr
from dedupe.report.metric_view import POINTS_DRAWN, ROWS_DRAWN, is_drawn
from dedupe.report.spreadsheets import cell_text

from .book import Sheet, number_format

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

_WIDTH, _HEIGHT = 640, 380
_FRAME, _BAR = 110, 24  # pixels: what is around the bars of a chart, and one of them
_ROW = 20  # pixels of a row of the sheet
_BLUE, _ORANGE = "#3B6EA8", "#C9792B"
_KINDS = {
    "bars": {"type": "bar"},
    "pareto": {"type": "column"},
    "line": {"type": "line"},
    "funnel": {"type": "bar"},
    "waterfall": {"type": "column"},
    "intervals": {"type": "column"},
}
_TIMES = frozenset(("moment", "date", "week", "month"))
_LYING = ("bars", "funnel")  # a row of the table is a row of the chart


def draw(sheet: Sheet, rows: pl.DataFrame, metric: Metric, first: int) -> int:
    """Draw the chart of a table whose rows begin at `first`; return how many rows it takes."""
    names = [column.name for column in metric.columns]
    if not is_drawn(metric):
        return 0
    if metric.chart == "heat_map":
        _heat(sheet, first, rows.height, [names.index(name) for name in metric.values])
        return 0
    is_line = metric.chart == "line"
    if rows.height < 2 or (is_line and rows[names[0]].is_duplicated().any()):
        return 0
    shown = min(rows.height, POINTS_DRAWN if is_line else ROWS_DRAWN)
    start = first + (rows.height - shown if is_line else 0)
    told = _Told(sheet=sheet, metric=metric, first=start, last=start + shown - 1)
    chart = sheet.book.book.add_chart(dict(_KINDS[metric.chart]))
    for name in _drawn(metric):
        chart.add_series(told.series(name, rows.slice(start - first, shown)))
    if metric.chart == "pareto":
        _cumulative(sheet, chart, told, metric)
    height = _FRAME + _BAR * shown if metric.chart in _LYING else _HEIGHT
    _dress(chart, metric, height)
    sheet.sheet.insert_chart(first - 1, len(names) + 1, chart)
    return height // _ROW + 1


class _Told:
    """The series of one chart: where its names and values stand."""

    def __init__(self, *, sheet: Sheet, metric: Metric, first: int, last: int) -> None:
        self._sheet, self._metric = sheet, metric
        self._first, self._last = first, last
        self._names = [column.name for column in metric.columns]

    def series(self, name: str, rows: pl.DataFrame) -> dict[str, object]:
        """Return a series of the column `name`."""
        at = self._names.index(name)
        column = self._metric.columns[at]
        told: dict[str, object] = {
            "name": _words(column.title),
            "categories": [self._sheet.name, self._first, 0, self._last, 0],
            "values": [self._sheet.name, self._first, at, self._last, at],
        }
        if self._metric.chart in ("bars", "funnel", "pareto", "waterfall", "intervals"):
            told |= {"fill": {"color": _BLUE}, "gap": 30 if self._metric.chart == "funnel" else 60}
        if self._metric.chart == "intervals":
            told["y_error_bars"] = _whiskers(self._metric, rows)
        return told


def _drawn(metric: Metric) -> list[str]:
    """Return the columns that are drawn: one scale can't hold sums and shares."""
    kinds = {column.name: column.kind for column in metric.columns}
    if metric.chart != "line":
        return [metric.values[0]]
    return [name for name in metric.values if kinds[name] == kinds[metric.values[0]]]


def _cumulative(sheet: Sheet, chart: Chart, told: _Told, metric: Metric) -> None:
    """Lay the line of sums over the bars, on a scale of its own."""
    if len(metric.values) < 2:
        return
    line = sheet.book.book.add_chart({"type": "line"})
    line.add_series(
        {
            **told.series(metric.values[1], metric.rows),
            "y2_axis": True,
            "line": {"color": _ORANGE},
        }
    )
    line.set_y2_axis({"num_format": "0%", "min": 0, "max": 1})
    chart.combine(line)


def _whiskers(metric: Metric, rows: pl.DataFrame) -> dict[str, object]:
    value, low, high = (
        rows[name].cast(pl.Float64, strict=False).fill_null(0.0) for name in metric.values[:3]
    )
    return {
        "type": "custom",
        "plus_values": (high - value).clip(0).to_list(),
        "minus_values": (value - low).clip(0).to_list(),
    }


def _heat(sheet: Sheet, first: int, n: int, columns: list[int]) -> None:
    """Colour the cells of the matrix on one scale."""
    told = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#7FA3CF"}
    low, high = min(columns), max(columns)
    sheet.sheet.conditional_format(first, low, first + n - 1, high, told)


def _dress(chart: Chart, metric: Metric, height: int) -> None:
    kinds = {column.name: column.kind for column in metric.columns}
    is_share = kinds[metric.values[0]] == "share"
    chart.set_title({"name": _words(metric.title), "name_font": {"size": 11}})
    chart.set_size({"width": _WIDTH, "height": height})
    numbers: dict[str, object] = {"num_format": "0%" if is_share else "#,##0"}
    if metric.chart in _LYING:
        # The first row is the uppermost, and each has its name.
        chart.set_y_axis({"reverse": True, "interval_unit": 1})
        chart.set_x_axis(numbers)
    else:
        chart.set_y_axis(numbers)
        if kinds[metric.columns[0].name] in _TIMES:  # else an axis shows days as numbers
            told = number_format(metric.columns[0].kind)
            chart.set_x_axis({"date_axis": True, **told})
    if len(_drawn(metric)) == 1 and metric.chart != "pareto":
        chart.set_legend({"none": True})
    else:
        chart.set_legend({"position": "bottom"})


def _words(title: str) -> str:
    """Return a title as a chart may have it: "a!A1" would be taken for a cell's address."""
    return cell_text(tr(title)).replace("!", "! ")

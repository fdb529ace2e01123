"""A metric as a page shows it: its chart, its table, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from dedupe.contracts import Column, Metric
from dedupe.language import N_, count, share, tr
from dedupe.report import charts
from dedupe.report.figures import NUMBERS, cell, column_title
from dedupe.report.layout import Badge, MetricView, TextCell

SHOWN = 15  # rows of a table at once
UNFOLDED = 60
ROWS_DRAWN = 24
POINTS_DRAWN = 130  # two and a half years of weeks
WIDTHS = (680, 320)  # of a page and of a telephone
_GOOD, _FAIR = 0.9, 0.6
_TIMES = frozenset(("moment", "date", "week", "month", "record", "code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Puts values of metrics in words: the currency, the zone, and whether nothing is hidden."""

    currency: str = ""
    zone: str = ""
    raw: bool = False
    people: Mapping[str, str] = field(default_factory=dict)  # employees by id

    def cell(self, value: object, kind: str) -> str:
        """Write one value; an employee told by id gets the name."""
        if kind == "person" and isinstance(value, str):
            value = self.people.get(value, value)
        return cell(value, kind, currency=self.currency, zone=self.zone, raw=self.raw)

    def scale(self, kind: str) -> Callable[[float], str]:
        """Return the function that writes a value of a scale."""
        return lambda value: self.cell(value, kind)


def view_metric(metric: Metric, write: Writer, *, link: Callable[[str, str], str]) -> MetricView:
    """Return the metric ready to be laid out; `link` gives the address of an entity's record."""
    rows = _cells(metric, write, link)
    return MetricView(
        title=tr(metric.title),
        note=tr(metric.note),
        badge=_badge(metric),
        headers=tuple((column_title(column), _style(column.kind)) for column in metric.columns),
        rows=rows[:SHOWN],
        more=rows[SHOWN:UNFOLDED],
        n_left=max(0, metric.rows.height - UNFOLDED),
        charts=tuple(_chart(metric, write, width) for width in WIDTHS) if is_drawn(metric) else (),
    )


def _style(kind: str) -> str:
    """Return the class of a column's cells: numbers stand to the right, times on one line."""
    return "n" if kind in NUMBERS else ("t" if kind in _TIMES else "")


def is_drawn(metric: Metric) -> bool:
    """Tell whether there is a chart to be drawn: values that are all zero draw nothing."""
    if not (metric.chart and metric.values and metric.rows.height):
        return False
    amounts = (metric.rows[name].cast(pl.Float64, strict=False) for name in metric.values)
    return any((amount != 0).any() for amount in amounts)


def _cells(
    metric: Metric, write: Writer, link: Callable[[str, str], str]
) -> tuple[tuple[TextCell, ...], ...]:
    names = [column.name for column in metric.columns]
    entity_at = names.index("entity") if "entity" in names else None

    def one(column: Column, value: object, row: Sequence[object]) -> TextCell:
        words = write.cell(value, column.kind)
        url = ""
        if column.kind == "record" and value is not None:
            url = link(metric.entity if entity_at is None else str(row[entity_at]), str(value))
        return TextCell(words, url)

    return tuple(
        tuple(one(column, value, row) for column, value in zip(metric.columns, row, strict=True))
        for row in metric.rows.head(UNFOLDED).iter_rows()
    )


def _badge(metric: Metric) -> Badge | None:
    quality = metric.quality
    if quality is None or quality.share is None:
        return None
    tone = "good" if quality.share >= _GOOD else ("warning" if quality.share >= _FAIR else "error")
    words = tr(
        N_("usable {share}: {n} of {base}"),
        share=share(quality.share),
        n=count(quality.usable),
        base=count(quality.base),
    )
    reason = tr(quality.reason) if quality.usable < quality.base else ""
    return Badge(words, tone, reason)


def _chart(metric: Metric, write: Writer, width: int) -> str:
    frame = charts.Frame(title=tr(metric.title), desc=tr(metric.note), width=width)
    return _DRAWN[metric.chart](metric, write, frame)


def _kind(metric: Metric, name: str) -> str:
    return next(column.kind for column in metric.columns if column.name == name)


def _labels(metric: Metric, write: Writer, n: int) -> list[str]:
    first = metric.columns[0]
    return [write.cell(value, first.kind) for value in metric.rows[first.name].head(n)]


def _numbers(metric: Metric, name: str, n: int) -> list[float | None]:
    return [_number(value) for value in metric.rows[name].head(n)]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _points(metric: Metric, write: Writer, name: str) -> list[charts.Point]:
    kind = _kind(metric, name)
    numbers = _numbers(metric, name, ROWS_DRAWN)
    return [
        charts.Point(label, number, write.cell(value, kind))
        for label, number, value in zip(
            _labels(metric, write, ROWS_DRAWN),
            numbers,
            metric.rows[name].head(ROWS_DRAWN),
            strict=True,
        )
    ]


def _bars(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    return charts.bars(_points(metric, write, metric.values[0]), frame)


def _pareto(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    return charts.pareto(_points(metric, write, metric.values[0]), frame, write=share)


def _funnel(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    return charts.funnel(_points(metric, write, metric.values[0]), frame)


def _waterfall(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    return charts.waterfall(_points(metric, write, metric.values[0]), frame)


def _line(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    """Draw the values that are of the first one's kind: one scale can't hold sums and shares."""
    kind = _kind(metric, metric.values[0])
    if metric.rows[metric.columns[0].name].is_duplicated().any():
        return _lines_by_name(metric, write, frame)
    names = [name for name in metric.values if _kind(metric, name) == kind]
    titles = {column.name: tr(column.title) for column in metric.columns}
    n, first = metric.rows.height, metric.columns[0]
    series = [
        charts.Series(titles[name], tuple(_numbers(metric, name, n)[-POINTS_DRAWN:]))
        for name in names
    ]
    labels = [_tick(value, first.kind, write) for value in metric.rows[first.name]]
    return charts.line(labels[-POINTS_DRAWN:], series, frame, write=write.scale(kind))


def _lines_by_name(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    """Draw rows of (moment, name, ..., value): a line for each name."""
    moments, names, cells = unstacked(metric)
    across = metric.columns[1].kind
    drawn = cells[-POINTS_DRAWN:]
    series = [
        charts.Series(write.cell(name, across), tuple(row[c] for row in drawn))
        for c, name in enumerate(names)
    ]
    labels = [_tick(at, metric.columns[0].kind, write) for at in moments][-POINTS_DRAWN:]
    scale = write.scale(_kind(metric, metric.values[0]))
    return charts.line(labels, series, frame, write=scale)


def _tick(value: object, kind: str, write: Writer) -> str:
    """Write a label of the axis; a moment to the day."""
    return write.cell(value.date() if isinstance(value, datetime) else value, kind)


def _heat_map(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    """Draw a matrix: either a column for each value, or rows of (row, column, value)."""
    if len(metric.values) > 1:
        titles = {column.name: tr(column.title) for column in metric.columns}
        rows = _labels(metric, write, ROWS_DRAWN)
        drawn = [_numbers(metric, name, ROWS_DRAWN) for name in metric.values]
        columns = [titles[name] for name in metric.values]
        cells = [list(row) for row in zip(*drawn, strict=True)]
    else:
        down, across, cells = unstacked(metric)
        rows = [write.cell(r, metric.columns[0].kind) for r in down][:ROWS_DRAWN]
        columns = [write.cell(c, metric.columns[1].kind) for c in across][:ROWS_DRAWN]
    scale = write.scale(_kind(metric, metric.values[0]))
    return charts.heat_map(rows, columns, cells, frame, write=scale)


def unstacked(metric: Metric) -> tuple[list[object], list[object], list[list[float | None]]]:
    """Return rows of (row, column, ..., value) as a matrix: its rows, its columns, its cells."""
    down, across = metric.columns[0].name, metric.columns[1].name
    places: dict[tuple[object, object], float | None] = {
        (r, c): _number(v)
        for r, c, v in metric.rows.select(down, across, metric.values[0]).iter_rows()
    }
    rows = _ordered(list(dict.fromkeys(r for r, _ in places)))
    columns = _ordered(list(dict.fromkeys(c for _, c in places)))
    return rows, columns, [[places.get((r, c)) for c in columns] for r in rows]


def _ordered(values: list[object]) -> list[object]:
    """Put numbers and dates in their order; names stay in the metric's."""
    numbers = [v for v in values if isinstance(v, int | float)]
    days = [v for v in values if isinstance(v, date)]
    if len(numbers) == len(values):
        return [*sorted(numbers)]
    return [*sorted(days)] if len(days) == len(values) else values


def _intervals(metric: Metric, write: Writer, frame: charts.Frame) -> str:
    """Draw value, low, high; a fourth value is the reference, the same in every row."""
    columns = [_numbers(metric, name, ROWS_DRAWN) for name in metric.values[:4]]
    columns += [[None] * len(columns[0])] * (4 - len(columns))
    value, low, high, reference = columns
    kind = _kind(metric, metric.values[0])
    labels = _labels(metric, write, ROWS_DRAWN)
    points = [
        charts.Interval(name, v, a, b, write.cell(v, kind))
        for name, v, a, b in zip(labels, value, low, high, strict=True)
    ]
    line = next((x for x in reference if x is not None), None)
    return charts.intervals(points, frame, write=write.scale(kind), reference=line)


_DRAWN: dict[str, Callable[[Metric, Writer, charts.Frame], str]] = {
    "bars": _bars,
    "pareto": _pareto,
    "funnel": _funnel,
    "waterfall": _waterfall,
    "line": _line,
    "heat_map": _heat_map,
    "intervals": _intervals,
}

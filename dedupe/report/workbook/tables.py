"""The sheets of metrics: one table below the other, with the charts that a spreadsheet can draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from dedupe.contracts import Column, Metric
from dedupe.language import N_, count, share, tr
from dedupe.report.content import Content
from dedupe.report.figures import column_title, zone_of
from dedupe.report.links import card_url
from dedupe.report.metric_view import Writer, unstacked
from dedupe.report.words import entity_name

from .book import Cell, Link, Sheet
from .drawing import draw

_TYPED = ("count", "share", "money", "days", "seconds", "number", "year", "moment", "date", "week",
          "month")  # fmt: skip
_NARROW, _WIDE = 10, 44
_ACROSS = 6  # the last column of those that a remark stands across
_LINES = 12  # of a chart: more can't be told apart
_SAMPLED = 200  # rows that tell a column's width


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Writes metrics into sheets, their texts hidden as the content's options say."""

    content: Content
    write: Writer

    def metric(self, sheet: Sheet, metric: Metric, most: int) -> None:
        """Write one metric, `most` rows of it, its chart to the right."""
        sheet.line(self._title(metric), "subtitle")
        for remark in self._remarks(metric, most):
            sheet.note(remark, 0, _ACROSS)
        kinds = [_style(column) for column in metric.columns]
        sheet.head([column_title(column) for column in metric.columns], kinds)
        first = sheet.row
        rows = metric.rows.head(most)
        for cells in self.cells(metric, rows):
            sheet.cells(cells, kinds)
        last = sheet.row - 1
        for at, column in enumerate(metric.columns):
            if column.kind == "share" and metric.chart != "heat_map":
                sheet.bars(first, last, at, most=1)
        sheet.row = max(sheet.row, first + draw(sheet, rows, metric, first)) + 2
        lines = lines_by_name(metric, self.write)
        if lines is not None:
            self.metric(sheet, lines, most)

    def cells(self, metric: Metric, rows: pl.DataFrame) -> list[list[Cell]]:
        """Return the rows of a metric as cells: numbers as such, the rest in words."""
        names = [column.name for column in metric.columns]
        entity_at = names.index("entity") if "entity" in names else None

        def entity(row: Sequence[object]) -> str:
            return metric.entity if entity_at is None else str(row[entity_at])

        return [
            [
                self._cell(value, column, entity(row))
                for value, column in zip(row, metric.columns, strict=True)
            ]
            for row in rows.iter_rows()
        ]

    def _cell(self, value: object, column: Column, entity: str) -> Cell:
        if value is None:
            return None
        if column.kind == "record":
            summary = self.content.summary
            return Link(str(value), url=card_url(summary.crm, summary.host, entity, str(value)))
        if column.kind in _TYPED and not isinstance(value, bool):
            if isinstance(value, datetime) and value.tzinfo is not None:
                return value.astimezone(zone_of(self.write.zone)).replace(tzinfo=None)
            if isinstance(value, int | float | date):
                return value
        return self.write.cell(value, column.kind)

    def _title(self, metric: Metric) -> str:
        alike = {other.entity for other in self.content.metrics_of(metric.code)}
        entity = f": {entity_name(metric.entity)}" if len(alike) > 1 else ""
        return f"{metric.code} {tr(metric.title)}{entity}".strip()

    def _remarks(self, metric: Metric, most: int) -> list[str]:
        remarks = [tr(metric.note)] if metric.note else []
        quality = metric.quality
        if quality is not None and quality.share is not None:
            words = tr(
                N_("usable {share}: {n} of {base}"),
                share=share(quality.share),
                n=count(quality.usable),
                base=count(quality.base),
            )
            remarks.append(f"{words}. {tr(quality.reason)}".strip())
        if metric.rows.height > most:
            remarks.append(
                tr(
                    N_("The first {n} rows of {total}; all of them: metrics.json."),
                    n=count(most),
                    total=count(metric.rows.height),
                )
            )
        return remarks


def lines_by_name(metric: Metric, write: Writer) -> Metric | None:
    """Return rows of (time, name, ..., value) with a column for each name, as a line needs them.

    None where the metric is no such thing.
    """
    time, *rest = metric.columns
    is_line = metric.chart == "line" and bool(metric.values) and len(rest) > 1
    if not is_line or not metric.rows[time.name].is_duplicated().any():
        return None
    moments, names, cells = unstacked(metric)
    kind = next(column.kind for column in metric.columns if column.name == metric.values[0])
    told = [(f"c{n}", write.cell(name, rest[0].kind)) for n, name in enumerate(names[:_LINES])]
    data = {key: [row[n] for row in cells] for n, (key, _) in enumerate(told)}
    dtypes = {time.name: metric.rows[time.name].dtype, **{key: pl.Float64() for key, _ in told}}
    return replace(
        metric,
        columns=(time, *(Column(key, title, kind) for key, title in told)),
        rows=pl.DataFrame({time.name: moments, **data}, schema=dtypes),
        values=tuple(key for key, _ in told),
        note="",
        quality=None,
    )


def table_widths(metrics: Sequence[Metric], tables: Tables) -> dict[int, float]:
    """Return the widths of columns that hold the tables of a sheet."""
    widths: dict[int, float] = {}
    for metric in metrics:
        for at, column in enumerate(metric.columns):
            title = max((len(word) for word in column_title(column).split()), default=0)
            told = [metric.rows[column.name].head(_SAMPLED).to_list(), column.kind]
            longest = max((len(tables.write.cell(v, column.kind)) for v in told[0]), default=0)
            width = min(max(longest, title) + 3, _WIDE)
            widths[at] = max(widths.get(at, _NARROW), width)
    return widths


def _style(column: Column) -> str:
    return column.kind if column.kind in _TYPED else "wrap"

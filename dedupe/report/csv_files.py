"""report_csv/: the scan as CSV files, one for each finding and each metric, and an index of them.

All rows, however many. UTF-8 with its mark, every cell quoted; in Russian with semicolons, decimal
commas and dates as a Russian spreadsheet reads them. No cell can become a formula. The names of
files are made of codes alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from dedupe.contracts import CheckResult, Column, Metric
from dedupe.language import N_, current, tr
from dedupe.report import headline
from dedupe.report.cells import safe_cell
from dedupe.report.content import Content
from dedupe.report.figures import zone_of
from dedupe.report.links import card_url
from dedupe.report.metric_view import Writer
from dedupe.report.words import entity_name, plain, reason_text, repair_name, severity_name
from dedupe.report.workbook.rows import FindingRows, finding_rows, people

INDEX, RESULTS = "index.csv", "results.csv"
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 100
_TEXTS = ("record_id", "name", "owner", "was", "proposal", "why")
_FINDING = {
    "record_id": N_("ID"),
    "url": N_("Card"),
    "name": N_("Name"),
    "owner": N_("Person in charge"),
    "created_at": N_("Created"),
    "updated_at": N_("Changed"),
    "was": N_("Was"),
    "proposal": N_("Proposed"),
    "why": N_("Why"),
    "confidence": N_("Confidence"),
    "money": N_("Money"),
}


@dataclass(slots=True)
class _Folder:
    """The folder that is written, and what its index will say."""

    path: Path
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def name(self, *parts: str) -> str:
        """Return a file's name that is not taken yet, made of signs that every system allows."""
        stem = _OTHER.sub("_", "_".join(filter(None, parts)))[:_LONGEST_NAME]
        taken = {line[0].lower() for line in self.lines}
        name, n = f"{stem}.csv", 2
        while name.lower() in taken:
            name, n = f"{stem}_{n}.csv", n + 1
        return name


def write_csv_files(content: Content, path: Path) -> None:
    """Write the files into the new folder `path`, in the language in use."""
    path.mkdir()
    folder = _Folder(path)
    results = [_result(result, content) for result in content.summary.checks]
    head = [tr(title) for title in _RESULT]
    _write(path / RESULTS, head, results)
    folder.lines.append((RESULTS, "", tr(N_("All checks")), "", str(len(results))))
    for rows in finding_rows(content):
        _write_finding(folder, rows, content)
    writer = _writer(content)
    for metric in content.metrics:
        _write_metric(folder, metric, writer)
    titles = (N_("File"), N_("Code"), N_("What"), N_("Records"), N_("Rows"))
    _write(path / INDEX, [tr(title) for title in titles], folder.lines)


_RESULT = (
    N_("Code"),
    N_("Check"),
    N_("Records"),
    N_("Found"),
    N_("Of"),
    N_("Share"),
    N_("Groups"),
    N_("Extra"),
    N_("Money"),
    N_("New"),
    N_("Fixed"),
    N_("Severity"),
    N_("Repair"),
    N_("State"),
)


def _result(result: CheckResult, content: Content) -> list[str]:
    check = headline.check_of(result.code, content.registry)
    is_checked = result.status == "checked"
    state = tr(N_("checked")) if is_checked else reason_text(result.reason)
    numbers = (result.found, result.base, result.share, result.groups, result.extra, result.money,
               result.new, result.fixed)  # fmt: skip
    return [
        result.code,
        tr(check.title) if check.title else "",
        entity_name(result.entity),
        *(_number(number) for number in numbers),
        severity_name(headline.severity_of(result, content.registry)),
        repair_name(check.repair) if check.repair else "",
        state,
    ]


def _write_finding(folder: _Folder, rows: FindingRows, content: Content) -> None:
    """Write all rows of a finding; their texts are guarded once each."""
    result = rows.result
    name = folder.name("findings", result.code, result.entity)
    frame = rows.frame.with_columns(
        _urls(rows, content),
        _days("created_at"),
        _days("updated_at"),
        _decimals("confidence"),
        _decimals("money"),
        *(_guarded(rows.frame[column], rows.frame["is_phone"]) for column in _TEXTS),
    ).select(pl.col(key).fill_null("").alias(tr(title)) for key, title in _FINDING.items())
    frame.write_csv(
        folder.path / name,
        include_bom=True,
        separator=_delimiter(),
        quote_style="always",
        line_terminator="\r\n",
    )
    title = headline.title_of(result, content.registry, content.summary)
    folder.lines.append((name, result.code, title, entity_name(result.entity), str(frame.height)))


def _urls(rows: FindingRows, content: Content) -> pl.Series:
    summary, entity = content.summary, rows.result.entity
    ids = rows.frame["record_id"]
    urls = [card_url(summary.crm, summary.host, entity, i) for i in ids]
    return pl.Series("url", urls, dtype=pl.String())


def _guarded(texts: pl.Series, is_phone: pl.Series) -> pl.Series:
    """Return texts as cells; each distinct one is looked at once."""
    distinct = pl.DataFrame([texts.alias("text"), is_phone.alias("is_phone")]).unique()
    cells = [safe_cell(plain(t or ""), is_phone=p) for t, p in distinct.iter_rows()]
    keyed = distinct.with_columns(pl.Series("cell", cells, dtype=pl.String()))
    told = pl.DataFrame([texts.alias("text"), is_phone.alias("is_phone")]).join(
        keyed, on=["text", "is_phone"], how="left", nulls_equal=True, maintain_order="left"
    )
    return told["cell"].alias(texts.name)


def _days(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime(_moment_format())


def _decimals(column: str) -> pl.Expr:
    is_whole = pl.col(column) == pl.col(column).round(0)
    whole = pl.col(column).cast(pl.Int64, strict=False).cast(pl.String)
    text = pl.when(is_whole).then(whole).otherwise(pl.col(column).round(6).cast(pl.String))
    return text.str.replace(".", _point(), literal=True).alias(column)


def _write_metric(folder: _Folder, metric: Metric, writer: Writer) -> None:
    name = folder.name("metric", metric.code, metric.name, metric.entity)
    head = [tr(column.title) for column in metric.columns]
    _write(folder.path / name, head, _metric_rows(metric, writer))
    line = (name, metric.code, tr(metric.title), entity_name(metric.entity))
    folder.lines.append((*line, str(metric.rows.height)))


def _metric_rows(metric: Metric, writer: Writer) -> Iterator[list[str]]:
    for row in metric.rows.iter_rows():
        yield [_cell(*each, writer) for each in zip(row, metric.columns, strict=True)]


def _cell(value: object, column: Column, writer: Writer) -> str:
    """Write a value so that a spreadsheet reads it as what it is."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(zone_of(writer.zone)) if value.tzinfo else value
        return local.strftime(_moment_format())
    if isinstance(value, date):
        return value.strftime(_day_format())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return writer.cell(value, column.kind)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    text = str(value) if float(value).is_integer() else f"{value:.6f}".rstrip("0")
    return text.removesuffix(".0").replace(".", _point())


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write quoted cells that are no formulas; a number that is below zero is a number."""
    buffer = io.StringIO()
    writer = csv.writer(
        buffer, delimiter=_delimiter(), quoting=csv.QUOTE_ALL, lineterminator="\r\n"
    )
    writer.writerow([safe_cell(cell) for cell in head])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    path.write_text(buffer.getvalue(), encoding="utf-8-sig", errors="replace", newline="")


def _safe(cell: str) -> str:
    is_number = re.fullmatch(r"-?[0-9]+(?:[.,][0-9]+)?", cell) is not None
    return cell if is_number else safe_cell(cell)


def _writer(content: Content) -> Writer:
    summary = content.summary
    return Writer(
        currency=summary.currency,
        zone=summary.timezone,
        raw=content.options.show_values,
        people=people(content),
    )


def _delimiter() -> str:
    return ";" if current() == "ru" else ","


def _point() -> str:
    return "," if current() == "ru" else "."


def _day_format() -> str:
    return "%d.%m.%Y" if current() == "ru" else "%Y-%m-%d"


def _moment_format() -> str:
    return f"{_day_format()} %H:%M"

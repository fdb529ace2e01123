"""metrics.json: the tables of numbers of a scan, schema `crmclean.metrics/1`.

Each metric has its code, entity, name, titles as English texts, columns with their kinds, and
rows as lists in the columns' order. Dates and moments are ISO 8601; shares are unrounded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.contracts import MOMENT, Column, Metric, Quality
from dedupe.errors import InputError, StorageError
from dedupe.language import N_

SCHEMA = "crmclean.metrics/1"
_DTYPES: dict[str, pl.DataType] = {
    "count": pl.Int64(),
    "share": pl.Float64(),
    "money": pl.Float64(),
    "days": pl.Float64(),
    "seconds": pl.Float64(),
    "number": pl.Float64(),
    "moment": MOMENT,
    "date": pl.Date(),
    "week": pl.Date(),
    "month": pl.Date(),
    "year": pl.Int64(),
    "flag": pl.Boolean(),
}


def write_metrics(metrics: Sequence[Metric], path: Path) -> None:
    """Write metrics.json to `path` in UTF-8, replacing what was there. Raises StorageError."""
    document = {"schema": SCHEMA, "metrics": [metric_document(each) for each in metrics]}
    text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain, allow_nan=False)
    try:
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(
            N_("can't be written: {reason}"),
            where=str(path),
            fix=N_("choose another folder with -o"),
            reason=error.strerror or type(error).__name__,
        ) from error


def metric_document(metric: Metric) -> dict[str, Any]:
    """Return a metric as plain JSON values, but for its dates."""
    quality = metric.quality
    return {
        "code": metric.code,
        "entity": metric.entity,
        "name": metric.name,
        "title": metric.title,
        "note": metric.note,
        "chart": metric.chart,
        "values": list(metric.values),
        "quality": None
        if quality is None
        else {"usable": quality.usable, "base": quality.base, "reason": quality.reason},
        "columns": [{"name": c.name, "title": c.title, "kind": c.kind} for c in metric.columns],
        "rows": [list(row) for row in _finite(metric.rows).iter_rows()],
    }


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """Read metrics.json; none where there is no such file. Raises InputError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise _broken(path) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _broken(path)
    try:
        return tuple(_metric(each) for each in document["metrics"])
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise _broken(path) from error


def _metric(told: dict[str, Any]) -> Metric:
    columns = tuple(Column(c["name"], c["title"], c["kind"]) for c in told["columns"])
    types = {c.name: _DTYPES.get(c.kind, pl.String()) for c in columns}
    rows = [[_read(value, types[c.name]) for value, c in zip(row, columns, strict=True)]
            for row in told["rows"]]  # fmt: skip
    quality = told["quality"]
    return Metric(
        name=told["name"],
        title=told["title"],
        columns=columns,
        rows=pl.DataFrame(rows, schema=pl.Schema(types), orient="row"),
        chart=told["chart"],
        values=tuple(told["values"]),
        note=told["note"],
        quality=None if quality is None else Quality(**quality),
        code=told["code"],
        entity=told["entity"],
    )


def _read(value: Any, dtype: pl.DataType) -> Any:  # noqa: ANN401  a JSON value
    if value is None or not isinstance(dtype, pl.Date | pl.Datetime):
        return float(value) if isinstance(dtype, pl.Float64) and value is not None else value
    return (
        date.fromisoformat(value) if isinstance(dtype, pl.Date) else datetime.fromisoformat(value)
    )


def _finite(rows: pl.DataFrame) -> pl.DataFrame:
    """Put null where a division left no number: JSON has no word for it."""
    floats = pl.selectors.float()
    return rows.with_columns(pl.when(floats.is_finite()).then(floats))


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _broken(path: Path) -> InputError:
    return InputError(
        N_("this is not the file of a scan, or it is damaged"),
        where=str(path),
        fix=N_("scan again"),
    )

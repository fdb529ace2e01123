"""Small accounts for the tests of this room, out of rows; their data ends at NOW."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dedupe.audit import CHECKS, Facts, run_checks
from dedupe.audit.run import Audit
from dedupe.config import Regulation
from dedupe.contracts import (
    GROUPS,
    NAMES,
    SNAPSHOT_TABLES,
    TRAITS,
    VALUES,
    Account,
    CheckResult,
    Contract,
    Metric,
)

NOW = datetime(2020, 6, 10, 12, tzinfo=UTC)
Row = dict[str, Any]
FILLED = ("fields", "field_values")


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def frame(contract: Contract, rows: Sequence[Row]) -> pl.DataFrame:
    schema = contract.schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema)


def facts_of(
    *,
    options: dict[str, Any] | None = None,
    regulations: Sequence[Regulation] = (),
    loss_reason_field: str | None = None,
    values: Sequence[Row] = (),
    names: Sequence[Row] = (),
    traits: Sequence[Row] = (),
    not_read: Sequence[str] = (),
    **tables: Sequence[Row],
) -> Facts:
    frames = {name: frame(SNAPSHOT_TABLES[name], rows).lazy() for name, rows in tables.items()}
    return Facts(
        account=Account(
            tables=frames,
            account_id="77",
            read_to=NOW,
            not_read=dict.fromkeys(not_read, "no_access"),
        ),
        values=frame(VALUES, values),
        names=frame(NAMES, names),
        groups=GROUPS.empty(),
        traits=frame(TRAITS, traits),
        options=options or {},
        regulations=tuple(regulations),
        loss_reason_field=loss_reason_field,
    )


def checked(code: str, facts: Facts, entity: str | None = None) -> tuple[CheckResult, Audit]:
    """Return the result of `code`, which was checked, and the audit it is of."""
    chosen = entity or CHECKS[code].entities[0]
    audit = run_checks(facts, select=[code])
    (result,) = [r for r in audit.results if r.entity == chosen]
    assert result.status == "checked", result.reason
    rows = audit.findings.filter(pl.col("entity") == chosen)
    assert rows.is_empty() or result.found == rows["record_id"].n_unique()
    return result, audit


def found(code: str, facts: Facts, *columns: str, entity: str | None = None) -> list[Any]:
    """Return the findings of `code`: record ids, or tuples of `columns`."""
    chosen = entity or CHECKS[code].entities[0]
    _, audit = checked(code, facts, entity)
    rows = audit.findings.filter(pl.col("entity") == chosen).select(columns or ("record_id",))
    return rows.rows() if columns else rows["record_id"].unique().sort().to_list()


def metric(code: str, facts: Facts, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a metric, in its order."""
    told: list[Metric] = [m for m in checked(code, facts)[1].metrics if m.name == name]
    return told[0].rows.select(columns).rows()


def ids(n: int, **more: Any) -> list[Row]:
    """Return `n` records with the ids from 1 on."""
    return [{"id": str(i + 1), **more} for i in range(n)]


def value(entity: str, record: str, field: str, raw: str | None) -> Row:
    return {"entity": entity, "record_id": record, "field_id": field, "raw": raw}


def text_field(entity: str, id_: str, name: str, **more: Any) -> Row:
    return {"entity": entity, "id": id_, "name": name, "type": "text"} | more


STAGES = [
    {"pipeline_id": "p", "id": "s0", "name": "Неразобранное", "sort": 0, "state": "unsorted"},
    {"pipeline_id": "p", "id": "s1", "name": "Новая", "sort": 10, "state": "open"},
    {"pipeline_id": "p", "id": "s2", "name": "Замер", "sort": 20, "state": "open"},
    {"pipeline_id": "p", "id": "s3", "name": "Договор", "sort": 30, "state": "open"},
    {"pipeline_id": "p", "id": "142", "name": "Успех", "sort": 1000, "state": "won"},
    {"pipeline_id": "p", "id": "143", "name": "Отказ", "sort": 1001, "state": "lost"},
]
PIPELINES = [{"id": "p", "name": "Розница", "sort": 1}]
_STATE = {row["id"]: row["state"] for row in STAGES}


def deal(id_: str, status: str, **more: Any) -> Row:
    return {
        "id": id_, "pipeline_id": "p", "status_id": status, "state": _STATE.get(status),
        "created_at": ago(200), "updated_at": ago(10),
    } | more  # fmt: skip


def move(deal_id: str, old: str | None, new: str, days: float, by: str | None = "5") -> Row:
    return {
        "deal_id": deal_id, "pipeline_id": "p", "status_id": new,
        "old_pipeline_id": "p" if old else None, "old_status_id": old,
        "changed_by": by, "changed_at": ago(days),
    }  # fmt: skip

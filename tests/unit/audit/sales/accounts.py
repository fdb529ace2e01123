"""Builders of small accounts for the tests of sales checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dedupe.audit import Facts, run_checks
from dedupe.contracts import (
    CLUSTERS,
    GROUPS,
    NAMES,
    SNAPSHOT_TABLES,
    VALUES,
    Account,
    CheckResult,
    Metric,
)

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)  # a Monday
PIPELINE = {
    "pipeline_id": ["p"] * 5,
    "id": ["u", "s1", "s2", "142", "143"],
    "name": ["Unsorted", "New", "Called", "Won", "Lost"],
    "sort": [0, 10, 20, 30, 40],
    "state": ["unsorted", "open", "open", "won", "lost"],
}
STATUS = {"open": "s1", "won": "142", "lost": "143"}


def ago(days: float = 0, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def deal(id: str, state: str | None = "open", **told: Any) -> dict[str, Any]:
    """A deal in the first stage, or in the stage of its state, of the pipeline."""
    status = STATUS.get(state or "")
    return {"id": id, "state": state, "status_id": status, "pipeline_id": "p"} | told


def rows(*records: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Turn records into columns; what a record does not tell is null."""
    names = list(dict.fromkeys(name for record in records for name in record))
    return {name: [record.get(name) for record in records] for name in names}


def make_facts(
    *,
    groups: dict[str, list[Any]] | None = None,
    clusters: dict[str, list[Any]] | None = None,
    not_read: dict[str, str] | None = None,
    options: dict[str, dict[str, Any]] | None = None,
    loss_reason_field: str | None = None,
    **tables: dict[str, list[Any]],
) -> Facts:
    tables = {"statuses": PIPELINE} | tables
    frames = {
        name: SNAPSHOT_TABLES[name].conform(pl.DataFrame(told, strict=False)).lazy()
        for name, told in tables.items()
    }
    return Facts(
        account=Account(
            tables=frames,
            read_to=NOW,
            not_read=not_read or {},
            settings={"timezone": "Europe/Moscow"},
        ),
        values=VALUES.empty(),
        names=NAMES.empty(),
        groups=GROUPS.conform(pl.DataFrame(groups or {"entity": []})),
        clusters=CLUSTERS.conform(pl.DataFrame(clusters or {"entity": []})),
        loss_reason_field=loss_reason_field,
        options=options or {},
    )


def check(facts: Facts, code: str, entity: str = "deal") -> CheckResult:
    """Return the result of one check, having seen that it was carried out."""
    (result,) = [r for r in run_checks(facts, select=[code]).results if r.entity == entity]
    assert result.status == "checked", result.reason
    return result


def found(facts: Facts, code: str) -> list[dict[str, Any]]:
    """Return the findings of one check: record_id, group, value, in order."""
    findings = run_checks(facts, select=[code]).findings
    return findings.select("record_id", "group", "value").to_dicts()


def metrics(facts: Facts, code: str, entity: str = "") -> dict[str, Metric]:
    told = run_checks(facts, select=[code]).metrics
    return {each.name: each for each in told if entity in ("", each.entity)}


def metric(facts: Facts, code: str, name: str, entity: str = "") -> list[dict[str, Any]]:
    return metrics(facts, code, entity)[name].rows.to_dicts()

"""Small accounts for the tests of this room, out of rows; their data ends at NOW."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dedupe.audit import CHECKS, Facts, Outcome, run_checks
from dedupe.contracts import GROUPS, NAMES, SNAPSHOT_TABLES, VALUES, Account

NOW = datetime(2020, 6, 10, 12, tzinfo=UTC)  # a Wednesday
Row = dict[str, Any]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    schema = SNAPSHOT_TABLES[table].schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema)


def facts_of(
    *, options: dict[str, Any] | None = None, settings: dict[str, str] | None = None,
    not_read: Sequence[str] = (), **tables: Sequence[Row],
) -> Facts:  # fmt: skip
    return Facts(
        account=Account(
            tables={name: frame(name, rows).lazy() for name, rows in tables.items()},
            account_id="77",
            read_to=NOW,
            settings=settings or {},
            not_read=dict.fromkeys(not_read, "no_access"),
        ),
        values=VALUES.empty(),
        names=NAMES.empty(),
        groups=GROUPS.empty(),
        options=options or {},
    )


def outcome(code: str, facts: Facts, entity: str | None = None) -> Outcome:
    check = CHECKS[code]
    chosen = entity or check.entities[0]
    (result,) = [r for r in run_checks(facts, select=[code]).results if r.entity == chosen]
    assert result.status == "checked", result.reason
    assert check.run is not None
    return check.run(facts, chosen)


def found(code: str, facts: Facts, entity: str | None = None) -> list[str]:
    return sorted(set(outcome(code, facts, entity).findings["record_id"]))


def cells(code: str, facts: Facts, *columns: str, entity: str | None = None, at: int = 0) -> Any:
    return outcome(code, facts, entity).metrics[at].rows.select(columns).rows()


def call(
    id_: str, user: str | None, days: float, source: str | None = "Mango", **extra: Any
) -> Row:
    told = {"duration": 5, "source": source} | extra
    text = str({name: value for name, value in told.items() if value is not None})
    params = text.replace("'", '"')
    return {"id": id_, "note_type": "call_in", "params": params, "created_by": user,
            "created_at": ago(days), "entity": "contact", "record_id": f"c{id_}"}  # fmt: skip


def note(id_: str, user: str | None, days: float, kind: str = "common", service: str = "") -> Row:
    params = f'{{"service":"{service}","text":"x"}}' if service else '{"text":"x"}'
    return {"id": id_, "note_type": kind, "params": params, "created_by": user,
            "created_at": ago(days), "entity": "deal", "record_id": "d1"}  # fmt: skip

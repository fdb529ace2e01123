"""Small accounts of calls, letters and chats, and what a check says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dedupe.audit import Facts, run_checks
from dedupe.contracts import GROUPS, NAMES, SNAPSHOT_TABLES, VALUES, Account

NOON = datetime(2024, 6, 3, 9, tzinfo=UTC)  # a Monday, noon in Moscow
NOW = NOON + timedelta(days=60)


def at(*, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """Return a moment so long after NOON."""
    return NOON + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def rows(*dicts: Mapping[str, Any]) -> pl.DataFrame:
    """Build a frame of rows that need not have the same columns."""
    return pl.DataFrame([dict(one) for one in dicts], infer_schema_length=None)


def call(
    note: str, record: str, when: datetime | None, kind: str = "call_in", **params: Any
) -> dict[str, Any]:
    """Build a call's note; `record` is "contact:1"."""
    entity, _, id_ = record.partition(":")
    author = params.pop("author", "9")
    return {
        "id": note,
        "entity": entity,
        "record_id": id_,
        "note_type": kind,
        "params": json.dumps(params),
        "text": params.get("text"),
        "created_by": author,
        "created_at": when,
    }


def chat(message: str, record: str, when: datetime, way: str = "in", author: str = "0") -> dict:
    entity, _, id_ = record.partition(":")
    return {
        "id": message,
        "entity": entity,
        "record_id": id_,
        "direction": way,
        "author_id": author,
        "created_at": when,
    }


def deal(id_: str, made: datetime | None, closed: datetime | None = None, **more: Any) -> dict:
    state = {"state": "lost" if closed else "open"}
    return {"id": id_, "created_at": made, "closed_at": closed} | state | more


def links(*pairs: tuple[str, str]) -> dict[str, list]:
    """Link contacts to deals, each (contact, deal)."""
    return {
        "from_entity": ["contact"] * len(pairs),
        "from_id": [contact for contact, _ in pairs],
        "to_entity": ["deal"] * len(pairs),
        "to_id": [deal_id for _, deal_id in pairs],
    }


def facts(
    *,
    values: dict[str, list] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    **tables: Any,
) -> Facts:
    """Build an account of contacts 1 and 2 owned by 9, read at NOW; the rest as told."""
    own = {
        "contacts": {"id": ["1", "2"], "owner_id": ["9", "9"]},
        "deals": {"id": []},
        "links": {"from_entity": []},
        "tasks": {"id": []},
        "notes": {"id": []},
        "channels": {"entity": []},
        "messages": {"id": []},
    } | tables
    frames = {
        name: SNAPSHOT_TABLES[name].conform(pl.DataFrame(table)).lazy()
        for name, table in own.items()
    }
    return Facts(
        account=Account(tables=frames, read_to=NOW, settings={"timezone": "Europe/Moscow"}),
        values=VALUES.conform(pl.DataFrame(values or {"entity": []})),
        names=NAMES.empty(),
        groups=GROUPS.empty(),
        options=options or {},
    )


def found(account: Facts, code: str, entity: str) -> list[str]:
    """Return the record ids that `code` finds of `entity`, sorted."""
    findings = run_checks(account, select=[code]).findings
    own = findings.filter(pl.col("entity") == entity)
    return own["record_id"].unique().sort().to_list()


def result(account: Facts, code: str, entity: str):
    """Return the check's result of `entity`, having seen that it was carried out."""
    (one,) = [r for r in run_checks(account, select=[code]).results if r.entity == entity]
    assert one.status == "checked", one.reason
    return one


def table(account: Facts, code: str, name: str) -> list[tuple]:
    """Return the rows of a check's metric."""
    audit = run_checks(account, select=[code])
    (one,) = {m.entity: m for m in audit.metrics if m.name == name}.values()
    return one.rows.rows()

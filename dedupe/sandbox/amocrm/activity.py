"""Tasks, notes and events of the account as Tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import polars as pl

from dedupe.contracts import Account

from .columns import flags, or_none, or_zero, seconds, sorted_frame, whole, words
from .names import KIND_OF
from .table import NONE, Ints, Record, Table, Words

GroupOf = Callable[[int], int]
SINGULAR_OF = {"contact": "contact", "company": "company", "deal": "lead", "task": "task"}


def task_table(account: Account, account_id: int, group_of: GroupOf, numbered: Words) -> Table:
    """Return the tasks of the account."""
    frame = sorted_frame(account, "tasks")
    frame = frame.with_columns(kind=_kinds(frame["entity"], KIND_OF))
    columns = {
        "id": whole(frame, "id", "tasks"),
        "created_by": whole(frame, "created_by", "tasks"),
        "updated_by": whole(frame, "created_by", "tasks"),
        "created_at": seconds(frame, "created_at"),
        "updated_at": seconds(frame, "updated_at"),
        "responsible_user_id": whole(frame, "owner_id", "tasks"),
        "entity_id": whole(frame, "record_id", "tasks"),
        "entity_type": words(frame, "kind", numbered),
        "is_completed": flags(frame, "is_completed"),
        "task_type_id": whole(frame, "task_type_id", "tasks"),
        "complete_till": seconds(frame, "due_at"),
        "is_deleted": np.zeros(frame.height, dtype=np.int64),
    }

    def make(rows: Ints) -> list[Record]:
        own = {name: or_zero(columns[name][rows]) for name in _TASK_NUMBERS}
        kinds, texts, results = (
            frame[name].gather(rows).to_list() for name in ("kind", "text", "result")
        )
        records = []
        for at in range(len(rows)):
            record: Record = {name: values[at] for name, values in own.items()}
            record["group_id"] = group_of(record["responsible_user_id"])
            record["entity_type"] = kinds[at]
            if not record["entity_id"]:
                record["entity_id"] = record["entity_type"] = None
            record["is_completed"] = bool(record["is_completed"])
            record |= {"duration": 0, "text": texts[at] or "", "account_id": account_id}
            # PHP's empty array: a task without a result has [], not {} nor null.
            record["result"] = {"text": results[at]} if results[at] is not None else []
            records.append(record)
        return records

    return Table(columns, make, lambda record: task_keys(record, numbered))


_TASK_NUMBERS = (
    "id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "responsible_user_id",
    "entity_id",
    "is_completed",
    "task_type_id",
    "complete_till",
)


def task_keys(record: Record, numbered: Words) -> dict[str, int]:
    """Return the columns' values of a task."""
    found = {name: _number(record.get(name)) for name in _TASK_NUMBERS}
    kind = record.get("entity_type")
    found["entity_type"] = numbered.number(kind) if kind else NONE
    return found | {"is_completed": int(bool(record.get("is_completed"))), "is_deleted": 0}


def note_table(account: Account, account_id: int, group_of: GroupOf, numbered: Words) -> Table:
    """Return the notes of the account; a note's record has its `entity_type` beside the API's."""
    frame = sorted_frame(account, "notes")
    frame = frame.with_columns(kind=_kinds(frame["entity"], KIND_OF))
    columns = {
        "id": whole(frame, "id", "notes"),
        "entity_id": whole(frame, "record_id", "notes"),
        "entity_type": words(frame, "kind", numbered),
        "created_by": whole(frame, "created_by", "notes"),
        "created_at": seconds(frame, "created_at"),
        "updated_at": seconds(frame, "updated_at"),
        "note_type": words(frame, "note_type", numbered),
        "is_deleted": np.zeros(frame.height, dtype=np.int64),
    }

    def make(rows: Ints) -> list[Record]:
        own = {name: or_zero(columns[name][rows]) for name in _NOTE_NUMBERS}
        texts = {
            n: frame[n].gather(rows).to_list() for n in ("kind", "note_type", "text", "params")
        }
        records = []
        for at in range(len(rows)):
            record: Record = {name: values[at] for name, values in own.items()}
            author = record["created_by"]
            record |= {"updated_by": author, "responsible_user_id": author}
            record["group_id"] = group_of(author)
            record["note_type"] = texts["note_type"][at] or "common"
            record["entity_type"] = texts["kind"][at]
            record["params"] = _params(texts["params"][at], texts["text"][at])
            record["account_id"] = account_id
            records.append(record)
        return records

    return Table(columns, make, lambda record: note_keys(record, numbered))


_NOTE_NUMBERS = ("id", "entity_id", "created_by", "created_at", "updated_at")


def note_keys(record: Record, numbered: Words) -> dict[str, int]:
    """Return the columns' values of a note."""
    found = {name: _number(record.get(name)) for name in _NOTE_NUMBERS}
    return found | {
        "entity_type": numbered.number(record.get("entity_type") or ""),
        "note_type": numbered.number(record.get("note_type") or ""),
        "is_deleted": 0,
    }


def event_table(account: Account, account_id: int, numbered: Words) -> Table:
    """Return the events of the account, numbered by time; the API's own id, a text, is `uid`."""
    frame = account.frame("events").sort("created_at", "id", nulls_last=False)
    frame = frame.with_columns(singular=_kinds(frame["entity"], SINGULAR_OF))
    columns = {
        "id": np.arange(1, frame.height + 1),
        "uid": words(frame, "id", numbered),
        "type": words(frame, "type", numbered),
        "entity_id": whole(frame, "record_id", "events"),
        "entity_type": words(frame, "singular", numbered),
        "created_by": whole(frame, "created_by", "events"),
        "created_at": seconds(frame, "created_at"),
        "updated_at": seconds(frame, "created_at"),
        "is_deleted": np.zeros(frame.height, dtype=np.int64),
    }

    def make(rows: Ints) -> list[Record]:
        texts = {
            name: frame[name].gather(rows).to_list()
            for name in ("id", "type", "singular", "before", "after")
        }
        entity, author = or_none(columns["entity_id"][rows]), or_zero(columns["created_by"][rows])
        at_time = or_zero(columns["created_at"][rows])
        return [
            {
                "id": number,
                "uid": texts["id"][at],
                "type": texts["type"][at] or "",
                "entity_id": entity[at],
                "entity_type": texts["singular"][at],
                "created_by": author[at],
                "created_at": at_time[at],
                "value_after": _parsed(texts["after"][at], []),
                "value_before": _parsed(texts["before"][at], []),
                "account_id": account_id,
            }
            for at, number in enumerate(columns["id"][rows].tolist())
        ]

    return Table(columns, make, lambda record: event_keys(record, numbered))


def event_keys(record: Record, numbered: Words) -> dict[str, int]:
    """Return the columns' values of an event."""
    return {
        "uid": numbered.number(str(record["uid"])),
        "type": numbered.number(record["type"]),
        "entity_id": _number(record.get("entity_id")),
        "entity_type": numbered.number(record.get("entity_type") or ""),
        "created_by": _number(record.get("created_by")),
        "created_at": _number(record.get("created_at")),
        "updated_at": _number(record.get("created_at")),
        "is_deleted": 0,
    }


def _number(value: Any) -> int:  # noqa: ANN401  JSON's own
    return NONE if value is None else int(value)


def _kinds(entities: pl.Series, named: dict[str, str]) -> pl.Series:
    return entities.replace_strict(named, default=entities, return_dtype=pl.String)


def _params(raw: str | None, text: str | None) -> Any:  # noqa: ANN401  JSON of any shape
    params = _parsed(raw, {})
    if isinstance(params, dict) and text is not None and "text" not in params:
        params = params | {"text": text}
    return params or []  # PHP's empty array


def _parsed(raw: str | None, empty: object) -> Any:  # noqa: ANN401  JSON of any shape
    if not raw:
        return empty
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw

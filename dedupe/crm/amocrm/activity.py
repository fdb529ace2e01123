"""Tasks, notes, events, chat messages and unsorted enquiries as rows of the snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from .frames import Columns, frame
from .shapes import Event, Note, Task, Unsorted
from .texts import Moments, author_texts, id_text, id_texts, json_text

Tables = dict[str, pl.DataFrame]
_ENTITY = {
    "leads": "deal",
    "lead": "deal",
    "contacts": "contact",
    "companies": "company",
    "customers": "customer",
    # Old answers number the kinds of records.
    "1": "contact",
    "2": "deal",
    "3": "company",
    "12": "customer",
}
_DIRECTION = {"incoming_chat_message": "in", "outgoing_chat_message": "out"}


def task_tables(entity: str, items: Sequence[Task], moments: Moments) -> Tables:
    """Build the tasks; a task on no record has neither entity nor record."""
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "entity": [_entity(item.entity_type) if item.entity_id else None for item in items],
        "record_id": id_texts(item.entity_id for item in items),
        "task_type_id": id_texts(item.task_type_id for item in items),
        "text": [item.text for item in items],
        "result": [_told(item.result) for item in items],
        "owner_id": id_texts(item.responsible_user_id for item in items),
        "created_by": author_texts(item.created_by for item in items),
        "created_at": moments.past(item.created_at for item in items),
        "updated_at": moments.past(item.updated_at for item in items),
        "due_at": moments.planned(item.complete_till for item in items),
        "is_completed": [item.is_completed for item in items],
    }
    return {"tasks": frame("tasks", columns)}


def note_tables(entity: str, items: Sequence[Note], moments: Moments) -> Tables:
    """Build the notes of one kind of record."""
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "entity": [entity] * len(items),
        "record_id": id_texts(item.entity_id for item in items),
        "note_type": [item.note_type for item in items],
        "text": [_told(item.params) for item in items],
        "params": [json_text(item.params) for item in items],
        "created_by": author_texts(item.created_by for item in items),
        "created_at": moments.past(item.created_at for item in items),
        "updated_at": moments.past(item.updated_at for item in items),
    }
    return {"notes": frame("notes", columns)}


def event_tables(entity: str, items: Sequence[Event], moments: Moments) -> Tables:
    """Build the events, and out of those of stages the deals' history."""
    created = moments.past(item.created_at for item in items)
    columns: Columns = {
        **_event_columns(items),
        "created_by": author_texts(item.created_by for item in items),
        "created_at": created,
        "before": [json_text(item.value_before) for item in items],
        "after": [json_text(item.value_after) for item in items],
    }
    return {"events": frame("events", columns), "status_history": _history(items, created)}


def message_tables(entity: str, items: Sequence[Event], moments: Moments) -> Tables:
    """Build the chat messages out of their events; the API never gives their texts."""
    chats = [item for item in items if item.type in _DIRECTION]
    told = [_inside(item.value_after, "message") for item in chats]
    columns: Columns = {
        **_event_columns(chats),
        "id": [_word(one.get("id")) or item.id for one, item in zip(told, chats, strict=True)],
        "talk_id": [_word(one.get("talk_id")) for one in told],
        "direction": [_DIRECTION[item.type or ""] for item in chats],
        "author_id": id_texts(item.created_by for item in chats),
        "created_at": moments.past(item.created_at for item in chats),
    }
    return {"messages": frame("messages", columns)}


def unsorted_tables(entity: str, items: Sequence[Unsorted], moments: Moments) -> Tables:
    """Build the enquiries that nobody has taken."""
    held = [item.embedded for item in items]
    columns: Columns = {
        "id": [item.uid for item in items],
        "category": [item.category for item in items],
        "source_id": [item.source_uid for item in items],
        "source_name": [item.source_name for item in items],
        "pipeline_id": id_texts(item.pipeline_id for item in items),
        "deal_id": [_first(one.leads if one else None) for one in held],
        "contact_id": [_first(one.contacts if one else None) for one in held],
        "company_id": [_first(one.companies if one else None) for one in held],
        "created_at": moments.past(item.created_at for item in items),
    }
    return {"unsorted": frame("unsorted", columns)}


def _event_columns(items: Sequence[Event]) -> dict[str, list[Any]]:
    return {
        "id": [item.id for item in items],
        "type": [item.type for item in items],
        "entity": [_entity(item.entity_type) for item in items],
        "record_id": id_texts(item.entity_id for item in items),
    }


def _history(items: Sequence[Event], created: list[int | None]) -> pl.DataFrame:
    rows = [
        (
            item,
            at,
            _inside(item.value_before, "lead_status"),
            _inside(item.value_after, "lead_status"),
        )
        for item, at in zip(items, created, strict=True)
        if item.type == "lead_status_changed" and item.entity_id
    ]
    columns: Columns = {
        "deal_id": [str(item.entity_id) for item, _, _, _ in rows],
        "pipeline_id": [_word(after.get("pipeline_id")) for _, _, _, after in rows],
        "status_id": [_word(after.get("id")) for _, _, _, after in rows],
        "old_pipeline_id": [_word(before.get("pipeline_id")) for _, _, before, _ in rows],
        "old_status_id": [_word(before.get("id")) for _, _, before, _ in rows],
        "changed_by": author_texts(item.created_by for item, _, _, _ in rows),
        "changed_at": [at for _, at, _, _ in rows],
    }
    return frame("status_history", columns)


def _inside(told: Any, key: str) -> dict[str, Any]:  # noqa: ANN401  JSON of any shape
    """Return the object under `key` of a list of one object, {} when it is not there."""
    one = told[0] if isinstance(told, list) and told else told
    found = one.get(key) if isinstance(one, dict) else None
    return found if isinstance(found, dict) else {}


def _entity(word: str | None) -> str | None:
    return _ENTITY.get(word, word) if word else None


def _told(params: Any) -> str | None:  # noqa: ANN401  JSON of any shape
    """Return the text of a result or a note: of {"text": ...}, a list of one, or a plain text."""
    one = params[0] if isinstance(params, list) and params else params
    text = one.get("text") if isinstance(one, dict) else one
    return text if isinstance(text, str) else None


def _word(told: Any) -> str | None:  # noqa: ANN401  JSON of any shape
    if isinstance(told, bool) or not isinstance(told, (int, str)):
        return None
    return str(told) or None


def _first(refs: Sequence[Any] | None) -> str | None:
    return id_text(refs[0].id) if refs else None

"""Operations as requests of amoCRM: only what changes is sent, and a list always whole.

PATCH replaces a field's whole list, so what is sent is made from a card that was read a moment ago.
An item carries its operation's marker as `request_id`: answers and refusals name it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from dedupe.plan.field_text import field_parts
from dedupe.plan.ops import (
    AddNote,
    CreateTask,
    EditNote,
    FieldChange,
    Item,
    LinkCards,
    MergeNative,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from dedupe.plan.sink import Cards, Request
from dedupe.plan.values_change import applied

from ..fields import OWN_CODES
from ..listings import API
from .reading import KINDS, items_of

Json = dict[str, Any]
FieldTypes = Mapping[tuple[str, str], str]

_COLUMNS = {"owner_id": "responsible_user_id"}
_TEXTS = ("name", "first_name", "last_name")
_NUMBERS = ("responsible_user_id", "price", "status_id", "pipeline_id", "loss_reason_id")
_DATES = ("date", "birthday", "date_time")
_STRUCTURED = (
    "legal_entity",
    "chained_list",
    "items",
    "linked_entity",
    "payer",
    "supplier",
    "file",
)


def marked(text: str, marker: str) -> str:
    """Return a note's text with the mark by which it is found again."""
    return f"{text}\n{mark(marker)}"


def mark(marker: str) -> str:
    """Return the mark of an operation: brackets that nobody types."""
    return f"⟦cc:{marker}⟧"


def render(items: Sequence[tuple[str, Op]], cards: Cards, types: FieldTypes) -> Request:
    """Return the request that carries out `items`: one, or several patches of one kind."""
    marker, op = items[0]
    match op:
        case PatchCard() | SetTags():
            kind = KINDS[op.record.entity]
            body: Any = [_patch(own, each, cards, types) for own, each in items]
            return _request("PATCH", f"{API}/{kind}", body, items)
        case LinkCards():
            return _request("POST", f"{_path(op.deal_or_card)}/link", [_link(op)], items)
        case UnlinkCards():
            link = {"to_entity_id": int(op.to.id), "to_entity_type": KINDS[op.to.entity]}
            return _request("POST", f"{_path(op.deal_or_card)}/unlink", [link], items)
        case MoveTask():
            task = {"id": int(op.task.id), "request_id": marker, **_owner(op.after)}
            return _request("PATCH", f"{API}/tasks", [task], items)
        case CreateTask():
            return _request("POST", f"{API}/tasks", [_task(op, marker)], items)
        case AddNote():
            return _request("POST", f"{_path(op.record)}/notes", [_note(op, marker)], items)
        case EditNote():
            note = {"note_type": "common", "params": {"text": op.text}}
            return _request("PATCH", f"{_path(op.record)}/notes/{op.note_id}", note, items)
        case MergeNative():
            raise ValueError("amoCRM has no merge that a program may ask for")


def _request(method: str, path: str, body: object, items: Sequence[tuple[str, Op]]) -> Request:
    return Request(
        method=method,
        path=path,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True).encode(),
        op_ids=tuple(marker for marker, _ in items),
    )


def _path(ref: Ref) -> str:
    return f"{API}/{KINDS[ref.entity]}/{ref.id}"


def _patch(marker: str, op: Op, cards: Cards, types: FieldTypes) -> Json:
    if isinstance(op, SetTags):
        out: Json = {"id": int(op.record.id), "request_id": marker}
        if op.add:
            out["tags_to_add"] = [{"name": tag} for tag in op.add]
        if op.remove:
            out["tags_to_delete"] = [{"name": tag} for tag in op.remove]
        return out
    assert isinstance(op, PatchCard)  # batches are of one kind
    card = cards[op.record]
    assert card is not None  # it has been looked at
    columns: Json = {}
    lists: dict[str, tuple[Item, ...]] = {}
    singles: dict[str, str | None] = {}
    for change in op.changes:
        if isinstance(change, ValuesChange):
            before = lists.get(change.field, items_of(card, change.field))
            lists[change.field] = applied(before, change)
        else:
            name = _COLUMNS.get(change.field, change.field)
            if name in _TEXTS or name in _NUMBERS:
                columns[name] = _column(name, change)
            else:
                singles[change.field] = change.after
    fields = [_multi(field, items) for field, items in lists.items()]
    fields += [
        _single(field, text, types.get((op.record.entity, field), ""))
        for field, text in singles.items()
    ]
    out = {"id": int(op.record.id), "request_id": marker, **columns}
    return {**out, "custom_fields_values": fields} if fields else out


def _column(name: str, change: FieldChange) -> object:
    if change.after is None:
        return "" if name in _TEXTS else None
    return change.after if name in _TEXTS else int(change.after)


def _field(field: str) -> Json:
    return {"field_code": field} if field in OWN_CODES else {"field_id": int(field)}


def _multi(field: str, items: Sequence[Item]) -> Json:
    values: list[Json] = []
    for item in items:
        value: Json = {"value": item.raw}
        if item.label is not None and item.label.isdecimal():
            value["enum_id"] = int(item.label)
        elif item.label is not None:
            value["enum_code"] = item.label
        values.append(value)
    return {**_field(field), "values": values or None}


def _single(field: str, text: str | None, type_: str) -> Json:
    values = [_value(raw, enum_id, type_) for raw, enum_id in field_parts(text)]
    return {**_field(field), "values": values or None}


def _value(raw: str | None, enum_id: str | None, type_: str) -> Json:
    if type_ == "smart_address":
        return {"value": raw, "enum_id": int(enum_id or 1)}
    if enum_id is not None:
        return {"enum_id": int(enum_id)}
    assert raw is not None  # a part has one or the other
    if type_ == "checkbox":
        return {"value": raw == "true"}
    if type_ in _DATES:
        return {"value": _seconds(raw)}
    if type_ in _STRUCTURED:
        return {"value": json.loads(raw)}
    return {"value": raw}


def _seconds(text: str) -> int:
    """Return the seconds of 1970 that a date was written for, see `texts.date_text`."""
    if len(text) == len("2020-01-01"):
        day = date.fromisoformat(text)
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return int(datetime.fromisoformat(text).timestamp())


def _link(op: LinkCards) -> Json:
    out: Json = {"to_entity_id": int(op.to.id), "to_entity_type": KINDS[op.to.entity]}
    return out if op.is_main is None else {**out, "metadata": {"is_main": op.is_main}}


def _owner(ref: Ref) -> Json:
    return {"entity_id": int(ref.id), "entity_type": KINDS[ref.entity]}


def _task(op: CreateTask, marker: str) -> Json:
    return {
        "request_id": marker,
        "responsible_user_id": int(op.owner_id),
        "task_type_id": int(op.task_type_id),
        "text": op.text,
        "complete_till": due_seconds(op),
        **_owner(op.record),
    }


def due_seconds(op: CreateTask) -> int:
    """Return when a task is due, in seconds of 1970."""
    return int(datetime.fromisoformat(op.due_at).timestamp())


def _note(op: AddNote, marker: str) -> Json:
    return {
        "request_id": marker,
        "note_type": "common",
        "params": {"text": marked(op.text, marker)},
        "is_need_to_trigger_digital_pipeline": False,
    }

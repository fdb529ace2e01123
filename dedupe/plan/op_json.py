"""Operations as JSON and back: `type` says which one, and exactly its fields are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dedupe.language import N_

from .canonical import Json, bad
from .codec import FLAG, ID, REF, TEXT, WHOLE, Codec, many, moment, optional, read_fields, record
from .codec import write_fields as written
from .ops import (
    AddNote,
    Change,
    CreateTask,
    EditNote,
    FieldChange,
    Item,
    LinkCards,
    MergeNative,
    MoveTask,
    Op,
    PatchCard,
    SetTags,
    UnlinkCards,
    ValuesChange,
)

_ITEM = record(Item, {"raw": TEXT, "label": optional(TEXT)})
_FIELD: dict[str, Codec[Any]] = {"field": TEXT, "before": optional(TEXT), "after": optional(TEXT)}
_VALUES: dict[str, Codec[Any]] = {
    "field": TEXT,
    "old": many(_ITEM),
    "new": many(_ITEM),
    "old_at": many(WHOLE),
    "new_at": many(WHOLE),
    "is_restoring": FLAG,
}


def _change_to_json(change: Change) -> Json:
    return written(change, _VALUES if isinstance(change, ValuesChange) else _FIELD)


def _change_from_json(value: object, where: str) -> Change:
    if isinstance(value, dict) and "old" in value:
        return ValuesChange(**read_fields(value, _VALUES, where))
    return FieldChange(**read_fields(value, _FIELD, where))


CHANGE: Codec[Change] = Codec(_change_to_json, _change_from_json)
_LINK: dict[str, Codec[Any]] = {"deal_or_card": REF, "to": REF}
TYPES: Mapping[str, tuple[type, Mapping[str, Codec[Any]]]] = {
    "patch_card": (PatchCard, {"record": REF, "changes": many(CHANGE)}),
    "set_tags": (SetTags, {"record": REF, "add": many(TEXT), "remove": many(TEXT)}),
    "link": (
        LinkCards,
        {**_LINK, "is_main": optional(FLAG), "was_main": optional(ID), "was_linked": FLAG},
    ),
    "unlink": (UnlinkCards, {**_LINK, "was_main": optional(FLAG), "main": optional(ID)}),
    "move_task": (MoveTask, {"task": REF, "before": REF, "after": REF}),
    "create_task": (
        CreateTask,
        {"record": REF, "owner_id": ID, "task_type_id": ID, "text": TEXT, "due_at": moment()},
    ),
    "add_note": (AddNote, {"record": REF, "text": TEXT}),
    "edit_note": (
        EditNote,
        {"record": REF, "note_id": optional(ID), "text": TEXT, "before": TEXT},
    ),
    "merge_native": (MergeNative, {"survivor": REF, "losers": many(REF)}),
}
_NAMES = {kind: name for name, (kind, _) in TYPES.items()}


def type_name(op: Op) -> str:
    """Return the name that a plan gives the operation."""
    return _NAMES[type(op)]


def to_json(op: Op) -> dict[str, Json]:
    """Return `op` as plain JSON values."""
    name = type_name(op)
    return {"type": name, **written(op, TYPES[name][1])}


def from_json(value: object, where: str = "") -> Op:
    """Return the operation that `value` tells. Raises InputError that names the path."""
    if not isinstance(value, dict):
        raise bad(N_("an object is meant"), where)
    name = value.get("type")
    if not isinstance(name, str) or name not in TYPES:
        raise bad(N_("no such operation"), f"{where}.type" if where else "type")
    kind, fields = TYPES[name]
    rest = {key: each for key, each in value.items() if key != "type"}
    op: Op = kind(**read_fields(rest, fields, where))
    return op


OP: Codec[Op] = Codec(to_json, from_json)

"""The events that a change of a record leaves in the account's history.

One record before and after -> the documented events with what was before and after
in each. Nothing is noted for what did not change. The event of one custom field is
called custom_field_ID_value_changed; the field's type is a number in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..names import SINGULAR

Record = Mapping[str, Any]
Values = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event without its id, author and time."""

    type: str
    entity: str  # the API's plural
    id: int
    before: Values = field(default_factory=list)
    after: Values = field(default_factory=list)


NOTE_EVENTS = {
    "common": "common_note_added",
    "call_in": "incoming_call",
    "call_out": "outgoing_call",
    "service_message": "service_note_added",
    "extended_service_message": "service_note_added",
    "message_cashier": "message_to_cashier_note_added",
    "geolocation": "geo_note_added",
    "sms_in": "incoming_sms",
    "sms_out": "outgoing_sms",
    "attachment": "attachment_note_added",
}
# As the numbers of field types in the API's second version; the later ones are inferred.
FIELD_TYPES = (
    *("", "text", "numeric", "checkbox", "select", "multiselect", "date", "url", "multitext"),
    *("textarea", "radiobutton", "streetaddress", "", "smart_address", "birthday", "legal_entity"),
    *("items", "org_legal_name", "", "date_time", "price", "category", "tracking_data"),
    *("linked_entity", "chained_list", "monetary", "file", "payer", "supplier"),
)


def happenings(kind: str, before: Record | None, after: Record) -> Iterator[Happening]:
    """Yield the events of a card, a task or a note that became `after`."""
    if kind == "notes":
        if before is None and after["note_type"] in NOTE_EVENTS:
            name = NOTE_EVENTS[after["note_type"]]
            note: Values = [{"note": {"id": after["id"]}}]
            yield Happening(name, after["entity_type"], after["entity_id"], [], note)
    elif before is None:
        yield Happening(f"{SINGULAR[kind]}_added", kind, after["id"])
    elif kind == "tasks":
        yield from _task_changes(before, after)
    else:
        yield from _card_changes(kind, before, after)


def link_happenings(
    kind: str, id_: int, to_kind: str, to_id: int, what: str
) -> Iterator[Happening]:
    """Yield the events at both ends of a link that was made ("link") or taken away ("unlink")."""
    for entity, one, other_kind, other in (
        (kind, id_, to_kind, to_id),
        (to_kind, to_id, kind, id_),
    ):
        value: Values = [{what: {"entity": {"type": SINGULAR[other_kind], "id": other}}}]
        name = f"{SINGULAR[other_kind]}_{what}ed"
        yield Happening(name, entity, one, *(([], value) if what == "link" else (value, [])))


def _task_changes(before: Record, after: Record) -> Iterator[Happening]:
    id_ = after["id"]
    for key, name, wrap in _TASK:
        if before[key] != after[key]:
            yield Happening(name, "tasks", id_, [wrap(before[key])], [wrap(after[key])])
    yield from _change("entity_responsible_changed", "tasks", before, after, _responsible)
    if after["is_completed"] and not before["is_completed"]:
        yield Happening("task_completed", "tasks", id_)
    if after["result"] and after["result"] != before["result"]:
        yield Happening("task_result_added", "tasks", id_)


_TASK: Sequence[tuple[str, str, Callable[[Any], dict[str, Any]]]] = (
    ("text", "task_text_changed", lambda v: {"task": {"text": v}}),
    ("complete_till", "task_deadline_changed", lambda v: {"task_deadline": {"timestamp": v}}),
    ("task_type_id", "task_type_changed", lambda v: {"task_type": {"id": v}}),
)


def _card_changes(kind: str, before: Record, after: Record) -> Iterator[Happening]:
    yield from _change("name_field_changed", kind, before, after, _name)
    yield from _change("entity_responsible_changed", kind, before, after, _responsible)
    if kind == "leads":
        yield from _change("sale_field_changed", kind, before, after, _price)
        yield from _change("lead_status_changed", kind, before, after, _status)
    yield from _tag_changes(kind, before, after)
    yield from _field_changes(kind, before, after)


def _change(
    name: str, kind: str, before: Record, after: Record, read: Callable[[Record], dict[str, Any]]
) -> Iterator[Happening]:
    old, new = read(before), read(after)
    if old != new:
        yield Happening(name, kind, after["id"], [old], [new])


def _name(card: Record) -> dict[str, Any]:
    return {"name_field_value": {"name": card["name"]}}


def _price(card: Record) -> dict[str, Any]:
    return {"sale_field_value": {"sale": card["price"]}}


def _responsible(card: Record) -> dict[str, Any]:
    return {"responsible_user": {"id": card["responsible_user_id"]}}


def _status(card: Record) -> dict[str, Any]:
    return {"lead_status": {"id": card["status_id"], "pipeline_id": card["pipeline_id"]}}


def _tag_changes(kind: str, before: Record, after: Record) -> Iterator[Happening]:
    old, new = _tag_names(before), _tag_names(after)
    added: Values = [{"tag": {"name": name}} for name in new if name not in old]
    deleted: Values = [{"tag": {"name": name}} for name in old if name not in new]
    if added:
        yield Happening("entity_tag_added", kind, after["id"], [], added)
    if deleted:
        yield Happening("entity_tag_deleted", kind, after["id"], deleted, [])


def _tag_names(card: Record) -> list[str]:
    return [tag["name"] for tag in card["_embedded"]["tags"]]


def _field_changes(kind: str, before: Record, after: Record) -> Iterator[Happening]:
    old = {entry["field_id"]: entry for entry in before["custom_fields_values"] or ()}
    new = {entry["field_id"]: entry for entry in after["custom_fields_values"] or ()}
    for field_id in dict.fromkeys((*old, *new)):
        was, became = _field_values(old.get(field_id)), _field_values(new.get(field_id))
        if was != became:
            name = f"custom_field_{field_id}_value_changed"
            yield Happening(name, kind, after["id"], was, became)


def _field_values(entry: Record | None) -> Values:
    if entry is None:
        return []
    return [
        {
            "custom_field_value": {
                "field_id": entry["field_id"],
                "field_type": _type_number(entry["field_type"]),
                "enum_id": value.get("enum_id"),
                "text": _text(value.get("value")),
            }
        }
        for value in entry["values"]
    ]


def _type_number(word: str) -> int:
    return FIELD_TYPES.index(word) if word in FIELD_TYPES else 0


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value["name"] if isinstance(value, dict) and "name" in value else str(value)

"""Custom fields: made, changed and deleted by administrators only.

A list's options keep their ids where the ids are sent; an option that is left out is
deleted, and with it its values on all cards. Deleting a field deletes its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

from .call import Answer, Call, Item, Record
from .problems import Problem, blank, missing, no_choice, not_found, refuse
from .shapes import Shape, as_id, shape_problems

CHANGED: Shape = {
    "id": "int",
    "name": "string",
    "code": "string?",
    "sort": "int",
    "group_id": "string?",
    "is_api_only": "bool",
    "required_statuses": "array?",
    "hidden_statuses": "array?",
    "remind": "string?",
    "enums": "array?",
    "tracking_callback": "string?",
    "chained_lists": "array?",
    "currency": "string?",
    "request_id": "id?",
}
NEW: Shape = {k: t for k, t in CHANGED.items() if k != "id"} | {
    "name": "!string",
    "type": "!string",
}
ENUM: Shape = {"id": "int", "value": "!string", "sort": "int", "code": "string?"}
STATUS: Shape = {"status_id": "!int", "pipeline_id": "!int"}
CHOICES = ("select", "multiselect", "radiobutton")
_EVERYWHERE = (
    *("text", "numeric", "checkbox", *CHOICES, "date", "url", "textarea", "streetaddress"),
    *("date_time", "smart_address", "birthday", "legal_entity", "monetary", "file"),
)
TYPES = {
    "contacts": _EVERYWHERE,  # multitext is in the table of the documentation, made by amoCRM only
    "companies": _EVERYWHERE,
    "leads": (*_EVERYWHERE, "tracking_data", "chained_list"),
}
REMIND = (None, "never", "day", "week", "month")
CHUNK = 5_000  # cards looked at in one go


def add_fields(call: Call) -> Answer:
    """POST /{kind}/custom_fields."""
    call.need_admin()
    kind = call.values["kind"]
    made = [(item, _new_field(call, kind, item)) for item in call.items()]
    call.check()
    for _, record in made:
        call.draft.put(f"{kind}/custom_fields", record)
    return 201, _told(call, kind, made)


def change_fields(call: Call) -> Answer:
    """PATCH /{kind}/custom_fields."""
    call.need_admin()
    kind = call.values["kind"]
    changed = []
    for item in call.items():
        if "id" not in item.sent:
            item.problems.append(missing("id"))
        changed.append((item, _change(call, kind, item, item.sent.get("id"))))
    call.check()
    return 200, _told(call, kind, changed)


def change_field(call: Call) -> Answer:
    """PATCH /{kind}/custom_fields/{id}: the answer is the bare object."""
    call.need_admin()
    kind, item = call.values["kind"], call.item()
    record = _change(call, kind, item, _known_id(call))
    call.check()
    return 200, _one(call, kind, record, item)


def delete_field(call: Call) -> Answer:
    """DELETE /{kind}/custom_fields/{id}: no body comes back."""
    call.need_admin()
    kind, id_ = call.values["kind"], _known_id(call)
    record = call.draft.get(f"{kind}/custom_fields", id_) or {}
    if record.get("is_predefined") or record.get("is_deletable") is False:
        raise refuse(400, "Field can not be deleted")
    call.draft.remove(f"{kind}/custom_fields", id_)
    _rewrite(call, kind, id_, lambda values: [])
    return 204, None


def _known_id(call: Call) -> int:
    id_ = call.number("id")
    if call.state.field(call.values["kind"], id_) is None:
        raise refuse(404, "Entity not found")
    return id_


def _new_field(call: Call, kind: str, item: Item) -> Record:
    sent = item.sent
    item.problems += shape_problems(sent, NEW)
    if not item.problems and sent["type"] not in TYPES[kind]:
        item.problems.append(no_choice("type"))
    record: Record = {
        "id": 0,
        "name": "",
        "type": "text",
        "account_id": call.state.account_id,
        "code": None,
        "sort": 500,
        "is_api_only": False,
        "enums": None,
        "group_id": None,
        "required_statuses": [],
        "is_deletable": True,
        "is_predefined": False,
        "entity_type": kind,
        "is_computed": False,
        "remind": None,
        "settings": None,
        "currency": None,
        "nested": None,
        "chained_lists": None,
        "hidden_statuses": [],
        "tracking_callback": None,
        "search_in": None,
    }
    if not item.problems:
        record["type"] = sent["type"]
        _fill(call, kind, item, record)
    return record if item.problems else record | {"id": call.draft.new_id("custom_fields")}


def _change(call: Call, kind: str, item: Item, id_: object) -> Record:
    record = call.draft.get(f"{kind}/custom_fields", as_id(id_))
    item.problems += shape_problems(item.sent, CHANGED)
    if record is None:
        item.problems.append(not_found())
        return {}
    before = deepcopy(record)
    if not item.problems:
        _fill(call, kind, item, record)
    if not item.problems:
        call.draft.put(f"{kind}/custom_fields", record)
        if before["enums"] != record["enums"] and record["type"] in CHOICES:
            options = {option["id"]: option for option in record["enums"] or ()}
            _rewrite(call, kind, record["id"], lambda values: list(_renamed(values, options)))
    return record


def _fill(call: Call, kind: str, item: Item, record: Record) -> None:
    sent = item.sent
    item.problems += _problems(call, kind, sent, record)
    if item.problems:
        return
    record |= {k: v for k, v in sent.items() if k not in ("id", "type", "enums", "request_id")}
    for key in ("required_statuses", "hidden_statuses"):
        record[key] = record[key] or []
    if sent.get("enums") is not None:
        record["enums"] = [_enum(call, at, enum) for at, enum in enumerate(sent["enums"])]


def _enum(call: Call, at: int, sent: Record) -> Record:
    id_ = sent["id"] if "id" in sent else call.draft.new_id("enums")
    return {"value": "", "sort": at, "code": None, **sent, "id": id_}


def _problems(call: Call, kind: str, sent: Record, record: Record) -> Iterator[Problem]:
    if sent.get("name") == "":
        yield blank("name")
    if sent.get("remind") not in REMIND:
        yield no_choice("remind")
    for other in call.state.fields(kind):
        if sent.get("code") and other["code"] == sent["code"] and other["id"] != record["id"]:
            yield Problem("NotUnique", "code", "This value is already used.")
    yield from _enum_problems(sent, record)
    for key in ("required_statuses", "hidden_statuses"):
        for at, status in enumerate(sent.get(key) or ()):
            yield from _status_problems(call, status, f"{key}.{at}")


def _enum_problems(sent: Record, record: Record) -> Iterator[Problem]:
    if record["type"] not in CHOICES:
        if sent.get("enums"):
            yield no_choice("enums")
        return
    if sent.get("enums") is None and record["enums"] is None:
        yield missing("enums")
    if sent.get("enums") == []:
        yield blank("enums")
    known = {enum["id"] for enum in record["enums"] or ()}
    for at, enum in enumerate(sent.get("enums") or ()):
        if not isinstance(enum, dict):
            yield no_choice(f"enums.{at}")
            continue
        problems = list(shape_problems(enum, ENUM, f"enums.{at}."))
        yield from problems
        if not problems and "id" in enum and enum["id"] not in known:
            yield no_choice(f"enums.{at}.id")


def _status_problems(call: Call, status: object, path: str) -> Iterator[Problem]:
    if not isinstance(status, dict):
        yield no_choice(path)
        return
    problems = list(shape_problems(status, STATUS, f"{path}."))
    yield from problems
    if not problems and call.state.status(status["pipeline_id"], status["status_id"]) is None:
        yield no_choice(f"{path}.status_id")


def _renamed(values: list[Record], options: dict[int, Record]) -> Iterator[Record]:
    """Yield the values whose option is still there, with its text as it is now."""
    for value in values:
        option = options.get(value.get("enum_id") or 0)
        if option is not None:
            yield value | {"value": option["value"], "enum_code": option["code"]}


def _rewrite(
    call: Call, kind: str, field_id: int, change: Callable[[list[Record]], list[Record]]
) -> None:
    """Stage the cards that hold the field with its values changed; cards have no say in it."""
    table = call.state.table(kind)
    rows = table.rows()
    for start in range(0, len(rows), CHUNK):
        for record in table.read(rows[start : start + CHUNK]):
            entries = record["custom_fields_values"] or ()
            if not any(entry["field_id"] == field_id for entry in entries):
                continue
            kept = [
                entry | {"values": change(entry["values"])}
                if entry["field_id"] == field_id
                else entry
                for entry in entries
            ]
            left = [entry for entry in kept if entry["values"]]
            call.draft.put(kind, record | {"custom_fields_values": left or None})


def _told(call: Call, kind: str, fields: list[tuple[Item, Record]]) -> Record:
    listed = [_one(call, kind, record, item) for item, record in fields]
    return {"_total_items": len(listed), "_embedded": {"custom_fields": listed}}


def _one(call: Call, kind: str, record: Record, item: Item) -> Record:
    links = call.href(f"{kind}/custom_fields/{record['id']}")
    return record | {"request_id": item.request_id, "_links": links}

"""Notes: ten types can be made and edited, on the card in the path or on many at once.

Each type has its own params, and keys that it does not know are refused. A note can't be
moved to another card: whether amoCRM would is not documented, so a rehearsal refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dedupe.sandbox.server.reply import Effect

from .call import Answer, Call, Item, Record
from .problems import Problem, blank, missing, no_choice, not_found, refuse
from .shapes import Shape, as_id, shape_problems

NEW: Shape = {
    "entity_id": "int",
    "note_type": "!string",
    "params": "object",
    "created_by": "int",
    "updated_by": "int",
    "responsible_user_id": "int",
    "created_at": "int",
    "updated_at": "int",
    "is_need_to_trigger_digital_pipeline": "bool",
    "request_id": "id?",
}
# The documentation names entity_id, note_type and params; the vendor's library sends the rest too.
CHANGED: Shape = {k: t.lstrip("!") for k, t in NEW.items()} | {"id": "int"}
USERS = ("created_by", "updated_by", "responsible_user_id")
TAKEN = (*USERS, "created_at", "updated_at", "note_type", "params")
_CALL: Shape = {
    "uniq": "!string",
    "duration": "!int",
    "source": "!string",
    "link": "string?",
    "phone": "!string",
    "call_responsible": "id?",
    "call_result": "string?",
    "call_status": "int?",
}
_SERVICE: Shape = {"service": "!string", "text": "!string"}
_SMS: Shape = {"text": "!string", "phone": "!string"}
PARAMS: dict[str, Shape] = {
    "common": {"text": "!string"},
    "call_in": _CALL,
    "call_out": _CALL,
    "service_message": _SERVICE,
    "extended_service_message": _SERVICE,
    "message_cashier": {"status": "!string", "text": "!string"},
    "geolocation": {
        "text": "!string",
        "address": "!string",
        "longitude": "!string",
        "latitude": "!string",
    },
    "sms_in": _SMS,
    "sms_out": _SMS,
    "attachment": {"file_uuid": "!string", "version_uuid": "string", "file_name": "!string"},
}
CASHIER = ("created", "shown", "canceled")


def add_notes(call: Call) -> Answer:
    """POST /{kind}/notes and /{kind}/{id}/notes."""
    kind, own = call.values["kind"], _own_id(call)
    made = [(item, _new_note(call, kind, item, own)) for item in call.items()]
    call.check()
    listed = []
    for item, record in made:
        stage_note(call, record, is_quiet=_is_quiet(item.sent))
        listed.append(_reference(call, record) | {"request_id": item.request_id})
    return 200, {"_links": call.href(f"{kind}/notes"), "_embedded": {"notes": listed}}


def change_notes(call: Call) -> Answer:
    """PATCH /{kind}/notes and /{kind}/{id}/notes."""
    kind, own, listed = call.values["kind"], _own_id(call), []
    for item in call.items():
        if "id" not in item.sent:
            item.problems.append(missing("id"))
            continue
        record = _change(call, kind, item, item.sent["id"], own)
        listed.append(_changed(call, record) if record else {})
    call.check()
    return 200, {"_links": call.href(f"{kind}/notes"), "_embedded": {"notes": listed}}


def change_note(call: Call) -> Answer:
    """PATCH /{kind}/{id}/notes/{note}: the answer is the bare object."""
    kind, own, id_ = call.values["kind"], _own_id(call), call.number("note")
    if _note(call, kind, id_, own) is None:
        raise refuse(404, "Entity not found")
    record = _change(call, kind, call.item(), id_, own)
    call.check()
    return 200, _changed(call, record or {})


def stage_note(call: Call, record: Record, *, is_quiet: bool) -> None:
    """Stage a new note, and tell of the automations that it would start unless it is quiet."""
    call.draft.put("notes", record)
    if not is_quiet:
        told = {"note_type": record["note_type"], "entity": record["entity_type"]}
        call.draft.add_effect(Effect("trigger", "digital_pipeline", record["id"], None, told))


def _own_id(call: Call) -> int | None:
    if "id" not in call.values:
        return None
    id_ = call.number("id")
    if call.card(call.values["kind"], id_) is None:
        raise refuse(404, "Entity not found")
    return id_


def _new_note(call: Call, kind: str, item: Item, own: int | None) -> Record:
    sent, user = item.sent, call.request.user_id
    item.problems += shape_problems(sent, NEW)
    entity_id: Any = sent.get("entity_id", own)
    if entity_id is None:
        item.problems.append(missing("entity_id"))
    elif own is not None and entity_id != own:
        item.problems.append(no_choice("entity_id"))
    if not item.problems:
        item.problems += call.user_problems(sent, *USERS)
        item.problems += params_problems(sent["note_type"], sent.get("params"))
        card = call.card(kind, entity_id)
        item.problems += [] if card else [not_found("entity_id")]
    if item.problems:
        return {}
    author: int = sent.get("created_by", user)
    owner: int = sent.get("responsible_user_id", author)
    record: Record = {
        "id": call.draft.new_id("notes"),
        "entity_id": entity_id,
        "created_by": author,
        "updated_by": sent.get("updated_by", author),
        "created_at": sent.get("created_at", call.now),
        "updated_at": sent.get("updated_at", call.now),
        "responsible_user_id": owner,
        "group_id": call.state.group_of(owner),
        "note_type": sent["note_type"],
        "entity_type": kind,
        "params": sent["params"],
        "account_id": call.state.account_id,
    }
    return record


def params_problems(note_type: str, params: Record | None) -> Iterator[Problem]:
    """Yield what is wrong with the params of a note of that type."""
    shape = PARAMS.get(note_type)
    if shape is None:
        yield no_choice("note_type")
        return
    if params is None:
        yield missing("params")
        return
    yield from shape_problems(params, shape, "params.")
    if params.get("text") == "":
        yield blank("params.text")
    if note_type == "message_cashier" and params.get("status") not in CASHIER:
        yield no_choice("params.status")
    if params.get("call_status") not in (None, *range(1, 8)):
        yield no_choice("params.call_status")


def _note(call: Call, kind: str, id_: object, own: int | None) -> Record | None:
    """Return a note of a card of this kind (and of the card in the path)."""
    record = call.draft.get("notes", as_id(id_))
    if record is None or record["entity_type"] != kind or own not in (None, record["entity_id"]):
        return None
    return record if call.card(kind, record["entity_id"]) else None


def _change(call: Call, kind: str, item: Item, id_: object, own: int | None) -> Record | None:
    sent, record = item.sent, _note(call, kind, id_, own)
    item.problems += shape_problems(sent, CHANGED)
    if record is None:
        item.problems.append(not_found())
        return None
    if sent.get("entity_id", record["entity_id"]) != record["entity_id"]:
        item.problems.append(no_choice("entity_id"))
    note_type = str(sent.get("note_type", record["note_type"]))
    if record["note_type"] not in PARAMS:  # of those that only amoCRM itself makes
        item.problems.append(no_choice("note_type"))
    elif not item.problems:
        item.problems += params_problems(note_type, sent.get("params", record["params"]))
    item.problems += call.user_problems(sent, *USERS) if not item.problems else ()
    if item.problems:
        return None
    record |= {"updated_at": call.now, "updated_by": call.request.user_id}
    record |= {key: sent[key] for key in TAKEN if key in sent}
    record["group_id"] = call.state.group_of(record["responsible_user_id"])
    call.draft.put("notes", record)
    return record


def _changed(call: Call, record: Record) -> Record:
    return _reference(call, record) | {"updated_at": record["updated_at"]}


def _is_quiet(sent: Record) -> bool:
    return sent.get("is_need_to_trigger_digital_pipeline") is False


def _reference(call: Call, record: Record) -> Record:
    path = f"{record['entity_type']}/{record['entity_id']}/notes/{record['id']}"
    return {"id": record["id"], "entity_id": record["entity_id"], "_links": call.href(path)}

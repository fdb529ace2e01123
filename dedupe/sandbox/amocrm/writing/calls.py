"""POST /calls: a call finds its card by the last ten digits of the number.

The card's one open lead gets the note, else the contact or the company itself. Calls that
find nobody are told in `errors` beside those that were added: the answer is 200 all the same.
"""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from ..names import LOST, SINGULAR, WON
from ..state import State
from .call import Answer, Call, Item, Record
from .notes import stage_note
from .problems import blank, no_choice
from .shapes import Shape, shape_problems

CALL: Shape = {
    "direction": "!string",
    "uniq": "string",
    "duration": "!int",
    "source": "!string",
    "link": "string?",
    "phone": "!string",
    "call_responsible": "id?",
    "call_result": "string?",
    "call_status": "int?",
    "responsible_user_id": "int",
    "created_by": "int",
    "updated_by": "int",
    "created_at": "int",
    "updated_at": "int",
    "request_id": "id?",
}
NOTE_TYPES = {"inbound": "call_in", "outbound": "call_out"}
PARAMS = ("uniq", "duration", "source", "link", "phone", "call_responsible", "call_result",
          "call_status")  # fmt: skip
Holders = dict[str, tuple[str, int]]  # last ten digits -> whose number it is
CHUNK = 5_000

_INDEX: WeakKeyDictionary[State, tuple[tuple[int, int], Holders]] = WeakKeyDictionary()


def add_calls(call: Call) -> Answer:
    """Add calls to the cards of their numbers."""
    items = call.items()
    for item in items:
        _check(call, item)
    call.check()
    added, errors = [], []
    for item in items:
        found = _find(call, item.sent["phone"])
        if found is None:
            error = {"code": "EntityNotFound", "path": "phone", "detail": "Entity not found"}
            errors.append({"request_id": item.request_id, "errors": error})
        else:
            added.append(_add(call, item, *found))
    return 200, {"_total_items": len(added), "errors": errors, "_embedded": {"calls": added}}


def _check(call: Call, item: Item) -> None:
    sent = item.sent
    item.problems += shape_problems(sent, CALL)
    if item.problems:
        return
    item.problems += call.user_problems(sent, "responsible_user_id", "created_by", "updated_by")
    if sent["direction"] not in NOTE_TYPES:
        item.problems.append(no_choice("direction"))
    if sent.get("call_status") not in (None, *range(1, 8)):
        item.problems.append(no_choice("call_status"))
    if not _digits(sent["phone"]):
        item.problems.append(blank("phone"))


def _add(call: Call, item: Item, kind: str, id_: int) -> Record:
    sent, user = item.sent, call.request.user_id
    author = sent.get("call_responsible")
    if not isinstance(author, int) or not call.is_active(author):
        author = sent.get("created_by", user)
    owner = sent.get("responsible_user_id", author)
    record: Record = {
        "id": call.draft.new_id("notes"),
        "entity_id": id_,
        "created_by": author,
        "updated_by": sent.get("updated_by", author),
        "created_at": sent.get("created_at", call.now),
        "updated_at": sent.get("updated_at", call.now),
        "responsible_user_id": owner,
        "group_id": call.state.group_of(owner or 0),
        "note_type": NOTE_TYPES[sent["direction"]],
        "entity_type": kind,
        "params": {key: sent[key] for key in PARAMS if key in sent},
        "account_id": call.state.account_id,
    }
    stage_note(call, record, is_quiet=False)
    links = call.href(f"{kind}/{id_}")
    return {
        "id": record["id"],
        "entity_id": id_,
        "entity_type": SINGULAR[kind],
        "account_id": call.state.account_id,
        "request_id": item.request_id,
        "_embedded": {"entity": {"id": id_, "_links": links}},
    }


def _find(call: Call, phone: str) -> tuple[str, int] | None:
    """Return where a call from this number goes."""
    holder = _holders(call.state).get(_digits(phone))
    if holder is None:
        return None
    leads = [
        lead
        for link in call.state.links_of(*holder)
        if link.to_entity == "leads" and (lead := call.card("leads", link.to_id))
    ]
    is_open = [lead["id"] for lead in leads if lead["status_id"] not in (WON, LOST)]
    return ("leads", is_open[0]) if len(is_open) == 1 else holder


def _holders(state: State) -> Holders:
    """Return whose the numbers are, contacts before companies; kept until a card changes."""
    versions = (state.table("contacts").version, state.table("companies").version)
    known = _INDEX.get(state)
    if known is None or known[0] != versions:
        holders: Holders = {}
        for kind in ("contacts", "companies"):
            _add_holders(state, kind, holders)
        known = _INDEX[state] = (versions, holders)
    return known[1]


def _add_holders(state: State, kind: str, holders: Holders) -> None:
    table = state.table(kind)
    rows = table.rows()
    for start in range(0, len(rows), CHUNK):
        for record in table.read(rows[start : start + CHUNK]):
            if record.get("is_deleted"):
                continue
            for entry in record["custom_fields_values"] or ():
                if entry["field_code"] == "PHONE":
                    for value in entry["values"]:
                        digits = _digits(str(value["value"]))
                        holders.setdefault(digits, (kind, record["id"]))


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone, flags=re.ASCII)[-10:]

"""POST and PATCH of contacts, companies and leads, one by one and in batches.

What is not sent stays. A sent field replaces its whole list of values, null clears it;
`_embedded.tags` replaces all tags, tags_to_add and tags_to_delete are incremental. An
unknown key, a dismissed user or a wrong type anywhere refuses the whole request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..links import Link
from .call import Answer, Call, Item, Record
from .problems import Problem, missing, no_choice, not_found, refuse, too_many, wrong_type
from .shapes import Shape, as_id, shape_problems
from .stages import STAGE_KEYS, settle_stage
from .tags import retag, tag_problems
from .unsorted import forget_unsorted
from .values import apply_field_values, read_field_values

COMMON: Shape = {
    "name": "string",
    "responsible_user_id": "int",
    "created_by": "int",
    "updated_by": "int",
    "created_at": "int",
    "updated_at": "int",
    "custom_fields_values": "array",
    "tags_to_add": "array",
    "_embedded": "map",
    "request_id": "id?",
}
OWN: Mapping[str, Shape] = {
    "contacts": {"first_name": "string", "last_name": "string"},
    "companies": {},
    "leads": STAGE_KEYS | {"price": "number", "visitor_uid": "string?"},
}
CHANGED: Shape = {"id": "int", "tags_to_delete": "array"}
TAGS: Shape = {"tags": "array?"}
MADE_WITH: Mapping[str, Shape] = {
    "contacts": TAGS,
    "companies": TAGS,
    "leads": TAGS | {"contacts": "array", "companies": "array", "source": "object"},
}
REFERENCE: Shape = {"id": "!int", "is_main": "bool?"}
SOURCE: Shape = {"external_id": "id", "type": "string"}
USERS = ("responsible_user_id", "created_by", "updated_by")
PLAIN = (*USERS, "name", "first_name", "last_name", "price", "created_at", "updated_at")


def add_cards(call: Call) -> Answer:
    """POST /{kind}: make cards from a list."""
    kind = call.values["kind"]
    call.need_right(kind, "add")
    made = [(item, new_card(call, kind, item)) for item in call.items()]
    for item, record in made:
        if kind == "leads" and not item.problems:
            embed(call, item, record)
    call.check()
    for _, record in made:
        call.draft.put(kind, record)
    listed = [
        {"id": r["id"], "request_id": item.request_id, "_links": call.href(f"{kind}/{r['id']}")}
        for item, r in made
    ]
    return 200, {"_links": call.href(kind), "_embedded": {kind: listed}}


def change_cards(call: Call) -> Answer:
    """PATCH /{kind}: change cards from a list; the documentation's sample sends one object."""
    kind = call.values["kind"]
    listed = []
    for item in call.items(or_object=True):
        id_ = item.sent.get("id")
        if id_ is None:
            item.problems.append(missing("id"))
            continue
        record = change_card(call, kind, item, as_id(id_))
        if record is not None:
            listed.append(_changed(call, kind, record, item))
    call.check()
    return 200, {"_links": call.href(kind), "_embedded": {kind: listed}}


def change_one(call: Call) -> Answer:
    """PATCH /{kind}/{id}: change one card; the answer is the bare object."""
    kind, id_ = call.values["kind"], call.number("id")
    if call.card(kind, id_) is None:
        raise refuse(404, "Entity not found")
    item = call.item()
    if item.sent.get("id", id_) != id_:
        item.problems.append(no_choice("id"))
    record = change_card(call, kind, item, id_)
    call.check()
    return 200, _changed(call, kind, record or {}, item)


def new_card(call: Call, kind: str, item: Item, embedded: Shape | None = None) -> Record:
    """Return a card made from `item`, its id 0 where something is wrong, noted in the item."""
    sent, record = item.sent, _blank_card(call, kind)
    item.problems += shape_problems(sent, COMMON | OWN[kind])
    if not item.problems:
        shape = MADE_WITH[kind] if embedded is None else embedded
        item.problems += shape_problems(sent.get("_embedded") or {}, shape, "_embedded.")
    if not item.problems:
        _fill(call, kind, item, record, None)
    if not item.problems:
        record["id"] = call.draft.new_id(kind)
        _name_new(call, kind, record)
    return record


def _blank_card(call: Call, kind: str) -> Record:
    user = call.request.user_id
    record: Record = {
        "id": 0,
        "name": "",
        "responsible_user_id": user,
        "group_id": 0,
        "created_by": user,
        "updated_by": user,
        "created_at": call.now,
        "updated_at": call.now,
        "is_deleted": False,
        "custom_fields_values": None,
        "account_id": call.state.account_id,
        "_embedded": {"tags": []},
    }
    parts: Record = {"first_name": "", "last_name": ""}
    return record | {"contacts": parts, "companies": {}, "leads": NEW_LEAD}[kind]


NEW_LEAD: Record = {
    "price": 0,
    "status_id": 0,
    "pipeline_id": 0,
    "loss_reason_id": None,
    "source_id": None,
    "closed_at": None,
    "score": None,
    "labor_cost": None,
    "is_price_modified_by_robot": False,
}


def change_card(call: Call, kind: str, item: Item, id_: int) -> Record | None:
    """Stage the changes of one card; None where something is wrong, noted in the item."""
    sent = item.sent
    record = call.card(kind, id_)
    if record is None:
        item.problems.append(not_found())
        return None
    item.problems += shape_problems(sent, COMMON | OWN[kind] | CHANGED)
    if not item.problems:
        item.problems += shape_problems(sent.get("_embedded") or {}, TAGS, "_embedded.")
    call.need_right(kind, "edit", record)
    before = dict(record)
    if not item.problems:
        record |= {"updated_at": call.now, "updated_by": call.request.user_id}
        _fill(call, kind, item, record, before)
    if item.problems:
        return None
    if kind == "contacts":
        _rename(call, sent, record)
    if kind == "leads":
        forget_unsorted(call, before, record)
    call.draft.put(kind, record)
    return record


def _fill(call: Call, kind: str, item: Item, record: Record, before: Record | None) -> None:
    """Take what was sent over into `record`; note what is wrong with it."""
    sent = item.sent
    item.problems += call.user_problems(sent, *USERS)
    item.problems += tag_problems(call, kind, sent)
    changes = read_field_values(
        sent.get("custom_fields_values") or (), lambda key: call.state.field(kind, key)
    )
    item.problems += changes.problems
    if kind == "leads":
        item.problems += settle_stage(call, sent, record, before)
    if item.problems:
        return
    record |= {key: sent[key] for key in PLAIN if key in sent}
    record["group_id"] = call.state.group_of(record["responsible_user_id"])
    record["custom_fields_values"] = apply_field_values(
        record["custom_fields_values"], changes.entries
    )
    record["_embedded"] = {"tags": retag(call, kind, sent, record["_embedded"]["tags"])}


def _name_new(call: Call, kind: str, record: Record) -> None:
    if kind == "contacts" and not record["name"]:
        record["name"] = _joined(call, record)
    if kind == "leads" and not record["name"]:
        record["name"] = f"Сделка #{record['id']}"


def _rename(call: Call, sent: Record, record: Record) -> None:
    """Make the name of a contact follow its parts, unless it was sent itself."""
    if "name" not in sent and ("first_name" in sent or "last_name" in sent):
        record["name"] = _joined(call, record)


def _joined(call: Call, record: Record) -> str:
    parts = [record["first_name"] or "", record["last_name"] or ""]
    if call.state.settings.get("contact_name_display_order") == "2":  # the surname first
        parts.reverse()
    return " ".join(part for part in parts if part)


def embed(call: Call, item: Item, record: Record) -> None:
    """Stage the links that a new lead is made with, and take over its source."""
    embedded = item.sent.get("_embedded") or {}
    for kind in ("contacts", "companies"):
        references = embedded.get(kind, [])
        if kind == "companies" and len(references) > 1:
            item.problems.append(too_many("_embedded.companies", 1))
        for at, reference in enumerate(references):
            link = _embedded_link(call, record["id"], kind, reference)
            if isinstance(link, Link):
                call.draft.link(link)
            else:
                path = f"_embedded.{kind}.{at}"
                item.problems += [replace(p, path=f"{path}.{p.path}".rstrip(".")) for p in link]
    take_source(call, item, record)


def take_source(call: Call, item: Item, record: Record) -> None:
    """Set the lead's source to the one of the external id that was sent."""
    source = (item.sent.get("_embedded") or {}).get("source", {})
    item.problems += shape_problems(source, SOURCE, "_embedded.source.")
    for known in call.state.all("sources"):
        if known["external_id"] == source.get("external_id", ""):
            record["source_id"] = known["id"]


def _embedded_link(
    call: Call, lead_id: int, kind: str, reference: object
) -> Link | Sequence[Problem]:
    if not isinstance(reference, dict):
        return [wrong_type("", "array")]
    problems = list(shape_problems(reference, REFERENCE))
    if not problems and call.card(kind, reference["id"]) is None:
        problems = [no_choice("id")]
    is_main = reference.get("is_main") if kind == "contacts" else None
    return problems or Link("leads", lead_id, kind, reference["id"], is_main)


def _changed(call: Call, kind: str, record: Record, item: Item) -> Record:
    """Return what is told of a changed card: its id, when, and of cards with names the name."""
    told = {"id": record["id"], "updated_at": record["updated_at"]}
    if kind != "leads":
        told["name"] = record["name"]
    if "request_id" in item.sent:
        told["request_id"] = item.sent["request_id"]
    return told | {"_links": call.href(f"{kind}/{record['id']}")}

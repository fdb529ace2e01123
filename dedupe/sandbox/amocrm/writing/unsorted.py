"""Unsorted enquiries: made from a call or a form, accepted, declined, linked to a lead.

An enquiry is a lead in the unsorted stage of its pipeline. Accepting moves it to a stage
and makes the user its owner; declining leaves a lost lead, as was seen live (the
documentation says the bin). Only enquiries from chats can be linked to another lead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from ..links import Link
from ..names import LOST
from .call import Answer, Call, Item, Record
from .problems import Problem, no_choice, not_found, refuse
from .shapes import Shape, shape_problems
from .stages import first_stage

NEW: Shape = {
    "source_uid": "!string",
    "source_name": "!string",
    "pipeline_id": "int",
    "created_at": "int",
    "metadata": "!object",
    "_embedded": "map",
    "request_id": "id?",
}
EMBEDDED: Shape = {"leads": "array", "contacts": "array", "companies": "array"}
SIP: Shape = {
    "phone": "!id",
    "called_at": "!int",
    "duration": "!int",
    "link": "!string?",
    "service_code": "!string",
    "uniq": "!string",
    "from": "id",
    "call_responsible": "id?",
    "is_call_event_needed": "bool",
}
FORM: Shape = {
    "form_id": "!id",
    "form_name": "!string",
    "form_page": "!string",
    "ip": "string",
    "form_sent_at": "!int",
    "referer": "string",
    "visitor_uid": "string?",
}
ACCEPT: Shape = {"user_id": "int", "status_id": "int"}
DECLINE: Shape = {"user_id": "int"}
LINK: Shape = {"user_id": "int", "link": "!object"}
LINK_TO: Shape = {"entity_id": "!int", "entity_type": "!string", "metadata": "object"}


def metadata_problems(metadata: Record, shape: Shape) -> Iterator[Problem]:
    """Yield what is wrong with the metadata of an enquiry."""
    yield from shape_problems(metadata, shape, "metadata.")


def unsorted_stage(call: Call, pipeline_id: int) -> int | None:
    """Return the unsorted stage of a pipeline, None when it has none."""
    stages = call.state.statuses(pipeline_id)
    return next((s["id"] for s in stages if s["type"] == 1), None)


def stage_unsorted(call: Call, category: str, sent: Record, cards: dict[str, Record]) -> Record:
    """Stage the enquiry of a lead that is in the unsorted stage."""
    lead = cards["leads"]
    uid = hashlib.sha256(f"{call.state.account_id}/{lead['id']}".encode()).hexdigest()[:60]
    references = {
        kind: [{"id": cards[kind]["id"]}] if kind in cards else []
        for kind in ("contacts", "leads", "companies")
    }
    record = {
        "uid": uid,
        "source_uid": sent.get("source_uid"),
        "source_name": sent.get("source_name"),
        "category": category,
        "pipeline_id": lead["pipeline_id"],
        "created_at": sent.get("created_at", call.now),
        "metadata": {k: v for k, v in sent["metadata"].items() if k != "is_call_event_needed"},
        "account_id": call.state.account_id,
        "_embedded": references,
    }
    call.draft.put("unsorted", record)
    return record


def accept(call: Call) -> Answer:
    """POST /leads/unsorted/{uid}/accept."""
    record, item = _known(call), call.item(or_nothing=True)
    item.problems += shape_problems(item.sent, ACCEPT)
    item.problems += [] if item.problems else call.user_problems(item.sent, "user_id")
    stages = call.state.statuses(record["pipeline_id"] or 0)
    lead = _lead(call, record)
    if "status_id" in item.sent and not _is_stage(stages, item.sent["status_id"]):
        item.problems.append(no_choice("status_id"))
    call.check()
    if lead is not None:
        stage = item.sent.get("status_id") or first_stage(stages)
        user = item.sent.get("user_id") or lead["responsible_user_id"]
        _move(call, lead, stage, {"responsible_user_id": user})
    call.draft.remove("unsorted", record["uid"])
    return 200, _told(call, record, ("leads", "contacts", "companies"))


def decline(call: Call) -> Answer:
    """DELETE /leads/unsorted/{uid}/decline."""
    record, item = _known(call), call.item(or_nothing=True)
    item.problems += shape_problems(item.sent, DECLINE)
    item.problems += [] if item.problems else call.user_problems(item.sent, "user_id")
    call.check()
    lead = _lead(call, record)
    if lead is not None:
        _move(call, lead, LOST, {"closed_at": call.now})
    call.draft.remove("unsorted", record["uid"])
    return 200, _told(call, record, ("leads", "contacts"))


def link(call: Call) -> Answer:
    """POST /leads/unsorted/{uid}/link: the contact goes to a lead, the enquiry's own to the bin."""
    record, item = _known(call), call.item()
    item.problems += shape_problems(item.sent, LINK)
    item.problems += [] if item.problems else _link_problems(call, item.sent["link"])
    if record["category"] != "chats":
        item.problems.append(no_choice("link"))
    call.check()
    target = item.sent["link"]["entity_id"]
    for contact in record["_embedded"]["contacts"]:
        call.draft.link(Link("leads", target, "contacts", contact["id"]))
    lead = _lead(call, record)
    if lead is not None:
        call.draft.put("leads", lead | {"is_deleted": True, "updated_at": call.now})
    call.draft.remove("unsorted", record["uid"])
    links = call.href(f"leads/{target}")
    told = [{"id": target, "_links": links}]
    return 200, {"uid": record["uid"], "_embedded": {"leads": told}}


def forget_unsorted(call: Call, before: Record, after: Record) -> None:
    """Stage the end of a lead's enquiry when it left the unsorted stage by other means."""
    if before["status_id"] == after["status_id"]:
        return
    if before["status_id"] != unsorted_stage(call, before["pipeline_id"]):
        return
    for record in call.state.all("unsorted"):
        if any(lead["id"] == after["id"] for lead in record["_embedded"]["leads"]):
            call.draft.remove("unsorted", record["uid"])


def _known(call: Call) -> Record:
    record = call.draft.get("unsorted", call.values["uid"])
    if record is None:
        raise refuse(404, "Unsorted not found")
    return record


def _lead(call: Call, record: Record) -> Record | None:
    return next((call.card("leads", one["id"]) for one in record["_embedded"]["leads"]), None)


def _is_stage(stages: list[Record], status_id: int) -> bool:
    return any(s["id"] == status_id and s["type"] == 0 for s in stages)


def _move(call: Call, lead: Record, status_id: int, more: Record) -> None:
    lead |= {"status_id": status_id, "updated_at": call.now, "updated_by": call.request.user_id}
    lead |= more
    lead["group_id"] = call.state.group_of(lead["responsible_user_id"])
    call.draft.put("leads", lead)


def _link_problems(call: Call, sent: Record) -> Iterator[Problem]:
    problems = list(shape_problems(sent, LINK_TO, "link."))
    yield from problems
    if problems:
        return
    if sent["entity_type"] != "leads":
        yield no_choice("link.entity_type")
    elif call.card("leads", sent["entity_id"]) is None:
        yield not_found("link.entity_id")


def _told(call: Call, record: Record, kinds: tuple[str, ...]) -> Record:
    embedded = {
        kind: [
            one | {"_links": call.href(f"{kind}/{one['id']}")} for one in record["_embedded"][kind]
        ]
        for kind in kinds
    }
    told = {key: record[key] for key in ("uid", "pipeline_id", "category", "created_at")}
    return told | {"_embedded": embedded}


def reference(call: Call, record: Record, item: Item) -> Record:
    """Return what is told of a new enquiry."""
    told: dict[str, Any] = {
        "uid": record["uid"],
        "account_id": record["account_id"],
        "request_id": item.request_id,
        "_links": call.href(f"leads/unsorted/{record['uid']}"),
    }
    return told | {
        "_embedded": _told(call, record, ("contacts", "leads", "companies"))["_embedded"]
    }

"""Settings that the API writes: webhooks, sources, loss reasons, chats of a contact.

All of them are for administrators. A webhook is known by its address: the same address again
changes it. A source's external id is unique and can't be changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from dedupe.sandbox.server.reply import PROBLEM, Reply

from .call import Answer, Call, Item, Record
from .problems import (
    Problem,
    RefusalError,
    blank,
    missing,
    no_choice,
    not_found,
    problem,
    refuse,
    too_many,
    wrong_type,
)
from .shapes import Shape, as_id, shape_problems

WEBHOOK: Shape = {"destination": "!string", "settings": "!array", "sort": "int"}
ADDRESS: Shape = {"destination": "!string"}
MAX_WEBHOOKS, MAX_SOURCES, MAX_NEW_SOURCES = 100, 100, 50
_CARDS = ("lead", "contact", "company", "customer")
WEBHOOK_EVENTS = frozenset(
    [
        f"{what}_{card}"
        for what in ("add", "update", "delete", "responsible", "note")
        for card in _CARDS
    ]
    + [f"restore_{card}" for card in _CARDS[:3]]
    + [f"{what}_task" for what in ("add", "update", "delete", "responsible")]
    + ["add_talk", "update_talk", "status_lead", "add_chat_template_review"]
)
SOURCE: Shape = {
    "name": "string",
    "pipeline_id": "int",
    "default": "bool",
    "origin_code": "string?",
    "services": "array",
    "request_id": "id?",
}
NEW_SOURCE: Shape = SOURCE | {"name": "!string", "external_id": "!string"}
LOSS_REASON: Shape = {"name": "!string", "sort": "int", "request_id": "id?"}
CHAT: Shape = {"contact_id": "!int", "chat_id": "!string", "request_id": "id?"}


def put_webhook(call: Call) -> Answer:
    """POST /webhooks: subscribe an address, or change what it is subscribed to."""
    call.need_admin()
    item = call.item()
    item.problems += shape_problems(item.sent, WEBHOOK)
    item.problems += [] if item.problems else _webhook_problems(item.sent)
    call.check()
    hooks = call.state.all("webhooks")
    old = next((h for h in hooks if h["destination"] == item.sent["destination"]), None)
    if old is None and len(hooks) >= MAX_WEBHOOKS:
        raise refuse(400, "Webhooks limit exceeded")
    record = old or {
        "id": call.draft.new_id("webhooks"),
        "destination": item.sent["destination"],
        "created_at": call.now,
        "updated_at": call.now,
        "account_id": call.state.account_id,
        "created_by": call.request.user_id,
        "sort": len(hooks) + 1,
    }
    record |= {"updated_at": call.now, "disabled": False, **item.sent}
    call.draft.put("webhooks", record)
    return 201, record


def delete_webhook(call: Call) -> Answer:
    """DELETE /webhooks: no body comes back."""
    call.need_admin()
    item = call.item()
    item.problems += shape_problems(item.sent, ADDRESS)
    call.check()
    for hook in call.state.all("webhooks"):
        if hook["destination"] == item.sent["destination"]:
            call.draft.remove("webhooks", hook["id"])
            return 204, None
    raise refuse(404, "Webhook not found")


def _webhook_problems(sent: Record) -> Iterator[Problem]:
    if not _is_address(sent["destination"]):
        yield Problem("InvalidUrl", "destination", "This value is not a valid URL.")
    if not sent["settings"]:
        yield blank("settings")
    for at, event in enumerate(sent["settings"]):
        if not isinstance(event, str) or event not in WEBHOOK_EVENTS:
            yield no_choice(f"settings.{at}")


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text)
    except ValueError:  # an address of IPv6 that is none
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)


def add_sources(call: Call) -> Answer:
    """POST /sources."""
    call.need_admin()
    known = {source["external_id"] for source in call.state.all("sources")}
    made: list[tuple[Item, Record]] = []
    for item in call.items(MAX_NEW_SOURCES):
        record = _filled(call, item, NEW_SOURCE, {"default": False, "origin_code": None})
        external = item.sent.get("external_id")
        if isinstance(external, str):
            item.problems += _external_problems(external, known)
            known.add(external)
        made.append((item, record))
    if len(known) > MAX_SOURCES:
        made[-1][0].problems.append(too_many("", MAX_SOURCES))
    call.check()
    for _, record in made:
        call.draft.put("sources", record | {"id": call.draft.new_id("sources")})
    return 200, lambda call: _sources(call, [item for item, _ in made])


def change_sources(call: Call) -> Answer:
    """PATCH /sources."""
    call.need_admin()
    changed = []
    for item in call.items(MAX_NEW_SOURCES):
        record = call.state.get("sources", as_id(item.sent.get("id")))
        if record is None:
            item.problems.append(not_found() if "id" in item.sent else missing("id"))
            continue
        changed.append((item, _filled(call, item, SOURCE | {"id": "int"}, record)))
    call.check()
    for _, record in changed:
        call.draft.put("sources", record)
    listed = [_source(call, record) for _, record in changed]
    return 200, _listed(call, listed)


def change_source(call: Call) -> Answer:
    """PATCH /sources/{id}: the answer is the bare object."""
    call.need_admin()
    record = call.state.get("sources", call.number("id"))
    if record is None:
        raise refuse(404, "Source not found")
    record = _filled(call, call.item(), SOURCE, record)
    call.check()
    call.draft.put("sources", record)
    return 200, _source(call, record)


def delete_sources(call: Call) -> Answer:
    """DELETE /sources: all of the list, or none and what was not found."""
    call.need_admin()
    items = call.items()
    absent = [i for i in items if call.state.get("sources", as_id(i.sent.get("id"))) is None]
    if absent:
        raise RefusalError(_not_found_sources(absent))
    for item in items:
        call.draft.remove("sources", item.sent["id"])
    return 204, None


def delete_source(call: Call) -> Answer:
    """DELETE /sources/{id}."""
    call.need_admin()
    if call.state.get("sources", call.number("id")) is None:
        raise refuse(404, "Source not found")
    call.draft.remove("sources", call.number("id"))
    return 204, None


def _not_found_sources(absent: list[Item]) -> Reply:
    errors = [
        {
            "request_id": item.request_id,
            "errors": {
                "code": "EntityNotFound",
                "path": "id",
                "detail": f"source with id = {as_id(item.sent.get('id'))} not found",
            },
        }
        for item in absent
    ]
    body = {"errors": errors, **problem(400, "Invalid request items").body}
    return Reply(400, body, content_type=PROBLEM)


def _external_problems(external: str, known: set[str]) -> Iterator[Problem]:
    if not external:
        yield blank("external_id")
    elif len(external) > 36 or not (external.isascii() and external.isprintable()):
        yield Problem("InvalidFormat", "external_id", "This value is not valid.")
    elif external in known:
        yield Problem("NotUnique", "external_id", "This value is already used.")


def _filled(call: Call, item: Item, shape: Shape, record: Record) -> Record:
    """Return the source with what was sent; what is wrong is noted in the item."""
    sent, pipelines = item.sent, call.state.pipelines()
    item.problems += shape_problems(sent, shape)
    if not item.problems:
        if sent.get("name") == "":
            item.problems.append(blank("name"))
        if "pipeline_id" in sent and not any(p["id"] == sent["pipeline_id"] for p in pipelines):
            item.problems.append(no_choice("pipeline_id"))
        if not all(isinstance(service, dict) for service in sent.get("services", ())):
            item.problems.append(wrong_type("services.0", "array"))
    main = next((p["id"] for p in pipelines if p["is_main"]), pipelines[0]["id"])
    taken = {key: value for key, value in sent.items() if key not in ("request_id", "id")}
    return {"pipeline_id": main, "services": []} | record | taken


def _sources(call: Call, items: list[Item]) -> Record:
    by_name = {source["external_id"]: source for source in call.state.all("sources")}
    listed = [
        _source(call, by_name[i.sent["external_id"]]) | {"request_id": i.request_id} for i in items
    ]
    return _listed(call, listed)


def _source(call: Call, record: Record) -> Record:
    return record | {"_links": call.href(f"sources/{record['id']}")}


def _listed(call: Call, listed: list[Record]) -> Record:
    links = call.href("sources")
    return {"_total_items": len(listed), "_links": links, "_embedded": {"sources": listed}}


def add_loss_reasons(call: Call) -> Answer:
    """POST /leads/loss_reasons (of the vendor's library; the documentation has no page)."""
    call.need_admin()
    made = []
    for at, item in enumerate(call.items()):
        item.problems += shape_problems(item.sent, LOSS_REASON)
        if item.sent.get("name") == "":
            item.problems.append(blank("name"))
        record = {
            "id": 0,
            "name": item.sent.get("name"),
            "sort": item.sent.get("sort", 100_000 + at),
            "created_at": call.now,
            "updated_at": call.now,
        }
        made.append((item, record))
    call.check()
    listed = []
    for item, record in made:
        record["id"] = call.draft.new_id("loss_reasons")
        call.draft.put("loss_reasons", record)
        links = call.href(f"leads/loss_reasons/{record['id']}")
        listed.append(record | {"request_id": item.request_id, "_links": links})
    return 200, {"_total_items": len(listed), "_embedded": {"loss_reasons": listed}}


def delete_loss_reason(call: Call) -> Answer:
    """DELETE /leads/loss_reasons/{id}."""
    call.need_admin()
    if call.state.get("loss_reasons", call.number("id")) is None:
        raise refuse(404, "Loss reason not found")
    call.draft.remove("loss_reasons", call.number("id"))
    return 204, None


def link_chats(call: Call) -> Answer:
    """POST /contacts/chats: a chat belongs to one contact, and moves to the one that is sent."""
    call.need_admin()
    chats = {chat.get("chat_id"): chat for chat in call.state.all("chats")}
    linked: list[tuple[Item, Record]] = []
    for item in call.items():
        item.problems += shape_problems(item.sent, CHAT)
        if item.problems:
            continue
        if call.card("contacts", item.sent["contact_id"]) is None:
            item.problems.append(not_found("contact_id"))
        elif item.sent["chat_id"] not in chats:  # only chats of the integration's own channels
            item.problems.append(not_found("chat_id"))
        else:
            record = chats[item.sent["chat_id"]] | {"contact_id": item.sent["contact_id"]}
            linked.append((item, record))
    call.check()
    for _, record in linked:
        call.draft.put("chats", record)
    told = [record | {"request_id": item.request_id} for item, record in linked]
    return 200, {"_total_items": len(told), "_embedded": {"chats": told}}

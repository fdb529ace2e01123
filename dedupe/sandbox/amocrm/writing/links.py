"""Links between cards: made and taken away from one card, or for many at once.

The key that is written is `is_main`, the one that is read is main_contact; writing the
latter is refused, as on live accounts. A card has one company at most: a second takes the place
of the first. Whom the API does not list (a deal of a contact) the vendor's own library
links as well, so both directions are taken. Elements of catalogs and customers are not kept
here: none can be found.
"""

from __future__ import annotations

from ..links import Link
from .call import Answer, Call, Item, Record
from .problems import no_choice, not_found, refuse
from .shapes import Shape, shape_problems

ONE: Shape = {
    "to_entity_id": "!int",
    "to_entity_type": "!string",
    "metadata": "map?",
    "request_id": "id?",
}
MANY: Shape = ONE | {"entity_id": "!int"}
MADE: Shape = {
    "is_main": "bool",
    "quantity": "number",
    "catalog_id": "int",
    "price_id": "int?",
    "updated_by": "int",
}
TAKEN: Shape = {"catalog_id": "int", "updated_by": "int"}
TARGETS = {
    "leads": ("contacts", "companies"),
    "contacts": ("leads", "companies"),
    "companies": ("contacts", "leads"),
}


def link_one(call: Call) -> Answer:
    """POST /{kind}/{id}/link."""
    links = _read(call, MADE, _own_id(call))
    kind, id_ = call.values["kind"], call.number("id")
    return 200, lambda call: _told(call, links, f"{kind}/{id_}/links")


def link_many(call: Call) -> Answer:
    """POST /{kind}/link."""
    links = _read(call, MADE, None)
    return 200, lambda call: _told(call, links, f"{call.values['kind']}/links")


def unlink_one(call: Call) -> Answer:
    """POST /{kind}/{id}/unlink: no body comes back."""
    _read(call, TAKEN, _own_id(call), is_made=False)
    return 204, None


def unlink_many(call: Call) -> Answer:
    """POST /{kind}/unlink: no body comes back."""
    _read(call, TAKEN, None, is_made=False)
    return 204, None


def _own_id(call: Call) -> int:
    kind, id_ = call.values["kind"], call.number("id")
    if call.card(kind, id_) is None:
        raise refuse(404, "Entity not found")
    return id_


def _read(call: Call, metadata: Shape, own: int | None, *, is_made: bool = True) -> list[Link]:
    """Read and stage the links of a request; `own` is the card in the path."""
    read = [(item, _read_one(call, item, metadata, own)) for item in call.items()]
    call.check()
    for _, link in read:
        if link is not None:
            (call.draft.link if is_made else call.draft.unlink)(link)
    return [link for _, link in read if link is not None]


def _read_one(call: Call, item: Item, metadata: Shape, own: int | None) -> Link | None:
    sent, kind = item.sent, call.values["kind"]
    item.problems += shape_problems(sent, ONE if own else MANY)
    if not item.problems:
        about = sent.get("metadata") or {}
        item.problems += shape_problems(about, metadata, "metadata.")
        item.problems += call.user_problems(about, "updated_by")
    if item.problems:
        return None
    to_kind, to_id, id_ = sent["to_entity_type"], sent["to_entity_id"], own or sent["entity_id"]
    card = call.card(kind, id_)
    if card is None:
        item.problems.append(not_found("entity_id"))
    elif to_kind not in TARGETS[kind]:
        item.problems.append(no_choice("to_entity_type"))
    elif call.card(to_kind, to_id) is None:
        item.problems.append(not_found("to_entity_id"))
    if item.problems:
        return None
    call.need_right(kind, "edit", card)
    return Link(kind, id_, to_kind, to_id, (sent.get("metadata") or {}).get("is_main"))


def _told(call: Call, links: list[Link], path: str) -> Record:
    listed = [
        {
            "entity_id": link.id,
            "entity_type": link.entity,
            "to_entity_id": link.to_id,
            "to_entity_type": link.to_entity,
            "metadata": _metadata(call, link),
        }
        for link in links
    ]
    return {"_total_items": len(listed), "_links": call.href(path), "_embedded": {"links": listed}}


def _metadata(call: Call, link: Link) -> Record | None:
    """Tell whether the contact is the lead's main one, as the link is now."""
    for now in call.state.links_of(link.entity, link.id):
        if (now.to_entity, now.to_id) == (link.to_entity, link.to_id) and now.is_main is not None:
            return {"main_contact": now.is_main}
    return None

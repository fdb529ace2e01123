"""Contacts, companies and leads: lists, single cards, links, tags, custom fields."""

from __future__ import annotations

from dedupe.sandbox.server.reply import Reply, Request
from dedupe.sandbox.server.routes import Route

from ..answers import Part, linked, one_reply, page_reply, problem, ref
from ..links import Link
from ..names import CARDS
from ..query import Tree, branch, numbers, read_query, texts, with_
from ..state import State
from ..table import Flags, Ints, Record
from . import filters, rights

_ORDERS = {
    "leads": ("created_at", "updated_at", "id"),
    "contacts": ("updated_at", "id"),
    "companies": ("updated_at", "id"),
}
_MAX_LINKED = 250  # ids in one mass question for links


def list_cards(state: State, request: Request) -> Reply:
    """GET /{kind}: one page, ordered and filtered."""
    kind, tree = request.values["kind"], read_query(request.query)
    if rights.scope(state, request, kind) == "D":
        return rights.forbidden()
    if branch(tree, "filter") and not state.options.has_filters and state.options.refuses_filters:
        return problem(400, "Filters are not available in this account")
    wanted, rows = with_(tree), _ordered(state, request, kind, tree)
    part = Part.of(tree)
    shown = rows[part.start : part.start + part.limit]
    records = state.table(kind).read(shown)
    if "only_deleted" in wanted:
        items = [_binned(record) for record in records]
    else:
        items = [render_card(state, request, kind, record, wanted) for record in records]
    return page_reply(request, kind, items, part, len(rows))


def get_card(state: State, request: Request) -> Reply:
    """GET /{kind}/{id}: one card; 204 when there is none, or when it lies in the bin."""
    kind, wanted = request.values["kind"], with_(read_query(request.query))
    record = state.get(kind, int(request.values["id"]))
    if record is None or not rights.sees(state, request, kind, record):
        return Reply(204)
    if record["is_deleted"]:
        return one_reply(_binned(record) if "only_deleted" in wanted else None)
    return Reply(200, render_card(state, request, kind, record, wanted))


def render_card(
    state: State, request: Request, kind: str, record: Record, wanted: frozenset[str]
) -> Record:
    """Return a card as the API gives it, with what `wanted` asks for embedded."""
    id_ = record["id"]
    card = {name: value for name, value in record.items() if name != "_embedded"}
    card["custom_fields_values"] = [
        field
        for field in record["custom_fields_values"] or ()
        if state.has_field(kind, field["field_id"])
    ] or None
    card["closest_task_at"] = state.closest_task(kind, id_)
    if kind == "leads":
        _settle_lead(card, wanted)
    card = linked(request, f"{kind}/{id_}", card)
    card["_embedded"] = {"tags": record["_embedded"]["tags"]}
    card["_embedded"] |= _embedded_cards(state, request, kind, id_, wanted)
    card["_embedded"] |= {name: [] for name in ("catalog_elements", "customers") if name in wanted}
    if kind == "leads":
        card["_embedded"] |= _embedded_of_lead(state, request, record, wanted)
        card["_embedded"].pop("customers", None)
    return card


def _settle_lead(card: Record, wanted: frozenset[str]) -> None:
    """Hide what the API tells on demand only."""
    if "source_id" not in wanted:
        card["source_id"] = None
    if "is_price_modified_by_robot" not in wanted:
        card.pop("is_price_modified_by_robot", None)


# Which linked cards a card embeds: always, or when `with` asks for them.
_ALWAYS = {"contacts": ("companies",), "companies": (), "leads": ("companies",)}
_ASKED = {"contacts": ("leads",), "companies": ("leads", "contacts"), "leads": ("contacts",)}


def _embedded_cards(
    state: State, request: Request, kind: str, id_: int, wanted: frozenset[str]
) -> Record:
    kinds = [*_ALWAYS[kind], *(other for other in _ASKED[kind] if other in wanted)]
    found: Record = {other: [] for other in kinds}
    for link in live_links(state, kind, id_) if kinds else ():
        if link.to_entity in found:
            more = {"is_main": bool(link.is_main)} if (kind, link.to_entity) == _MAIN else {}
            found[link.to_entity].append(ref(request, link.to_entity, link.to_id, **more))
    return found


_MAIN = ("leads", "contacts")


def _embedded_of_lead(
    state: State, request: Request, record: Record, wanted: frozenset[str]
) -> Record:
    found: Record = {}
    if "loss_reason" in wanted:
        reason = state.get("loss_reasons", record["loss_reason_id"] or 0)
        path = f"leads/loss_reasons/{record['loss_reason_id']}"
        found["loss_reason"] = [linked(request, path, reason)] if reason else []
    if "source" in wanted:
        source = state.get("sources", record["source_id"] or 0)
        found["source"] = {"id": source["id"], "name": source["name"]} if source else None
    return found


def _binned(record: Record) -> Record:
    return {name: record[name] for name in ("id", "updated_at", "updated_by", "is_deleted")} | {
        "account_id": record["account_id"]
    }


def _ordered(state: State, request: Request, kind: str, tree: Tree) -> Ints:
    """Return the rows of the whole list, in order."""
    table, order = state.table(kind), branch(tree, "order")
    wants_bin = "only_deleted" in with_(tree)
    rows: Flags = (table.column("is_deleted") == 1) == wants_bin
    mine = rights.seen(state, request, kind)
    rows = rows if mine is None else rows & mine
    if state.options.has_filters:
        rows = filters.keep_cards(state, kind, tree, rows)
    rows = filters.keep_query(table, tree, rows)
    by = next((name for name in order if name in _ORDERS[kind]), "id")
    descending = str(order.get(by, "asc")).lower() == "desc"
    found = table.rows(by, descending=descending)
    return found[rows[found]]


def live_links(state: State, kind: str, id_: int) -> list[Link]:
    """Return the links of a card to cards that are there and not in the bin."""
    return [link for link in state.links_of(kind, id_) if _is_live(state, link)]


def _is_live(state: State, link: Link) -> bool:
    table = state.table(link.to_entity)
    row = table.row(link.to_id)
    return row is not None and table.column("is_deleted")[row] == 0


def list_links(state: State, request: Request) -> Reply:
    """GET /{kind}/{id}/links: to whom one card is linked."""
    kind, id_, tree = request.values["kind"], int(request.values["id"]), read_query(request.query)
    record = state.get(kind, id_)
    if record is None or not rights.sees(state, request, kind, record):
        return problem(404, "Entity not found")
    links = [_link_item(link) for link in _asked(live_links(state, kind, id_), tree)]
    part = Part.of(tree)
    shown = links[part.start : part.start + part.limit]
    reply = page_reply(request, "links", shown, part, len(links))
    return _with_total(reply, len(links))


def list_links_of_many(state: State, request: Request) -> Reply:
    """GET /{kind}/links: to whom many cards are linked; filter[entity_id] is required."""
    kind, tree = request.values["kind"], read_query(request.query)
    asked = branch(tree, "filter").get("entity_id")
    ids = list(dict.fromkeys(numbers(asked, "entity_id")))
    if not ids or len(ids) > _MAX_LINKED:
        return problem(400, f"filter[entity_id] is required, up to {_MAX_LINKED} ids")
    items = []
    for id_ in ids:
        record = state.get(kind, id_)
        if record is None or not rights.sees(state, request, kind, record):
            continue
        own = {"entity_id": id_, "entity_type": kind}
        items += [own | _link_item(link) for link in _asked(live_links(state, kind, id_), tree)]
    reply = page_reply(request, "links", items, Part(1, max(len(items), 1)), len(items))
    return _with_total(reply, len(items))


def _with_total(reply: Reply, n: int) -> Reply:
    if reply.body is None:
        return reply
    body = {name: value for name, value in reply.body.items() if name != "_page"}
    return Reply(200, {"_total_items": n} | body)


def _asked(links: list[Link], tree: Tree) -> list[Link]:
    asked = branch(tree, "filter")
    kinds = texts(asked.get("to_entity_type"))
    ids = numbers(asked.get("to_entity_id"), "to_entity_id")
    return [
        link
        for link in links
        if (not kinds or link.to_entity in kinds) and (not ids or link.to_id in ids)
    ]


def _link_item(link: Link) -> Record:
    metadata = None if link.is_main is None else {"main_contact": link.is_main}
    return {"to_entity_id": link.to_id, "to_entity_type": link.to_entity, "metadata": metadata}


_KIND = "{kind:" + "|".join(CARDS) + "}"
ROUTES = (
    Route("GET", f"/api/v4/{_KIND}", list_cards),
    Route("GET", f"/api/v4/{_KIND}/links", list_links_of_many),
    Route("GET", f"/api/v4/{_KIND}/{{id:[0-9]{{1,18}}}}", get_card),
    Route("GET", f"/api/v4/{_KIND}/{{id:[0-9]{{1,18}}}}/links", list_links),
)

__all__ = ["ROUTES", "live_links", "render_card"]

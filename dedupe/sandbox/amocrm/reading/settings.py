"""Pipelines, loss reasons, custom fields, tags, sources, webhooks, widgets, enquiries, chats."""

from __future__ import annotations

from dedupe.sandbox.server.reply import Reply, Request
from dedupe.sandbox.server.routes import Route

from ..answers import linked, one_reply, paged, problem, ref, whole_reply
from ..names import CARDS
from ..query import branch, numbers, read_query, texts
from ..state import State
from ..table import Record
from . import rights

_MAX_FIELDS = 50
_CATEGORIES = ("sip", "mail", "forms", "chats")


def list_pipelines(state: State, request: Request) -> Reply:
    """GET /leads/pipelines: all of them, with their stages."""
    return whole_reply(request, "pipelines", [_pipeline(request, p) for p in state.pipelines()])


def get_pipeline(state: State, request: Request) -> Reply:
    """GET /leads/pipelines/{id}."""
    found = state.get("pipelines", int(request.values["id"]))
    return one_reply(None if found is None else _pipeline(request, found))


def _pipeline(request: Request, pipeline: Record) -> Record:
    stages = [_status(request, stage) for stage in pipeline["_embedded"]["statuses"]]
    shown = linked(request, f"leads/pipelines/{pipeline['id']}", pipeline)
    return shown | {"_embedded": {"statuses": stages}}


def _status(request: Request, stage: Record) -> Record:
    path = f"leads/pipelines/{stage['pipeline_id']}/statuses/{stage['id']}"
    return linked(request, path, stage)


def list_statuses(state: State, request: Request) -> Reply:
    """GET /leads/pipelines/{id}/statuses."""
    stages = state.statuses(int(request.values["id"]))
    shown = [_status(request, stage) | {"descriptions": []} for stage in stages]
    return whole_reply(request, "statuses", shown)


def get_status(state: State, request: Request) -> Reply:
    """GET /leads/pipelines/{id}/statuses/{status}."""
    stage = state.status(int(request.values["id"]), int(request.values["status"]))
    return one_reply(None if stage is None else _status(request, stage) | {"descriptions": []})


def list_loss_reasons(state: State, request: Request) -> Reply:
    """GET /leads/loss_reasons."""
    found = [linked(request, f"leads/loss_reasons/{r['id']}", r) for r in state.all("loss_reasons")]
    return paged(request, read_query(request.query), "loss_reasons", found, is_counted=True)


def get_loss_reason(state: State, request: Request) -> Reply:
    """GET /leads/loss_reasons/{id}."""
    found = state.get("loss_reasons", int(request.values["id"]))
    return one_reply(
        None if found is None else linked(request, f"leads/loss_reasons/{found['id']}", found)
    )


def list_fields(state: State, request: Request) -> Reply:
    """GET /{kind}/custom_fields: 50 a page at most, by sort or by id."""
    kind, tree = request.values["kind"], read_query(request.query)
    order = branch(tree, "order")
    by = next((name for name in order if name in ("sort", "id")), "sort")
    fields = sorted(
        state.fields(kind),
        key=lambda found: (found[by], found["id"]),
        reverse=str(order.get(by, "asc")).lower() == "desc",
    )
    kinds = texts(branch(tree, "filter").get("type"))
    shown = [_field(request, kind, f) for f in fields if not kinds or f["type"] in kinds]
    return paged(request, tree, "custom_fields", shown, most=_MAX_FIELDS, is_counted=True)


def get_field(state: State, request: Request) -> Reply:
    """GET /{kind}/custom_fields/{id}."""
    kind = request.values["kind"]
    found = state.field(kind, int(request.values["id"]))
    return one_reply(None if found is None else _field(request, kind, found))


def _field(request: Request, kind: str, field: Record) -> Record:
    if kind != "leads":  # a computed field is one of leads
        field.pop("is_computed", None)
    return linked(request, f"{kind}/custom_fields/{field['id']}", field)


def list_tags(state: State, request: Request) -> Reply:
    """GET /{kind}/tags: the dictionary of one kind of cards."""
    tree = read_query(request.query)
    asked = branch(tree, "filter")
    ids, names = numbers(asked.get("id"), "id"), texts(asked.get("name"))
    part = (texts(tree.get("query")) or [""])[0].lower()
    tags = [
        tag
        for tag in state.tags(request.values["kind"])
        if (not ids or tag["id"] in ids)
        and (not names or tag["name"] in names)
        and part in tag["name"].lower()
    ]
    return paged(request, tree, "tags", tags)


def list_sources(state: State, request: Request) -> Reply:
    """GET /sources."""
    return whole_reply(
        request, "sources", [linked(request, f"sources/{s['id']}", s) for s in state.all("sources")]
    )


def get_source(state: State, request: Request) -> Reply:
    """GET /sources/{id}."""
    found = state.get("sources", int(request.values["id"]))
    return one_reply(None if found is None else linked(request, f"sources/{found['id']}", found))


def list_webhooks(state: State, request: Request) -> Reply:
    """GET /webhooks: administrators only."""
    if not rights.is_admin(state, request):
        return rights.forbidden()
    asked = texts(branch(read_query(request.query), "filter").get("destination"))
    hooks = [w for w in state.all("webhooks") if not asked or w["destination"] in asked]
    return whole_reply(request, "webhooks", hooks)


def list_widgets(state: State, request: Request) -> Reply:
    """GET /widgets."""
    widgets = [linked(request, f"widgets/{w['code']}", w) for w in state.all("widgets")]
    return paged(request, read_query(request.query), "widgets", widgets)


def get_widget(state: State, request: Request) -> Reply:
    """GET /widgets/{code}."""
    code = request.values["code"]
    found = next((w for w in state.all("widgets") if w["code"] == code), None)
    if found is None:
        return problem(404, "Widget not found")
    return Reply(200, linked(request, f"widgets/{code}", found))


def list_unsorted(state: State, request: Request) -> Reply:
    """GET /leads/unsorted: enquiries that nobody has taken."""
    tree = read_query(request.query)
    asked, order = branch(tree, "filter"), branch(tree, "order")
    uids, kinds = texts(asked.get("uid")), texts(asked.get("category"))
    pipelines = numbers(asked.get("pipeline_id"), "pipeline_id")
    found = [
        one
        for one in state.all("unsorted")
        if (not uids or one["uid"] in uids)
        and (not kinds or one["category"] in kinds)
        and (not pipelines or one["pipeline_id"] in pipelines)
    ]
    descending = "desc" in [str(way).lower() for way in order.values()]
    found.sort(key=lambda one: one["created_at"], reverse=descending)
    return paged(request, tree, "unsorted", [_enquiry(request, one) for one in found])


def get_unsorted(state: State, request: Request) -> Reply:
    """GET /leads/unsorted/{uid}."""
    found = state.get("unsorted", request.values["uid"])
    return one_reply(None if found is None else _enquiry(request, found))


def summarize_unsorted(state: State, request: Request) -> Reply:
    """GET /leads/unsorted/summary."""
    found = [one["category"] for one in state.all("unsorted")]
    categories = {name: {"total": found.count(name)} for name in _CATEGORIES}
    counts = {"total": len(found), "accepted": 0, "declined": 0, "average_sort_time": 0}
    return Reply(200, counts | {"categories": categories})


def _enquiry(request: Request, one: Record) -> Record:
    cards = {
        kind: [ref(request, kind, card["id"]) for card in one["_embedded"].get(kind, [])]
        for kind in CARDS
    }
    return linked(request, f"leads/unsorted/{one['uid']}", one) | {"_embedded": cards}


def list_chats(state: State, request: Request) -> Reply:
    """GET /contacts/chats: by contacts or by chats, one of which is required."""
    if not rights.is_admin(state, request):
        return rights.forbidden()
    tree = read_query(request.query)
    contacts, chats = numbers(tree.get("contact_id"), "contact_id"), texts(tree.get("chat_id"))
    if not contacts and not chats:
        return problem(400, "contact_id or chat_id is required")
    found = [c for c in state.all("chats") if c["contact_id"] in contacts or c["chat_id"] in chats]
    if not found:
        return Reply(204)
    return Reply(200, {"_total_items": len(found), "_embedded": {"chats": found}})


def get_talk(state: State, request: Request) -> Reply:
    """GET /talks/{id}: absent ones are 404 here."""
    found = state.get("talks", int(request.values["id"]))
    if found is None:
        return problem(404, "Talk not found")
    return Reply(200, linked(request, f"talks/{found['talk_id']}", found))


_KIND = "{kind:" + "|".join(CARDS) + "}"
_ID = "{id:[0-9]{1,18}}"
ROUTES = (
    Route("GET", "/api/v4/leads/pipelines", list_pipelines),
    Route("GET", f"/api/v4/leads/pipelines/{_ID}", get_pipeline),
    Route("GET", f"/api/v4/leads/pipelines/{_ID}/statuses", list_statuses),
    Route("GET", f"/api/v4/leads/pipelines/{_ID}/statuses/{{status:[0-9]{{1,18}}}}", get_status),
    Route("GET", "/api/v4/leads/loss_reasons", list_loss_reasons),
    Route("GET", f"/api/v4/leads/loss_reasons/{_ID}", get_loss_reason),
    Route("GET", f"/api/v4/{_KIND}/custom_fields", list_fields),
    Route("GET", f"/api/v4/{_KIND}/custom_fields/{_ID}", get_field),
    Route("GET", f"/api/v4/{_KIND}/tags", list_tags),
    Route("GET", "/api/v4/sources", list_sources),
    Route("GET", f"/api/v4/sources/{_ID}", get_source),
    Route("GET", "/api/v4/webhooks", list_webhooks),
    Route("GET", "/api/v4/widgets", list_widgets),
    Route("GET", "/api/v4/widgets/{code}", get_widget),
    Route("GET", "/api/v4/leads/unsorted", list_unsorted),
    Route("GET", "/api/v4/leads/unsorted/summary", summarize_unsorted),
    Route("GET", "/api/v4/leads/unsorted/{uid}", get_unsorted),
    Route("GET", "/api/v4/contacts/chats", list_chats),
    Route("GET", f"/api/v4/talks/{_ID}", get_talk),
)

"""Tasks, notes and events."""

from __future__ import annotations

import numpy as np

from dedupe.sandbox.server.reply import Reply, Request
from dedupe.sandbox.server.routes import Route

from ..answers import Part, linked, one_reply, page_reply, problem, whole_reply
from ..names import CARDS
from ..query import Tree, branch, numbers, read_query
from ..state import State
from ..table import Flags, Ints, Record
from . import filters, rights

_MAX_EVENTS = 100
_MAX_ASKED = 10  # ids in the events' filters
_TASK_FILTERS = {
    "id": "id",
    "responsible_user_id": "responsible_user_id",
    "is_completed": "is_completed",
    "task_type": "task_type_id",
    "entity_id": "entity_id",
}


def list_tasks(state: State, request: Request) -> Reply:
    """GET /tasks: the filters are ordinary ones, no add-on is needed."""
    tree, table = read_query(request.query), state.table("tasks")
    asked = branch(tree, "filter")
    rows = filters.keep_numbers(table, asked, _TASK_FILTERS, _visible(state, request, "tasks"))
    rows = filters.keep_words(table, asked, {"entity_type": "entity_type"}, state.words, rows)
    rows = filters.keep_ranges(table, asked, ("created_at", "updated_at"), rows)
    found = _ordered(state, "tasks", tree, rows, ("created_at", "complete_till", "id"))
    return _page(state, request, "tasks", found, Part.of(tree))


def get_task(state: State, request: Request) -> Reply:
    """GET /tasks/{id}."""
    task = state.get("tasks", int(request.values["id"]))
    if task is None or not rights.sees(state, request, "tasks", task):
        return Reply(204)
    return one_reply(_shown(request, "tasks", task))


def list_notes(state: State, request: Request) -> Reply:
    """GET /{kind}/notes and /{kind}/{entity_id}/notes."""
    tree, table = read_query(request.query), state.table("notes")
    rows = _visible(state, request, "notes")
    rows &= table.column("entity_type") == state.words.number(request.values["kind"])
    if "entity_id" in request.values:
        rows &= table.column("entity_id") == int(request.values["entity_id"])
    asked = branch(tree, "filter")
    rows = filters.keep_numbers(table, asked, {"id": "id", "entity_id": "entity_id"}, rows)
    rows = filters.keep_words(table, asked, {"note_type": "note_type"}, state.words, rows)
    rows = filters.keep_ranges(table, asked, ("updated_at",), rows)
    found = _ordered(state, "notes", tree, rows, ("updated_at", "id"))
    return _page(state, request, "notes", found, Part.of(tree))


def get_note(state: State, request: Request) -> Reply:
    """GET /{kind}/notes/{id} and /{kind}/{entity_id}/notes/{id}."""
    note = state.get("notes", int(request.values["id"]))
    if note is None or note["entity_type"] != request.values["kind"]:
        return Reply(204)
    entity = request.values.get("entity_id")
    is_other = entity is not None and note["entity_id"] != int(entity)
    if is_other or not rights.sees(state, request, "notes", note):
        return Reply(204)
    return one_reply(_shown(request, "notes", note))


def list_events(state: State, request: Request) -> Reply:
    """GET /events: the newest first, 100 a page at most."""
    tree, table = read_query(request.query), state.table("events")
    asked = branch(tree, "filter")
    for name in ("created_by", "entity_id"):
        if len(numbers(asked.get(name), name)) > _MAX_ASKED:
            return problem(400, f"filter[{name}] takes up to {_MAX_ASKED} ids")
    names = {"created_by": "created_by", "entity_id": "entity_id"}
    words = {"id": "uid", "type": "type", "entity": "entity_type"}
    rows = filters.keep_numbers(table, asked, names, _visible(state, request, "events"))
    rows = filters.keep_words(table, asked, words, state.words, rows)
    rows = filters.keep_ranges(table, asked, ("created_at",), rows)
    order = {"created_at": str(branch(tree, "order").get("created_at", "desc"))}
    found = _ordered(state, "events", {"order": order}, rows, ("created_at",))
    return _page(
        state, request, "events", found, Part.of(tree, most=_MAX_EVENTS, default=_MAX_EVENTS)
    )


def get_event(state: State, request: Request) -> Reply:
    """GET /events/{id}."""
    table = state.table("events")
    found = np.flatnonzero(table.column("uid") == state.words.number(request.values["id"]))
    if not len(found):
        return Reply(204)
    return one_reply(_shown(request, "events", table.read(found[:1])[0]))


def list_event_types(state: State, request: Request) -> Reply:
    """GET /events/types."""
    types = [
        {"key": key, "type": number, "lang": title}
        for number, (key, title) in enumerate(EVENT_TYPES.items(), 1)
    ]
    return whole_reply(request, "events_types", types)


def _visible(state: State, request: Request, kind: str) -> Flags:
    mine = rights.seen(state, request, kind)
    return np.ones(len(state.table(kind).column("id")), dtype=np.bool_) if mine is None else mine


def _ordered(state: State, kind: str, tree: Tree, rows: Flags, orders: tuple[str, ...]) -> Ints:
    order = branch(tree, "order")
    by = next((name for name in order if name in orders), "id")
    found = state.table(kind).rows(by, descending=str(order.get(by, "asc")).lower() == "desc")
    return found[rows[found]]


def _page(state: State, request: Request, kind: str, rows: Ints, part: Part) -> Reply:
    records = state.table(kind).read(rows[part.start : part.start + part.limit])
    items = [_shown(request, kind, record) for record in records]
    return page_reply(request, kind, items, part, len(rows))


def _shown(request: Request, kind: str, record: Record) -> Record:
    if kind == "tasks":
        return linked(request, f"tasks/{record['id']}", record)
    if kind == "notes":
        shown = {name: value for name, value in record.items() if name != "entity_type"}
        path = f"{record['entity_type']}/{record['entity_id']}/notes/{record['id']}"
        return linked(request, path, shown)
    uid = record["uid"]
    shown = {"id": uid} | {n: v for n, v in record.items() if n not in ("id", "uid")}
    plural = _PLURALS.get(record["entity_type"] or "", "leads")
    entity = linked(request, f"{plural}/{record['entity_id']}", {"id": record["entity_id"]})
    return linked(request, f"events/{uid}", shown) | {"_embedded": {"entity": entity}}


_PLURALS = {"contact": "contacts", "company": "companies", "lead": "leads", "task": "tasks"}
EVENT_TYPES = {
    "lead_added": "Новая сделка",
    "lead_deleted": "Сделка удалена",
    "lead_restored": "Сделка восстановлена",
    "lead_status_changed": "Изменение этапа продажи",
    "lead_linked": "Прикрепление сделки",
    "lead_unlinked": "Открепление сделки",
    "contact_added": "Новый контакт",
    "contact_deleted": "Контакт удален",
    "contact_restored": "Контакт восстановлен",
    "contact_linked": "Прикрепление контакта",
    "contact_unlinked": "Открепление контакта",
    "company_added": "Новая компания",
    "company_deleted": "Компания удалена",
    "company_restored": "Компания восстановлена",
    "company_linked": "Прикрепление компании",
    "company_unlinked": "Открепление компании",
    "task_added": "Новая задача",
    "task_deleted": "Задача удалена",
    "task_completed": "Завершение задачи",
    "task_type_changed": "Изменение типа задачи",
    "task_text_changed": "Изменение текста задачи",
    "task_deadline_changed": "Изменение даты исполнения задачи",
    "task_result_added": "Результат по задаче",
    "incoming_call": "Входящий звонок",
    "outgoing_call": "Исходящий звонок",
    "incoming_chat_message": "Входящее сообщение",
    "outgoing_chat_message": "Исходящее сообщение",
    "incoming_sms": "Входящее SMS",
    "outgoing_sms": "Исходящее SMS",
    "entity_tag_added": "Теги добавлены",
    "entity_tag_deleted": "Теги убраны",
    "entity_merged": "Выполнено объединение",
    "common_note_added": "Новое примечание",
    "common_note_deleted": "Примечание удалено",
    "service_note_added": "Новое системное примечание",
    "entity_responsible_changed": "Ответственный изменен",
    "sale_field_changed": "Изменение поля «Бюджет»",
    "name_field_changed": "Изменение поля «Название»",
    "custom_field_value_changed": "Изменение поля",
}

_KIND = "{kind:" + "|".join(CARDS) + "}"
_ID, _ENTITY = "{id:[0-9]{1,18}}", "{entity_id:[0-9]{1,18}}"
ROUTES = (
    Route("GET", "/api/v4/tasks", list_tasks),
    Route("GET", f"/api/v4/tasks/{_ID}", get_task),
    Route("GET", f"/api/v4/{_KIND}/notes", list_notes),
    Route("GET", f"/api/v4/{_KIND}/notes/{_ID}", get_note),
    Route("GET", f"/api/v4/{_KIND}/{_ENTITY}/notes", list_notes),
    Route("GET", f"/api/v4/{_KIND}/{_ENTITY}/notes/{_ID}", get_note),
    Route("GET", "/api/v4/events", list_events),
    Route("GET", "/api/v4/events/types", list_event_types),
    Route("GET", "/api/v4/events/{id}", get_event),
)

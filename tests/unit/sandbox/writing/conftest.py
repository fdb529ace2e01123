"""A small fictional account, and a way to call the writing side without a server."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.sandbox.amocrm.names import CARDS
from dedupe.sandbox.amocrm.state import State
from dedupe.sandbox.amocrm.writing import ROUTES
from dedupe.sandbox.server.reply import Effect, Reply, Request
from dedupe.sandbox.server.routes import find

NOW = 1_790_000_000
THEN = datetime(2026, 1, 2, tzinfo=UTC)
ADMIN, SELLER, GONE = 11, 12, 13
MAIN, SECOND = 100, 200


def rows() -> dict[str, list[dict[str, Any]]]:
    card = {"owner_id": "11", "created_by": "11", "created_at": THEN, "updated_at": THEN}
    rights = [
        {"user_id": "12", "entity": entity, "action": action, "scope": "own"}
        for entity in ("contact", "company", "deal", "task")
        for action in ("view", "edit", "add", "delete")
    ]
    stages = [("1", "Неразобранное", "unsorted"), ("2", "Первый", "open"), ("3", "Второй", "open")]
    fields = {
        "text": 501, "numeric": 502, "checkbox": 503, "select": 504, "multiselect": 505,
        "date": 506, "url": 507, "textarea": 508, "radiobutton": 509, "streetaddress": 510,
        "smart_address": 511, "birthday": 512, "legal_entity": 513, "tracking_data": 514,
        "monetary": 515,
    }  # fmt: skip
    return {
        "contacts": [
            {"id": "1", "name": "Иван Петров", "first_name": "Иван", "last_name": "Петров", **card},
            {"id": "2", "name": "Пётр Иванов", **card, "owner_id": "12"},
            {"id": "3", "name": "Анна", **card},
            {"id": "9", "name": "В корзине", **card, "is_deleted": True},
        ],
        "companies": [
            {"id": "21", "name": "ООО Ромашка", **card},
            {"id": "22", "name": "ИП Лютик", **card},
        ],
        "deals": [
            {"id": "31", "name": "Первая", "price": 100.0, "pipeline_id": "100",
             "status_id": "2", "state": "open", **card},
            {"id": "32", "name": "Вторая", "price": 0.0, "pipeline_id": "100",
             "status_id": "143", "state": "lost", "loss_reason_id": "71", "closed_at": THEN, **card},
            {"id": "33", "name": "Заявка", "pipeline_id": "100", "status_id": "1",
             "state": "unsorted", **card},
        ],
        "links": [
            {"from_entity": "deal", "from_id": "31", "to_entity": "contact", "to_id": "1", "is_main": True},
            {"from_entity": "deal", "from_id": "31", "to_entity": "contact", "to_id": "2", "is_main": False},
            {"from_entity": "deal", "from_id": "31", "to_entity": "company", "to_id": "21"},
            {"from_entity": "contact", "from_id": "1", "to_entity": "company", "to_id": "21"},
            {"from_entity": "deal", "from_id": "33", "to_entity": "contact", "to_id": "3", "is_main": True},
        ],
        "channels": [
            {"entity": "contact", "record_id": "1", "kind": "phone", "raw": "+7 900 000-00-01",
             "label": "WORK", "field_id": "PHONE", "position": 0},
            {"entity": "contact", "record_id": "1", "kind": "phone", "raw": "8 900 000 00 02",
             "label": "MOB", "field_id": "PHONE", "position": 1},
            {"entity": "contact", "record_id": "2", "kind": "email", "raw": "a@example.com",
             "label": "WORK", "field_id": "EMAIL", "position": 0},
            {"entity": "company", "record_id": "22", "kind": "phone", "raw": "84950000003",
             "label": "WORK", "field_id": "PHONE", "position": 0},
        ],
        "field_values": [
            {"entity": "contact", "record_id": "1", "field_id": "501", "raw": "заметка"},
            {"entity": "contact", "record_id": "1", "field_id": "504", "raw": "Красный", "enum_id": "901"},
            {"entity": "contact", "record_id": "3", "field_id": "504", "raw": "Синий", "enum_id": "902"},
        ],
        "fields": [
            {"id": str(number), "entity": entity, "name": kind, "type": kind}
            for kind, number in fields.items() for entity in ("contact", "deal")
        ] + [
            {"id": "520", "entity": "deal", "name": "Считается", "type": "numeric", "is_computed": True},
            {"id": "521", "entity": "contact", "name": "С кодом", "code": "COLOR_2", "type": "text"},
        ],
        "field_enums": [
            {"entity": entity, "field_id": field_id, "id": id_, "value": value, "code": code, "sort": at}
            for entity in ("contact", "deal") for field_id in ("504", "505", "509")
            for at, (id_, value, code) in enumerate(
                (("901", "Красный", "red"), ("902", "Синий", "blue"), ("903", "Белый", None))
            )
        ],
        "record_tags": [
            {"entity": "contact", "record_id": "1", "tag": "старый"},
            {"entity": "deal", "record_id": "31", "tag": "важный"},
        ],
        "tags": [
            {"id": "81", "entity": "contact", "name": "старый"},
            {"id": "82", "entity": "contact", "name": "второй"},
            {"id": "83", "entity": "deal", "name": "важный"},
        ],
        "tasks": [
            {"id": "41", "entity": "deal", "record_id": "31", "task_type_id": "1", "text": "Позвонить",
             "due_at": THEN, "is_completed": False, **card},
        ],
        "notes": [
            {"id": "51", "entity": "contact", "record_id": "1", "note_type": "common", "text": "привет",
             "created_by": "11", "created_at": THEN, "updated_at": THEN},
            {"id": "52", "entity": "contact", "record_id": "1", "note_type": "amomail_message",
             "text": "письмо", "created_by": "11", "created_at": THEN, "updated_at": THEN},
        ],
        "users": [
            {"id": "11", "name": "Админ", "is_admin": True, "is_active": True},
            {"id": "12", "name": "Продавец", "is_admin": False, "is_active": True, "group_id": "5"},
            {"id": "13", "name": "Уволен", "is_admin": False, "is_active": False},
        ],
        "user_rights": rights,
        "pipelines": [
            {"id": "100", "name": "Главная", "sort": 1, "is_main": True},
            {"id": "200", "name": "Другая", "sort": 2, "is_main": False},
        ],
        "statuses": [
            {"pipeline_id": "100", "id": id_, "name": name, "sort": at, "state": state}
            for at, (id_, name, state) in enumerate(stages)
        ] + [{"pipeline_id": "200", "id": "5", "name": "Начало", "sort": 1, "state": "open"}],
        "loss_reasons": [{"id": "71", "name": "Дорого", "sort": 1}],
        "task_types": [{"id": "1", "name": "Связаться"}, {"id": "2", "name": "Встреча"}],
        "sources": [{"id": "61", "name": "Сайт", "pipeline_id": "200"}],
        "unsorted": [
            {"id": "abc", "category": "chats", "source_name": "Чат", "pipeline_id": "100",
             "deal_id": "33", "contact_id": "3", "created_at": THEN},
        ],
    }  # fmt: skip


def account() -> Account:
    tables = {
        name: SNAPSHOT_TABLES[name].conform(pl.DataFrame(found, infer_schema_length=None)).lazy()
        for name, found in rows().items()
    }
    return Account(tables=tables, crm="amocrm", account_id="777", host="demo.example")


@dataclass
class Crm:
    """The account and its writing side; `user` is whom requests come from."""

    state: State
    user: int = ADMIN
    effects: list[Effect] = field(default_factory=list)

    def send(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> Reply:
        sent = raw if raw is not None else b"" if body is None else msgspec.json.encode(body)
        found = find(ROUTES, method, f"/api/v4/{path}")
        assert found.handler is not None, f"no route for {method} {path}"
        request = Request(method=method, path=f"/api/v4/{path}", body=sent, user_id=self.user)
        reply = found.handler(self.state, replace(request, values=found.values))
        self.effects += reply.effects
        if reply.body is not None:
            msgspec.json.encode(reply.body)  # what can't be sent is no answer
        return reply

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.send(method, path, body)
        assert reply.status in (200, 201), reply.body
        return reply.body

    def problems(self, method: str, path: str, body: Any) -> list[tuple[str, str]]:
        """Send what must be refused; return code and path of each problem, nothing having changed."""
        before = self.picture()
        reply = self.send(method, path, body)
        assert reply.status == 400, (reply.status, reply.body)
        assert reply.effects == ()
        assert self.picture() == before
        assert reply.body["title"] == "Bad Request"
        assert reply.body["status"] == 400
        items = reply.body["validation-errors"]
        return [(e["code"], e["path"]) for item in items for e in item["errors"]]

    def picture(self) -> dict[str, Any]:
        """Return all that a client could read, as one value to compare."""
        state = self.state
        kinds = (*CARDS, "tasks", "notes", "events")
        records = {kind: {id_: state.get(kind, id_) for id_ in state.ids(kind)} for kind in kinds}
        settings = ("sources", "webhooks", "loss_reasons", "unsorted", "chats")
        return deepcopy(
            records
            | {kind: state.all(kind) for kind in settings}
            | {f"{kind} tags": state.tags(kind) for kind in CARDS}
            | {f"{kind} fields": state.fields(kind) for kind in CARDS}
            | {
                f"{kind} links": {id_: state.links_of(kind, id_) for id_ in state.ids(kind)}
                for kind in CARDS
            }
        )

    def values(self, kind: str, id_: int) -> dict[int, list[Any]]:
        """Return the values of a card's custom fields by field id."""
        entries = self.state.get(kind, id_)["custom_fields_values"] or []
        return {e["field_id"]: [v["value"] for v in e["values"]] for e in entries}

    def tags(self, kind: str, id_: int) -> list[str]:
        return [tag["name"] for tag in self.state.get(kind, id_)["_embedded"]["tags"]]

    def links(self, kind: str, id_: int) -> set[tuple[str, int, bool | None]]:
        return {(k.to_entity, k.to_id, k.is_main) for k in self.state.links_of(kind, id_)}

    def events(self) -> list[tuple[str, str, int]]:
        """Return type, entity and id of each event, oldest first."""
        found = [self.state.get("events", id_) for id_ in self.state.ids("events")]
        return [(e["type"], e["entity_type"], e["entity_id"]) for e in found]

    def field(self, kind: str, code: str) -> int:
        return self.state.field(kind, code)["id"]


@pytest.fixture
def crm() -> Crm:
    return make_crm()


def make_crm(user: int = ADMIN) -> Crm:
    return Crm(State(account(), lambda: NOW), user)


@pytest.fixture
def make() -> Callable[..., Crm]:
    """Return what makes a fresh account, for tests that need many."""
    return make_crm

"""A small fictional account, and a way to call the writing side without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


CARD = {"owner_id": "11", "created_by": "11", "created_at": THEN, "updated_at": THEN}
FIELDS = (
    *("text", "numeric", "checkbox", "select", "multiselect", "date", "url", "textarea"),
    *("radiobutton", "streetaddress", "smart_address", "birthday", "legal_entity"),
    *("tracking_data", "monetary"),
)  # numbered from 501
OPTIONS = (("901", "Красный", "red"), ("902", "Синий", "blue"), ("903", "Белый", None))
LINKS = (
    ("deal", "31", "contact", "1", True),
    ("deal", "31", "contact", "2", False),
    ("deal", "31", "company", "21", None),
    ("contact", "1", "company", "21", None),
    ("deal", "33", "contact", "3", True),
)
CHANNELS = (
    ("contact", "1", "phone", "+7 900 000-00-01", "WORK", "PHONE", 0),
    ("contact", "1", "phone", "8 900 000 00 02", "MOB", "PHONE", 1),
    ("contact", "2", "email", "a@example.com", "WORK", "EMAIL", 0),
    ("company", "22", "phone", "84950000003", "WORK", "PHONE", 0),
)
VALUES = (
    ("1", "501", "заметка", None),
    ("1", "504", "Красный", "901"),
    ("3", "504", "Синий", "902"),
)


def table(name: str, found: Iterable[tuple], *columns: str) -> list[dict[str, Any]]:
    """Return rows of a table; without names of columns, the contract's own."""
    names = columns or SNAPSHOT_TABLES[name].schema.names()
    return [dict(zip(names, row, strict=True)) for row in found]


def cards() -> dict[str, list[dict[str, Any]]]:
    first = {"id": "1", "name": "Иван Петров", "first_name": "Иван", "last_name": "Петров"}
    place = {"pipeline_id": "100"}
    lost = {"status_id": "143", "state": "lost", "loss_reason_id": "71", "closed_at": THEN}
    return {
        "contacts": [
            CARD | first,
            CARD | {"id": "2", "name": "Пётр Иванов", "owner_id": "12"},
            CARD | {"id": "3", "name": "Анна"},
            CARD | {"id": "9", "name": "В корзине", "is_deleted": True},
        ],
        "companies": [
            CARD | {"id": "21", "name": "ООО Ромашка"},
            CARD | {"id": "22", "name": "ИП Лютик"},
        ],
        "deals": [
            CARD | place | {"id": "31", "name": "Первая", "status_id": "2", "state": "open"},
            CARD | place | {"id": "32", "name": "Вторая"} | lost,
            CARD | place | {"id": "33", "name": "Заявка", "status_id": "1", "state": "unsorted"},
        ],
        "tasks": [
            CARD
            | {"id": "41", "entity": "deal", "record_id": "31", "task_type_id": "1"}
            | {"text": "Позвонить", "due_at": THEN, "is_completed": False}
        ],
        "notes": [
            CARD
            | {"id": id_, "entity": "contact", "record_id": "1", "note_type": kind, "text": "а"}
            for id_, kind in (("51", "common"), ("52", "amomail_message"))
        ],
    }


def fields() -> dict[str, list[dict[str, Any]]]:
    both = ("contact", "deal")
    own = [(str(501 + at), entity, kind, kind) for at, kind in enumerate(FIELDS) for entity in both]
    computed = {"id": "520", "entity": "deal", "name": "Считается", "type": "numeric"}
    coded = {"id": "521", "entity": "contact", "name": "С кодом", "type": "text"}
    options = [
        (entity, field_id, id_, value, code, at)
        for entity in both
        for field_id in ("504", "505", "509")
        for at, (id_, value, code) in enumerate(OPTIONS)
    ]
    return {
        "fields": [
            *table("fields", own, "id", "entity", "name", "type"),
            computed | {"is_computed": True},
            coded | {"code": "COLOR_2"},
        ],
        "field_enums": table("field_enums", options),
        "field_values": table("field_values", [("contact", *value) for value in VALUES]),
        "channels": table("channels", CHANNELS),
    }


def rows() -> dict[str, list[dict[str, Any]]]:
    rights = [
        ("12", entity, action, "own")
        for entity in ("contact", "company", "deal", "task")
        for action in ("view", "edit", "add", "delete")
    ]
    stages = [("1", "Неразобранное", "unsorted"), ("2", "Первый", "open"), ("3", "Второй", "open")]
    users = [
        ("11", "Админ", True, True, None),
        ("12", "Продавец", False, True, "5"),
        ("13", "Уволен", False, False, None),
    ]
    enquiry = {"id": "abc", "category": "chats", "source_name": "Чат", "pipeline_id": "100"}
    return {
        **cards(),
        **fields(),
        "links": table("links", LINKS),
        "record_tags": table("record_tags", [("contact", "1", "старый"), ("deal", "31", "важный")]),
        "tags": table(
            "tags",
            [("81", "contact", "старый"), ("82", "contact", "второй"), ("83", "deal", "важный")],
        ),
        "users": table("users", users, "id", "name", "is_admin", "is_active", "group_id"),
        "user_rights": table("user_rights", rights),
        "pipelines": table(
            "pipelines",
            [("100", "Главная", 1, True, False), ("200", "Другая", 2, False, False)],
        ),
        "statuses": [
            *table("statuses", [("100", id_, name, 1, state) for id_, name, state in stages]),
            *table("statuses", [("200", "5", "Начало", 1, "open")]),
        ],
        "loss_reasons": table("loss_reasons", [("71", "Дорого", 1)]),
        "task_types": table("task_types", [("1", "Связаться", None), ("2", "Встреча", None)]),
        "sources": table("sources", [("61", "Сайт", "200")]),
        "unsorted": [enquiry | {"deal_id": "33", "contact_id": "3", "created_at": THEN}],
    }


def make_account() -> Account:
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
        """Send what must be refused, changing nothing; return code and path of each problem."""
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
    return Crm(State(make_account(), lambda: NOW), user)


@pytest.fixture
def make() -> Callable[..., Crm]:
    """Return what makes a fresh account, for tests that need many."""
    return make_crm


@pytest.fixture
def account() -> Account:
    """Return the account itself, for a server."""
    return make_account()

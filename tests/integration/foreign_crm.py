"""Another person's small imitation of amoCRM, made from the CRM's public documents alone.

It shares nothing with `dedupe.sandbox`: where the two differ, the client must do with both. Its
`Habits` are what imitations, proxies and odd accounts do differently; `before` may answer any
request in its own way, or change the account while it is read. All people are fictional.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Record = dict[str, Any]
Query = list[tuple[str, str]]
NOW = 1_760_000_000  # of the imitation's clock, whatever the date of the test
DAY = 86_400
TOKEN = "foreign-token-CANARY-77"
KINDS = ("contacts", "companies", "leads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """An answer as it goes over the wire; `is_cut` ends the connection in its middle."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False


@dataclass(slots=True, kw_only=True)
class Habits:
    """How this imitation differs from the documents."""

    page_size: int = 0  # always so many a page, whatever is asked; 0: as asked, up to 250
    next_link: str = "documented"  # | "never" | another origin ("http://localhost:1")
    self_link: bool = True
    order: str = "asked"  # | "stored" | "shuffled" (anew for every request) | "newest"
    has_filters: bool | None = True  # None: the account does not tell
    keeps_filters: bool = True
    has_events: bool = True
    total_items: bool = False
    date: bool = True
    empty: Raw = field(default_factory=lambda: Raw(status=204))
    refused: dict[str, Raw] = field(default_factory=dict)  # by the path behind /api/v4
    dress: Callable[[str, Record], Record] = lambda kind, record: record


class ForeignCrm:
    """The imitation, served by a thread until the end of the `with`."""

    def __init__(self, habits: Habits | None = None, n: int = 120) -> None:
        self.habits = habits or Habits()
        self.now = NOW
        self.account: Record = account()
        self.lists: dict[str, list[Record]] = world(n)
        self.bin: dict[str, list[Record]] = {kind: [] for kind in KINDS}
        self.asked: list[tuple[str, Query]] = []
        self.tokens: set[str] = set()
        self.before: Callable[[str, Query], Raw | None] = lambda path, query: None
        self.lock = threading.RLock()
        crm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                crm.serve(self)

            do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, address: object) -> None:
                pass  # a client may hang up

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> ForeignCrm:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # what happens in the account

    def delete(self, kind: str, id_: int) -> None:
        """Put a record into the bin, as a person does in the CRM's pages."""
        with self.lock:
            record = next(one for one in self.lists[kind] if one["id"] == id_)
            self.lists[kind].remove(record)
            gone = {"id": id_, "updated_at": self.tick(), "updated_by": 1, "is_deleted": True}
            self.bin[kind].append({**gone, "account_id": self.account["id"]})
            self.event(f"{kind_of_event(kind)}_deleted", kind, id_)

    def change(self, kind: str, id_: int, **facts: Any) -> None:
        """Change a record as a person does."""
        with self.lock:
            record = next(one for one in self.lists[kind] if one["id"] == id_)
            record |= {"updated_at": self.tick(), **facts}

    def add(self, kind: str, record: Record) -> None:
        """Make a record."""
        with self.lock:
            self.lists[kind].append({**record, "updated_at": self.tick()})

    def event(self, type_: str, kind: str, id_: int) -> None:
        """Note what happened in the account's history."""
        self.lists["events"].append(
            {
                "id": f"01pz58t6p04ymgsgfbmfy{len(self.lists['events']):05}",
                "type": type_,
                "entity_id": id_,
                "entity_type": kind_of_event(kind),
                "created_by": 0,
                "created_at": self.now,
                "value_after": [],
                "value_before": [],
                "account_id": self.account["id"],
            }
        )

    def tick(self) -> int:
        """Let the account's clock go on."""
        self.now += 1
        return self.now

    # answering

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        handler.rfile.read(length)
        parts = urlsplit(handler.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        with self.lock:
            self.asked.append((f"{handler.command} {parts.path}", query))
            self.tokens.add(handler.headers.get("Authorization", ""))
        raw = self.before(parts.path, query)
        if raw is None:
            with self.lock:
                raw = self.answer(handler, parts.path, query)
        self._write(handler, raw)

    def _write(self, handler: BaseHTTPRequestHandler, raw: Raw) -> None:
        handler.send_response_only(raw.status)
        headers = {"Content-Type": "application/hal+json", **raw.headers}
        if self.habits.date:
            headers.setdefault("Date", http_date(self.now))
        for name, value in headers.items():
            handler.send_header(name, value)
        if raw.status != 204 and "Transfer-Encoding" not in headers:
            handler.send_header("Content-Length", str(len(raw.body)))
        handler.end_headers()
        handler.wfile.write(raw.body[: len(raw.body) // 2] if raw.is_cut else raw.body)
        if raw.is_cut:
            handler.close_connection = True

    def answer(self, handler: BaseHTTPRequestHandler, path: str, query: Query) -> Raw:
        if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "Unauthorized")
        if handler.command != "GET":
            return problem(405, f"Cannot {handler.command}")
        if not path.startswith("/api/v4/"):
            return problem(404, f"Cannot GET {path}!")
        name = path.removeprefix("/api/v4/").rstrip("/")
        if name in self.habits.refused:
            return self.habits.refused[name]
        if name == "account":
            return ok(self._account())
        if name in self.lists:
            return self._list(path, name, query)
        kind, _, id_ = name.partition("/")
        found = [r for r in self.lists.get(kind, []) if str(r["id"]) == id_]
        if kind in self.lists and id_.isdigit():
            return ok(self.habits.dress(kind, found[0])) if found else self.habits.empty
        return problem(404, f"Cannot GET {path}!")

    def _account(self) -> Record:
        told = dict(self.account)
        if self.habits.has_filters is not None:
            told["is_api_filter_enabled"] = self.habits.has_filters
        return told

    def _list(self, path: str, name: str, query: Query) -> Raw:
        if name == "events" and not self.habits.has_events:
            return problem(404, "Cannot GET events!")
        key = name.rpartition("/")[2]
        rows = self._rows(name, query)
        if name in ("leads/pipelines", "webhooks"):  # without pages
            return ok({"_total_items": len(rows), "_embedded": {key: rows}})
        told = dict(query)
        size = self.habits.page_size or min(int(told.get("limit", 50)), 250)
        page = max(int(told.get("page", 1)), 1)
        held = rows[(page - 1) * size : page * size]
        if not held:
            return self.habits.empty
        links = self._links(path, query, page, size)
        if page * size >= len(rows) or self.habits.next_link == "never":
            links.pop("next")
        if not self.habits.self_link:
            links.pop("self")
        dressed = [self.habits.dress(name, one) for one in held]
        body: Record = {"_page": page, "_links": links, "_embedded": {key: dressed}}
        if self.habits.total_items:
            body |= {"_total_items": len(rows), "_page_count": -(-len(rows) // size)}
        return ok(body)

    def _links(self, path: str, query: Query, page: int, size: int) -> Record:
        origin = self.habits.next_link if "://" in self.habits.next_link else self.url
        rest = [(key, value) for key, value in query if key != "page"]

        def link(number: int) -> Record:
            return {"href": f"{origin}{path}?{urlencode([*rest, ('page', str(number))])}"}

        return {"self": link(page), "next": link(page + 1)}

    def _rows(self, name: str, query: Query) -> list[Record]:
        is_bin = any(key == "with" and "only_deleted" in value for key, value in query)
        rows = list(self.bin[name] if is_bin and name in self.bin else self.lists[name])
        if name not in KINDS or self.habits.keeps_filters:
            rows = filtered(rows, query)
        return self._ordered(name, rows, query)

    def _ordered(self, name: str, rows: list[Record], query: Query) -> list[Record]:
        if self.habits.order == "shuffled":
            random.shuffle(rows)
        elif self.habits.order == "newest":
            rows.sort(key=lambda one: -one.get("updated_at", 0))
        elif self.habits.order == "asked":
            if name == "events":
                rows.sort(key=lambda one: -one["created_at"])
            for key, value in query:
                if key.startswith("order["):
                    rows.sort(key=lambda one: one.get(key[6:-1]) or 0, reverse=value == "desc")
        return rows


def filtered(rows: list[Record], query: Query) -> list[Record]:
    """Return what the documented filters leave."""
    for asked, bound in (("updated_at", 1), ("created_at", 1)):
        for key, value in query:
            if key == f"filter[{asked}][from]":
                rows = [one for one in rows if one.get(asked, 0) >= int(value) * bound]
    for asked in ("id", "type"):
        wanted = [value for key, value in query if key.startswith(f"filter[{asked}]")]
        wanted = [one for value in wanted for one in value.split(",")]
        if wanted:
            rows = [one for one in rows if str(one.get(asked)) in wanted]
    return rows


def kind_of_event(kind: str) -> str:
    """Return the singular that events use."""
    return {"contacts": "contact", "companies": "company", "leads": "lead"}[kind]


def ok(body: object) -> Raw:
    """Return a good answer."""
    return Raw(body=json.dumps(body).encode())


def problem(status: int, detail: str, code: int | None = None) -> Raw:
    """Return an error as the documents show one."""
    told: Record = {"title": "Error", "type": f"https://httpstatus.es/{status}", "status": status}
    told |= {"detail": detail} | ({"code": code} if code else {})
    body = json.dumps(told).encode()
    return Raw(status=status, body=body, headers={"Content-Type": "application/problem+json"})


def http_date(seconds: int) -> str:
    """Write a moment as the header Date has it."""
    from email.utils import formatdate

    return formatdate(seconds, usegmt=True)


def account() -> Record:
    """Return an account as the documents show one."""
    return {
        "id": 1231414,
        "name": "example",
        "subdomain": "example",
        "current_user_id": 581651,
        "country": "RU",
        "customers_mode": "segments",
        "is_unsorted_on": True,
        "is_loss_reason_enabled": True,
        "contact_name_display_order": 1,
        "version": 16,
        "_embedded": {
            "users_groups": [{"id": 0, "name": "Отдел продаж", "uuid": None}],
            "task_types": [
                {"id": 1, "name": "Связаться", "color": None, "icon_id": None, "code": "FOLLOW_UP"},
                {"id": 2, "name": "Встреча", "color": None, "icon_id": None, "code": "MEETING"},
            ],
            "datetime_settings": {"timezone": "Europe/Moscow", "timezone_offset": "+03:00"},
        },
    }


def phone(value: object, key: str = "enum") -> Record:
    """Return the phone field; the documents spell the label's key `enum` when they read."""
    return {
        "field_id": 3,
        "field_name": "Телефон",
        "field_code": "PHONE",
        "field_type": "multitext",
        "values": [{"value": value, "enum_id": 1, key: "WORK"}],
    }


def contact(i: int) -> Record:
    """Return the contact of this number; each third has no field at all."""
    fields = None if i % 3 == 0 else [phone(f"+7912{i // 2:07}")]
    return {
        "id": 7_143_599 + i * 7,
        "name": f"Контакт {i}",
        "first_name": "",
        "last_name": "",
        "responsible_user_id": 581651,
        "group_id": 0,
        "created_by": 581651,
        "updated_by": 581651,
        "created_at": NOW - 400 * DAY + i,
        "updated_at": NOW - 300 * DAY + (i * 7919) % 100_000,
        "closest_task_at": None,
        "custom_fields_values": fields,
        "account_id": 1231414,
        "_embedded": {"tags": [], "companies": [{"id": 500 + i}] if i % 10 == 0 else []},
    }


def company(i: int) -> Record:
    """Return the company of this number."""
    told = contact(i) | {"id": 500 + i, "name": f"Компания {i}", "_embedded": {"tags": []}}
    del told["first_name"], told["last_name"]
    return told


def lead(i: int) -> Record:
    """Return the lead of this number: open, won or lost, the lost with a reason."""
    status = (32392159, 142, 143)[i % 3]
    reason = [{"id": 4203748, "name": "Пропала потребность", "sort": 100000}] if i % 3 == 2 else []
    return {
        "id": 19_619 + i * 3,
        "name": f"Сделка {i}",
        "price": 46333,
        "responsible_user_id": 581651,
        "group_id": 625,
        "status_id": status,
        "pipeline_id": 3177727,
        "loss_reason_id": 4203748 if i % 3 == 2 else None,
        "source_id": None,
        "created_by": 581651,
        "updated_by": 581651,
        "created_at": NOW - 400 * DAY + i,
        "updated_at": NOW - 300 * DAY + (i * 104729) % 100_000,
        "closed_at": NOW - 299 * DAY if i % 3 else None,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "score": None,
        "account_id": 1231414,
        "_embedded": {
            "tags": [{"id": 100667, "name": "тест", "color": None}] if i % 5 == 0 else [],
            "loss_reason": reason,
            "companies": [{"id": 500 + i % 20}] if i % 4 == 0 else [],
            "contacts": [{"id": 7_143_599 + i * 7, "is_main": True}],
        },
    }


def task(i: int) -> Record:
    """Return the task of this number; `result` is a list until there is one."""
    return {
        "id": 7087 + i,
        "created_by": 0,
        "updated_by": 581651,
        "created_at": NOW - 100 * DAY + i,
        "updated_at": NOW - 90 * DAY + i,
        "responsible_user_id": 581651,
        "group_id": 0,
        "entity_id": 19_619 + i * 3,
        "entity_type": "leads",
        "duration": 0,
        "is_completed": i % 2 == 1,
        "task_type_id": 2,
        "text": "Назначить встречу",
        "result": {"text": "Результат есть"} if i % 2 else [],
        "complete_till": NOW - 80 * DAY,
        "account_id": 1231414,
    }


def world(n: int) -> dict[str, list[Record]]:
    """Return an account of `n` contacts and leads, a fifth as many companies, half as many tasks.

    Lists have the names of their paths.
    """
    labels = [{"id": 1, "value": "WORK", "sort": 2}, {"id": 5, "value": "MOB", "sort": 6}]
    phones = {
        "id": 3,
        "name": "Телефон",
        "type": "multitext",
        "code": "PHONE",
        "sort": 4,
        "is_api_only": False,
        "enums": labels,
        "required_statuses": [],
        "is_predefined": True,
    }
    lists: dict[str, list[Record]] = {
        "contacts": [contact(i) for i in range(n)],
        "companies": [company(i) for i in range(max(n // 5, 0))],
        "leads": [lead(i) for i in range(n)],
        "tasks": [task(i) for i in range(n // 2)],
        "events": [],
        "users": [user()],
        "roles": [{"id": 107995, "name": "Моя супер роль"}],
        "leads/pipelines": [pipeline()],
        "leads/loss_reasons": [{"id": 4203748, "name": "Пропала потребность", "sort": 100000}],
        "leads/unsorted": [],
        "sources": [{"id": 9619, "name": "Лендинг", "pipeline_id": 3177727}],
        "webhooks": [
            {
                "id": 839656,
                "destination": "https://webhook.example",
                "disabled": False,
                "settings": ["add_task"],
            }
        ],
        "widgets": [{"id": 742, "code": "amo_dropbox", "is_active_in_account": False}],
    }
    for kind in KINDS:
        lists[f"{kind}/custom_fields"] = [phones] if kind != "leads" else []
        lists[f"{kind}/tags"] = [{"id": 100667, "name": "тест", "color": None}]
        lists[f"{kind}/notes"] = []
    return lists


def user() -> Record:
    """Return the administrator that the account is read as."""
    return {
        "id": 581651,
        "name": "Админ",
        "email": "admin-CANARY@example.com",
        "lang": "ru",
        "rights": {
            "leads": {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"},
            "contacts": {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"},
            "companies": {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"},
            "tasks": {"edit": "A", "delete": "A"},
            "mail_access": True,
            "catalog_access": True,
            "status_rights": None,
            "is_admin": True,
            "is_free": False,
            "is_active": True,
            "group_id": None,
            "role_id": None,
        },
        "_embedded": {"roles": [], "groups": []},
    }


def pipeline() -> Record:
    """Return the pipeline of the documents: unsorted, one stage, won and lost."""
    stages = [
        (32392156, "Неразобранное", 10, 1),
        (32392159, "Первичный контакт", 20, 0),
        (142, "Успешно реализовано", 10000, 0),
        (143, "Закрыто и не реализовано", 11000, 0),
    ]
    return {
        "id": 3177727,
        "name": "Воронка",
        "sort": 1,
        "is_main": True,
        "is_unsorted_on": True,
        "is_archive": False,
        "account_id": 1231414,
        "_embedded": {
            "statuses": [
                {"id": id_, "name": name, "sort": sort, "pipeline_id": 3177727, "type": type_}
                for id_, name, sort, type_ in stages
            ]
        },
    }

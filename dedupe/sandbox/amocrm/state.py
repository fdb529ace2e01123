"""The state of an amoCRM account: what the API reads and writes.

Records are in the API's own shape (custom_fields_values, _embedded.tags), without
_links; links between records are kept apart. Cards, tasks, notes and events are
served from the snapshot's columns, settings are dicts. A handler holds `lock` while
it works; so does whoever changes the state beside the server.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import polars as pl

from dedupe.contracts import Account
from dedupe.errors import InputError
from dedupe.language import N_

from . import settings
from .activity import event_table, note_table, task_table
from .cards import About, Stages, card_table, lead_table
from .columns import whole
from .fields import Field, read_fields
from .links import Link, Links, Pairs
from .names import CARDS, ENTITY_OF, KIND_OF, SINGULAR
from .options import Options
from .shelf import Shelf
from .table import NONE, Record, Table, Words

SETTINGS = ("users", "roles", "pipelines", "loss_reasons", "task_types", "sources", "webhooks",
            "widgets", "groups", "unsorted", "chats", "talks")  # fmt: skip
KINDS = (*CARDS, "tasks", "notes", "events", *SETTINGS)


class State:
    """An account that can be read and changed. All times are Unix seconds of `clock`.

    Kinds: contacts, companies, leads, tasks, notes (with `entity_type`), events, and the
    settings: users, roles, pipelines (stages in `_embedded.statuses`), loss_reasons, task_types,
    sources, webhooks, widgets, groups, unsorted (by uid), chats, talks.
    """

    def __init__(
        self, account: Account, clock: Callable[[], int], options: Options | None = None
    ) -> None:
        """Take over an account's tables. Raises InputError where its ids are not amoCRM's."""
        self.lock = threading.RLock()
        self.clock = clock
        self.options = options or Options()
        self.account_id = _account_id(account)
        self.host, self.settings = account.host or "example.amocrm.ru", dict(account.settings)
        self.words = Words()
        self._shelves = _shelves(account, self.account_id)
        self._fields = read_fields(account, self.account_id)
        self._gone_fields: set[tuple[str, int]] = set()
        self._tags = _read_tags(account)
        self._groups = {
            user["id"]: user["rights"]["group_id"] or 0 for user in self._shelves["users"].all()
        }
        self._tables = self._read_tables(account)
        self._links = Links(_read_links(account))
        self._closest: tuple[int, dict[tuple[int, int], int]] = (-1, {})

    # Records of any kind

    def get(self, kind: str, id_: int | str) -> Record | None:
        """Return a private copy of a record, deleted ones too; None when there is none."""
        with self.lock:
            if kind in self._shelves:
                return self._shelves[kind].get(id_)
            return self._tables[kind].get(int(id_))

    def put(self, kind: str, record: Record) -> None:
        """Insert or replace a record; lists ordered by its id and its moments follow."""
        with self.lock:
            if kind in self._shelves:
                self._shelves[kind].put(record)
                return
            if kind in CARDS:
                record = record | {
                    "_embedded": {"tags": record.get("_embedded", {}).get("tags") or []}
                }
            self._tables[kind].put(record)

    def remove(self, kind: str, id_: int | str) -> None:
        """Take a record away for good, as a setting is deleted."""
        with self.lock:
            if kind in self._shelves:
                self._shelves[kind].remove(id_)
            else:
                self._tables[kind].remove(int(id_))

    def delete(self, kind: str, id_: int, by: int = 0) -> None:
        """Move a card to the bin, as a person does: lists no longer show it."""
        with self.lock:
            self._bin(kind, id_, by, is_deleted=True)

    def restore(self, kind: str, id_: int, by: int = 0) -> None:
        """Take a card out of the bin."""
        with self.lock:
            self._bin(kind, id_, by, is_deleted=False)

    def new_id(self, kind: str) -> int:
        """Return an id above all that there ever were of a kind."""
        with self.lock:
            if kind in ("contacts", "companies"):  # amoCRM numbers both in one sequence
                both = [self._tables[name] for name in ("contacts", "companies")]
                number = max(table.new_id() for table in both)
                for table in both:
                    table.seen(number)
                return number
            return (
                self._shelves[kind].new_id()
                if kind in self._shelves
                else self._tables[kind].new_id()
            )

    def ids(self, kind: str, order: str = "id", *, descending: bool = False) -> Sequence[int]:
        """Return the ids of a kind in order, deleted ones too."""
        with self.lock:
            if kind in self._shelves:
                return [int(id_) for id_ in self._shelves[kind].ids()]
            table = self._tables[kind]
            found: list[int] = table.column("id")[table.rows(order, descending=descending)].tolist()
            return found

    def count(self, kind: str) -> int:
        """Return how many records of a kind there are, those in the bin too."""
        with self.lock:
            return len(self._shelves[kind] if kind in self._shelves else self._tables[kind].rows())

    def all(self, kind: str) -> list[Record]:
        """Return all records of a kind of settings, in order."""
        with self.lock:
            return self._shelves[kind].all()

    def table(self, kind: str) -> Table:
        """Return the columns of contacts, companies, leads, tasks, notes or events."""
        return self._tables[kind]

    # Custom fields, tags

    def field(self, entity: str, key: int | str) -> Record | None:
        """Return a custom field by its id or its code (in any case), as a private copy."""
        with self.lock:
            found = self.definition(entity, key)
            return None if found is None else deepcopy(found.record)

    def definition(self, entity: str, key: int | str) -> Field | None:
        """Return a custom field with the index of its choices, not to be written to."""
        for found in self._definitions(entity):
            code = found.record["code"]
            if found.record["id"] == key or (
                isinstance(key, str) and code and code.upper() == key.upper()
            ):
                return found
        return None

    def fields(self, entity: str) -> list[Record]:
        """Return the custom fields of an entity, as private copies."""
        with self.lock:
            return [deepcopy(found.record) for found in self._definitions(entity)]

    def put_field(self, entity: str, record: Record) -> None:
        """Insert or replace a custom field (`id` as a number, `enums` with their ids)."""
        with self.lock:
            found = self.definition(entity, record["id"])
            if found is None:
                self._fields[entity][str(record["id"])] = Field.of(deepcopy(record))
            else:
                found.take(deepcopy(record))

    def remove_field(self, entity: str, id_: int) -> None:
        """Delete a custom field."""
        with self.lock:
            found = self.definition(entity, id_)
            if found is not None:
                found.is_gone = True
                self._gone_fields.add((entity, id_))

    def has_field(self, entity: str, id_: int) -> bool:
        """Tell whether a field was not deleted; values of a deleted one are no longer shown."""
        return (entity, id_) not in self._gone_fields

    def new_field_id(self) -> int:
        """Return a number that no custom field has."""
        every = (f.record["id"] for found in self._fields.values() for f in found.values())
        return 1 + max(every, default=0)

    def new_enum_id(self) -> int:
        """Return a number that no choice of a custom field has."""
        every = (
            enum["id"] for kind in CARDS for f in self.fields(kind) for enum in f["enums"] or ()
        )
        return 1 + max(every, default=0)

    def tag_id(self, entity: str, name: str) -> int:
        """Return the id of a tag of `entity`, a new one where there is none of that name."""
        with self.lock:
            tags = self._tags[entity]
            if name not in tags:
                highest = max(
                    (id_ for found in self._tags.values() for id_ in found.values()), default=0
                )
                tags[name] = highest + 1
            return tags[name]

    def tags(self, entity: str) -> list[Record]:
        """Return the tags of an entity: id, name, color."""
        with self.lock:
            return [
                {"id": id_, "name": name, "color": None} for name, id_ in self._tags[entity].items()
            ]

    # Links

    def links_of(self, entity: str, id_: int) -> list[Link]:
        """Return the links of a record seen from it, those to deleted records too."""
        with self.lock:
            return self._links.of(entity, id_)

    def link(
        self, entity: str, id_: int, to_entity: str, to_id: int, *, is_main: bool | None = None
    ) -> None:
        """Link two cards; a second company replaces the first, a new main contact the old one."""
        with self.lock:
            self._links.add(Link(entity, id_, to_entity, to_id, is_main))

    def unlink(self, entity: str, id_: int, to_entity: str, to_id: int) -> bool:
        """Take a link away; tell whether there was one."""
        with self.lock:
            return self._links.drop(Link(entity, id_, to_entity, to_id))

    # Settings by name

    def user(self, id_: int) -> Record | None:
        """Return a user; `rights` tells is_admin, is_active and group_id."""
        return self.get("users", id_)

    def pipelines(self) -> list[Record]:
        """Return the pipelines with their stages in `_embedded.statuses`."""
        return self.all("pipelines")

    def statuses(self, pipeline_id: int) -> list[Record]:
        """Return the stages of a pipeline, none when there is no such pipeline."""
        found = self.get("pipelines", pipeline_id)
        return found["_embedded"]["statuses"] if found else []

    def status(self, pipeline_id: int, status_id: int) -> Record | None:
        """Return one stage of a pipeline."""
        return next((s for s in self.statuses(pipeline_id) if s["id"] == status_id), None)

    def group_of(self, user_id: int) -> int:
        """Return the group of a user, 0 for the default one."""
        return self._groups.get(user_id, 0)

    def admin(self) -> int:
        """Return the user that a token without an owner belongs to: an active administrator."""
        told = self.settings.get("user_id", "")
        users = self._shelves["users"]
        if told.isdecimal() and users.get(int(told)) is not None:
            return int(told)
        admins = (u["id"] for u in users.all() if _is_admin(u))
        return int(next(admins))

    # What follows from other records

    def closest_task(self, entity: str, id_: int) -> int | None:
        """Return when the next open task of a card is due."""
        tasks = self._tables["tasks"]
        if self._closest[0] != tasks.version:
            self._closest = (tasks.version, _closest(tasks))
        return self._closest[1].get((self.words.number(entity), id_))

    def add_event(
        self,
        type_: str,
        entity: str,
        id_: int,
        *,
        before: list[Any] | None = None,
        after: list[Any] | None = None,
        by: int = 0,
    ) -> None:
        """Leave an event of a card (entity as in paths: "leads") in the account's history."""
        with self.lock:
            number = self.new_id("events")
            self._tables["events"].put(
                {
                    "id": number,
                    "uid": _ulid(self.clock(), number),
                    "type": type_,
                    "entity_id": id_,
                    "entity_type": SINGULAR.get(entity, entity),
                    "created_by": by,
                    "created_at": self.clock(),
                    "value_after": after or [],
                    "value_before": before or [],
                    "account_id": self.account_id,
                }
            )

    @contextmanager
    def held(self) -> Iterator[State]:
        """Hold the state against the server while several changes are made."""
        with self.lock:
            yield self

    def _definitions(self, entity: str) -> list[Field]:
        found = self._fields.get(entity, {})
        return list({id(f): f for f in found.values() if not f.is_gone}.values())

    def _bin(self, kind: str, id_: int, by: int, *, is_deleted: bool) -> None:
        record = self._tables[kind].get(id_)
        if record is None or bool(record["is_deleted"]) == is_deleted:
            return
        record |= {"is_deleted": is_deleted, "updated_at": self.clock(), "updated_by": by}
        self._tables[kind].put(record)
        done = "deleted" if is_deleted else "restored"
        self.add_event(f"{SINGULAR[kind]}_{done}", kind, id_, by=by)

    def _read_tables(self, account: Account) -> dict[str, Table]:
        pipelines = self._shelves["pipelines"].all()
        main = next((p for p in pipelines if p["is_main"]), pipelines[0])
        stages = main["_embedded"]["statuses"]
        first = next(s["id"] for s in stages if s["type"] == 0)
        unsorted = next((s["id"] for s in stages if s["type"] == 1), first)
        about = About(
            self.account_id,
            self._fields,
            self.tag_id,
            self.group_of,
            Stages(main["id"], first, unsorted),
            self.words,
        )
        return {
            "contacts": card_table(account, "contacts", about),
            "companies": card_table(account, "companies", about),
            "leads": lead_table(account, about),
            "tasks": task_table(account, self.account_id, self.group_of, self.words),
            "notes": note_table(account, self.account_id, self.group_of, self.words),
            "events": event_table(account, self.account_id, self.words),
        }


def _is_admin(user: Record) -> bool:
    return bool(user["rights"]["is_admin"] and user["rights"]["is_active"])


def _account_id(account: Account) -> int:
    if not account.account_id:
        return 1
    if not account.account_id.isdecimal():
        raise InputError(
            N_("the account's id is not a whole number, as amoCRM's are"),
            where=account.host,
            fix=N_("serve a snapshot of an amoCRM account, or the demo account"),
        )
    return int(account.account_id)


def _shelves(account: Account, account_id: int) -> dict[str, Shelf]:
    users = settings.read_users(account)
    admin = next(user["id"] for user in users if _is_admin(user))
    return {
        "users": Shelf(users),
        "groups": Shelf(settings.read_groups(account, users)),
        "roles": Shelf(settings.read_roles(account)),
        "pipelines": Shelf(settings.read_pipelines(account, account_id)),
        "loss_reasons": Shelf(settings.read_loss_reasons(account)),
        "task_types": Shelf(settings.read_task_types(account)),
        "sources": Shelf(settings.read_sources(account)),
        "webhooks": Shelf(settings.read_webhooks(account, account_id, admin)),
        "widgets": Shelf(settings.read_widgets(account)),
        "unsorted": Shelf(settings.read_unsorted(account, account_id), key="uid"),
        "chats": Shelf(),
        "talks": Shelf(key="talk_id"),
    }


def _read_tags(account: Account) -> dict[str, dict[str, int]]:
    """Return the tags by entity and name; names that only records have get new ids."""
    tags: dict[str, dict[str, int]] = {kind: {} for kind in CARDS}
    frame = account.frame("tags")
    for id_, entity, name in zip(
        whole(frame, "id", "tags").tolist(), frame["entity"], frame["name"], strict=True
    ):
        if entity in KIND_OF and name is not None:
            tags[KIND_OF[entity]].setdefault(name, id_)
    highest = max((id_ for found in tags.values() for id_ in found.values()), default=0)
    used = account.frame("record_tags").select("entity", "tag").unique().drop_nulls()
    for entity, name in used.sort("entity", "tag").iter_rows():
        if entity in KIND_OF and name not in tags[KIND_OF[entity]]:
            highest += 1
            tags[KIND_OF[entity]][name] = highest
    return tags


def _read_links(account: Account) -> Iterator[Pairs]:
    frame = account.frame("links").drop_nulls("to_id")
    main = pl.col("is_main").fill_null(value=False)
    turned = frame.select(
        from_entity="to_entity",
        from_id="to_id",
        to_entity="from_entity",
        to_id="from_id",
        is_main=main,
    )
    both = pl.concat([frame.with_columns(main), turned])
    for left, right in (("contacts", "leads"), ("companies", "leads"), ("contacts", "companies")):
        found = both.filter(
            (pl.col("from_entity") == ENTITY_OF[left]) & (pl.col("to_entity") == ENTITY_OF[right])
        ).unique(["from_id", "to_id"], keep="first", maintain_order=True)
        yield Pairs(
            left,
            right,
            whole(found, "from_id", "links"),
            whole(found, "to_id", "links"),
            found["is_main"].to_numpy(),
        )


def _closest(tasks: Table) -> dict[tuple[int, int], int]:
    till = tasks.column("complete_till")
    rows = tasks.rows("complete_till", descending=True)
    is_open = (tasks.column("is_completed")[rows] == 0) & (till[rows] != NONE)
    rows = rows[is_open]
    kinds, ids = (
        tasks.column("entity_type")[rows].tolist(),
        tasks.column("entity_id")[rows].tolist(),
    )
    # Latest first: the earliest of a card is written last and stays.
    return dict(zip(zip(kinds, ids, strict=True), till[rows].tolist(), strict=True))


_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def _ulid(at: int, number: int) -> str:
    """Return an id of 26 letters that sorts by time, as the API's events have."""
    value, letters = (at * 1000 << 80) | number, ""
    for _ in range(26):
        letters = _CROCKFORD[value & 31] + letters
        value >>= 5
    return letters

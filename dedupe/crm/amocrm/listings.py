"""The lists that amoCRM's API gives out: where each is, how it is asked, what it fills.

A listing is data: the pull walks `listings_for(...)` in their order, settings before
records. An optional one that the account refuses goes to `Account.not_read` under its
`part`. Facts: https://www.amocrm.ru/developers/content/crm_platform/api-reference
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

API = "/api/v4"
ACCOUNT_PATH = f"{API}/account"
ACCOUNT_PARAMS = (
    (
        "with",
        "amojo_id,amojo_rights,users_groups,task_types,version,entity_names,datetime_settings,"
        "drive_url,is_api_filter_enabled,invoices_settings",
    ),
)
NO_RIGHTS, NOT_AVAILABLE = "no_rights", "not_available"
_REFUSED = 403
_UPDATED = "filter[updated_at][from]"
Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list of the API.

    `key` is its name inside `_embedded`; `tables` are what a page of it fills, that of its
    own records first. `page_size` 0 means that one answer holds all. `order` is the field by
    which it can be asked in ascending order, "" where the CRM's own order must do.
    `changed_filter` asks for what changed since a moment; where it is a paid one,
    `AccountFacts.has_filters` tells if it works, and a `is_walkable` list can be walked by
    `updated_at` from the newest instead. `option` is the word of the profile's `with` that
    switches it on, "" for always.
    """

    name: str
    path: str
    key: str
    tables: tuple[str, ...]
    entity: str = ""
    params: Params = ()
    page_size: int = 250
    order: str = ""
    changed_filter: str = ""
    is_filter_paid: bool = False
    is_walkable: bool = False
    part: str = ""
    is_optional: bool = True
    option: str = ""

    @property
    def record_table(self) -> str:
        """Return the table that gets one row a record of the list."""
        return self.tables[0]

    def query(
        self, page: int = 1, *, since: int | None = None, newest_first: bool = False
    ) -> Params:
        """Return the parameters of one page, the first being 1.

        `since` (seconds of 1970) asks for what changed from then on; `newest_first` walks
        by `updated_at`. Both only where the listing knows them.
        """
        params = [*self.params]
        if newest_first and self.is_walkable:
            params.append(("order[updated_at]", "desc"))
        elif self.order:
            params.append((f"order[{self.order}]", "asc"))
        if since is not None and self.changed_filter:
            params.append((self.changed_filter, str(since)))
        if self.page_size:
            params += [("limit", str(self.page_size)), ("page", str(page))]
        return tuple(params)

    def refusal(self, status: int) -> str:
        """Return why it was not read, for `Account.not_read`, from the status of a refusal."""
        return NO_RIGHTS if status == _REFUSED else NOT_AVAILABLE


def listings_for(options: Collection[str] = ()) -> tuple[Listing, ...]:
    """Return what a pull reads, in order; `options` are the words of the profile's `with`."""
    return tuple(one for one in LISTINGS.values() if not one.option or one.option in options)


def _setting(name: str, path: str, *tables: str, page_size: int = 250) -> Listing:
    return Listing(
        name=name,
        path=f"{API}/{path}",
        key=name,
        tables=tables or (name,),
        part=name,
        page_size=page_size,
    )


def _settings() -> list[Listing]:
    users = Listing(
        name="users",
        path=f"{API}/users",
        key="users",
        tables=("users", "user_rights"),
        params=(("with", "role,group,phone_number"),),
        part="users",
    )
    pipelines = Listing(
        name="pipelines",
        path=f"{API}/leads/pipelines",
        key="pipelines",
        tables=("pipelines", "statuses"),
        part="pipelines",
        page_size=0,
        is_optional=False,  # without them nobody can tell an unsorted deal from an open one
    )
    return [
        users,
        _setting("roles", "roles"),
        pipelines,
        _setting("loss_reasons", "leads/loss_reasons"),
        _setting("sources", "sources"),
        _setting("webhooks", "webhooks", page_size=0),
        _setting("widgets", "widgets"),
        *(_fields(kind) for kind in _KINDS),
        *(_tags(kind) for kind in _KINDS),
    ]


_KINDS = ("contacts", "companies", "leads")
_ENTITY = {"contacts": "contact", "companies": "company", "leads": "deal"}
_TABLE = {"contacts": "contacts", "companies": "companies", "leads": "deals"}


def _fields(kind: str) -> Listing:
    return Listing(
        name=f"{_ENTITY[kind]}_fields",
        path=f"{API}/{kind}/custom_fields",
        key="custom_fields",
        tables=("fields", "field_enums", "field_statuses"),
        entity=_ENTITY[kind],
        page_size=50,
        order="id",
        part="fields",
    )


def _tags(kind: str) -> Listing:
    return Listing(
        name=f"{_ENTITY[kind]}_tags",
        path=f"{API}/{kind}/tags",
        key="tags",
        tables=("tags",),
        entity=_ENTITY[kind],
        part="tags",
    )


def _records(kind: str, params: Params = ()) -> Listing:
    cards = () if kind == "leads" else ("channels",)
    return Listing(
        name=kind,
        path=f"{API}/{kind}",
        key=kind,
        tables=(_TABLE[kind], *cards, "field_values", "links", "record_tags"),
        entity=_ENTITY[kind],
        params=params,
        order="id",
        changed_filter=_UPDATED,
        is_filter_paid=True,
        is_walkable=True,
        part=_TABLE[kind],
        is_optional=False,
    )


def _deleted(kind: str) -> Listing:
    return Listing(
        name=f"deleted_{kind}",
        path=f"{API}/{kind}",
        key=kind,
        tables=(_TABLE[kind],),
        entity=_ENTITY[kind],
        params=(("with", "only_deleted"),),
        order="id",
        is_walkable=True,
        part=f"{_TABLE[kind]}.deleted",
        option="deleted",
    )


def _notes(kind: str) -> Listing:
    return Listing(
        name=f"{_ENTITY[kind]}_notes",
        path=f"{API}/{kind}/notes",
        key="notes",
        tables=("notes",),
        entity=_ENTITY[kind],
        order="id",
        changed_filter=_UPDATED,
        part="notes",
        option="notes",
    )


def _events(name: str, tables: tuple[str, ...], params: Params = ()) -> Listing:
    return Listing(
        name=name,
        path=f"{API}/events",
        key="events",
        tables=tables,
        params=params,
        page_size=100,
        changed_filter="filter[created_at][from]",
        part=tables[0],
        option=name,
    )


def _all() -> list[Listing]:
    tasks = Listing(
        name="tasks",
        path=f"{API}/tasks",
        key="tasks",
        tables=("tasks",),
        order="id",
        changed_filter=_UPDATED,
        part="tasks",
    )
    unsorted = Listing(
        name="unsorted",
        path=f"{API}/leads/unsorted",
        key="unsorted",
        tables=("unsorted",),
        order="created_at",
        part="unsorted",
    )
    # The API tells of chats only that a message came or went, never what it said.
    chats = (
        ("filter[type][]", "incoming_chat_message"),
        ("filter[type][]", "outgoing_chat_message"),
    )
    return [
        *_settings(),
        _records("contacts"),
        _records("companies"),
        _records("leads", (("with", "contacts,loss_reason,source_id"),)),
        tasks,
        unsorted,
        *(_notes(kind) for kind in _KINDS),
        _events("events", ("events", "status_history")),
        _events("chats", ("messages",), chats),
        *(_deleted(kind) for kind in _KINDS),
    ]


LISTINGS: Mapping[str, Listing] = {one.name: one for one in _all()}

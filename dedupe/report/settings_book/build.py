"""A snapshot -> its settings document.

Each section is a frame with an id and a column for every attribute of its layout; a reference
is two columns, of which `<name>_id` is what is compared. What was not read is named with its
reason, and what is counted from it stays empty: never zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from dedupe.contracts import Account

from .frames import FRAMES
from .layout import LAYOUTS
from .values import Attribute, Book, Entry, Kind, Layout, Ref, Section, Value

NO_TABLE = "no_table"
_SETTINGS = frozenset(
    part for layout in LAYOUTS.values() for part in (*layout.main, "users") if part != "unsorted"
)
# A table that is read together with another is refused with it.
_TOLD_BY = {
    "user_rights": "users",
    "statuses": "pipelines",
    "field_enums": "fields",
    "field_statuses": "fields",
}


def build_book(account: Account) -> Book:
    """Return the settings of `account`; the order of its rows does not matter."""
    return Book(
        crm=account.crm,
        account_id=account.account_id,
        host=account.host,
        read_to=account.read_to,
        sections=tuple(_section(account, layout) for layout in LAYOUTS.values()),
    )


def build_plain_book(account: Account) -> Book:
    """Return the settings alone, without what is counted from records: in a few milliseconds."""
    tables = {name: frame for name, frame in account.tables.items() if name in _SETTINGS}
    return build_book(replace(account, tables=tables))


def not_read(account: Account, part: str) -> str | None:
    """Return why `part` was not read; None where it was."""
    if part == "user_rights.mail":
        return _no_mail(account)
    if account.has(part):
        return None
    table = part.split(".")[0]
    for name in (part, table, _TOLD_BY.get(table, "")):
        if name in account.not_read:
            return account.not_read[name]
    return NO_TABLE


def _no_mail(account: Account) -> str | None:
    """Return why the access to mail is not known: the source may tell it of no user."""
    rights = account.frame("user_rights")
    return None if (rights["entity"] == "mail").any() else "not_told"


def _section(account: Account, layout: Layout) -> Section:
    missing = dict(_missing(account, layout))
    if any(part in missing for part in layout.main):
        kept = {part: missing[part] for part in layout.main if part in missing}
        return Section(layout=layout, missing=kept, is_read=False)
    frame = _blanked(FRAMES[layout.name](account), layout, missing)
    entries = tuple(_entry(row, layout) for row in frame.iter_rows(named=True))
    return Section(layout=layout, entries=entries, missing=missing)


def _missing(account: Account, layout: Layout) -> Iterator[tuple[str, str]]:
    for part in (*layout.main, *layout.measured):
        why = not_read(account, part)
        if why is not None:
            yield part, why


def _blanked(frame: pl.DataFrame, layout: Layout, missing: Mapping[str, str]) -> pl.DataFrame:
    """Return `frame` without the numbers that a missing part would have told."""
    unknown = {name for part in missing for name in _TELLS.get((layout.name, part), ())}
    empty = [pl.lit(None, frame.schema[name]).alias(name) for name in sorted(unknown)]
    frame = frame.with_columns(empty)
    counted = _BY_ENTITY.get(layout.name, ())
    absent = [entity for entity, table in _CARDS.items() if table in missing]
    told = ~pl.col("entity").is_in(absent)  # of one entity the records alone may be missing
    frame = frame.with_columns(pl.when(told).then(pl.col(name)).alias(name) for name in counted)
    return frame


_CARDS = {"contact": "contacts", "company": "companies", "deal": "deals"}
_BY_ENTITY = {"fields": ("filled", "share", "last_use"), "tags": ("records", "last_use")}
_TELLS = {  # what a section has from a part of the account that is not its own table
    ("passport", "contacts"): ("contacts", "oldest_at"),
    ("passport", "companies"): ("companies", "oldest_at"),
    ("passport", "deals"): ("deals", "open_deals", "oldest_at"),
    ("passport", "tasks"): ("tasks",),
    ("passport", "users"): ("active_users", "administrators"),
    ("fields", "field_enums"): ("choices",),
    ("fields", "field_statuses"): ("required",),
    ("fields", "field_values"): ("filled", "share", "last_use"),
    ("fields", "channels"): ("filled", "share", "last_use"),
    ("pipelines", "deals"): ("open_deals", "money"),
    ("stages", "deals"): ("deals", "money"),
    ("users", "deals"): ("open_deals",),
    ("groups", "users"): ("users",),
    ("roles", "users"): ("users",),
    ("loss_reasons", "deals"): ("deals",),
    ("loss_reasons", "deals.loss_reason_id"): ("deals",),
    ("task_types", "tasks"): ("tasks", "last_use"),
    ("tags", "record_tags"): ("records", "last_use"),
    ("sources", "deals"): ("deals", "last_deal"),
    ("sources", "deals.source_id"): ("deals", "last_deal"),
}


def _entry(row: Mapping[str, object], layout: Layout) -> Entry:
    return Entry(str(row["id"]), tuple(_value(row, one) for one in layout.attributes))


def _value(row: Mapping[str, object], attribute: Attribute) -> Value:
    name = attribute.name
    if attribute.kind is Kind.REF:
        id_, shown = row[f"{name}_id"], row[name]
        return None if id_ is None else Ref(str(id_), None if shown is None else str(shown))
    value = row[name]
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    if isinstance(value, float):
        return round(value, 6 if attribute.kind is Kind.SHARE else 2)
    assert value is None or isinstance(value, str | int | datetime)  # of no other kind
    return value

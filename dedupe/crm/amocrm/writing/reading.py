"""Fresh records as the executor compares them: the snapshot's own words, from one answer each.

A record is read by the same code that a pull reads it by, so that a field has one name and a
value one text before and after. A GET by id answers 204 for a record that is gone; a list by
`filter[id]` is a paid option, so it is used only where the account has it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.plan.cards import Fields, load_cards
from dedupe.plan.field_text import field_text
from dedupe.plan.ops import Item, Ref
from dedupe.plan.sink import Card

from ...http import Answer
from ..cards import STATES
from ..decode import parse
from ..listings import API, LISTINGS, Params
from ..page import read_page

KINDS = {"contact": "contacts", "company": "companies", "deal": "leads", "task": "tasks"}
ENTITIES = {kind: entity for entity, kind in KINDS.items()}
_WITH = {
    "contacts": (("with", "leads"),),
    "companies": (("with", "leads,contacts"),),
    "leads": (("with", "contacts,loss_reason,source_id"),),
}
_MOST = 250


class Reader(Protocol):
    """What reading needs of the transport."""

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """Read `path`."""


def read_cards(
    reader: Reader, refs: Collection[Ref], fields: pl.DataFrame, *, by_filter: bool
) -> dict[Ref, Card | None]:
    """Fetch records; None for one that the account does not have.

    `fields` is the table FIELDS, which tells the type of each field.
    """
    found: dict[Ref, Card | None] = dict.fromkeys(refs)
    for entity, kind in KINDS.items():
        ids = sorted((ref.id for ref in refs if ref.entity == entity), key=lambda i: (len(i), i))
        for raw in _records(reader, kind, ids, by_filter=by_filter):
            for card in _cards(kind, raw, fields):
                if card.ref in found:
                    found[card.ref] = card
    return found


def _records(
    reader: Reader, kind: str, ids: Sequence[str], *, by_filter: bool
) -> Iterator[list[dict[str, Any]]]:
    """Yield the answers' records as they came."""
    # Tasks' filters are free; one request for one record is as cheap as a filter.
    if len(ids) > 1 and (by_filter or kind == "tasks"):
        for at in range(0, len(ids), _MOST):
            params: Params = (
                *_WITH.get(kind, ()),
                *(("filter[id][]", id_) for id_ in ids[at : at + _MOST]),
                ("limit", str(_MOST)),
            )
            body = reader.get(f"{API}/{kind}", params).body
            yield _embedded(parse(body, kind) if body else None, kind)
        return
    for id_ in ids:
        body = reader.get(f"{API}/{kind}/{id_}", _WITH.get(kind, ())).body
        told = parse(body, kind) if body else None
        yield [told] if isinstance(told, dict) and told.get("id") is not None else []


def _embedded(told: object, kind: str) -> list[dict[str, Any]]:
    embedded = told.get("_embedded") if isinstance(told, dict) else None
    records = embedded.get(kind) if isinstance(embedded, dict) else None
    return [each for each in records or () if isinstance(each, dict)]


def _cards(kind: str, raw: list[dict[str, Any]], fields: pl.DataFrame) -> Iterator[Card]:
    body = json.dumps({"_embedded": {kind: raw}}).encode()
    tables = {"fields": fields, **read_page(LISTINGS[kind], body).tables}
    whole = {str(each.get("id")): each for each in raw}
    if kind == "tasks":
        yield from _tasks(tables["tasks"], whole)
    elif kind == "leads":
        yield from _deals(tables, whole)
    else:
        yield from _people(kind, tables, whole)


def _people(
    kind: str, tables: Mapping[str, pl.DataFrame], whole: Mapping[str, dict[str, Any]]
) -> Iterator[Card]:
    account = Account(tables={n: SNAPSHOT_TABLES[n].conform(f).lazy() for n, f in tables.items()})
    entity = ENTITIES[kind]
    fields = Fields.of(account)
    live = load_cards(account, [Ref(entity, id_) for id_ in whole], fields)
    for id_, raw in whole.items():
        ref = Ref(entity, id_)
        card = live.get(ref)
        if card is None:
            yield Card(ref=ref, is_deleted=True, raw=raw)
            continue
        own = {name: card.single(name) for name in ("name", "first_name", "last_name", "owner_id")}
        own["closest_task_at"] = _text(raw.get("closest_task_at"))
        yield Card(
            ref=ref,
            fields={**card.fields, **card.extra, **own},
            values=card.items,
            tags=frozenset(card.tags),
            links=dict.fromkeys(_linked(raw)),
            raw=raw,
        )


def _linked(raw: Mapping[str, Any]) -> Iterator[Ref]:
    """Yield the cards and deals that the answer embeds: no table of theirs is at hand here."""
    for kind, entity in ENTITIES.items():
        for each in _embedded(raw, kind):
            if each.get("id") is not None:
                yield Ref(entity, str(each["id"]))


def _deals(
    tables: Mapping[str, pl.DataFrame], whole: Mapping[str, dict[str, Any]]
) -> Iterator[Card]:
    names = ("name", "price", "pipeline_id", "status_id", "owner_id", "loss_reason_id")
    for row in tables["deals"].iter_rows(named=True):
        id_ = row["id"]
        raw = whole.get(id_, {})
        links = tables["links"].filter(pl.col("to_id") == id_).iter_rows(named=True)
        tags = tables["record_tags"].filter(pl.col("record_id") == id_)["tag"]
        own: dict[str, str | None] = {name: _text(row[name]) for name in names}
        own["state"] = STATES.get(int(row["status_id"] or 0), "open")
        own["closest_task_at"] = _text(raw.get("closest_task_at"))
        yield Card(
            ref=Ref("deal", id_),
            is_deleted=bool(row["is_deleted"]),
            fields={**_values(tables["field_values"], id_), **own},
            tags=frozenset(tags),
            links={Ref(each["from_entity"], each["from_id"]): each["is_main"] for each in links},
            raw=raw,
        )


def _tasks(tasks: pl.DataFrame, whole: Mapping[str, dict[str, Any]]) -> Iterator[Card]:
    for row in tasks.iter_rows(named=True):
        names = ("entity", "record_id", "owner_id", "text")
        yield Card(
            ref=Ref("task", row["id"]),
            fields={name: row[name] for name in names},
            raw=whole.get(row["id"], {}),
        )


def _values(frame: pl.DataFrame, id_: str) -> dict[str, str | None]:
    held: dict[str, list[tuple[str | None, str | None]]] = {}
    rows = frame.filter(pl.col("record_id") == id_).select("field_id", "raw", "enum_id")
    for field_id, raw, enum_id in rows.iter_rows():
        held.setdefault(field_id, []).append((raw, enum_id))
    return {field_id: field_text(parts) for field_id, parts in held.items()}


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def items_of(card: Card, field: str) -> tuple[Item, ...]:
    """Return a multi-value field's items as they are now."""
    return card.values.get(field, ())

"""One answer of the API as tables of the snapshot: `read_page`.

What a page fills is told by its listing. Of records that a page has twice the later stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import polars as pl

from dedupe.language import N_

from . import activity, cards, settings, shapes
from .decode import TOO_DEEP, Decoded, decode_page, ids_of, refuse
from .listings import Listing
from .texts import Moments

_CLOCKS_APART = 86_400  # seconds by which the CRM's clock may be ahead of ours
_ADVANCE = N_("the link to the next page leads to the same page")
_ELSEWHERE = N_("the link to the next page leads to another host")

Tables = dict[str, pl.DataFrame]
Build = Callable[[str, Sequence[Any], Moments], Tables]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one answer held.

    `tables` has a frame for each table of the listing, with or without rows. `n` counts the
    records as they came, `ids` names those that are in the tables, each once; `updated` are
    their moments of change in seconds, where one is told (so it may be shorter). `n_mended`
    counts the values that were not as documented and became null. `next_path` is the
    path and query of the next page, never with a host.
    """

    tables: Mapping[str, pl.DataFrame]
    ids: list[str]
    has_next: bool
    next_path: str | None
    n: int
    n_quarantined: int
    updated: list[int]
    n_pages: int | None
    n_mended: int = 0


def read_page(listing: Listing, body: bytes, *, now: float | None = None) -> Page:
    """Read the body of an answer; an empty one (204) is an empty last page.

    `now` is the CRM's time in seconds of 1970: what happened after it is no moment. Raises
    RemoteError when the body is not a page of this list.
    """
    kind, build = _READERS[listing.name]
    found = decode_page(kind, listing.key, body, listing.path)
    items = _each_once(found.items)
    latest = int(time.time() if now is None else now) + _CLOCKS_APART
    moments = Moments(latest)
    try:
        tables = build(listing.entity, items, moments)
    except RecursionError:  # a value that could be read, barely, and can't be written
        refuse(TOO_DEEP, listing.path)
    next_path = _next_path(found, listing)
    return Page(
        tables=tables,
        ids=list(map(str, ids_of(items))),
        has_next=next_path is not None,
        next_path=next_path,
        n=len(found.items) + found.n_quarantined,
        n_quarantined=found.n_quarantined,
        updated=[at for at in map(_changed, items) if 0 < at <= latest],
        n_pages=_n_pages(found, listing),
        n_mended=found.n_mended + moments.n,
    )


def _each_once(items: list[Any]) -> list[Any]:
    """Leave one record of an id: the one that was changed last, of equals the last."""
    ids = ids_of(items)
    if len(set(ids)) == len(items):
        return items
    latest: dict[int | str, Any] = {}
    for id_, item in zip(ids, items, strict=True):
        if id_ not in latest or _changed(item) >= _changed(latest[id_]):
            latest[id_] = item
    return list(latest.values())


def _changed(item: Any) -> int:  # noqa: ANN401  any record of `shapes`
    return getattr(item, "updated_at", None) or 0


def _next_path(found: Decoded[msgspec.Struct], listing: Listing) -> str | None:
    href = found.links.next.href if found.links.next is not None else None
    if not href:
        return None
    own = found.links.own.href if found.links.own is not None else None
    if own == href:
        refuse(_ADVANCE, listing.path)
    try:
        there, here = urlsplit(href), urlsplit(own or "")
    except ValueError:
        refuse(_ELSEWHERE, listing.path)
    if there.netloc and here.netloc and there.netloc != here.netloc:
        refuse(_ELSEWHERE, listing.path)
    return f"{there.path}?{there.query}" if there.query else there.path


def _n_pages(found: Decoded[msgspec.Struct], listing: Listing) -> int | None:
    if found.page_count and found.page_count > 0:
        return found.page_count
    last = found.links.last.href if found.links.last is not None else None
    if last and (number := _page_number(last)):
        return number
    if found.total_items and found.total_items > 0 and listing.page_size:
        return -(-found.total_items // listing.page_size)
    return None


def _page_number(href: str) -> int | None:
    try:
        told = parse_qs(urlsplit(href).query).get("page", [""])[0]
    except ValueError:
        return None
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _named(table: str) -> tuple[type[msgspec.Struct], Build]:
    return shapes.Named, lambda entity, items, _: settings.named_tables(table, entity, items)


def _deleted(entity: str, items: Sequence[Any], moments: Moments) -> Tables:
    """Build the records of the bin: the CRM tells little more than their ids."""
    build: Build = cards.deal_tables if entity == "deal" else cards.card_tables
    name, frame = next(iter(build(entity, items, moments).items()))
    return {name: frame.with_columns(is_deleted=pl.lit(True))}


_READERS: Mapping[str, tuple[type[msgspec.Struct], Build]] = {
    "contacts": (shapes.Card, cards.card_tables),
    "companies": (shapes.Card, cards.card_tables),
    "leads": (shapes.Lead, cards.deal_tables),
    "deleted_contacts": (shapes.Card, _deleted),
    "deleted_companies": (shapes.Card, _deleted),
    "deleted_leads": (shapes.Lead, _deleted),
    "tasks": (shapes.Task, activity.task_tables),
    "contact_notes": (shapes.Note, activity.note_tables),
    "company_notes": (shapes.Note, activity.note_tables),
    "deal_notes": (shapes.Note, activity.note_tables),
    "events": (shapes.Event, activity.event_tables),
    "chats": (shapes.Event, activity.message_tables),
    "unsorted": (shapes.Unsorted, activity.unsorted_tables),
    "users": (shapes.User, settings.user_tables),
    "pipelines": (shapes.Pipeline, settings.pipeline_tables),
    "contact_fields": (shapes.FieldDefinition, settings.field_tables),
    "company_fields": (shapes.FieldDefinition, settings.field_tables),
    "deal_fields": (shapes.FieldDefinition, settings.field_tables),
    "webhooks": (shapes.Webhook, settings.webhook_tables),
    "widgets": (shapes.Widget, settings.widget_tables),
    "roles": _named("roles"),
    "loss_reasons": _named("loss_reasons"),
    "sources": _named("sources"),
    "contact_tags": _named("tags"),
    "company_tags": _named("tags"),
    "deal_tags": _named("tags"),
}

"""What the account's events tell: who was deleted, taken back, merged, linked or unlinked.

A card's `updated_at` says nothing of its deletion, and of a new link not for sure. The
events do: https://www.amocrm.ru/developers/content/crm_platform/events-and-notes
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from dedupe.crm.amocrm import LISTINGS, Page
from dedupe.crm.http import Refused

from .walk import Walker, check_next, is_last

LIST_OF = {"contact": "contacts", "company": "companies", "deal": "leads"}
TABLE_OF = {"contact": "contacts", "company": "companies", "deal": "deals", "task": "tasks"}
_OURS = {"lead": "deal", "leads": "deal", "contacts": "contact", "companies": "company"}
_KINDS = ("lead", "contact", "company")
_RESTORED = tuple(f"{kind}_restored" for kind in _KINDS)
_DELETED = (*(f"{kind}_deleted" for kind in _KINDS), "task_deleted")
_LINKED = tuple(f"{kind}_{done}" for kind in _KINDS for done in ("linked", "unlinked"))
_MERGED = "entity_merged"
_LATE = 1 << 60  # an event without a time may be of any
Card = tuple[str, str]
MOST_PAGES = 100  # 10,000 events: beyond, reading the lists whole is cheaper


@dataclass(slots=True)
class News:
    """What happened to which card (its entity and id).

    `linked` says when last, in seconds of 1970; `merged` names the lists of which cards
    vanished unnamed.
    """

    deleted: set[Card] = field(default_factory=set)
    restored: set[Card] = field(default_factory=set)
    linked: dict[Card, int] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)


def read_news(walker: Walker, since: int) -> News | None:
    """Return what happened since a moment; None where the events are not to be had."""
    pages = _events(walker, since, (*_DELETED, *_RESTORED, *_LINKED, _MERGED))
    if pages is None:
        return None
    news = News()
    for event in _rows(pages):
        _take(news, event)
    return news


def restored_lists(walker: Walker, since: int) -> set[str]:
    """Return the lists of which records were taken back out of the bin since a moment."""
    pages = _events(walker, since, _RESTORED) or []
    return {LIST_OF[event.card[0]] for event in _rows(pages) if event.card[0] in LIST_OF}


def _events(walker: Walker, since: int, types: Iterable[str]) -> list[Page] | None:
    listing = replace(LISTINGS["events"], params=tuple(("filter[type][]", t) for t in types))
    pages: list[Page] = []
    while len(pages) < MOST_PAGES:
        number = len(pages) + 1
        try:
            page = walker.fetch(listing, listing.query(number, since=since))
        except Refused:
            return None
        check_next(listing, number, page)
        pages.append(page)
        has_links = any(one.has_next for one in pages)
        if page.n == 0 or is_last(listing, page, has_links=has_links) or _is_known(page, since):
            return pages
    return None


def _is_known(page: Page, since: int) -> bool:
    """Tell whether the events, newest first, have come to what was before `since`."""
    times = page.tables["events"]["created_at"].drop_nulls().dt.epoch("s")
    return len(times) > 0 and times.is_sorted(descending=True) and times[-1] < since


@dataclass(frozen=True, slots=True)
class _Event:
    type: str
    card: Card
    at: int
    texts: tuple[str | None, ...]


def _rows(pages: Iterable[Page]) -> Iterator[_Event]:
    for page in pages:
        events = page.tables["events"]
        at = events["created_at"].dt.epoch("s").fill_null(_LATE)
        rows = events.select("type", "entity", "record_id", "before", "after").with_columns(at=at)
        for type_, entity, id_, before, after, seconds in rows.iter_rows():
            if type_ and id_:
                card = (_OURS.get(entity or "", entity or ""), id_)
                yield _Event(type_, card, seconds, (before, after))


def _take(news: News, event: _Event) -> None:
    if event.type in _DELETED:
        news.deleted.add(event.card)
    elif event.type in _RESTORED:
        news.restored.add(event.card)
    elif event.type == _MERGED and event.card[0] in LIST_OF:
        news.merged.add(LIST_OF[event.card[0]])
    elif event.type in _LINKED:
        for card in owners(event.card, _others(event.texts)):
            news.linked[card] = max(event.at, news.linked.get(card, 0))


def owners(one: Card, others: Iterable[Card]) -> Iterator[Card]:
    """Yield the cards whose answers tell of a link: deals, and contacts of their company."""
    pairs = [(one, other) for other in others] or [(one, one)]
    for ends in pairs:
        deals = [end for end in ends if end[0] == "deal"]
        yield from deals or [end for end in ends if end[0] == "contact"]


def _others(texts: Iterable[str | None]) -> Iterator[Card]:
    """Yield the records that an event's values name: [{"link": {"entity": {"type", "id"}}}]."""
    for text in texts:
        for value in _list(text):
            entity = _dict(_dict(_dict(value).get("link")).get("entity"))
            kind, id_ = entity.get("type"), entity.get("id")
            if isinstance(kind, str) and isinstance(id_, (int, str)):
                yield _OURS.get(kind, kind), str(id_)


def _list(text: str | None) -> list[Any]:
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else [found]


def _dict(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}

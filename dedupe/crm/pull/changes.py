"""Reads what changed since a moment of the server's time, deletions and links included.

Lists are walked from the newest change down to known ground, with a filter where the account
has it. A record that changes meanwhile moves to the front, and a deletion moves others towards
pages that were read: so a walk of several pages is repeated until two give the same.
Deletions come from the bin and from the events; a link is owned by one card, which is read
again when the events name it. What can't be told this way (cards that a merge swallowed without a
name, an order that the server does not keep, more changes than a third of a list) is
read as a whole list; what can't be told at all is in `blind`.
"""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import polars as pl

from dedupe.contracts import Account
from dedupe.crm.amocrm import LISTINGS, Listing, Page, merge_pages, read_page
from dedupe.crm.http import Refused
from dedupe.errors import RemoteError
from dedupe.language import N_

from .feed import LIST_OF, TABLE_OF, News, read_news
from .full import relist
from .lists import Tables, join_tables, page_hint
from .spool import Spool
from .walk import Walker, check_next, is_last

_MOST_PASSES = 4  # an account that changes faster than it is walked is read whole
_FEW_PAGES = 8  # a walk of so many is never given up for a whole read
_MOST_SINGLE = 200  # cards read one by one; beyond, the whole list is cheaper
_IDS_AT_ONCE = 100  # in an address, which servers cut at 8 kB

Opener = Callable[[str], Spool]


@dataclass(slots=True, kw_only=True)
class Changes:
    """Changed records' tables, deleted ids by table, and lists that were read whole.

    `blind` names what could not be asked for: "events", "deleted_contacts", ...
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    deleted: dict[str, set[str]] = field(default_factory=dict)
    whole: dict[str, dict[str, pl.DataFrame]] = field(default_factory=dict)
    not_read: dict[str, str] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)
    n_items: int = 0
    n_quarantined: int = 0

    @property
    def is_sure(self) -> bool:
        """Tell whether deletions could be learnt from the bin or from the events."""
        return "events" not in self.blind or self.blind == {"events"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known already: since when, by which snapshot, and whether filters may be used."""

    since: int
    last: Account
    has_filters: bool


def read_changes(
    walker: Walker, lists: Sequence[Listing], ground: Ground, opener: Opener
) -> Changes:
    """Read what changed since `ground`; `opener` opens a spool for a list that is read whole."""
    changes = Changes()
    begun = int(walker.clock.now or 0)
    walks = {one.name: _Walk(walker, one, ground) for one in lists}
    each(walker, [walk.run for walk in walks.values()])
    news, bins = _gone(walker, lists, ground)
    _note_deleted(changes, news, bins)
    whole = {name for name, walk in walks.items() if walk.is_whole} | _merged(news)
    for name, walk in walks.items():
        if walk.refused is not None:
            changes.not_read[walk.listing.part] = walk.listing.refusal(walk.refused.status)
            whole.discard(name)
    _read_whole(walker, changes, whole, ground, opener)
    pages = {name: walk.pages for name, walk in walks.items() if name not in whole}
    left = _to_read_again(news, pages, begun) if news else {}
    for name, ids in _moved(changes, _merged(news), ground.last).items():
        left.setdefault(name, set()).update(ids)
    again = _Again(walker, ground, changes)
    too_many = {name for name, ids in left.items() if name in pages and not again.fits(ids)}
    _read_whole(walker, changes, too_many, ground, opener)
    for name, ids in left.items():
        if name in pages and name not in too_many:
            pages[name] = [*pages[name], *again.read(LISTINGS[name], sorted(ids))]
    _gather(changes, {name: held for name, held in pages.items() if name not in too_many})
    return changes


def _read_whole(
    walker: Walker, changes: Changes, names: Iterable[str], ground: Ground, opener: Opener
) -> None:
    for name in sorted(names):
        spool = opener(name)
        try:
            changes.whole[name] = relist(walker, LISTINGS[name], spool, ground.last)
        finally:
            spool.discard()


def _moved(changes: Changes, merged: Iterable[str], last: Account) -> dict[str, set[str]]:
    """Return whose links a merge has moved: of the deals and contacts of the cards it swallowed."""
    moved: dict[str, set[str]] = {}
    links = last.frame("links")
    for name in set(merged) & set(changes.whole):
        entity, table = LISTINGS[name].entity, LISTINGS[name].record_table
        before = last.frame(table)["id"]
        gone = before.filter(~before.is_in(changes.whole[name][table]["id"].implode()))
        for own, other in (("from", "to"), ("to", "from")):
            is_gone = pl.col(f"{own}_id").is_in(gone.implode())
            theirs = links.filter((pl.col(f"{own}_entity") == entity) & is_gone)
            for kind, id_ in theirs.select(f"{other}_entity", f"{other}_id").iter_rows():
                if kind in ("deal", "contact") and id_ is not None:
                    moved.setdefault(LIST_OF[kind], set()).add(id_)
    return moved


def each(walker: Walker, tasks: Sequence[Callable[[], None]]) -> None:
    """Run tasks side by side; the first error, or an interrupt, ends the others."""
    with ThreadPoolExecutor(walker.width, thread_name_prefix="pull") as pool:
        futures: list[Future[None]] = [pool.submit(task) for task in tasks]
        try:
            for future in wait(futures, return_when="FIRST_EXCEPTION").done:
                future.result()
        except BaseException:
            walker.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@dataclass(slots=True)
class _Walk:
    """One list from its newest change down to known ground."""

    walker: Walker
    listing: Listing
    ground: Ground
    pages: list[Page] = field(default_factory=list)
    is_whole: bool = False  # it must be read whole instead
    refused: Refused | None = None

    def run(self) -> None:
        """Walk until two walks tell the same, or give up for a whole read."""
        try:
            self.is_whole = not self._settled()
        except Refused as refused:
            if not self.listing.is_optional:
                raise
            self.refused = refused

    def _settled(self) -> bool:
        before: frozenset[object] | None = None
        for _ in range(_MOST_PASSES):
            pages = self._pass()
            if pages is None:
                return False
            self.pages += pages
            now = _fingerprint(self.listing, pages)
            if len(pages) == 1 or now == before:
                return True
            before = now
        return False

    def _pass(self) -> list[Page] | None:
        most = max(_FEW_PAGES, page_hint(self.listing, self.ground.last) // 3)
        is_free = not self.listing.is_filter_paid
        since = self.ground.since if is_free or self.ground.has_filters else None
        pages: list[Page] = []
        while len(pages) < most:
            number = len(pages) + 1
            query = self.listing.query(number, since=since, newest_first=True)
            page = self.walker.fetch(self.listing, query)
            check_next(self.listing, number, page)
            pages.append(page)
            if page.n == 0 or is_last(self.listing, number, page):
                return pages
            if not self._is_as_asked(page):
                return None
            if self._is_known(page):
                return pages
        return None

    def _is_as_asked(self, page: Page) -> bool:
        """Tell whether the server keeps the order, or at least the filter, that was asked for."""
        if self.listing.is_walkable:
            return all(a >= b for a, b in zip(page.updated, page.updated[1:], strict=False))
        return min(page.updated, default=self.ground.since) >= self.ground.since

    def _is_known(self, page: Page) -> bool:
        return self.listing.is_walkable and min(page.updated, default=0) < self.ground.since


def _fingerprint(listing: Listing, pages: Iterable[Page]) -> frozenset[object]:
    key = ["id", "updated_at"] if listing.key != "events" else ["id"]
    frames = (page.tables[listing.record_table] for page in pages)
    return frozenset(row for frame in frames for row in frame.select(key).iter_rows())


def _gone(
    walker: Walker, lists: Sequence[Listing], ground: Ground
) -> tuple[News | None, dict[str, set[str] | None]]:
    """Ask the events and the bins; None for what is not to be had."""
    found: list[News | None] = []
    bins: dict[str, set[str] | None] = {}
    names = [one.name for one in lists if one.is_walkable]

    def news() -> None:
        found.append(read_news(walker, ground.since))

    def binned(name: str) -> Callable[[], None]:
        def read() -> None:
            bins[name] = _bin(walker, name, ground.since)

        return read

    each(walker, [news, *(binned(name) for name in names)])
    return found[0], bins


def _bin(walker: Walker, name: str, since: int) -> set[str] | None:
    """Return the ids in the recycle bin, of those deleted since a moment at the least."""
    # Read as a plain list, each record must say itself that it is deleted: a server that
    # takes no notice of the parameter answers with the records that are alive.
    listing = replace(LISTINGS[f"deleted_{name}"], name=name, tables=LISTINGS[name].tables)
    ids: set[str] = set()
    for number in range(1, 10_000):
        try:
            page = walker.fetch(listing, listing.query(number, newest_first=True))
        except Refused:
            return None
        check_next(listing, number, page)
        records = page.tables[listing.record_table]
        if not records["is_deleted"].fill_null(False).all():
            return None
        ids.update(records["id"])
        falling = all(a >= b for a, b in zip(page.updated, page.updated[1:], strict=False))
        is_known = falling and min(page.updated, default=since) < since
        if page.n == 0 or is_last(listing, number, page) or is_known:
            break
    return ids


def _note_deleted(changes: Changes, news: News | None, bins: Mapping[str, set[str] | None]) -> None:
    if news is None:
        changes.blind.add("events")
    for entity, id_ in news.deleted - news.restored if news else ():
        if entity in TABLE_OF:
            changes.deleted.setdefault(TABLE_OF[entity], set()).add(id_)
    for name, ids in bins.items():
        if ids is None:
            changes.blind.add(f"deleted_{name}")
        else:
            changes.deleted.setdefault(LISTINGS[name].record_table, set()).update(ids)


def _merged(news: News | None) -> set[str]:
    return set(news.merged) if news else set()


def _to_read_again(
    news: News, pages: Mapping[str, Sequence[Page]], begun: int
) -> dict[str, set[str]]:
    """Return the cards that the events name and that the walks have not brought, by list."""
    brought = {name: {id_ for page in held for id_ in page.ids} for name, held in pages.items()}
    fresh = {card for card, at in news.linked.items() if at >= begun}
    left: dict[str, set[str]] = {}
    for card in news.restored | set(news.linked):
        name = LIST_OF.get(card[0], "")
        is_known = card[1] in brought.get(name, ()) and card not in fresh
        if name and (card in news.restored or not is_known):
            left.setdefault(name, set()).add(card[1])
    return left


@dataclass(frozen=True, slots=True)
class _Again:
    """Reads cards by their ids; one that is not there any more is deleted."""

    walker: Walker
    ground: Ground
    changes: Changes

    def fits(self, ids: Collection[str]) -> bool:
        """Tell whether so many are worth reading one by one."""
        return self.ground.has_filters or len(ids) <= _MOST_SINGLE

    def read(self, listing: Listing, ids: Sequence[str]) -> list[Page]:
        """Return the cards as pages."""
        pages, lock = [], threading.Lock()

        def one(id_: str) -> Callable[[], None]:
            def fetch() -> None:
                page = self._single(listing, id_)
                with lock:
                    if page is None:
                        self.changes.deleted.setdefault(listing.record_table, set()).add(id_)
                    else:
                        pages.append(page)
                        # An older event, or an older look into the bin, may say otherwise.
                        self.changes.deleted.get(listing.record_table, set()).discard(id_)

            return fetch

        left = list(ids)
        if self.ground.has_filters:
            pages, left = self._by_filter(listing, ids)
        each(self.walker, [one(id_) for id_ in left])
        return pages

    def _by_filter(self, listing: Listing, ids: Sequence[str]) -> tuple[list[Page], list[str]]:
        pages, got = [], set()
        for at in range(0, len(ids), _IDS_AT_ONCE):
            some = [("filter[id][]", id_) for id_ in ids[at : at + _IDS_AT_ONCE]]
            page = self.walker.fetch(listing, (*listing.query(), *some))
            pages.append(page)
            got.update(page.ids)
        return pages, [id_ for id_ in ids if id_ not in got]

    def _single(self, listing: Listing, id_: str) -> Page | None:
        try:
            answer = self.walker.source.get(f"{listing.path}/{id_}", listing.params)
        except Refused as refused:
            if refused.status != 404:  # what amoCRM answers with 204
                raise
            return None
        if not answer.body:
            return None
        record = answer.body.removeprefix(codecs.BOM_UTF8)
        body = b'{"_embedded":{"%s":[%s]}}' % (listing.key.encode(), record)
        page = read_page(listing, body, now=self.walker.clock.now)
        if page.ids != [id_]:
            raise RemoteError(
                N_("the CRM answers with another record than was asked for"),
                where=f"{listing.path}/{id_}",
                fix=N_("try again later; if it stays so, report it"),
            )
        is_deleted = page.tables[listing.record_table]["is_deleted"].fill_null(False).any()
        return None if is_deleted else page


def _gather(changes: Changes, pages: Mapping[str, Sequence[Page]]) -> None:
    parts: list[Tables] = []
    for name, held in pages.items():
        changes.n_items += sum(page.n for page in held)
        changes.n_quarantined += sum(page.n_quarantined for page in held)
        if held:
            parts.append(merge_pages(LISTINGS[name], [page.tables for page in held]))
    changes.tables = join_tables(parts)

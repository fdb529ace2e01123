"""Lists from their newest change down to known ground: of records, and of the recycle bin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from dedupe.contracts import Account
from dedupe.crm.amocrm import LISTINGS, Listing, Page
from dedupe.crm.http import Refused

from .lists import page_hint
from .walk import Walker, check_next, is_last

_MOST_PASSES = 4  # an account that changes faster than it is walked is read whole
_FEW_PAGES = 8  # a walk of so many is never given up for a whole read
_MOST_BIN = 10_000  # pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known already: since when, by which snapshot, and whether filters may be used."""

    since: int
    last: Account
    has_filters: bool


@dataclass(slots=True)
class Walk:
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
            if page.n == 0 or is_last(self.listing, page, has_links=any(p.has_next for p in pages)):
                return pages
            if not self._is_as_asked(page):
                return None
            if self._is_known(page):
                return pages
        return None

    def _is_as_asked(self, page: Page) -> bool:
        """Tell whether the server keeps the order, or at least the filter, that was asked for."""
        if self.listing.is_walkable:
            return is_falling(page)
        return min(page.updated, default=self.ground.since) >= self.ground.since

    def _is_known(self, page: Page) -> bool:
        return self.listing.is_walkable and min(page.updated, default=0) < self.ground.since


def _fingerprint(listing: Listing, pages: Iterable[Page]) -> frozenset[object]:
    key = ["id", "updated_at"] if listing.key != "events" else ["id"]
    frames = (page.tables[listing.record_table] for page in pages)
    return frozenset(row for frame in frames for row in frame.select(key).iter_rows())


def read_bin(walker: Walker, name: str, since: int) -> set[str] | None:
    """Return the ids in the recycle bin, of those deleted since a moment at the least."""
    # Read as a plain list, each record must say itself that it is deleted: a server that
    # takes no notice of the parameter answers with the records that are alive.
    listing = replace(LISTINGS[f"deleted_{name}"], name=name, tables=LISTINGS[name].tables)
    ids: set[str] = set()
    has_links = False
    for number in range(1, _MOST_BIN):
        try:
            page = walker.fetch(listing, listing.query(number, newest_first=True))
        except Refused:
            return None
        check_next(listing, number, page)
        has_links |= page.has_next
        records = page.tables[listing.record_table]
        if not records["is_deleted"].fill_null(False).all():
            return None
        ids.update(records["id"])
        is_known = is_falling(page) and min(page.updated, default=since) < since
        if page.n == 0 or is_last(listing, page, has_links=has_links) or is_known:
            break
    return ids


def is_falling(page: Page) -> bool:
    """Tell whether a page's records stand from the newest change to the oldest."""
    return all(a >= b for a, b in pairwise(page.updated))

"""Cards read again by their ids; one that is not there any more counts as deleted."""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from dedupe.crm.amocrm import Listing, Page, read_page
from dedupe.crm.http import Refused
from dedupe.errors import RemoteError
from dedupe.language import N_

from .walk import Walker, each

_MOST_SINGLE = 200  # cards read one by one; beyond, the whole list is cheaper
_IDS_AT_ONCE = 100  # in an address, which servers cut at 8 kB
_GONE = 404  # what amoCRM itself answers with 204


@dataclass(frozen=True, slots=True)
class Again:
    """Reads cards by their ids; one that is not there any more is deleted."""

    walker: Walker
    has_filters: bool
    deleted: dict[str, set[str]]  # ids by table, kept up to date

    def fits(self, ids: Collection[str]) -> bool:
        """Tell whether so many are worth reading one by one."""
        return self.has_filters or len(ids) <= _MOST_SINGLE

    def read(self, listing: Listing, ids: Sequence[str]) -> list[Page]:
        """Return the cards as pages."""
        pages, lock = [], threading.Lock()

        def one(id_: str) -> Callable[[], None]:
            def fetch() -> None:
                page = self._single(listing, id_)
                with lock:
                    if page is None:
                        self.deleted.setdefault(listing.record_table, set()).add(id_)
                    else:
                        pages.append(page)
                        # An older event, or an older look into the bin, may say otherwise.
                        self.deleted.get(listing.record_table, set()).discard(id_)

            return fetch

        left = list(ids)
        if self.has_filters:
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
            if refused.status != _GONE:
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

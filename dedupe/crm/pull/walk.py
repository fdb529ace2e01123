"""Reads lists of one account page by page, several requests in flight.

One loop in the calling thread decides what to ask for; workers ask, decode and keep. The number of
workers is that of the requests the CRM allows in a window: more would only wait for each other.
When anything goes wrong, or the user interrupts, no new request is sent, those under
way are ended, and what was kept stays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from time import perf_counter
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from dedupe.crm.amocrm import Listing, Page, read_page
from dedupe.crm.http import Answer, Refused
from dedupe.errors import RemoteError
from dedupe.events import Listener, StageAdvanced, StageFinished, StageStarted, ignore
from dedupe.language import N_

from .paging import Ask, Paging, Read, endless

_ROUND = 10  # every full page has a multiple of it, whatever size the server likes
Keep = Callable[[Read, Page], None]


class Getter(Protocol):
    """What reads an address of the account: `dedupe.crm.http.Transport`, or a test's own."""

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """Return the answer, 200 or 204."""


@dataclass(slots=True)
class Clock:
    """The server's time as its answers tell it; ours is never asked."""

    first: datetime | None = None
    last: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, date: datetime | None) -> None:
        """Take the time of an answer; any thread may."""
        if date is not None:
            with self._lock:
                self.first = min(self.first or date, date)
                self.last = max(self.last or date, date)

    @property
    def now(self) -> float | None:
        """Return the latest time heard, in seconds of 1970."""
        return self.last.timestamp() if self.last else None


class _DisorderedError(Exception):
    """A page's ids do not ascend: what is read by their order is not whole."""


@dataclass(slots=True)
class Job:
    """One list to be read: `keep` gets its pages, from any worker."""

    listing: Listing
    paging: Paging
    keep: Keep
    refused: Refused | None = None  # why an optional list was not read
    has_links: bool = False  # a page of it told where the next one is
    is_disordered: bool = False  # the CRM does not keep the order of ids that was asked for
    n_rows: int = 0
    started: float = field(default_factory=perf_counter)
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page_alike(self, ids: Sequence[str], page: int) -> int | None:
        """Return another page that held the very same records, and remember this one."""
        with self._lock:
            other = self._seen.setdefault((*ids[:2], *ids[-2:], str(len(ids))), page)
        return other if ids and other != page else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Reads lists through `source`; `stop` is set to end the requests that are on their way."""

    source: Getter
    clock: Clock
    width: int = 7
    listen: Listener = ignore
    stop: threading.Event = field(default_factory=threading.Event)

    def fetch(self, listing: Listing, params: Sequence[tuple[str, str]]) -> Page:
        """Read one page with the parameters given."""
        answer = self.source.get(listing.path, params)
        self.clock.hear(answer.date)
        return read_page(listing, answer.body, now=self.clock.now)

    def run(self, jobs: Iterable[Job]) -> None:
        """Read all lists to their ends. Raises what the first failing request raised."""
        left = list(jobs)
        for job in left:
            self.listen(StageStarted(job.listing.name, job.paging.n_expected))
        with ThreadPoolExecutor(self.width, thread_name_prefix="pull") as pool:
            asked: dict[Future[Read], tuple[Job, Ask]] = {}
            try:
                self._pump(pool, left, asked)
            except BaseException:
                # Interrupts come here too: nobody is to wait for the limiter any more.
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _pump(
        self, pool: ThreadPoolExecutor, left: list[Job], asked: dict[Future[Read], tuple[Job, Ask]]
    ) -> None:
        while True:
            while len(asked) < self.width and (question := _next_question(left)) is not None:
                asked[pool.submit(self._read, *question)] = question
            if not asked:
                return
            for future in wait(asked, return_when=FIRST_COMPLETED).done:
                job, ask = asked.pop(future)
                self._take(job, ask, future)
                if job.paging.is_done or job.refused is not None or job.is_disordered:
                    self._finish(job, left)

    def _take(self, job: Job, ask: Ask, future: Future[Read]) -> None:
        try:
            read = future.result()
        except _DisorderedError:
            job.is_disordered = True
            return
        except Refused as refused:
            if not job.listing.is_optional:
                raise
            job.refused = refused
            return
        job.paging.answer(ask, read)
        job.n_rows += read.n
        done, total = len(job.paging.reads), job.paging.n_expected
        self.listen(StageAdvanced(job.listing.name, done, max(done, total)))

    def _finish(self, job: Job, left: list[Job]) -> None:
        if job in left:
            left.remove(job)
            seconds = perf_counter() - job.started
            self.listen(StageFinished(job.listing.name, job.n_rows, seconds))

    def _read(self, job: Job, ask: Ask) -> Read:
        page = self.fetch(job.listing, job.listing.query(ask.page))
        if page.n == 0:
            page = self._confirmed(job, ask)
        self._check_advance(job, ask.page, page)
        job.has_links |= page.has_next
        ids = [int(id_) for id_ in page.ids if id_.isascii() and id_.isdigit()]
        if job.paging.by_id and any(one >= other for one, other in pairwise(ids)):
            raise _DisorderedError
        read = Read(
            page=ask.page,
            at=ask.at,
            n=page.n,
            low=min(ids, default=0),
            high=max(ids, default=0),
            is_last=is_last(job.listing, page, has_links=job.has_links),
        )
        job.keep(read, page)
        return read

    def _confirmed(self, job: Job, ask: Ask) -> Page:
        """Ask again for a page that is empty where others are not: it must not end a list by slip.

        The page behind the last one is asked for twice, unless the list is a short one of
        settings; a page in front of others is empty only where the list has shrunk to there.
        """
        is_end = ask.reader < 0 and ask.page == job.paging.top + 1
        is_long = bool(job.listing.changed_filter) or job.paging.top > 0
        page = self.fetch(job.listing, job.listing.query(ask.page)) if is_end and is_long else None
        if ask.reader >= 0 and self.fetch(job.listing, job.listing.query(job.paging.top)).n:
            page = self.fetch(job.listing, job.listing.query(ask.page))
            if page.n == 0:
                raise RemoteError(
                    N_("the CRM says that page {page} is empty, and gives pages behind it"),
                    where=job.listing.path,
                    fix=N_("run the command again; it goes on where it stopped"),
                    page=ask.page,
                )
        return page or _no_page(job.listing)

    def _check_advance(self, job: Job, number: int, page: Page) -> None:
        """Raise where the CRM gives the same page under another number."""
        check_next(job.listing, number, page)
        other = job.page_alike(page.ids, number)
        # A deletion of just a page's worth of records moves one page into another's place:
        # what counts is whether both hold the same now.
        if other is not None and job.listing.page_size != 0:
            again = self.fetch(job.listing, job.listing.query(other))
            if again.ids == page.ids:
                raise endless(job.listing.path)


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


def _no_page(listing: Listing) -> Page:
    return read_page(listing, b"")


def is_last(listing: Listing, page: Page, *, has_links: bool) -> bool:
    """Tell whether the answer itself says that no page follows.

    A page without a link is the last one of a server that gives links. Another server's may
    be the last where it is not full, and full pages have round numbers of records.
    """
    if listing.page_size == 0 or page.has_next:
        return listing.page_size == 0
    return has_links or page.n % _ROUND != 0


def disordered(name: str) -> RemoteError:
    """Return the error of a list that comes in another order each time."""
    return RemoteError(
        N_("the CRM gives this list in another order each time: records could be missed unseen"),
        where=name,
        fix=N_("try again when nobody works in the account, or scan an export of it"),
    )


def check_next(listing: Listing, number: int, page: Page) -> None:
    """Raise where the link to the next page leads to this one or back."""
    told = parse_qs(urlsplit(page.next_path or "").query).get("page", [""])[-1]
    if told.isascii() and told.isdigit() and int(told) <= number:
        raise endless(listing.path)


def _next_question(left: Collection[Job]) -> tuple[Job, Ask] | None:
    """Return the next page to ask for: of the lists in order, then of a part cut in two."""
    for job in left:
        ask = job.paging.ask()
        if ask is not None:
            return job, ask
    widest = max(left, key=lambda job: job.paging.n_widest, default=None)
    if widest is not None and widest.paging.split() and (ask := widest.paging.ask()) is not None:
        return widest, ask
    return None

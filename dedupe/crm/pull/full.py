"""Reads lists whole: settings into memory, records through the spool.

A record that is taken back out of the bin while its list is read moves others behind the reader's
back (see `paging`); the events tell of it, and then the list is read once more on top.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dedupe.contracts import Account
from dedupe.crm.amocrm import Listing, Page, merge_pages
from dedupe.crm.http import Refused

from .feed import restored_lists
from .lists import join_tables, page_hint
from .paging import Paging, Read
from .spool import Spool
from .walk import Job, Walker, disordered

_UNORDERED = "unordered:{name}"  # the mark of a list that a resumed pull must not read by order
_MOST_PASSES = 5
_MOST_AGAIN = 3  # re-reads because of restored records; more would never end on a busy account


@dataclass(slots=True, kw_only=True)
class Found:
    """What lists gave: tables, how many items they had, and what was not read and why."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    n_items: int = 0
    n_quarantined: int = 0
    n_pages: int = 0
    not_read: dict[str, str] = field(default_factory=dict)


def read_settings(walker: Walker, lists: Sequence[Listing]) -> Found:
    """Read lists into memory; an optional one that is refused goes to `not_read`."""
    held = {one.name: _Held() for one in lists}
    jobs = [Job(one, Paging(one.name, by_id=False), held[one.name].keep) for one in lists]
    walker.run(jobs)
    parts = [
        merge_pages(job.listing, [page.tables for page in held[job.listing.name].in_order()])
        for job in jobs
        if job.refused is None
    ]
    pages = [page for one in held.values() for page in one.in_order()]
    return Found(
        tables=join_tables(parts),
        n_items=sum(page.n for page in pages),
        n_quarantined=sum(page.n_quarantined for page in pages),
        n_pages=len(pages),
        not_read=refusals(jobs),
    )


def read_records(
    walker: Walker, spool: Spool, lists: Sequence[Listing], last: Account | None, since: int
) -> Found:
    """Read lists of records to their ends, going on from what the spool has."""
    refused = _walk(walker, spool, [_resumed(spool, one, last) for one in lists])
    for _ in range(_MOST_AGAIN):
        again = restored_lists(walker, since) if since > 0 else set()
        lists_again = [one for one in lists if one.name in again]
        if not lists_again:
            break
        since = int(walker.clock.now or since)
        _walk(walker, spool, [_job(spool, one, _new(one, last)) for one in lists_again])
    return _merged(spool, lists, refused)


def refusals(jobs: Iterable[Job]) -> dict[str, str]:
    """Return why the refused lists were not read, by the part of the account they are."""
    return {
        job.listing.part: job.listing.refusal(job.refused.status)
        for job in jobs
        if isinstance(job.refused, Refused)
    }


def relist(
    walker: Walker, listing: Listing, spool: Spool, last: Account | None
) -> dict[str, pl.DataFrame]:
    """Read one list whole into a spool of its own, and return its tables."""
    _walk(walker, spool, [_job(spool, listing, _new(listing, last))])
    return merge_pages(listing, [spool.tables(frame) for frame in spool.of(listing.name)])


def _walk(walker: Walker, spool: Spool, jobs: list[Job]) -> dict[str, str]:
    ordered = [job for job in jobs if not _is_disordered(spool, job)]
    walker.run([job for job in ordered if not job.paging.is_done])
    for job in jobs:
        if job.is_disordered or job not in ordered:
            _read_unordered(walker, spool, job)
    return refusals(jobs)


def _is_disordered(spool: Spool, job: Job) -> bool:
    return _UNORDERED.format(name=job.listing.name) in spool.marks


def _read_unordered(walker: Walker, spool: Spool, job: Job) -> None:
    """Read a list that has no order from its first page on, until two times give the same records.

    What is deleted meanwhile moves others unseen, so one time alone proves nothing.
    """
    spool.mark(_UNORDERED.format(name=job.listing.name))
    before: set[str] | None = None
    for _ in range(_MOST_PASSES):
        ids: set[str] = set()

        def keep(read: Read, page: Page, ids: set[str] = ids) -> None:
            ids.update(page.ids)
            job.keep(read, page)

        again = Job(job.listing, Paging(job.listing.name, by_id=False), keep)
        walker.run([again])
        job.refused = again.refused
        if job.refused is not None or ids == before:
            return
        before = ids
    raise disordered(job.listing.path)


def _resumed(spool: Spool, listing: Listing, last: Account | None) -> Job:
    reads = [frame.read for frame in spool.of(listing.name)]
    if not reads:
        return _job(spool, listing, _new(listing, last))
    by_id, hint = listing.order == "id", page_hint(listing, last)
    return _job(spool, listing, Paging.resume(listing.name, reads, by_id=by_id, hint=hint))


def _new(listing: Listing, last: Account | None) -> Paging:
    return Paging(listing.name, by_id=listing.order == "id", hint=page_hint(listing, last))


def _job(spool: Spool, listing: Listing, paging: Paging) -> Job:
    return Job(listing, paging, _keeper(spool, listing.name))


def _keeper(spool: Spool, name: str) -> Callable[[Read, Page], None]:
    def keep(read: Read, page: Page) -> None:
        spool.append(name, read, page.tables, page.n_quarantined)

    return keep


def _merged(spool: Spool, lists: Collection[Listing], refused: Mapping[str, str]) -> Found:
    found = Found(not_read=dict(refused))
    parts = []
    for listing in lists:
        frames = spool.of(listing.name)
        if listing.part in refused:
            continue
        found.n_pages += len(frames)
        found.n_items += sum(frame.read.n for frame in frames)
        found.n_quarantined += sum(frame.n_quarantined for frame in frames)
        parts.append(merge_pages(listing, [spool.tables(frame) for frame in frames]))
    found.tables = join_tables(parts)
    return found


class _Held:
    """The pages of one list in memory."""

    def __init__(self) -> None:
        self._pages: list[tuple[int, Page]] = []
        self._lock = threading.Lock()

    def keep(self, read: Read, page: Page) -> None:
        with self._lock:
            self._pages.append((read.page, page))

    def in_order(self) -> list[Page]:
        return [page for _, page in sorted(self._pages, key=lambda held: held[0])]

"""The walker: every page is kept, and pages that do not advance, or refuse, are told apart."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from dedupe.crm.amocrm import LISTINGS, Page
from dedupe.crm.http import Refused
from dedupe.crm.pull.paging import Paging, Read
from dedupe.crm.pull.walk import Clock, Job, Walker
from dedupe.errors import RemoteError
from dedupe.events import StageAdvanced, StageFinished, StageStarted
from tests.unit.crm.pull.fakes import Crm, answer, body, card

CONTACTS = replace(LISTINGS["contacts"], page_size=10)


def read(source, listing=CONTACTS, *, by_id=True, hint=0, listen=lambda event: None):
    ids: list[int] = []
    lock = threading.Lock()

    def keep(read: Read, page: Page) -> None:
        with lock:
            ids.extend(map(int, page.ids))

    job = Job(listing, Paging(listing.name, by_id=by_id, hint=hint), keep)
    walker = Walker(source=source, clock=Clock(), listen=listen)
    walker.run([job])
    return job, ids, walker


class Bent(Crm):
    """A CRM whose page `number` is answered with something else."""

    def __init__(self, n, bend) -> None:
        super().__init__(n)
        self.bend = bend

    def get(self, path, params=()):
        bent = self.bend(int(dict(params)["page"]), len(self.asked))
        return super().get(path, params) if bent is None else answer(bent)


def test_all_pages_are_kept_and_progress_is_told() -> None:
    events: list[object] = []
    job, ids, walker = read(Crm(1234), listen=events.append)
    assert set(ids) == set(range(1, 1235))
    assert job.n_rows >= 1234
    assert isinstance(events[0], StageStarted)
    assert isinstance(events[-1], StageFinished)
    advanced = [e for e in events if isinstance(e, StageAdvanced)]
    assert all(0 < e.done <= e.total for e in advanced)
    assert advanced[-1].done == advanced[-1].total
    assert walker.clock.now is not None


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 50, 250])
def test_lists_of_any_length_are_read(n) -> None:
    assert set(read(Crm(n))[1]) == set(range(1, n + 1))


def test_a_deletion_in_the_middle_loses_nobody() -> None:
    crm = Crm(600)

    def delete(number: int) -> None:
        if number % 7 == 0:
            crm.ids.pop(number)

    crm.before = delete
    seen = set(read(crm)[1])
    assert set(crm.ids) <= seen  # who was deleted before its page was read need not be seen


def test_a_server_that_repeats_a_page_is_not_read_for_ever() -> None:
    same = body("contacts", [card(i) for i in range(1, 11)], CONTACTS.path, 1, more=True)
    with pytest.raises(RemoteError, match="do not advance"):
        read(Bent(1000, lambda page, n: same.replace(b"page=2", b"page=%d" % (page + 1))))


def test_a_link_back_is_an_error() -> None:
    back = body("contacts", [card(1)], CONTACTS.path, 4, more=True).replace(b"page=5", b"page=1")
    with pytest.raises(RemoteError, match="do not advance"):
        read(Bent(1000, lambda page, n: back))


def test_a_link_to_another_host_is_refused() -> None:
    away = body("contacts", [card(1)], CONTACTS.path, 1, more=True)
    away = away.replace(b"http://crm.test/api/v4/contacts?page=2", b"http://evil.test/x?page=2")
    with pytest.raises(RemoteError):
        read(Bent(1000, lambda page, n: away))


def test_an_empty_answer_by_slip_does_not_end_the_list() -> None:
    slipped: set[int] = set()

    def slip(page: int, n: int) -> bytes | None:
        if page not in slipped and page % 3 == 0:
            slipped.add(page)
            return b""
        return None

    assert set(read(Bent(300, slip))[1]) == set(range(1, 301))


def test_a_page_that_stays_empty_in_front_of_others_is_an_error() -> None:
    with pytest.raises(RemoteError, match="page 3 is empty"):
        read(Bent(300, lambda page, n: b"" if page == 3 else None))


def test_a_server_without_links_is_read_to_the_empty_page() -> None:
    class Bare(Crm):
        def get(self, path, params=()):
            page = int(dict(params)["page"])
            ids = self.ids[(page - 1) * 10 : page * 10]
            content = b'{"_embedded":{"contacts":[%s]}}'
            records = b",".join(b'{"id":%d}' % i for i in ids)
            return answer(content % records if ids else b"")

    assert set(read(Bare(10))[1]) == set(range(1, 11))


def test_an_optional_list_may_be_refused_and_a_needed_one_not() -> None:
    job, ids, _ = read(Crm(3), LISTINGS["tasks"])
    assert (job.refused is not None, ids) == (True, [])
    with pytest.raises(Refused):
        read(Crm(3), LISTINGS["companies"])


def test_an_error_ends_the_others() -> None:
    def broken(number: int) -> None:
        if number == 20:
            raise RemoteError("the line is cut")

    crm = Crm(5000, broken)
    with pytest.raises(RemoteError, match="the line is cut"):
        read(crm)
    assert len(crm.asked) < 60


def test_a_resumed_walk_asks_only_for_what_is_left() -> None:
    crm, seen = Crm(400), set()

    def broken(number: int) -> None:
        if number == 25:
            raise KeyboardInterrupt

    crm.before = broken
    paging = Paging("contacts")

    def keep(read: Read, page: Page) -> None:
        seen.update(map(int, page.ids))

    with pytest.raises(KeyboardInterrupt):
        Walker(source=crm, clock=Clock()).run([Job(CONTACTS, paging, keep)])
    resumed = Paging.resume("contacts", paging.reads)
    crm.before, before = lambda number: None, len(crm.asked)
    Walker(source=crm, clock=Clock()).run([Job(CONTACTS, resumed, keep)])
    assert seen == set(range(1, 401))
    assert len(crm.asked) - before < 40

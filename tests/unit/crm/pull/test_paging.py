"""The paging against a list that changes while it is read: nothing that stays is missed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.crm.pull.paging import Ask, Paging, Read
from dedupe.errors import RemoteError

SIZE = 5


class Server:
    """A list in the order of ids, cut into pages by rank."""

    def __init__(self, n: int, rand: random.Random) -> None:
        self.ids = sorted(rand.sample(range(1, 10 * n + 2), n))
        self.stayed = set(self.ids)
        self.rand, self.n_requests = rand, 0

    def page(self, ask: Ask) -> tuple[Read, list[int]]:
        self.n_requests += 1
        start = (ask.page - 1) * SIZE
        ids = self.ids[start : start + SIZE]
        read = Read(
            page=ask.page,
            at=ask.at,
            n=len(ids),
            low=min(ids, default=0),
            high=max(ids, default=0),
            is_last=bool(ids) and start + SIZE >= len(self.ids),
        )
        return read, ids

    def work(self, n_deleted: int, n_added: int) -> None:
        for _ in range(min(n_deleted, len(self.ids))):
            gone = self.ids.pop(self.rand.randrange(len(self.ids)))
            self.stayed.discard(gone)
        self.ids += [10**6 + self.n_requests * 100 + i for i in range(n_added)]


def pump(
    paging: Paging,
    server: Server,
    seen: set[int],
    rand: random.Random,
    *,
    busy: float,
    width: int = 4,
    limit: int = 10**9,
) -> bool:
    """Read with several requests in flight, in any order; False when cut off."""
    asked: list[Ask] = []
    served: list[tuple[Ask, Read, list[int]]] = []
    while True:
        while len(asked) + len(served) < width:
            ask = paging.ask()
            if ask is None:
                if not paging.split():
                    break
                continue
            asked.append(ask)
        if not asked and not served:
            return True
        if rand.random() < busy:
            server.work(rand.choice([1, 1, 2, 3 * SIZE]), rand.choice([0, 0, 1]))
        if asked and (not served or rand.random() < 0.5):
            ask = asked.pop(rand.randrange(len(asked)))
            served.append((ask, *server.page(ask)))
        else:
            ask, read, ids = served.pop(rand.randrange(len(served)))
            seen.update(ids)
            paging.answer(ask, read)
        limit -= 1
        if limit <= 0:
            return False


@settings(max_examples=80)
@given(n=st.integers(0, 400), seed=st.integers(0, 10**6), busy=st.sampled_from([0.0, 0.05, 0.3]))
def test_a_record_that_stays_is_seen_whatever_is_deleted_meanwhile(n, seed, busy) -> None:
    rand = random.Random(seed)
    server, seen = Server(n, rand), set()
    paging = Paging("contacts", hint=rand.choice([0, n // SIZE, n // SIZE + 3, 1]))
    assert pump(paging, server, seen, rand, busy=busy)
    assert paging.is_done
    assert server.stayed <= seen


@settings(max_examples=80)
@given(n=st.integers(0, 400), seed=st.integers(0, 10**6), busy=st.sampled_from([0.0, 0.1, 0.3]))
def test_a_read_that_is_killed_again_and_again_misses_nothing(n, seed, busy) -> None:
    rand = random.Random(seed)
    server, seen = Server(n, rand), set()
    paging = Paging("contacts")
    while not pump(paging, server, seen, rand, busy=busy, limit=rand.randint(20, 80)):
        paging = Paging.resume("contacts", paging.reads)
    assert paging.is_done
    assert server.stayed <= seen


@pytest.mark.parametrize(
    ("pages", "hint", "most"),
    [(600, 0, 40), (600, 600, 25), (600, 610, 40), (603, 600, 40), (1, 0, 0), (0, 0, 1)],
)
def test_few_pages_are_asked_for_in_vain(pages, hint, most) -> None:
    rand = random.Random(1)
    server = Server(pages * SIZE, rand)
    paging = Paging("contacts", hint=hint)
    assert pump(paging, server, set(), rand, busy=0, width=7)
    assert server.n_requests - pages <= most


def test_a_list_without_order_is_read_from_page_one_on() -> None:
    server, rand, seen = Server(23, random.Random(3)), random.Random(3), set()
    paging = Paging("users", by_id=False)
    assert pump(paging, server, seen, rand, busy=0)
    assert [r.page for r in paging.reads] == [1, 2, 3, 4, 5]
    assert seen == server.stayed


def test_a_list_that_never_ends_is_an_error() -> None:
    paging = Paging("contacts")

    def endless() -> None:
        for _ in range(100):
            ask = paging.ask()
            assert ask is not None
            paging.answer(ask, Read(page=ask.page, at=ask.at, n=1, low=ask.page, high=ask.page))

    with pytest.raises(RemoteError, match="do not advance"):
        endless()

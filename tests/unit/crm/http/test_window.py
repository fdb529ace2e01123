"""The request window: the proof by simulation, files in any state, processes that die."""

from __future__ import annotations

import heapq
import itertools
import os
import random
import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.crm.http import BlockedError, Claim, RequestWindow
from dedupe.crm.http.clock import boot_clock, boot_id
from dedupe.crm.http.ledger import Call, Ledger, Ticket
from dedupe.crm.http.store import FileStore, MemoryStore
from dedupe.errors import StorageError
from tests.unit.crm.http.fakes import Clock, fullest

MARGIN = 0.01


def simulate(
    n: int,
    n_workers: int,
    seconds: float,
    latency,
    overshoot,
    pick: random.Random,
    limit_at: float | None = None,
) -> list[float]:
    """Run workers against one window under a clock of events; return when requests arrived."""
    clock, store = Clock(), MemoryStore("boot")
    start = clock.now
    events: list[tuple[float, int, int, str]] = []
    order = itertools.count()
    arrivals: list[float] = []
    held: dict[int, Claim] = {}
    tickets: dict[int, str] = {}
    windows = [
        RequestWindow(None, n, 1.0, margin_s=MARGIN, clock=clock, store=store)
        for _ in range(n_workers)
    ]

    def at(moment: float, worker: int, what: str) -> None:
        heapq.heappush(events, (moment, next(order), worker, what))

    for worker in range(n_workers):
        at(start + pick.random(), worker, "try")
    is_limited = False
    while events and events[0][0] < start + seconds:
        clock.now, _, worker, what = heapq.heappop(events)
        if what == "end":
            windows[worker].release(held.pop(worker))
            if limit_at is not None and clock.now - start > limit_at and not is_limited:
                windows[worker].limited(Claim("x", clock.now), 2.0)
                is_limited = True
        step = windows[worker].try_claim(tickets.setdefault(worker, f"{worker}-{next(order)}"))
        if isinstance(step, Claim):
            del tickets[worker]
            held[worker] = step
            lasts = latency(pick)
            arrivals.append(clock.now + pick.random() * lasts)
            at(clock.now + lasts, worker, "end")
        else:
            at(clock.now + max(step[0], 1e-9) + overshoot(pick), worker, "try")
    return sorted(arrivals)


@given(
    n=st.integers(1, 12),
    n_workers=st.integers(1, 20),
    longest=st.floats(0.001, 4.0),
    late=st.floats(0.0, 0.5),
    seed=st.integers(0, 10**6),
    limit_at=st.none() | st.floats(0.0, 10.0),
)
@settings(deadline=None, max_examples=60)
def test_no_window_at_the_server_holds_more_than_n(
    n, n_workers, longest, late, seed, limit_at
) -> None:
    arrivals = simulate(
        n,
        n_workers,
        20.0,
        lambda pick: pick.random() * longest,
        lambda pick: pick.random() * late,
        random.Random(seed),
        limit_at,
    )
    assert arrivals
    assert fullest(arrivals, 1.0) <= n


@pytest.mark.parametrize("n", [1, 2, 7, 10])
@pytest.mark.parametrize("latency", [0.02, 0.1, 0.5, 2.0])
def test_enough_workers_reach_what_the_rule_allows(n: int, latency: float) -> None:
    arrivals = simulate(n, 2 * n + 2, 100.0, lambda _: latency, lambda _: 0.0, random.Random(1))
    bound = n / (1.0 + latency)
    assert len(arrivals) / 100.0 >= 0.95 * bound


def test_the_window_of_one_worker_is_as_good_as_its_latency_allows() -> None:
    arrivals = simulate(7, 1, 100.0, lambda _: 0.2, lambda _: 0.0, random.Random(1))
    assert len(arrivals) / 100.0 >= 0.95 * 5


def test_two_processes_get_equal_shares() -> None:
    clock, store = Clock(), MemoryStore("boot")
    one, two = (RequestWindow(None, 1, 0.2, clock=clock, store=store) for _ in range(2))
    grants = {one: 0, two: 0}
    tickets = {one: "1-0", two: "2-0"}
    for _ in range(400):
        clock.now += 0.05
        for window in (one, one, one, two):  # one of them asks three times as often
            step = window.try_claim(tickets[window])
            if isinstance(step, Claim):
                grants[window] += 1
                tickets[window] = f"{id(window)}-{grants[window]}"
                window.release(step)
    assert sum(grants.values()) > 50
    assert abs(grants[one] - grants[two]) <= 2


def test_a_waiter_that_does_not_come_back_loses_its_place() -> None:
    clock, store = Clock(), MemoryStore("boot")
    window = RequestWindow(None, 1, clock=clock, store=store)
    first = window.try_claim("a")
    assert isinstance(first, Claim)
    window.release(first)
    assert not isinstance(window.try_claim("gone"), Claim)
    assert not isinstance(window.try_claim("b"), Claim)
    clock.now += 1.5
    assert not isinstance(window.try_claim("b"), Claim)  # "gone" is expected back
    clock.now += 3.0
    assert isinstance(window.try_claim("b"), Claim)


def test_a_call_that_nobody_ends_counts_until_its_own_limit() -> None:
    clock, store = Clock(), MemoryStore("boot")
    window = RequestWindow(None, 1, margin_s=0, clock=clock, store=store)
    store.update(
        clock,
        lambda led, now: led.calls.append(Call("x", "elsewhere:1:1", now, now + 40)),
    )
    clock.now += 39.9
    assert not isinstance(window.try_claim("a"), Claim)
    clock.now += 1.0
    assert not isinstance(window.try_claim("a"), Claim)
    clock.now += 0.2
    assert isinstance(window.try_claim("a"), Claim)


def test_a_call_without_an_answer_counts_a_little_longer() -> None:
    clock = Clock()
    window = RequestWindow(None, 1, margin_s=0, clock=clock)
    claim = window.claim()
    window.release(claim, is_answered=False)
    clock.now += 1.5
    assert not isinstance(window.try_claim("a"), Claim)
    clock.now += 0.6
    assert isinstance(window.try_claim("a"), Claim)


def test_limit_answers_halve_the_rate_once_per_event_and_clean_time_raise_it() -> None:
    clock = Clock()
    window = RequestWindow(None, 8, margin_s=0, clock=clock)
    claims = [window.claim() for _ in range(3)]
    assert [window.limited(c) for c in claims] == [1.0, 1.0, 1.0]
    assert window.rate_per_s() == pytest.approx(4)
    for claim in claims:
        window.release(claim)
    clock.now += 1.5
    assert window.limited(window.claim()) == 2.0
    assert window.rate_per_s() == pytest.approx(2)
    clock.now += 2 + 19
    assert window.rate_per_s() == pytest.approx(2)
    clock.now += 1
    assert window.rate_per_s() == pytest.approx(2.4)
    clock.now += 20 * 14
    assert window.rate_per_s() == pytest.approx(8)
    assert window.limited(Claim("y", clock.now)) == 1.0  # the doubling began anew


def test_at_a_lowered_rate_no_window_holds_more_than_its_share() -> None:
    clock, store = Clock(), MemoryStore("boot")
    window = RequestWindow(None, 7, margin_s=0, clock=clock, store=store)
    window.limited(Claim("x", clock.now), 1.0)
    starts: list[float] = []
    clock.now += 1.0
    while clock.now < 1020:  # then the rate begins to grow again
        step = window.try_claim(f"t{len(starts)}")
        if isinstance(step, Claim):
            starts.append(clock.now)
            window.release(step)
        else:
            clock.now += step[0]
    assert fullest(starts, 1.0) <= 4
    assert len(starts) / 19 == pytest.approx(3.5, rel=0.1)


def test_the_slowest_rate_is_one_request_in_two_seconds() -> None:
    clock = Clock()
    window = RequestWindow(None, 7, margin_s=0, clock=clock)
    for _ in range(10):
        clock.now += window.limited(Claim("x", clock.now), None)
    assert window.rate_per_s() == pytest.approx(0.5)


def test_a_pause_is_shared_and_a_long_one_is_told(tmp_path) -> None:
    clock = Clock()
    one, two = (RequestWindow(tmp_path / "rate", 7, clock=clock) for _ in range(2))
    one.limited(one.claim(), 30.0)
    step = two.try_claim("a")
    assert step == (pytest.approx(30.0), "limit")
    assert two.rate_per_s() == one.rate_per_s() == pytest.approx(3.5, rel=0.02)
    one.limited(Claim("x", clock.now + 1), 1000.0)
    with pytest.raises(BlockedError, match="wait until"):
        two.try_claim("a")


def test_a_file_holds_one_line_and_is_private(tmp_path) -> None:
    path = tmp_path / "rate"
    window = RequestWindow(path, 7)
    window.release(window.claim())
    assert path.read_bytes().startswith(b"crmclean-rate/1 ")
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "rate.lock").stat().st_mode & 0o077 == 0


def content(ledger: Ledger) -> bytes:
    from dedupe.crm.http.store import _encode

    return _encode(ledger)


def damaged_files() -> dict[str, bytes]:
    good = content(Ledger(boot_id(), calls=[Call("x", "a:1:1", 1.0, 2.0, 1.5)]))
    flipped = bytearray(good)
    flipped[-10] ^= 1
    return {
        "cut": good[:-9],
        "flipped": bytes(flipped),
        "text": b"hello",
        "zeros": bytes(64),
        "json": b"{}",
        "version": good.replace(b"rate/1", b"rate/2"),
        "other boot": content(Ledger("another-boot")),
        "wrong type": b"crmclean-rate/1 00000000 2 []",
        "length": b"crmclean-rate/1 00000000 99999999999999999999 {}",
        "far future": content(Ledger(boot_id(), limited_until=10**9)),
        "negative": content(Ledger(boot_id(), paused_until=-5.0)),
        "no rate": content(Ledger(boot_id(), rate=0.0)),
    }


@pytest.mark.parametrize("kind", sorted(damaged_files()))
def test_a_damaged_or_foreign_file_starts_afresh_after_one_window(tmp_path, kind: str) -> None:
    path = tmp_path / "rate"
    path.write_bytes(damaged_files()[kind])
    clock = Clock()
    window = RequestWindow(path, 7, margin_s=0, clock=clock)
    step = window.try_claim("a")
    assert step == (pytest.approx(1.0), "window")
    clock.now += 1.0
    assert isinstance(window.try_claim("a"), Claim)


def test_an_empty_file_is_a_first_start(tmp_path) -> None:
    path = tmp_path / "rate"
    path.touch()
    assert isinstance(RequestWindow(path, 7).try_claim("a"), Claim)


def test_a_longer_old_line_does_not_confuse(tmp_path) -> None:
    path, clock = tmp_path / "rate", Clock()
    window = RequestWindow(path, 7, clock=clock)
    for claim in [window.claim() for _ in range(7)]:
        window.release(claim)
    size = path.stat().st_size
    clock.now += 5
    assert isinstance(window.try_claim("a"), Claim)
    assert path.stat().st_size == size
    assert not isinstance(RequestWindow(path, 1, clock=clock).try_claim("b"), Claim)


@pytest.mark.parametrize("kind", ["absent folder", "a folder", "fifo", "link"])
def test_a_place_that_can_not_be_used_is_named(tmp_path, kind: str) -> None:
    path = tmp_path / "rate"
    if kind == "absent folder":
        path = tmp_path / "gone" / "rate"
    elif kind == "a folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="can't be written") as caught:
        RequestWindow(path, 7).claim()
    assert str(path) in str(caught.value)
    assert not (tmp_path / "gone").exists()


def test_a_lock_that_is_never_given_back_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("dedupe.crm.http.store._LOCK_S", 0.05)
    path = tmp_path / "rate"
    holder = FileStore(path, boot_id(), 1.0)
    with holder._lock, pytest.raises(StorageError, match="another process holds"):
        RequestWindow(path, 7).claim()


def test_a_lost_file_does_not_hide_the_answer(tmp_path) -> None:
    path = tmp_path / "state" / "rate"
    path.parent.mkdir()
    window = RequestWindow(path, 7)
    claim = window.claim()
    for name in ("rate", "rate.lock"):
        (path.parent / name).unlink(missing_ok=True)
    path.parent.rmdir()
    window.release(claim)
    with pytest.raises(StorageError):
        window.claim()


def test_a_window_of_nothing_is_a_mistake() -> None:
    for n, window_s in ((0, 1.0), (7, 0.0)):
        with pytest.raises(ValueError, match="at least one"):
            RequestWindow(None, n, window_s)


def test_giving_up_a_wait_leaves_no_place_taken() -> None:
    clock, store = Clock(), MemoryStore("boot")
    window = RequestWindow(None, 1, clock=clock, store=store)
    window.release(window.claim())

    def give_up(seconds: float, reason: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        window.claim(give_up)
    assert store.update(clock, lambda led, _: led.queue) == []


def test_threads_of_one_process_share_a_window(tmp_path) -> None:
    window = RequestWindow(tmp_path / "rate", 5, 0.1)
    starts: list[float] = []

    def work() -> None:
        for _ in range(5):
            claim = window.claim()
            starts.append(boot_clock())
            window.release(claim)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(starts) == 20
    assert fullest(sorted(starts), 0.1) <= 5


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=100)
def test_whatever_a_file_holds_it_is_read_or_replaced(noise: bytes) -> None:
    from dedupe.crm.http.store import _decode

    ledger = _decode(b"crmclean-rate/1 " + noise)
    assert ledger is None or isinstance(ledger, Ledger)


def test_a_ledger_survives_its_file() -> None:
    from dedupe.crm.http.store import _decode

    ledger = Ledger(
        "b", [Call("i", "o", 1.0, 2.0)], [Ticket("t", "o", 3.0)], 1.0, 2.0, 3.0, 4, 0.5, 6.0
    )
    assert msgspec.structs.asdict(_decode(content(ledger))) == msgspec.structs.asdict(ledger)

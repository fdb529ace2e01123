"""The right to start a request, shared by threads and processes (see `ledger` for the proof)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from dedupe.errors import StorageError
from dedupe.language import N_

from .clock import boot_clock, boot_id, is_dead, owner
from .errors import BlockedError
from .ledger import FLOOR_PER_S, GRACE_S, REMEMBERED_S, Call, Ledger
from .store import FileStore, MemoryStore, Store

_log = logging.getLogger(__name__)

PATIENCE_S = 900.0  # a longer pause is for a person to decide about
BARRED_S = 900.0  # the vendor does not say how long it blocks; asking sooner may prolong it
_LONGEST_SLEEP_S = 1.0  # so that a stop, a lifted pause or a dead neighbour is soon seen

Pause = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to one request, from `started` on, to be released when it ended."""

    id: str
    started: float


def _sleep(seconds: float, reason: str) -> None:
    time.sleep(min(seconds, _LONGEST_SLEEP_S))


class RequestWindow:
    """Lets a request start when fewer than `n` others fall into the last `window_s`.

    `path` is the file that the processes of one account share (None: this process
    alone). Whoever waits first goes first, process by process, so that one with
    many threads does not starve one with a single thread. `margin_s` is for a
    server whose clock is coarser or a little faster than ours.
    """

    def __init__(
        self,
        path: Path | None,
        n: int,
        window_s: float = 1.0,
        *,
        margin_s: float = 0.01,
        clock: Callable[[], float] = boot_clock,
        store: Store | None = None,
    ) -> None:
        if n < 1 or window_s <= 0 or margin_s < 0:
            raise ValueError("a window holds at least one request and lasts some time")
        self._n, self._window_s, self._clock = n, window_s + margin_s, clock
        self._floor = FLOOR_PER_S * window_s / n
        self._store = store or (
            FileStore(path, boot_id(), self._window_s) if path else MemoryStore(boot_id())
        )
        self._turn = threading.Lock()

    def claim(self, pause: Pause = _sleep, hold_s: float = 120.0) -> Claim:
        """Wait until a request may start, and take the right to it for at most `hold_s`.

        `pause(seconds, reason)` waits, no longer than that, and may raise to give up;
        the reason is "limit" where the CRM asked for the pause, else "window".
        """
        with self._turn:
            ticket = uuid4().hex[:16]
            try:
                while True:
                    step = self.try_claim(ticket, hold_s)
                    if isinstance(step, Claim):
                        return step
                    pause(*step)
            except BaseException:
                self._give_up(ticket)
                raise

    def try_claim(self, ticket: str, hold_s: float = 120.0) -> Claim | tuple[float, str]:
        """Take the right to a request, or a place in the queue: how long to wait, and why."""
        return self._store.update(self._clock, lambda led, now: self._try(led, now, ticket, hold_s))

    def release(self, claim: Claim, *, is_answered: bool = True) -> None:
        """Say that the request ended; one without an answer counts as ended a little later."""
        late_s = 0.0 if is_answered else GRACE_S

        def end(ledger: Ledger, now: float) -> None:
            for call in ledger.calls:
                if call.id == claim.id:
                    call.ended = now + late_s

        try:
            self._store.update(self._clock, end)
        except StorageError as error:
            # The answer is worth more than the place, which runs out by itself; the
            # next claim meets the same trouble and tells it.
            _log.debug("a request's end was not written: %s", error)

    def limited(self, claim: Claim, pause_s: float | None = None) -> float:
        """Make all processes pause after a limit answer, and slow down; return the pause.

        `pause_s` is what the CRM asked for; without it the pause doubles from 1 s to 60 s.
        """
        return self._store.update(
            self._clock,
            lambda ledger, now: ledger.limit(claim.started, now, pause_s, self._floor),
        )

    def bar(self, seconds: float = BARRED_S) -> None:
        """Keep all processes away for `seconds`: the CRM blocks us, whatever we ask."""

        def note(ledger: Ledger, now: float) -> None:
            ledger.barred_until = max(ledger.barred_until, now + min(seconds, REMEMBERED_S))

        self._store.update(self._clock, note)

    def rate_per_s(self) -> float:
        """Return how many requests a second may start at present, when answers take no time."""

        def rate(ledger: Ledger, now: float) -> float:
            places, span_s = ledger.pace(now, self._n, self._window_s)
            return places / span_s

        return self._store.update(self._clock, rate)

    def _try(
        self, ledger: Ledger, now: float, ticket: str, hold_s: float
    ) -> Claim | tuple[float, str]:
        _refuse_long_pause(ledger, now)
        places, span_s = ledger.pace(now, self._n, self._window_s)
        ledger.settle(now, span_s, is_dead)
        wait_s = ledger.wait_s(ticket, now, places, span_s)
        if wait_s > 0:
            ledger.queue_up(ticket, owner(), now + min(wait_s, _LONGEST_SLEEP_S))
            return wait_s, "limit" if ledger.limited_until > now else "window"
        ledger.leave(ticket)
        ledger.calls.append(Call(ticket, owner(), now, now + hold_s))
        return Claim(ticket, now)

    def _give_up(self, ticket: str) -> None:
        def forget(ledger: Ledger, _: float) -> None:
            ledger.leave(ticket)
            # An interrupt may come after the right was written and before it was used.
            ledger.calls = [call for call in ledger.calls if call.id != ticket]

        try:
            self._store.update(self._clock, forget)
        except StorageError:
            _log.debug("a place in the queue was not given up")


def _refuse_long_pause(ledger: Ledger, now: float) -> None:
    if ledger.barred_until > now:
        raise BlockedError(
            N_("the CRM blocks this machine's address for too many requests"),
            fix=N_("stop other programs that call it, and try again after {time}"),
            seconds=ledger.barred_until - now,
        )
    if ledger.limited_until - now > PATIENCE_S:
        raise BlockedError(
            N_("the CRM asks to wait until {time}"),
            fix=N_("try again after that"),
            seconds=ledger.limited_until - now,
        )

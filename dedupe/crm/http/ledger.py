"""Who has called the CRM of late, who waits to, and how long a caller must wait.

The rule: when a request starts, fewer than N others are in flight or ended less
than a window ago. Why no window at the server then holds more than N: take the
request of a window that started last; the others of the window arrived less than
a window before it did, so they ended less than a window before its start or
later, and there are at most N - 1 of those.

A call whose process died counts as ended a grace later: what it had handed to
the network may yet arrive. A call that nobody ended counts as ended when its
own time limit was over. All moments are seconds of `clock.boot_clock`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

GRACE_S = 1.0  # an answer that did not come: its request may be on its way for so long
LATE_S = 2.0  # one that waits and does not come when it is its turn loses its place
CLEAN_S = (
    20.0  # without a limit answer for so long the rate grows a step: from half to full in 200 s
)
STEP = 0.05  # of the full rate
FLOOR_PER_S = 0.5  # a slower pull would never end
LONGEST_PAUSE_S = 60.0  # of those that we choose ourselves
REMEMBERED_S = 3600.0  # no number in an answer keeps us away for longer without asking again


class Call(msgspec.Struct):
    """A request that was started: in flight until it `ended`."""

    id: str
    owner: str
    started: float
    expires: float
    ended: float | None = None


class Ticket(msgspec.Struct):
    """A place in the queue of those that wait; void when not renewed by `wake_by`."""

    id: str
    owner: str
    wake_by: float


class Ledger(msgspec.Struct):
    """What the processes of one account share."""

    boot: str
    calls: list[Call] = []
    queue: list[Ticket] = []
    paused_until: float = 0.0  # a pause that is nobody's fault: a fresh start after a damage
    limited_until: float = 0.0
    limited_at: float | None = None
    strikes: int = 0  # limit answers in a row that did not say how long to wait
    rate: float = 1.0  # the share of the full rate, as of the last limit answer
    barred_until: float = 0.0  # the CRM answers us with a page of refusal, whatever we ask

    def pace(self, now: float, n: int, window_s: float) -> tuple[int, float]:
        """Return how many calls how long a window may hold at the present rate."""
        full = n * self._rate(now)
        places = max(1, min(n, math.ceil(full - 1e-9)))
        return places, max(window_s, window_s * places / full)

    def _rate(self, now: float) -> float:
        clean = max(0.0, now - self.limited_until)
        return min(1.0, self.rate + STEP * (clean // CLEAN_S))

    def settle(self, now: float, span_s: float, is_dead: Callable[[str], bool]) -> None:
        """End what its process can't end any more, and forget what counts no more."""
        for call in self.calls:
            if call.ended is None and now >= call.expires:
                call.ended = call.expires
            elif call.ended is None and is_dead(call.owner):
                call.ended = now + GRACE_S
        self.calls = [c for c in self.calls if c.ended is None or c.ended + span_s > now]
        self.queue = [t for t in self.queue if t.wake_by >= now and not is_dead(t.owner)]

    def wait_s(self, ticket_id: str, now: float, places: int, span_s: float) -> float:
        """Return how long the holder of the ticket waits at least; 0 when it may start.

        A call in flight may end at any moment and counts for a window after it, so
        who comes back after this wait finds the end known, and never comes too late.
        """
        pause = max(self.paused_until, self.limited_until) - now
        ids = [t.id for t in self.queue]
        ahead = ids.index(ticket_id) if ticket_id in ids else len(ids)
        over = len(self.calls) - places + ahead
        if over < 0:
            return max(0.0, pause)
        free = sorted(now if c.ended is None else c.ended for c in self.calls)
        end = free[over] if over < len(free) else now
        return max(end + span_s - now, pause, 0.0)

    def queue_up(self, ticket_id: str, owner: str, wake_by: float) -> None:
        """Take or keep a place in the queue until `wake_by`."""
        for ticket in self.queue:
            if ticket.id == ticket_id:
                ticket.wake_by = wake_by + LATE_S
                return
        self.queue.append(Ticket(ticket_id, owner, wake_by + LATE_S))

    def leave(self, ticket_id: str) -> None:
        """Give the place in the queue up."""
        self.queue = [t for t in self.queue if t.id != ticket_id]

    def limit(self, started: float, now: float, pause_s: float | None, floor: float) -> float:
        """Note a limit answer to a request of `started`; return the pause that all make now.

        Several requests may be on their way when the limit is met: their answers are
        one event, which halves the rate once.
        """
        is_same_event = self.limited_at is not None and started <= self.limited_at
        if not is_same_event:
            is_in_a_row = self.limited_at is not None and now <= self.limited_until + CLEAN_S
            self.rate = max(min(floor, 1.0), self._rate(now) / 2)
            self.strikes = self.strikes + 1 if is_in_a_row else 1
            self.limited_at = now
        own_s = min(LONGEST_PAUSE_S, 2.0 ** min(self.strikes - 1, 10))
        if is_same_event:
            own_s = max(0.0, self.limited_until - now)
        # One that says "1 s" again and again is not believed for ever.
        pause_s = max(pause_s or 0.0, own_s)
        self.limited_until = max(self.limited_until, now + min(pause_s, REMEMBERED_S))
        return max(pause_s, self.limited_until - now)

    def is_sane(self, now: float) -> bool:
        """Tell whether no moment lies where this machine's clock can't have put it."""
        furthest = now + REMEMBERED_S + LATE_S
        moments = [self.paused_until, self.limited_until, self.barred_until, self.limited_at or 0.0]
        moments += [c.started for c in self.calls] + [c.expires for c in self.calls]
        moments += [c.ended for c in self.calls if c.ended is not None]
        moments += [t.wake_by for t in self.queue]
        return all(0.0 <= m <= furthest for m in moments) and 0.0 < self.rate <= 1.0

"""The limit of requests: a sliding window, and the block that follows from not heeding it.

A request is taken when fewer than `n` were taken in the window before it. Refused
ones do not count against the limit, but too many of them within a minute block the
client for a while: everything is then answered by a page of the server in front.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many requests there may be in any window; an `n` of 0 is no limit."""

    n: int = 7  # amoCRM's documented limit of an integration
    window_s: float = 1.0
    block_after: int = 0  # refusals within a minute that lead to the block; 0: never
    block_s: float = 60.0
    retry_after_s: int | None = None  # told with a refusal; whether amoCRM tells is not known


class Verdict(Enum):
    """What becomes of a request."""

    TAKEN = "taken"
    REFUSED = "refused"
    BLOCKED = "blocked"


class Gate:
    """Decides about each request; `clock` is in seconds and never goes back."""

    def __init__(self, limit: Limit, clock: Callable[[], float]) -> None:
        self.limit = limit
        self._clock = clock
        self._taken: deque[float] = deque()
        self._refused: deque[float] = deque()
        self._arrived: deque[float] = deque()
        self._blocked_until = float("-inf")
        self.n_refused = self.n_blocked = 0
        self.fullest_window = 0  # of all that arrived, refused ones too

    def pass_(self) -> Verdict:
        """Take note of a request and decide about it."""
        now = self._clock()
        self._note(now)
        if now < self._blocked_until:
            self.n_blocked += 1
            return Verdict.BLOCKED
        limit = self.limit
        _forget(self._taken, now - limit.window_s)
        if limit.n <= 0 or len(self._taken) < limit.n:
            self._taken.append(now)
            return Verdict.TAKEN
        return self._refuse(now)

    def unblock(self) -> None:
        """Lift the block and forget what led to it."""
        self._blocked_until = float("-inf")
        self._refused.clear()

    def _note(self, now: float) -> None:
        _forget(self._arrived, now - self.limit.window_s)
        self._arrived.append(now)
        self.fullest_window = max(self.fullest_window, len(self._arrived))

    def _refuse(self, now: float) -> Verdict:
        self.n_refused += 1
        _forget(self._refused, now - _MINUTE_S)
        self._refused.append(now)
        if 0 < self.limit.block_after <= len(self._refused):
            self._blocked_until = now + self.limit.block_s
        return Verdict.REFUSED


def _forget(times: deque[float], until: float) -> None:
    while times and times[0] <= until:
        times.popleft()

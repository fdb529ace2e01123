"""When to try again, and when to stop: backoff, the retry budget and the circuit breaker."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

N_RETRIES = 5
N_GARBLED = 2  # a page of a proxy or of maintenance does not go away in seconds

_FIRST_S, _LONGEST_S = 0.5, 30.0
_TOKENS, _EARNED, _SPENT_BELOW = 10.0, 0.1, 5.0  # gRPC's figures
_SPENT_S = 5.0  # a server that fails so often is given this much more time

_IN_A_ROW, _LAST, _SHARE = 5, 20, 0.5
_OPEN_S = 60.0
_OPENINGS = 3
_PROBE_S = 120.0  # a probe that never reported is given up
_OTHERS_S = 0.5  # how often those look again who wait for the probe


def backoff(n_failed: int, rand: Callable[[], float]) -> float:
    """Return a random wait below 0.5, 1, 2, ... at most 30 s."""
    return rand() * min(_LONGEST_S, _FIRST_S * 2.0 ** min(n_failed - 1, 10))


class Budget:
    """Slows retries down where they are no exception: a failure costs what ten answers earn."""

    def __init__(self) -> None:
        self._tokens = _TOKENS
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Note a good answer."""
        with self._lock:
            self._tokens = min(_TOKENS, self._tokens + _EARNED)

    def spend(self) -> float:
        """Note a failure; return how much longer than usual to wait."""
        with self._lock:
            self._tokens = max(0.0, self._tokens - 1)
            return 0.0 if self._tokens > _SPENT_BELOW else _SPENT_S


@dataclass(slots=True)
class Circuit:
    """Keeps requests back for a minute while the server fails; then one request probes.

    Opens after 5 failures in a row or when half of the last 20 failed. A failure is
    no answer or a status of 500 and above; a refusal is an answer. 20 good answers
    in a row make the openings forgotten.
    """

    has_answered: bool = False
    n_openings: int = 0
    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=_LAST))
    _n_failed: int = 0
    _open_until: float | None = None
    _probe_until: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_spent(self) -> bool:
        """Tell whether it opened so often that waiting longer makes no sense."""
        return self.n_openings >= _OPENINGS

    def wait_s(self, now: float) -> float:
        """Return how long a request must wait; after 0 it may be sent, if need be as the probe."""
        with self._lock:
            if self._open_until is None:
                return 0.0
            if now < self._open_until:
                return self._open_until - now
            if self._probe_until is not None and now < self._probe_until:
                return _OTHERS_S
            self._probe_until = now + _PROBE_S
            return 0.0

    def record(self, is_good: bool, now: float) -> bool:
        """Note how a request ended; tell whether that opened the circuit."""
        with self._lock:
            self.has_answered |= is_good
            if self._open_until is not None:
                return self._record_open(is_good, now)
            self._last.append(is_good)
            self._n_failed = 0 if is_good else self._n_failed + 1
            if len(self._last) == _LAST and all(self._last):
                self.n_openings = 0
            is_half_bad = len(self._last) == _LAST and sum(self._last) <= _LAST * _SHARE
            if is_good or (self._n_failed < _IN_A_ROW and not is_half_bad):
                return False
            return self._open(now)

    def _record_open(self, is_good: bool, now: float) -> bool:
        if self._probe_until is None:  # sent before it opened: says nothing about now
            return False
        self._probe_until = None
        if not is_good:
            return self._open(now)
        self._open_until, self._n_failed = None, 0
        self._last.clear()
        return False

    def _open(self, now: float) -> bool:
        self._open_until, self._probe_until = now + _OPEN_S, None
        self.n_openings += 1
        return True

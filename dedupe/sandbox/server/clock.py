"""The account's clock: the machine's, shifted or stopped at will."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Tells the account's time in Unix seconds; a test moves it instead of waiting."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._offset = 0.0
        self._stopped: float | None = None

    def __call__(self) -> int:
        """Return the time."""
        return int(self._now() + self._offset if self._stopped is None else self._stopped)

    def stop_at(self, at: float) -> None:
        """Stand still at a moment."""
        self._stopped = float(at)

    def advance(self, seconds: float) -> None:
        """Go on by `seconds`, in either direction."""
        if self._stopped is None:
            self._offset += seconds
        else:
            self._stopped += seconds

    def run(self) -> None:
        """Follow the machine's clock again, without any shift."""
        self._stopped, self._offset = None, 0.0

"""Why a run that writes must stop between two groups: a person, the hours, its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dedupe.apply.run import PAUSE, STOP
from dedupe.config import Policy

from .outcome import Reason
from .window import hours, is_open


@dataclass(slots=True, kw_only=True)
class Boundary:
    """Looks at everything that may end a run, and remembers what did.

    A PAUSE file ends it, too, instead of being waited for: nobody is there to take it away.
    """

    policy: Policy
    folder: Path
    zone: ZoneInfo
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    started_s: float
    signal: Callable[[], str | None] = lambda: None
    found: Reason | None = None

    def stop(self) -> str | None:
        """Return why to stop here; None where the run may go on."""
        self.found = self.look()
        return None if self.found is None else self.found.code

    def look(self) -> Reason | None:
        """Return what would stop a run now."""
        if self.signal() is not None:
            return Reason(code="signal")
        if (self.folder / STOP).exists():
            return Reason(code="stop_file")
        if (self.folder / PAUSE).exists():
            return Reason(code="pause_file")
        if self.is_late():
            return Reason(code="deadline")
        return None if self.is_open() else self._closed("window")

    def before(self) -> Reason | None:
        """Return what keeps a run from writing at all."""
        found = self.look()
        return self._closed("outside_window") if found and found.code == "window" else found

    def is_open(self) -> bool:
        """Tell whether it is the hour for changes."""
        return is_open(self.policy.window, self.now(), self.zone)

    def is_late(self) -> bool:
        """Tell whether the policy's time is up: by a clock that nobody can set."""
        span = self.policy.deadline
        return span is not None and self.monotonic() - self.started_s > span.total_seconds()

    def _closed(self, code: str) -> Reason:
        window = self.policy.window
        return Reason(code=code, facts={"hours": hours(window) if window else ""})

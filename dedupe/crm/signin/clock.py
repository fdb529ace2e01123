"""The clocks of a sign-in: one that nobody can set, and the wall's.

The age of a token is measured on the boot clock, which every process of one boot
reads alike. After a restart the wall clock must do; when that is wrong the server says
401, and the token is renewed then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dedupe.crm.http.clock import boot_clock, boot_id, is_same_boot


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks, in seconds; `boot` names the boot that the first is of."""

    boot: str
    boot_s: float
    wall_s: float

    def seconds_since(self, earlier: Instant) -> float:
        """Return how long ago `earlier` was."""
        if is_same_boot(self.boot, earlier.boot):
            return self.boot_s - earlier.boot_s
        return self.wall_s - earlier.wall_s


Now = Callable[[], Instant]


def now() -> Instant:
    """Return the moment it is."""
    return Instant(boot_id(), boot_clock(), time.time())

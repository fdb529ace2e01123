"""The clocks of a sign-in: one that nobody can set, and the wall's.

The age of a token is measured on the boot clock, which every process of one boot
reads alike and which goes on while the machine sleeps. After a restart, or on a system
without one, the wall clock must do; when that is wrong the server says 401, and the
token is renewed then.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks; `boot` is "" where there is no boot clock."""

    boot: str
    boot_s: float
    wall_s: float

    def seconds_since(self, earlier: Instant) -> float:
        """Return how long ago `earlier` was, in seconds."""
        if self.boot and self.boot == earlier.boot:
            return self.boot_s - earlier.boot_s
        return self.wall_s - earlier.wall_s


def now() -> Instant:
    """Return the moment it is."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    boot = _boot_id() if boot_clock is not None else ""
    boot_s = time.clock_gettime(boot_clock) if boot and boot_clock is not None else 0.0
    return Instant(boot, boot_s, time.time())


@functools.cache
def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""

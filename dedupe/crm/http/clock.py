"""The clock that all processes of one machine share, and who they are.

Seconds since the machine started, sleep included, so that a moment written by
one process means the same to another. It starts anew with the machine, hence
`boot_id`. An owner is a process told apart from a later one of the same number.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")

# Where the system has no boot id its start is computed from two clocks, which drift apart.
_SAME_BOOT_S = 120.0


def boot_clock() -> float:
    """Return the seconds since the machine started."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()  # on macOS and Windows one clock for the whole machine


@cache
def boot_id() -> str:
    """Name this run of the machine."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return f"at:{time.time() - time.monotonic():.0f}"


def is_same_boot(a: str, b: str) -> bool:
    """Tell whether two names are of one run of the machine."""
    if a.startswith("at:") and b.startswith("at:"):
        try:
            return abs(float(a[3:]) - float(b[3:])) < _SAME_BOOT_S
        except ValueError:
            return False
    return a == b


def owner() -> str:
    """Name this process: its namespace, its number and when it started."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> str:  # by number, so that a forked child is not taken for its parent
    return f"{_namespace()}:{pid}:{_started(pid) or ''}"


def is_dead(name: str) -> bool:
    """Tell whether the process `name` is surely gone; one that can't be seen is taken for alive."""
    if name == owner():
        return False
    namespace, _, rest = name.partition(":")
    number, _, started = rest.partition(":")
    if os.name != "posix" or namespace != _namespace() or not number.isdigit():
        return False
    if started:
        return _started(int(number)) != started
    return _is_gone(int(number))


@cache
def _namespace() -> str:
    try:
        return str(_NAMESPACE.readlink())[5:-1]  # "pid:[4026531836]"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Return when the process started, in the kernel's ticks; None of one that is gone."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    facts = line.rpartition(")")[2].split()  # the name before may hold spaces and brackets
    if len(facts) < 20 or facts[0] in "ZX":  # a zombie waits for its parent and runs no more
        return None
    return facts[19]


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False

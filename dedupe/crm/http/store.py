"""Where the ledger is kept: in a file that processes share, or in memory.

The file holds `crc length json`, written in place by one call under a lock file
beside it. What can't be read (cut, altered, of another version, of an earlier
run of the machine) is replaced by an empty ledger that pauses for one window,
because nobody knows what was sent just before.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from filelock import FileLock, Timeout

from dedupe.errors import StorageError
from dedupe.language import N_

from .clock import is_same_boot
from .ledger import Ledger

R = TypeVar("R")

_VERSION = b"crmclean-rate/1"
_LARGEST_BYTES = 1 << 20  # a ledger of 7 places has about 2 KB
_LOCK_S = 30.0  # the lock is held for less than a millisecond, unless its holder is suspended
_POLL_S = 0.003


class Store(Protocol):
    """A ledger that one caller at a time may look at and change."""

    def update(self, now: Callable[[], float], change: Callable[[Ledger, float], R]) -> R:
        """Call `change` with the ledger and the moment, keep what it made of it."""


class MemoryStore:
    """A ledger of one process."""

    def __init__(self, boot: str) -> None:
        self._ledger = Ledger(boot)
        self._lock = threading.Lock()

    def update(self, now: Callable[[], float], change: Callable[[Ledger, float], R]) -> R:
        """Call `change` with the ledger and the moment, keep what it made of it."""
        with self._lock:
            return change(self._ledger, now())


class FileStore:
    """A ledger that the processes of one machine share."""

    def __init__(self, path: Path, boot: str, pause_s: float) -> None:
        self._path, self._boot, self._pause_s = path, boot, pause_s
        self._guard = threading.Lock()  # one thread of a process at the file's lock
        lock_path = path.with_name(f"{path.name}.lock")
        self._lock = FileLock(
            lock_path, timeout=_LOCK_S, mode=0o600, thread_local=False, poll_interval=_POLL_S
        )

    def update(self, now: Callable[[], float], change: Callable[[Ledger, float], R]) -> R:
        """Call `change` with the ledger and the moment, keep what it made of it."""
        try:
            if not self._path.parent.is_dir():  # the lock would make it, open to all
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            with self._guard, self._lock:
                return self._update(now, change)
        except Timeout as error:
            raise StorageError(
                N_("another process holds this file and does not go on"),
                where=str(self._path),
                fix=N_("end the suspended crmclean, then run the command again"),
            ) from error
        except (OSError, NotImplementedError) as error:
            raise StorageError(
                N_("can't be written ({reason})"),
                where=str(self._path),
                fix=N_("check the folder, its rights and the free space; or give --state"),
                reason=(getattr(error, "strerror", None) or type(error).__name__).lower(),
            ) from error

    def _update(self, now: Callable[[], float], change: Callable[[Ledger, float], R]) -> R:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        fd = os.open(self._path, flags, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            before = os.read(fd, _LARGEST_BYTES)
            at = now()
            ledger = self._ledger(before, at)
            answer = change(ledger, at)
            after = _encode(ledger)
            if after != before[: len(after)]:
                os.lseek(fd, 0, os.SEEK_SET)
                _write_all(fd, after)
            return answer
        finally:
            os.close(fd)

    def _ledger(self, content: bytes, now: float) -> Ledger:
        if not content:
            return Ledger(self._boot)
        ledger = _decode(content)
        if ledger and is_same_boot(ledger.boot, self._boot) and ledger.is_sane(now):
            return ledger
        return Ledger(self._boot, paused_until=now + self._pause_s)


def _encode(ledger: Ledger) -> bytes:
    body = msgspec.json.encode(ledger)
    return b"%s %08x %d %s\n" % (_VERSION, zlib.crc32(body), len(body), body)


def _decode(content: bytes) -> Ledger | None:
    version, _, rest = content.partition(b" ")
    crc, _, rest = rest.partition(b" ")
    length, _, rest = rest.partition(b" ")
    if version != _VERSION or not length.isdigit():
        return None
    body = rest[: int(length[:9])]
    if crc != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=Ledger)
    except msgspec.MsgspecError:
        return None


def _write_all(fd: int, content: bytes) -> None:
    while content:
        content = content[os.write(fd, content) :]

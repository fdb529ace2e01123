"""One writer per account and machine: a lock that the kernel frees on any death.

Who holds it (pid, host, user, run, since) is written beside it, for messages only; whether it is
held, the operating system says. The file is never deleted: a deleted lock file can be locked twice.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from dedupe.errors import LockedError, StorageError
from dedupe.language import N_

LOCK_NAME = "apply.lock"
_HOLDER = "apply.holder.json"  # beside it: Windows lets nobody read a locked file


@contextmanager
def account_lock(folder: Path, run: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the account's lock; raise LockedError, naming the holder, when another run does."""
    lock = FileLock(folder / LOCK_NAME, timeout=wait_s, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise _locked(folder) from error
    except OSError as error:
        raise StorageError(
            N_("can't lock the account's folder ({reason})"),
            where=str(folder),
            fix=N_("check its rights"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error
    try:
        _say_who(folder, run)
        yield
    finally:
        lock.release()


def _say_who(folder: Path, run: str) -> None:
    facts = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user(),
        "run": run,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    descriptor = os.open(folder / _HOLDER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(facts, file)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service may have a number and no name
        return ""


def _locked(folder: Path) -> LockedError:
    try:
        facts = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        user = f" {facts['user']}" if facts.get("user") else ""
        who = f"{facts['host']}{user} pid {int(facts['pid'])}, {facts['run']}, {facts['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "?"  # the text is for people; the lock itself is what counts
    return LockedError(
        N_("another run works on this account ({who})"),
        where=str(folder / LOCK_NAME),
        fix=N_("wait until it has ended, or stop it with a STOP file"),
        who=who,
    )

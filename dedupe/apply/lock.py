"""One writer per account and machine: locks that the kernel frees on any death.

    state/locks/<host>.lock              of the account, whichever profile names it
    state/accounts/<profile>/apply.lock  of the profile's folder, the only one of older versions

Both are taken, always in this order, so that no two runs wait for each other. Who holds one (pid,
host, user, profile, run, since) is written beside it, for messages only; whether it is held, the
operating system says. A lock file is never deleted: a deleted one can be locked twice. Two state
folders, or two machines, know nothing of each other.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from dedupe.errors import LockedError, StorageError
from dedupe.language import N_

LOCK_NAME = "apply.lock"
_HOLDER = "apply.holder.json"  # beside it: Windows lets nobody read a locked file
_ACCOUNTS, _LOCKS = "accounts", "locks"
_UNFIT = re.compile(r"[^a-z0-9.-]")


@contextmanager
def account_lock(folder: Path, run: str, *, host: str = "", wait_s: float = 0.0) -> Iterator[None]:
    """Hold the account at `host` and its folder; raise LockedError, naming the holder.

    Both locks together are waited for no longer than `wait_s`. A folder that is in no state
    folder, as a rehearsal's, has no lock but its own.
    """
    until = time.monotonic() + wait_s
    with ExitStack() as stack:
        for lock in _locks(folder, host):
            left = max(0.0, until - time.monotonic())
            stack.enter_context(_held(lock, folder.name, run, left))
        yield


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an account, as it said itself; `profile` is empty where an older version did."""

    who: str
    profile: str
    since: datetime | None


class HeldError(LockedError):
    """Another run has the account: `holder`, where it could be read."""

    def __init__(self, where: Path, holder: Holder | None) -> None:
        super().__init__(
            N_("another run works on this account ({who})"),
            where=str(where),
            fix=N_("wait until it has ended, or stop it with a STOP file"),
            who=holder.who if holder else "?",
        )
        self.holder = holder


@dataclass(frozen=True, slots=True)
class _Lock:
    path: Path
    holder: Path


def _locks(folder: Path, host: str) -> Iterator[_Lock]:
    if host and folder.parent.name == _ACCOUNTS:
        name = _UNFIT.sub("_", host.lower())
        place = folder.parent.parent / _LOCKS
        yield _Lock(place / f"{name}.lock", place / f"{name}.holder.json")
    yield _Lock(folder / LOCK_NAME, folder / _HOLDER)


@contextmanager
def _held(own: _Lock, profile: str, run: str, wait_s: float) -> Iterator[None]:
    lock = FileLock(own.path, timeout=wait_s, mode=0o600)
    try:
        own.path.parent.mkdir(mode=0o700, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise _told(own) from error
    except OSError as error:
        raise _unlockable(own, error) from error
    try:
        _say_who(own, profile, run)
        yield
    finally:
        with suppress(OSError):  # whoever comes next must not be told of us
            own.holder.unlink()
        lock.release()


def _say_who(own: _Lock, profile: str, run: str) -> None:
    facts = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user(),
        "profile": profile,
        "run": run,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        descriptor = os.open(own.holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(facts, file)
    except OSError as error:
        raise _unlockable(own, error) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service may have a number and no name
        return ""


def _told(own: _Lock) -> HeldError:
    """Return the error that names the holder, and the folder in which a STOP file would end it."""
    holder = _holder(own.holder)
    is_shared = own.path.name != LOCK_NAME
    if not is_shared or holder is None or not holder.profile:
        return HeldError(own.path, holder)
    return HeldError(own.path.parent.parent / _ACCOUNTS / holder.profile / LOCK_NAME, holder)


def _holder(path: Path) -> Holder | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        user = f" {facts['user']}" if facts.get("user") else ""
        profile = str(facts.get("profile", ""))
        run = f"{profile}/{facts['run']}" if profile else facts["run"]
        since = datetime.fromisoformat(facts["since"])
        who = f"{facts['host']}{user} pid {int(facts['pid'])}, {run}, {facts['since']}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # the text is for people; the lock itself is what counts
    return Holder(who=who, profile=profile, since=since if since.tzinfo else None)


def _unlockable(own: _Lock, error: OSError) -> StorageError:
    return StorageError(
        N_("can't lock the account's folder ({reason})"),
        where=str(own.path.parent),
        fix=N_("check its rights"),
        reason=(error.strerror or type(error).__name__).lower(),
    )

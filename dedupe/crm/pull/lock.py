"""One pull of an account at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dedupe.errors import LockedError, StorageError
from dedupe.language import N_


@contextmanager
def pull_lock(folder: Path) -> Iterator[None]:
    """Hold the pull lock of the account in `folder`; the system frees it when the process dies.

    Raises LockedError, which names the process that holds it.
    """
    lock, owner = FileLock(folder / "pull.lock", mode=0o600), folder / "pull.pid"
    try:
        lock.acquire(timeout=0)
        owner.write_text(str(os.getpid()), encoding="ascii")
    except Timeout as error:
        raise _locked(folder, owner) from error
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StorageError(
            N_("the account's lock can't be written ({reason})"),
            where=str(folder),
            fix=N_("check its rights and the free space"),
            reason=reason.lower(),
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):
            owner.unlink()
        lock.release()


def _locked(folder: Path, owner: Path) -> LockedError:
    try:
        pid = owner.read_text(encoding="ascii").strip()[:20]
    except (OSError, ValueError):
        pid = ""
    return LockedError(
        N_("another pull of this account is running (process {pid})"),
        where=folder.name,
        fix=N_("wait for it to end, or stop it; its pages are kept"),
        pid=pid if pid.isdigit() else "?",
    )

"""notices.json: what each target was told, what waits for it, and the runs of the digests.

One file in the account's folder, replaced whole, under a lock of its own: a run that was refused
because another holds the account has something to tell too. A file that can't be read is put
aside and named; a new one begins, as a notice too many is better than none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dedupe.crm.signin.files import write_private
from dedupe.errors import LockedError, StorageError
from dedupe.language import N_

from .notice import Notice, notice_document, read_notice
from .told import Past, Told, read_past, read_told

FILE_NAME = "notices.json"
SCHEMA = "crmclean.notices/1"
OUTBOX_MAX = 50
HISTORY_MAX = 1_000  # runs: a week of one every ten minutes
_LOCK_NAME = "notices.lock"
_PATIENCE_S = 60.0
_BAD = ".bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notice on its way to one target. `paths` are the files to attach, where it takes them."""

    target: str
    notice: Notice
    paths: tuple[str, ...] = ()
    n_tries: int = 0  # runs that could not deliver it
    n_refused: int = 0  # of these, how often the other side said no for good
    problem: str = ""  # the last one, for the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All that is remembered; `told` by "policy target", the outbox oldest first."""

    told: Mapping[str, Told] = field(default_factory=dict)
    outbox: tuple[Waiting, ...] = ()
    history: tuple[Past, ...] = ()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the file against other runs. Raises LockedError, StorageError."""
    lock = FileLock(folder / _LOCK_NAME, timeout=_PATIENCE_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError(
            N_("another run is sending its notices"), where=str(folder / _LOCK_NAME)
        ) from error
    except OSError as error:
        raise StorageError(
            N_("can't lock the account's folder ({reason})"),
            where=str(folder),
            fix=N_("check its rights"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error
    try:
        yield
    finally:
        lock.release()


def read_shelf(folder: Path) -> tuple[Shelf, Path | None]:
    """Return what is remembered, and where a file went that could not be read."""
    path = folder / FILE_NAME
    try:
        told = json.loads(path.read_bytes())
        if told["schema"] != SCHEMA:
            raise ValueError(told["schema"])
        return _shelf(told), None
    except FileNotFoundError:
        return Shelf(), None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Shelf(), _put_aside(path)
    except OSError as error:
        raise _refused(path, error) from error


def n_waiting(folder: Path) -> int:
    """Return how many notices wait for another try; 0 where the list can't be read."""
    try:
        return len(_shelf(json.loads((folder / FILE_NAME).read_bytes())).outbox)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 0


def write_shelf(folder: Path, shelf: Shelf) -> None:
    """Put `shelf` in place of what was remembered. Raises StorageError."""
    document = {
        "schema": SCHEMA,
        "told": {key: asdict(shelf.told[key]) for key in sorted(shelf.told)},
        "outbox": [asdict(e) | {"notice": notice_document(e.notice)} for e in shelf.outbox],
        "history": [asdict(past) for past in shelf.history[-HISTORY_MAX:]],
    }
    text = json.dumps(document, ensure_ascii=False, default=_plain)
    write_private(folder / FILE_NAME, text.encode())


def _shelf(told: Mapping[str, Any]) -> Shelf:
    return Shelf(
        told={key: read_told(facts) for key, facts in told["told"].items()},
        outbox=tuple(_waiting(facts) for facts in told["outbox"]),
        history=tuple(read_past(facts) for facts in told["history"]),
    )


def _waiting(facts: Mapping[str, Any]) -> Waiting:
    return Waiting(
        target=str(facts["target"]),
        notice=read_notice(facts["notice"]),
        paths=tuple(map(str, facts["paths"])),
        n_tries=int(facts["n_tries"]),
        n_refused=int(facts["n_refused"]),
        problem=str(facts["problem"]),
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, StrEnum):
        return str(value)
    raise TypeError(type(value).__name__)


def _put_aside(path: Path) -> Path:
    aside = path.with_name(path.name + _BAD)
    try:
        path.replace(aside)
    except OSError as error:
        raise _refused(path, error) from error
    return aside


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("the system refuses it ({reason})"),
        where=str(path),
        fix=N_("check its rights and the free space"),
        reason=(error.strerror or type(error).__name__).lower(),
    )

"""A new journal: whole, or not there at all.

It is made beside its place and put there when its first facts are on disk: a kill while an account
is applied to for the first time must not leave half a journal, which would be taken for a damaged
one. Whoever is faster wins; the other one's is thrown away.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from .soundness import TABLES

_BUSY = 30.0  # seconds: `crmclean runs` may be reading while a run writes


def begin(path: Path, facts: Mapping[str, str], *, is_durable: bool) -> None:
    """Put an empty journal with these facts at `path`. Raises sqlite3.Error and OSError."""
    # mkstemp makes it the owner's alone before a byte is in it.
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    os.close(handle)
    try:
        with closing(connected(Path(name), is_durable=is_durable)) as db:
            db.executescript(f"begin; {TABLES}")
            db.executemany("insert into meta values (?,?)", facts.items())
            db.execute("commit")
        _put(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)
    if is_durable:
        _sync_folder(path.parent)


def connected(path: Path, *, is_durable: bool) -> sqlite3.Connection:
    """Return a connection whose commits survive a power cut, unless they need not."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY)
    connection.execute("pragma journal_mode=delete")
    connection.execute(f"pragma synchronous={'extra' if is_durable else 'off'}")
    connection.execute("pragma fullfsync=on")
    connection.execute("pragma trusted_schema=off")
    return connection


def reading(path: Path) -> sqlite3.Connection:
    """Return a connection to a journal that stands, for statements that only read.

    It is opened for writing all the same: what a kill left half committed has to be rolled back
    before anything can be read, and SQLite refuses that to a connection of mode=ro.
    """
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=_BUSY)
    connection.execute("pragma query_only=on")
    return connection


def _put(made: Path, path: Path) -> None:
    """Give a file its name, unless another one has it already."""
    try:
        path.hardlink_to(made)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            made.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

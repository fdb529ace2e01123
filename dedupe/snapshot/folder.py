"""Folders that appear whole or not at all.

A folder is filled beside its target, synced, and moved into place when all of it
is written; when anything fails on the way, the half-made one is removed and what
stood there before stays as it was.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dedupe.errors import StorageError
from dedupe.language import N_


@contextmanager
def staged_folder(target: Path, *, whole: bool = False) -> Iterator[Path]:
    """Yield an empty folder whose files stand in `target` after the block, all or none.

    Other files of an existing `target` stay, unless `whole`: then the folder is
    replaced as one. Raises StorageError when the place can't be written.
    """
    staging = _staging(target)
    try:
        try:
            yield staging
            _publish(staging, target, whole=whole)
        except OSError as error:
            raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_writable(target: Path) -> None:
    """Raise StorageError now when `staged_folder(target)` could not work later."""
    staging = _staging(target)
    staging.rmdir()


def _staging(target: Path) -> Path:
    if target.exists() and not target.is_dir():
        raise StorageError(
            N_("this is a file, not a folder"),
            where=str(target),
            fix=N_("name another output folder"),
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir() and not os.access(target, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("can't write here ({reason})"),
        where=str(target),
        fix=N_("free space, change its rights, or name another folder with -o"),
        reason=(error.strerror or type(error).__name__).lower(),
    )


def _publish(staging: Path, target: Path, *, whole: bool) -> None:
    # Copies of an account are personal data: whoever made them may read them, nobody else.
    for file in sorted(staging.rglob("*")):
        file.chmod(0o700 if file.is_dir() else 0o600)
        _sync(file)
    _sync(staging)
    if target.exists() and not whole:
        _merge(staging, target)
    else:
        _swap(staging, target)
    _sync(target.parent)


def _merge(staging: Path, target: Path) -> None:
    """Move the files into `target`, those of folders into its folders; what else is there stays."""
    for file in sorted(staging.iterdir()):
        place = target / file.name
        if file.is_dir() and place.is_dir() and not place.is_symlink():
            _merge(file, place)
        else:
            file.replace(place)
    _sync(target)


def _swap(staging: Path, target: Path) -> None:
    if not target.exists():
        staging.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "was")
    try:
        staging.rename(target)
    except OSError:
        (old / "was").rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Small secret files: read only when they are ours alone, written whole or not at all.

ssh's rule for private keys: a file that others may read holds no secret any more. A
written file is first made at its side with room reserved, so that a full disk is met
before anything that can't be taken back; then synced, renamed, and its folder synced.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from dedupe.errors import ConfigError, StorageError
from dedupe.language import N_

from .folder import owner_problem

MAX_BYTES = 64 * 1024  # a token has some 1,500 bytes; what is larger was named by mistake
PRIVATE = 0o600
_BESIDE = ".new"
# Not every system has each of them; O_NONBLOCK keeps a pipe in the file's place from holding us.
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY


def read_private(path: Path) -> bytes | None:
    """Return what the file at `path` holds, None where there is none.

    Raises ConfigError when others may read it, when it is not ours or no regular file.
    """
    try:
        descriptor = os.open(_target(path), _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        check_private(path, os.fstat(descriptor))
        content = b""
        while chunk := os.read(descriptor, MAX_BYTES + 1 - len(content)):
            content += chunk
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise ConfigError(
            N_("too large for a token"), where=str(path), fix=N_("name the file of the token")
        )
    return content


def check_private(path: Path, found: os.stat_result) -> None:
    """Raise ConfigError unless `found` is a regular file, ours, and closed to others."""
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(
            N_("a regular file is meant"), where=str(path), fix=N_("name the file of the token")
        )
    if owner_problem(found):
        raise ConfigError(
            N_("the file belongs to another user"),
            where=str(path),
            fix=N_("keep the token in a file of your own"),
        )
    if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigError(
            N_("others may read this secret (mode {mode})"),
            where=str(path),
            fix=N_("run: chmod 600 {path}; a token that others may have read is best replaced"),
            mode=f"{stat.S_IMODE(found.st_mode):04o}",
            path=str(path),
        )


class Reserved:
    """Room for a private file beside `path`, taken before it is known what it will hold.

    A context manager: what `commit` did not put in place is removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}{_BESIDE}")
        self._descriptor = -1

    def __enter__(self) -> Reserved:
        """Take the room. Raises StorageError when the folder can't be written or is full."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
        try:
            self._descriptor = os.open(self._beside, flags, PRIVATE)
            _write_all(self._descriptor, b"\n" * MAX_BYTES)
            os.fsync(self._descriptor)
        except OSError as error:
            self._drop()
            raise unwritable(self._path, error) from error
        return self

    def commit(self, content: bytes) -> None:
        """Put `content` in the file's place, durably. Raises StorageError."""
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            _write_all(self._descriptor, content)
            os.ftruncate(self._descriptor, len(content))
            os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
            self._beside.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def __exit__(self, *exc: object) -> None:
        """Leave nothing beside the file."""
        self._drop()

    def _drop(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        with contextlib.suppress(OSError):
            self._beside.unlink()


def write_private(path: Path, content: bytes) -> None:
    """Write the file at `path`, mode 0600, whole or not at all. Raises StorageError."""
    with Reserved(path) as room:
        room.commit(content)


def remove_private(path: Path) -> bool:
    """Remove the file, durably; tell whether there was one. Raises StorageError."""
    try:
        path.unlink()
        sync_folder(path.parent)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unwritable(path, error) from error
    return True


def sweep(folder: Path, name: str) -> None:
    """Remove what `Reserved` left beside the file `name` when its process was killed."""
    for path in folder.glob(f".{name}.*{_BESIDE}"):
        with contextlib.suppress(OSError):
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> StorageError:
    """Return the error to raise where `path` could not be written."""
    fix = N_("check the folder's rights")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        fix = N_("free some space and run again")
    reason = (error.strerror or type(error).__name__).lower()
    return StorageError(N_("can't be written ({reason})"), where=str(path), fix=fix, reason=reason)


def _target(path: Path) -> Path:
    """Return the file that `path` leads to; a link must be ours to be followed."""
    if not path.is_symlink():
        return path
    if owner_problem(path.lstat()):
        raise ConfigError(
            N_("this link belongs to another user"),
            where=str(path),
            fix=N_("keep the token in a file of your own"),
        )
    return Path(os.path.realpath(path))


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _unreadable(path: Path, error: Exception) -> ConfigError:
    reason = (getattr(error, "strerror", None) or type(error).__name__).lower()
    return ConfigError(
        N_("can't be read ({reason})"),
        where=str(path),
        fix=N_("check the path and its rights"),
        reason=reason,
    )

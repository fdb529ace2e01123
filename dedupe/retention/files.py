"""Files in the state folder: seen without following links, removed and replaced whole.

Nothing here opens, follows or removes a link: what a link leads to is not ours. A folder that is
to go is renamed first, so that a kill leaves either all of it or none that anyone would read;
what a kill left is swept the next time.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dedupe.errors import StorageError
from dedupe.language import N_

ASIDE = ".pruned."


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file was when it was looked at: a change since then shows in one of these."""

    inode: int
    size: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Seen:
        """Return the marks of a file."""
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder, by name; nothing of a link or of what is not there."""
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return []
        with os.scandir(folder) as found:
            return sorted(
                (each for each in found if not each.is_symlink()), key=lambda each: each.name
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise refused(folder, error) from error


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all regular files below `folder`, by name."""
    for entry in entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def seen(folder: Path) -> dict[str, Seen]:
    """Return the marks of all files below `folder`, or of the one file."""
    found = folder.lstat()
    if stat.S_ISREG(found.st_mode):
        return {folder.name: Seen.of(found)}
    return {str(path): Seen.of(path.lstat()) for path in files_below(folder)}


def take_away(path: Path) -> None:
    """Remove a file, or a folder with all in it. Raises StorageError; links are not followed."""
    try:
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
        else:
            aside = path.with_name(f"{ASIDE}{secrets.token_hex(4)}")
            path.rename(aside)
            shutil.rmtree(aside)
        sync(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(path, error) from error


def sweep(folder: Path) -> None:
    """Remove what `take_away` had renamed when its process was killed."""
    for entry in entries(folder):
        if entry.name.startswith(ASIDE) and entry.is_dir(follow_symlinks=False):
            with suppress(OSError):
                shutil.rmtree(entry.path)


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file, whole or not at all, with the file's own rights."""
    try:
        mode = stat.S_IMODE(path.lstat().st_mode)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        sync(path.parent)
    except OSError as error:
        raise refused(path, error) from error


def sync(folder: Path) -> None:
    """Make what changed in a folder's list durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refused(path: Path, error: OSError) -> StorageError:
    """Return the error of what the disk or its rights refuse."""
    return StorageError(
        N_("can't be removed or changed ({reason})"),
        where=str(path),
        fix=N_("check its rights, then run this again"),
        reason=(error.strerror or type(error).__name__).lower(),
    )

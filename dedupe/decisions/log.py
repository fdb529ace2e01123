"""decisions.jsonl: read whole, written by adding lines under a lock, each batch synced to disk.

A last line without its end was never acknowledged (the writer was killed in it): it is passed
over when read, and moved aside into decisions.jsonl.torn before the next line is added. Any other
line that is no decision is an error: passing over a rejection would merge two people.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from dedupe.errors import InputError, LockedError, StorageError
from dedupe.language import N_

from .lines import MalformedError, parse_line, render_line
from .values import Decision

FILE_NAME = "decisions.jsonl"
_WAIT_S = 5.0  # another reviewer's write takes milliseconds
_MAX_BYTES = 1 << 30
_BOM = b"\xef\xbb\xbf"


def read_log(path: Path) -> tuple[Decision, ...]:
    """Return the decisions in `path` in the file's order; none where there is no file.

    Raises InputError for a line that is no decision, but for an unfinished last one.
    """
    return _parsed(_content(path), path)


@dataclass(slots=True)
class DecisionLog:
    """The file of one account, for reading and adding. `now` and `who` are told to each line."""

    path: Path
    who: str
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def read(self) -> tuple[Decision, ...]:
        """Return all decisions in the file's order. Raises InputError."""
        return read_log(self.path)

    def made(self, kind: str, **told: object) -> Decision:
        """Return a decision that has its id, moment and author; nothing is written yet."""
        moment = self.now().astimezone(UTC)
        id_ = f"d-{moment:%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
        base = Decision(id=id_, at=moment, who=self.who, kind=kind)
        return replace(base, **told)  # type: ignore[arg-type]  # the fields of Decision

    def append(self, decisions: Sequence[Decision]) -> int:
        """Add lines and return their bytes; when it returns they survive a power cut.

        Raises StorageError, and LockedError where another writer does not make way.
        """
        if not decisions:
            return 0
        lines = "".join(f"{render_line(each)}\n" for each in decisions).encode("utf-8")
        for each in decisions:
            parse_line(render_line(each))  # what we could not read again is never written
        with self._locked():
            try:
                is_new = not self.path.exists()
                _set_torn_aside(self.path)
                _add(self.path, lines)
                if is_new:
                    _sync_folder(self.path.parent)
            except OSError as error:
                raise _refused(self.path, error) from error
        return len(lines)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), mode=0o600)
            lock.acquire(timeout=_WAIT_S)
        except Timeout as error:
            raise LockedError(
                N_("another reviewer is writing to this file"),
                where=str(self.path),
                fix=N_("try again in a moment"),
            ) from error
        except OSError as error:
            raise _refused(self.path, error) from error
        try:
            yield
        finally:
            lock.release()


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    if len(content) > _MAX_BYTES:
        raise InputError(N_("the file is too large"), where=str(path), fix=N_("check the path"))
    return content.removeprefix(_BOM)


def _parsed(content: bytes, path: Path) -> tuple[Decision, ...]:
    *lines, last = content.split(b"\n")
    numbered = list(enumerate(lines, 1))
    found = [_decision(line, f"{path}:{number}") for number, line in numbered if line.strip()]
    if last.strip():
        # The writer was killed in this line, or is still in it.
        with contextlib.suppress(ValueError):
            found.append(parse_line(last.decode("utf-8")))
    return tuple(_once(found))


def _once(decisions: Iterable[Decision]) -> Iterator[Decision]:
    """Yield each decision once: files that were joined may hold a line twice."""
    seen: set[str] = set()
    for each in decisions:
        if each.id not in seen:
            seen.add(each.id)
            yield each


def _decision(line: bytes, where: str) -> Decision:
    try:
        return parse_line(line.decode("utf-8").rstrip("\r"))
    except MalformedError as error:
        raise InputError(
            N_("the line is no decision of this version ({part})"),
            where=where,
            fix=N_("mend the line by hand, or take it out into another file"),
            part=str(error),
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            N_("the text is not UTF-8"), where=where, fix=N_("save the file as UTF-8")
        ) from error


def _set_torn_aside(path: Path) -> None:
    """End an unfinished last line: a whole one gets its end, a torn one goes into another file."""
    if not path.exists():
        return
    content = path.read_bytes()
    if not content or content.endswith(b"\n"):
        return
    start = content.rfind(b"\n") + 1
    try:
        parse_line(content[start:].decode("utf-8"))
    except ValueError:
        _add(path.with_name(f"{path.name}.torn"), content[start:] + b"\n")
        os.truncate(path, start)
    else:
        _add(path, b"\n")


def _add(path: Path, lines: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        left = memoryview(lines)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder can't be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("the decision can't be written ({reason})"),
        where=str(path),
        fix=N_("check the rights and the free space"),
        reason=(error.strerror or type(error).__name__).lower(),
    )

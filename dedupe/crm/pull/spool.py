"""The pages that a pull has read, on disk as they come, so that a kill loses only those under way.

One file of frames, each `magic | header length | body length | digest | header | body`: the
header is JSON, the body the page's tables as Arrow streams, one after the other. The first frame
says what is read (the account, the options, the shape of the tables) and since when.

A frame is whole or it is not there: opening cuts the file where a digest fails. After a kill that
is the frame that was being written; after a power failure it may be more, which are then read
again. So the file is synced every few seconds only, and no page waits for the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import polars as pl

from dedupe.errors import StorageError
from dedupe.language import N_

from .paging import Read

MAGIC = b"crmP"
SYNC_S = 5.0  # a power failure costs the pages of these seconds; a sync costs 1 to 30 ms
_HEAD = struct.Struct("<4sIQ16s")
_LARGEST = 1 << 31  # bytes of a frame: more is a damaged length


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a spool is of: a pull goes on with it only where all but `started` is the same."""

    account_id: str
    host: str
    options: tuple[str, ...]
    shape: str  # of requests and tables: another version of crmclean starts anew
    started: float  # seconds of 1970 by the server's clock

    def is_same(self, other: Subject) -> bool:
        """Tell whether pages of `other` are pages of this."""
        return replace(self, started=0.0) == replace(other, started=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One page in the file: what the paging knows of it, and where its tables are."""

    listing: str
    read: Read
    n_quarantined: int = 0
    offset: int = 0
    sizes: tuple[tuple[str, int], ...] = ()


class Spool:
    """The frames of one pull; `append` may be called by several threads."""

    def __init__(self, path: Path, clock: Callable[[], float] = monotonic) -> None:
        """Open the file at `path`, made where needed; a torn end is cut off."""
        self.path = path
        self.subject: Subject | None = None
        self.marks: set[str] = set()
        self.frames: list[Frame] = []
        self._lock = threading.Lock()
        self._clock, self._synced = clock, clock()
        with _storage(path):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
            self._file = os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)
            self._end = self._load()
            self._file.truncate(self._end)

    def start(self, subject: Subject) -> None:
        """Forget all frames and begin those of `subject`."""
        with self._lock, _storage(self.path):
            self._file.truncate(0)
            self.subject, self.frames, self.marks, self._end = subject, [], set(), 0
            self._write({"kind": "subject", **asdict(subject)}, b"")
            self._sync()

    def append(
        self, listing: str, read: Read, tables: Mapping[str, pl.DataFrame], n_quarantined: int = 0
    ) -> None:
        """Keep a page. Raises StorageError; what was kept before stays."""
        parts = {name: _stream(table) for name, table in tables.items() if table.height}
        sizes = tuple((name, len(part)) for name, part in parts.items())
        header = {
            "kind": "page",
            "listing": listing,
            "read": asdict(read),
            "n_quarantined": n_quarantined,
            "sizes": sizes,
        }
        with self._lock, _storage(self.path):
            offset = self._write(header, b"".join(parts.values()))
            self.frames.append(
                Frame(
                    listing=listing,
                    read=read,
                    n_quarantined=n_quarantined,
                    offset=offset,
                    sizes=sizes,
                )
            )
            if self._clock() - self._synced >= SYNC_S:
                self._sync()

    def mark(self, word: str) -> None:
        """Keep a word about the whole read, as durable as a page."""
        with self._lock, _storage(self.path):
            self._write({"kind": "mark", "word": word}, b"")
            self.marks.add(word)
            self._sync()

    def of(self, listing: str) -> list[Frame]:
        """Return the frames of one list, in the order in which they were written."""
        return [frame for frame in self.frames if frame.listing == listing]

    def tables(self, frame: Frame) -> dict[str, pl.DataFrame]:
        """Read a page's tables back; those without rows are absent."""
        with self._lock, _storage(self.path):
            self._file.seek(frame.offset)
            body = self._read(sum(size for _, size in frame.sizes))
        tables, at = {}, 0
        for name, size in frame.sizes:
            tables[name] = pl.read_ipc_stream(io.BytesIO(body[at : at + size]))
            at += size
        return tables

    def close(self) -> None:
        """Sync and close; the frames stay for the next pull."""
        if not self._file.closed:
            with _storage(self.path):
                self._sync()
                self._file.close()

    def discard(self) -> None:
        """Close, and remove the file: the pages are in a snapshot now, or of no use."""
        with _storage(self.path):
            self._file.close()
            self.path.unlink(missing_ok=True)

    def _load(self) -> int:
        """Take the frames in, up to the first that is not whole; return where that begins."""
        end = 0
        for header, offset, after in self._headers():
            if not self._take(header, offset):
                break
            end = after
        return end

    def _headers(self) -> Iterator[tuple[dict[str, Any], int, int]]:
        at, size = 0, os.fstat(self._file.fileno()).st_size
        while at + _HEAD.size <= size:
            self._file.seek(at)
            magic, n_header, n_body, digest = _HEAD.unpack(self._read(_HEAD.size))
            after = at + _HEAD.size + n_header + n_body
            if magic != MAGIC or n_header + n_body > _LARGEST or after > size:
                return
            payload = self._read(n_header + n_body)
            if _digest(payload) != digest:
                return
            yield json.loads(payload[:n_header]), at + _HEAD.size + n_header, after
            at = after

    def _take(self, header: dict[str, Any], offset: int) -> bool:
        """Take one header in; False for one that this version does not know."""
        kind = header.pop("kind", "")
        try:
            if kind == "subject":
                self.subject = Subject(**{**header, "options": tuple(header["options"])})
            elif kind == "mark":
                self.marks.add(header["word"])
            elif kind == "page":
                self.frames.append(_frame(header, offset))
        except (KeyError, TypeError, ValueError):
            return False
        return self.subject is not None and kind in ("subject", "mark", "page")

    def _write(self, header: dict[str, object], body: bytes) -> int:
        """Write a frame at the end; return where its body begins."""
        text = json.dumps(header).encode()
        frame = _HEAD.pack(MAGIC, len(text), len(body), _digest(text + body)) + text + body
        try:
            self._file.seek(self._end)
            view = memoryview(frame)
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError:
            self._file.truncate(self._end)  # gives the room of a half-written frame back
            raise
        offset = self._end + _HEAD.size + len(text)
        self._end += len(frame)
        return offset

    def _read(self, n: int) -> bytes:
        parts = []
        while n and (part := self._file.read(n)):
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = self._clock()


class _storage:  # noqa: N801  it reads as a function
    """Turn what the disk refuses into a StorageError about `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise StorageError(
                N_("what was read can't be kept here ({reason})"),
                where=str(self._path),
                fix=N_("free space or check the rights; the next pull goes on from what there is"),
                reason=(error.strerror or type(error).__name__).lower(),
            ) from error


def _frame(header: dict[str, Any], offset: int) -> Frame:
    return Frame(
        listing=str(header["listing"]),
        read=Read(**header["read"]),
        n_quarantined=int(header["n_quarantined"]),
        offset=offset,
        sizes=tuple((str(name), int(size)) for name, size in header["sizes"]),
    )


def _stream(table: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    table.write_ipc_stream(sink, compression="lz4")
    return sink.getvalue()


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()

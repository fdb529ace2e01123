"""What happened: the requests that came and the effects that they had.

Requests are kept up to a number, effects all of them: a test compares them with what
a client believes. With a file each effect is a line of JSON in it, written before the
answer goes out.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dedupe.errors import StorageError
from dedupe.language import N_

from .reply import Effect

_KEPT = 100_000  # requests; a full pull of a large account is a few thousand


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it was answered; `status` is 0 where the connection was cut instead."""

    at: float  # seconds of a clock that never goes back
    method: str
    path: str
    status: int
    id: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One effect, numbered from 1, with the time of the account and the request behind it."""

    seq: int
    at: int
    request_id: str
    effect: Effect


class RequestLog:
    """The latest requests, and counts of all."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._seen: deque[Seen] = deque(maxlen=kept)
        self.n = 0
        self.statuses: Counter[int] = Counter()

    def add(self, seen: Seen) -> None:
        """Note a request."""
        self._seen.append(seen)
        self.n += 1
        self.statuses[seen.status] += 1

    def latest(self) -> list[Seen]:
        """Return the requests that are kept, oldest first."""
        return list(self._seen)


class EffectLog:
    """All effects, in memory and in a file where one is named."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the file; it is added to. Raises StorageError."""
        self._happened: list[Happened] = []
        self._file: BinaryIO | None = _opened(path) if path is not None else None

    def add(self, effects: Iterable[Effect], at: int, request_id: str) -> None:
        """Note the effects of one request."""
        for effect in effects:
            entry = Happened(len(self._happened) + 1, at, request_id, effect)
            self._happened.append(entry)
            if self._file is not None:
                self._file.write(msgspec.json.encode(plain(entry)) + b"\n")
                self._file.flush()

    def all(self) -> list[Happened]:
        """Return every effect, oldest first."""
        return list(self._happened)

    def __len__(self) -> int:
        return len(self._happened)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def plain(entry: Happened) -> dict[str, Any]:
    """Return an effect as one JSON object."""
    effect = entry.effect
    return {
        "seq": entry.seq,
        "at": entry.at,
        "request_id": entry.request_id,
        "kind": effect.kind,
        "entity": effect.entity,
        "id": effect.id,
        "before": effect.before,
        "after": effect.after,
    }


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("ab")
    except OSError as error:
        raise StorageError(
            N_("the effects can't be written ({reason})"),
            where=str(path),
            fix=N_("name a file in a folder that you may write to"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error

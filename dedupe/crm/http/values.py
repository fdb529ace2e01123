"""What the transport is given and what it gives: tokens, answers, outcomes, figures."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dedupe.errors import CrmCleanError


class TokenSource(Protocol):
    """Who keeps the token of an account."""

    def token(self) -> str:
        """Return the access token to send now; raises SignInError."""

    def renew(self, stale: str) -> str:
        """Return a fresh token after the CRM refused `stale`, else raise SignInError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: `body` is b"" for 204, `headers` have lower-case names.

    `date` is the server's clock, None where it did not tell.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]
    date: datetime | None


class Outcome(StrEnum):
    """What became of a write."""

    DONE = "done"
    REFUSED = "refused"  # definitely not carried out
    UNSENT = "unsent"  # not carried out; may be sent again
    UNKNOWN = "unknown"  # may have been carried out: read back before anything else


@dataclass(frozen=True, slots=True)
class Sent:
    """A write's outcome; `answer` when it is DONE (202 means accepted, not done), else `error`."""

    outcome: Outcome
    answer: Answer | None = None
    error: CrmCleanError | None = None


@dataclass(slots=True)
class Stats:
    """What a transport did so far; `n_bytes` as they came over the wire."""

    n_requests: int = 0
    n_retries: int = 0
    n_limited: int = 0
    n_bytes: int = 0
    waited_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(
        self,
        *,
        n_requests: int = 0,
        n_retries: int = 0,
        n_limited: int = 0,
        n_bytes: int = 0,
        waited_s: float = 0.0,
    ) -> None:
        """Add to the figures; threads share them."""
        with self._lock:
            self.n_requests += n_requests
            self.n_retries += n_retries
            self.n_limited += n_limited
            self.n_bytes += n_bytes
            self.waited_s += waited_s

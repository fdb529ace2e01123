"""What the server asks of a CRM: an answer to every request, and a state to look at."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import Any, Protocol

from .reply import Reply, Request


class Crm(Protocol):
    """One CRM's imitation. `answer` is called by one thread at a time, under `lock`."""

    @property
    def lock(self) -> RLock:
        """Hold this while the state is read or changed beside the server."""

    def answer(self, request: Request) -> Reply:
        """Answer a request; an unknown path or a missing token is the CRM's to refuse."""

    def over_limit(self) -> Reply:
        """Return what the CRM says to one request too many."""

    def blocked(self) -> Reply:
        """Return what the CRM shows to who did not heed its limit."""

    def peek(self, kind: str, id_: str) -> Any:  # noqa: ANN401  JSON of any shape
        """Return a record as JSON for a test in another process; None when there is none."""

    def counts(self) -> Mapping[str, int]:
        """Return how many records of each kind there are."""

    def change(self, order: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON of any shape
        """Change the state as a person does in the CRM's own pages. Raises ValueError."""

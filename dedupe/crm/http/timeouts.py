"""How long each part of a request may take, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits of one request; every default has its reason beside it."""

    connect: float = 10.0  # a far network and a TLS handshake; amoCRM's own library waits 5
    pool: float = 10.0  # for a free connection: only more threads than connections wait at all
    write: float = 20.0  # a batch of 250 records over a poor line
    read: float = 40.0  # silence: a page of 250 deals with their contacts may take long to begin
    total: float = 90.0  # whatever trickles in; a page that takes longer is a fault

    @property
    def hold(self) -> float:
        """Return how long a request may hold its place in the window, all parts included."""
        return self.total + self.connect


BODY_BYTES = 64 * 1024 * 1024  # a page of 250 records has about 1 MB

"""The page's server: in a thread of its own, on a free port of loopback, until it is left alone."""

from __future__ import annotations

import socket
import threading

import uvicorn

from dedupe.errors import StorageError
from dedupe.language import N_

from .app import Review
from .deck import Deck
from .gate import Gate
from .thresholds import Thresholds
from .values_deck import ValuesDeck
from .values_queue import ValuesQueue

_HOST = "127.0.0.1"
_STEP_S = 0.2
_WAIT_S = 5.0


class ReviewServer:
    """Serves a deck until closed. The port is open as soon as the object exists."""

    def __init__(
        self,
        deck: Deck,
        thresholds: Thresholds,
        gate: Gate | None = None,
        *,
        values: ValuesDeck | None = None,
    ) -> None:
        """Open a free port of 127.0.0.1. Raises StorageError where the system has none."""
        self.gate = gate or Gate()
        self._socket = _listening()
        self.gate.port = self._socket.getsockname()[1]
        self.gate.last_seen = self.gate.clock()
        if values is None:
            values = ValuesDeck(ValuesQueue(), deck.ledger)
        config = uvicorn.Config(
            Review(deck, values, self.gate, thresholds).asgi(),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crmclean-review", daemon=True)
        self._thread.start()

    def __enter__(self) -> ReviewServer:
        """Return the server itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    @property
    def url(self) -> str:
        """Return the address with its one-time token."""
        return f"http://{_HOST}:{self.gate.port}/?token={self.gate.token}"

    def wait(self) -> str:
        """Wait for the end and return why: finished, idle or ended; an interrupt gets through."""
        # In short steps: polars has SIGINT restart a blocking wait, so Ctrl-C would never end it.
        while not self._ended.wait(_STEP_S):
            if self.gate.is_closed:
                self._ended.wait(_STEP_S)  # the last answer is still on its way
                return "finished"
            if self.gate.is_idle():
                return "idle"
        return "ended"

    def close(self) -> None:
        """End the server; connections that are open are closed."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_WAIT_S)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended.set()


def _listening() -> socket.socket:
    # Named as TCP, asyncio turns Nagle's delay off: without it every answer takes 40 ms more.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.bind((_HOST, 0))
        found.listen(64)
    except OSError as error:
        found.close()
        raise StorageError(
            N_("no port of this machine can be opened ({reason})"),
            where=_HOST,
            fix=N_("use the workbook instead: crmclean review --export FILE.xlsx"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error
    return found

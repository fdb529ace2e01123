"""A clock that only moves when somebody waits, a token source, scripted answers, a raw server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

import httpx

from dedupe.crm.http import RequestWindow, Transport
from dedupe.errors import SignInError

BASE = "https://demo.crm.example"


class Clock:
    """Seconds that pass by waiting alone."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class Tokens:
    """Hands out tokens in order; a renewal goes to the next, and past the last is refused."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens or ("token-one",))
        self.n_renewed = 0

    def token(self) -> str:
        return self.tokens[0]

    def renew(self, stale: str) -> str:
        self.n_renewed += 1
        if len(self.tokens) == 1:
            raise SignInError("no more tokens")
        if self.tokens[0] == stale:
            self.tokens.pop(0)
        return self.tokens[0]


Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script(httpx.BaseTransport):
    """Gives the scripted answers in order, the last one for ever."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps[min(len(self.requests), len(self.steps)) - 1]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return step
        return step(request)


def answers(*steps: Step, tokens: Tokens | None = None, clock: Clock | None = None, **options):
    """Return a transport over scripted answers, the script and the clock."""
    clock = clock or Clock()
    script = Script(steps)
    window = options.pop("window", None) or RequestWindow(None, 1000, 0.001, clock=clock)
    transport = Transport(
        options.pop("base", BASE),
        tokens or Tokens(),
        window,
        clock=clock,
        sleep=clock.sleep,
        rand=options.pop("rand", lambda: 1.0),
        transport=script,
        **options,
    )
    return transport, script, clock


def ok(**options) -> httpx.Response:
    return httpx.Response(200, json={"fine": True}, **options)


HTML = "<html><head><style>b{}</style></head><body><h1>403 Forbidden</h1></body></html>"


def html(status: int) -> httpx.Response:
    return httpx.Response(status, html=HTML)


def problem(status: int, **facts) -> httpx.Response:
    return httpx.Response(status, json={"status": status, **facts})


class RawServer:
    """Answers each connection by `serve(connection, number)`; for what no web server would do."""

    def __init__(self, serve: Callable[[socket.socket, int], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.n = 0
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.n += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._run, args=(connection, self.n), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            self._serve(connection, number)

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in [self._acceptor, *self._threads]:
            thread.join(5)


def read_head(connection: socket.socket) -> bytes:
    """Read up to the end of a request's head; b"" when the other side closed."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return b""
        head += piece
    return head


def page(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fullest(arrivals: list[float], window_s: float) -> int:
    """Return the most arrivals that fall into one window."""
    most, first = 0, 0
    for last, moment in enumerate(arrivals):
        while moment - arrivals[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most

"""The sockets under a request: a deadline for the whole of it, and httpcore's errors as httpx's.

httpx has a limit for each read and none for all of them: a server that sends one
byte a second, in the head or in the body, would hold a request for days. So
every read and write here is cut by what is left until `deadline`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import httpcore
import httpx

from dedupe.errors import ConfigError
from dedupe.language import N_

from .framing import Framing

_CONNECTIONS = 32  # more threads than the window has places
_KEEP_S = 4.0  # many servers close an idle connection after 5 s; a request sent then is lost

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


class DeadlineReachedError(httpcore.ReadTimeout):
    """The request as a whole took too long."""


@contextmanager
def deadline(at: float) -> Iterator[None]:
    """End every read and write of this thread when the pool's clock shows `at`."""
    token = _deadline.set(at)
    try:
        yield
    finally:
        _deadline.reset(token)


class _Stream(httpcore.NetworkStream):
    """A stream whose reads and writes end at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, clock: Callable[[], float]) -> None:
        self._inner, self._clock = inner, clock
        self._framing = Framing()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            piece = self._inner.read(max_bytes, _left(timeout, self._clock))
        except httpcore.ReadTimeout:
            _left(timeout, self._clock)  # tells the deadline from mere silence
            raise
        self._framing.feed(piece)
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._framing.n_bytes:
            self._framing = Framing()
        self._inner.write(buffer, _left(timeout, self._clock))

    def close(self) -> None:
        # Closing alone would leave a thread that reads from it waiting for its time limit.
        with suppress(OSError):
            self._inner.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, self._clock)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable" and self._framing.has_remainder:
            return True  # the pool asks before it uses a connection again
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """TCP as httpcore makes it, with the deadline."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._inner, self._clock = httpcore.SyncBackend(), clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, self._clock)
        inner = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(inner, self._clock)


class _Body(httpx.SyncByteStream):
    """The body of an answer, in the pieces that came."""

    def __init__(self, inner: httpcore.Response) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._inner.iter_stream()

    def close(self) -> None:
        self._inner.close()


class NetworkTransport(httpx.BaseTransport):
    """Sends one request over a pool of connections; thread-safe; follows and remembers nothing."""

    def __init__(self, clock: Callable[[], float], proxy: str | None = None) -> None:
        kinds = {
            "ssl_context": _trust(),
            "max_connections": _CONNECTIONS,
            "max_keepalive_connections": _CONNECTIONS,
            "keepalive_expiry": _KEEP_S,
            "network_backend": _Backend(clock),
        }
        self._pool = _pool(proxy, kinds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the answer's body is read by the caller, who closes the answer."""
        url = request.url
        inner = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = self._pool.handle_request(inner)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _trust() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as error:  # SSL_CERT_FILE or SSL_CERT_DIR name something else
        raise ConfigError(
            N_("the certificates that it names can't be read"),
            where="SSL_CERT_FILE",
            fix=N_("mend or unset the variable"),
        ) from error


def _pool(proxy: str | None, kinds: dict[str, object]) -> httpcore.ConnectionPool:
    if proxy is None:
        return httpcore.ConnectionPool(**kinds)  # type: ignore[arg-type]  # kept in one place
    parts = httpx.Proxy(proxy)
    return httpcore.HTTPProxy(
        proxy_url=str(parts.url),
        proxy_auth=parts.raw_auth,
        **kinds,  # type: ignore[arg-type]  # kept in one place
    )


def _left(timeout: float | None, clock: Callable[[], float]) -> float | None:
    at = _deadline.get()
    if at is None:
        return timeout
    left = at - clock()
    if left <= 0:
        raise DeadlineReachedError("the request as a whole took too long")
    return left if timeout is None else min(left, timeout)


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _twin(type(error))(str(error)) from error
    except (httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
        raise _twin(type(error))(str(error)) from error
    except httpcore.ConnectionNotAvailable as error:
        raise httpx.PoolTimeout(str(error)) from error


def _twin(kind: type[Exception]) -> type[httpx.TransportError]:
    """Return httpx's error of the same name, or of the nearest base that has one."""
    for base in kind.__mro__:
        twin = getattr(httpx, base.__name__, None)
        if isinstance(twin, type) and issubclass(twin, httpx.TransportError):
            return twin
    return httpx.TransportError

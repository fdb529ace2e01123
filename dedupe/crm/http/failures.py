"""What went wrong when no whole answer came: was the request sent, and what to tell.

Of a request whose connection was never made it is certain that the CRM did not
see it; of any other it is not.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from dedupe.errors import RemoteError
from dedupe.language import N_, tr

from .network import DeadlineReachedError
from .policy import Verdict

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def verdict_of(error: httpx.HTTPError) -> Verdict:
    """Return what is to be done about `error`."""
    if _certificate(error):
        return Verdict.STOPPED
    return Verdict.UNSENT if isinstance(error, _UNSENT) else Verdict.UNKNOWN


def told_failure(error: httpx.HTTPError, where: str) -> RemoteError:
    """Return `error` as the one line that a user sees."""
    certificate = _certificate(error)
    if certificate is not None:
        return RemoteError(
            N_("the certificate of this address can't be trusted ({reason})"),
            where=where,
            fix=N_("check the address, this machine's clock and the proxy it is behind"),
            reason=str(getattr(certificate, "verify_message", "?")).lower(),
        )
    return RemoteError(
        N_("no answer from the CRM ({reason})"),
        where=where,
        fix=N_("check the address and the network, then run the command again"),
        reason=_reason(error),
    )


def _reason(error: httpx.HTTPError) -> str:
    causes = list(_chain(error))
    if any(isinstance(e, DeadlineReachedError) for e in causes):
        return tr(N_("it came too slowly"))
    if any(isinstance(e, socket.gaierror) for e in causes):
        return tr(N_("no such host name, or no name server"))
    if any(isinstance(e, ConnectionRefusedError) for e in causes):
        return tr(N_("connection refused"))
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return tr(words)
    return type(error).__name__


_WORDS: dict[type[httpx.HTTPError], str] = {
    httpx.ConnectTimeout: N_("the connection took too long"),
    httpx.PoolTimeout: N_("all connections are busy"),
    httpx.ProxyError: N_("the proxy refused"),
    httpx.TimeoutException: N_("it took too long"),
    httpx.RemoteProtocolError: N_("the connection was cut, or it is no web server"),
    httpx.ConnectError: N_("no connection"),
    httpx.NetworkError: N_("the connection was cut"),
}


def _certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__

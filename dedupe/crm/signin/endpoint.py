"""amoCRM's token endpoint: a code or a refresh token in, a pair of tokens out.

One request, never repeated here: who calls decides, because a refresh token is spent
by the first request that arrives, whether or not its answer does. Hence three
outcomes: tokens; `LostAnswerError`, when the token may have been spent; any other error, when it
surely was not. `BusyError` is one of the last kind, and says when to ask again.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

import httpx
import msgspec

from dedupe.config import is_amocrm_host, is_loopback
from dedupe.crm.http.network import NetworkTransport, deadline
from dedupe.crm.http.wire import pause_asked
from dedupe.errors import ConfigError, RemoteError, SignInError
from dedupe.language import N_

from .claims import read_claims
from .clock import Instant, Now, now
from .secret import clean_secret
from .store import Tokens, is_life

PATH = "/oauth2/access_token"
_SUBDOMAIN_PATH = "/oauth2/account/current/subdomain"
_BODY_BYTES = 256 * 1024  # the answer has some 3,000
_TOTAL_S = 60.0  # whatever trickles in; the answer is small
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_LOG_IN = N_("run: crmclean auth login")


class LostAnswerError(Exception):
    """The request may have been carried out, and its answer did not reach us. Never shown."""


class BusyError(RemoteError):
    """The server takes no sign-ins now (429, 503); `pause_s` is what Retry-After asks for."""

    def __init__(self, host: str, status: int, pause_s: float | None) -> None:
        super().__init__(
            N_("the CRM is busy ({status})"),
            where=host,
            fix=N_("run again in a minute"),
            status=status,
        )
        self.pause_s = pause_s


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back; `pause_s` is what Retry-After asks for."""

    status: int
    body: bytes
    is_json: bool
    pause_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """The OAuth integration that the tokens are for."""

    client_id: str
    redirect_uri: str
    client_secret: str = field(repr=False)


class TokenEndpoint:
    """The token endpoint of the account at `base_url`."""

    def __init__(
        self,
        base_url: str,
        integration: Integration,
        *,
        proxy: str | None = None,
        transport: httpx.BaseTransport | None = None,
        instant: Now = now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url, self._integration = base_url, integration
        self._proxy, self._transport = proxy, transport
        self._now, self._clock = instant, clock
        self.host = urlsplit(base_url).netloc

    def exchange(self, code: str) -> Tokens:
        """Spend an authorization code. Raises LostAnswerError, SignInError, RemoteError."""
        return self._ask({"grant_type": "authorization_code", "code": code})

    def refresh(self, refresh: str) -> Tokens:
        """Spend a refresh token. Raises LostAnswerError, SignInError, RemoteError."""
        return self._ask({"grant_type": "refresh_token", "refresh_token": refresh})

    def current_host(self, tokens: Tokens) -> str | None:
        """Return the host the account has now, None where it can't be learnt.

        The refresh token goes only to a host of amoCRM's that the access token names.
        """
        domain = read_claims(tokens.access).api_domain
        if domain is None or tokens.refresh is None or is_loopback(self._base_url):
            return None
        try:
            headers = {"X-Refresh-Token": tokens.refresh}
            answer = self._send("GET", f"https://{domain}{_SUBDOMAIN_PATH}", headers, b"")
        except (LostAnswerError, RemoteError):
            return None
        found = _object(answer.body) if answer.status == 200 else {}
        host = found.get("domain")
        return host if isinstance(host, str) and is_amocrm_host(host) else None

    def _ask(self, grant: Mapping[str, str]) -> Tokens:
        sent_at = self._now()  # the token's life began no earlier: measured so, it is never longer
        body = msgspec.json.encode(
            {
                "client_id": self._integration.client_id,
                "client_secret": self._integration.client_secret,
                "redirect_uri": self._integration.redirect_uri,
                **grant,
            }
        )
        answer = self._send("POST", self._base_url + PATH, {}, body)
        if answer.status != 200:
            _refuse(self.host, answer)
        return self._tokens(_object(answer.body), sent_at)

    def _tokens(self, answer: Mapping[str, object], sent_at: Instant) -> Tokens:
        access, refresh, life = (
            answer.get(k) for k in ("access_token", "refresh_token", "expires_in")
        )
        if not (isinstance(access, str) and isinstance(refresh, str) and is_life(life)):
            raise LostAnswerError
        try:
            return Tokens(
                host=self.host,
                received=sent_at,
                access=clean_secret(access, self.host),
                refresh=clean_secret(refresh, self.host),
                expires_in_s=float(str(life)),
            )
        except ConfigError:
            raise LostAnswerError from None

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> _Answer:
        """Return what came back; redirects are never followed."""
        # Not compressed: a small answer can't then grow large in our hands.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        if body:
            headers["Content-Type"] = "application/json"
        ends_at = self._clock() + _TOTAL_S
        try:
            with (
                deadline(ends_at),
                self._client() as client,
                client.stream(method, url, headers=headers, content=body or None) as answer,
            ):
                pause_s = pause_asked(answer.headers, None)
                content = self._read(answer, ends_at)
                return _Answer(answer.status_code, content, _is_json(answer), pause_s)
        except _UNSENT as error:
            raise _unreachable(self.host, error) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise LostAnswerError from error

    def _client(self) -> httpx.Client:
        transport = self._transport or NetworkTransport(self._clock, self._proxy)
        return httpx.Client(
            transport=transport, timeout=_TIMEOUT, follow_redirects=False, trust_env=False
        )

    def _read(self, answer: httpx.Response, ends_at: float) -> bytes:
        body = b""
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _BODY_BYTES or self._clock() > ends_at:
                raise LostAnswerError
        return body


def _object(body: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_json(answer: httpx.Response) -> bool:
    return "json" in answer.headers.get("content-type", "").lower()


def _refuse(host: str, answer: _Answer) -> NoReturn:
    """Raise what a status other than 200 means."""
    status = answer.status
    if status in (400, 401):
        raise _refusal(host, answer.body)
    if status == 402:
        raise SignInError(
            N_("the account is not paid for"), where=host, fix=N_("ask the account's owner")
        )
    if status == 403 and answer.is_json:
        raise SignInError(
            N_("the CRM forbids this integration or this machine (403)"),
            where=host,
            fix=N_("check the integration and the account's list of allowed addresses"),
        )
    if status == 403:
        raise RemoteError(
            N_("the CRM blocks this machine (403)"), where=host, fix=N_("wait an hour; run again")
        )
    if status in (429, 503):
        raise BusyError(host, status, answer.pause_s)
    if status == 404 or 300 <= status < 400:
        raise MovedError(host)
    if status in (408, 425) or status >= 500 or status < 300:
        raise LostAnswerError
    raise RemoteError(
        N_("the CRM's sign-in answers {status}"),
        where=host,
        fix=N_("check the address in the config"),
        status=status,
    )


class MovedError(SignInError):
    """There is no account at this address, or it answers with another."""

    def __init__(self, host: str) -> None:
        super().__init__(
            N_("there is no such account at this address"),
            where=host,
            fix=N_("check url in the config; an account's address may be changed by its owner"),
        )


class RefusedGrantError(SignInError):
    """The code or the refresh token is spent, revoked or too old."""

    def __init__(self, host: str) -> None:
        super().__init__(
            N_("the CRM does not accept this sign-in any more"), where=host, fix=_LOG_IN
        )


def _refusal(host: str, body: bytes) -> SignInError:
    """Return the error for a definite no; the body is looked at and never shown."""
    words = " ".join(str(v) for v in _object(body).values() if isinstance(v, str)).lower()
    if "invalid_client" in words or "client auth" in words or "client_secret" in words:
        return SignInError(
            N_("the CRM does not know this client_id with this client_secret"),
            where=host,
            fix=N_("copy both from the integration's page once more"),
        )
    return RefusedGrantError(host)


def _unreachable(host: str, error: Exception) -> RemoteError:
    causes: list[BaseException | None] = [error, error.__cause__, error.__context__]
    causes += [c.__cause__ or c.__context__ for c in causes if c is not None]
    is_untrusted = any(isinstance(c, ssl.SSLCertVerificationError) for c in causes)
    if is_untrusted or "CERTIFICATE_VERIFY_FAILED" in str(error):
        return RemoteError(
            N_("its certificate can't be trusted; nothing was sent"),
            where=host,
            fix=N_("check the address, the clock and the proxy of this machine"),
        )
    return RemoteError(
        N_("can't be reached; nothing was sent"),
        where=host,
        fix=N_("check the network and the address in the config"),
    )

"""Who may speak to the page: one browser on this machine, and no other page in it.

The address holds a token of 256 bits that works once and becomes a cookie. A request must name
this very host (a foreign name that was made to point here does not pass), may not come from
another site, and changes something only with the page's own Origin and secret. Ten wrong tokens
end the server, as do thirty minutes without a request.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dedupe.language import N_, tr

MAX_WRONG = 10
IDLE_S = 30 * 60.0
_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# With "no-referrer" a browser hides the Origin of a form, too, and the form needs it here; to
# other hosts "same-origin" tells as little.
_HEADERS = (
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


@dataclass(slots=True)
class Gate:
    """What lets a request in. `port` is set when the server has one; `clock` is monotonic."""

    port: int = 0
    clock: Callable[[], float] = time.monotonic
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    is_used: bool = False
    n_wrong: int = 0
    is_closed: bool = False
    last_seen: float = 0.0

    @property
    def cookie(self) -> str:
        """Return the cookie's name: browsers share cookies between the ports of a host."""
        return f"crmclean_review_{self.port}"

    def is_idle(self) -> bool:
        """Tell whether nobody has asked for anything for so long that the page is forgotten."""
        return self.clock() - self.last_seen > IDLE_S

    def is_host(self, host: str) -> bool:
        """Tell whether the Host header is one of this server's own names."""
        return host in {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    def is_csrf(self, told: str) -> bool:
        """Tell whether this is the page's own secret."""
        return hmac.compare_digest(told.encode(), self.csrf.encode())

    def has_cookie(self, header: str) -> bool:
        """Tell whether the browser is the one that the token was given to."""
        try:
            found = SimpleCookie(header).get(self.cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(
            found.value.encode(), self.session.encode()
        )

    def takes(self, token: str) -> bool:
        """Tell whether the token is right and new; count the wrong ones."""
        is_right = hmac.compare_digest(token.encode(), self.token.encode())
        if is_right and not self.is_used:
            self.is_used = True
            return True
        if not is_right:
            self.n_wrong += 1
            self.is_closed |= self.n_wrong >= MAX_WRONG
        return False


def guarded(app: ASGIApp, gate: Gate) -> ASGIApp:
    """Return `app` behind the gate; every answer has the headers that keep it to itself."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        sending = _with_headers(send)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        gate.last_seen = gate.clock()
        status, extra = _judge(gate, scope, headers)
        if status == 0:
            await app(scope, receive, sending)
            return
        await _answer(sending, status, extra)

    return inner


def _judge(
    gate: Gate, scope: Scope, headers: dict[str, str]
) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Return 0 for a request that may pass, else the status to refuse or redirect it with."""
    host = headers.get("host", "")
    if gate.is_closed or not gate.is_host(host):
        return 403, []
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return 403, []
    method, has_cookie = scope["method"], gate.has_cookie(headers.get("cookie", ""))
    if method in ("GET", "HEAD"):
        return _judge_reading(gate, scope, has_cookie=has_cookie)
    if method != "POST":
        return 405, []
    is_own = has_cookie and headers.get("origin", "") == f"http://{host}"
    return (0 if is_own else 403), []


def _judge_reading(
    gate: Gate, scope: Scope, *, has_cookie: bool
) -> tuple[int, list[tuple[bytes, bytes]]]:
    asked = parse_qs(scope["query_string"].decode("latin-1")) if scope["path"] == "/" else {}
    token = next(iter(asked.get("token", ())), None)
    if token is None:
        return (0 if has_cookie else 403), []
    if gate.takes(token):
        cookie = f"{gate.cookie}={gate.session}; Path=/; HttpOnly; SameSite=Strict"
        return 303, [(b"location", b"/"), (b"set-cookie", cookie.encode())]
    return (303, [(b"location", b"/")]) if has_cookie else (403, [])


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in _HEADERS}
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in own]
            message = {**message, "headers": [*kept, *_HEADERS]}
        await send(message)

    return sending


async def _answer(send: Send, status: int, extra: list[tuple[bytes, bytes]]) -> None:
    words = {
        403: tr(N_("This page is for the browser that crmclean review opened. Start it again.")),
        405: tr(N_("This page takes no such request.")),
    }
    body = words.get(status, "").encode()
    kind = (b"content-type", b"text/plain; charset=utf-8")
    length = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": status, "headers": [kind, length, *extra]}
    await send(start)
    await send({"type": "http.response.body", "body": body})

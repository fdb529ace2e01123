"""Notices by HTTP: webhooks of the user's own, and Telegram. The one module of policies that may.

A webhook's address is as secret as a token: no message names it. A redirect is not followed, as
it would take the document elsewhere. Plain http is for this machine only; private addresses are
the owner's choice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from dedupe.config import is_loopback
from dedupe.config.notices import ChatTarget, HookTarget
from dedupe.crm.http import hide, proxy_for
from dedupe.crm.http.clock import boot_clock
from dedupe.crm.http.failures import told_failure
from dedupe.crm.http.network import NetworkTransport, deadline
from dedupe.errors import ConfigError
from dedupe.language import N_

from .delivery import TIMEOUT_S, WHOLE_S, DeliveryError, Envelope, Tools, secret_at, user_agent
from .forms import short_text, telegram_text
from .notice import notice_document

_LATER = (408, 425, 429)
_ANSWER_BYTES = 64_000
_MAX_URL = 2_000


class Hook:
    """Posts the notice's document to one address, signed where the target has a secret."""

    def __init__(self, name: str, target: HookTarget, tools: Tools) -> None:
        self._name, self._target, self._tools = name, target, tools

    def send(self, envelope: Envelope) -> str:
        """Post it once. Raises DeliveryError."""
        url = checked_url(secret_at(self._target.url, self._name, "url", self._tools))
        body = hook_body(envelope)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": envelope.notice.id,
            "X-Crmclean-Notice": envelope.notice.id,
        }
        if self._target.secret is not None:
            secret = secret_at(self._target.secret, self._name, "secret", self._tools)
            at = int(self._tools.now().timestamp())
            headers["X-Crmclean-Signature"] = signature(secret, at, body)
        status, answer, _ = post(url, body, headers, self._tools.environ)
        check_status(status, answer)
        return ""


class Chat:
    """Writes the notice into a chat of Telegram."""

    def __init__(self, name: str, target: ChatTarget, tools: Tools) -> None:
        self._name, self._target, self._tools = name, target, tools

    def send(self, envelope: Envelope) -> str:
        """Write it once. Raises DeliveryError."""
        token = secret_at(self._target.token, self._name, "token", self._tools)
        told = {
            "chat_id": self._target.chat_id,
            "text": telegram_text(envelope.letter),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        url = f"{self._target.api.rstrip('/')}/bot{quote(token, safe=':')}/sendMessage"
        headers = {"Content-Type": "application/json"}
        body = json.dumps(told, ensure_ascii=False).encode()
        status, answer, content = post(url, body, headers, self._tools.environ)
        check_status(status, answer, wait_s=_asked_wait(content))
        if content.get("ok") is not True:
            raise DeliveryError(N_("the answer is not one of Telegram's"), is_final=True)
        return ""


def hook_body(envelope: Envelope) -> bytes:
    """Return the document that is posted: the notice, and its short text for chats that show it."""
    letter = envelope.letter
    told = notice_document(envelope.notice) | {
        "language": letter.language,
        "subject": letter.subject,
        "text": short_text(letter),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, at: int, body: bytes) -> str:
    """Return "t=<seconds>,v1=<hex>": HMAC-SHA256 of "<seconds>." and the body, by the secret."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def checked_url(url: str) -> str:
    """Return an address that may be posted to. Raises DeliveryError, which does not show it."""
    try:
        parts = urlsplit(url)
        is_fit = len(url) <= _MAX_URL and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fit = False
    if not is_fit or parts.username is not None or "\\" in url or '"' in url:
        raise DeliveryError(N_("its address is not one of the web"), is_final=True)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise DeliveryError(N_("https is required except for loopback"), is_final=True)
    for piece in (parts.path.strip("/"), parts.query):
        hide(piece)  # the part of a hook's address that is its key
    return url


def post(
    url: str, body: bytes, headers: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """Post and return the status, the headers and the JSON object of the answer, if it is one."""
    with _told_errors():
        transport = NetworkTransport(boot_clock, proxy_for(url, environ))
        client = httpx.Client(
            transport=transport, timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
        )
        with client, deadline(boot_clock() + WHOLE_S):
            sent = {"User-Agent": user_agent(), **headers}
            with client.stream("POST", url, content=body, headers=sent) as answer:
                return answer.status_code, answer.headers, _object(_read(answer))


def check_status(status: int, headers: Mapping[str, str], *, wait_s: float | None = None) -> None:
    """Raise DeliveryError unless the other side took it."""
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        problem = N_("it was sent elsewhere by a redirect ({status}), which is not followed")
        raise DeliveryError(problem, is_final=True, status=status)
    is_final = status < 500 and status not in _LATER
    after = headers.get("Retry-After", "")
    asked = wait_s if wait_s is not None else float(after) if after.isdecimal() else None
    problem = N_("the other side refused it ({status})")
    raise DeliveryError(problem, is_final=is_final, wait_s=asked, status=status)


def _read(answer: httpx.Response) -> bytes:
    content = b""
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > _ANSWER_BYTES:
            return b""  # taken or not, the status tells
    return content


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _asked_wait(content: Mapping[str, Any]) -> float | None:
    parameters = content.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return float(seconds) if isinstance(seconds, int) else None


@contextmanager
def _told_errors() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:  # a proxy or certificates that the environment names wrongly
        raise DeliveryError(N_("{reason}"), is_final=True, reason=str(error)) from None
    except httpx.HTTPError as error:
        told = told_failure(error, "")
        reason = told.facts.get("reason", type(error).__name__)
        is_final = "certificate" in told.problem
        problem = (
            N_("the certificate of this address can't be trusted ({reason})")
            if is_final
            else N_("no answer ({reason})")
        )
        raise DeliveryError(problem, is_final=is_final, reason=reason) from None
    except (httpx.InvalidURL, httpx.StreamError, UnicodeError):
        raise DeliveryError(N_("its address is not one of the web"), is_final=True) from None

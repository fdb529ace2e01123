"""Who may come in: long-lived tokens, and the tokens of OAuth with their single use.

An access token says whom it belongs to. An authorization code works once, a refresh
token works once: the pair that it returns replaces the old one. Tokens look as the
API's: a JWT whose claims can be read; the signature is not one that others check.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dedupe.sandbox.server.reply import JSON, PROBLEM, Reply

_CODE_LIVES_S = 20 * 60
_REFRESH_LIVES_S = 90 * 86_400
_TYPE = "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code or a token stands for; `until` is a Unix time, None for one without an end."""

    user_id: int
    until: int | None
    client_id: str = ""


class Keys:
    """The codes and tokens of one account.

    Without any `tokens` every bearer token that is not one of OAuth's is taken, as that of an
    administrator: a client under test needs no set-up.
    """

    def __init__(
        self,
        account_id: int,
        host: str,
        clock: Callable[[], int],
        *,
        admin: int,
        tokens: Mapping[str, int] | None = None,
        lives_s: int = 86_400,
        secret: str = "sandbox",
    ) -> None:
        self._account_id, self._host, self._clock = account_id, host, clock
        self._admin, self._lives_s, self._secret = admin, lives_s, secret
        self._is_open = not tokens
        self._access = {token: Grant(user, None) for token, user in (tokens or {}).items()}
        self._refresh: dict[str, Grant] = {}
        self._codes: dict[str, Grant] = {}
        self._dead: set[str] = set()
        self._n = 0

    def owner(self, token: str) -> int | None:
        """Return whom an access token belongs to; None when it is unknown, ended or revoked."""
        if not token or token in self._dead:
            return None
        grant = self._access.get(token)
        if grant is None:
            return self._admin if self._is_open and token.count(".") != 2 else None
        return None if self._is_over(grant) else grant.user_id

    def allow(self, token: str, user_id: int | None = None) -> None:
        """Take a long-lived token, of an administrator where no user is named."""
        self._access[token] = Grant(user_id or self._admin, None)
        self._dead.discard(token)

    def revoke(self, token: str) -> None:
        """Take a token back, as an administrator does in the account's settings."""
        self._dead.add(token)
        self._access.pop(token, None)
        self._refresh.pop(token, None)

    def code(self, user_id: int | None = None) -> str:
        """Return a new authorization code, as the page of consent gives it."""
        code = self._text("code")
        self._codes[code] = Grant(user_id or self._admin, self._clock() + _CODE_LIVES_S)
        return code

    def subdomain(self, refresh_token: str) -> Reply:
        """Answer GET /oauth2/account/current/subdomain."""
        grant = self._refresh.get(refresh_token)
        if grant is None or self._is_over(grant):
            return _refused(401, "Token has been revoked")
        name, _, top = self._host.partition(".")
        return Reply(
            200,
            {
                "id": self._account_id,
                "subdomain": name,
                "domain": self._host,
                "top_level_domain": top.rpartition(".")[2],
            },
            content_type=JSON,
        )

    def exchange(self, body: bytes) -> Reply:
        """Answer POST /oauth2/access_token: a code or a refresh token for a new pair."""
        asked = _object(body)
        if asked is None:
            return _refused(400, "The request body is not a JSON object")
        missing = [name for name in _REQUIRED if not isinstance(asked.get(name), str)]
        if missing:
            return _refused(400, f"Check the `{missing[0]}` parameter")
        kind = asked["grant_type"]
        if kind not in _GRANTS:
            return _refused(400, "The grant type is not supported")
        return self._traded(asked, kind)

    def _traded(self, asked: Mapping[str, Any], kind: str) -> Reply:
        name, spent = _GRANTS[kind]
        held = self._codes if kind == "authorization_code" else self._refresh
        given = asked.get(name)
        if not isinstance(given, str) or not given:
            return _refused(400, f"Check the `{name}` parameter")
        grant = held.get(given)
        if grant is None or self._is_over(grant):
            return _refused(400, spent)
        if grant.client_id and grant.client_id != asked["client_id"]:
            return _refused(401, "Client authentication failed")
        del held[given]  # single use: from here on the old one is dead
        return self._pair(grant.user_id, asked["client_id"])

    def _pair(self, user_id: int, client_id: str) -> Reply:
        now = self._clock()
        access = self._jwt(user_id, client_id, now)
        refresh = f"def50200{self._text('refresh')}"
        self._access[access] = Grant(user_id, now + self._lives_s, client_id)
        self._refresh[refresh] = Grant(user_id, now + _REFRESH_LIVES_S, client_id)
        return Reply(
            200,
            {
                "token_type": "Bearer",
                "expires_in": self._lives_s,
                "server_time": now,
                "access_token": access,
                "refresh_token": refresh,
            },
            content_type=JSON,
        )

    def _jwt(self, user_id: int, client_id: str, now: int) -> str:
        claims = {
            "aud": client_id,
            "jti": self._text("jti"),
            "iat": now,
            "nbf": now,
            "exp": now + self._lives_s,
            "sub": str(user_id),
            "account_id": self._account_id,
            "base_domain": "amocrm.ru",
            "version": 2,
            "scopes": ["crm"],
            "api_domain": f"api-b.{self._host.partition('.')[2]}",
        }
        head = _encoded(msgspec.json.encode({"typ": "JWT", "alg": "HS256"}))
        text = f"{head}.{_encoded(msgspec.json.encode(claims))}"
        signature = hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{_encoded(signature)}"

    def _text(self, kind: str) -> str:
        """Return a text that no one guesses, the same ones at every start with one secret."""
        self._n += 1
        seed = f"{self._secret}/{kind}/{self._n}".encode()
        return hashlib.sha256(seed).hexdigest()

    def _is_over(self, grant: Grant) -> bool:
        return grant.until is not None and self._clock() >= grant.until


_REQUIRED = ("client_id", "client_secret", "grant_type", "redirect_uri")
_GRANTS = {
    "authorization_code": ("code", "Authorization code has expired"),
    "refresh_token": ("refresh_token", "Token has been revoked"),
}


def _refused(status: int, hint: str) -> Reply:
    body = {
        "hint": hint,
        "title": "Bad Request" if status == 400 else "Unauthorized",
        "type": _TYPE,
        "status": status,
        "detail": "The request can't be carried out: a parameter is wrong or the key is spent",
    }
    return Reply(status, body, content_type=PROBLEM)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

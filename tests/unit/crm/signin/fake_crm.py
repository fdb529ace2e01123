"""A CRM of loopback that signs people in: single-use refresh tokens, and faults on demand."""

from __future__ import annotations

import base64
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLIENT = {"client_id": "c1", "client_secret": "s3cret", "redirect_uri": "https://example.com/back"}


def jwt(**claims: object) -> str:
    """An unsigned token that says `claims`."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "RS256", "typ": "JWT"}, claims)
    ]
    return ".".join([*parts, "c2lnbmVk"])


class FakeCrm:
    """The server; `faults` are taken one a token request: None, a status, or a word.

    Words: "drop" before the effect, "lose" after it, "html", "cut", "odd" answers.
    """

    def __init__(self) -> None:
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.codes: set[str] = set()
        self.faults: deque[object] = deque()
        self.grants: list[dict[str, str]] = []  # every token request that came whole
        self.spent = 0  # of them, those that were given tokens
        self.paths: list[str] = []
        self.user: dict[str, object] | None = None
        self.account_status = 200
        self.life: object = 86_400
        self.retry_after = ""  # with every fault that is a status
        self._guard = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread: threading.Thread | None = None

    def start(self) -> FakeCrm:
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def close(self) -> None:
        if self._thread is not None:
            self.server.shutdown()
            self._thread.join()
        self.server.server_close()

    def issue(self) -> dict[str, object]:
        """Give a new pair; the caller holds what makes it theirs."""
        self.spent += 1
        access, refresh = f"access-token-{self.spent}", f"refresh-token-{self.spent}"
        self.access.add(access)
        self.refresh.add(refresh)
        return {
            "token_type": "Bearer",
            "expires_in": self.life,
            "access_token": access,
            "refresh_token": refresh,
        }

    def token(self, grant: dict[str, str]) -> tuple[int, object]:
        with self._guard:
            self.grants.append(grant)
            if any(grant.get(k) != v for k, v in CLIENT.items()):
                return 401, {"title": "Unauthorized", "hint": "Client authentication failed"}
            held = self.codes if grant["grant_type"] == "authorization_code" else self.refresh
            key = grant.get("code") or grant.get("refresh_token") or ""
            if key not in held:
                return 401, {"hint": "Token has been revoked", "status": 401, "secret": key}
            held.discard(key)
            return 200, self.issue()

    def account(self) -> dict[str, object]:
        return {
            "id": 31337,
            "name": "Ромашка\x1b[31m",
            "subdomain": "romashka",
            "current_user_id": 77,
            "country": "RU",
            "is_api_filter_enabled": True,
            "_embedded": {"datetime_settings": {"timezone": "Europe/Moscow"}},
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"crm": self})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    crm: FakeCrm

    def log_message(self, *args: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        grant = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.crm.paths.append(self.path)
        fault = self.crm.faults.popleft() if self.crm.faults else None
        if fault == "drop":
            self.close_connection = True
        elif isinstance(fault, int):
            self.answer(fault, b'{"title":"fault"}', "application/problem+json")
        else:
            self.grant(grant, fault)

    def grant(self, grant: dict[str, str], fault: object) -> None:
        status, answer = self.crm.token(grant)
        body = json.dumps(answer).encode()
        if fault == "lose":
            self.close_connection = True
        elif fault == "html":
            self.answer(200, b"<html>hello</html>", "text/html")
        elif fault == "cut":
            self.answer(200, body[:-20], "application/json", length=len(body))
            self.close_connection = True
        elif fault == "odd":
            self.answer(200, b'{"access_token": 5}', "application/json")
        else:
            self.answer(status, body, "application/json")

    def do_GET(self) -> None:
        crm = self.crm
        crm.paths.append(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in crm.access:
            self.answer(401, b'{"title":"Unauthorized","status":401}', "application/json")
        elif self.path.startswith("/api/v4/users/") and crm.user is None:
            self.answer(403, b'{"title":"Forbidden","status":403}', "application/json")
        elif self.path.startswith("/api/v4/users/"):
            self.answer(200, json.dumps(crm.user).encode(), "application/hal+json")
        else:
            body = json.dumps(crm.account()).encode()
            self.answer(crm.account_status, body, "application/hal+json")

    def answer(self, status: int, body: bytes, kind: str, length: int = -1) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        if self.crm.retry_after and status in (429, 503):
            self.send_header("Retry-After", self.crm.retry_after)
        self.end_headers()
        self.wfile.write(body)

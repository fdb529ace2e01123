"""amoCRM behind the server: who asks, which handler answers, what is refused."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import RLock
from typing import Any

from dedupe.contracts import Account
from dedupe.sandbox.server.reply import HTML, Reply, Request
from dedupe.sandbox.server.routes import Route, find

from .answers import problem
from .keys import Keys
from .options import Options
from .query import QueryError
from .reading import ROUTES as READING
from .state import KINDS, State
from .table import Record

_WRITING = f"{__package__}.writing"
_BLOCK_PAGE = (
    b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n"
    b"<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n"
    b"</body>\r\n</html>\r\n"
)


class AmoCrm:
    """An account served as amoCRM's API v4 is documented."""

    def __init__(
        self,
        account: Account,
        clock: Callable[[], int],
        *,
        options: Options | None = None,
        tokens: Mapping[str, int | None] | None = None,
    ) -> None:
        """Take over an account; `tokens` are long-lived ones and whose they are."""
        self.state = State(account, clock, options)
        self.keys = Keys(
            self.state.account_id,
            self.state.host,
            clock,
            admin=self.state.admin(),
            tokens={t: user or self.state.admin() for t, user in (tokens or {}).items()},
            lives_s=self.state.options.token_lives_s,
        )
        self._routes = (*writing_routes(), *READING)

    def add_routes(self, routes: Iterable[Route]) -> None:
        """Answer more paths; they stand before those of the API."""
        self._routes = (*routes, *self._routes)

    @property
    def lock(self) -> RLock:
        """Hold this while the state is changed beside the server."""
        return self.state.lock

    def answer(self, request: Request) -> Reply:
        """Answer a request as amoCRM does."""
        if request.path.startswith("/oauth2/"):
            return self._sign_in(request)
        if not request.path.startswith("/api/v4/"):
            return _not_found(request)
        user_id = self._owner(request)
        if user_id is None:
            return problem(401, "Unauthorized")
        if not self.state.options.is_paid:
            return problem(402, "Account is not paid")
        return self._routed(replace(request, user_id=user_id))

    def _routed(self, request: Request) -> Reply:
        path = request.path.rstrip("/") or "/"
        found = find(self._routes, request.method, path)
        if found.handler is None:
            # A known path says 405 without a body to a method that it does not have.
            return Reply(405) if found.methods else _not_found(request)
        try:
            return found.handler(self.state, replace(request, path=path, values=found.values))
        except QueryError as error:
            return problem(400, f"Invalid value of parameter {error.name}")

    def _owner(self, request: Request) -> int | None:
        """Return who asks; an administrator may name another user to act as."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        owner = self.keys.owner(token.strip()) if scheme.lower() == "bearer" else None
        user = None if owner is None else self.state.user(owner)
        if user is None or not user["rights"]["is_active"]:
            return None  # the tokens of who was dismissed die
        other = request.headers.get("x-context-user-id", "")
        if other.isdecimal() and user["rights"]["is_admin"] and self.state.user(int(other)):
            return int(other)
        return owner

    def _sign_in(self, request: Request) -> Reply:
        if request.path == "/oauth2/access_token":
            return self.keys.exchange(request.body) if request.method == "POST" else Reply(405)
        if request.path == "/oauth2/account/current/subdomain":
            return self.keys.subdomain(request.headers.get("x-refresh-token", ""))
        return _not_found(request)

    def over_limit(self) -> Reply:
        """Return 429; the body is a problem document."""
        return problem(429, "Too many requests")

    def blocked(self) -> Reply:
        """Return the page of the server in front of amoCRM."""
        return Reply(403, _BLOCK_PAGE, content_type=HTML)

    def peek(self, kind: str, id_: str) -> Record | None:
        """Return a record by kind and id, links included."""
        if kind not in KINDS:
            return None
        found = self.state.get(kind, int(id_) if id_.isdecimal() else id_)
        if found is not None and kind in ("contacts", "companies", "leads"):
            links = self.state.links_of(kind, int(id_))
            found["links"] = [[link.to_entity, link.to_id, link.is_main] for link in links]
        return found

    def counts(self) -> Mapping[str, int]:
        """Return how many records of each kind there are, those in the bin too."""
        return {kind: self.state.count(kind) for kind in KINDS}

    def change(self, order: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON of any shape
        """Carry out one change by hand: put, delete, restore, remove, link, unlink, merge, ..."""
        from .hand import change

        return change(self, order)


def writing_routes() -> tuple[Route, ...]:
    """Return the routes of the writing side, none where it is not installed."""
    if importlib.util.find_spec(_WRITING) is None:
        return ()
    routes = getattr(importlib.import_module(_WRITING), "ROUTES", ())
    return tuple(route if isinstance(route, Route) else Route(*route) for route in routes)


def _not_found(request: Request) -> Reply:
    where = f"{request.base_url}{request.path.removeprefix('/api/v4')}"
    return problem(404, f"Cannot {request.method} {where}!")

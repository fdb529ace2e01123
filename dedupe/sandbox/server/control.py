"""The paths under /_sandbox: for tests in other processes, on loopback, without a token.

They are no part of any CRM, so they are not counted in the limit and no fault strikes
them. A page in a browser can't reach them: the Host must be loopback's, and a request
that names an Origin is refused.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dedupe.errors import CrmCleanError

from .faults import read_faults
from .limit import Limit
from .logs import plain
from .room import Room

PREFIX = "/_sandbox"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def control_routes(room: Room) -> list[Route]:
    """Return the routes that look at and steer `room`."""
    steering = _Steering(room)
    return [
        Route(f"{PREFIX}/log", steering.log, methods=["GET"]),
        Route(f"{PREFIX}/requests", steering.requests, methods=["GET"]),
        Route(f"{PREFIX}/faults", steering.faults, methods=["GET", "POST"]),
        Route(f"{PREFIX}/limit", steering.limit, methods=["POST"]),
        Route(f"{PREFIX}/clock", steering.clock, methods=["GET", "POST"]),
        Route(f"{PREFIX}/state", steering.state, methods=["GET", "POST"]),
        Route(f"{PREFIX}/state/{{kind}}/{{id}}", steering.record, methods=["GET"]),
    ]


class _Steering:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def log(self, request: Request) -> Response:
        """Return the effects after the number `since`."""
        since = _number(request.query_params.get("since"))
        return _guarded(request, lambda: [plain(e) for e in self._room.log.all()[since:]])

    async def requests(self, request: Request) -> Response:
        """Return the counts of requests, and the latest `last` of them (all without it)."""
        last = request.query_params.get("last")
        return _guarded(request, lambda: requests_seen(self._room, last))

    async def faults(self, request: Request) -> Response:
        """Return the rules in force, or put others in their place."""
        body = await request.body()

        def answer() -> Any:  # noqa: ANN401  JSON of any shape
            if request.method == "POST":
                self._room.faults.set(read_faults(body, f"{PREFIX}/faults"))
            return self._room.faults.counts()

        return _guarded(request, answer)

    async def limit(self, request: Request) -> Response:
        """Set the limit; a block is lifted."""
        body = await request.body()

        def answer() -> Any:  # noqa: ANN401  JSON of any shape
            self._room.gate.limit = msgspec.json.decode(body, type=Limit)
            self._room.gate.unblock()
            return asdict(self._room.gate.limit)

        return _guarded(request, answer)

    async def clock(self, request: Request) -> Response:
        """Tell the account's time; POST {"advance": s}, {"stop_at": s} or {"run": true}."""
        body = await request.body()

        def answer() -> Any:  # noqa: ANN401  JSON of any shape
            if request.method == "POST":
                _set_clock(self._room, _object(body))
            return {"now": self._room.clock()}

        return _guarded(request, answer)

    async def state(self, request: Request) -> Response:
        """Count the records, or change them as a person does."""
        body = await request.body()

        def answer() -> Any:  # noqa: ANN401  JSON of any shape
            with self._room.crm.lock:
                if request.method == "POST":
                    return {"result": self._room.crm.change(_object(body))}
                return self._room.crm.counts()

        return _guarded(request, answer)

    async def record(self, request: Request) -> Response:
        """Return one record by kind and id; null when there is none."""
        kind, id_ = request.path_params["kind"], request.path_params["id"]

        def answer() -> Any:  # noqa: ANN401  JSON of any shape
            with self._room.crm.lock:
                return self._room.crm.peek(kind, id_)

        return _guarded(request, answer)


def requests_seen(room: Room, last: str | None = None) -> dict[str, Any]:
    """Return the counts of requests and the latest of them."""
    seen = [] if last == "0" else room.requests.latest()[-_number(last) :]
    return {
        "n": room.requests.n,
        "n_429": room.gate.n_refused,
        "n_blocked": room.gate.n_blocked,
        "fullest_window": room.gate.fullest_window,
        "statuses": {str(status): n for status, n in sorted(room.requests.statuses.items())},
        "requests": [asdict(one) for one in seen],
    }


def _guarded(request: Request, answer: Any) -> Response:  # noqa: ANN401  a function of no values
    if request.url.hostname not in _LOOPBACK or "origin" in request.headers:
        return Response(status_code=403)
    try:
        body = msgspec.json.encode(answer())
    except (CrmCleanError, ValueError) as error:
        return Response(msgspec.json.encode({"error": str(error)}), 400, None, "application/json")
    return Response(body, media_type="application/json")


def _set_clock(room: Room, order: dict[str, Any]) -> None:
    if "stop_at" in order:
        room.clock.stop_at(float(order["stop_at"]))
    if "advance" in order:
        room.clock.advance(float(order["advance"]))
    if order.get("run"):
        room.clock.run()


def _object(body: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(body or b"{}")
    if not isinstance(found, dict):
        raise ValueError("an object is meant")
    return found


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0

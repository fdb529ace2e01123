"""One request from arrival to answer: limit, faults, the CRM, logs. Knows no CRM.

Everything happens in the server's one thread, so the log's order is the order in
which the state changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request as Arrived
from starlette.types import Receive, Scope, Send

from .clock import Clock
from .crm import Crm
from .faults import Action, Fault, Faults
from .limit import Gate, Limit, Verdict
from .logs import EffectLog, RequestLog, Seen
from .reply import HTML, JSON, Reply, Request
from .wire import Outgoing, Wire

_HIGHEST_BODY = 16 * 2**20  # bytes of a request
_PAGE = b"<html><head><title>amoCRM</title></head><body>Technical works</body></html>"
_REQUEST_ID = "x-request-id"


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a request ends: the status for the log, 0 for a cut, and what sends it."""

    status: int
    send: Callable[[], Awaitable[None]]


class Room:
    """Serves one CRM."""

    def __init__(
        self,
        crm: Crm,
        clock: Clock,
        *,
        limit: Limit | None = None,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        effects: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over a CRM; `effects` is a file for the effect log. Raises StorageError."""
        self.crm, self.clock = crm, clock
        self.gate = Gate(limit or Limit(), monotonic)
        self.faults = Faults(seed)
        self.faults.set(faults)
        self.log, self.requests = EffectLog(effects), RequestLog()
        self._monotonic = monotonic
        self._n = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request on the raw channel of the server."""
        self._n += 1
        at, id_ = self._monotonic(), f"{self._n:08x}"
        arrived, wire = Arrived(scope, receive), Wire(send, receive)
        # Judged when it arrives, not when its body is read: the limit is one of arrivals.
        verdict = self.gate.pass_()
        status = 500  # what the server says where a handler breaks
        try:
            ending = await self._ending(arrived, verdict, id_, wire)
            status = ending.status
        finally:
            # Noted before it is sent: who has the answer finds the request in the log.
            self.requests.add(Seen(at, arrived.method, _target(arrived), status, id_))
        await ending.send()

    async def _ending(self, arrived: Arrived, verdict: Verdict, id_: str, wire: Wire) -> _Ending:
        """Do the work of a request and return how it ends."""
        request = await _read(arrived)
        if verdict is not Verdict.TAKEN:
            return self._whole(self._stopped(verdict), id_, wire)
        if request is None:
            return self._whole(Reply(413), id_, wire)
        fault = self.faults.strike(request.method, _target(arrived))
        if fault is None:
            return self._whole(self._answer(request, id_), id_, wire)
        return await self._struck(request, fault, id_, wire)

    async def _struck(self, request: Request, fault: Fault, id_: str, wire: Wire) -> _Ending:
        match fault.action:
            case Action.DROP_BEFORE:
                return _Ending(0, wire.drop)
            case Action.RESET_BEFORE:
                return _Ending(0, wire.reset)
            case Action.STATUS:
                return self._whole(_faulty(fault), id_, wire)
            case Action.DELAY:
                await asyncio.sleep(fault.seconds)
        return self._spoilt(self._answer(request, id_), fault, id_, wire)

    def _spoilt(self, reply: Reply, fault: Fault, id_: str, wire: Wire) -> _Ending:
        """Return how the answer of work that was done ends, as the fault lets it through."""
        out = self._outgoing(reply, id_)
        match fault.action:
            case Action.DROP_AFTER:
                return _Ending(0, wire.drop)
            case Action.RESET_AFTER:
                return _Ending(0, wire.reset)
            case Action.TRUNCATED:
                return _Ending(0, partial(wire.half, out))
            case Action.SLOW:
                return _Ending(out.status, partial(wire.slow, out, fault.seconds))
            case Action.DELAY:
                return _Ending(out.status, partial(wire.whole, out))
        return self._whole(_faulty(fault, out.body), id_, wire)

    def _whole(self, reply: Reply, id_: str, wire: Wire) -> _Ending:
        out = self._outgoing(reply, id_)
        return _Ending(out.status, partial(wire.whole, out))

    def _stopped(self, verdict: Verdict) -> Reply:
        if verdict is Verdict.BLOCKED:
            return self.crm.blocked()
        reply, wait = self.crm.over_limit(), self.gate.limit.retry_after_s
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Reply(reply.status, reply.body, (), reply.content_type, headers)

    def _answer(self, request: Request, id_: str) -> Reply:
        with self.crm.lock:
            reply = self.crm.answer(request)
            self.log.add(reply.effects, self.clock(), id_)
        return reply

    def _outgoing(self, reply: Reply, id_: str) -> Outgoing:
        body = encoded(reply.body)
        headers = {"Date": formatdate(self.clock(), usegmt=True), _REQUEST_ID: id_}
        if body:
            headers["Content-Type"] = reply.content_type
        if reply.status != 204:  # which has no body, and so no length of one
            headers["Content-Length"] = str(len(body))
        return Outgoing(reply.status, headers | dict(reply.headers), body)


def encoded(body: Any) -> bytes:  # noqa: ANN401  JSON of any shape
    """Return a reply's body as bytes: bytes as they are, None as nothing, the rest as JSON."""
    if body is None:
        return b""
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


def _faulty(fault: Fault, body: bytes = b"") -> Reply:
    """Return what the fault puts in place of the answer `body`."""
    told = None if fault.body is None else fault.body.encode()
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    match fault.action:
        case Action.HTML:
            return Reply(200, told or _PAGE, (), fault.content_type or HTML, headers)
        case Action.SHAPE:
            return Reply(200, told or b'{"response": "ok"}', (), fault.content_type or JSON)
        case Action.EMPTY:
            return Reply(200, b"", (), fault.content_type or JSON)
        case Action.CUT:
            return Reply(200, body[: len(body) // 2], (), fault.content_type or JSON)
    page = _PAGE if told is None else told
    return Reply(fault.status, page, (), fault.content_type or HTML, headers)


async def _read(arrived: Arrived) -> Request | None:
    """Return the values of a request; None when its body is larger than any that makes sense."""
    body = bytearray()
    async for piece in arrived.stream():
        body += piece
        if len(body) > _HIGHEST_BODY:
            return None
    url = arrived.url
    return Request(
        method=arrived.method,
        path=url.path,
        query=tuple(arrived.query_params.multi_items()),
        headers={name.lower(): value for name, value in arrived.headers.items()},
        body=bytes(body),
        base_url=f"{url.scheme}://{url.netloc}",
    )


def _target(arrived: Arrived) -> str:
    query = arrived.url.query
    return f"{arrived.url.path}?{query}" if query else arrived.url.path

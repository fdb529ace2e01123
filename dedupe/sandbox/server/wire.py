"""The last step of an answer: bytes on the wire, whole or broken as a fault asks.

Uvicorn's `send` belongs to the cycle of one request, which holds the connection's
transport: the only way for an application to cut a connection under an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Send

_PIECES = 8  # in which a slow answer comes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """The channel of one request; each method ends it."""

    send: Send
    receive: Receive

    async def whole(self, out: Outgoing) -> None:
        """Send an answer."""
        await self._start(out)
        await self.send({"type": "http.response.body", "body": out.body})

    async def slow(self, out: Outgoing, seconds: float) -> None:
        """Send an answer in pieces, spread over `seconds`."""
        await self._start(out)
        size = max(1, -(-len(out.body) // _PIECES))
        for at in range(0, len(out.body), size):
            await asyncio.sleep(seconds / _PIECES)
            await self._piece(out.body[at : at + size])
        await self.send({"type": "http.response.body", "body": b""})

    async def half(self, out: Outgoing) -> None:
        """Promise the whole body, send half of it and close the connection."""
        await self._start(out)
        await self._piece(out.body[: len(out.body) // 2])
        await self.drop()

    async def drop(self) -> None:
        """Close the connection; what was sent before still arrives."""
        self._transport().close()
        await self._gone()

    async def reset(self) -> None:
        """Cut the connection by a reset: the other side loses what it did not read yet."""
        transport = self._transport()
        sock = transport.get_extra_info("socket")
        if sock is not None:
            # Closing with a linger of no time sends RST in place of FIN.
            linger = struct.pack("hh" if hasattr(socket, "SO_EXCLUSIVEADDRUSE") else "ii", 1, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        await self._gone()

    async def _start(self, out: Outgoing) -> None:
        headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in out.headers.items()]
        await self.send({"type": "http.response.start", "status": out.status, "headers": headers})

    async def _piece(self, body: bytes) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": True})

    def _transport(self) -> Any:  # noqa: ANN401  uvicorn's own
        cycle = getattr(self.send, "__self__", None)
        transport = getattr(cycle, "transport", None)
        if transport is None:
            raise RuntimeError("no connection to cut: the server is not the uvicorn we know")
        return transport

    async def _gone(self) -> None:
        """Wait until the server knows that nobody is there, so that it expects no answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while (await self.receive())["type"] != "http.disconnect":
                    pass

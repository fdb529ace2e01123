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
from typing import Any

from starlette.types import Receive, Send

_PIECES = 8  # in which a slow answer comes
Headers = Mapping[str, str]


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer."""
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def send_slowly(
    send: Send, status: int, headers: Headers, body: bytes, seconds: float
) -> None:
    """Send an answer in pieces, spread over `seconds`."""
    await _start(send, status, headers)
    size = max(1, -(-len(body) // _PIECES))
    for at in range(0, len(body), size):
        await asyncio.sleep(seconds / _PIECES)
        await send({"type": "http.response.body", "body": body[at : at + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def send_half(
    send: Send, receive: Receive, status: int, headers: Headers, body: bytes
) -> None:
    """Promise the whole body, send half of it and close the connection."""
    await _start(send, status, headers)
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await drop(send, receive)


async def drop(send: Send, receive: Receive) -> None:
    """Close the connection; what was sent before still arrives."""
    _transport(send).close()
    await _gone(receive)


async def reset(send: Send, receive: Receive) -> None:
    """Cut the connection by a reset: the other side loses what it did not read yet."""
    transport = _transport(send)
    sock = transport.get_extra_info("socket")
    if sock is not None:
        # Closing with a linger of no time sends RST in place of FIN.
        linger = struct.pack("hh" if hasattr(socket, "SO_EXCLUSIVEADDRUSE") else "ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    await _gone(receive)


async def _start(send: Send, status: int, headers: Headers) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


def _transport(send: Send) -> Any:  # noqa: ANN401  uvicorn's own
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("no connection to cut: the server is not uvicorn, or not this one")
    return transport


async def _gone(receive: Receive) -> None:
    """Wait until the server knows that the connection is gone, so that it expects no answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            while (await receive())["type"] != "http.disconnect":
                pass

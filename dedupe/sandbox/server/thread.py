"""The server in a thread of its own, on a port of loopback."""

from __future__ import annotations

import socket
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from dedupe.errors import InputError
from dedupe.language import N_

from .control import PREFIX, control_routes
from .room import Room

_HOST = "127.0.0.1"
_WAIT_S = 10.0  # for the end of the server's thread
_STEP_S = 0.2


def application(room: Room) -> ASGIApp:
    """Return the application: the CRM everywhere, what steers it under /_sandbox."""
    steering = Starlette(routes=control_routes(room))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(f"{PREFIX}/"):
            await room.serve(scope, receive, send)
        else:
            await steering(scope, receive, send)

    return app


class ServerThread:
    """Serves `app` until closed. The port is open as soon as the object exists."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        """Open the port, 0 for any free one. Raises InputError when it is taken."""
        self._socket = _listening(port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            server_header=False,
            date_header=False,  # the account's own clock tells the date
            timeout_keep_alive=75,  # longer than any client's pause at a low limit
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crmclean-sandbox", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://{_HOST}:{self.port}"

    def wait(self) -> None:
        """Wait for the end of the server's thread; an interrupt gets through."""
        # In short steps: polars has SIGINT restart a blocking wait, so Ctrl-C would never end it.
        while not self._ended.wait(_STEP_S):
            pass

    def close(self) -> None:
        """End the server; connections that are open are closed."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_WAIT_S)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended.set()


def _listening(port: int) -> socket.socket:
    # Named as TCP, asyncio turns Nagle's delay off: without it every answer takes 40 ms more.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((_HOST, port))
        found.listen(128)
    except (OSError, OverflowError) as error:
        found.close()
        raise InputError(
            N_("port {port} can't be used ({reason})"),
            fix=N_("choose another one; 0 takes any that is free"),
            port=port,
            reason=(getattr(error, "strerror", None) or str(error)).lower(),
        ) from error
    return found

"""Telling systemd how a run stands (Type=notify), where it asks for it by $NOTIFY_SOCKET.

Written by hand: the protocol is one datagram of KEY=VALUE lines, see sd_notify(3). A manager that
does not listen is no reason to fail.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass

_EXTEND_US = 30 * 60 * 1_000_000  # a stage of the largest accounts takes minutes


@dataclass(frozen=True, slots=True)
class Systemd:
    """The manager's socket; an empty address is no manager, and all calls do nothing."""

    address: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Systemd:
        """Return the manager that the environment names."""
        return cls(environ.get("NOTIFY_SOCKET", ""))

    def ready(self, status: str) -> None:
        """Say that the run has begun its work."""
        self._send("READY=1", f"STATUS={_line(status)}")

    def status(self, status: str) -> None:
        """Say what the run is at, that it is alive, and that the stage may take its time."""
        self._send(f"STATUS={_line(status)}", f"EXTEND_TIMEOUT_USEC={_EXTEND_US}", "WATCHDOG=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the run is about to end."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if not self.address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
            return
        # "@" stands for the NUL byte of Linux's abstract names.
        address = "\0" + self.address[1:] if self.address[0] == "@" else self.address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel,
        ):
            channel.settimeout(1.0)
            channel.sendto("\n".join(lines).encode(), address)


def _line(text: str) -> str:
    return " ".join(text.split())[:200]

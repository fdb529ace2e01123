"""A mail server and a web server on loopback that do as a test tells them."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of localhost that nobody but the test trusts."""
    key, cert = folder / "key.pem", folder / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext"]
    places = ["subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*words, *names, *places], check=True, capture_output=True)
    return cert, key


@dataclass
class Mailbox:
    """What came in, and how to answer: `says` maps a command to lines said in place of the usual.

    The lines of one command are used up one after another.
    """

    port: int = 0
    says: dict[str, list[str]] = field(default_factory=dict)
    trust: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    n_sessions: int = 0
    encrypted: list[bool] = field(default_factory=list)


class _Smtp(StreamRequestHandler):
    box: Mailbox

    def handle(self) -> None:
        self.box.n_sessions += 1
        self._is_safe = False
        if self._reply("", "220 local") != "220":
            return
        while line := self.rfile.readline():
            text = line.decode().strip()
            self.box.commands.append(text)
            verb = text.split(" ")[0].upper()
            if verb == "DATA":
                self._data()
            elif verb == "STARTTLS":
                self._reply(verb, "220 go")
                assert self.box.trust is not None
                self.connection = self.box.trust.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self._is_safe = True
            elif verb == "EHLO":
                more = "250-STARTTLS\r\n" if self.box.trust and not self._is_safe else ""
                self._reply(verb, f"250-local\r\n{more}250 AUTH PLAIN")
            elif verb == "QUIT":
                self._reply(verb, "221 bye")
                return
            else:
                self._reply(verb, {"AUTH": "235 in", "RCPT": "250 ok"}.get(verb, "250 ok"), text)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _data(self) -> None:
        if self._reply("DATA", "354 go") != "354":
            return
        content = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        if self._reply("END", "250 taken") == "250":
            self.box.messages.append(message_from_bytes(content, policy=default))
            self.box.encrypted.append(self._is_safe)

    def _reply(self, verb: str, usual: str, text: str = "") -> str:
        queue = self.box.says.get(verb, [])
        told = queue.pop(0) if queue else usual
        if verb == "RCPT" and told.startswith("250"):
            self.box.recipients.append(text)
        self.connection.sendall(told.encode() + b"\r\n")
        return told[:3]


@contextmanager
def mail_server(box: Mailbox) -> Iterator[Mailbox]:
    """Serve `box` on a free port."""
    handler = type("Handler", (_Smtp,), {"box": box})

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients hang up as they like: a certificate they do not trust, for one."""

    with Server(("127.0.0.1", 0), handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Web:
    """What was posted, and what to answer: (status, headers, body), one after another."""

    url: str = ""
    answers: list[tuple[int, Mapping[str, str], str]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    trust: ssl.SSLContext | None = None

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.posts]


@contextmanager
def web_server(web: Web) -> Iterator[Web]:
    """Serve `web` on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            web.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, text = web.answers.pop(0) if web.answers else (200, {}, '{"ok":true}')
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web.url = f"http://127.0.0.1:{server.server_address[1]}"
        if web.trust is not None:
            web.url = f"https://localhost:{server.server_address[1]}"
            server.socket = web.trust.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()

"""Answers that only a real socket can give: slow, cut, reset, silent, not HTTP at all."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading

import pytest

from dedupe.crm.http import Outcome, RequestWindow, Timeouts, Transport
from dedupe.errors import ConfigError, CrmCleanError, RemoteError, StoppedError
from tests.unit.crm.http.fakes import RawServer, Tokens, page, read_head

QUICK = Timeouts(connect=2.0, pool=2.0, write=2.0, read=0.2, total=0.3)


def connect(url: str, **options) -> Transport:
    options = {"timeouts": QUICK, "rand": lambda: 0.0, "sleep": lambda s: None, **options}
    return Transport(url, Tokens(), RequestWindow(None, 1000, 0.001), **options)


def failing(serve, **options) -> tuple[RemoteError, int]:
    """Return the error that a get of such a server ends in, and the number of connections."""
    with RawServer(serve) as server:
        transport = connect(server.url, **options)
        with pytest.raises(RemoteError) as caught:
            transport.get("/a")
        transport.close()
        return caught.value, server.n


def trickle(connection: socket.socket, head: bytes) -> None:
    read_head(connection)
    connection.sendall(head)
    never = threading.Event()
    while not never.wait(0.05):
        connection.sendall(b"X")


def test_a_head_that_trickles_meets_the_deadline() -> None:
    error, _ = failing(lambda c, n: trickle(c, b"HTTP/1.1 200 OK\r\nX-Slow: "))
    assert "too slowly" in str(error)


def test_a_body_that_trickles_meets_the_deadline() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    error, _ = failing(lambda c, n: trickle(c, head))
    assert "too slowly" in str(error)


def test_silence_is_a_timeout() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            pass

    error, n = failing(serve)
    assert "too long" in str(error)
    assert n == 5


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        page(b'{"a": [1, 2', length=500),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,",
    ],
)
@pytest.mark.parametrize("end", [lambda c: c.close(), reset], ids=["closed", "reset"])
def test_an_answer_that_is_cut_is_asked_for_again(start: bytes, end) -> None:
    def serve(connection: socket.socket, number: int) -> None:
        read_head(connection)
        if number == 2:
            connection.sendall(page(b"[1]"))
            return
        connection.sendall(start)
        end(connection)

    with RawServer(serve) as server:
        transport = connect(server.url)
        assert transport.get("/a").body == b"[1]"
        assert transport.stats.n_requests == server.n == 2
        transport.close()


def test_an_answer_without_a_length_that_ends_too_soon_is_asked_for_again() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        read_head(connection)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\n\r\n" + b'{"a": [1, 2, 3]}'[: 5 if number == 1 else 99]
        )

    with RawServer(serve) as server:
        transport = connect(server.url)
        assert transport.get("/a").body == b'{"a": [1, 2, 3]}'
        transport.close()


def test_something_that_is_no_web_server_is_named() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")
        read_head(connection)

    error, _ = failing(serve)
    assert "no web server" in str(error)


def test_nobody_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    transport = connect(f"http://127.0.0.1:{port}")
    with pytest.raises(RemoteError, match="connection refused"):
        transport.get("/a")
    transport.close()


def test_a_name_that_is_none_is_named() -> None:
    transport = connect("https://nobody.invalid")
    with pytest.raises(RemoteError, match="no such host name"):
        transport.get("/a")
    transport.close()


def test_more_bytes_than_announced_do_not_reach_the_next_answer() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        while read_head(connection):
            connection.sendall(page(b"[1]") + page(b'["smuggled"]'))

    assert_clean(serve)


def assert_clean(serve) -> None:
    with RawServer(serve) as server:
        transport = connect(server.url)
        bodies = {transport.get("/a").body for _ in range(3)}
        transport.close()
    assert bodies == {b"[1]"}


def test_more_chunks_than_announced_do_not_reach_the_next_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    def serve(connection: socket.socket, number: int) -> None:
        while read_head(connection):
            connection.sendall(head + b"3\r\n[1]\r\n0\r\n\r\n" + page(b"[2]"))

    assert_clean(serve)


@pytest.mark.parametrize(
    "answer",
    [
        page(b"[1]"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_one_connection_serves_many_requests(answer: bytes, n: int) -> None:
    def serve(connection: socket.socket, number: int) -> None:
        while read_head(connection):
            for at in range(0, len(answer), n):
                connection.sendall(answer[at : at + n])

    with RawServer(serve) as server:
        transport = connect(server.url)
        for _ in range(5):
            transport.get("/a")
        assert server.n == 1
        transport.close()


def test_cookies_are_not_kept() -> None:
    heads: list[bytes] = []

    def serve(connection: socket.socket, number: int) -> None:
        while head := read_head(connection):
            heads.append(head)
            connection.sendall(page(b"[1]", "Set-Cookie: session=1; Path=/"))

    with RawServer(serve) as server:
        transport = connect(server.url)
        transport.get("/a")
        transport.get("/a")
        transport.close()
    assert all(b"cookie" not in head.lower() for head in heads)


def test_closing_ends_a_request_that_is_under_way() -> None:
    asked, ended = threading.Event(), []

    def serve(connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            asked.set()

    with RawServer(serve) as server:
        transport = connect(server.url, timeouts=Timeouts())

        def work() -> None:
            try:
                transport.get("/a")
            except CrmCleanError as error:
                ended.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        assert asked.wait(10)
        transport.close()
        thread.join(10)  # far below the 40 s that silence is allowed
    assert [type(error) for error in ended] == [StoppedError]


def test_certificates_that_can_not_be_read_are_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        connect("https://demo.crm.example")
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        connect("https://demo.crm.example")


def test_a_write_cut_after_its_effect_is_unknown_and_sent_once() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        read_head(connection)
        reset(connection)

    with RawServer(serve) as server:
        transport = connect(server.url, read_only=False)
        assert transport.send("POST", "/a", b"[]").outcome is Outcome.UNKNOWN
        assert server.n == 1
        transport.close()


def test_a_proxy_is_asked_for_the_address() -> None:
    heads: list[bytes] = []

    def serve(connection: socket.socket, number: int) -> None:
        heads.append(read_head(connection))
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with RawServer(serve) as server:
        transport = connect(
            "https://demo.crm.example", proxy=server.url.replace("//", "//me:pass-word@")
        )
        with pytest.raises(RemoteError, match="proxy refused") as caught:
            transport.get("/a")
        transport.close()
    assert heads[0].startswith(b"CONNECT demo.crm.example:443")
    assert b"token-one" not in heads[0]
    assert "pass-word" not in str(caught.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_a_certificate_of_nobody_is_never_trusted(tmp_path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    places = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words, *places], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    heads: list[bytes] = []

    def serve(connection: socket.socket, number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as safe:
            heads.append(safe.recv(1000))

    with RawServer(serve) as server:
        transport = connect(server.url.replace("http://127.0.0.1", "https://localhost"))
        with pytest.raises(RemoteError, match="self-signed certificate"):
            transport.get("/a")
        transport.close()
        assert server.n == 1
    assert heads == []

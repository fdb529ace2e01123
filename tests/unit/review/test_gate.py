"""Nobody but the browser that was given the token gets in (reliability 2.15)."""

from __future__ import annotations

import http.client

import pytest

from dedupe.review.gate import IDLE_S, MAX_WRONG, Gate
from dedupe.review.server import ReviewServer
from dedupe.review.thresholds import Thresholds
from tests.review_deck import deck_of, pairs_of_cards, sent, served


@pytest.fixture
def world(account, tmp_path):
    pairs_of_cards(account, 2)
    deck = deck_of(account, tmp_path)
    with served(deck, account) as (server, client):
        yield deck, server, client


def asked(server, method="GET", path="/", body=None, **headers):
    """Send exactly these headers, and return the status and the answer's headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.gate.port, timeout=10)
    own = {"host": f"127.0.0.1:{server.gate.port}"}
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in own.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())
    finally:
        connection.close()


def cookie(server) -> str:
    return f"{server.gate.cookie}={server.gate.session}"


def test_it_listens_on_loopback_alone(world) -> None:
    _, server, _ = world
    assert server.url.startswith("http://127.0.0.1:")
    assert server._socket.getsockname()[0] == "127.0.0.1"
    assert len(server.gate.token) >= 43  # 256 bits


def test_the_token_works_once_and_leaves_the_address(account, tmp_path) -> None:
    pairs_of_cards(account, 1)
    thresholds = Thresholds(account.inputs().pairs)
    with ReviewServer(deck_of(account, tmp_path), thresholds) as server:
        path = f"/?token={server.gate.token}"
        assert asked(server)[0] == 403
        status, headers = asked(server, path=path)
        assert (status, headers["location"]) == (303, "/")
        assert "HttpOnly" in headers["set-cookie"]
        assert "SameSite=Strict" in headers["set-cookie"]
        assert asked(server, path=path)[0] == 403
        assert asked(server, path=path, cookie=cookie(server))[0] == 303
        assert asked(server, cookie=cookie(server))[0] == 200


def test_every_answer_keeps_to_itself(world) -> None:
    _, server, _ = world
    for status, headers in (asked(server), asked(server, cookie=cookie(server))):
        low = {name.lower(): value for name, value in headers.items()}
        assert "default-src 'self'" in low["content-security-policy"]
        assert "frame-ancestors 'none'" in low["content-security-policy"]
        assert "unsafe" not in low["content-security-policy"]
        assert low["x-content-type-options"] == "nosniff"
        assert low["cache-control"] == "no-store"
        assert low["referrer-policy"] == "same-origin"
        assert "access-control-allow-origin" not in low
        assert "server" not in low
        assert status in (200, 403)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.:{port}",
             "127.0.0.1:{port}@evil.example", ""],
)  # fmt: skip
def test_a_foreign_host_is_refused(world, host) -> None:
    _, server, _ = world
    told = host.format(port=server.gate.port)
    assert asked(server, host=told, cookie=cookie(server))[0] in (400, 403)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_its_own_names_are_taken(world, name) -> None:
    _, server, _ = world
    host = f"{name}:{server.gate.port}"
    assert asked(server, host=host, cookie=cookie(server))[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_from_another_site_is_refused(world, site) -> None:
    _, server, _ = world
    assert asked(server, cookie=cookie(server), sec_fetch_site=site)[0] == 403
    assert asked(server, cookie=cookie(server), sec_fetch_site="same-origin")[0] == 200


def form(world, **headers):
    from urllib.parse import urlencode

    deck, server, _ = world
    body = urlencode(sent(deck, 0, "same"), doseq=True).encode()
    return asked(server, "POST", "/group/0", body, **headers)[0]


def test_a_change_needs_cookie_origin_and_secret(world) -> None:
    deck, server, _ = world
    origin = f"http://127.0.0.1:{server.gate.port}"
    right = {"cookie": cookie(server), "origin": origin, "x_csrf": server.gate.csrf}
    for name in right:
        assert form(world, **{k: v for k, v in right.items() if k != name}) == 403
    for wrong in ({"origin": "http://evil.example"}, {"origin": "null"}, {"x_csrf": "x"},
                  {"cookie": f"{server.gate.cookie}=x"}, {"origin": origin + "0"}):  # fmt: skip
        assert form(world, **(right | wrong)) == 403
    assert deck.log.read() == ()
    assert form(world, **right) == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_refused(world, method) -> None:
    _, server, _ = world
    assert asked(server, method, cookie=cookie(server))[0] == 405


def test_ten_wrong_tokens_end_the_server(world) -> None:
    _, server, _ = world
    for _ in range(MAX_WRONG):
        assert asked(server, path="/?token=wrong")[0] == 403
    assert server.wait() == "finished"
    assert asked(server, cookie=cookie(server))[0] == 403


def test_a_forgotten_page_ends(account, tmp_path) -> None:
    now = [0.0]
    gate = Gate(clock=lambda: now[0])
    thresholds = Thresholds(account.inputs().pairs)
    with ReviewServer(deck_of(account, tmp_path), thresholds, gate) as server:
        now[0] = IDLE_S - 1
        assert not gate.is_idle()
        asked(server)
        now[0] = 2 * IDLE_S - 2
        assert not gate.is_idle()
        now[0] = 2 * IDLE_S
        assert server.wait() == "idle"


def test_a_body_without_end_is_refused(world) -> None:
    deck, _, client = world
    answer = client.post("/group/0", content=b"x=" + b"y" * (1 << 21))
    assert answer.status_code == 413
    assert client.post("/group/0", content=b"\xff\xfe").status_code in (400, 403)
    assert deck.log.read() == ()

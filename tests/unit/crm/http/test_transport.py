"""What a transport does about each kind of answer."""

from __future__ import annotations

import gzip
import threading
from datetime import UTC, datetime

import httpx
import pytest

from dedupe.crm.http import (
    STANDARD,
    Refused,
    RequestWindow,
    Rule,
    Verdict,
)
from dedupe.errors import RemoteError, SignInError, StoppedError, StorageError
from tests.unit.crm.http.fakes import BASE, Clock, Tokens, answers, html, ok, problem


def test_a_good_answer_is_given_whole_with_the_servers_clock() -> None:
    date = {"Date": "Sat, 21 Nov 2026 19:20:00 GMT"}
    transport, script, _ = answers(httpx.Response(200, content=b'{"a": [1]}', headers=date))
    answer = transport.get("/api/v4/contacts", [("filter[id][]", "1"), ("with", "a,b")])
    assert (answer.status, answer.body) == (200, b'{"a": [1]}')
    assert answer.date == datetime(2026, 11, 21, 19, 20, tzinfo=UTC)
    assert dict(script.requests[0].url.params) == {"filter[id][]": "1", "with": "a,b"}
    assert script.requests[0].headers["authorization"] == "Bearer token-one"
    assert transport.stats.n_requests == 1
    assert transport.stats.n_bytes == len(answer.body)


def test_params_join_a_path_that_has_some() -> None:
    transport, script, _ = answers(ok())
    transport.get("/api/v4/contacts?page=2", [("limit", "250")])
    assert str(script.requests[0].url) == f"{BASE}/api/v4/contacts?page=2&limit=250"


def test_no_content_is_an_empty_answer() -> None:
    transport, _, _ = answers(httpx.Response(204))
    answer = transport.get("/api/v4/contacts")
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(
            200, content=b"\xef\xbb\xbf[1]", headers={"Content-Type": "application/json"}
        ),
        httpx.Response(200, content=b"[1]"),
        httpx.Response(200, content=b"[1]", headers={"Content-Type": "application/hal+json"}),
        httpx.Response(200, content=b"[1]", headers={"Content-Type": "text/plain; charset=utf-8"}),
    ],
)
def test_json_is_taken_with_a_byte_order_mark_and_without_a_type(response) -> None:
    transport, _, _ = answers(response)
    assert transport.get("/a").body == b"[1]"


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_a_read_is_repeated_after_a_failure_of_the_network(error) -> None:
    transport, script, clock = answers(error, error, ok())
    assert transport.get("/a").status == 200
    assert len(script.requests) == 3
    assert sum(clock.naps) == pytest.approx(0.5 + 1.0, abs=0.1)
    assert transport.stats.n_retries == 2


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 520])
def test_a_read_is_repeated_while_the_server_fails(status: int) -> None:
    transport, script, _ = answers(html(status), ok())
    assert transport.get("/a").status == 200
    assert len(script.requests) == 2


def test_an_address_that_never_answered_is_given_up_within_seconds() -> None:
    transport, script, clock = answers(httpx.ConnectError("refused"))
    with pytest.raises(
        RemoteError, match=r"demo\.crm\.example/a: no answer from the CRM"
    ) as caught:
        transport.get("/a", [("query", "+79990000000")])
    assert caught.value.exit_code == 10
    assert "7999" not in str(caught.value)
    assert len(script.requests) == 5
    assert sum(clock.naps) < 30


def test_a_server_that_answered_before_is_waited_for_and_probed() -> None:
    down = httpx.ConnectError("refused")
    transport, script, clock = answers(ok(), *[down] * 6, ok())
    transport.get("/a")
    start = clock.now
    assert transport.get("/a").status == 200
    assert len(script.requests) == 8
    assert clock.now - start >= 120  # opened twice


def test_three_openings_stop_the_run() -> None:
    transport, script, _ = answers(ok(), httpx.Response(500))
    transport.get("/a")
    with pytest.raises(RemoteError, match="for minutes"):
        transport.get("/a")
    assert len(script.requests) == 1 + 5 + 2


def test_half_of_twenty_failing_opens_the_circuit() -> None:
    steps = [ok(), httpx.Response(502)] * 20
    transport, _, clock = answers(*steps)
    seen: list[float] = []
    for _ in range(12):
        before = clock.now
        transport.get("/a")
        seen.append(clock.now - before)
    assert max(seen) >= 60
    assert len([s for s in seen if s >= 60]) == 1


def test_retries_slow_down_when_failures_are_no_exception() -> None:
    steps = [ok(), ok(), httpx.Response(502)] * 10
    transport, _, clock = answers(*steps, rand=lambda: 0.0)
    for _ in range(14):
        transport.get("/a")
    assert clock.naps.count(1.0) >= 5  # 5 s more, in slices
    assert sum(clock.naps) < 60


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (html(200), "web page"),
        (httpx.Response(200, text='{"a": 1}', headers={"Content-Type": "text/html"}), "web page"),
        (httpx.Response(200, content=b'{"a": [1, 2'), "cut off"),
        (httpx.Response(200, content=b'{"a": 1} garbage'), "no JSON"),
        (httpx.Response(200, content=b""), "cut off"),
        (httpx.Response(200, content=b"captcha"), "no JSON"),
        (httpx.Response(200, content='{"a": "Имя"}'.encode("cp1251")), "UTF-8"),
        (httpx.Response(200, content=b"[" * 200_000 + b"]" * 200_000), "nested"),
        (httpx.Response(206, content=b"{}"), "status"),
    ],
)
def test_an_answer_that_is_not_whole_json_is_asked_for_twice_more(response, words) -> None:
    transport, script, _ = answers(response)
    with pytest.raises(RemoteError, match=words) as caught:
        transport.get("/a")
    assert len(script.requests) == 3
    assert caught.value.exit_code == 10
    assert "\n" not in str(caught.value)


def packed(body: bytes, **headers: str):
    def give(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(body)
        names = {"Content-Encoding": "gzip", "Content-Type": "application/json", **headers}
        return httpx.Response(200, headers=names, stream=_Pieces(stream))

    return give


class _Pieces(httpx.SyncByteStream):  # httpx unpacks a ready body by itself, but not this
    def __init__(self, whole) -> None:
        self._body = b"".join(whole)

    def __iter__(self):
        for at in range(0, len(self._body), 1000):
            yield self._body[at : at + 1000]


def test_a_packed_answer_is_unpacked() -> None:
    body = b"[" + b"1," * 5000 + b"1]"
    transport, _, _ = answers(packed(gzip.compress(body)))
    assert transport.get("/a").body == body
    assert transport.stats.n_bytes < 1000


@pytest.mark.parametrize(
    ("give", "words"),
    [
        (packed(gzip.compress(b"[1]")[:-4]), "unpacked"),
        (packed(b"this is not packed at all"), "unpacked"),
        (packed(gzip.compress(b"[1]") + b"more"), "unpacked"),
        (packed(gzip.compress(b"[1]"), **{"Content-Encoding": "br"}), "not asked for"),
        (packed(gzip.compress(b"[1]"), **{"Content-Length": "9999"}), "length"),
    ],
)
def test_a_badly_packed_answer_is_asked_for_twice_more(give, words) -> None:
    transport, script, _ = answers(give)
    with pytest.raises(RemoteError, match=words):
        transport.get("/a")
    assert len(script.requests) == 3


def test_a_bomb_is_cut_at_once() -> None:
    bomb = gzip.compress(b"[" + b" " * (80 * 2**20) + b"]")
    assert len(bomb) < 200_000
    transport, script, _ = answers(packed(bomb))
    with pytest.raises(RemoteError, match="larger than 64 MB"):
        transport.get("/a")
    assert len(script.requests) == 1


def test_an_endless_answer_is_cut() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                yield b" " * 2**20

    transport, _, _ = answers(httpx.Response(200, stream=Endless()))
    with pytest.raises(RemoteError, match="larger than 64 MB"):
        transport.get("/a")
    assert transport.stats.n_bytes == 65 * 2**20


def test_a_trickling_body_meets_the_deadline() -> None:
    clock = Clock()

    class Trickle(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                clock.now += 10
                yield b" "

    transport, script, _ = answers(httpx.Response(200, stream=Trickle()), clock=clock)
    with pytest.raises(RemoteError, match="too slowly"):
        transport.get("/a")
    assert len(script.requests) == 5


def test_a_stale_token_is_renewed_once() -> None:
    transport, script, _ = answers(problem(401), ok(), tokens=Tokens("stale", "fresh"))
    assert transport.get("/a").status == 200
    assert [r.headers["authorization"] for r in script.requests] == ["Bearer stale", "Bearer fresh"]


def test_a_second_refusal_of_the_token_ends_the_run() -> None:
    tokens = Tokens("stale", "fresh", "fresher")
    transport, script, _ = answers(problem(401), tokens=tokens)
    with pytest.raises(SignInError, match="auth login") as caught:
        transport.get("/a")
    assert (len(script.requests), tokens.n_renewed, caught.value.exit_code) == (2, 1, 7)


def test_a_token_that_can_not_be_renewed_ends_the_run() -> None:
    transport, script, _ = answers(problem(401))
    with pytest.raises(SignInError):
        transport.get("/a")
    assert len(script.requests) == 1


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "пароль", "a\x00b"])
def test_a_token_that_is_none_is_never_sent_nor_shown(token: str) -> None:
    transport, script, _ = answers(ok(), tokens=Tokens(token))
    with pytest.raises(SignInError) as caught:
        transport.get("/a")
    assert script.requests == []
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (problem(402), "not paid"),
        (problem(403, code=113, detail="IP"), "let this machine in"),
        (problem(403, response={"error_code": "113", "error": "IP"}), "let this machine in"),
    ],
)
def test_a_closed_account_is_a_matter_of_signing_in(response, words) -> None:
    tokens = Tokens("a", "b")
    transport, script, _ = answers(response, tokens=tokens)
    with pytest.raises(SignInError, match=words):
        transport.get("/a")
    assert (len(script.requests), tokens.n_renewed) == (1, 0)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422, 423])
def test_a_definite_no_is_refused_without_a_second_try(status: int) -> None:
    transport, script, _ = answers(problem(status, title="No", detail="Invalid scope"))
    with pytest.raises(Refused, match=f"{status} Invalid scope") as caught:
        transport.get("/api/v4/users", [("query", "secret-name")])
    assert (caught.value.status, caught.value.exit_code) == (status, 10)
    assert len(script.requests) == 1
    assert "secret-name" not in str(caught.value)


def test_a_refusal_tells_the_code_and_where_in_the_request() -> None:
    errors = [{"code": "NotSupportedChoice", "path": "a.0.field_id", "detail": "Not a choice."}]
    body = {"validation-errors": [{"request_id": "0", "errors": errors}], "detail": "failed"}
    transport, _, _ = answers(problem(400, **body))
    with pytest.raises(Refused, match=r"a\.0\.field_id: Not a choice\.") as caught:
        transport.get("/a")
    assert caught.value.code == "NotSupportedChoice"


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[]", b'"x"', b"{", b"[[[", b"null", b'{"code": {}}']
)
def test_a_refusal_of_any_shape_is_a_refusal(body: bytes) -> None:
    transport, _, _ = answers(httpx.Response(403, content=body))
    with pytest.raises(Refused) as caught:
        transport.get("/a")
    assert caught.value.code == ""


def test_a_refusals_text_is_short_and_harmless() -> None:
    nasty = (
        "\x1b[31mИванов ivan@mail.example +7 999 123-45-67 Bearer abcdefgh\u202e{x} " + "ж" * 900
    )
    transport, _, _ = answers(problem(422, detail=nasty))
    with pytest.raises(Refused) as caught:
        transport.get("/a")
    text = str(caught.value)
    assert len(text) < 400
    assert "{x}" in text
    for part in ("\x1b", "\u202e", "ivan@", "123-45", "abcdefgh"):
        assert part not in text


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/a",
        "//evil.example/a",
        "http://demo.crm.example/a",
        "https://demo.crm.example:444/a",
        "https://demo.crm.example@evil.example/a",
        "https://x@demo.crm.example/a",
        "https://[bad/",
        "ftp://demo.crm.example/a",
        "https://demo.crm.example\\@evil.example/a",
    ],
)
def test_a_redirect_to_elsewhere_is_never_followed(location: str) -> None:
    transport, script, _ = answers(httpx.Response(302, headers={"Location": location}), ok())
    with pytest.raises(RemoteError, match="another address"):
        transport.get("/a")
    assert len(script.requests) == 1


def test_a_redirect_on_the_same_host_is_followed_once() -> None:
    moved = httpx.Response(301, headers={"Location": "/b?x=1"})
    transport, script, _ = answers(moved, ok())
    assert transport.get("/a").status == 200
    assert str(script.requests[1].url) == f"{BASE}/b?x=1"
    transport, script, _ = answers(moved)
    with pytest.raises(RemoteError, match="301"):
        transport.get("/a")
    assert len(script.requests) == 2


def test_a_redirect_to_nowhere_is_an_error() -> None:
    transport, script, _ = answers(httpx.Response(302))
    with pytest.raises(RemoteError, match="302"):
        transport.get("/a")
    assert len(script.requests) == 1


def test_a_crms_own_words_are_rules_before_the_standard_ones() -> None:
    policy = STANDARD.before(
        Rule((503,), Verdict.LIMITED, codes=("QUERY_LIMIT_EXCEEDED",)),
        Rule((503,), Verdict.STOPPED, codes=("OVERLOAD_LIMIT",)),
        Rule((200,), Verdict.RENEW, codes=("expired_token",)),
        reads_success=True,
    )
    limited = httpx.Response(503, json={"error": "QUERY_LIMIT_EXCEEDED"})
    expired = httpx.Response(200, json={"error": "expired_token"})
    overload = httpx.Response(503, json={"error": "OVERLOAD_LIMIT", "error_description": "No"})
    transport, script, _ = answers(
        limited, expired, overload, policy=policy, tokens=Tokens("a", "b")
    )
    with pytest.raises(RemoteError, match="503 No"):
        transport.get("/a")
    assert transport.stats.n_limited == 1
    assert len(script.requests) == 3


def test_a_stop_ends_a_wait_before_anything_is_sent() -> None:
    stop, clock = threading.Event(), Clock()
    window = RequestWindow(None, 1, clock=clock)
    transport, script, _ = answers(ok(), clock=clock, window=window, stop=stop)
    transport.get("/a")
    transport._sleep = lambda seconds: stop.set()
    with pytest.raises(StoppedError) as caught:
        transport.get("/a")
    assert caught.value.exit_code == 130
    assert len(script.requests) == 1


def test_a_closed_transport_sends_nothing() -> None:
    transport, script, _ = answers(ok())
    transport.close()
    with pytest.raises(StoppedError):
        transport.get("/a")
    assert script.requests == []


def test_an_interrupt_gives_the_place_back() -> None:
    clock = Clock()
    window = RequestWindow(None, 1, clock=clock)

    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    transport, _, _ = answers(interrupt, ok(), clock=clock, window=window)
    with pytest.raises(KeyboardInterrupt):
        transport.get("/a")
    start = clock.now
    assert transport.get("/a").status == 200
    assert clock.now - start < 3  # the place, not its time limit


def test_a_folder_that_can_not_be_written_stops_before_sending(tmp_path) -> None:
    clock = Clock()
    window = RequestWindow(tmp_path / "gone" / "rate", 7, clock=clock)
    transport, script, _ = answers(ok(), clock=clock, window=window)
    with pytest.raises(StorageError) as caught:
        transport.get("/a")
    assert script.requests == []
    assert caught.value.exit_code == 9
    assert str(tmp_path) in str(caught.value)


def test_the_certificates_fault_is_named() -> None:
    import ssl

    fault = ssl.SSLCertVerificationError(1, "certificate verify failed")
    fault.verify_message = "self-signed certificate"
    error = httpx.ConnectError("x")
    error.__cause__ = fault
    transport, script, _ = answers(error)
    with pytest.raises(RemoteError, match="self-signed certificate"):
        transport.get("/a")
    assert len(script.requests) == 1

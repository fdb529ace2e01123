"""A write is sent once, and what became of it is told truly."""

from __future__ import annotations

import ssl

import httpx
import pytest

from dedupe.crm.http import Outcome, ReadOnlyError, Refused, RequestWindow
from dedupe.errors import RemoteError, SignInError
from tests.unit.crm.http.fakes import HTML, Clock, Tokens, answers, ok, problem


def test_a_reading_connection_sends_no_write() -> None:
    transport, script, _ = answers(ok())
    for method in ("POST", "patch", "PUT", "DELETE", "PROPFIND"):
        with pytest.raises(ReadOnlyError) as caught:
            transport.send(method, "/a", b"{}")
        assert caught.value.exit_code == 1
    assert script.requests == []


def writer(*steps, **options):
    return answers(*steps, read_only=False, **options)


def test_a_write_that_is_answered_well_is_done() -> None:
    transport, script, _ = writer(ok())
    sent = transport.send("patch", "/a", b'{"a": 1}')
    assert sent.outcome is Outcome.DONE
    assert sent.answer is not None
    assert sent.answer.body == b'{"fine":true}'
    request = script.requests[0]
    assert (request.method, request.content) == ("PATCH", b'{"a": 1}')
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "response", [httpx.Response(204), httpx.Response(202), httpx.Response(201, json=[])]
)
def test_a_write_may_be_answered_by_nothing(response) -> None:
    transport, _, _ = writer(response)
    sent = transport.send("POST", "/a", b"[]")
    assert sent.outcome is Outcome.DONE
    assert sent.answer is not None
    assert sent.answer.status == response.status_code


@pytest.mark.parametrize(
    "step",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(500),
        httpx.Response(502, html=HTML),
        httpx.Response(504),
        httpx.Response(503),
        httpx.Response(408),
        httpx.Response(200, html=HTML),
        httpx.Response(200),
        httpx.Response(201),
        httpx.Response(200, content=b'{"a": '),
        httpx.Response(302, headers={"Location": "/a"}),
    ],
)
def test_a_write_of_unknown_outcome_is_never_sent_again(step) -> None:
    transport, script, _ = writer(step)
    sent = transport.send("POST", "/a", b"[]")
    assert sent.outcome is Outcome.UNKNOWN
    assert sent.error is not None
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "step",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.PoolTimeout("busy"),
        httpx.Response(429),
    ],
)
def test_a_write_that_was_surely_not_carried_out_is_unsent(step) -> None:
    transport, script, _ = writer(step)
    assert transport.send("POST", "/a", b"[]").outcome is Outcome.UNSENT
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422])
def test_a_write_that_is_refused_says_why(status: int) -> None:
    transport, _, _ = writer(problem(status, detail="FieldNotExpected"))
    sent = transport.send("POST", "/a", b"[]")
    assert sent.outcome is Outcome.REFUSED
    assert isinstance(sent.error, Refused)
    assert sent.error.status == status


def test_a_write_is_sent_again_after_a_renewed_token() -> None:
    transport, script, _ = writer(problem(401), ok(), tokens=Tokens("stale", "fresh"))
    assert transport.send("POST", "/a", b"[]").outcome is Outcome.DONE
    assert [r.content for r in script.requests] == [b"[]", b"[]"]
    transport, script, _ = writer(problem(401), tokens=Tokens("stale", "fresh"))
    with pytest.raises(SignInError):
        transport.send("POST", "/a", b"[]")
    assert len(script.requests) == 2


def test_a_limit_answer_to_a_write_pauses_the_next_one() -> None:
    clock = Clock()
    window = RequestWindow(None, 7, clock=clock)
    transport, _, _ = writer(
        httpx.Response(429, headers={"Retry-After": "9"}), ok(), clock=clock, window=window
    )
    start = clock.now
    assert transport.send("POST", "/a", b"[]").outcome is Outcome.UNSENT
    assert transport.send("POST", "/a", b"[]").outcome is Outcome.DONE
    assert clock.now - start >= 9


def test_a_write_to_an_untrusted_address_was_not_carried_out() -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    transport, _, _ = writer(error)
    with pytest.raises(RemoteError, match="certificate"):
        transport.send("POST", "/a", b"")

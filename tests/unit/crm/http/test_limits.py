"""Answers that ask for fewer requests, or for none."""

from __future__ import annotations

import httpx
import pytest

from dedupe.crm.http import BlockedError, RequestWindow
from dedupe.errors import RemoteError
from dedupe.events import Waiting
from tests.unit.crm.http.fakes import Clock, Tokens, answers, html, ok


def test_a_page_of_refusal_stops_every_request_at_once(tmp_path) -> None:
    clock = Clock()
    path = tmp_path / "rate"
    transport, script, _ = answers(
        html(403), clock=clock, window=RequestWindow(path, 7, clock=clock), tokens=Tokens("a", "b")
    )
    for _ in range(3):
        with pytest.raises(BlockedError, match="blocks this machine") as caught:
            transport.get("/a")
    assert len(script.requests) == 1
    assert caught.value.exit_code == 10
    other, other_script, _ = answers(ok(), clock=clock, window=RequestWindow(path, 7, clock=clock))
    with pytest.raises(BlockedError):
        other.get("/a")
    assert other_script.requests == []
    clock.now += 901
    assert other.get("/a").status == 200


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({}, 1, 2),
        ({"Retry-After": "3"}, 3, 4),
        ({"Retry-After": "0"}, 1, 2),
        ({"Retry-After": "-5"}, 1, 2),
        ({"Retry-After": "soon"}, 1, 2),
        ({"Retry-After": "2.5"}, 2.5, 3.5),
        (
            {
                "Retry-After": "Sat, 21 Nov 2026 19:20:30 GMT",
                "Date": "Sat, 21 Nov 2026 19:20:00 GMT",
            },
            30,
            31,
        ),
        ({"Retry-After": "Sat, 21 Nov 2020 19:20:30 GMT"}, 1, 2),
        ({"Retry-After": "Sat, 99 Nov 2020 19:20:30 GMT"}, 1, 2),
    ],
)
def test_a_limit_answer_makes_everybody_pause(headers, least, most) -> None:
    clock, heard = Clock(), []
    window = RequestWindow(None, 7, clock=clock)
    limited = httpx.Response(429, text="Too many", headers=headers)
    transport, _, _ = answers(limited, ok(), clock=clock, window=window, listen=heard.append)
    start = clock.now
    assert transport.get("/a").status == 200
    assert least <= clock.now - start < most
    assert transport.stats.n_limited == 1
    assert transport.stats.waited_s == pytest.approx(clock.now - start)
    assert heard[0] == Waiting("pull", "limit", pytest.approx(clock.now - start, abs=1))
    assert window.rate_per_s() < 4


@pytest.mark.parametrize("asked", ["901", "7200", "1000000000", "9" * 12])
def test_a_pause_that_is_too_long_stops_with_the_time(asked: str) -> None:
    clock = Clock()
    window = RequestWindow(None, 7, clock=clock)
    limited = httpx.Response(429, headers={"Retry-After": asked})
    transport, script, _ = answers(limited, ok(), clock=clock, window=window)
    with pytest.raises(BlockedError, match=r"wait until 20\d\d-\d\d-\d\d \d\d:\d\d"):
        transport.get("/a")
    assert clock.naps == []
    with pytest.raises(BlockedError):
        transport.get("/a")
    assert len(script.requests) == 1
    clock.now += 3601  # whatever was said, after an hour one request asks again
    assert transport.get("/a").status == 200


def test_limit_answers_without_end_stop_the_run_after_few_requests() -> None:
    clock = Clock()
    window = RequestWindow(None, 7, clock=clock)
    transport, script, _ = answers(
        httpx.Response(429, headers={"Retry-After": "1"}), clock=clock, window=window
    )
    start = clock.now
    with pytest.raises(RemoteError, match="too many requests") as caught:
        transport.get("/a")
    assert caught.value.exit_code == 10
    assert len(script.requests) <= 25
    assert 600 < clock.now - start < 1000
    assert window.rate_per_s() == pytest.approx(0.5, rel=0.02)


def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    transport, _, clock = answers(httpx.Response(503, headers={"Retry-After": "20"}), ok())
    transport.get("/a")
    assert sum(clock.naps) == pytest.approx(20)
    assert transport.stats.n_limited == 0

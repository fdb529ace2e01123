"""INT301: repeated, switched off, in the open."""

from __future__ import annotations

import pytest

from tests.unit.audit.team.accounts import facts_of, found, outcome

ONE = {"id": "1", "destination": "https://Hook.firm.ru/amo/?a=1", "events": "add_lead,add_contact"}


@pytest.mark.parametrize(
    ("destination", "events", "expected"),
    [
        ("https://hook.firm.ru/amo/?a=1", "add_lead", ["1", "2"]),
        ("https://hook.firm.ru/amo/?a=1/", "add_lead,x", ["1", "2"]),
        ("https://hook.firm.ru/amo/?a=1", "status_lead", []),
        ("https://hook.firm.ru/AMO/?a=1", "add_lead", []),
        ("https://hook.firm.ru/amo/?a=2", "add_lead", []),
        (None, "add_lead", []),
        ("https://hook.firm.ru/amo/?a=1", None, []),
    ],
)
def test_webhooks_repeat_when_they_tell_one_place_of_one_event(
    destination, events, expected
) -> None:
    other = {"id": "2", "destination": destination, "events": events}
    assert found("INT301", facts_of(webhooks=[ONE, other])) == expected


def test_a_webhook_that_is_off_repeats_nothing() -> None:
    off = ONE | {"id": "2", "is_disabled": True}
    result = outcome("INT301", facts_of(webhooks=[ONE, off]))
    assert result.findings.select("record_id", "group").rows() == [("2", "disabled")]
    assert result.base == 2


def test_plain_http_is_in_the_open_and_may_become_https() -> None:
    plain = {"id": "3", "destination": "HTTP://hook.firm.ru/amo"}
    rows = outcome("INT301", facts_of(webhooks=[plain])).findings
    assert rows.select("group", "proposal").rows() == [("plain_http", "https://hook.firm.ru/amo")]


def test_http_and_https_to_one_place_repeat() -> None:
    plain = {"id": "3", "destination": "http://a.ru", "events": "x"}
    safe = {"id": "4", "destination": "https://a.ru/", "events": "x"}
    rows = outcome("INT301", facts_of(webhooks=[plain, safe])).findings
    assert rows.select("record_id", "group").sort("record_id", "group").rows() == [
        ("3", "plain_http"),
        ("3", "repeated"),
        ("4", "repeated"),
    ]

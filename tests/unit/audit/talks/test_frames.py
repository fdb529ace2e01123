"""Calls and touches out of notes, messages and events, whatever was written there."""

from __future__ import annotations

import pytest

from dedupe.audit.frames.calls import calls, is_answered, is_missed
from dedupe.audit.frames.touches import touches

from .account import at, call, chat, facts, rows


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ('{"duration":"12","phone":79161234567,"call_status":4}', (12.0, "9161234567", "4")),
        ('{"duration":0,"phone":"+7 (916) 123-45-67"}', (0.0, "9161234567", None)),
        ('{"duration":-1,"phone":"101"}', (None, "101", None)),
        ('{"duration":"NaN","phone":" "}', (None, None, None)),
        ('{"duration":{"s":1},"phone":null}', (None, None, None)),
        ("{broken", (None, None, None)),
        ("[]", (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_a_call_is_read_from_any_text(params, told) -> None:
    one = call("1", "contact:1", at()) | {"params": params}
    frame = calls(facts(notes=rows(one)))
    assert frame.select("seconds", "phone", "status").rows() == [told]


def test_one_broken_text_does_not_spoil_the_others() -> None:
    good = call("1", "contact:1", at(), duration=5, source="pbx", link=" ")
    frame = calls(facts(notes=rows(good, good | {"id": "2", "params": "{"})))
    assert frame.select("note_id", "seconds", "source", "link").rows() == [
        ("1", 5.0, "pbx", None),
        ("2", None, None, None),
    ]


def test_calls_on_deleted_records_are_left_out_and_those_on_unknown_ones_kept() -> None:
    contacts = {"id": ["1", "2"], "is_deleted": [True, None]}
    notes = rows(*(call(n, f"contact:{n}", at()) for n in ("1", "2", "7")))
    assert calls(facts(contacts=contacts, notes=notes))["record_id"].to_list() == ["2", "7"]


@pytest.mark.parametrize(
    ("params", "missed", "answered"),
    [
        ({"duration": 0}, True, False),
        ({"duration": 30, "call_status": 6}, True, False),
        ({"duration": 30, "call_status": 4}, False, True),
        ({"duration": 30}, False, True),
        ({}, False, False),  # nobody told
    ],
)
def test_a_call_is_missed_by_its_length_or_its_result(params, missed, answered) -> None:
    frame = calls(facts(notes=rows(call("1", "contact:1", at(), **params))))
    assert frame.select(m=is_missed(), a=is_answered()).row(0) == (missed, answered)


def test_the_telephony_may_name_who_spoke() -> None:
    named = call("1", "contact:1", at(), call_responsible=5)
    text = call("2", "contact:1", at(), call_responsible="Ivan")
    nobody = call("3", "contact:1", at(), call_responsible=0)
    frame = calls(facts(notes=rows(named, text, nobody)))
    assert frame["answered_by"].to_list() == ["5", "9", "9"]


def test_touches_are_of_every_channel_and_plain_notes_are_none() -> None:
    notes = rows(
        call("1", "contact:1", at(), duration=5),
        call("2", "deal:1", at(hours=1), "amomail_message", income=True),
        call("3", "deal:1", at(hours=2), "amomail_message", income=False),
        call("4", "deal:1", at(hours=3), "amomail_message"),
        call("5", "deal:1", at(hours=4), "sms_out", text="hello"),
        call("6", "deal:1", at(hours=5), "service_message", text="Новая заявка"),
        call("7", "deal:1", at(hours=6), "service_message", text="stage changed"),
        call("8", "deal:1", at(hours=7), "common", text="a@example.org"),
        call("9", "deal:1", None, "sms_in"),
    )
    frame = touches(facts(notes=notes)).sort("at")
    assert frame.select("direction", "channel", "is_answered").rows() == [
        ("in", "call", True),
        ("in", "mail", None),
        ("out", "mail", None),
        (None, "mail", None),
        ("out", "sms", None),
        ("in", "form", None),
    ]


def test_messages_are_believed_and_events_where_there_are_none() -> None:
    kinds = ("incoming_chat_message", "outgoing_chat_message", "entity_direct_message")
    events = rows(
        *(
            {"id": kind, "type": kind, "entity": "contact", "record_id": "1", "created_at": at()}
            for kind in kinds
        )
    )
    told = facts(events=events, messages=rows(chat("1", "contact:1", at())))
    assert touches(told)["direction"].to_list() == ["in"]
    assert sorted(touches(facts(events=events))["direction"]) == ["in", "out"]

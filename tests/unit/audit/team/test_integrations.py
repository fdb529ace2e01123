"""INT001, INT002, INT101: what is connected, what it leaves, under whom."""

from __future__ import annotations

import pytest

from tests.unit.audit.team.accounts import ago, call, cells, facts_of, found, note, outcome


def test_widgets_webhooks_and_sources_are_listed() -> None:
    facts = facts_of(
        widgets=[{"id": "1", "name": "w", "is_active": True}, {"id": "2", "name": "v"}],
        webhooks=[{"id": "3", "destination": "https://a.ru", "events": "x,y", "is_disabled": True}],
        sources=[{"id": "4", "name": "Сайт", "pipeline_id": "9"}],
        pipelines=[{"id": "9", "name": "Опт"}],
    )
    assert cells("INT001", facts, "kind", "id", "is_active", "detail") == [
        ("widget", "1", True, None),
        ("widget", "2", None, None),
        ("webhook", "3", False, "x, y"),
        ("source", "4", None, "Опт"),
    ]
    assert outcome("INT001", facts).found == 4


def test_traces_are_told_by_what_a_program_is_known_by() -> None:
    deal = {"id": "d1", "source_id": "4", "created_by": "0", "created_at": ago(9)}
    facts = facts_of(
        deals=[deal, {"id": "d2", "source_id": "5", "created_at": ago(8)},
               deal | {"id": "d3", "is_deleted": True}],
        sources=[{"id": "4", "name": "Сайт"}],
        notes=[
            call("1", "7", 3), call("2", "8", 5, source=" mango"), call("3", "8", 2, source=None),
            note("4", "0", 1, "extended_service_message", "Bot"),
            note("5", "7", 1), note("6", "7", 1, "common", "Fake"),
            {"id": "7", "note_type": "call_out", "params": "{oops", "created_at": ago(6)},
        ],
        record_tags=[
            {"entity": "deal", "record_id": "d1", "tag": "Импорт 1С"},
            {"entity": "deal", "record_id": "d2", "tag": "важный"},
            {"entity": "deal", "record_id": "d3", "tag": "импорт 1С"},
        ],
        fields=[
            {"entity": "deal", "id": "11", "name": "UTM_SOURCE"},
            {"entity": "deal", "id": "12", "name": "Город"},
            {"entity": "contact", "id": "11", "name": "x", "type": "tracking_data"},
        ],
        field_values=[
            {"entity": "deal", "record_id": "d2", "field_id": "11", "raw": "ya"},
            {"entity": "deal", "record_id": "d1", "field_id": "11", "raw": " "},
            {"entity": "deal", "record_id": "d1", "field_id": "12", "raw": "Пенза"},
        ],
    )  # fmt: skip
    rows = cells("INT002", facts, "kind", "service", "n", "n_records", "last", "days")
    assert rows == [
        ("calls", "-", 2, 2, ago(2), 2),
        ("calls", "Mango", 2, 2, ago(3), 3),
        ("deals made by the robot", "0", 1, 1, ago(9), 9),
        ("field of tracking", "UTM_SOURCE", 1, 1, ago(8), 8),
        ("service messages", "Bot", 1, 1, ago(1), 1),
        ("source of deals", "5", 1, 1, ago(8), 8),
        ("source of deals", "Сайт", 1, 1, ago(9), 9),
        ("tag of import", "Импорт 1С", 1, 1, ago(9), 9),
    ]


USERS = [{"id": "1", "name": "Анна"}, {"id": "2"}, {"id": "3"}, {"id": "4", "is_active": False}]
BOT = ("service_message", "Bot")


@pytest.mark.parametrize(
    ("notes", "tasks", "expected"),
    [
        ([note("a", "1", 1, *BOT), note("b", "1", 1)], [], ["1"]),
        ([note("a", "1", 1, *BOT)], [{"id": "t", "owner_id": "1"}], ["1"]),
        ([note("a", "1", 1, *BOT)], [], []),  # nothing but the program's work
        ([note("a", "1", 1, *BOT), note("b", "2", 1)], [], []),
        ([note("a", "4", 1, *BOT), note("b", "4", 1)], [], []),
        ([note("a", "0", 1, *BOT), note("b", None, 1, *BOT)], [], []),
        # Calls: under whom most of them are, unless the author is said to have made the call.
        ([call("a", "1", 1), note("b", "1", 1)], [], ["1"]),
        ([call("a", "1", 1, source=None), note("b", "1", 1)], [], []),
        ([call("a", "1", 1, call_responsible=1), note("b", "1", 1)], [], []),
        ([call("a", "1", 1, call_responsible="3"), note("b", "1", 1)], [], ["1"]),
        (
            [call("a", "1", 1), call("b", "2", 1), call("c", "3", 1), note("d", "1", 1)],
            [],
            [],
        ),
    ],
)
def test_integrations_under_people(notes, tasks, expected) -> None:
    assert found("INT101", facts_of(users=USERS, notes=notes, tasks=tasks)) == expected


def test_the_share_of_calls_is_an_option_and_the_metric_tells_it() -> None:
    notes = [call("a", "1", 1), call("b", "2", 1), call("c", "2", 1), note("d", "1", 1)]
    facts = facts_of(users=USERS, notes=notes, options={"INT101": {"share": 0.3}})
    assert found("INT101", facts) == ["1"]
    assert outcome("INT101", facts).base == 2
    rows = cells("INT101", facts, "service", "user_id", "works", "n")
    assert rows == [("Mango", "2", False, 2), ("Mango", "1", True, 1)]
    assert cells("INT101", facts, "share") == [(2 / 3,), (1 / 3,)]

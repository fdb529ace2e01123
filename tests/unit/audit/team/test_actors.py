"""The frames of who did what: actions, recent, written."""

from __future__ import annotations

from dedupe.audit.frames.actors import actions, recent, written
from tests.unit.audit.team.accounts import ago, call, facts_of, note


def test_actions_are_summed_by_user_and_kind_without_the_robot() -> None:
    facts = facts_of(
        contacts=[{"id": "c", "created_by": "1", "created_at": ago(9)}],
        deals=[
            {"id": "d", "created_by": "1", "created_at": ago(7)},
            {"id": "e", "created_by": "0", "created_at": ago(7)},
            {"id": "f", "created_by": "1", "created_at": None},
        ],
        tasks=[{"id": "t", "created_by": "2", "owner_id": "1", "created_at": ago(6)}],
        messages=[{"id": "m", "author_id": "2", "created_at": ago(5)}],
        notes=[call("a", "1", 4), note("b", "1", 3, "service_message", "Bot"), note("c", None, 1)],
    )
    assert actions(facts).rows() == [
        ("1", "call", 1, ago(4), ago(4)),
        ("1", "record", 2, ago(9), ago(7)),
        ("1", "service", 1, ago(3), ago(3)),
        ("2", "message", 1, ago(5), ago(5)),
        ("2", "task", 1, ago(6), ago(6)),
    ]


def test_recent_actions_are_seconds_of_the_last_days() -> None:
    days = (-1, 0, 0, 29.9, 30, 89.9, 90)  # one is later than the data
    events = [{"id": str(i), "created_by": "1", "created_at": ago(d)} for i, d in enumerate(days)]
    assert recent(facts_of(events=events)).rows() == [("1", 2, 4)]


def test_a_note_tells_its_service_unless_its_json_is_broken() -> None:
    params = ['{"source":" Mango \\n Office "}', '{"source":""}', "{junk", None, '{"source":null}',
              '{"service":"Bot"}']  # fmt: skip
    notes = [{"id": str(i), "note_type": "call_in", "params": p} for i, p in enumerate(params)]
    assert written(facts_of(notes=notes))["service"].to_list() == ["Mango Office"] + [None] * 5

"""MAIL101: weeks with letters and without."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.unit.audit.team.accounts import Row, cells, facts_of, outcome


def letter(*moment: int) -> Row:
    at = datetime(2020, *moment, tzinfo=UTC)  # type: ignore[arg-type]
    return {"id": str(at), "note_type": "amomail_message", "created_at": at}


def test_a_week_without_letters_is_a_gap_or_the_tail() -> None:
    # Sunday 21:30 of UTC is Monday in Moscow: the week of 18 May.
    notes = [letter(5, 4), letter(5, 5), letter(5, 17, 21, 30)]
    facts = facts_of(notes=notes, settings={"timezone": "Europe/Moscow"})
    assert cells("MAIL101", facts, "week", "n") == [
        (date(2020, 5, 4), 2),
        (date(2020, 5, 11), 0),
        (date(2020, 5, 18), 1),
        (date(2020, 5, 25), 0),
        (date(2020, 6, 1), 0),
    ]
    result = outcome("MAIL101", facts)
    assert result.findings.select("record_id", "group").rows() == [
        ("2020-05-11", "gap"),
        ("2020-05-25", "tail"),
        ("2020-06-01", "tail"),
    ]
    assert result.base == 5


def test_the_week_that_is_not_over_is_no_gap() -> None:
    assert outcome("MAIL101", facts_of(notes=[letter(6, 1)])).findings.is_empty()
    assert cells("MAIL101", facts_of(notes=[letter(6, 9)]), "n") == [(1,)]


def test_letters_are_of_events_where_no_note_is_one() -> None:
    event = {"id": "e", "type": "incoming_mail", "created_at": datetime(2020, 6, 1, tzinfo=UTC)}
    other = event | {"id": "f", "type": "name_field_changed"}
    assert cells("MAIL101", facts_of(events=[event, other]), "n") == [(1,)]
    assert cells("MAIL101", facts_of(events=[event], notes=[letter(6, 9)]), "week") == [
        (date(2020, 6, 8),)
    ]


def test_an_account_without_letters_has_no_weeks() -> None:
    result = outcome("MAIL101", facts_of(notes=[], events=[]))
    assert (result.found, result.base) == (0, 0)


def test_a_letter_whose_date_was_lost_does_not_open_half_a_century_of_gaps() -> None:
    lost = letter(6, 1) | {"id": "lost", "created_at": datetime(1970, 1, 1, tzinfo=UTC)}
    assert outcome("MAIL101", facts_of(notes=[lost, letter(6, 1)])).findings.is_empty()
    assert outcome("MAIL101", facts_of(notes=[lost])).base == 0

"""CAL101 to CAL104, CAL201 and CAL202 on the smallest accounts that show what they count."""

from __future__ import annotations

import pytest

from dedupe.audit import run_checks
from dedupe.audit.talks.missed import read_work_hours
from dedupe.errors import ConfigError

from .account import NOW, at, call, chat, deal, facts, found, links, result, rows, table


def test_an_answered_call_without_a_link_has_no_recording() -> None:
    account = facts(
        notes=rows(
            call("1", "contact:1", at(days=50), duration=9, source="pbx"),
            call("2", "contact:1", at(days=50), duration=9, source="pbx", link="https://r/2"),
            call("3", "contact:1", at(days=50), duration=0),
            call("4", "contact:1", at(days=50), "common"),
        )
    )
    assert found(account, "CAL101", "note") == ["1"]
    assert result(account, "CAL101", "note").base == 2
    assert table(account, "CAL101", "recordings_by_source") == [("pbx", 2, 1, 0.5)]
    ((_, n, n_found, share),) = table(account, "CAL101", "recordings_by_week")
    assert (n, n_found, share) == (2, 1, 0.5)


def _busy(*days: int, each: int = 1) -> list[dict]:
    return [call(f"{d}-{n}", "contact:1", at(days=d)) for d in days for n in range(each)]


def test_a_working_day_without_calls_is_found_and_a_weekend_is_not() -> None:
    notes = rows(*_busy(0, 1, 3, 4, 7, each=7))  # Monday to Monday without Wednesday
    account = facts(notes=notes)
    assert found(account, "CAL102", "day") == ["2024-06-05"]
    assert result(account, "CAL102", "day").base == 6
    assert [row[1:] for row in table(account, "CAL102", "calls_by_week")] == [(28, 5, 1), (7, 1, 0)]


def test_a_silent_day_says_nothing_where_calls_are_few() -> None:
    account = facts(notes=rows(*_busy(0, 2, each=7)))
    assert found(account, "CAL102", "day") == []  # 14 calls in 3 days
    few = facts(notes=rows(*_busy(0, 2, each=7)), options={"CAL102": {"least": 4}})
    assert found(few, "CAL102", "day") == ["2024-06-04"]


STRANGER = [call("1", "contact:1", at(), duration=9)]


def test_a_new_caller_without_a_deal_or_a_task_is_found_once() -> None:
    later = call("2", "contact:1", at(days=3), duration=9)
    account = facts(notes=rows(*STRANGER, later))
    assert found(account, "CAL103", "contact") == ["1"]
    one = result(account, "CAL103", "contact")
    assert (one.found, one.base) == (1, 1)


@pytest.mark.parametrize(
    ("made", "is_found"), [(at(minutes=60), False), (at(minutes=61), True), (None, False)]
)
def test_a_deal_within_the_hour_is_in_time(made, is_found) -> None:
    account = facts(notes=rows(*STRANGER), deals=rows(deal("5", made)), links=links(("1", "5")))
    assert bool(found(account, "CAL103", "contact")) is is_found


@pytest.mark.parametrize(
    ("made", "is_found"),
    [(at(minutes=60), False), (at(minutes=61), True), (at(minutes=-10), False), (None, True)],
)
def test_a_task_within_the_hour_is_in_time(made, is_found) -> None:
    task = {"id": "1", "entity": "contact", "record_id": "1", "created_at": made}
    account = facts(notes=rows(*STRANGER), tasks=rows(task))
    assert bool(found(account, "CAL103", "contact")) is is_found


def test_a_call_of_the_last_hour_may_still_be_taken_up() -> None:
    account = facts(notes=rows(call("1", "contact:1", NOW)))
    assert found(account, "CAL103", "contact") == []


def test_a_call_that_another_than_the_owner_answered() -> None:
    account = facts(
        notes=rows(
            call("1", "contact:1", at(), duration=9, author="8"),
            call("2", "contact:1", at(), duration=9, author="9"),
            call("3", "contact:2", at(), duration=9, author="9"),
            call("4", "contact:2", at(), duration=9, author="0"),  # a robot
            call("5", "contact:2", at(), duration=0, author="8"),
            call("6", "contact:2", at(), "call_out", duration=5, author="8"),
        ),
        users={"id": ["8"], "name": ["Anna"]},
    )
    assert found(account, "CAL104", "contact") == ["1"]
    assert result(account, "CAL104", "contact").base == 2
    assert table(account, "CAL104", "answered_for_others") == [
        ("9", 2, 0, 0.0),
        ("Anna", 1, 1, 1.0),
    ]


def test_a_deal_made_by_hand_without_a_source_or_a_touch_came_from_nowhere() -> None:
    made = at(days=10)
    account = facts(
        deals=rows(
            deal("1", made, created_by="9"),
            deal("2", made, created_by="9", source_id="4"),
            deal("3", made, created_by="0"),
            deal("4", made, created_by=None),
            deal("5", made, created_by="9"),  # a call on its contact
            deal("6", at(days=-400), created_by="9"),
        ),
        links=links(("1", "5")),
        notes=rows(call("1", "contact:1", at(days=9, hours=1), duration=9)),
    )
    assert found(account, "CAL201", "deal") == ["1"]
    assert result(account, "CAL201", "deal").base == 5


@pytest.mark.parametrize(
    ("when", "is_found"),
    [
        (at(days=-1), False),
        (at(days=-1, seconds=-1), True),
        (at(hours=1), False),
        (at(hours=1, seconds=1), True),
    ],
)
def test_a_trace_is_from_a_day_before_to_an_hour_after(when, is_found) -> None:
    account = facts(
        deals=rows(deal("1", at(), created_by="9")), messages=rows(chat("1", "deal:1", when))
    )
    assert bool(found(account, "CAL201", "deal")) is is_found


MISSED = call("1", "contact:1", at(), duration=0, phone="+79161234567")


@pytest.mark.parametrize(
    ("after", "is_found"),
    [
        ([], True),
        ([call("2", "contact:1", at(hours=24), "call_out")], False),
        ([call("2", "contact:1", at(hours=24, seconds=1), "call_out")], True),
        ([call("2", "contact:1", at(hours=1), duration=9)], False),
        ([call("2", "contact:1", at(hours=1), duration=0, author="9")], True),
        ([call("2", "deal:5", at(hours=1), "call_out")], False),  # the client's deal
        ([call("2", "contact:2", at(hours=1), "call_out", phone="89161234567")], False),
        ([call("2", "contact:2", at(hours=1), "call_out", phone="89161234568")], True),
        ([call("2", "contact:1", at(), "call_out")], True),  # the same second: the same call
    ],
)
def test_a_missed_call_is_returned_to_the_card_the_client_or_the_number(after, is_found) -> None:
    account = facts(
        notes=rows(MISSED, *after), deals=rows(deal("5", at())), links=links(("1", "5"))
    )
    assert ("1" in found(account, "CAL202", "contact")) is is_found


def test_missed_calls_are_counted_on_their_own_cards_by_working_hours() -> None:
    account = facts(
        notes=rows(
            MISSED,
            call("2", "contact:1", at(minutes=10), "call_out", phone="+79161234567"),
            call("3", "contact:2", at(hours=10), duration=0),  # ten in the evening in Moscow
            call("4", "contact:2", None, duration=0),
            call("5", "deal:5", at(hours=1), duration=7),
        ),
        deals=rows(deal("5", at())),
    )
    heat, table_of_misses = (metric.rows for metric in _metrics(account, "contact"))
    assert table_of_misses.rows() == [
        ("in working hours", 1, 1, 1.0, 0, 600.0),
        ("after hours", 1, 1, 1.0, 1, None),
    ]
    assert heat.row(0, named=True)["h12"] == 1
    assert heat.row(0, named=True)["h22"] == 1
    assert heat.select(heat.columns[1:]).sum().sum_horizontal().item() == 2
    assert result(account, "CAL202", "deal").found == 0
    assert result(account, "CAL202", "deal").base == 1


def _metrics(account, entity: str):
    return [m for m in run_checks(account, select=["CAL202"]).metrics if m.entity == entity]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Mon-Fri 10:00-19:00", ((1, 2, 3, 4, 5), 600, 1140)),
        ("sat-mon 0:00-24:00", ((1, 6, 7), 0, 1440)),
        (" Wed,Sun  9:30 - 10:00 ", ((3, 7), 570, 600)),
    ],
)
def test_work_hours_are_read(text, told) -> None:
    hours = read_work_hours(text)
    assert (hours.weekdays, hours.since, hours.until) == told


@pytest.mark.parametrize(
    "text", ["", "always", "Mon 10-19", "Mon-Foo 10:00-19:00", "Mon 19:00-10:00", "Mon 9:70-10:00"]
)
def test_work_hours_that_are_none_are_one_clear_error(text) -> None:
    with pytest.raises(ConfigError, match="days and hours"):
        read_work_hours(text)

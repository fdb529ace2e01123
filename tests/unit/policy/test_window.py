"""Hours of the account's own clock: across midnight, and on the nights when clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dedupe.config import Window
from dedupe.policy.window import closes_at, hours, is_open, zone_of

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
NIGHT = Window(start=time(1), end=time(5))
LATE = Window(start=time(22), end=time(4))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (NIGHT, "2026-11-21T21:59", False),  # 00:59 in Moscow
        (NIGHT, "2026-11-21T22:00", True),
        (NIGHT, "2026-11-22T01:59", True),
        (NIGHT, "2026-11-22T02:00", False),
        (LATE, "2026-11-21T18:59", False),
        (LATE, "2026-11-21T19:00", True),
        (LATE, "2026-11-21T23:30", True),  # after midnight there
        (LATE, "2026-11-22T01:00", False),
        (None, "2026-11-22T12:00", True),
    ],
)
def test_a_window_is_of_the_accounts_clock(window, moment, expected) -> None:
    assert is_open(window, at(moment), MOSCOW) is expected


def test_in_spring_the_window_is_an_hour_shorter() -> None:
    assert closes_at(NIGHT, at("2026-03-29T00:30"), BERLIN) == at("2026-03-29T03:00")
    assert closes_at(NIGHT, at("2026-03-28T00:30"), BERLIN) == at("2026-03-28T04:00")


def test_a_window_that_the_clock_skips_does_not_open() -> None:
    skipped = Window(start=time(2), end=time(3))
    moments = [at(f"2026-03-29T00:{minute:02}") for minute in range(60)]
    moments += [at(f"2026-03-29T01:{minute:02}") for minute in range(60)]
    assert not any(is_open(skipped, moment, BERLIN) for moment in moments)


def test_in_the_hour_that_comes_twice_it_opens_once() -> None:
    twice = Window(start=time(2), end=time(2, 30))
    assert is_open(twice, at("2026-10-25T00:10"), BERLIN)
    assert not is_open(twice, at("2026-10-25T01:10"), BERLIN)


def test_an_unknown_zone_is_passed_over() -> None:
    assert zone_of(None, "", "Mars/Olympus", "Europe/Moscow").key == "Europe/Moscow"
    assert zone_of("../etc/passwd").key == "UTC"


def test_hours_are_told_as_the_config_has_them() -> None:
    assert hours(LATE) == "22:00-04:00"

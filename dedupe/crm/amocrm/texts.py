"""Ids, moments and values of amoCRM as the snapshot writes them: text, microseconds, text.

A value of a custom field becomes text that loses nothing: a text stays as it is, a number
has its digits, yes and no are "true" and "false", an object is JSON with sorted keys. A
date is ISO 8601: of a whole day alone, or with the hour and offset that the CRM's number
says (the account's midnight), so that the number can be had back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

MICRO = 1_000_000
_DAY, _NOON, _MINUTE = 86_400, 43_200, 60
_DATES = frozenset({"date", "birthday", "date_time"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FURTHEST = 250_000_000_000  # seconds: the year 9892; beyond, a number is no date
_EXACT = 2**53
_json = msgspec.json.Encoder(order="sorted")
_json_as_given = msgspec.json.Encoder()


def id_text(number: int | None) -> str | None:
    """Write an id; null and 0, with which the CRM says "none", are null."""
    return str(number) if number else None


def id_texts(numbers: Iterable[int | None]) -> list[str | None]:
    """Write ids as `id_text` does."""
    return [str(number) if number else None for number in numbers]


def author_texts(numbers: Iterable[int | None]) -> list[str | None]:
    """Write the ids of those who did something: 0 is the CRM's robot."""
    return [None if number is None else str(number) for number in numbers]


def json_text(value: Any) -> str | None:  # noqa: ANN401  JSON of any shape
    """Write JSON in the order that the CRM gave it; null as null."""
    return None if value is None else _json_as_given.encode(value).decode()


def value_text(value: Any, field_type: str | None = None) -> str | None:  # noqa: ANN401  JSON
    """Write the value of a custom field of `field_type`; None where there is none.

    >>> value_text(True), value_text(1.0), value_text({"b": 1, "a": None})
    ('true', '1', '{"a":null,"b":1}')
    >>> value_text(1577836800, "date"), value_text(1577826000, "date")
    ('2020-01-01', '2020-01-01T00:00:00+03:00')
    """
    if isinstance(value, str) or value is None:
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    if isinstance(value, int):
        is_date = field_type in _DATES and abs(value) < _FURTHEST
        return date_text(value, field_type or "") if is_date else str(value)
    return repr(value) if isinstance(value, float) else _json.encode(value).decode()


def date_text(seconds: int, field_type: str) -> str:
    """Write seconds of 1970 as a day, or as a day and its hour where the number has one.

    A day is the account's midnight; the nearest midnight of UTC tells which day and which
    offset (-12:00 to +11:59) are meant, without knowing the account's zone.

    >>> date_text(-1, "birthday"), date_text(1591965296, "date_time")
    ('1969-12-31T23:59:59+00:00', '2020-06-12T12:34:56+00:00')
    """
    offset = (_NOON - seconds) % _DAY - _NOON  # of the clock that shows midnight then
    if field_type == "date_time" or offset % _MINUTE:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat()
    day = _EPOCH + timedelta(seconds=seconds + offset)
    if not offset:
        return day.date().isoformat()
    return day.replace(tzinfo=timezone(timedelta(seconds=offset))).isoformat()


class Moments:
    """Turns the CRM's seconds into microseconds; `n` counts those that can't be a moment."""

    def __init__(self, latest: int) -> None:
        self.n, self._latest = 0, latest

    def past(self, seconds: Iterable[int | None]) -> list[int | None]:
        """Read when something happened: after 1970, and not later than the clock allows."""
        return self._read(seconds, self._latest)

    def planned(self, seconds: Iterable[int | None]) -> list[int | None]:
        """Read when something is due: the future is as good as the past."""
        return self._read(seconds, _FURTHEST)

    def closed(self, seconds: Iterable[int | None]) -> list[int | None]:
        """Read when something ended: 0 says that it has not."""
        return self._read([at or None for at in seconds], self._latest)

    def _read(self, seconds: Iterable[int | None], latest: int) -> list[int | None]:
        told = list(seconds)
        known = [at for at in told if at is not None]
        if known and not 0 < min(known) <= max(known) <= latest:
            told = [at if at is not None and 0 < at <= latest else None for at in told]
            self.n += len(known) - len(told) + told.count(None)
        return [None if at is None else at * MICRO for at in told]

"""When a policy is to run: a time, days of the week, a zone; as cron and as systemd write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedupe.errors import InputError
from dedupe.language import N_

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_ALL = ("daily", "*", "mon-sun")
_SEASONS = ((1, 15), (7, 15))  # two days of a year that summer time tells apart


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time of day on some days of the week (0 is Monday), in `zone` or the machine's own."""

    at: time
    days: frozenset[int]
    zone: str | None = None

    @property
    def cron(self) -> str:
        """Return the five fields of a crontab line.

        >>> When(at=time(2, 15), days=frozenset(range(5))).cron
        '15 2 * * 1-5'
        """
        days = "*" if len(self.days) == 7 else ",".join(_spans(self.days, _CRON_DAYS, "-"))
        return f"{self.at.minute} {self.at.hour} * * {days}"

    @property
    def calendar(self) -> str:
        """Return the time as OnCalendar= of systemd.timer(5) has it.

        >>> When(at=time(2, 15), days=frozenset({0, 2}), zone="Europe/Moscow").calendar
        'Mon,Wed *-*-* 02:15:00 Europe/Moscow'
        """
        days = "" if len(self.days) == 7 else ",".join(_spans(self.days, _UNIT_DAYS, "..")) + " "
        zone = f" {self.zone}" if self.zone else ""
        return f"{days}*-*-* {self.at:%H:%M}:00{zone}"

    def times_in(self, zone: str, year: int) -> Iterator[time]:
        """Yield what clocks in `zone` show then, in winter and in summer."""
        own = ZoneInfo(self.zone) if self.zone else None
        for month, day in _SEASONS:
            local = datetime.combine(date(year, month, day), self.at, tzinfo=own)
            yield local.astimezone(UTC).astimezone(ZoneInfo(zone)).time()


def read_when(at: str, days: str, zone: str | None) -> When:
    """Return what the options say. Raises InputError for what is no time, day or zone."""
    found = _AT.fullmatch(at.strip())
    if found is None:
        raise InputError(
            N_("a time such as 02:15 is meant"), where="--at", fix=N_("write hours and minutes")
        )
    return When(
        at=time(int(found[1]), int(found[2])), days=_days(days.strip().lower()), zone=_zone(zone)
    )


def _days(text: str) -> frozenset[int]:
    if text in _ALL:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (each.strip() for each in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise InputError(
                N_("days such as mon-fri, mon,thu or daily are meant"),
                where="--days",
                fix=N_("days are: {days}"),
                days=", ".join(DAYS),
            )
        start, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(start, end + 1 + (7 if end < start else 0))}
    return frozenset(found)


def _zone(name: str | None) -> str | None:
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(
                N_("no such time zone"), where=name[:60], fix=N_("write it like Europe/Moscow")
            ) from None
    return name


def _spans(days: frozenset[int], names: tuple[str, ...], dash: str) -> Iterator[str]:
    """Yield days that follow each other as one span."""
    rest = sorted(days)
    while rest:
        first = last = rest.pop(0)
        while rest and rest[0] == last + 1:
            last = rest.pop(0)
        if last == first:
            yield names[first]
        else:
            yield f"{names[first]}{dash if last > first + 1 else ','}{names[last]}"


_CRON_DAYS = tuple("1234567")  # 7 is Sunday in every cron, as 0 is
_UNIT_DAYS = tuple(day.capitalize() for day in DAYS)

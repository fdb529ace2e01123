"""When an account may be changed: hours of its own clock, in its own zone.

A window that the clock skips (in spring) does not open that night; one in the hour that comes
twice (in autumn) opens in the first of the two.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedupe.config import Window


def is_open(window: Window | None, moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether `moment` is in the window; without one every moment is."""
    return window is None or closes_at(window, moment, zone) is not None


def closes_at(window: Window, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the window that is open at `moment` closes, in UTC; None where none is."""
    today = moment.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        last = day if window.end > window.start else day + timedelta(days=1)
        start = _at(datetime.combine(day, window.start), zone)
        end = _at(datetime.combine(last, window.end), zone)
        if start <= moment.astimezone(UTC) < end:
            return end
    return None


def zone_of(*names: str | None) -> ZoneInfo:
    """Return the first zone that is named and known; UTC where none is."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def hours(window: Window) -> str:
    """Return the window as the config writes it."""
    return f"{_short(window.start)}-{_short(window.end)}"


def _at(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _short(moment: time) -> str:
    return f"{moment:%H:%M}"

"""Numbers, sums and moments as reports write them, in the language in use."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedupe.contracts import Column
from dedupe.language import N_, count, current, decimal, share, tr
from dedupe.report.changes import money_text
from dedupe.report.masks import scrubbed
from dedupe.report.words import plain

NOTHING = "–"
MINUS = "\u2212"
NUMBERS = frozenset(("count", "share", "money", "days", "seconds", "number"))
_UNITS = ((172_800, 86_400, N_("{x} d")), (7_200, 3_600, N_("{x} h")), (120, 60, N_("{x} min")))


def duration(seconds: float) -> str:
    """Write a time span in the unit that gives it two or more whole ones, up to days."""
    for least, size, words in _UNITS:
        if abs(seconds) >= least:
            return _joined(tr(words, x=_minus(count(round(seconds / size)))))
    return _joined(tr(N_("{x} s"), x=_minus(count(round(seconds)))))


def signed(n: int) -> str:
    """Write a change with its sign; nothing has none."""
    return f"+{count(n)}" if n > 0 else _minus(count(n))


def day(at: date) -> str:
    """Write a date as the language's readers write it."""
    return at.strftime("%d.%m.%Y" if current() == "ru" else "%Y-%m-%d")


def column_title(column: Column) -> str:
    """Return the title of a metric's column, with the unit where neither it nor the cells tell.

    All begin with a capital, whatever the check that made the table does.
    """
    title = tr(column.title)
    title = title[:1].upper() + title[1:]
    is_unit_told = column.kind != "days" or "day" in column.title.lower()
    return title if is_unit_told else tr(N_("{title}, days"), title=title)


def cell(value: object, kind: str, *, currency: str = "", zone: str = "", raw: bool = False) -> str:
    """Write a value of a metric's column of `kind` (COLUMN_KINDS); a null is a dash.

    Phones and addresses in texts are hidden unless `raw`.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if kind in ("text", "person") and not raw:
        return plain(scrubbed(str(value)))
    if isinstance(value, bool):
        return tr(N_("yes")) if value else tr(N_("no"))
    if isinstance(value, datetime | date):
        return _moment(value, kind, zone)
    if isinstance(value, int | float):
        return _number(value, kind, currency)
    return plain(tr(str(value)) if kind == "word" else str(value))


def _number(x: float, kind: str, currency: str) -> str:
    if kind == "money":
        return _minus(money_text(x, currency))
    if kind == "share":
        return _minus(share(x))
    if kind == "seconds":
        return duration(x)
    if kind == "year":
        return str(int(x))
    if kind == "days":
        return _minus(decimal(x, 0 if abs(x) >= 10 or x == int(x) else 1))
    if kind == "count" or x == int(x):
        return _minus(count(int(x)))
    return _minus(decimal(x, 2 if abs(x) < 10 else 1))


def _moment(at: date, kind: str, zone: str) -> str:
    if kind == "month":
        return at.strftime("%m.%Y" if current() == "ru" else "%Y-%m")
    if kind == "year":
        return at.strftime("%Y")
    if not isinstance(at, datetime):
        return day(at)
    local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone_of(zone))
    return f"{day(local)}\u00a0{local:%H:%M}"


def zone_of(name: str) -> ZoneInfo:
    """Return the account's time zone; UTC where it is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _minus(text: str) -> str:
    return text.replace("-", MINUS, 1) if text.startswith("-") else text


def _joined(text: str) -> str:
    """Keep a number and its unit on one line."""
    return text.strip().replace(" ", "\u00a0")

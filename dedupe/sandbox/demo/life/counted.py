"""Counts of faults that the account has without anybody's planting, counted while it is built.

Each is worked out from the account's own numbers by another way than a scan takes.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from .base import DAY, MSK, NOW, YEAR, Base, seconds
from .talks import Found

_WEEK = 7
_YEAR_2019 = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_BATCH_FROM = 7_000  # deals: with fewer, months differ by chance
_TIMES = 5


def counted(base: Base, notes: pl.DataFrame, events: pl.DataFrame) -> Found:
    """Return what a scan finds beside the planted faults."""
    found = {
        ("USR002", "user"): _idle(base, notes, events),
        ("INT201", "integration"): _silent_services(notes),
        ("MAIL101", "week"): _weeks_without_letters(notes),
        ("CAL102", "day"): _days_without_calls(notes),
        ("FUN201", "deal"): int((base.created > NOW - YEAR).sum()),
        ("KPI101", "user"): _owners(base, "won"),
        ("KPI102", "user"): _owners(base, "lost"),
    }
    return found | _imported(base)


def second_deals(base: Base) -> tuple[int, int]:
    """Count the open deals beside another of one contact and pipeline in 90 days, and the runs."""
    held: dict[tuple[int, str], list[int]] = defaultdict(list)
    pipelines = base.deals["pipeline_id"].to_list()
    for row in np.flatnonzero(base.is_open & (base.main >= 0)).tolist():
        held[int(base.main[row]), pipelines[row]].append(int(base.created[row]))
    found = groups = 0
    for moments in held.values():
        run = 1
        for before, at in zip(sorted(moments), [*sorted(moments)[1:], 2 * NOW], strict=True):
            if at - before <= 90 * DAY:
                run += 1
                continue
            found, groups = found + run * (run > 1), groups + (run > 1)
            run = 1
    return found, groups


def _idle(base: Base, notes: pl.DataFrame, events: pl.DataFrame) -> int:
    """Count the active users who made nothing in the last thirty days."""
    cards = (base.tables[name].filter(~pl.col("is_deleted")) for name in ("contacts", "companies"))
    whole = (*cards, base.tables["deals"], base.tables["tasks"], notes, events)
    busy: set[str] = set()
    for frame in whole:
        late = frame.filter(pl.col("created_at").dt.epoch("s") >= NOW - 30 * DAY)
        busy |= set(late["created_by"].drop_nulls())
    return len(set(base.tables["users"].filter(pl.col("is_active"))["id"]) - busy)


def _silent_services(notes: pl.DataFrame) -> int:
    """Count the services with twenty traces and none in the last two weeks."""
    name = pl.col("params").str.extract(r'"(?:source|service)":"([^"]*)"')
    is_call = pl.col("note_type").str.starts_with("call")
    told = notes.filter(is_call | (pl.col("note_type") == "service_message"))
    last = told.group_by(is_call, name.alias("name")).agg(
        n=pl.len(), last=pl.col("created_at").max()
    )
    is_silent = pl.col("last").dt.epoch("s") < NOW - 14 * DAY
    return last.filter((pl.col("n") >= 20) & is_silent).height


def _weeks_without_letters(notes: pl.DataFrame) -> int:
    days = _days(notes.filter(pl.col("note_type") == "amomail_message"))
    if not days:
        return 0
    monday = {day - timedelta(days=day.weekday()) for day in days}
    today = datetime.fromtimestamp(NOW + MSK, UTC).date()
    end = max(*monday, today - timedelta(days=today.weekday() + _WEEK))
    return (end - min(monday)).days // _WEEK + 1 - len(monday)


def _days_without_calls(notes: pl.DataFrame) -> int:
    """Count the working days of a year without a call, where a day has five calls on average."""
    late = pl.col("created_at").dt.epoch("s") >= NOW - YEAR
    calls = notes.filter(pl.col("note_type").str.starts_with("call") & late)
    days = _days(calls)
    if not days:
        return 0
    span = (min(days) + timedelta(days=n) for n in range((max(days) - min(days)).days + 1))
    working = {
        day for day in span if day.weekday() < 5 and not (day.month == 1 and day.day <= 8)
    }  # fmt: skip
    n_calls = sum(day in working for day in _each_day(calls))
    return len(working - days) if working and n_calls / len(working) >= 5 else 0


def _owners(base: Base, state: str) -> int:
    return base.deals.filter(pl.col("state") == state)["owner_id"].n_unique()


def _imported(base: Base) -> Found:
    """Count the deals of the old import, where its months stand out: all made before 2019."""
    old = base.created < _YEAR_2019
    month = base.deals["created_at"].dt.convert_time_zone("Europe/Moscow").dt.strftime("%Y-%m")
    sizes = [
        np.unique(month.to_numpy()[part], return_counts=True)[1] for part in (old, ~old)
    ]  # fmt: skip
    stands_out = (
        np.median(sizes[0]) >= _TIMES * np.median(sizes[1]) if all(map(len, sizes)) else False
    )
    if len(old) < _BATCH_FROM or not stands_out:
        return {}
    return {("FUN901", "deal"): int(old.sum())}


def _each_day(notes: pl.DataFrame) -> list[date]:
    return [
        datetime.fromtimestamp(at + MSK, UTC).date() for at in seconds(notes["created_at"]).tolist()
    ]  # fmt: skip


def _days(notes: pl.DataFrame) -> set[date]:
    day = np.unique((seconds(notes["created_at"]) + MSK) // DAY)
    return {datetime.fromtimestamp(int(at) * DAY, UTC).date() for at in day}

"""CAL101, CAL102, CAL104: calls without a recording, days without calls, strangers' answers."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.calls import calls, is_answered
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .common import PEOPLE, ROBOT, by_week, live_only, local, named, shares_by, told_time

_YEAR = timedelta(days=365)
_CALLS = Column("n", N_("calls"), "count")


def _without_recording(facts: Facts, entity: str) -> Outcome:
    rows = calls(facts).filter(is_answered())
    lacks = pl.col("link").is_null()
    found = rows.filter(lacks).select(
        record_id="note_id", value=told_time(facts, "created_at"), field=pl.lit("link")
    )
    columns = (
        _CALLS,
        Column("n_found", N_("without a recording"), "count"),
        Column("share", N_("share"), "share"),
    )
    note = N_("Answered calls whose note has no link to a recording, of all answered calls.")
    weeks = Metric(
        name="recordings_by_week",
        title=N_("Calls without a recording by week"),
        columns=(Column("week", N_("week"), "week"), *columns),
        rows=by_week(facts, "created_at", lacks, rows),
        chart="line",
        values=("share",),
        note=note,
    )
    sources = Metric(
        name="recordings_by_source",
        title=N_("Calls without a recording by telephony"),
        columns=(Column("label", N_("telephony"), "word"), *columns),
        rows=shares_by(pl.col("source"), lacks, rows),
        chart="bars",
        values=("share",),
        note=note,
    )
    return Outcome(findings=findings(found, entity), base=rows.height, metrics=(weeks, sources))


def _silent_days(facts: Facts, entity: str) -> Outcome:
    """Find working days without a call between the first and the last day that have one."""
    days = _working_days(facts)
    silent = days.filter(pl.col("n") == 0)
    n_calls = days["n"].sum()
    is_busy = days.height and n_calls / days.height >= facts.option("CAL102", "least", int)
    found = silent if is_busy else silent.clear()
    weeks = (
        days.group_by(week=pl.col("day").dt.truncate("1w"))
        .agg(
            n=pl.col("n").sum().cast(pl.Int64),
            days=pl.len().cast(pl.Int64),
            silent=(pl.col("n") == 0).sum().cast(pl.Int64),
        )
        .sort("week")
    )
    metric = Metric(
        name="calls_by_week",
        title=N_("Calls on working days by week"),
        columns=(
            Column("week", N_("week"), "week"),
            _CALLS,
            Column("days", N_("working days"), "count"),
            Column("silent", N_("days without calls"), "count"),
        ),
        rows=weeks,
        chart="line",
        values=("n",),
        note=N_(
            "The last year, from the first to the last day with a call. Working days are Monday "
            "to Friday in the account's time zone, without 1 to 8 January."
        ),
    )
    rows = found.select(record_id=pl.col("day").dt.to_string("iso"), field=pl.lit("calls"))
    return Outcome(findings=findings(rows, entity), base=days.height, metrics=(metric,))


def _working_days(facts: Facts) -> pl.DataFrame:
    """Return day, n: the calls of each working day of the last year."""
    known = calls(facts).filter(pl.col("created_at").is_between(facts.now - _YEAR, facts.now))
    counted = known.group_by(day=local(facts, "created_at").dt.date()).agg(n=pl.len())
    span = pl.date_ranges(pl.col("day").min(), pl.col("day").max(), "1d").explode()
    days = counted.select(day=span).drop_nulls() if counted.height else counted.select("day")
    is_holiday = (pl.col("day").dt.month() == 1) & (pl.col("day").dt.day() <= 8)
    working = days.filter((pl.col("day").dt.weekday() <= 5) & ~is_holiday)
    return working.join(counted, on="day", how="left").select(
        "day", n=pl.col("n").fill_null(0).cast(pl.Int64)
    )


def _answered_by_another(facts: Facts, entity: str) -> Outcome:
    answered = calls(facts).filter(is_answered() & (pl.col("direction") == "in"))
    both = pl.all_horizontal(pl.col("answered_by", "owner_id").is_not_null())
    rows = live_only(facts, answered, entity).filter(both & (pl.col("answered_by") != ROBOT))
    is_other = pl.col("answered_by") != pl.col("owner_id")
    found = rows.filter(is_other).select("record_id", value="answered_by", field=pl.lit("owner_id"))
    metric = Metric(
        name="answered_for_others",
        title=N_("Calls answered for other people's clients"),
        columns=(
            Column("label", N_("employee"), "person"),
            _CALLS,
            Column("n_found", N_("other people's clients"), "count"),
            Column("share", N_("share"), "share"),
        ),
        rows=shares_by(named(facts, "users", "answered_by"), is_other, rows, top=PEOPLE),
        chart="bars",
        values=("share",),
        note=N_(
            "Answered inbound calls on contacts; the owner is the one of today. The fifty "
            "employees with the most calls."
        ),
    )
    return Outcome(
        findings=findings(found.unique(), entity),
        base=rows["record_id"].n_unique(),
        metrics=(metric,),
    )


register(
    Check(
        code="CAL101",
        severity="info",
        needs={"note": ("notes",)},
        repair="list",
        title=N_("Calls without a recording"),
        definition=N_(
            "Notes of answered calls that have no link to a recording; the base is answered calls."
        ),
        risk=N_("There is nothing to listen to when a client disputes what was agreed."),
        advice=N_("Turn recording on in the telephony, and ask its vendor about the gaps by week."),
        run=_without_recording,
    )
)
register(
    Check(
        code="CAL102",
        severity="info",
        needs={"day": ("notes",)},
        repair="list",
        title=N_("Working days without a call"),
        definition=N_(
            "Working days of the last year (Monday to Friday, without 1 to 8 January) on which no "
            "call was noted, between the first and the last day with a call. Nothing is found "
            "where a working day has fewer calls on average than the option says."
        ),
        risk=N_("The telephony had stopped writing to the CRM, and nobody saw it."),
        advice=N_("Compare these days with the telephony's own log, and load the lost calls."),
        options=(
            Option(
                "least",
                5,
                N_("with fewer calls a working day, a day without one may be chance"),
                1,
                100_000,
            ),
        ),
        run=_silent_days,
    )
)
register(
    Check(
        code="CAL104",
        severity="info",
        needs={"contact": ("contacts", "contacts.owner_id", "notes")},
        repair="list",
        title=N_("Calls answered by someone else"),
        definition=N_(
            "Contacts with an inbound call that was answered by another employee than the "
            "contact's owner of today; the base is contacts with an answered inbound call. Calls "
            "noted on deals are not looked at."
        ),
        risk=N_("A known client tells the story anew, and two employees work on one client."),
        advice=N_("Turn on routing of known numbers to the owner in the telephony."),
        run=_answered_by_another,
    )
)

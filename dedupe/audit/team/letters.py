"""MAIL101: letters by week, and the weeks in which none came into the CRM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.actors import lazy_table, written
from dedupe.audit.registry import Check, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

_MOST_WEEKS = 104
# No CRM that is read here is older: a letter of 1970 had no date, and is no start of weeks.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


def _by_week(facts: Facts, entity: str) -> Outcome:
    weeks = _weeks(facts)
    gaps = weeks.filter(pl.col("n") == 0)
    found = gaps.select(
        record_id=pl.col("week").dt.strftime("%Y-%m-%d"),
        group=pl.when("is_tail").then(pl.lit("tail")).otherwise(pl.lit("gap")),
        field=pl.lit("letters"),
        value=pl.lit("0"),
    )
    metric = Metric(
        name="letters_by_week",
        title=N_("Letters by week"),
        columns=(Column("week", N_("Week"), "week"), Column("n", N_("Letters"), "count")),
        rows=weeks.select("week", "n").tail(_MOST_WEEKS),
        chart="line",
        values=("n",),
        note=N_(
            "Letters in the CRM by the week of the account's time zone, from the first letter to "
            "the last whole week of the data; the last 104 weeks are shown."
        ),
    )
    return Outcome(findings=findings(found, entity), base=weeks.height, metrics=(metric,))


def _weeks(facts: Facts) -> pl.DataFrame:
    """Return week, n, is_tail of each whole week from the first letter's, in order.

    `is_tail` marks the weeks after the last letter.
    """
    counted = _counted(facts)
    if counted.is_empty():
        return counted.with_columns(is_tail=pl.lit(False))
    now = pl.select(_monday(pl.lit(facts.now).dt.convert_time_zone(facts.zone.key))).item()
    first, last = counted["week"][0], counted["week"][-1]
    end = max(last, now - timedelta(weeks=1))
    every = pl.select(week=pl.date_range(first, end, "1w"))
    filled = every.join(counted, on="week", how="left").with_columns(pl.col("n").fill_null(0))
    return filled.with_columns(is_tail=pl.col("week") > last).sort("week")


def _counted(facts: Facts) -> pl.DataFrame:
    """Return week and n of the weeks with letters: of notes, or of events where no note is one."""
    letters = written(facts).lazy().filter(pl.col("kind") == "letter").select("at")
    counted = _summed(facts, letters)
    if counted.is_empty():
        events = lazy_table(facts, "events")
        is_mail = pl.col("type").str.contains("(?i)mail") & ~pl.col("type").str.contains("field")
        counted = _summed(facts, events.filter(is_mail).select(at="created_at"))
    return counted


def _summed(facts: Facts, letters: pl.LazyFrame) -> pl.DataFrame:
    known = letters.filter(pl.col("at").is_between(_FIRST, facts.now))
    local = pl.col("at").dt.convert_time_zone(facts.zone.key)
    return (
        known.select(week=_monday(local)).group_by("week").agg(pl.len().alias("n")).sort("week")
    ).collect()


def _monday(local: pl.Expr) -> pl.Expr:
    return local.dt.date().dt.truncate("1w")


register(
    Check(
        code="MAIL101",
        severity="info",
        needs={"week": ("notes|events",)},
        repair="list",
        title=N_("Weeks without letters"),
        definition=N_(
            "Whole weeks without a letter in the CRM, from the week of the first letter to the "
            "end of the data: between weeks with letters (gap) or after the last one (tail). The "
            "base is all these weeks."
        ),
        risk=N_("A mailbox was disconnected, and letters of clients are seen by nobody else."),
        advice=N_("Connect the mailbox again and check that letters of these weeks are there."),
        run=_by_week,
    )
)

"""CAL202: inbound calls that nobody answered, and whether anybody called back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.calls import calls, is_answered, is_missed
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric, Quality
from dedupe.errors import ConfigError
from dedupe.language import N_

from .common import (
    first_between,
    hour_columns,
    key,
    live_only,
    local,
    told_time,
    weekday_rows,
    with_client,
    with_share,
)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORK_HOURS = "Mon-Fri 10:00-19:00"
WHOLE_NUMBER = 7  # digits: a shorter number is an extension, and not of one client
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_HOURS = re.compile(r"([a-z,\- ]+?) (\d\d?):(\d\d) ?- ?(\d\d?):(\d\d)")


@dataclass(frozen=True, slots=True)
class WorkHours:
    """When somebody is there: ISO weekdays, and the minutes of the day from which to which."""

    weekdays: tuple[int, ...]
    since: int
    until: int

    def holds(self, moment: pl.Expr) -> pl.Expr:
        """Tell of local moments whether they are within the hours."""
        minute = moment.dt.hour().cast(pl.Int32) * 60 + moment.dt.minute()
        within = (minute >= self.since) & (minute < self.until)
        return within & moment.dt.weekday().is_in(self.weekdays)


def read_work_hours(text: str) -> WorkHours:
    """Read days and hours; raises ConfigError.

    >>> read_work_hours("Mon-Wed,Sat 9:00-18:30")
    WorkHours(weekdays=(1, 2, 3, 6), since=540, until=1110)
    """
    met = _HOURS.fullmatch(" ".join(text.lower().split()))
    days = _weekdays(met[1]) if met else ()
    clock = [int(number) for number in met.groups()[1:]] if met else [0] * 4
    since, until = clock[0] * 60 + clock[1], clock[2] * 60 + clock[3]
    if not days or max(clock[1], clock[3]) > 59 or not since < until <= 24 * 60:
        raise ConfigError(
            N_('work_hours is "{text}": days and hours are meant'),
            where="[checks.options.CAL202]",
            fix=N_('write it so: work_hours = "Mon-Fri 10:00-19:00"'),
            text=text,
        )
    return WorkHours(days, since, until)


def _weekdays(text: str) -> tuple[int, ...]:
    """Return the ISO weekdays of "mon-wed,sat"; none where a word is no day."""
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        ends = part.split("-")
        if len(ends) > 2 or any(end not in DAYS for end in ends):
            return ()
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found |= {day % 7 + 1 for day in range(first, last + 7 * (last < first) + 1)}
    return tuple(sorted(found))


def missed_calls(facts: Facts) -> pl.DataFrame:
    """Return the missed inbound calls as in `calls`, with `returned_at`: null for never.

    A call is returned by a call to the client, or by a later answered one from it: on the same
    card, on another card of the same client, or with the same number.
    """
    return facts.once("missed calls", lambda: _missed_calls(facts))


def _missed_calls(facts: Facts) -> pl.DataFrame:
    told = with_client(facts, calls(facts)).filter(pl.col("created_at").is_not_null())
    missed = told.filter(is_missed() & (pl.col("direction") == "in")).with_row_index("row")
    talks = told.filter((pl.col("direction") == "out") | is_answered())
    # The same second is the same call, told on two cards.
    since = pl.col("created_at") + timedelta(seconds=1)
    until = pl.lit(_EVER, pl.Datetime("us", "UTC"))
    spans = _keyed(missed, "row").with_columns(since=since, until=until)
    marks = _keyed(talks).select("key", at="created_at")
    back = first_between(spans.select("row", "key", "since", "until"), marks)
    return missed.join(
        back.select("row", returned_at="at"), on="row", how="left", maintain_order="left"
    ).drop("row")


def _keyed(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Repeat the calls for each `key` by which another may be of the same client."""
    is_whole = pl.col("phone").str.len_bytes() >= WHOLE_NUMBER
    number = pl.when(is_whole).then(pl.col("phone").hash())
    is_other = key() != pl.col("client")
    keys = (pl.col("client"), pl.when(is_other).then(key()), number)
    repeated = [frame.select("created_at", *columns, key=one) for one in keys]
    return pl.concat(repeated).drop_nulls("key")


def _not_returned(facts: Facts, entity: str) -> Outcome:
    hours = read_work_hours(facts.option("CAL202", "work_hours", str))
    inbound = live_only(facts, calls(facts).filter(pl.col("direction") == "in"), entity)
    missed = live_only(facts, missed_calls(facts), entity)
    wait = timedelta(hours=facts.option("CAL202", "hours", int))
    late = pl.col("created_at") + wait
    lost = (late <= facts.now) & (pl.col("returned_at").fill_null(_EVER) > late)
    missed = missed.with_columns(is_lost=lost)
    found = missed.filter("is_lost").select(
        "record_id", value=told_time(facts, "created_at"), field=pl.lit("call_in")
    )
    return Outcome(
        findings=findings(found.unique(), entity),
        base=inbound["record_id"].n_unique(),
        metrics=(_when(facts, inbound), _how_many(facts, inbound, missed, hours)),
    )


def _when(facts: Facts, inbound: pl.DataFrame) -> Metric:
    columns = hour_columns()
    return Metric(
        name="inbound_calls_by_hour",
        title=N_("Inbound calls by weekday and hour"),
        columns=(Column("label", N_("weekday"), "word"), *columns),
        rows=weekday_rows(facts, "created_at", inbound),
        chart="heat_map",
        values=tuple(column.name for column in columns),
        note=N_("All inbound calls noted on these cards, in the account's time zone."),
    )


def _how_many(
    facts: Facts, inbound: pl.DataFrame, missed: pl.DataFrame, hours: WorkHours
) -> Metric:
    when = pl.when(hours.holds(local(facts, "created_at"))).then(pl.lit(_WITHIN))
    label = when.otherwise(pl.lit(_AFTER))
    every = inbound.drop_nulls("created_at").group_by(label=label).agg(n=pl.len())
    waited = (pl.col("returned_at") - pl.col("created_at")).dt.total_seconds()
    lost = missed.group_by(label=label).agg(
        n_found=pl.len(), lost=pl.col("is_lost").sum(), seconds=waited.median()
    )
    order = pl.DataFrame({"label": [_WITHIN, _AFTER]})
    rows = order.join(every, on="label", how="left", maintain_order="left")
    rows = rows.join(lost, on="label", how="left", maintain_order="left")
    rows = with_share(rows.with_columns(pl.col("n", "n_found", "lost").fill_null(0)))
    is_known = pl.col("seconds").is_not_null() | pl.col("status").is_not_null()
    return Metric(
        name="missed_calls",
        title=N_("Missed calls in and after working hours"),
        columns=(
            Column("label", N_("when"), "word"),
            Column("n", N_("inbound calls"), "count"),
            Column("n_found", N_("missed"), "count"),
            Column("share", N_("share missed"), "share"),
            Column("lost", N_("not called back in time"), "count"),
            Column("seconds", N_("median time to call back"), "seconds"),
        ),
        rows=rows.select(
            "label", "n", "n_found", "share", pl.col("lost").cast(pl.Int64), "seconds"
        ),
        chart="bars",
        values=("share",),
        note=N_(
            "A missed call has no length, or a result that says so. Working hours are the "
            "option's, in the account's time zone. The median is of the missed calls that were "
            "returned at all."
        ),
        quality=Quality(
            usable=inbound.filter(is_known).height,
            base=inbound.height,
            reason=N_("calls whose length is not told"),
        ),
    )


_WITHIN, _AFTER = N_("in working hours"), N_("after hours")

register(
    Check(
        code="CAL202",
        severity="error",
        needs={"contact": ("contacts", "notes"), "deal": ("deals", "notes")},
        repair="list",
        title=N_("Missed calls that nobody returned"),
        definition=N_(
            "Cards with an inbound call that nobody answered and that was not returned within the "
            "option's hours: no call to that card, client or number, and no later answered call "
            "from it. The base is cards with an inbound call."
        ),
        risk=N_("A client who was ready to talk went to whoever answered."),
        advice=N_(
            "Call back today, and have the telephony set a task for every missed call. Put "
            "somebody on duty at the hours with the most misses."
        ),
        options=(
            Option("hours", 24, N_("a client who called waits a day at most"), 1, 720),
            Option(
                "work_hours",
                WORK_HOURS,
                N_("the usual working week; only the table of missed calls reads it"),
            ),
        ),
        run=_not_returned,
    )
)

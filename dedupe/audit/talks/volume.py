"""FUN501: when clients turn to the company, and through what."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.touches import CHANNELS, touches
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS, Column, Metric
from dedupe.language import N_

from .common import heat_rows, hour_columns, local, weekday_rows

_WORDS = (N_("call"), N_("mail"), N_("chat"), N_("sms"), N_("form"))  # of CHANNELS
_NOTE = N_(
    "Inbound calls, letters, chat messages, SMS and forms on cards that are not deleted, by the "
    "hour of the account's time zone. What is noted on two cards counts on both."
)


def _volume(facts: Facts, entity: str) -> Outcome:
    rows = touches(facts).filter(pl.col("direction") == "in")
    by_channel = rows.select(label="channel", hour=local(facts, "at").dt.hour())
    columns = hour_columns()
    drawn = tuple(column.name for column in columns)
    metrics = (
        Metric(
            name="inbound_by_channel_and_hour",
            title=N_("Inbound enquiries by channel and hour"),
            columns=(Column("label", N_("channel"), "word"), *columns),
            rows=heat_rows(pl.Series(CHANNELS), by_channel),
            chart="heat_map",
            values=drawn,
            note=_NOTE,
        ),
        Metric(
            name="inbound_by_weekday_and_hour",
            title=N_("Inbound enquiries by weekday and hour"),
            columns=(Column("label", N_("weekday"), "word"), *columns),
            rows=weekday_rows(facts, "at", rows),
            chart="heat_map",
            values=drawn,
            note=_NOTE,
        ),
    )
    return Outcome(
        findings=FINDINGS.empty(), base=rows.height, counted=rows.height, metrics=metrics
    )


register(
    Check(
        code="FUN501",
        severity="info",
        needs={"account": ("notes|events|messages",)},
        repair="none",
        title=N_("Inbound enquiries by hour"),
        definition=N_(
            "Inbound calls, letters, chat messages, SMS and forms, by channel, weekday and hour."
        ),
        risk=N_("People are on duty when nobody calls, and away when everybody does."),
        advice=N_("Set shifts by the busiest hours, and a robot's first answer for the rest."),
        run=_volume,
    )
)

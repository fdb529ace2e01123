"""CAL103 and CHT101: somebody called or wrote, and no deal came of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.calls import calls
from dedupe.audit.registry import Check, Option, register
from dedupe.language import N_

from .common import client_touches, deals_of_clients, first_between, key, live_only, told_time

# A call is noted when it ends, what the telephony makes for it when it begins.
_BEFORE = timedelta(minutes=10)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _first_deals(facts: Facts) -> pl.DataFrame:
    """Return client, deal_at: when the first deal of each client was made."""
    # A deal of unknown time may have been there: it is no proof of a loss.
    at = pl.col("created_at").fill_null(_LONG_AGO).min()
    return deals_of_clients(facts).group_by("client").agg(deal_at=at)


def _unknown_callers(facts: Facts, entity: str) -> Outcome:
    inbound = calls(facts).filter(pl.col("direction") == "in").drop_nulls("created_at")
    rows = live_only(facts, inbound, entity).with_columns(client=key())
    wait = timedelta(minutes=facts.option("CAL103", "minutes", int))
    until = pl.col("created_at") + wait
    new = (
        rows.join(_first_deals(facts), on="client", how="left")
        .filter((until <= facts.now) & (pl.col("deal_at").is_null() | (pl.col("deal_at") > until)))
        .with_row_index("row")
        .with_columns(key="record_id", since=pl.col("created_at") - _BEFORE, until=until)
    )
    tasks = facts.account.frame("tasks").filter(pl.col("entity") == entity)
    done = first_between(
        new.select("row", "key", "since", "until"), tasks.select(key="record_id", at="created_at")
    )
    lost = new.join(done, on="row", how="anti").sort("created_at", "note_id")
    first = lost.unique("record_id", keep="first", maintain_order=True)
    found = first.select("record_id", value=told_time(facts, "created_at"), field=pl.lit("call_in"))
    return Outcome(findings=findings(found, entity), base=rows["record_id"].n_unique())


def _chats_without_deal(facts: Facts, entity: str) -> Outcome:
    is_chat = (pl.col("channel") == "chat") & (pl.col("direction") == "in")
    rows = live_only(facts, client_touches(facts).filter(is_chat), entity)
    wait = timedelta(minutes=facts.option("CHT101", "minutes", int))
    is_open = ~pl.col("is_completed").fill_null(False)
    tasks = facts.account.frame("tasks").filter((pl.col("entity") == entity) & is_open)
    first = rows.group_by("record_id", "client").agg(at=pl.col("at").min())
    lost = (
        first.filter(pl.col("at") + wait <= facts.now)
        .join(deals_of_clients(facts), on="client", how="anti")
        .join(tasks, on="record_id", how="anti")
    )
    found = lost.select("record_id", value=told_time(facts, "at"), field=pl.lit("chat"))
    return Outcome(findings=findings(found, entity), base=first.height)


def _minutes(reason: str) -> tuple[Option, ...]:
    return (Option("minutes", 60, reason, 1, 100_000),)


register(
    Check(
        code="CAL103",
        severity="error",
        needs={"contact": ("contacts", "deals", "tasks", "notes", "links.contact.deal")},
        repair="review",
        plan="task",
        title=N_("New callers without a deal or a task"),
        definition=N_(
            "Contacts with an inbound call at a time when they had no deal, for which neither a "
            "deal nor a task was made from ten minutes before the call to the option's minutes "
            "after it. The first such call counts; the base is contacts with an inbound call."
        ),
        risk=N_("A new client called, and nothing in the CRM will remind anybody."),
        advice=N_(
            "Call them now. Have the telephony make a deal or a task for every unknown number."
        ),
        options=_minutes(N_("who takes a call writes down within the hour what comes of it")),
        run=_unknown_callers,
    )
)
register(
    Check(
        code="CHT101",
        severity="error",
        needs={"contact": ("contacts", "deals", "links.contact.deal", "events|messages")},
        repair="review",
        plan="task",
        title=N_("Chats without a deal"),
        definition=N_(
            "Contacts who wrote in a chat longer ago than the option's minutes and have no deal "
            "at all, nor an open task. The base is contacts who wrote in a chat."
        ),
        risk=N_("An enquiry that no pipeline counts and no employee owns."),
        advice=N_("Answer them, make the deals, and let the chat make a deal for each new talk."),
        options=_minutes(N_("who takes a chat makes the deal within the hour")),
        run=_chats_without_deal,
    )
)

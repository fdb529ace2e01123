"""CAL201 and CHT102: deals that came from nowhere, clients whom somebody else answered."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.clients import clients
from dedupe.audit.frames.touches import touches
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .common import PEOPLE, ROBOT, client_touches, first_between, key, named, shares_by

_BEFORE, _AFTER = timedelta(days=1), timedelta(hours=1)


def _from_nowhere(facts: Facts, entity: str) -> Outcome:
    """Find deals made by hand without a source and without a touch about then."""
    since = facts.now - timedelta(days=facts.option("CAL201", "days", int))
    deals = (
        facts.live(entity)
        .filter(pl.col("created_at").is_between(since, facts.now))
        .select("created_by", "created_at", "source_id", record_id="id")
        .collect()
    )
    is_person = (pl.col("created_by") != ROBOT).fill_null(False)
    has_source = pl.col("source_id").fill_null("").str.strip_chars() != ""
    by_hand = deals.filter(is_person & ~has_source).with_row_index("row")
    traced = by_hand.join(_traced(facts, by_hand), on="row", how="semi")
    rows = deals.with_columns(
        is_lost=pl.col("record_id").is_in(by_hand["record_id"].implode())
        & ~pl.col("record_id").is_in(traced["record_id"].implode())
    )
    found = rows.filter("is_lost").select(
        "record_id", value="created_by", field=pl.lit("source_id")
    )
    metric = Metric(
        name="deals_from_nowhere",
        title=N_("Deals without a trace of how they came, by who made them"),
        columns=(
            Column("label", N_("made by"), "person"),
            Column("n", N_("deals made"), "count"),
            Column("n_found", N_("without a trace"), "count"),
            Column("share", N_("share"), "share"),
        ),
        rows=shares_by(named(facts, "users", "created_by"), pl.col("is_lost"), rows, top=PEOPLE),
        chart="bars",
        values=("share",),
        note=N_("Deals made in the option's days. The fifty who made the most."),
    )
    return Outcome(findings=findings(found, entity), base=deals.height, metrics=(metric,))


def _traced(facts: Facts, deals: pl.DataFrame) -> pl.DataFrame:
    """Return row, at of the deals with an inbound touch about when they were made."""
    spans = deals.select(
        "row",
        deal_id="record_id",
        since=pl.col("created_at") - _BEFORE,
        until=pl.col("created_at") + _AFTER,
    )
    own = spans.with_columns(key=key(pl.lit("deal"), "deal_id"))
    cards = clients(facts).select("deal_id", key=key())
    both = pl.concat([own, spans.join(cards, on="deal_id").select(own.columns)])
    inbound = touches(facts).filter(pl.col("direction") == "in").select("at", key=key())
    return first_between(both.select("row", "key", "since", "until"), inbound)


def _answered_later_by_another(facts: Facts, entity: str) -> Outcome:
    """Find clients one of whose later talks was answered by another than the owner."""
    answered = _later_answers(facts).filter((pl.col("author") != ROBOT).fill_null(False))
    cards = facts.live(entity).select("owner_id", record_id="id").drop_nulls().collect()
    rows = answered.join(cards.with_columns(client=key(pl.lit(entity))), on="client")
    is_other = pl.col("author") != pl.col("owner_id")
    found = rows.filter(is_other).select("record_id", value="author", field=pl.lit("owner_id"))
    metric = Metric(
        name="chats_answered_for_others",
        title=N_("Later chats answered for other people's clients"),
        columns=(
            Column("label", N_("employee"), "person"),
            Column("n", N_("messages sent"), "count"),
            Column("n_found", N_("other people's clients"), "count"),
            Column("share", N_("share"), "share"),
        ),
        rows=shares_by(named(facts, "users", "author"), is_other, rows, top=PEOPLE),
        chart="bars",
        values=("share",),
        note=N_(
            "Messages sent in a client's second or later talk. The fifty employees with the most."
        ),
    )
    return Outcome(
        findings=findings(found.unique(), entity),
        base=rows["record_id"].n_unique(),
        metrics=(metric,),
    )


def _later_answers(facts: Facts) -> pl.DataFrame:
    """Return the outbound messages of each client's second and later talks."""
    gap = timedelta(hours=facts.option("CHT102", "hours", int))
    chats = (
        client_touches(facts)
        .filter(pl.col("channel") == "chat")
        .select("client", "direction", "author", "at")
        .sort("client", "at")
    )
    is_same = pl.col("client") == pl.col("client").shift()
    later = chats.filter(is_same & (pl.col("at").diff() > gap))
    since = later.group_by("client").agg(since=pl.col("at").min())
    sent = chats.filter(pl.col("direction") == "out").join(since, on="client")
    return sent.filter(pl.col("at") >= pl.col("since")).select("client", "author")


register(
    Check(
        code="CAL201",
        severity="info",
        needs={
            "deal": (
                "deals",
                "deals.created_by",
                "deals.source_id",
                "notes",
                "links.contact.deal",
            )
        },
        repair="list",
        title=N_("Deals without a trace of how they came"),
        definition=N_(
            "Deals of the option's last days that an employee made, with no source, and with no "
            "inbound call, letter, chat, SMS or form on the deal or its cards from a day before "
            "to an hour after it was made. The base is all deals made in those days."
        ),
        risk=N_("Advertising that brought these clients is judged as if it had brought none."),
        advice=N_(
            "Ask those who made them where the clients come from: direct numbers on the site and "
            "personal telephones are the usual answer. Put tracked numbers and channels there."
        ),
        options=(Option("days", 365, N_("a year shows how work is done now"), 1, 3650),),
        run=_from_nowhere,
    )
)
register(
    Check(
        code="CHT102",
        severity="info",
        needs={"contact": ("contacts", "contacts.owner_id", "events|messages")},
        repair="list",
        title=N_("Returning chats answered by someone else"),
        definition=N_(
            "Contacts in whose second or later chat talk another employee than the owner of today "
            "wrote to them; a talk is new after the option's hours of silence. The base is "
            "contacts to whom an employee wrote in such a talk."
        ),
        risk=N_("A known client tells the story anew, and two employees work on one client."),
        advice=N_("Have the chat give a returning client to the owner of the contact."),
        options=(Option("hours", 24, N_("after a day of silence a talk is a new one"), 1, 720),),
        run=_answered_later_by_another,
    )
)

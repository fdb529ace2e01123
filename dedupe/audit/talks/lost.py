"""DEAL201 and MAIL102: a client turned to us, and nobody saw it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.clients import clients
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .common import (
    CLOSED,
    PEOPLE,
    answers,
    client_touches,
    deals_of_clients,
    first_between,
    key,
    local,
    named,
    told_time,
    with_client,
)

_MONTHS = 36
_LOST = Column("n", N_("lost enquiries"), "count")


def _lost_enquiries(facts: Facts, entity: str) -> Outcome:
    """Find closed deals whose client turned up again and met with nothing."""
    after = timedelta(hours=facts.option("DEAL201", "hours", int))
    wait = timedelta(days=facts.option("DEAL201", "days", int))
    inbound = client_touches(facts).filter(
        (pl.col("direction") == "in")
        & ~pl.col("is_answered").fill_null(False)
        & (pl.col("at") + wait <= facts.now)
    )
    said = inbound.join(_past_clients(facts, inbound), on="client").filter(
        pl.col("at") > pl.col("closed_at") + after
    )
    is_deal = pl.col("entity") == entity
    rows = (
        said.with_columns(deal_id=pl.when(is_deal).then("record_id").otherwise("last_deal"))
        .drop_nulls("deal_id")
        .with_row_index("row")
        .with_columns(key="client", since="at", until=pl.col("at") + wait)
    )
    tasks = with_client(facts, facts.account.frame("tasks").drop_nulls(["entity", "record_id"]))
    marks = [answers(facts), tasks.select("client", at="created_at")]
    done = first_between(
        rows.select("row", "key", "since", "until"),
        pl.concat(marks).select("at", key="client"),
    )
    lost = rows.join(done, on="row", how="anti").sort("at", "channel")
    first = lost.unique("deal_id", keep="first", maintain_order=True)
    found = first.select(
        record_id="deal_id",
        group="channel",
        value=told_time(facts, "at"),
        field="channel",
    )
    closed = facts.live("deal").filter(pl.col("state").is_in(CLOSED)).select(pl.len())
    return Outcome(
        findings=findings(found, entity),
        base=closed.collect().item(),
        metrics=_lost_tables(facts, first),
    )


def _past_clients(facts: Facts, known: pl.DataFrame) -> pl.DataFrame:
    """Return client, closed_at, last_deal of those of `known` all of whose deals are closed.

    `last_deal` is the one closed last of those whose main contact the client is.
    """
    held = deals_of_clients(facts).join(known.select("client").unique(), on="client", how="semi")
    past = held.group_by("client").agg(
        pl.col("is_closed").all(), closed_at=pl.col("closed_at").max()
    )
    past = past.filter(pl.col("is_closed") & pl.col("closed_at").is_not_null())
    last = (
        held.filter("is_main")
        .sort("closed_at", pl.col("deal_id").str.len_bytes(), "deal_id", nulls_last=False)
        .unique("client", keep="last", maintain_order=True)
    )
    return past.select("client", "closed_at").join(
        last.select("client", last_deal="deal_id"), on="client", how="left"
    )


def _lost_tables(facts: Facts, lost: pl.DataFrame) -> tuple[Metric, ...]:
    owners = facts.live("deal").select(deal_id="id", owner_id="owner_id").collect()
    rows = lost.join(owners, on="deal_id", how="left", maintain_order="left")
    labels = {
        "channel": (Column("label", N_("channel"), "word"), pl.col("channel")),
        "owner": (Column("label", N_("owner"), "person"), named(facts, "users", "owner_id")),
        "month": (
            Column("label", N_("month"), "month"),
            local(facts, "at").dt.truncate("1mo").dt.date(),
        ),
    }
    titles = {
        "channel": N_("Lost enquiries by channel"),
        "owner": N_("Lost enquiries by the deal's owner"),
        "month": N_("Lost enquiries by month"),
    }
    return tuple(
        Metric(
            name=f"lost_enquiries_by_{name}",
            title=titles[name],
            columns=(column, _LOST),
            rows=_counted(rows, label, is_time=name == "month"),
            chart="line" if name == "month" else "bars",
            values=("n",),
            note=N_(
                "Each closed deal once, with the first enquiry that nobody took up. By owner: the "
                "fifty with the most; by month: the last three years."
            ),
        )
        for name, (column, label) in labels.items()
    )


def _counted(rows: pl.DataFrame, label: pl.Expr, *, is_time: bool) -> pl.DataFrame:
    counted = rows.group_by(label=label).agg(n=pl.len().cast(pl.Int64))
    if is_time:
        return counted.sort("label").tail(_MONTHS)
    return counted.sort(["n", "label"], descending=[True, False]).head(PEOPLE)


def _unanswered_letters(facts: Facts, entity: str) -> Outcome:
    """Find contacts with an open deal whose letter has waited since the last answer to them."""
    wait = timedelta(days=facts.option("MAIL102", "days", int))
    open_deals = facts.state("open").select(deal_id="id").collect()
    contacts = clients(facts).filter(pl.col("entity") == entity)
    buyers = contacts.join(open_deals, on="deal_id", how="semi").select("record_id").unique()
    is_letter = (pl.col("channel") == "mail") & (pl.col("direction") == "in")
    letters = buyers.with_columns(client=key(pl.lit(entity))).join(
        client_touches(facts).filter(is_letter), on="client"
    )
    last = answers(facts).group_by("client").agg(answered_at=pl.col("at").max())
    waiting = (
        letters.join(last, on="client", how="left")
        .filter(pl.col("answered_at").is_null() | (pl.col("at") > pl.col("answered_at")))
        .group_by("record_id")
        .agg(at=pl.col("at").min())
    )
    found = waiting.filter(pl.col("at") + wait <= facts.now).select(
        "record_id", value=told_time(facts, "at"), field=pl.lit("mail")
    )
    return Outcome(findings=findings(found, entity), base=letters["record_id"].n_unique())


register(
    Check(
        code="DEAL201",
        severity="error",
        needs={"deal": ("deals", "deals.state", "notes", "tasks", "links.contact.deal")},
        repair="review",
        plan="task",
        title=N_("Lost enquiries on closed deals"),
        definition=N_(
            "Closed deals that the client turned to us about (a call nobody took, a letter, a "
            "chat, an SMS, a form; on the deal or on its main contact) later than the option's "
            "hours after the last of the client's deals was closed, while no deal of the client "
            "is open and none was made since, when for the option's days after it no task was "
            "made and nobody answered. Each deal once; the base is closed deals."
        ),
        risk=N_("A client came back with money, and nobody ever knew: the deal was in no list."),
        advice=N_(
            "Call these clients back now. Make the sources create a new deal, or a task, when the "
            "client's deal is closed."
        ),
        options=(
            Option("hours", 1, N_("a word of thanks after the sale is no enquiry"), 0, 720),
            Option("days", 3, N_("whoever saw it has answered by then, weekend and all"), 1, 90),
        ),
        run=_lost_enquiries,
    )
)
register(
    Check(
        code="MAIL102",
        severity="warning",
        needs={
            "contact": ("contacts", "deals", "deals.state", "notes", "links.contact.deal"),
        },
        repair="list",
        title=N_("Letters without an answer"),
        definition=N_(
            "Contacts with an open deal whose letter has waited longer than the option's days, "
            "and after which nobody wrote to them or spoke with them in any channel. The base is "
            "contacts with an open deal and an inbound letter."
        ),
        risk=N_("The client of an open deal asked something and was left without an answer."),
        advice=N_("Answer them today; have every letter of an open deal's client set a task."),
        options=(Option("days", 3, N_("a letter may wait a weekend, not longer"), 1, 90),),
        run=_unanswered_letters,
    )
)

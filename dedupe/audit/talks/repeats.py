"""NOT101, DUP301, UNS101: a call noted twice, a second open deal, enquiries nobody takes."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.calls import calls
from dedupe.audit.frames.clients import main_contacts
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .common import (
    PEOPLE,
    UNKNOWN,
    key,
    named,
    shares_by,
    told_time,
    with_client,
)
from .missed import WHOLE_NUMBER

_ONE_CALL = timedelta(seconds=60)
_SHARE = Column("share", N_("share"), "share")


def _noted_twice(facts: Facts, entity: str) -> Outcome:
    """Find notes of a call beyond those on the one card that tells of it most."""
    extra = _extra_notes(facts)
    notes = (
        calls(facts)
        .select("note_id", "source")
        .with_columns(is_extra=pl.col("note_id").is_in(extra["note_id"].implode()))
    )
    found = extra.select(
        record_id="note_id",
        group="first",
        value=pl.concat_str("entity", "record_id", separator=":"),
        field=pl.lit("call"),
    )
    metric = Metric(
        name="repeated_calls_by_source",
        title=N_("Calls noted on several cards by telephony"),
        columns=(
            Column("label", N_("telephony"), "word"),
            Column("n", N_("call notes"), "count"),
            Column("n_found", N_("extra notes"), "count"),
            _SHARE,
        ),
        rows=shares_by(pl.col("source"), pl.col("is_extra"), notes),
        chart="bars",
        values=("n_found",),
        note=N_("Notes over those on one card for each call, of all notes of calls."),
    )
    return Outcome(findings=findings(found, entity), base=notes.height, metrics=(metric,))


def _extra_notes(facts: Facts) -> pl.DataFrame:
    """Return the notes of calls that a fuller card tells of, with the `first` note of the call.

    Notes in a row of one number (where there is none: of one client), direction and length, not
    over a minute apart, tell of one call, or of as many as the fullest card has notes.
    """
    runs = _runs_of_calls(facts).with_columns(
        n=pl.len().over("run", "card"), first=pl.col("note_id").first().over("run")
    )
    # Of equally full cards that of the first note: rows are in order of time.
    fullest = runs.sort("run", "n", descending=[False, True], maintain_order=True)
    home = fullest.unique("run", keep="first", maintain_order=True).select("run", home="card")
    told = runs.join(home, on="run", maintain_order="left")
    return told.filter(pl.col("home") != pl.col("card"))


def _runs_of_calls(facts: Facts) -> pl.DataFrame:
    """Return the calls that are beside another of the same `run`, by run and time."""
    is_whole = pl.col("phone").str.len_bytes() >= WHOLE_NUMBER
    number = pl.when(is_whole).then(pl.col("phone").hash())
    same = ["who", "direction", "seconds"]
    rows = (
        with_client(facts, calls(facts))
        .select(
            "note_id",
            "entity",
            "record_id",
            "direction",
            "seconds",
            "created_at",
            who=number.fill_null(pl.col("client")),
            card=key(),
        )
        .sort(*same, maintain_order=True)
    )
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in same)
    is_near = pl.col("created_at").diff().le(_ONE_CALL).fill_null(False)
    runs = rows.with_columns(is_next=is_same & is_near)
    is_beside = pl.col("is_next") | pl.col("is_next").shift(-1, fill_value=False)
    return runs.with_columns(run=(~pl.col("is_next")).cum_sum()).filter(is_beside)


def _second_deals(facts: Facts, entity: str) -> Outcome:
    """Find open deals of one main contact that were made within the option's days of each other."""
    window = timedelta(days=facts.option("DUP301", "days", int))
    same = ["contact_id"]
    if facts.option("DUP301", "same_pipeline", bool):
        same.append("pipeline_id")
    deals = facts.state("open").collect()
    rows = (
        deals.join(main_contacts(facts), left_on="id", right_on="deal_id")
        .filter(pl.col("created_at").is_not_null())
        .sort(*same, "created_at", pl.col("id").str.len_bytes(), "id")
    )
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in same)
    is_near = pl.col("created_at").diff().le(window).fill_null(False)
    runs = rows.with_columns(is_next=is_same.fill_null(False) & is_near).with_columns(
        run=(~pl.col("is_next")).cum_sum()
    )
    groups = runs.filter(pl.len().over("run") > 1).with_columns(
        group=pl.col("id").first().over("run")
    )
    found = groups.select(
        record_id="id", group="group", value="contact_id", field=pl.lit("contact")
    )
    sized = findings(found, entity)
    return Outcome(
        findings=sized,
        base=deals.height,
        groups=sized["group"].n_unique(),
        metrics=tuple(_second_by(facts, runs)),
    )


def _second_by(facts: Facts, runs: pl.DataFrame) -> list[Metric]:
    columns = (
        Column("n", N_("open deals"), "count"),
        Column("n_found", N_("made beside an open one"), "count"),
        _SHARE,
    )
    note = N_(
        "Deals made while the client had an open one that is still open, of the open deals with "
        "a contact; the first deal of each client does not count."
    )
    source = named(facts, "sources", "source_id")
    author = named(facts, "users", "created_by")
    return [
        Metric(
            name=f"second_deals_by_{name}",
            title=title,
            columns=(Column("label", head, kind), *columns),
            rows=rows,
            chart="bars",
            values=("n_found",),
            note=note,
        )
        for name, title, head, kind, rows in (
            (
                "source",
                N_("Second open deals by source"),
                N_("source"),
                "word",
                shares_by(source, pl.col("is_next"), runs),
            ),
            (
                "creator",
                N_("Second open deals by who made them"),
                N_("made by"),
                "person",
                shares_by(author, pl.col("is_next"), runs, top=PEOPLE),
            ),
        )
    ]


def _left_unsorted(facts: Facts, entity: str) -> Outcome:
    wait = timedelta(hours=facts.option("UNS101", "hours", int))
    listed = facts.account.frame("unsorted").sort("created_at", "id", nulls_last=True)
    age = (facts.now - pl.col("created_at")).dt.total_seconds()
    rows = listed.with_columns(
        days=age / timedelta(days=1).total_seconds(),
        is_old=(age > wait.total_seconds()).fill_null(False),
        is_again=pl.col("contact_id").is_not_null() & ~pl.col("contact_id").is_first_distinct(),
    )
    old = rows.filter("is_old").select(
        record_id="id", group=pl.lit("old"), value=told_time(facts, "created_at")
    )
    again = rows.filter("is_again").select(
        record_id="id", group=pl.lit("repeated"), value="contact_id"
    )
    return Outcome(
        findings=findings(pl.concat([old, again]), entity),
        base=rows.height,
        metrics=(_unsorted_by_source(facts, rows),),
    )


def _unsorted_by_source(facts: Facts, rows: pl.DataFrame) -> Metric:
    days = pl.col("days")
    label = pl.coalesce("source_name", named(facts, "sources", "source_id"), "category")
    counted = (
        rows.group_by(label=label.fill_null(UNKNOWN))
        .agg(
            n=pl.len().cast(pl.Int64),
            day=(days <= 1).sum().cast(pl.Int64),
            week=((days > 1) & (days <= 7)).sum().cast(pl.Int64),
            older=(days > 7).sum().cast(pl.Int64),
            median=days.median(),
        )
        .sort(["n", "label"], descending=[True, False])
    )
    return Metric(
        name="unsorted_by_source",
        title=N_("Enquiries in the unsorted list by source and age"),
        columns=(
            Column("label", N_("source"), "word"),
            Column("n", N_("enquiries"), "count"),
            Column("day", N_("up to a day"), "count"),
            Column("week", N_("up to a week"), "count"),
            Column("older", N_("over a week"), "count"),
            Column("median", N_("median age"), "days"),
        ),
        rows=counted.head(PEOPLE),
        chart="bars",
        values=("n",),
        note=N_("Ages are counted to the moment of the data. The fifty largest sources."),
    )


register(
    Check(
        code="NOT101",
        severity="warning",
        needs={"note": ("notes",)},
        repair="none",
        title=N_("Calls noted on several cards"),
        definition=N_(
            "Notes of calls over those on one card: the same direction, number and length within "
            "a minute, on another card. Where no number is told, cards of one client are "
            "compared. The base is notes of calls."
        ),
        risk=N_("Reports count such a call twice, and every card is longer than it need be."),
        advice=N_(
            "Have the telephony write a call to one card: to the open deal, else to the contact."
        ),
        run=_noted_twice,
    )
)
register(
    Check(
        code="DUP301",
        severity="warning",
        needs={"deal": ("deals", "deals.state", "links.contact.deal")},
        repair="review",
        title=N_("Several open deals of one client"),
        definition=N_(
            "Open deals whose main contact has another open deal made within the option's days "
            "of it, in the same pipeline unless the option says otherwise. Groups are runs of "
            "such deals of one contact; the base is open deals."
        ),
        risk=N_("Two employees sell to one client, and the pipeline's money is counted twice."),
        advice=N_(
            "Close or merge the repeats; turn duplicate control on for the sources that make them."
        ),
        options=(
            Option("days", 90, N_("a quarter: a later deal is likely a new sale"), 1, 3650),
            Option(
                "same_pipeline",
                True,
                N_("a deal in another pipeline is often another stage of the same work"),
            ),
        ),
        run=_second_deals,
    )
)
register(
    Check(
        code="UNS101",
        severity="warning",
        needs={"unsorted": ("unsorted",)},
        repair="list",
        title=N_("Enquiries left in the unsorted list"),
        definition=N_(
            "Enquiries in the unsorted list for longer than the option's hours (old), or of a "
            "contact who has an earlier one there (repeated); the base is the whole list."
        ),
        risk=N_("Nobody owns these enquiries: no task, no deadline, and no report counts them."),
        advice=N_("Accept or decline every one today, and name who empties the list each day."),
        options=(Option("hours", 24, N_("an enquiry waits a day at most"), 1, 8760),),
        run=_left_unsorted,
    )
)

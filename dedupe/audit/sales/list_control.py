"""LST001 to LST105: is every contact of a call list being worked on, and honestly."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.clients import clients
from dedupe.audit.frames.moves import moves
from dedupe.audit.links import linked_records
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric, Quality
from dedupe.language import N_

from .base import deals, share, table, with_person
from .kpi import bad_contacts
from .lists import LIST_NEEDS, call_lists, list_contacts, list_deals
from .managers import PERSON, TEAM
from .traces import call_times, done_tasks, note_times, touched

_LIST = Column("list", N_("List"), "text")
_LISTS_NOTE = N_(
    "A list: the live contacts with one tag that the config names, or with a tag most of whose "
    "contacts were made by one hand within an hour; or contacts so made without such a tag, named "
    "by their time. A contact in several lists is counted in each. Complete: with a closed deal, "
    "or with a deal and an open task on it or on the contact."
)
_OWNERS_NOTE = N_("Contacts of call lists by their owner, each once; a deal of any state counts.")


def _completeness(facts: Facts) -> pl.DataFrame:
    """Return record_id, list, owner_id, group (no_deal, no_task or null) of list contacts."""
    contacts = list_contacts(facts)
    if contacts.is_empty():
        return contacts.with_columns(group=pl.lit(None, pl.String))
    held = clients(facts).filter(pl.col("entity") == "contact")
    states = deals(facts).select("is_won", "is_lost", deal_id="id")
    open_tasks = facts.account.frame("tasks").filter(~pl.col("is_completed").fill_null(value=False))
    tasks = {
        entity: open_tasks.filter(pl.col("entity") == entity).select("record_id").unique()
        for entity in ("deal", "contact")
    }
    busy = tasks["deal"].select(deal_id="record_id", is_busy=pl.lit(value=True))
    placed = held.join(states, on="deal_id", how="left").join(busy, on="deal_id", how="left")
    is_well = pl.any_horizontal(pl.col("is_won", "is_lost", "is_busy").fill_null(value=False))
    well = placed.filter(is_well).select("record_id")
    told = linked_records(facts, "contact", "deal").collect()
    known = held.select("record_id").unique()
    # A link to a deal that the source does not name proves a deal, and says nothing of tasks.
    unnamed = told.join(_named_links(facts), on="record_id", how="anti")
    fine = pl.concat([well, tasks["contact"].join(known, on="record_id", how="semi"), unnamed])
    has_deal = pl.col("record_id").is_in(pl.concat([known, unnamed])["record_id"].implode())
    is_fine = pl.col("record_id").is_in(fine["record_id"].implode())
    group = (
        pl.when(~has_deal).then(pl.lit("no_deal")).when(~is_fine).then(pl.lit("no_task"))
    )  # fmt: skip
    return contacts.with_columns(group=group)


def _named_links(facts: Facts) -> pl.DataFrame:
    links = facts.account.frame("links").drop_nulls(["from_id", "to_id"])
    sides = [
        links.filter(
            (pl.col(f"{own}_entity") == "contact") & (pl.col(f"{other}_entity") == "deal")
        ).select(record_id=f"{own}_id")
        for own, other in (("from", "to"), ("to", "from"))
    ]
    return pl.concat(sides).unique()


def _judged(facts: Facts) -> pl.DataFrame:
    return facts.once("list contacts judged", lambda: _completeness(facts))


def _triple(facts: Facts, entity: str) -> Outcome:
    judged = _judged(facts)
    rows = judged.filter(pl.col("group").is_not_null()).select("record_id", "group", value="list")
    lists = (
        call_lists(facts)
        .join(judged.select("record_id", "group"), on="record_id", how="left")
        .group_by("list")
        .agg(
            contacts=pl.len(),
            no_deal=(pl.col("group") == "no_deal").fill_null(value=False).sum(),
            no_task=(pl.col("group") == "no_task").fill_null(value=False).sum(),
        )
    )
    complete = pl.col("contacts") - pl.col("no_deal") - pl.col("no_task")
    metric = table(
        "call_lists",
        N_("Call lists"),
        lists.with_columns(share=share(complete, pl.col("contacts"))).sort(
            ["contacts", "list"], descending=[True, False]
        ),
        _LIST,
        Column("contacts", N_("Contacts"), "count"),
        Column("no_deal", N_("Without a deal"), "count"),
        Column("no_task", N_("Without an open task"), "count"),
        Column("share", N_("Complete"), "share"),
        note=_LISTS_NOTE,
        quality=_datable(facts),
        chart="bars",
        values=("share",),
    )
    return Outcome(findings=findings(rows, entity), base=judged.height, metrics=(metric,))


def _without_deal(facts: Facts, entity: str) -> Outcome:
    judged = _judged(facts)
    is_bare = (pl.col("group") == "no_deal").fill_null(value=False)
    rows = judged.filter(is_bare).select("record_id", value="list")
    owners = judged.group_by("owner_id").agg(contacts=pl.len(), bare=is_bare.sum())
    return Outcome(
        findings=findings(rows, entity),
        base=judged.height,
        metrics=(_by_owner(owners.with_columns(share=share("bare", "contacts")), facts),),
    )


def _by_owner(owners: pl.DataFrame, facts: Facts) -> Metric:
    ordered = owners.sort(["bare", "owner_id"], descending=[True, False], nulls_last=True)
    return table(
        "list_contacts_without_deal_by_owner",
        N_("List contacts without a deal, by owner"),
        with_person(ordered, facts, "owner_id"),
        PERSON,
        TEAM,
        Column("contacts", N_("Contacts"), "count"),
        Column("bare", N_("Without a deal"), "count"),
        Column("share", N_("Share"), "share"),
        note=_OWNERS_NOTE,
        quality=_datable(facts),
        chart="bars",
        values=("bare",),
    )


def _datable(facts: Facts) -> Quality:
    """Tell how many live contacts can be told from loaded ones: hand and time are known."""
    known = pl.col("created_by").is_not_null() & pl.col("created_at").is_not_null()
    usable = facts.live("contact").select(known.sum()).collect().item()
    return Quality(
        usable=int(usable),
        base=facts.n_live("contact"),
        reason=N_("Contacts whose maker or time of creation is not known."),
    )


def _wrong_start(facts: Facts, entity: str) -> Outcome:
    begun = list_deals(facts).filter(pl.col("is_open") & pl.col("rank").is_not_null())
    moved = moves(facts).select(id="deal_id").unique()
    still = begun.filter(pl.col("rank") > 1).join(moved, on="id", how="anti")
    called = touched(facts, still, call_times(facts))
    rows = still.join(called, on="id", how="anti").select(
        record_id="id", value="list", field=pl.lit("status_id")
    )
    return Outcome(findings=findings(rows, entity), base=begun.height)


def _calls_and_stages(facts: Facts, entity: str) -> Outcome:
    told = call_times(facts)
    begun = list_deals(facts).filter(pl.col("is_open") & pl.col("rank").is_not_null())
    if told.is_empty():
        begun = begun.clear()
    called = touched(facts, begun, told).with_columns(is_called=pl.lit(value=True))
    placed = begun.join(called, on="id", how="left")
    is_new, is_called = pl.col("rank") == 1, pl.col("is_called").fill_null(value=False)
    group = (
        pl.when(is_new & is_called).then(pl.lit("called_but_new"))
        .when(~is_new & ~is_called).then(pl.lit("moved_without_call"))
    )  # fmt: skip
    rows = placed.with_columns(group=group).drop_nulls("group")
    return Outcome(
        findings=findings(
            rows.select("group", record_id="id", value="list", field=pl.lit("status_id")), entity
        ),
        base=begun.height,
    )


def _won_without_trace(facts: Facts, entity: str) -> Outcome:
    won = list_deals(facts).filter("is_won")
    rows = won.join(touched(facts, won, note_times(facts)), on="id", how="anti")
    return Outcome(
        findings=findings(rows.select(record_id="id", value="list"), entity), base=won.height
    )


def _bad_without_word(facts: Facts, entity: str) -> Outcome:
    bad = list_deals(facts).filter("is_lost").join(bad_contacts(facts), on="id", how="inner")
    traces = [note_times(facts, texts_only=True)]
    if facts.has("tasks"):
        traces.append(done_tasks(facts))
    rows = bad.join(touched(facts, bad, pl.concat(traces)), on="id", how="anti")
    told = _field_filled(facts)
    rows = rows.join(told, on="id", how="anti").select(
        record_id="id", value="reason", field=pl.lit("loss_reason")
    )
    return Outcome(findings=findings(rows, entity), base=bad.height)


def _field_filled(facts: Facts) -> pl.DataFrame:
    """Return the deals whose field of the config says more beside the built-in reason."""
    if facts.loss_reason_field is None:
        return pl.DataFrame(schema={"id": pl.String})
    of = (
        (pl.col("entity") == "deal")
        & (pl.col("field_id") == facts.loss_reason_field)
        & (pl.col("raw").fill_null("").str.strip_chars() != "")
    )
    values = facts.account.frame("field_values").lazy().filter(of)
    built_in = deals(facts).filter(pl.col("loss_reason_id").fill_null("").str.strip_chars() != "")
    return values.select(id="record_id").unique().collect().join(built_in, on="id", how="semi")


_LIST_DEALS = ("deals", "deals.state", "links.contact.deal", *LIST_NEEDS)

register(
    Check(
        code="LST001",
        severity="warning",
        needs={"contact": (*_LIST_DEALS, "tasks")},
        repair="list",
        title=N_("List contacts without a deal and a task"),
        definition=N_(
            "Live contacts of call lists that have no deal, or neither a closed deal nor an open "
            "task on a deal or on themselves. A list is what the option tags names, else the "
            "contacts that an import made. Of all contacts of lists."
        ),
        risk=N_("Nobody has to call them: the list was bought and is forgotten."),
        advice=N_(
            "Load lists with contact, deal, task and owner at once (crmclean import load); make "
            "the missing deals and tasks now."
        ),
        options=(
            Option("tags", (), N_("Empty: the lists are found by how they were loaded.")),
            Option(
                "least", 50, N_("Fewer contacts an hour may be typed by hand."), least=2, most=1e6
            ),
            Option("share", 0.8, N_("Some of a list's contacts were in the CRM before."), most=1),
        ),
        run=_triple,
    )
)
register(
    Check(
        code="LST101",
        severity="warning",
        needs={"contact": _LIST_DEALS},
        repair="list",
        title=N_("List contacts without a deal"),
        definition=N_(
            "Live contacts of call lists (see LST001) linked to no live deal of any state, by "
            "owner. Of all contacts of lists."
        ),
        risk=N_("Employees make deals only for the contacts they like; the rest is not seen."),
        advice=N_("Make the deals for all contacts when the list is loaded, not after the call."),
        run=_without_deal,
    )
)
register(
    Check(
        code="LST102",
        severity="info",
        needs={"deal": (*_LIST_DEALS, "statuses", "events|status_history")},
        repair="list",
        title=N_("List deals that began in a wrong stage"),
        definition=N_(
            "Open deals of contacts in call lists (see LST001) that stand beyond the first open "
            "stage, though no move and no call is known. Of the lists' open deals in an open "
            "stage."
        ),
        risk=N_("Deals that nobody has touched look begun: the rest of the list seems smaller."),
        advice=N_("Load every list into the first stage; move these deals back to it."),
        run=_wrong_start,
    )
)
register(
    Check(
        code="LST103",
        severity="warning",
        needs={"deal": (*_LIST_DEALS, "statuses", "notes")},
        repair="list",
        title=N_("Stage and calls do not agree"),
        definition=N_(
            "Open deals of contacts in call lists (see LST001): in the first open stage with a "
            "call, or beyond it without one; calls on the deal, or on its clients in the deal's "
            "time. Of the lists' open deals in an open stage; none where no call is noted in the "
            "whole account."
        ),
        risk=N_("Who was called and who was not can't be told: some are called twice, some never."),
        advice=N_(
            "Check that the telephony notes every call; then set the stages right and let a robot "
            "move a deal at its first call."
        ),
        run=_calls_and_stages,
    )
)
register(
    Check(
        code="LST104",
        severity="info",
        needs={"deal": (*_LIST_DEALS, "notes")},
        repair="list",
        title=N_("Won list deals without a trace"),
        definition=N_(
            "Won deals of contacts in call lists (see LST001) without any note, letter, message or "
            "file, on the deal or on its clients in the deal's time; calls and notes of "
            "integrations are none. Of the lists' won deals."
        ),
        risk=N_("A success that nothing shows may be none: the offer was never sent."),
        advice=N_("Ask for the letter or the file; count a success only with one."),
        run=_won_without_trace,
    )
)
register(
    Check(
        code="LST105",
        severity="info",
        needs={"deal": (*_LIST_DEALS, "deals.loss_reason_id", "notes")},
        repair="list",
        title=N_("Bad contacts without an explanation"),
        definition=N_(
            "Deals of contacts in call lists (see LST001) lost as a bad contact (see KPI104) with "
            "no written note, no result of a task and nothing in the reason field. Of the lists' "
            "deals lost as a bad contact."
        ),
        risk=N_("“Bad contact” is the easiest way to be rid of a call."),
        advice=N_("Have what is wrong with the contact written on the card; check some by phone."),
        run=_bad_without_word,
    )
)

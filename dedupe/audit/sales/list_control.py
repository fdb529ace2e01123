"""LST001 and LST101: is every contact of a call list being worked on."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.clients import clients
from dedupe.audit.links import linked_records
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric, Quality
from dedupe.language import N_

from .base import deals, share, table, with_person
from .lists import LIST_DEALS, call_lists, list_contacts
from .managers import PERSON, TEAM

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


register(
    Check(
        code="LST001",
        severity="warning",
        needs={"contact": (*LIST_DEALS, "tasks")},
        repair="list",
        title=N_("List contacts without a deal and a task"),
        definition=N_(
            "Live contacts of call lists that have no deal, or neither a closed deal nor an open "
            "task on a deal or on themselves. A list is what the option tags names, else the "
            "contacts that an import made. Of all contacts of lists."
        ),
        risk=N_("Nobody has to call them: the list was bought and is forgotten."),
        advice=N_(
            "Load lists with contact, deal, task and owner at once; make "
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
        needs={"contact": LIST_DEALS},
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

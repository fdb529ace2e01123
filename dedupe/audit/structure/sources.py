"""SRC001, SRC201, SRC202, SRC301: where deals come from, and sources that fell silent."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.clients import main_contacts
from dedupe.audit.frames.fills import filled, fills, known_fields
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Metric
from dedupe.language import N_

from .marks import with_source_names
from .rows import Columns, folded, is_told, metric, money, named, share, table

_MARKS = r"^(?:utm |utm_|roistat$|откуда|источник)"
_TOP_VALUES, _TOP_TAGS = 20, 50
_LEAST_DEALS = 5
_MOSTLY_OWN = 0.5  # different values a value: above, the field tells single deals
_NEEDS = ("deals", "deals.source_id")
_NUMBERS: Columns = {
    "n_deals": (N_("Deals"), "count"),
    "n_won": (N_("Won"), "count"),
    "money": (N_("Sum of won deals"), "money"),
    "share": (N_("Won share"), "share"),
    "first": (N_("First deal"), "moment"),
    "last": (N_("Last deal"), "moment"),
}
_NOTE = N_(
    "Deals that are not deleted, whatever their state; the won share is of all of them. Sums are "
    "of the prices of won deals."
)


def _inventory(facts: Facts, entity: str) -> Outcome:
    counted = _numbers(facts.live("deal").with_columns(source="source_id"), ["source"])
    listed = table(facts, "sources").drop_nulls("id").select(source="id").unique()
    rows = counted.join(listed, on="source", how="full", coalesce=True)
    shown = with_source_names(rows.with_columns(pl.col("n_deals", "n_won").fill_null(0)), facts)
    known = shown.collect().sort("n_deals", "source", descending=[True, False])
    sources = metric(
        "sources",
        N_("Sources of deals"),
        known,
        {"source": (N_("Source"), "word")} | _NUMBERS,
        note=_NOTE,
    )
    n = rows.drop_nulls("source").select(pl.len()).collect().item()
    more = [each for each in (_by_mark(facts), _by_tag(facts)) if each.rows.height]
    return Outcome(findings=FINDINGS.empty(), base=n, counted=n, metrics=(sources, *more))


def _numbers(deals: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    is_won = (pl.col("state") == "won").fill_null(value=False)
    return deals.group_by(by).agg(
        n_deals=pl.len(), n_won=is_won.sum(), money=money(is_won),
        first=pl.col("created_at").min(), last=pl.col("created_at").max(),
    ).with_columns(share=share("n_won", "n_deals"))  # fmt: skip


def _by_mark(facts: Facts) -> Metric:
    """Count deals by the values of fields that tell where they came from, the commonest ones."""
    is_mark = folded(pl.col("name")).str.contains(_MARKS) | folded(pl.col("code")).str.contains(
        _MARKS
    )
    fields = known_fields(facts).filter((pl.col("entity") == "deal") & is_mark)
    # Numbers of visits, each of which one deal has, are no classes of deals.
    repeat = pl.col("n_distinct") <= _MOSTLY_OWN * pl.col("n_filled")
    marks = fields.join(fills(facts).filter(repeat), on=["entity", "field_id"], how="semi").lazy()
    values = filled(facts).lazy().filter(pl.col("entity") == "deal")
    told = values.join(marks.select("field_id", "name"), on="field_id").select(
        "field_id", "name", value=pl.col("raw").str.strip_chars(), id="record_id"
    ).unique()  # fmt: skip
    often = told.group_by("field_id", "value").agg(n=pl.len()).sort(
        "field_id", "n", "value", descending=[False, True, False]
    ).group_by("field_id", maintain_order=True).head(_TOP_VALUES)  # fmt: skip
    few = told.join(often, on=["field_id", "value"], how="semi").join(facts.live("deal"), on="id")
    rows = _numbers(few.drop("name").rename({"field_id": "field"}), ["field", "value"])
    names = marks.select(field="field_id", name="name")
    shown = rows.join(names, on="field").collect()
    return metric(
        "deals_by_mark",
        N_("Deals by the marks of advertising"),
        shown.sort("name", "field", "n_deals", "value", descending=[False, False, True, False]),
        {"name": (N_("Field"), "text"), "value": (N_("Value"), "text")} | _NUMBERS,
        note=N_(
            'Fields of deals named utm_..., "Откуда ..." or "Источник ...", the twenty most '
            "frequent values of each; fields whose values hardly repeat are left out. A deal with "
            "two values is in both rows."
        ),
    )


def _by_tag(facts: Facts) -> Metric:
    tags = table(facts, "record_tags").filter((pl.col("entity") == "deal") & is_told("tag"))
    told = tags.select("tag", id="record_id").unique().join(facts.live("deal"), on="id")
    rows = _numbers(told, ["tag"]).collect().sort("n_deals", "tag", descending=[True, False])
    return metric(
        "deals_by_tag",
        N_("Deals by tag"),
        rows.head(_TOP_TAGS),
        {"tag": (N_("Tag"), "text")} | _NUMBERS,
        note=N_("The fifty most frequent tags of deals. A deal with two tags is in both rows."),
    )


def _silent(facts: Facts, entity: str) -> Outcome:
    since = facts.now - timedelta(days=facts.option("SRC201", "days", int))
    deals = facts.live("deal").filter(is_told("source_id"))
    counted = deals.group_by("source_id").agg(n=pl.len(), last=pl.col("created_at").max())
    busy = counted.filter(pl.col("n") >= _LEAST_DEALS).with_columns(value="source_id")
    rows = named(busy, facts, "value", "sources").collect()
    found = rows.filter(pl.col("last") <= since).select(
        record_id="source_id", value="value", field=pl.lit("name")
    )
    return Outcome(findings=findings(found, entity), base=rows.height)


def _unused(facts: Facts, entity: str) -> Outcome:
    sources = (
        table(facts, "sources")
        .drop_nulls("id")
        .sort("id", "name")
        .unique("id", keep="first")
        .collect()
    )
    used = facts.live("deal").select(id="source_id").unique()
    rows = sources.lazy().join(used, on="id", how="anti")
    found = rows.select(record_id="id", value="name", field=pl.lit("name"))
    return Outcome(findings=findings(found, entity), base=sources.height)


def _completeness(facts: Facts, entity: str) -> Outcome:
    """Tell, of each source's deals, how many have a client one can reach, a name and a price."""
    channels = table(facts, "channels").filter((pl.col("entity") == "contact") & is_told("raw"))
    named_ok = facts.names.lazy().filter(
        (pl.col("entity") == "contact") & (pl.col("status") == "ok")
    )
    held = {
        kind: channels.filter(pl.col("kind") == kind).select("record_id")
        for kind in ("phone", "email")
    } | {"name": named_ok.select("record_id")}
    has = [
        pl.col("contact_id").is_in(have.collect()["record_id"].implode()).alias(column)
        for column, have in held.items()
    ]
    deals = facts.live("deal").select(
        deal_id="id", source="source_id", price=(pl.col("price") > 0).fill_null(value=False)
    )
    clients = main_contacts(facts).lazy()
    told = deals.join(clients, on="deal_id", how="left").with_columns(
        *has, contact=pl.col("contact_id").is_not_null()
    )
    columns = ("contact", *held, "price")
    shares = [pl.col(c).fill_null(value=False).mean().alias(c) for c in columns]
    rows = with_source_names(
        told.group_by("source").agg(pl.len().alias("n_deals"), *shares), facts
    ).collect()
    matrix = metric(
        "completeness_by_source",
        N_("What deals of each source have"),
        rows.sort("n_deals", "source", descending=[True, False]),
        {
            "source": (N_("Source"), "word"),
            "n_deals": (N_("Deals"), "count"),
            "contact": (N_("Contact"), "share"),
            "phone": (N_("Phone"), "share"),
            "email": (N_("E-mail"), "share"),
            "name": (N_("Contact's name"), "share"),
            "price": (N_("Price"), "share"),
        },
        chart="heat_map",
        values=columns,
        note=N_(
            "Shares of the source's deals that are not deleted. Phone, e-mail and name are those "
            "of the deal's main contact; a placeholder or a junk name is none."
        ),
    )
    n = int(rows["n_deals"].sum())
    return Outcome(findings=FINDINGS.empty(), base=n, counted=n, metrics=(matrix,))


register(
    Check(
        code="SRC001",
        severity="info",
        needs={"source": _NEEDS},
        repair="none",
        title=N_("Sources of deals"),
        definition=N_("Sources that the account lists or a deal names, with their deals."),
        risk=N_("None by itself: the list to which the findings about sources refer."),
        advice=N_("Compare it with the forms, numbers and chats that you pay for."),
        run=_inventory,
    )
)
register(
    Check(
        code="SRC201",
        severity="warning",
        needs={"source": (*_NEEDS, "deals.created_at")},
        repair="list",
        title=N_("Sources that fell silent"),
        definition=N_(
            "Sources with five deals or more, none of them created in the days of the settings "
            "before the data was read; of sources with five deals or more."
        ),
        risk=N_("A broken form or number: enquiries that were paid for do not come in."),
        advice=N_("Send a test enquiry through each of them; mend it, or switch the source off."),
        options=(
            Option("days", 60, N_("two months: longer than holidays and low seasons"), 1, 3650),
        ),
        run=_silent,
    )
)
register(
    Check(
        code="SRC202",
        severity="info",
        needs={"source": ("sources", *_NEEDS)},
        repair="list",
        title=N_("Sources that no deal came from"),
        definition=N_("Sources of the account's list that no deal has; of the list."),
        risk=N_("A form that never worked looks like one that brings nothing."),
        advice=N_("Send a test enquiry; remove the source if it is not needed."),
        run=_unused,
    )
)
register(
    Check(
        code="SRC301",
        severity="info",
        needs={
            "source": (
                *_NEEDS, "contacts", "links.contact.deal",
                "channels.contact.phone", "channels.contact.email",
            )
        },
        repair="none",
        title=N_("What deals of each source have"),
        definition=N_(
            "Deals by source, with the shares that have a contact, its phone, e-mail and name, and "
            "a price."
        ),
        risk=N_("A form that does not pass the phone gives a deal that nobody can work on."),
        advice=N_("Mend the mapping of a form's fields where a share is lower than elsewhere."),
        run=_completeness,
    )
)  # fmt: skip

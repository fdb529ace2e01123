"""OWN101: records whose owner is nobody, unknown, or has left."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.frames.actors import lazy_table
from dedupe.audit.registry import Check, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .people import MOST_ROWS, filled, users

_NEEDS = {
    "contact": ("contacts", "contacts.owner_id", "users"),
    "company": ("companies", "companies.owner_id", "users"),
    "deal": ("deals", "deals.state", "deals.owner_id", "users"),
    "task": ("tasks", "tasks.owner_id", "users"),
}
CLASSES = {
    "missing": N_("nobody"),
    "unknown": N_("not among the users"),
    "inactive": N_("switched off"),
}


def _without_owner(facts: Facts, entity: str) -> Outcome:
    found = _orphans(facts).filter(pl.col("entity") == entity)
    rows = found.select("record_id", group="fault", field=pl.lit("owner"), value="owner_id")
    base = _owned(facts, entity).select(pl.len()).collect().item()
    metrics = (_metric(facts),) if entity == _readable(facts)[0] else ()
    return Outcome(findings=findings(rows, entity), base=base, metrics=metrics)


def _orphans(facts: Facts) -> pl.DataFrame:
    """Return entity, record_id, owner_id, fault, price of every record without a live owner."""
    return facts.once("orphans", lambda: _sought(facts))


def _sought(facts: Facts) -> pl.DataFrame:
    people = users(facts)
    fired = people.filter(~pl.col("is_active"))["id"]
    # An account has users: a list of none says nothing about who is unknown.
    is_unknown = ~pl.col("owner_id").is_in(people["id"].implode()) & pl.lit(not people.is_empty())
    fault = (
        pl.when(pl.col("owner_id").is_null())
        .then(pl.lit("missing"))
        .when(is_unknown)
        .then(pl.lit("unknown"))
        .when(pl.col("owner_id").is_in(fired.implode()))
        .then(pl.lit("inactive"))
    )
    parts = [
        _owned(facts, entity)
        .with_columns(owner_id=filled("owner_id"))
        .with_columns(fault=fault, entity=pl.lit(entity))
        .filter(pl.col("fault").is_not_null())
        for entity in _readable(facts)
    ]
    return pl.concat(pl.collect_all(parts))


def _owned(facts: Facts, entity: str) -> pl.LazyFrame:
    """Return record_id, owner_id, price of what must have an owner: deals and tasks while open."""
    if entity == "task":
        rows = lazy_table(facts, "tasks").filter(~pl.col("is_completed").fill_null(False))
    else:
        rows = facts.state("open") if entity == "deal" else facts.live(entity)
    price = pl.col("price") if entity == "deal" else pl.lit(None, pl.Float64)
    return rows.select(record_id="id", owner_id="owner_id", price=price)


def _readable(facts: Facts) -> list[str]:
    return [entity for entity, needs in _NEEDS.items() if all(map(facts.has, needs))]


def _metric(facts: Facts) -> Metric:
    """Return what each former owner left, the owner with most money first."""
    counts = [
        (pl.col("entity") == entity).sum().alias(table)
        if entity in _readable(facts)
        else pl.lit(None, pl.UInt32).alias(table)
        for entity, table in (TABLE_OF | {"task": "tasks"}).items()
    ]
    money = pl.col("price").filter(pl.col("price") > 0).sum().alias("money")
    if "deal" not in _readable(facts):
        money = pl.lit(None, pl.Float64).alias("money")
    rows = (
        _orphans(facts)
        .group_by("fault", "owner_id")
        .agg(*counts, money)
        .join(users(facts).select("id", "name"), left_on="owner_id", right_on="id", how="left")
        .sort("money", *_SIZES, "owner_id", descending=[True] * 5 + [False], nulls_last=True)
    )
    return Metric(
        name="former_owners",
        title=N_("What former owners left"),
        columns=(
            Column("owner_id", N_("Owner's id"), "text"),
            Column("name", N_("Owner"), "person"),
            Column("fault", N_("The owner is"), "word"),
            Column("contacts", N_("Contacts"), "count"),
            Column("companies", N_("Companies"), "count"),
            Column("deals", N_("Open deals"), "count"),
            Column("tasks", N_("Open tasks"), "count"),
            Column("money", N_("Money of open deals"), "money"),
        ),
        rows=rows.head(MOST_ROWS).select(
            "owner_id", "name", pl.col("fault").replace(CLASSES), *_SIZES, "money"
        ),
        note=N_(
            "Records whose owner is missing, not among the users, or switched off; at most 200 "
            "owners, those with most money in open deals first."
        ),
    )


_SIZES = ("contacts", "companies", "deals", "tasks")

register(
    Check(
        code="OWN101",
        severity="warning",
        needs=_NEEDS,
        repair="review",
        title=N_("Records without a working owner"),
        definition=N_(
            "Contacts, companies, open deals and open tasks whose owner is missing, is not among "
            "the users, or is switched off. The base is all live records of the kind; of deals "
            "and tasks the open ones."
        ),
        risk=N_("Nobody answers the client: letters, calls and tasks go to who has left."),
        advice=N_("Choose who takes over from each former owner and reassign by that list."),
        run=_without_owner,
    )
)

"""Whose a deal is: the contacts and companies that live deals are linked to."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts
from dedupe.contracts import CARDS


def clients(facts: Facts) -> pl.DataFrame:
    """Return deal_id, entity, record_id, is_main: a row for each live card of each live deal.

    A link stands once, whichever of its ends the source wrote first. `is_main` is of contacts.
    """
    return facts.once("clients", lambda: _clients(facts))


def main_contacts(facts: Facts) -> pl.DataFrame:
    """Return deal_id, contact_id: of each live deal with a live contact the main one.

    Where the source names none, or several, it is the oldest by id.
    """
    return facts.once("main contacts", lambda: _main(facts))


def _clients(facts: Facts) -> pl.DataFrame:
    links = facts.account.frame("links").lazy()
    deals = facts.live("deal").select(deal_id="id")
    parts = []
    for entity in CARDS:
        sides = [
            links.filter(
                (pl.col(f"{own}_entity") == str(entity)) & (pl.col(f"{other}_entity") == "deal")
            ).select(deal_id=f"{other}_id", record_id=f"{own}_id", is_main="is_main")
            for own, other in (("from", "to"), ("to", "from"))
        ]
        if TABLE_OF[entity] not in facts.account.tables:
            continue
        live = facts.live(entity).select(record_id="id")
        held = pl.concat(sides).group_by("deal_id", "record_id").agg(pl.col("is_main").max())
        held = held.join(live, on="record_id", how="semi").join(deals, on="deal_id", how="semi")
        named = held.with_columns(entity=pl.lit(str(entity)))
        parts.append(named.select("deal_id", "entity", "record_id", "is_main"))
    schema = {
        "deal_id": pl.String,
        "entity": pl.String,
        "record_id": pl.String,
        "is_main": pl.Boolean,
    }
    return pl.concat([pl.LazyFrame(schema=schema), *parts]).collect()


def _main(facts: Facts) -> pl.DataFrame:
    held = clients(facts).lazy().filter(pl.col("entity") == "contact")
    first = held.sort(
        pl.col("is_main").fill_null(value=False),
        pl.col("record_id").str.len_bytes(),
        "record_id",
        descending=[True, False, False],
    )
    return (
        first.unique("deal_id", keep="first", maintain_order=True)
        .select("deal_id", contact_id="record_id")
        .collect()
    )

"""The health of an account, and the money at risk with a record.

Health is the share of cards without an error or a warning, each card once: no weights, so
anybody can count it again. Cards that stand merged (DUP111) are none: they are to be deleted.
Money at risk with a deal is its price; with a card, the price of its open deals. A price of nothing
is no price.
"""

from __future__ import annotations

import polars as pl

from dedupe.contracts import CARDS, Health

from .facts import TABLE_OF, Facts


def count_health(facts: Facts, findings: pl.DataFrame) -> Health:
    """Count the clean records of every entity that was read; `findings` are FINDINGS."""
    grave = findings.lazy().filter(pl.col("severity") != "info").select("entity", "record_id")
    by_entity = {}
    for entity, table in TABLE_OF.items():
        if facts.account.has(table):
            faulty = grave.filter(pl.col("entity") == entity).unique("record_id")
            counted = facts.live(entity).select(record_id="id")
            counted = counted.join(facts.merged(entity).lazy(), on="record_id", how="anti")
            n_faulty = counted.join(faulty, on="record_id", how="semi")
            n, n_all = (f.select(pl.len()).collect().item() for f in (n_faulty, counted))
            by_entity[entity] = (n_all - n, n_all)
    cards = [by_entity[entity] for entity in CARDS if entity in by_entity]
    return Health(
        cards=sum(n for _, n in cards), clean=sum(n for n, _ in cards), by_entity=by_entity
    )


def money_at_risk(facts: Facts) -> pl.DataFrame:
    """Return entity, record_id, money of every record that has any."""
    return facts.once("money at risk", lambda: _money(facts))


def _money(facts: Facts) -> pl.DataFrame:
    deals = (
        facts.live("deal")
        .filter((pl.col("price") > 0) & pl.col("price").is_finite())
        .select(deal_id="id", money="price", is_open=pl.col("state") == "open")
        .collect()
    )
    links = facts.account.frame("links").lazy()
    parts = [deals.lazy().select(entity=pl.lit("deal"), record_id="deal_id", money="money")]
    open_deals = deals.lazy().filter("is_open").select("deal_id", "money")
    for entity in CARDS:
        pairs = [
            links.filter(
                (pl.col(f"{own}_entity") == str(entity)) & (pl.col(f"{other}_entity") == "deal")
            ).select(record_id=f"{own}_id", deal_id=f"{other}_id")
            for own, other in (("from", "to"), ("to", "from"))
        ]
        held = pl.concat(pairs).unique().join(open_deals, on="deal_id")
        # Sums of fractions depend on their order, and results not on that of the rows.
        ordered = held.sort("record_id", "deal_id").group_by("record_id", maintain_order=True)
        summed = ordered.agg(pl.col("money").sum())
        parts.append(summed.select(pl.lit(str(entity)).alias("entity"), "record_id", "money"))
    return pl.concat(parts).collect()

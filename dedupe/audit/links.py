"""LNK: cards that no deal is linked to."""

from __future__ import annotations

import polars as pl

from dedupe.language import N_

from .facts import Facts, Outcome, findings
from .registry import Check, register


def linked_records(facts: Facts, entity: str, other: str) -> pl.LazyFrame:
    """Return the distinct `record_id` of `entity` that are linked to a record of `other`."""
    links = facts.account.frame("links").lazy()
    return pl.concat(
        [
            links.filter(
                (pl.col(f"{a}_entity") == entity) & (pl.col(f"{b}_entity") == other)
            ).select(record_id=f"{a}_id")
            for a, b in (("from", "to"), ("to", "from"))
        ]
    ).unique()


def _without_deals(facts: Facts, entity: str) -> Outcome:
    rows = (
        facts.live(entity)
        .select(record_id="id")
        .join(linked_records(facts, entity, "deal"), on="record_id", how="anti")
    )
    return Outcome(findings=findings(rows, entity), base=facts.n_live(entity))


register(
    Check(
        code="LNK101",
        severity="warning",
        needs={"contact": ("contacts", "links.contact.deal")},
        repair="list",
        title=N_("Contacts without deals"),
        definition=N_("Contacts linked to no deal, whatever its state."),
        risk=N_(
            "Enquiries that were paid for and never worked on, or a bought list nobody called."
        ),
        advice=N_(
            "Separate lists from lost enquiries by source and age; make deals for the enquiries."
        ),
        run=_without_deals,
    )
)
register(
    Check(
        code="LNK102",
        severity="info",
        needs={"company": ("companies", "links.company.deal")},
        repair="list",
        title=N_("Companies without deals"),
        definition=N_("Companies linked to no deal, whatever its state."),
        risk=N_("Sales to the company are not seen on its card."),
        advice=N_("Link the deals of the company's contacts to it, or archive the card."),
        run=_without_deals,
    )
)

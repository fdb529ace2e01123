"""NAM: cards without a name, and names that name nobody."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from dedupe.language import N_

from .facts import TABLE_OF, Facts, Outcome, findings
from .registry import Check, register


def _named(*statuses: str) -> Callable[[Facts, str], Outcome]:
    def run(facts: Facts, entity: str) -> Outcome:
        names = facts.names.lazy().filter(
            (pl.col("entity") == entity) & pl.col("status").is_in(statuses)
        )
        raw = facts.live(entity).select(record_id="id", value="name")
        rows = names.join(raw, on="record_id").select(
            "record_id",
            "value",
            group=pl.coalesce("reason", "status"),
            field=pl.lit("name"),
        )
        return Outcome(findings=findings(rows, entity), base=facts.n_live(entity))

    return run


def _needs(entity: str) -> dict[str, tuple[str, ...]]:
    table = TABLE_OF[entity]
    return {entity: (table, f"{table}.name")}


register(
    Check(
        code="NAM101",
        severity="warning",
        needs=_needs("contact"),
        repair="review",
        title=N_("Contacts without a name"),
        definition=N_("Contacts whose name is empty or the CRM's own placeholder."),
        risk=N_("A manager does not know whom to address, and duplicates can't be told apart."),
        advice=N_("Take the name from the letters, the deal or the chat; else ask for it."),
        run=_named("empty", "placeholder"),
    )
)
register(
    Check(
        code="NAM102",
        severity="warning",
        needs=_needs("company"),
        repair="review",
        title=N_("Companies without a name"),
        definition=N_("Companies whose name is empty or the CRM's own placeholder."),
        risk=N_("Invoices and contracts can't be made out."),
        advice=N_("Look the company up by its tax number, site or phone."),
        run=_named("empty", "placeholder"),
    )
)
register(
    Check(
        code="NAM201",
        severity="warning",
        needs=_needs("contact") | _needs("company"),
        repair="review",
        title=N_("Junk names"),
        definition=N_(
            "Cards whose name names nobody: made by telephony, a chat or a form, a phone or "
            "an e-mail as the name, a test."
        ),
        risk=N_("The card can't be found by name, and the next enquiry makes one more."),
        advice=N_(
            "Give the card its client's name; set the integration to keep the name field empty."
        ),
        run=_named("junk"),
    )
)

"""DUP111, DUP112: cards with the mark of a merged duplicate, told apart by whether they are needed.

What the mark is, and what proves that a card stands merged, says `dedupe.plan.marks`; the scan
finds it before it looks for duplicates (`facts.marked`). Of two cards with the mark whose survivor
is gone neither stands merged: both take part in the checks of duplicates again.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from dedupe.language import N_

from .facts import TABLE_OF, Facts, Outcome, findings
from .registry import Check, register

MERGED = "DUP111"
_NEEDS: dict[str, tuple[str, ...]] = {
    e: (TABLE_OF[e], f"record_tags.{e}") for e in ("contact", "company")
}


def _marked(*, is_needed: bool) -> Callable[[Facts, str], Outcome]:
    group = "reason" if is_needed else "survivor"

    def run(facts: Facts, entity: str) -> Outcome:
        is_meant = pl.col("reason").is_not_null() == is_needed
        rows = facts.marked.filter((pl.col("entity") == entity) & is_meant)
        found = rows.select("record_id", pl.col(group).alias("group"), field=pl.lit("tag"))
        return Outcome(findings=findings(found, entity), base=facts.n_live(entity))

    return run


register(
    Check(
        code=MERGED,
        severity="info",
        needs=_NEEDS,
        repair="list",
        title=N_("Merged duplicates, to be deleted by hand"),
        definition=N_(
            'Cards with crmclean\'s mark of a merged duplicate (its tag; a checkbox "To delete" '
            "that says no takes the mark off) that are not needed any more: another card without "
            "the mark has all their numbers and addresses, or their name if they have none, and "
            "no deal, no open task and no contact of a company hangs on them. No other "
            "check of cards counts them, nor does the health."
        ),
        risk=N_("The CRM can't delete over its API: until a person does, they stay in lists."),
        advice=N_(
            "Delete these cards in the CRM; others with the tag may still be needed (DUP112). If a "
            "merge is wrong, take it back: crmclean undo."
        ),
        run=_marked(is_needed=False),
    )
)
register(
    Check(
        code="DUP112",
        severity="error",
        needs=_NEEDS,
        repair="list",
        title=N_("Marked as duplicates, but still needed"),
        definition=N_(
            "Cards with the mark of a merged duplicate that no other card stands for: the card "
            "that was to stay is gone, or lacks a number or address of theirs, or a deal, an open "
            "task or a contact hangs on them again. They count as duplicates like any other card."
        ),
        risk=N_(
            "Whoever deletes everything with the tag deletes the only card of a client, or what "
            "stands nowhere else."
        ),
        advice=N_(
            "Do not delete them. Bring what is new over to the card that stays, or take the tag "
            "off: then the next scan treats the card like any other, and may merge it again."
        ),
        run=_marked(is_needed=True),
    )
)

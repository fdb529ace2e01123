"""DUP: cards that share a number or a mailbox, and values that are no evidence of that.

Cards that stand merged already (DUP111) take no part: `facts.groups` and `facts.clusters` are made
without them.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from dedupe.language import N_

from .facts import Facts, Outcome, channel_needs, findings
from .likeness import unmerged
from .registry import Check, register

NO_EVIDENCE = ("shared", "own", "placeholder")


def _shared_channel(kind: str, *, off_field: bool = False) -> Callable[[Facts, str], Outcome]:
    def run(facts: Facts, entity: str) -> Outcome:
        rows = facts.groups.lazy().filter((pl.col("kind") == kind) & (pl.col("entity") == entity))
        if off_field:
            rows = rows.filter(pl.col("is_off_field"))
        found = findings(rows.select("record_id", "group", "value", field=pl.lit(kind)), entity)
        return Outcome(findings=found, base=facts.n_live(entity), groups=found["group"].n_unique())

    return run


def _no_evidence(facts: Facts, entity: str) -> Outcome:
    """List values held by several cards that say nothing about identity."""
    own = pl.col("entity") == entity
    is_meant = pl.col("value").is_not_null() & pl.col("status").is_in(NO_EVIDENCE)
    rows = (
        unmerged(facts.values.lazy().filter(own & is_meant), facts, entity)
        .with_columns(n=pl.col("record_id").n_unique().over("kind", "value"))
        # A placeholder on one card is just unreadable (PHN301); on several it would look shared.
        .filter((pl.col("status") != "placeholder") | (pl.col("n") > 1))
        .select("record_id", "value", group="status", field="kind")
        .unique()
    )
    found = findings(rows, entity)
    n_values = found.select("field", "value").n_unique() if found.height else 0
    return Outcome(
        findings=found, base=facts.n_live(entity), groups=n_values, groups_are_values=True
    )


def _clusters(facts: Facts, entity: str) -> Outcome:
    """List the cards of clusters; the value of a finding is the tier."""
    rows = facts.clusters.lazy().filter(pl.col("entity") == entity)
    found = findings(rows.select("record_id", group="cluster_id", value="tier"), entity)
    return Outcome(findings=found, base=facts.n_live(entity), groups=found["group"].n_unique())


register(
    Check(
        code="DUP101",
        severity="error",
        needs=channel_needs("phone"),
        repair="review",
        plan="merge",
        title=N_("Cards with a shared phone"),
        definition=N_(
            "Cards that share at least one valid number with another card of the same kind, "
            "after doubled values are split, whatever the spelling or the field. "
            "Switchboards, own numbers and placeholders do not count, nor do cards that are merged "
            "already and wait for their deletion (DUP111)."
        ),
        risk=N_(
            "Calls, deals and agreements of one client are spread over several cards: two "
            "managers call the same person, and the client's history is never whole."
        ),
        advice=N_(
            "Review the groups and merge those that are one client; leave families and "
            "offices apart. Turn duplicate control on for every source of enquiries."
        ),
        run=_shared_channel("phone"),
    )
)
register(
    Check(
        code="DUP102",
        severity="error",
        needs=channel_needs("email"),
        repair="review",
        plan="merge",
        title=N_("Cards with a shared e-mail"),
        definition=N_(
            "Cards that share at least one mailbox with another card of the same kind. "
            "Spellings that a provider delivers to one mailbox are the same mailbox. Cards that "
            "are merged already (DUP111) do not count."
        ),
        risk=N_("Letters are filed on one of the cards, by chance; mailings go out twice."),
        advice=N_("Review the groups and merge those that are one client."),
        run=_shared_channel("email"),
    )
)
register(
    Check(
        code="DUP103",
        severity="warning",
        needs=channel_needs("phone"),
        repair="review",
        title=N_("Shared phone kept outside the phone field"),
        definition=N_(
            "Cards that share a number which at least one of them holds outside the standard "
            "phone field."
        ),
        risk=N_(
            "Telephony, chats and duplicate control look into the standard field only, so "
            "each new enquiry makes one more duplicate."
        ),
        advice=N_(
            "Move the numbers into the standard field and tell the vendor of the integration."
        ),
        run=_shared_channel("phone", off_field=True),
    )
)
register(
    Check(
        code="DUP105",
        severity="info",
        needs=channel_needs("phone"),
        repair="list",
        title=N_("Shared, own and placeholder values"),
        definition=N_(
            "Cards that hold a number or address which says nothing about identity: a "
            "switchboard or mailbox of many people, one of the account's own, or a "
            "placeholder on several cards. Groups are distinct values."
        ),
        risk=N_("Merging by such a value joins strangers: this is how mass merges go wrong."),
        advice=N_(
            "Never merge by these values. Replace placeholders; keep switchboards on the company."
        ),
        run=_no_evidence,
    )
)
register(
    Check(
        code="DUP110",
        severity="error",
        needs={"contact": ("contacts",), "company": ("companies",)},
        repair="review",
        plan="merge",
        title=N_("Probable duplicates by all evidence together"),
        definition=N_(
            "Cards in clusters found by the probabilistic match of names, companies and "
            "channels together, by tier; without cards that are merged already (DUP111). Where "
            "two tables are linked (--against): cards of the first that have a counterpart in "
            "the second."
        ),
        risk=N_("Duplicates with a typo or another number stay unseen by exact checks."),
        advice=N_("Merge the automatic tier after a rehearsal, review the rest."),
        run=_clusters,
    )
)

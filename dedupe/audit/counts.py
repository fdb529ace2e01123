"""CNT: how many there are. Headline counts, with no finding."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import FINDINGS
from dedupe.language import N_

from .facts import Facts, Outcome
from .registry import Check, register


def _count(facts: Facts, entity: str) -> Outcome:
    n = facts.n_live(entity)
    return Outcome(findings=FINDINGS.empty(), base=n, counted=n)


_NO_RISK = N_("None by itself: the number every share in this report is taken of.")

register(
    Check(
        code="CNT001",
        severity="info",
        needs={"contact": ("contacts",)},
        repair="none",
        title=N_("Contacts"),
        definition=N_("Contact cards that are not deleted."),
        risk=_NO_RISK,
        advice=N_("Compare it with the number you expect: a jump is often an import."),
        run=_count,
    )
)
register(
    Check(
        code="CNT002",
        severity="info",
        needs={"company": ("companies",)},
        repair="none",
        title=N_("Companies"),
        definition=N_("Company cards that are not deleted."),
        risk=_NO_RISK,
        advice=N_("Compare it with the number you expect: a jump is often an import."),
        run=_count,
    )
)
register(
    Check(
        code="CNT003",
        severity="info",
        needs={"deal": ("deals",)},
        repair="none",
        title=N_("Deals"),
        definition=N_(
            "Deals that are not deleted, by state: open, won, lost, unsorted; the states add "
            "up to the total."
        ),
        risk=_NO_RISK,
        advice=N_(
            "If the states do not add up, deals stand in stages that the export does not name."
        ),
        run=_count,
    )
)


def state_counts(facts: Facts) -> dict[str, int]:
    """Return the number of live deals by state; a deal whose state is not known is in none."""
    frame = facts.live("deal").group_by("state").len().collect()
    return {s: n for s, n in frame.iter_rows() if s is not None}


def row_count(facts: Facts, table: str) -> int | None:
    """Return the rows of `table`, None when it was not read."""
    lazy = facts.account.tables.get(table)
    return None if lazy is None else int(lazy.select(pl.len()).collect().item())

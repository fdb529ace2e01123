"""FLD401, FLD402: the checkbox that takes the place of the right to delete, and its queue."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.frames.fills import YES, filled, known_fields
from dedupe.audit.registry import CHECKS, Check, register
from dedupe.contracts import CARDS, FINDINGS
from dedupe.language import N_

from .rows import account_row, folded

NAMES = ("удалить", "на удаление", "delete", "to delete")


def _boxes(facts: Facts) -> pl.DataFrame:
    """Return the checkboxes by which people say what is to be deleted."""
    is_meant = folded(pl.col("name")).is_in(NAMES)
    return known_fields(facts).filter((pl.col("type") == "checkbox") & is_meant)


def _without_box(facts: Facts, entity: str) -> Outcome:
    rights = CHECKS["USR103"].run
    n_deleters = rights(facts, "user").found if rights is not None else 0
    has_box = set(_boxes(facts)["entity"])
    read = [str(card) for card in CARDS if TABLE_OF[card] in facts.account.tables]
    lacking = [card for card in read if card not in has_box] if n_deleters else []
    found = pl.DataFrame(
        {"field": lacking, "value": [str(n_deleters)] * len(lacking)},
        schema={"field": pl.String, "value": pl.String},
    ).with_columns(record_id=pl.lit(account_row(facts)))
    return Outcome(findings=findings(found, entity), base=1)


def _flagged(facts: Facts, entity: str) -> Outcome:
    boxes = _boxes(facts).filter(pl.col("entity") == entity)
    if boxes.is_empty():
        return Outcome(findings=FINDINGS.empty(), base=facts.n_live(entity))
    is_yes = pl.col("raw").str.strip_chars().str.to_lowercase().is_in(YES)
    told = filled(facts).lazy().filter(pl.col("entity") == entity)
    held = told.join(boxes.lazy().select("field_id", "name"), on="field_id").filter(is_yes)
    found = held.select("record_id", field="field_id", value="name").unique()
    return Outcome(findings=findings(found, entity), base=facts.n_live(entity))


register(
    Check(
        code="FLD401",
        severity="warning",
        needs={"account": ("users", "user_rights", "fields")},
        repair="list",
        title=N_('No checkbox "To delete"'),
        definition=N_(
            "The account, if its people may delete records while contacts or companies have no "
            'checkbox named "Удалить", "На удаление" or "Delete".'
        ),
        risk=N_("What was deleted by mistake or in anger can't be brought back with its history."),
        advice=N_(
            'Add a checkbox "To delete" to both cards, take the right to delete away, and let one '
            "person delete by the checkbox once a month."
        ),
        run=_without_box,
    )
)
register(
    Check(
        code="FLD402",
        severity="warning",
        needs={e: (t, "fields", "field_values") for e, t in TABLE_OF.items()},
        repair="list",
        title=N_("Records that wait for their deletion"),
        definition=N_('Records that are not deleted and whose checkbox "To delete" is ticked.'),
        risk=N_("They stay in lists, mailings and counts as if they were good."),
        advice=N_("Look through them, delete them in the CRM, or take the tick off."),
        run=_flagged,
    )
)

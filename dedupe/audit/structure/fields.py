"""FLD001-FLD103: which custom fields there are, and which nobody fills or somebody made twice."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.frames.fills import OLD_DAYS, fills, known_fields
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS
from dedupe.language import N_

from .alike import near_duplicates
from .rows import account_row, metric, n_rows, share

_WORDS = {"contact": N_("contacts"), "company": N_("companies"), "deal": N_("deals")}
_FIELD = ["entity", "field_id"]
_NEEDS = ("fields", "field_values")
RECORD = pl.concat_str("entity", "field_id", separator="/")


def _inventory(facts: Facts, entity: str) -> Outcome:
    rows = _counted(facts).sort(
        "entity", "n_filled", "name", "field_id", descending=[False, True, False, False]
    )
    told = metric(
        "fields",
        N_("Fields and how they are filled"),
        rows.with_columns(pl.col("entity").replace_strict(_WORDS)),
        {
            "entity": (N_("Cards"), "word"),
            "name": (N_("Field"), "text"),
            "type": (N_("Type"), "text"),
            "n_filled": (N_("Filled"), "count"),
            "n_records": (N_("Records"), "count"),
            "share": (N_("Share filled"), "share"),
            "n_distinct": (N_("Different values"), "count"),
            "last_used": (N_("Last change"), "moment"),
        },
        note=N_(
            "Filled: records that are not deleted and have a value in the field; the share is of "
            "all such records. Last change: of a record with a value, as nothing says when the "
            "field itself was filled. The first 200 fields are shown."
        ),
    )
    return Outcome(
        findings=FINDINGS.empty(), base=rows.height, counted=rows.height, metrics=(told,)
    )


def _counted(facts: Facts) -> pl.DataFrame:
    """Return the known fields with their fill, and the number of live records."""
    sizes = {entity: facts.n_live(entity) for entity in TABLE_OF}
    return (
        known_fields(facts)
        .join(fills(facts), on=_FIELD, how="left")
        .with_columns(
            pl.col("n_filled", "n_old", "n_distinct").fill_null(0),
            n_records=pl.col("entity").replace_strict(sizes, return_dtype=pl.Int64),
        )
        .with_columns(share=share("n_filled", "n_records"))
    )


def _rare(facts: Facts, entity: str) -> Outcome:
    least = facts.option("FLD101", "share", float)
    rows = _counted(facts).filter("is_custom")
    sizes = pl.DataFrame({"entity": list(TABLE_OF), "n_base": [_n_old(facts, e) for e in TABLE_OF]})
    aged = rows.join(sizes, on="entity").filter(pl.col("n_base") > 0)
    found = aged.filter(share("n_old", "n_base") < least).select(
        record_id=RECORD,
        field=pl.col("entity"),
        value="name",
        group=pl.when(pl.col("n_filled") == 0).then(pl.lit("unused")).otherwise(pl.lit("rare")),
    )
    return Outcome(findings=findings(found, entity), base=aged.height)


def _n_old(facts: Facts, entity: str) -> int:
    """Count the live records that are not known to be new."""
    since = facts.now - timedelta(days=OLD_DAYS)
    return n_rows(facts.live(entity).filter((pl.col("created_at") <= since).fill_null(value=True)))


def _many(facts: Facts, entity: str) -> Outcome:
    most = facts.option("FLD102", "most", int)
    rows = _counted(facts).filter("is_custom").group_by("entity").agg(
        n_fields=pl.len(), n_empty=(pl.col("n_filled") == 0).sum()
    ).sort("entity")  # fmt: skip
    found = rows.filter(pl.col("n_fields") > most).select(
        record_id=pl.lit(account_row(facts)),
        field="entity",
        value=pl.col("n_fields").cast(pl.String),
    )
    told = metric(
        "fields_by_card",
        N_("Custom fields of a card"),
        rows.with_columns(pl.col("entity").replace_strict(_WORDS)),
        {
            "entity": (N_("Cards"), "word"),
            "n_fields": (N_("Custom fields"), "count"),
            "n_empty": (N_("Never filled"), "count"),
        },
        chart="bars",
        values=("n_fields", "n_empty"),
        note=N_("The account's own fields, without the CRM's and computed ones."),
    )
    return Outcome(findings=findings(found, entity), base=1, metrics=(told,))


def _twins(facts: Facts, entity: str) -> Outcome:
    rows = known_fields(facts).select(scope="entity", record_id=RECORD, name="name")
    found = near_duplicates(rows).select("record_id", "group", value="name", field=pl.lit("name"))
    out = findings(found, entity)
    return Outcome(findings=out, base=rows.height, groups=out["group"].n_unique())


register(
    Check(
        code="FLD001",
        severity="info",
        needs={"field": _NEEDS},
        repair="none",
        title=N_("Fields"),
        definition=N_("Fields of contacts, companies and deals, the CRM's own among them."),
        risk=N_("None by itself: the list to which the other findings about fields refer."),
        advice=N_(
            "Look at the least filled fields first, and at those that nobody changed long ago."
        ),
        run=_inventory,
    )
)
register(
    Check(
        code="FLD101",
        severity="warning",
        needs={"field": _NEEDS},
        repair="list",
        title=N_("Custom fields that are hardly used"),
        definition=N_(
            "Custom fields with a value on fewer of the records older than 30 days than the "
            "share in the settings; of all custom fields of cards that have such records. The "
            "CRM's own and computed fields are left out."
        ),
        risk=N_(
            "Every needless field makes a card longer, and people stop filling the needed ones."
        ),
        advice=N_("Delete the unused fields; ask who needs the rare ones, and hide or merge them."),
        options=(
            Option(
                "share",
                0.01,
                N_("one record in a hundred: nothing can be said by such a field"),
                0,
                1,
            ),
        ),
        run=_rare,
    )
)
register(
    Check(
        code="FLD102",
        severity="info",
        needs={"account": _NEEDS},
        repair="list",
        title=N_("Too many fields on a card"),
        definition=N_(
            "The account, if contacts, companies or deals have more custom fields than the "
            "settings allow; counted once, whichever of the cards it is."
        ),
        risk=N_("Managers do not fill long cards, and what is filled is not looked at."),
        advice=N_("Leave the fields that reports or automation read; group the rest into tabs."),
        options=(Option("most", 30, N_("about what fits on two screens of a card"), 1, 1000),),
        run=_many,
    )
)
register(
    Check(
        code="FLD103",
        severity="warning",
        needs={"field": ("fields",)},
        repair="list",
        title=N_("Fields with nearly the same name"),
        definition=N_(
            "Fields of one kind of card whose names differ only in case, marks, spaces, the order "
            "of words, a number at the end or one letter; of all fields."
        ),
        risk=N_("One fact is kept in two places, so every report by it is incomplete."),
        advice=N_("Choose one field of each group, move the values into it and delete the others."),
        run=_twins,
    )
)

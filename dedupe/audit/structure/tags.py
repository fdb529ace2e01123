"""TAG102, TAG103: tags that mean the same, and tags that hardly anything has."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.registry import Check, Option, register
from dedupe.language import N_

from .alike import near_duplicates
from .rows import is_told, table


def _tags(facts: Facts) -> pl.DataFrame:
    """Return entity, id, name of the list of tags, of records that were read."""
    tags = table(facts, "tags").filter(is_told("name")).drop_nulls(["id", "entity"])
    return tags.select("entity", "id", "name").unique().sort("entity", "id", "name").collect()


def _twins(facts: Facts, entity: str) -> Outcome:
    tags = _tags(facts)
    found = near_duplicates(tags.select(scope="entity", record_id="id", name="name"))
    out = findings(found.select("record_id", "group", value="name", field=pl.lit("name")), entity)
    return Outcome(findings=out, base=tags.height, groups=out["group"].n_unique())


def _rare(facts: Facts, entity: str) -> Outcome:
    most = facts.option("TAG103", "most", int)
    read = [
        e for e, name in TABLE_OF.items()
        if name in facts.account.tables and facts.has(f"record_tags.{e}")
    ]  # fmt: skip
    used = [
        table(facts, "record_tags")
        .filter(pl.col("entity") == each)
        .join(facts.live(each).select(record_id="id"), on="record_id", how="semi")
        for each in read
    ]
    counts = pl.concat([table(facts, "record_tags").head(0), *used]).unique()
    n_uses = counts.group_by("entity", "tag").agg(n=pl.len()).collect()
    tags = _tags(facts).filter(pl.col("entity").is_in(read))
    known = tags.join(n_uses, left_on=["entity", "name"], right_on=["entity", "tag"])
    found = known.filter(pl.col("n") <= most).select(
        record_id="id", value="name", field=pl.lit("name")
    )
    return Outcome(findings=findings(found, entity), base=tags.height)


register(
    Check(
        code="TAG102",
        severity="info",
        needs={"tag": ("tags",)},
        repair="list",
        title=N_("Tags with nearly the same name"),
        definition=N_(
            "Tags of one kind of record whose names differ only in case, marks, spaces, the order "
            "of words, a number at the end or one letter; of all tags."
        ),
        risk=N_("A filter by one of them misses the records that have the other."),
        advice=N_("Choose one tag of each group, set it on all records and remove the others."),
        run=_twins,
    )
)
register(
    Check(
        code="TAG103",
        severity="info",
        needs={"tag": ("tags", "record_tags")},
        repair="list",
        title=N_("Tags that are hardly used"),
        definition=N_(
            "Tags that a record has, but no more records than the settings say (1 or 2); of all "
            "tags. Unused tags are TAG101."
        ),
        risk=N_("A long list makes people choose the wrong tag or add one more."),
        advice=N_("Write what they say into a field or a note, and remove the tags."),
        options=(Option("most", 2, N_("two records need no tag to be found"), 1, 1000),),
        run=_rare,
    )
)

"""FLD501, FLD502: fields that a stage asks for and that are empty beyond it, and who let it be."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.fills import filled, known_fields
from dedupe.audit.registry import Check, register
from dedupe.contracts import Metric
from dedupe.language import N_

from .rows import metric, named, share, table
from .stages import MOVES, STAGE, beyond, deals_at, since, stages

_ACTORS = {"person": N_("a person"), "robot": N_("a robot"), "unknown": N_("not known")}
_NEEDS = ("deals", "deals.status_id", "deals.state", "statuses", "fields", "field_values",
          "field_statuses")  # fmt: skip


def _asked(facts: Facts) -> pl.DataFrame:
    """Return deal_id, field_id, name, owner_id, is_empty of each field that a deal must have."""
    return facts.once("asked fields", lambda: _all_asked(facts))


def _all_asked(facts: Facts) -> pl.DataFrame:
    names = known_fields(facts).filter(pl.col("entity") == "deal").select("field_id", "name")
    rules = table(facts, "field_statuses").filter(pl.col("entity") == "deal")
    ranks = stages(facts).lazy().select(*STAGE, gate_rank="rank")
    gates = rules.join(names.lazy(), on="field_id").join(ranks, on=STAGE, how="left").unique()
    gates = gates.select("pipeline_id", "field_id", "name", "gate_rank", gate_status="status_id")
    known = gates.drop_nulls("gate_status").collect()
    # Lost deals are half of an account and beyond no stage: they go before the join.
    may_meet = pl.col("rank").is_not_null() | pl.col("status_id").is_in(
        known["gate_status"].implode()
    )
    deals = deals_at(facts).lazy().select("deal_id", *STAGE, "owner_id", "rank").filter(may_meet)
    met = beyond(deals, known.lazy())
    asked = met.select("deal_id", "field_id", "name", "owner_id").unique(["deal_id", "field_id"])
    has = filled(facts).lazy().filter(pl.col("entity") == "deal")
    told = has.select("field_id", deal_id="record_id", has=pl.lit(value=True)).unique()
    joined = asked.join(told, on=["deal_id", "field_id"], how="left")
    return joined.with_columns(is_empty=pl.col("has").is_null()).drop("has").collect()


def _empty(facts: Facts, entity: str) -> Outcome:
    asked = _asked(facts)
    found = asked.filter("is_empty").select(record_id="deal_id", field="field_id", value="name")
    return Outcome(
        findings=findings(found, entity),
        base=asked["deal_id"].n_unique(),
        metrics=(_by_owner(asked, facts),),
    )


def _by_owner(asked: pl.DataFrame, facts: Facts) -> Metric:
    deals = asked.lazy().group_by("deal_id", "owner_id").agg(pl.col("is_empty").any())
    sized = deals.group_by("owner_id").agg(n_deals=pl.len(), n_empty=pl.col("is_empty").sum())
    shown = with_owner_names(sized, facts).with_columns(share=share("n_empty", "n_deals")).collect()
    return metric(
        "required_by_owner",
        N_("Deals with empty required fields, by owner"),
        shown.sort("n_empty", "n_deals", "owner_id", descending=[True, True, False]),
        {
            "owner_id": (N_("Owner"), "person"),
            "n_deals": (N_("Deals that must have fields"), "count"),
            "n_empty": (N_("With an empty one"), "count"),
            "share": (N_("Share"), "share"),
        },
        chart="bars",
        values=("n_empty",),
        note=N_("Of each owner's deals at or beyond a stage that asks for a field."),
    )


def with_owner_names(frame: pl.LazyFrame, facts: Facts) -> pl.LazyFrame:
    """Put names in the place of ids in `owner_id`; a record without an owner has null."""
    return named(frame, facts, "owner_id", "users")


def _bypassed(facts: Facts, entity: str) -> Outcome:
    empty = _asked(facts).lazy().filter("is_empty").select("deal_id").unique()
    moved = empty.join(since(facts).lazy(), on="deal_id", how="left")
    known = moved.with_columns(group=actor(pl.col("by"))).collect()
    found = known.filter(pl.col("group") != "unknown").select(
        "group", record_id="deal_id", field=pl.lit("stage"), value="by"
    )
    counted = known.group_by("group").agg(n_deals=pl.len()).with_columns(n_all=known.height)
    told = metric(
        "bypasses_by_actor",
        N_("Who moved deals past required fields"),
        counted.sort("n_deals", "group", descending=[True, False]).with_columns(
            pl.col("group").replace_strict(_ACTORS), share=share("n_deals", "n_all")
        ),
        {
            "group": (N_("Who"), "word"),
            "n_deals": (N_("Deals"), "count"),
            "share": (N_("Share"), "share"),
        },
        chart="bars",
        values=("n_deals",),
        note=N_(
            "The last move to the stage where the deal stands, of deals with an empty required "
            "field (FLD501). Robots are the CRM's own automation and integrations without a user; "
            "not known: no move into the stage was read."
        ),
    )
    return Outcome(findings=findings(found, entity), base=known.height, metrics=(told,))


def actor(by: pl.Expr) -> pl.Expr:
    """Tell who did it: "person", "robot" (the id 0), "unknown" where the source did not say."""
    is_known = by.is_not_null() & (by.str.strip_chars() != "")
    word = pl.when(by == "0").then(pl.lit("robot")).otherwise(pl.lit("person"))
    return pl.when(is_known).then(word).otherwise(pl.lit("unknown"))


register(
    Check(
        code="FLD501",
        severity="warning",
        needs={"deal": _NEEDS},
        repair="list",
        title=N_("Required fields that are empty"),
        definition=N_(
            "Deals with an empty field that their stage, or an earlier stage of the pipeline, asks "
            "for; won deals among them, lost ones only if the lost stage itself asks. Of the deals "
            "that must have a field."
        ),
        risk=N_("The next department gets a deal without what it needs, and reports have gaps."),
        advice=N_("Have the owners fill the fields; find in FLD502 how the deals got past them."),
        run=_empty,
    )
)
register(
    Check(
        code="FLD502",
        severity="info",
        needs={"deal": (*_NEEDS, MOVES)},
        repair="none",
        title=N_("How deals got past required fields"),
        definition=N_(
            "Deals with an empty required field (FLD501) whose last move to their stage was read: "
            "by a robot, or by a person. Of all deals with an empty required field."
        ),
        risk=N_(
            "Robots, imports and the API are not held by required fields: the rule has a hole."
        ),
        advice=N_(
            "Make the automation and integrations fill the fields, or stop before the stage."
        ),
        run=_bypassed,
    )
)

"""REG101, REG102, REG103: the account's own rules, as its config tells them, deal by deal.

A rule is of open deals in its pipeline, at its stage or beyond it; the longest time is of the
stage itself. Pipelines, stages and fields are named as the account names them, or by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.fills import filled, known_fields
from dedupe.audit.registry import Check, register
from dedupe.config import Regulation
from dedupe.contracts import Metric
from dedupe.errors import ConfigError
from dedupe.language import N_, tr

from .marks import deal_fields
from .overdue import open_tasks
from .required import with_owner_names
from .rows import fold, metric, share
from .stages import STAGE, beyond, deals_at, since, stages

_FIX = N_("write the name as the account has it, or its id")
_GATES = {"number": pl.Int64, "rule": pl.String, "pipeline_id": pl.String,
          "gate_status": pl.String, "gate_rank": pl.Int64}  # fmt: skip
_NEEDS = ("deals", "deals.state", "deals.status_id", "pipelines", "statuses")
Rules = Iterable[tuple[int, Regulation]]


def _gates(facts: Facts, rules: Rules) -> pl.LazyFrame:
    """Return the stages that the rules begin at; raise ConfigError for a name nobody knows."""
    rows = [
        (number, rule.name, pipeline, status, rank)
        for number, rule in rules
        for pipeline, status, rank in _places(facts, number, rule)
    ]
    return pl.DataFrame(rows, schema=_GATES, orient="row").lazy()


def _places(
    facts: Facts, number: int, rule: Regulation
) -> list[tuple[str, str | None, int | None]]:
    known = stages(facts)
    lines = known.select("pipeline_id", "pipeline").unique(maintain_order=True)
    if rule.pipeline is not None:
        lines = _named(lines, "pipeline_id", "pipeline", rule.pipeline)
        if lines.is_empty():
            raise _unknown(number, rule, rule.pipeline, known["pipeline"].unique().to_list())
    if rule.stage is None:
        return [(id_, None, None) for id_ in lines["pipeline_id"].to_list()]
    inside = known.join(lines.select("pipeline_id"), on="pipeline_id", how="semi")
    met = _named(inside, "status_id", "stage", rule.stage)
    if met.is_empty():
        raise _unknown(number, rule, rule.stage, inside["stage"].unique().to_list())
    return met.select(*STAGE, "rank").rows()


def _named(rows: pl.DataFrame, id_: str, name: str, told: str) -> pl.DataFrame:
    names = [fold(each) == fold(told) for each in rows[name].to_list()]
    by_id = rows.filter(pl.col(id_) == told.strip())
    return by_id if by_id.height else rows.filter(pl.Series(names, dtype=pl.Boolean))


def _unknown(number: int, rule: Regulation, told: str, names: Collection[str]) -> ConfigError:
    near = get_close_matches(told, sorted(names), n=1, cutoff=0.5)
    return ConfigError(
        N_('the rule "{rule}" names "{name}", which the account does not have{hint}'),
        where=f"regulation {number}",
        fix=_FIX,
        rule=rule.name,
        name=told,
        hint=tr(N_(" (did you mean {near}?)"), near=near[0]) if near else "",
    )


def _required(facts: Facts, number: int, rule: Regulation) -> pl.DataFrame:
    """Return number, field_id, name of the fields that a rule asks for."""
    parts = []
    for told in rule.require:
        fields = deal_fields(facts, (told,)).head(1)
        if fields.is_empty():
            own = known_fields(facts).filter(pl.col("entity") == "deal")
            raise _unknown(number, rule, told, own["name"].to_list())
        parts.append(fields.select(pl.lit(number, pl.Int64).alias("number"), "field_id", "name"))
    return pl.concat(parts)


def _rules(facts: Facts, is_meant: Callable[[Regulation], bool]) -> list[tuple[int, Regulation]]:
    return [(at, rule) for at, rule in enumerate(facts.regulations, 1) if is_meant(rule)]


def _held(facts: Facts, rules: Rules) -> pl.LazyFrame:
    """Return the open deals with each rule that holds for them."""
    deals = deals_at(facts).lazy().filter(pl.col("state") == "open")
    met = beyond(deals, _gates(facts, rules))
    return met.sort("gate_rank", "gate_status", nulls_last=True).unique(
        ["deal_id", "number"], keep="first", maintain_order=True
    )


def _fields_told(facts: Facts, entity: str) -> Outcome:
    rules = _rules(facts, lambda rule: bool(rule.require))
    needed = pl.concat([_required(facts, number, rule) for number, rule in rules])
    deals = _held(facts, rules)
    has = filled(facts).lazy().filter(pl.col("entity") == "deal")
    told = has.select("field_id", deal_id="record_id").unique()
    lacking = deals.join(needed.lazy(), on="number").join(
        told, on=["deal_id", "field_id"], how="anti"
    )
    broken = lacking.select("deal_id", "number", "name", field="field_id")
    return _outcome(facts, entity, deals, broken.with_columns(value="name"))


def _too_long(facts: Facts, entity: str) -> Outcome:
    rules = _rules(facts, lambda rule: rule.max_age_hours is not None)
    hours = {number: rule.max_age_hours or 0 for number, rule in rules}
    is_at = pl.col("gate_status").is_null() | (pl.col("gate_status") == pl.col("status_id"))
    deals = _held(facts, rules).filter(is_at)
    limit = pl.lit(facts.now) - pl.duration(
        hours=pl.col("number").replace_strict(hours, return_dtype=pl.Int64)
    )
    aged = deals.join(since(facts).lazy(), on="deal_id")
    broken = aged.filter(pl.col("since") < limit).select(
        "deal_id", "number", field=pl.lit("stage"), value=pl.col("since").dt.strftime("%Y-%m-%d")
    )
    return _outcome(facts, entity, deals, broken)


def _without_task(facts: Facts, entity: str) -> Outcome:
    rules = _rules(facts, lambda rule: rule.task_required)
    deals = _held(facts, rules)
    tasks = (
        open_tasks(facts).filter(pl.col("entity") == "deal").select(deal_id="record_id").unique()
    )
    broken = deals.join(tasks, on="deal_id", how="anti").select(
        "deal_id", "number", field=pl.lit("task"), value=pl.lit(None, pl.String)
    )
    return _outcome(facts, entity, deals, broken)


def _outcome(facts: Facts, entity: str, deals: pl.LazyFrame, broken: pl.LazyFrame) -> Outcome:
    held = deals.select("deal_id", "number", "rule", "owner_id").collect()
    rows = broken.collect()
    # Two rules may ask for one thing: the deal lacks it once.
    once = rows.sort("number").unique(["deal_id", "field"], keep="first", maintain_order=True)
    found = once.select(
        record_id="deal_id",
        group=pl.format("regulation_{}", "number"),
        field="field",
        value="value",
    )
    return Outcome(
        findings=findings(found, entity),
        base=held["deal_id"].n_unique(),
        metrics=(_compliance(facts, held, rows),),
    )


def _compliance(facts: Facts, held: pl.DataFrame, broken: pl.DataFrame) -> Metric:
    faulty = broken.lazy().select("deal_id", "number", bad=pl.lit(value=True)).unique()
    told = held.lazy().join(faulty, on=["deal_id", "number"], how="left")
    counted = told.group_by("number", "rule", "owner_id").agg(
        n_deals=pl.len(), n_kept=pl.col("bad").is_null().sum()
    )
    shown = (
        with_owner_names(counted, facts).with_columns(share=share("n_kept", "n_deals")).collect()
    )
    return metric(
        "compliance",
        N_("How the regulation is kept"),
        shown.sort(
            "number", "share", "n_deals", "owner_id", descending=[False, False, True, False]
        ),
        {
            "rule": (N_("Rule"), "text"),
            "owner_id": (N_("Owner"), "person"),
            "n_deals": (N_("Open deals under the rule"), "count"),
            "n_kept": (N_("Kept"), "count"),
            "share": (N_("Share kept"), "share"),
        },
        note=N_(
            "Open deals at the rule's stage or beyond it. The time at a stage is of deals at the "
            "stage itself, from the last move into it where it was read, else from the deal's last "
            "change."
        ),
    )


register(
    Check(
        code="REG101",
        severity="warning",
        needs={"deal": ("regulation.require", *_NEEDS, "fields", "field_values")},
        repair="list",
        title=N_("Regulation: fields not filled"),
        definition=N_(
            "Open deals at the stage of a rule in the config, or beyond it, without a value in a "
            "field that the rule asks for; of the deals under such rules."
        ),
        risk=N_(
            "Work goes on without what was agreed to be known, and mistakes are paid for later."
        ),
        advice=N_("Have the owners fill the fields; make them required in the CRM."),
        run=_fields_told,
    )
)
register(
    Check(
        code="REG102",
        severity="warning",
        needs={"deal": ("regulation.max_age_hours", *_NEEDS)},
        repair="list",
        title=N_("Regulation: too long at the stage"),
        definition=N_(
            "Open deals that have stood at the stage of a rule in the config longer than it "
            "allows; of the deals at such stages. Where no move was read, the time is counted from "
            "the last change."
        ),
        risk=N_("The client waits, cools down and buys elsewhere."),
        advice=N_("Ask the owners what keeps each deal; move it on, or close it with its reason."),
        run=_too_long,
    )
)
register(
    Check(
        code="REG103",
        severity="warning",
        needs={"deal": ("regulation.task_required", *_NEEDS, "tasks")},
        repair="list",
        title=N_("Regulation: no open task"),
        definition=N_(
            "Open deals at the stage of a rule in the config, or beyond it, without an open task "
            "though the rule asks for one; of the deals under such rules."
        ),
        risk=N_("Nobody will do the next step: the deal is forgotten with its money."),
        advice=N_("Set a task with a date on each of them."),
        run=_without_task,
    )
)

"""PIP and STG: the map of the pipelines, what nothing goes through, stages that are tasks."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Metric, Quality
from dedupe.language import N_

from .rows import metric, money, share
from .stages import MOVES, STAGE, deals_at, since, stages, visits
from .verbs import is_task_like

_NEEDS = ("deals", "deals.status_id", "deals.state", "pipelines", "statuses")
_WORKED = ("open", "unsorted")
_RARE = 0.01
_STATES = {"open": N_("open stage"), "unsorted": N_("enquiries not taken yet")}
RECORD = pl.concat_str("pipeline_id", "status_id", separator="/")


def _map(facts: Facts, entity: str) -> Outcome:
    age = (pl.lit(facts.now) - pl.col("since")).dt.total_seconds() / 86_400
    deals = deals_at(facts).lazy().filter(pl.col("state").is_in(_WORKED))
    standing = deals.join(since(facts).lazy(), on="deal_id").group_by(STAGE).agg(
        n_deals=pl.len(), money=money(),
        days=age.clip(lower_bound=0).median(),
    )  # fmt: skip
    rows = stages(facts).lazy().join(standing, on=STAGE, how="left").with_columns(
        pl.col("n_deals").fill_null(0), pl.col("money").fill_null(0.0)
    )  # fmt: skip
    known = rows.collect().sort("place").with_columns(
        number=pl.int_range(1, pl.len() + 1).over("pipeline_id")
    )  # fmt: skip
    is_shown = ~pl.col("is_archive") | (pl.col("n_deals") > 0)
    active = known.filter(pl.col("state").is_in(_WORKED) & is_shown)
    told = metric(
        "pipelines",
        N_("Map of the pipelines"),
        active.with_columns(pl.col("state").replace_strict(_STATES, default=None)),
        {
            "pipeline": (N_("Pipeline"), "text"),
            "number": (N_("Place in order"), "count"),
            "stage": (N_("Stage"), "text"),
            "state": (N_("State"), "word"),
            "n_deals": (N_("Deals now"), "count"),
            "money": (N_("Money"), "money"),
            "days": (N_("Median days at the stage"), "days"),
        },
        note=N_(
            "Open deals and enquiries not taken yet that stand at the stage now. Days are counted "
            "from the last move into the stage where it was read, else from the deal's last "
            "change. Archived pipelines without such deals are left out."
        ),
    )
    n = _pipelines(facts).height
    return Outcome(
        findings=findings(known.clear().select(record_id="stage"), entity),
        base=n,
        counted=n,
        metrics=(told,),
    )


def _pipelines(facts: Facts) -> pl.DataFrame:
    """Return pipeline_id, name of the pipelines that are not archived."""
    known = facts.account.frame("pipelines").drop_nulls("id").sort("id", "name")
    active = known.filter(~pl.col("is_archive").fill_null(value=False))
    shown = active.unique("id", keep="first", maintain_order=True)
    return shown.select(pipeline_id="id", name=pl.coalesce("name", "id"))


def _idle_pipelines(facts: Facts, entity: str) -> Outcome:
    since_when = facts.now - timedelta(days=facts.option("PIP101", "days", int))
    is_alive = pl.col("state").is_in(_WORKED) | (pl.col("created_at") > since_when)
    alive = (
        deals_at(facts)
        .lazy()
        .filter(is_alive.fill_null(value=False))
        .select("pipeline_id")
        .unique()
    )
    pipelines = _pipelines(facts)
    rows = pipelines.lazy().join(alive, on="pipeline_id", how="anti")
    found = rows.select(record_id="pipeline_id", value="name", field=pl.lit("name"))
    return Outcome(findings=findings(found, entity), base=pipelines.height)


def _long_pipelines(facts: Facts, entity: str) -> Outcome:
    most = facts.option("PIP201", "most", int)
    pipelines = _pipelines(facts)
    n_open = stages(facts).filter(pl.col("state") == "open").group_by("pipeline_id").agg(n=pl.len())
    rows = pipelines.join(n_open, on="pipeline_id").filter(pl.col("n") > most)
    found = rows.select(
        record_id="pipeline_id", value=pl.col("n").cast(pl.String), field=pl.lit("stages")
    )
    told = (_passing(facts),) if facts.has(MOVES) else ()
    return Outcome(findings=findings(found, entity), base=pipelines.height, metrics=told)


def _passing(facts: Facts) -> Metric:
    """Tell which share of a pipeline's deals came to each open stage, and how long they stayed."""
    stay = (pl.col("left_at") - pl.col("entered_at")).dt.total_seconds() / 86_400
    seen = visits(facts).lazy().filter("is_whole")
    per_stage = seen.group_by(STAGE).agg(n_deals=pl.col("deal_id").n_unique(), days=stay.median())
    per_pipeline = seen.group_by("pipeline_id").agg(n_all=pl.col("deal_id").n_unique())
    is_live = (pl.col("state") == "open") & ~pl.col("is_archive")
    rows = stages(facts).lazy().filter(is_live).join(per_pipeline, on="pipeline_id", how="left")
    rows = rows.join(per_stage, on=STAGE, how="left").with_columns(
        pl.col("n_deals", "n_all").fill_null(0)
    )
    shown = rows.with_columns(share=share("n_deals", "n_all")).with_columns(
        is_rare=(pl.col("share") < _RARE).fill_null(value=False)
    )
    return metric(
        "stages_passed",
        N_("What goes through the stages"),
        shown.collect().sort("place"),
        {
            "pipeline": (N_("Pipeline"), "text"),
            "stage": (N_("Stage"), "text"),
            "n_deals": (N_("Deals that came to it"), "count"),
            "n_all": (N_("Deals of the pipeline"), "count"),
            "share": (N_("Share"), "share"),
            "days": (N_("Median days at the stage"), "days"),
            "is_rare": (N_("Hardly used"), "flag"),
        },
        note=N_(
            "Deals that were ever at the stage, of all deals that were ever in the pipeline, by "
            "the moves that were read; days of stays that are over. Only deals whose moves are "
            "known from the first stage on. Hardly used: fewer than 1 %."
        ),
        quality=Quality(
            usable=seen.select(pl.col("deal_id").n_unique()).collect().item(),
            base=facts.n_live("deal"),
            reason=N_("Deals whose first move was not read, or that never moved."),
        ),
    )


def _task_like(facts: Facts, entity: str) -> Outcome:
    rows = _active_stages(facts)
    named = [is_task_like(name) for name in rows["stage"].to_list()]
    found = rows.filter(pl.Series(named, dtype=pl.Boolean))
    told = found.select(record_id=RECORD, value="stage", field=pl.lit("name"))
    return Outcome(findings=findings(told, entity), base=rows.height)


def _active_stages(facts: Facts) -> pl.DataFrame:
    return stages(facts).filter((pl.col("state") == "open") & ~pl.col("is_archive"))


def _idle_stages(facts: Facts, entity: str) -> Outcome:
    since_when = facts.now - timedelta(days=facts.option("STG101", "days", int))
    standing = deals_at(facts).lazy().filter(pl.col("state") == "open").select(STAGE)
    entered = visits(facts).lazy().filter(pl.col("entered_at") > since_when).select(STAGE)
    # What was created lately and never moved came to where it stands.
    created = deals_at(facts).lazy().filter(pl.col("created_at") > since_when).select(STAGE)
    rows = _active_stages(facts)
    alive = pl.concat([standing, entered, created]).unique()
    found = rows.lazy().join(alive, on=STAGE, how="anti")
    told = found.select(record_id=RECORD, value="stage", field=pl.lit("name"))
    return Outcome(findings=findings(told, entity), base=rows.height)


register(
    Check(
        code="PIP001",
        severity="info",
        needs={"pipeline": _NEEDS},
        repair="none",
        title=N_("Pipelines"),
        definition=N_("Pipelines that are not archived, with their stages and what stands there."),
        risk=N_("None by itself: the map to which the findings about stages refer."),
        advice=N_("Compare it with how the sales really go; look where deals stand longest."),
        run=_map,
    )
)
register(
    Check(
        code="PIP101",
        severity="warning",
        needs={"pipeline": _NEEDS},
        repair="list",
        title=N_("Pipelines that nothing goes through"),
        definition=N_(
            "Pipelines that are not archived, without an open deal or an enquiry, and without a "
            "deal created in the days of the settings; of pipelines that are not archived."
        ),
        risk=N_("Deals get lost where nobody looks, and every list and filter is longer."),
        advice=N_("Archive the pipeline, or find out why its integration fell silent."),
        options=(Option("days", 90, N_("a quarter: longer than most sales take"), 1, 3650),),
        run=_idle_pipelines,
    )
)
register(
    Check(
        code="PIP201",
        severity="warning",
        needs={"pipeline": _NEEDS},
        repair="list",
        title=N_("Pipelines with too many stages"),
        definition=N_(
            "Pipelines that are not archived with more open stages than the settings allow; of "
            "pipelines that are not archived."
        ),
        risk=N_("Managers skip stages, so the funnel shows nothing."),
        advice=N_(
            "Merge the stages that hardly any deal comes to or stays at; make tasks of actions."
        ),
        options=(
            Option("most", 10, N_("more do not fit on a screen, and nobody keeps them"), 1, 100),
        ),
        run=_long_pipelines,
    )
)
register(
    Check(
        code="PIP202",
        severity="info",
        needs={"status": _NEEDS},
        repair="list",
        title=N_("Stages named like tasks"),
        definition=N_(
            'Open stages whose name begins with a verb of what is to be done ("Отправить КП", '
            '"Call back"); of the open stages of pipelines that are not archived. A hint: told by '
            "the word's ending."
        ),
        risk=N_(
            "A stage that is an action shows no state of the sale, and nobody is reminded of it."
        ),
        advice=N_("Name the stage by what has been reached, and make a task of the action."),
        run=_task_like,
    )
)
register(
    Check(
        code="STG101",
        severity="info",
        needs={"status": (*_NEEDS, MOVES)},
        repair="list",
        title=N_("Stages that nothing comes to"),
        definition=N_(
            "Open stages where no open deal stands and that no deal came to in the days of the "
            "settings; of the open stages of pipelines that are not archived."
        ),
        risk=N_("A needless stage makes the pipeline longer and its funnel wrong."),
        advice=N_("Remove the stage, or find out why deals skip it."),
        options=(Option("days", 90, N_("a quarter: longer than most sales take"), 1, 3650),),
        run=_idle_stages,
    )
)

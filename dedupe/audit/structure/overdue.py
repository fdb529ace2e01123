"""TSK201, TSK202: open tasks whose time is over."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Metric
from dedupe.language import N_

from .required import with_owner_names
from .rows import metric, share, table

_NEEDS = ("tasks", "tasks.is_completed", "tasks.due_at")


def open_tasks(facts: Facts) -> pl.LazyFrame:
    """Return the open tasks, but for those on deleted records."""
    is_open = ~pl.col("is_completed").fill_null(value=False)
    tasks = table(facts, "tasks").filter(is_open)
    for entity, name in TABLE_OF.items():
        gone = table(facts, name).filter(pl.col("is_deleted").fill_null(value=False))
        ids = gone.select(record_id="id", entity=pl.lit(entity))
        tasks = tasks.join(ids, on=["record_id", "entity"], how="anti")
    return tasks


def _overdue(facts: Facts, entity: str) -> Outcome:
    limit = facts.now - timedelta(hours=facts.option("TSK201", "hours", int))
    is_late = (pl.col("due_at") < limit).fill_null(value=False)
    tasks = open_tasks(facts).select("id", "owner_id", "due_at", is_late=is_late).collect()
    found = tasks.filter("is_late").select(
        record_id="id", field=pl.lit("due_at"), value=pl.col("due_at").dt.strftime("%Y-%m-%d")
    )
    return Outcome(
        findings=findings(found, entity),
        base=tasks.height,
        metrics=(_by_owner(tasks, facts),),
    )


def _by_owner(tasks: pl.DataFrame, facts: Facts) -> Metric:
    late = pl.col("due_at").filter("is_late")
    sized = tasks.lazy().group_by("owner_id").agg(
        n_tasks=pl.len(), n_late=pl.col("is_late").sum(), oldest=late.min(),
        days=((pl.lit(facts.now) - late).dt.total_seconds() / 86_400).median(),
    )  # fmt: skip
    shown = with_owner_names(sized, facts).with_columns(share=share("n_late", "n_tasks")).collect()
    return metric(
        "overdue_by_owner",
        N_("Overdue tasks by owner"),
        shown.sort("n_late", "n_tasks", "owner_id", descending=[True, True, False]),
        {
            "owner_id": (N_("Owner"), "person"),
            "n_tasks": (N_("Open tasks"), "count"),
            "n_late": (N_("Overdue"), "count"),
            "share": (N_("Share overdue"), "share"),
            "days": (N_("Median days overdue"), "days"),
            "oldest": (N_("Oldest due"), "moment"),
        },
        chart="bars",
        values=("n_late",),
        note=N_(
            "Of each owner's open tasks, whatever they are set on; as of when the data was read."
        ),
    )


def _abandoned(facts: Facts, entity: str) -> Outcome:
    limit = facts.now - timedelta(days=facts.option("TSK202", "days", int))
    tasks = open_tasks(facts).filter(pl.col("entity") == entity)
    deals = facts.state("open").select(record_id="id")
    planned = tasks.join(deals, on="record_id", how="semi").group_by("record_id").agg(
        last=pl.col("due_at").max(), is_dated=pl.col("due_at").is_not_null().all()
    ).collect()  # fmt: skip
    late = planned.filter(pl.col("is_dated") & (pl.col("last") < limit))
    found = late.select(
        "record_id", field=pl.lit("task"), value=pl.col("last").dt.strftime("%Y-%m-%d")
    )
    return Outcome(findings=findings(found, entity), base=planned.height)


register(
    Check(
        code="TSK201",
        severity="warning",
        needs={"task": _NEEDS},
        repair="list",
        title=N_("Overdue tasks"),
        definition=N_(
            "Open tasks that were due more hours ago than the settings allow; of all open tasks "
            "that are not on a deleted record."
        ),
        risk=N_("What was promised is not done, and nobody believes the tasks any more."),
        advice=N_("Have each owner close or move the old ones; close those of people who left."),
        options=(Option("hours", 24, N_("a task of yesterday evening is no delay yet"), 0, 8760),),
        run=_overdue,
    )
)
register(
    Check(
        code="TSK202",
        severity="info",
        needs={"deal": ("deals", "deals.state", *_NEEDS)},
        repair="list",
        title=N_("Deals that only an old task holds"),
        definition=N_(
            "Open deals of whose open tasks even the last one was due more days ago than the "
            "settings allow; of open deals with an open task."
        ),
        risk=N_("They count as planned, though nobody will touch them."),
        advice=N_("Call the client and set a new date, or close the deal with its reason."),
        options=(Option("days", 30, N_("a month: longer than holidays and illness"), 1, 3650),),
        run=_abandoned,
    )
)

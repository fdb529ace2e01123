"""TSK101 and LOS101: open deals that nobody plans to touch, lost deals that say not why."""

from __future__ import annotations

import polars as pl

from dedupe.language import N_

from .facts import Facts, Outcome, findings
from .frames.reasons import lost_reasons
from .registry import Check, register


def _size(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())


def deals_without_task(facts: Facts) -> pl.LazyFrame:
    """Return the `record_id` of open deals with no open task on the deal."""
    tasks = facts.account.frame("tasks").lazy()
    open_tasks = tasks.filter(
        (pl.col("entity") == "deal") & ~pl.col("is_completed").fill_null(False)
    )
    deals = facts.state("open").select(record_id="id")
    return deals.join(open_tasks, on="record_id", how="anti")


def _without_task(facts: Facts, entity: str) -> Outcome:
    rows = deals_without_task(facts)
    return Outcome(findings=findings(rows, entity), base=_size(facts.state("open")))


def _without_reason(facts: Facts, entity: str) -> Outcome:
    lost = lost_reasons(facts)
    rows = lost.filter(pl.col("reason").is_null()).select(
        record_id="id", field=pl.lit("loss_reason")
    )
    return Outcome(findings=findings(rows, entity), base=lost.height)


register(
    Check(
        code="TSK101",
        severity="error",
        needs={"deal": ("deals", "deals.state", "tasks")},
        repair="review",
        plan="task",
        title=N_("Open deals without a task"),
        definition=N_("Open deals with no open task on the deal."),
        risk=N_("Nobody will do the next step: the deal is forgotten with its money."),
        advice=N_("Give every open deal a task with a date, and forbid stages without one."),
        run=_without_task,
    )
)
register(
    Check(
        code="LOS101",
        severity="warning",
        needs={"deal": ("deals", "deals.state", "deals.loss_reason_id")},
        repair="list",
        title=N_("Lost deals without a reason"),
        definition=N_(
            "Lost deals without a loss reason: the built-in reason, or the field that the "
            "config names."
        ),
        risk=N_("Nobody knows why clients leave, so nothing can be mended."),
        advice=N_(
            "Make the reason required at the closing stage; ask the owners for the big deals."
        ),
        run=_without_reason,
    )
)

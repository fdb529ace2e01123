"""EVT101, EVT102: who moves deals from stage to stage, and how far."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.moves import moves
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS
from dedupe.language import N_

from .required import actor
from .rows import metric, share
from .stages import MOVES, STAGE, stages

_NEEDS = ("deals", "statuses", MOVES)
_KINDS = {
    "step": N_("to the next stage"),
    "skip": N_("over a stage"),
    "return": N_("back to an earlier stage"),
    "lost": N_("to lost"),
    "other": N_("to another pipeline or not known"),
}


def _movers(facts: Facts, entity: str) -> Outcome:
    rows = moves(facts).lazy().with_columns(who=actor(pl.col("changed_by")))
    counted = rows.group_by("pipeline_id").agg(
        n_moves=pl.len(),
        n_people=(pl.col("who") == "person").sum(),
        n_robots=(pl.col("who") == "robot").sum(),
        n_unknown=(pl.col("who") == "unknown").sum(),
    )
    names = stages(facts).lazy().select("pipeline_id", "pipeline").unique("pipeline_id")
    shown = counted.join(names, on="pipeline_id", how="left").with_columns(
        pl.coalesce("pipeline", "pipeline_id").alias("pipeline"),
        *(share(f"n_{who}", "n_moves").alias(f"share_{who}") for who in ("people", "robots")),
    )
    told = metric(
        "movers",
        N_("Who moves deals"),
        shown.collect().sort("n_moves", "pipeline", "pipeline_id", descending=[True, False, False]),
        {
            "pipeline": (N_("Pipeline"), "text"),
            "n_moves": (N_("Moves"), "count"),
            "n_people": (N_("By people"), "count"),
            "n_robots": (N_("By robots"), "count"),
            "n_unknown": (N_("Not known by whom"), "count"),
            "share_people": (N_("Share of people"), "share"),
            "share_robots": (N_("Share of robots"), "share"),
        },
        chart="bars",
        values=("share_people", "share_robots"),
        note=N_(
            "Moves of deals that are not deleted, by the pipeline they lead to. Robots are the "
            "CRM's own automation and integrations without a user; an integration that works in "
            "somebody's name is counted as that person."
        ),
    )
    n = int(counted.select(pl.col("n_people").sum()).collect().item() or 0)
    base = moves(facts).height
    return Outcome(findings=FINDINGS.empty(), base=base, counted=n, metrics=(told,))


def _paths(facts: Facts, entity: str) -> Outcome:
    """Count moves by kind; a skip passes over an open stage, a return goes to an earlier one."""
    counted = (
        moves(facts).lazy().group_by("old_pipeline_id", "old_status_id", *STAGE).agg(n=pl.len())
    )
    told = stages(facts).lazy().select(*STAGE, "pipeline", "stage", "state", "rank", "place")
    rank = {"old": told.rename({c: f"old_{c}" for c in (*STAGE, "stage", "state", "rank", "place")})
            .drop("pipeline")}  # fmt: skip
    joined = (
        counted.with_columns(pl.coalesce("old_pipeline_id", "pipeline_id").alias("old_pipeline_id"))
        .group_by("old_pipeline_id", "old_status_id", *STAGE)
        .agg(pl.col("n").sum())
        .join(told, on=STAGE, how="left")
        .join(rank["old"], on=["old_pipeline_id", "old_status_id"], how="left")
    )
    kinds = joined.with_columns(n_open=_n_open(facts)).with_columns(kind=_kind()).collect()
    known = kinds.filter(pl.col("kind") != "other")
    odd = known.filter(pl.col("kind").is_in(["skip", "return"]))
    rows = known.with_columns(n_from=pl.col("n").sum().over("old_pipeline_id", "old_status_id"))
    shown = rows.with_columns(
        share=share("n", "n_from"), kind=pl.col("kind").replace_strict(_KINDS)
    )
    matrix = metric(
        "moves_matrix",
        N_("From which stage to which"),
        shown.sort("n", "old_place", "place", descending=[True, False, False]),
        {
            "pipeline": (N_("Pipeline"), "text"),
            "old_stage": (N_("From stage"), "text"),
            "stage": (N_("To stage"), "text"),
            "kind": (N_("Kind of move"), "word"),
            "n": (N_("Moves"), "count"),
            "share": (N_("Share of moves from the stage"), "share"),
        },
        note=N_(
            "Moves inside a pipeline whose both stages are known; the 200 most frequent. Over a "
            "stage: at least one open stage was left out, on the way to won too. Back: to an "
            "earlier stage, or from won or lost to an open one."
        ),
    )
    return Outcome(
        findings=FINDINGS.empty(),
        base=int(known["n"].sum()),
        counted=int(odd["n"].sum()),
        metrics=(matrix,),
    )


def _n_open(facts: Facts) -> pl.Expr:
    """Return how many open stages the pipeline of a move has."""
    counts = stages(facts).filter(pl.col("state") == "open").group_by("pipeline_id").len()
    return pl.col("pipeline_id").replace_strict(
        counts["pipeline_id"], counts["len"], default=0, return_dtype=pl.Int64
    )


def _kind() -> pl.Expr:
    inside = pl.col("pipeline_id") == pl.col("old_pipeline_id")
    closed = ["won", "lost"]
    start = pl.when(pl.col("old_state") == "unsorted").then(-1).otherwise("old_rank")
    end = pl.when(pl.col("state") == "won").then("n_open").otherwise("rank")
    is_back = pl.col("old_state").is_in(closed) & pl.col("state").is_in(["open", "unsorted"])
    kind = (
        pl.when(~inside)
        .then(pl.lit("other"))
        .when(is_back | (pl.col("state") == "unsorted"))
        .then(pl.lit("return"))
        .when(pl.col("state") == "lost")
        .then(pl.lit("lost"))
        .when(pl.col("old_state").is_in(closed))
        .then(pl.lit("step"))
        .when(end < start)
        .then(pl.lit("return"))
        .when(end > start + 1)
        .then(pl.lit("skip"))
        .when(end >= start)
        .then(pl.lit("step"))
    )
    is_known = pl.col("old_state").is_not_null() & pl.col("state").is_not_null()
    return pl.when(is_known).then(kind).fill_null("other")


register(
    Check(
        code="EVT101",
        severity="info",
        needs={"pipeline": _NEEDS},
        repair="none",
        title=N_("Who moves deals from stage to stage"),
        definition=N_(
            "Moves of deals to another stage that people made; of all moves that were read."
        ),
        risk=N_("Stages that people drag by hand are late, and follow nobody's rule."),
        advice=N_(
            "Let people work in tasks, and have stages change by themselves when a task is done."
        ),
        run=_movers,
    )
)
register(
    Check(
        code="EVT102",
        severity="info",
        needs={"pipeline": _NEEDS},
        repair="none",
        title=N_("Skips and returns of deals"),
        definition=N_(
            "Moves over at least one open stage, and moves back; of the moves inside a pipeline "
            "whose both stages are known."
        ),
        risk=N_("A funnel of stages that deals skip or come back to tells nothing."),
        advice=N_("Remove the stages that are skipped; ask what brings deals back."),
        run=_paths,
    )
)

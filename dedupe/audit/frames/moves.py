"""How deals went from stage to stage: one row a move, whichever table told of it.

RetailCRM and files tell it in `status_history`; amoCRM in events `lead_status_changed`, whose
`before` and `after` are JSON: `[{"lead_status": {"id": 142, "pipeline_id": 31}}]`. Events that
do not say where the deal went, or when, are no moves. Deals that are deleted have none.
"""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.contracts import STATUS_HISTORY

MOVED = "lead_status_changed"
_ENDS = {"after": ("pipeline_id", "status_id"), "before": ("old_pipeline_id", "old_status_id")}
_PATHS = ("$[0].lead_status.pipeline_id", "$[0].lead_status.id")


def moves(facts: Facts) -> pl.DataFrame:
    """Return STATUS_HISTORY of live deals, sorted by deal and time; an old stage may be null.

    Where both tables were read, `status_history` is believed, unless it is empty.
    """
    return facts.once("moves", lambda: _moves(facts))


def _moves(facts: Facts) -> pl.DataFrame:
    told = facts.account.frame("status_history")
    if told.is_empty():
        told = _from_events(facts)
    known = told.lazy().filter(
        pl.all_horizontal(pl.col("deal_id", "status_id", "changed_at").is_not_null())
    )
    live = facts.live("deal").select(deal_id="id")
    order = ["deal_id", "changed_at", *(c for c in STATUS_HISTORY.schema if c != "deal_id")]
    rows = known.unique().join(live, on="deal_id", how="semi").collect()
    return STATUS_HISTORY.conform(rows).sort(list(dict.fromkeys(order)))


def _from_events(facts: Facts) -> pl.DataFrame:
    if "events" not in facts.account.tables:
        return STATUS_HISTORY.empty()
    told = facts.account.tables["events"].filter(pl.col("type") == MOVED)
    rows = told.select(
        "before", "after", deal_id="record_id", changed_by="created_by", changed_at="created_at"
    ).collect()
    for side, columns in _ENDS.items():
        # A whole account has a few hundred distinct texts: they are parsed, not the rows.
        texts = rows.select(pl.col(side).drop_nulls().unique())
        parsed = texts.with_columns(
            _scalar(path).alias(c) for path, c in zip(_at(side), columns, strict=True)
        )
        rows = rows.join(parsed, on=side, how="left")
    return STATUS_HISTORY.conform(rows)


def _at(side: str) -> tuple[pl.Expr, ...]:
    return tuple(pl.col(side).str.json_path_match(path) for path in _PATHS)


def _scalar(text: pl.Expr) -> pl.Expr:
    """Keep an id; a list, an object or nothing in its place is none."""
    return pl.when(text.str.contains(r"^[\w.:-]+$")).then(text)

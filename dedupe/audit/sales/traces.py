"""What was done for a deal: calls and written notes on it, or on its clients in its time."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.audit.frames.calls import CALL_TYPES, calls
from dedupe.audit.frames.clients import clients
from dedupe.audit.frames.touches import SERVICE_TYPES

_GRACE = timedelta(hours=1)  # a call is often noted on the contact just before or after the deal
_CALL_EVENTS = ("incoming_call", "outgoing_call")
_WRITTEN = "common"


def call_times(facts: Facts) -> pl.DataFrame:
    """Return entity, record_id, at, seconds of every call: of the notes, else of the events."""
    if facts.has("notes") or "events" not in facts.account.tables:
        return calls(facts).select("entity", "record_id", "seconds", at="created_at")
    told = facts.account.tables["events"].filter(pl.col("type").is_in(_CALL_EVENTS))
    return told.select(
        "entity", "record_id", at="created_at", seconds=pl.lit(None, pl.Float64)
    ).collect()


def note_times(facts: Facts, *, texts_only: bool = False) -> pl.DataFrame:
    """Return entity, record_id, at of notes that people left: texts, letters, files, messages.

    Calls and what integrations wrote are none. With `texts_only` only those with a text.
    """
    kind = pl.col("note_type")
    has_text = pl.col("text").fill_null("").str.strip_chars() != ""
    by_hand = kind.is_not_null() & ~kind.is_in([*CALL_TYPES, *SERVICE_TYPES])
    chosen = by_hand & (has_text if texts_only else has_text | (kind != _WRITTEN))
    notes = facts.account.frame("notes").lazy().filter(chosen)
    return notes.select("entity", "record_id", at="created_at").collect()


def done_tasks(facts: Facts) -> pl.DataFrame:
    """Return entity, record_id, at of tasks that were finished with a result in words."""
    has_text = pl.col("result").fill_null("").str.strip_chars() != ""
    tasks = facts.account.frame("tasks").lazy().filter(has_text)
    return tasks.select("entity", "record_id", at="updated_at").collect()


def touched(facts: Facts, deals: pl.DataFrame, traces: pl.DataFrame) -> pl.DataFrame:
    """Return the `id` of those of `deals` that have one of `traces` (entity, record_id, at).

    On the deal itself a trace counts at any time; on its contacts and companies from an hour
    before the deal was made to an hour after it was closed.
    """
    own = traces.filter(pl.col("entity") == "deal").select(id="record_id")
    direct = deals.select("id").join(own, on="id", how="semi")
    rest = deals.select("id", "created_at", "closed_at").join(own, on="id", how="anti")
    held = rest.join(clients(facts), left_on="id", right_on="deal_id", how="inner")
    spans = held.with_columns(
        until=pl.coalesce("closed_at", pl.lit(facts.now)) + _GRACE,
        since=pl.col("created_at") - _GRACE,
    ).drop_nulls("until")
    dated = traces.drop_nulls(["entity", "record_id", "at"]).select("entity", "record_id", "at")
    # The last trace up to the end is enough to know: no product of deals and calls is made.
    met = spans.sort("until").join_asof(
        dated.sort("at"),
        left_on="until",
        right_on="at",
        by=["entity", "record_id"],
        strategy="backward",
        check_sortedness=False,
    )
    is_in_time = pl.col("since").is_null() | (pl.col("at") >= pl.col("since"))
    reached = met.filter(pl.col("at").is_not_null() & is_in_time).select("id")
    return pl.concat([direct, reached]).unique().sort("id")

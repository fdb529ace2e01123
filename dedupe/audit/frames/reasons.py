"""Why deals were lost: the built-in reason, or the text of the field that the config names."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts


def lost_reasons(facts: Facts) -> pl.DataFrame:
    """Return id, reason_id, reason of the lost live deals; `reason` is null where none is told.

    A reason that the account's list does not name is called by its id. `reason_id` is null
    where the field of the config tells the reason, or nothing does.
    """
    return facts.once("lost reasons", lambda: _reasons(facts))


def _reasons(facts: Facts) -> pl.DataFrame:
    told = pl.col("loss_reason_id").str.strip_chars()
    own = facts.state("lost").select("id", reason_id=pl.when(told != "").then(told)).collect()
    named = facts.account.frame("loss_reasons").select(
        reason_id="id", name=pl.col("name").str.strip_chars()
    )
    known = (
        named.filter(pl.col("name") != "")
        .sort("reason_id", "name")
        .unique("reason_id", keep="first")
    )
    rows = own.join(known, on="reason_id", how="left").with_columns(
        reason=pl.coalesce("name", "reason_id")
    )
    if facts.loss_reason_field is not None:
        rows = rows.join(_field(facts, facts.loss_reason_field), on="id", how="left").with_columns(
            reason=pl.coalesce("reason", "raw")
        )
    return rows.select("id", "reason_id", "reason")


def _field(facts: Facts, field: str) -> pl.DataFrame:
    raw = pl.col("raw").str.strip_chars()
    of = (pl.col("entity") == "deal") & (pl.col("field_id") == field) & (raw != "")
    values = facts.account.frame("field_values").lazy().filter(of)
    return values.group_by(id="record_id").agg(raw=raw.min()).collect()

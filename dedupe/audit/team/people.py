"""The account's users as the checks of this room read them."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings

MOST_ROWS = 200  # of a metric: a page has no room for more


def users(facts: Facts) -> pl.DataFrame:
    """Return the users, each id once, with `group` and `role` by name; sorted by id.

    Who is not said to be fired is active, who is not said to be an administrator is none. A
    group or role without a name is called by its id.
    """
    return facts.once("users", lambda: _users(facts))


def active(facts: Facts) -> pl.DataFrame:
    """Return the users who are active: the base of most checks of this room."""
    return users(facts).filter("is_active")


def of_users(found: pl.DataFrame, base: pl.DataFrame, **columns: pl.Expr) -> Outcome:
    """Return the outcome of a check that finds users; `columns` are a finding's others."""
    return Outcome(
        findings=findings(found.select(pl.col("id").alias("record_id"), **columns), "user"),
        base=base.height,
    )


def _users(facts: Facts) -> pl.DataFrame:
    told = facts.account.frame("users").drop_nulls("id").sort(pl.all(), nulls_last=True)
    return (
        told.unique("id", keep="first")
        .with_columns(pl.col("is_active").fill_null(True), pl.col("is_admin").fill_null(False))
        .join(_names(facts, "user_groups", "group"), on="group_id", how="left")
        .join(_names(facts, "roles", "role"), on="role_id", how="left")
        .with_columns(
            group=pl.coalesce("group", "group_id"), role=pl.coalesce("role", filled("role_id"))
        )
        .sort(pl.col("id").str.len_bytes(), "id")
    )


def filled(column: str) -> pl.Expr:
    """Return a column of texts or ids without odd spaces; null where nothing is in it."""
    text = pl.col(column).str.strip_chars()
    return pl.when(~text.is_in(["", "0"])).then(text)


def _names(facts: Facts, table: str, what: str) -> pl.DataFrame:
    named = facts.account.frame(table).select(pl.col("id").alias(f"{what}_id"), name="name")
    told = named.drop_nulls().filter(pl.col("name").str.strip_chars() != "")
    return told.group_by(f"{what}_id").agg(pl.col("name").min().alias(what))

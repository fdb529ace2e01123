"""TSK301, TAG101, USR: task types and tags that nothing uses, and who may do what."""

from __future__ import annotations

import polars as pl

from dedupe.language import N_

from .facts import Facts, Outcome, findings
from .registry import Check, register


def _unused_task_types(facts: Facts, entity: str) -> Outcome:
    types = facts.account.frame("task_types").lazy()
    used = facts.account.frame("tasks").lazy().select("task_type_id")
    rows = types.join(used, left_on="id", right_on="task_type_id", how="anti")
    return _settings(rows, types, entity)


def _unused_tags(facts: Facts, entity: str) -> Outcome:
    tags = facts.account.frame("tags").lazy().filter(pl.col("entity") == "deal")
    used = facts.account.frame("record_tags").lazy().filter(pl.col("entity") == "deal")
    rows = tags.join(used, left_on="name", right_on="tag", how="anti")
    return _settings(rows, tags, entity)


def _administrators(facts: Facts, entity: str) -> Outcome:
    users = _active_users(facts)
    return _settings(users.filter(pl.col("is_admin")), users, entity)


def _may_delete(facts: Facts, entity: str) -> Outcome:
    """Find active users who may delete: administrators may, whatever their rights say."""
    users = _active_users(facts)
    allowed = (
        facts.account.frame("user_rights")
        .lazy()
        .filter(
            (pl.col("action") == "delete")
            & pl.col("entity").is_in(["contact", "company", "deal"])
            & ~pl.col("scope").fill_null("denied").is_in(["denied", ""])
        )
        .select(id="user_id", may_delete=pl.lit(True))
        .unique()
    )
    rows = users.join(allowed, on="id", how="left").filter(
        pl.col("is_admin").fill_null(False) | pl.col("may_delete").fill_null(False)
    )
    return _settings(rows, users, entity)


def _active_users(facts: Facts) -> pl.LazyFrame:
    return facts.account.frame("users").lazy().filter(pl.col("is_active").fill_null(True))


def _settings(rows: pl.LazyFrame, base: pl.LazyFrame, entity: str) -> Outcome:
    found = findings(rows.select(record_id="id", value="name", field=pl.lit("name")), entity)
    return Outcome(findings=found, base=base.select(pl.len()).collect().item())


register(
    Check(
        code="TSK301",
        severity="info",
        needs={"task_type": ("task_types", "tasks")},
        repair="list",
        title=N_("Unused task types"),
        definition=N_("Task types that no task of the snapshot has."),
        risk=N_("A long list slows everybody who sets a task, and reports by type mean nothing."),
        advice=N_("Remove them from the settings."),
        run=_unused_task_types,
    )
)
register(
    Check(
        code="TAG101",
        severity="info",
        needs={"tag": ("tags", "deals", "record_tags.deal")},
        repair="list",
        title=N_("Unused deal tags"),
        definition=N_("Tags of deals that no deal of the snapshot has."),
        risk=N_("A long list makes people choose the wrong tag or add one more."),
        advice=N_("Remove them from the settings."),
        run=_unused_tags,
    )
)
register(
    Check(
        code="USR101",
        severity="error",
        needs={"user": ("users", "users.is_admin")},
        repair="list",
        title=N_("Active administrators"),
        definition=N_("Active users with the rights of an administrator."),
        risk=N_("Each of them can export, change or delete the whole client base."),
        advice=N_("Leave two: one person, and one technical user for integrations."),
        run=_administrators,
    )
)
register(
    Check(
        code="USR103",
        severity="warning",
        needs={"user": ("users", "user_rights")},
        repair="list",
        title=N_("Users who may delete records"),
        definition=N_(
            "Active users who may delete contacts, companies or deals, administrators among them."
        ),
        risk=N_("A record deleted by mistake or in anger takes its history with it."),
        advice=N_(
            'Take the right away; add a checkbox field "To delete" and delete by it once a month.'
        ),
        run=_may_delete,
    )
)

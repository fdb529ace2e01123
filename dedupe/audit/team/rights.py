"""USR104, USR105, USR106: roles, the right to export, access to mail."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.registry import Check, register
from dedupe.contracts import Column, Metric, Quality
from dedupe.language import N_

from .people import MOST_ROWS, active, of_users

_CARDS = ("contact", "company", "deal")
_ACTIONS = ("view", "edit", "add", "delete", "export")
_MAIL = ("mail", "access")
_DENIED = ("", "denied")
SCOPES = {
    "all": N_("all records"),
    "group": N_("of the group"),
    "own": N_("own only"),
    "denied": N_("denied"),
}
KINDS = {
    "contact": N_("contacts"),
    "company": N_("companies"),
    "deal": N_("deals"),
    "task": N_("tasks"),
}


def _without_role(facts: Facts, entity: str) -> Outcome:
    people = _ordinary(facts)
    outcome = of_users(
        people.filter(pl.col("role").is_null()), people, value=pl.col("name"), field=pl.lit("role")
    )
    counts = (
        people.group_by("group", "role")
        .agg(pl.len().alias("n"))
        .sort("group", "role", nulls_last=True)
    )
    metric = Metric(
        name="groups_and_roles",
        title=N_("Groups and roles"),
        columns=(
            Column("group", N_("Group"), "text"),
            Column("role", N_("Role"), "text"),
            Column("n", N_("Users"), "count"),
        ),
        rows=counts.head(MOST_ROWS),
        note=N_("Active users who are no administrators; an empty role is none."),
    )
    return Outcome(findings=outcome.findings, base=outcome.base, metrics=(metric,))


def _may_export(facts: Facts, entity: str) -> Outcome:
    people = _ordinary(facts)
    rights = _rights(facts)
    exports = rights.filter((pl.col("action") == "export") & pl.col("entity").is_in(_CARDS))
    allowed = (
        exports.filter(~pl.col("scope").is_in(_DENIED))
        .select("user_id", told=pl.concat_str("entity", pl.lit(": "), "scope"))
        .group_by("user_id")
        .agg(pl.col("told").unique().sort().str.join("; "))
    )
    found = people.join(allowed, left_on="id", right_on="user_id")
    outcome = of_users(
        found, people, value=pl.col("told"), field=pl.lit("export"), proposal=pl.lit("denied")
    )
    metrics = (_matrix(people, rights),)
    return Outcome(findings=outcome.findings, base=outcome.base, metrics=metrics)


def _matrix(people: pl.DataFrame, rights: pl.DataFrame) -> Metric:
    """Return what each ordinary user may do, a row for each user and kind of record."""
    told = people.select("id", "name").join(rights, left_on="id", right_on="user_id")
    scopes = [
        pl.col("scope").filter(pl.col("action") == action).min().replace(SCOPES).alias(action)
        for action in _ACTIONS
    ]
    places = {entity: place for place, entity in enumerate(KINDS)}
    order = pl.col("entity").replace_strict(places, default=None, return_dtype=pl.Int8)
    rows = (
        told.with_columns(order=order)
        .drop_nulls("order")
        .group_by("name", "id", "order", "entity")
        .agg(scopes)
        .sort("name", "id", "order", nulls_last=True)
    )
    return Metric(
        name="rights",
        title=N_("Rights of users"),
        columns=(
            Column("name", N_("User"), "person"),
            Column("id", N_("Id"), "text"),
            Column("entity", N_("Records"), "word"),
            Column("view", N_("View"), "word"),
            Column("edit", N_("Edit"), "word"),
            Column("add", N_("Add"), "word"),
            Column("delete", N_("Delete"), "word"),
            Column("export", N_("Export"), "word"),
        ),
        rows=rows.head(MOST_ROWS).select("name", "id", pl.col("entity").replace(KINDS), *_ACTIONS),
        note=N_(
            "Active users who are no administrators, at most 200 rows: what each may do with all "
            "records, with those of the group, or with the user's own. An empty cell was not told."
        ),
    )


def _mail(facts: Facts, entity: str) -> Outcome:
    people = active(facts)
    told = _rights(facts).filter((pl.col("entity") == _MAIL[0]) & (pl.col("action") == _MAIL[1]))
    access = told.group_by("user_id").agg((~pl.col("scope").is_in(_DENIED)).any().alias("may"))
    base = people.join(access, left_on="id", right_on="user_id")
    found = base.filter("may")
    outcome = of_users(found, base, value=pl.col("name"), field=pl.lit("mail"))
    rows = found.sort("name", "id", nulls_last=True).head(MOST_ROWS)
    metric = Metric(
        name="mail_access",
        title=N_("Who reads mail in the CRM"),
        columns=(
            Column("name", N_("User"), "person"),
            Column("id", N_("Id"), "text"),
            Column("group", N_("Group"), "text"),
            Column("is_admin", N_("Administrator"), "flag"),
        ),
        rows=rows.select("name", "id", "group", "is_admin"),
        note=N_("Active users with access to mail, at most 200 rows."),
        quality=Quality(
            usable=base.height,
            base=people.height,
            reason=N_("the data does not say whether the user reads mail"),
        ),
    )
    return Outcome(findings=outcome.findings, base=outcome.base, metrics=(metric,))


def _ordinary(facts: Facts) -> pl.DataFrame:
    return active(facts).filter(~pl.col("is_admin"))


def _rights(facts: Facts) -> pl.DataFrame:
    """Return the rights that are told in full: a scope of nothing is a refusal."""
    rights = facts.account.frame("user_rights").drop_nulls(("user_id", "entity", "action"))
    return rights.with_columns(pl.col("scope").fill_null("denied"))


register(
    Check(
        code="USR104",
        severity="warning",
        needs={"user": ("users", "users.is_admin", "users.role_id")},
        repair="list",
        title=N_("Users without a role"),
        definition=N_(
            "Active users who are no administrators and have no role. The base is active users "
            "who are no administrators."
        ),
        risk=N_(
            "Rights are set by hand for each person, so they differ by accident and nobody can "
            "say who may do what."
        ),
        advice=N_("Make a role for each department and give every user one."),
        run=_without_role,
    )
)
register(
    Check(
        code="USR105",
        severity="warning",
        needs={"user": ("users", "users.is_admin", "user_rights")},
        repair="list",
        title=N_("Users who may export the client base"),
        definition=N_(
            "Active users who are no administrators and may export contacts, companies or deals. "
            "The base is active users who are no administrators."
        ),
        risk=N_("The whole client base leaves with one employee as one file."),
        advice=N_("Take the right away; let one person export on request."),
        run=_may_export,
    )
)
register(
    Check(
        code="USR106",
        severity="info",
        needs={"user": ("users", "user_rights")},
        repair="list",
        title=N_("Users with access to mail"),
        definition=N_(
            "Active users who may read mail in the CRM. The base is active users of whom the data "
            "says whether they may."
        ),
        risk=N_("Letters of the firm's mailboxes are read by who has nothing to do with them."),
        advice=N_("Leave access to mail to those who write letters to clients."),
        run=_mail,
    )
)

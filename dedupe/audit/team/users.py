"""USR001, USR002, USR102: who works in the account, who does not, and whom programs may be."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.frames.actors import actions, lazy_table, recent, written
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .people import MOST_ROWS, active, of_users, users

_HISTORY = ("events", "notes")


def _inventory(facts: Facts, entity: str) -> Outcome:
    people = users(facts)
    rows = (
        people.join(_last(facts), left_on="id", right_on="user_id", how="left")
        .join(recent(facts), left_on="id", right_on="user_id", how="left")
        .with_columns(pl.col("n_30", "n_90").fill_null(0))
    )
    if not any(facts.has(part) for part in _HISTORY):
        unknown = {"last": pl.lit(None, pl.Datetime("us", "UTC"))}
        unknown |= {name: pl.lit(None, pl.UInt32) for name in ("n_30", "n_90")}
        rows = rows.with_columns(**unknown)
    for name, owned in _owned(facts).items():
        if owned is None:
            rows = rows.with_columns(pl.lit(None, pl.UInt32).alias(name))
        else:
            sized = owned.group_by("owner_id").agg(pl.len().alias(name)).collect()
            rows = rows.join(sized, left_on="id", right_on="owner_id", how="left").with_columns(
                pl.col(name).fill_null(0)
            )
    ordered = rows.sort(
        "is_active", "n_90", pl.col("name"), "id", descending=[True, True, False, False],
        nulls_last=True,
    )  # fmt: skip
    metric = Metric(
        name="users",
        title=N_("Users"),
        columns=_INVENTORY,
        rows=ordered.head(MOST_ROWS).select(each.name for each in _INVENTORY),
        note=N_(
            "Active users first, at most 200 rows. An action is a second in which the user made a "
            "record, a task, a note or an event; programs that work under the user's name count. "
            "Cards are contacts and companies. An empty cell was not read."
        ),
    )
    none = findings(pl.DataFrame(schema={"record_id": pl.String}), entity)
    return Outcome(findings=none, base=people.height, counted=people.height, metrics=(metric,))


_INVENTORY = (
    Column("name", N_("User"), "person"),
    Column("id", N_("Id"), "text"),
    Column("group", N_("Group"), "text"),
    Column("role", N_("Role"), "text"),
    Column("is_admin", N_("Administrator"), "flag"),
    Column("is_active", N_("Active"), "flag"),
    Column("last", N_("Last action"), "moment"),
    Column("n_30", N_("Actions in 30 days"), "count"),
    Column("n_90", N_("Actions in 90 days"), "count"),
    Column("cards", N_("Cards owned"), "count"),
    Column("open_deals", N_("Open deals"), "count"),
    Column("open_tasks", N_("Open tasks"), "count"),
)


def _last(facts: Facts) -> pl.DataFrame:
    return actions(facts).group_by("user_id").agg(pl.max("last"))


def _owned(facts: Facts) -> dict[str, pl.LazyFrame | None]:
    """Return the owners of live records by what they own; None where it was not read."""
    cards = [
        facts.live(entity).select("owner_id")
        for entity in ("contact", "company")
        if facts.has(TABLE_OF[entity]) and facts.has(f"{TABLE_OF[entity]}.owner_id")
    ]
    has_deals = all(facts.has(part) for part in ("deals", "deals.state", "deals.owner_id"))
    return {
        "cards": pl.concat(cards) if cards else None,
        "open_deals": facts.state("open").select("owner_id") if has_deals else None,
        "open_tasks": _open_tasks(facts) if facts.has("tasks") else None,
    }


def _open_tasks(facts: Facts) -> pl.LazyFrame:
    return (
        lazy_table(facts, "tasks")
        .filter(~pl.col("is_completed").fill_null(False))
        .select("owner_id")
    )


def _idle(facts: Facts, entity: str) -> Outcome:
    since = facts.now - timedelta(days=facts.option("USR002", "days", int))
    people = active(facts)
    seen = people.join(_last(facts), left_on="id", right_on="user_id", how="left")
    found = seen.filter((pl.col("last") < since) | pl.col("last").is_null())
    last = pl.col("last").dt.convert_time_zone(facts.zone.key).dt.strftime("%Y-%m-%d")
    return of_users(found, people, value=last, field=pl.lit("last_action"))


def _no_technical(facts: Facts, entity: str) -> Outcome:
    """Find an account whose active administrators all do daily work."""
    since = facts.now - timedelta(days=facts.option("USR102", "days", int))
    admins = active(facts).filter("is_admin")
    busy = [
        facts.state("open").select(id="owner_id").collect(),
        _open_tasks(facts).select(id="owner_id").collect(),
        written(facts).filter(_by_hand() & (pl.col("at") > since)).select(id="user_id"),
    ]
    free = admins.join(pl.concat(busy).unique(), on="id", how="anti")
    rows = free.join(_last(facts), left_on="id", right_on="user_id", how="left")
    place = facts.account.account_id or "account"
    is_wanting = free.is_empty() and not users(facts).is_empty()
    found = pl.DataFrame({"record_id": [place] if is_wanting else []}, {"record_id": pl.String})
    metric = Metric(
        name="technical_users",
        title=N_("Administrators without daily work"),
        columns=_TECHNICAL,
        rows=rows.sort("name", "id", nulls_last=True)
        .head(MOST_ROWS)
        .select(each.name for each in _TECHNICAL),
        note=N_(
            "Active administrators who own no open deal and no open task and, in the days of the "
            "option, wrote no note and no call without a service's name: programs may be "
            "connected under them."
        ),
    )
    return Outcome(findings=findings(found, entity), base=1, metrics=(metric,))


_TECHNICAL = (
    Column("name", N_("User"), "person"),
    Column("id", N_("Id"), "text"),
    Column("last", N_("Last action"), "moment"),
)


def _by_hand() -> pl.Expr:
    is_own_call = (pl.col("kind") == "call") & pl.col("service").is_null()
    return (pl.col("kind") == "note") | is_own_call


register(
    Check(
        code="USR001",
        severity="info",
        needs={"user": ("users",)},
        repair="none",
        title=N_("Users and their work"),
        definition=N_(
            "Users of the account: group, role, last action, what they own. Nothing is wrong here."
        ),
        risk=N_("Nobody sees who works in the CRM and who only has a password to it."),
        advice=N_("Look through the table once a month; switch off who has left."),
        run=_inventory,
    )
)
register(
    Check(
        code="USR002",
        severity="warning",
        needs={"user": ("users", "|".join(_HISTORY))},
        repair="list",
        title=N_("Active users who do nothing"),
        definition=N_(
            "Active users who made no record, task, note or event within the days of the option; "
            "programs that work under their names count as they do. The base is active users."
        ),
        risk=N_("A licence is paid for nothing, and a password that nobody uses still opens."),
        advice=N_("Switch the user off and hand over what the user owns."),
        run=_idle,
        options=(Option("days", 30, N_("a month covers a holiday of any usual length"), 1, 3650),),
    )
)
register(
    Check(
        code="USR102",
        severity="info",
        needs={
            "account": ("users", "users.is_admin", "deals", "deals.state", "tasks", "notes"),
        },
        repair="list",
        title=N_("No technical user"),
        definition=N_(
            "The account, when every active administrator does daily work: owns an open deal or "
            "an open task, or within the days of the option wrote a note or a call without a "
            "service's name. The base is the account."
        ),
        risk=N_(
            "Programs work under an employee's name: when the employee leaves, they stop, and "
            "nobody can tell the program's work from the person's."
        ),
        advice=N_(
            "Make one administrator for integrations only, connect them all under it, and give "
            "its password to nobody who sells."
        ),
        run=_no_technical,
        options=(Option("days", 90, N_("a quarter shows whether somebody works daily"), 1, 3650),),
    )
)

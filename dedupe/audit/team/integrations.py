"""INT001, INT002, INT101: which programs are connected, what they leave, and under whom."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.actors import actions, known, lazy_table
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .people import MOST_ROWS, active, of_users, users
from .traces import KINDS, UNNAMED, traces, tracking_fields, wrote

_NOTHING = pl.lit(None, pl.String)
WORDS = (N_("widget"), N_("webhook"), N_("source"))


def _inventory(facts: Facts, entity: str) -> Outcome:
    account = facts.account
    widgets = account.frame("widgets").select(
        kind=pl.lit("widget"),
        id="id",
        name="name",
        is_active="is_active",
        detail=_NOTHING,
    )
    webhooks = account.frame("webhooks").select(
        kind=pl.lit("webhook"),
        id="id",
        name="destination",
        is_active=~pl.col("is_disabled"),
        detail=pl.col("events").str.replace_all(",", ", "),
    )
    pipelines = account.frame("pipelines").drop_nulls("id").group_by("id").agg(pl.min("name"))
    sources = (
        account.frame("sources")
        .join(pipelines, left_on="pipeline_id", right_on="id", how="left")
        .select(
            kind=pl.lit("source"),
            id="id",
            name="name",
            is_active=pl.lit(None, pl.Boolean),
            detail="name_right",
        )
    )
    whole = pl.concat([widgets, webhooks, sources])
    rows = whole.sort("kind", "is_active", "name", "id", descending=[True, True, False, False],
                      nulls_last=True)  # fmt: skip
    metric = Metric(
        name="integrations",
        title=N_("Integrations"),
        columns=(
            Column("kind", N_("Kind"), "word"),
            Column("id", N_("Id"), "text"),
            Column("name", N_("Name or address"), "text"),
            Column("is_active", N_("Active"), "flag"),
            Column("detail", N_("Events or pipeline"), "text"),
        ),
        rows=rows.head(MOST_ROWS),
        note=N_(
            "Widgets, webhooks and sources of the settings, at most 200 rows. Sources are those "
            "that the CRM shows to this program."
        ),
    )
    return _counted(whole.height, (metric,), entity)


def _traces(facts: Facts, entity: str) -> Outcome:
    found = traces(facts)
    names = tracking_fields(facts).select("service", pl.col("name").alias("title"))
    days = (pl.lit(facts.now) - pl.col("last")).dt.total_days()
    rows = found.join(names, on="service", how="left", maintain_order="left").select(
        service=pl.coalesce("title", "service"),
        kind=pl.col("kind").replace(KINDS),
        n="n",
        n_records="n_records",
        first="first",
        last="last",
        days=pl.max_horizontal(days, 0),
    )
    metric = Metric(
        name="integration_traces",
        title=N_("Traces of integrations"),
        columns=(
            Column("service", N_("Service"), "text"),
            Column("kind", N_("Known by"), "word"),
            Column("n", N_("Traces"), "count"),
            Column("n_records", N_("Records"), "count"),
            Column("first", N_("First"), "moment"),
            Column("last", N_("Last"), "moment"),
            Column("days", N_("Silent for"), "days"),
        ),
        rows=rows.head(MOST_ROWS),
        chart="bars",
        values=("n",),
        note=N_(
            "Programs by what they leave: the service a call note or a service message names, the "
            "source of a deal, records made by the robot, tags that look imported, fields of "
            "tracking. Traces of tags and fields are dated by the making of the record. What was "
            "not read has no row. At most 200 rows."
        ),
    )
    return _counted(found.height, (metric,), entity)


def _counted(n: int, metrics: tuple[Metric, ...], entity: str) -> Outcome:
    none = findings(pl.DataFrame(schema={"record_id": pl.String}), entity)
    return Outcome(findings=none, base=n, counted=n, metrics=metrics)


def _under_people(facts: Facts, entity: str) -> Outcome:
    """Find the active users whom programs act as and who work themselves."""
    by_user = _by_user(facts)
    share = facts.option("INT101", "share", float)
    is_its = (pl.col("kind") == "service") | (pl.col("share") >= share)
    acts = (
        by_user.filter(is_its)
        .sort("service")
        .group_by("user_id")
        .agg(pl.col("service").unique(maintain_order=True).str.join("; ").alias("services"))
    )
    base = active(facts).join(acts, left_on="id", right_on="user_id")
    own = _workers(facts)
    found = base.join(own, on="id", how="semi")
    outcome = of_users(found, base, value=pl.col("services"), field=pl.lit("integrations"))
    shown = by_user.join(users(facts).select("id", "name"), left_on="user_id", right_on="id",
                         how="left").with_columns(works=pl.col("user_id").is_in(own["id"].implode()),
                                                  kind=pl.col("kind").replace(KINDS))  # fmt: skip
    metric = Metric(
        name="integrations_by_user",
        title=N_("Under whose names services write"),
        columns=(
            Column("service", N_("Service"), "text"),
            Column("kind", N_("Known by"), "word"),
            Column("name", N_("User"), "person"),
            Column("user_id", N_("Id"), "text"),
            Column("works", N_("Works by hand"), "flag"),
            Column("n", N_("Traces"), "count"),
            Column("share", N_("Share of the service"), "share"),
        ),
        rows=shown.head(MOST_ROWS).select(
            "service", "kind", "name", "user_id", "works", "n", "share"
        ),
        note=N_(
            "Service messages, and calls that name a service and were not made by their author, "
            "by author; the share is of all such traces of the service. At most 200 rows."
        ),
    )
    return Outcome(findings=outcome.findings, base=outcome.base, metrics=(metric,))


def _workers(facts: Facts) -> pl.DataFrame:
    """Return the ids of who wrote notes or was given tasks: a program has no tasks to do."""
    wrote_notes = actions(facts).filter(pl.col("kind") == "note").select(id="user_id")
    doers = lazy_table(facts, "tasks").select(id="owner_id").filter(known("id")).unique().collect()
    return pl.concat([wrote_notes, doers]).unique()


def _by_user(facts: Facts) -> pl.DataFrame:
    """Return kind, service, user_id, n, share of what services wrote under users' names.

    A call whose responsible is its author is the author's own work, which telephony only noted.
    """
    is_own = (pl.col("responsible") == pl.col("user_id")).fill_null(False)
    is_named = (pl.col("kind") == "service") | (pl.col("service") != UNNAMED)
    counts = (
        wrote(facts).filter(is_named & ~is_own & known("user_id"))
        .group_by("kind", "service", "user_id")
        .agg(pl.len().alias("n"))
    )  # fmt: skip
    share = pl.col("n") / pl.col("n").sum().over("kind", "service")
    return counts.with_columns(share=share).sort(
        "n", "service", "kind", "user_id", descending=[True, False, False, False]
    )


register(
    Check(
        code="INT001",
        severity="info",
        needs={"integration": ("widgets|webhooks|sources",)},
        repair="none",
        title=N_("Connected integrations"),
        definition=N_("Widgets, webhooks and sources of the account. Nothing is wrong here."),
        risk=N_("Programs that nobody remembers read and change the client base."),
        advice=N_("Name an owner and a purpose of each; disconnect those without one."),
        run=_inventory,
    )
)
register(
    Check(
        code="INT002",
        severity="info",
        needs={"integration": ("notes|deals|contacts|companies",)},
        repair="none",
        title=N_("Traces of integrations"),
        definition=N_(
            "Programs that left traces in what was read, each by what it is known by: the name in "
            "calls and service messages, the source of deals, records made by the robot, tags "
            "that look imported, fields of tracking."
        ),
        risk=N_("What writes to the CRM is not known, so nobody notices when it stops."),
        advice=N_("Compare with the list of what you pay for; look at those silent for long."),
        run=_traces,
    )
)
register(
    Check(
        code="INT101",
        severity="warning",
        needs={"user": ("users", "notes")},
        repair="list",
        title=N_("Integrations that act under people"),
        definition=N_(
            "Active users under whose names a program wrote service messages, or at least the "
            "option's share of a telephony's calls that they are not said to have made, and who "
            "also wrote notes or were given tasks. The base is active users under whose names "
            "programs wrote."
        ),
        risk=N_(
            "When the employee leaves or changes the password, the integration stops; and the "
            "program's work looks like the person's."
        ),
        advice=N_("Connect all integrations again under a technical user."),
        run=_under_people,
        options=(
            Option("share", 0.5, N_("callers share a telephony, its own user has most"), 0, 1),
        ),
    )
)

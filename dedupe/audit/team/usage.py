"""INT201, INT202, INT203: programs that are silent, paid for and not used, or left things."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import MOMENT, Column, Metric
from dedupe.language import N_

from .people import MOST_ROWS
from .traces import KINDS, services, source_traces, tag_traces, traces, tracking_fields

_MONTHS = 12


def _silent(facts: Facts, entity: str) -> Outcome:
    since = facts.now - timedelta(days=facts.option("INT201", "days", int))
    busy = services(facts).filter(pl.col("n") >= facts.option("INT201", "least", int))
    judged = busy.drop_nulls("last").with_columns(
        days=pl.max_horizontal((pl.lit(facts.now) - pl.col("last")).dt.total_days(), 0),
        is_silent=pl.col("last") < since,
    )
    found = judged.filter("is_silent").select(
        pl.concat_str("kind", "service", separator="/").alias("record_id"),
        pl.col("kind").alias("group"),
        pl.lit("last_trace").alias("field"),
        _day(facts, "last").alias("value"),
    )
    metric = Metric(
        name="last_seen",
        title=N_("When services were last seen"),
        columns=(
            Column("service", N_("Service"), "text"),
            Column("kind", N_("Known by"), "word"),
            Column("n", N_("Traces"), "count"),
            Column("last", N_("Last"), "moment"),
            Column("days", N_("Silent for"), "days"),
            Column("is_silent", N_("Silent"), "flag"),
        ),
        rows=judged.sort("days", "service", "kind", descending=[True, False, False])
        .head(MOST_ROWS)
        .select("service", pl.col("kind").replace(KINDS), "n", "last", "days", "is_silent"),
        chart="bars",
        values=("days",),
        note=N_(
            "Services with enough calls or service messages to judge. A dash stands for calls "
            "and messages that do not say which service wrote them. At most 200 rows."
        ),
    )
    return Outcome(findings=findings(found, entity), base=judged.height, metrics=(metric,))


def _unused(facts: Facts, entity: str) -> Outcome:
    costs = _costs(facts)
    since = facts.now - timedelta(days=facts.option("INT202", "days", int))
    seen = _last_seen(facts, sorted(costs))
    rows = pl.DataFrame(
        {
            "name": list(costs),
            "month": list(costs.values()),
            "last": [seen[name] for name in costs],
        },
        {"name": pl.String, "month": pl.Float64, "last": MOMENT},
    ).with_columns(is_unused=pl.col("last").is_null() | (pl.col("last") < since))
    yearly = pl.col("month") * _MONTHS
    rows = rows.with_columns(loss=pl.when("is_unused").then(yearly).otherwise(0.0))
    found = rows.filter("is_unused").select(
        record_id="name", field=pl.lit("loss_a_year"), value=pl.col("loss").round(2).cast(pl.String)
    )
    metric = Metric(
        name="unused_costs",
        title=N_("Paid and not used"),
        columns=(
            Column("name", N_("Service"), "text"),
            Column("month", N_("Cost a month"), "money"),
            Column("last", N_("Last trace"), "moment"),
            Column("is_unused", N_("Not used"), "flag"),
            Column("loss", N_("Lost a year"), "money"),
        ),
        rows=rows.sort("loss", "name", descending=[True, False]).head(MOST_ROWS),
        note=N_(
            "The costs are the config's; lost is the cost of a year where there is no trace within "
            "the days of the option. An active webhook to an address with the name is a trace."
        ),
    )
    return Outcome(findings=findings(found, entity), base=len(costs), metrics=(metric,))


def _costs(facts: Facts) -> dict[str, float]:
    told = facts.option("INT202", "costs", dict)
    return {name.strip(): cost for name, cost in sorted(told.items()) if name.strip() and cost > 0}


def _last_seen(facts: Facts, names: list[str]) -> dict[str, datetime | None]:
    """Return when each of `names` last stood in the name of a service, source, tag or address."""
    if not names:
        return {}
    low = {name: name.lower() for name in names}
    has_name = pl.col("tag").str.to_lowercase().str.contains_any(sorted(set(low.values())))
    marks = pl.concat([source_traces(facts), tag_traces(facts, has_name)])
    fields = tracking_fields(facts).select("service", pl.col("name").alias("title"))
    named = traces(facts).join(fields, on="service", how="left")
    hooks = _working_hooks(facts).select(
        pl.col("destination").alias("service"), pl.lit(facts.now).cast(MOMENT).alias("last")
    )
    seen = pl.concat(
        [
            named.select(pl.coalesce("title", "service").alias("service"), "last"),
            marks.group_by("service").agg(pl.max("at").alias("last")).collect(),
            hooks,
        ]
    ).with_columns(pl.col("service").str.to_lowercase())
    return {
        name: seen.filter(pl.col("service").str.contains(word, literal=True))["last"].max()  # type: ignore[misc]  # a moment or None
        for name, word in low.items()
    }


def _working_hooks(facts: Facts) -> pl.DataFrame:
    hooks = facts.account.frame("webhooks")
    return hooks.filter(~pl.col("is_disabled").fill_null(False)).drop_nulls("destination")


def _stale(facts: Facts, entity: str) -> Outcome:
    """Find disabled webhooks, inactive widgets, and fields that a tracker fills no more."""
    since = facts.now - timedelta(days=facts.option("INT203", "days", int))
    hooks = facts.account.frame("webhooks")
    widgets = facts.account.frame("widgets")
    filled = traces(facts).filter(pl.col("kind") == "field")
    fields = filled.join(tracking_fields(facts), on="service").with_columns(
        value=pl.concat_str("name", pl.lit(" "), _day(facts, "last").fill_null(""))
    )
    parts = [
        _left("webhook", hooks.filter(pl.col("is_disabled")), "id", "destination"),
        _left("widget", widgets.filter(~pl.col("is_active")), "id", "name"),
        _left("field", fields.filter(pl.col("last") < since), "service", "value"),
    ]
    return Outcome(
        findings=findings(pl.concat(parts), entity),
        base=hooks.height + widgets.height + fields.height,
    )


def _left(kind: str, rows: pl.DataFrame, id_: str, value: str) -> pl.DataFrame:
    return rows.drop_nulls(id_).select(
        record_id=pl.concat_str(pl.lit(f"{kind}/"), id_), group=pl.lit(kind), value=pl.col(value)
    )


def _day(facts: Facts, column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone(facts.zone.key).dt.strftime("%Y-%m-%d")


register(
    Check(
        code="INT201",
        severity="error",
        needs={"integration": ("notes",)},
        repair="list",
        title=N_("Services that fell silent"),
        definition=N_(
            "Telephony and other services that left no call or service message within the days "
            "of the option, and left at least the option's number before. The base is services "
            "with at least so many traces."
        ),
        risk=N_("Calls and enquiries happen and never reach the CRM: they are lost now."),
        advice=N_("Check that the service is connected and paid; load what it kept meanwhile."),
        run=_silent,
        options=(
            Option("days", 14, N_("two weeks are longer than any usual pause in work"), 1, 3650),
            Option("least", 20, N_("fewer traces are a trial, not a service in use"), 1),
        ),
    )
)
register(
    Check(
        code="INT202",
        severity="warning",
        needs={"integration": ("notes", "deals", "webhooks")},
        repair="list",
        title=N_("Services paid for and not used"),
        definition=N_(
            "Services of the option costs (name = cost a month) whose name stands in no service, "
            "source, tag, field of tracking or active webhook's address with a trace within the "
            "days of the option. The base is the services of the option."
        ),
        risk=N_("The money of a year goes for what leaves nothing in the CRM."),
        advice=N_("Ask who uses it; connect it or stop paying."),
        run=_unused,
        options=(
            Option("days", 90, N_("a quarter outlives a season's pause"), 1, 3650),
            Option("costs", {}, N_("only you know what you pay")),
        ),
    )
)
register(
    Check(
        code="INT203",
        severity="info",
        needs={"integration": ("webhooks|widgets|fields",)},
        repair="list",
        title=N_("Leftovers of dead integrations"),
        definition=N_(
            "Disabled webhooks, widgets that are installed and not active, and fields of tracking "
            "that no record made within the days of the option has filled. The base is webhooks, "
            "widgets and fields of tracking that were ever filled."
        ),
        risk=N_("Dead settings hide the working ones and may be switched on by accident."),
        advice=N_("Remove what nobody uses; keep the fields whose values reports need."),
        run=_stale,
        options=(Option("days", 90, N_("a quarter outlives a season's pause"), 1, 3650),),
    )
)

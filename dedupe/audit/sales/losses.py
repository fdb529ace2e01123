"""LOS301: why deals are lost, with the ones that do not say it as a reason of its own."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.reasons import lost_reasons
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .base import OTHER, capped, count_of, deals, paid, share, table, with_person

_MOST_REASONS = 25
_MOST_YEARLY = 10
_REASON = Column("reason", N_("Loss reason"), "word")
_NUMBERS = (
    Column("lost", N_("Lost"), "count"),
    Column("share", N_("Share"), "share"),
    Column("cumulative", N_("Share up to here"), "share"),
    Column("money", N_("Money"), "money"),
    Column("money_share", N_("Share of the money"), "share"),
)
_NOTE = N_(
    "All lost live deals, each with one reason: the built-in one, else the field that the config "
    "names, else not specified. Money: the sum of their prices, without the deals that have none."
)
_YEAR_NOTE = N_(
    "Lost live deals by the year they were closed in, in the account's time zone; without those "
    "whose time of closing is not known. Share: of the deals lost in the year."
)
_MANAGER_NOTE = N_(
    "Lost live deals by their present owner, who is not always the one who lost them. Main "
    "reason: the commonest of those told."
)


def _pareto(facts: Facts, entity: str) -> Outcome:
    lost = deals(facts).filter("is_lost").join(lost_reasons(facts), on="id", how="left")
    unspecified = count_of(lost, pl.col("reason").is_null())
    quality = Quality(
        usable=lost.height - unspecified,
        base=lost.height,
        reason=N_("Lost deals without a reason."),
    )
    metrics = [_by_reason(lost, quality)]
    if facts.has("deals.closed_at"):
        metrics.append(_by_year(lost, facts, quality))
    if facts.has("deals.owner_id"):
        metrics.append(_by_manager(lost, facts, quality))
    return Outcome(
        findings=FINDINGS.empty(), base=lost.height, counted=lost.height, metrics=tuple(metrics)
    )


def _by_reason(lost: pl.DataFrame, quality: Quality) -> Metric:
    few = capped(lost, "reason", _MOST_REASONS)
    rows = few.group_by("reason").agg(lost=pl.len(), money=paid(pl.lit(value=True)))
    # "Other" closes the list, however many it holds together.
    rows = rows.sort(
        [pl.col("reason") == OTHER, "lost", "reason"], descending=[False, True, False]
    ).with_columns(
        share=share(pl.col("lost"), pl.col("lost").sum()),
        cumulative=share(pl.col("lost").cum_sum(), pl.col("lost").sum()),
        money_share=share(pl.col("money"), pl.col("money").sort().sum()),
    )
    return table(
        "loss_reasons",
        N_("Loss reasons"),
        rows,
        _REASON,
        *_NUMBERS,
        note=_NOTE,
        quality=quality,
        chart="pareto",
        values=("lost", "cumulative"),
    )


def _by_year(lost: pl.DataFrame, facts: Facts, quality: Quality) -> Metric:
    closed = pl.col("closed_at").dt.convert_time_zone(facts.zone.key).dt.year().cast(pl.Int64)
    dated = lost.with_columns(year=closed).drop_nulls("year")
    few = capped(dated, "reason", _MOST_YEARLY)
    rows = few.group_by("year", "reason").agg(lost=pl.len(), money=paid(pl.lit(value=True)))
    rows = rows.with_columns(share=share(pl.col("lost"), pl.col("lost").sum().over("year"))).sort(
        ["year", "lost", "reason"], descending=[True, True, False]
    )
    return table(
        "loss_reasons_by_year",
        N_("Loss reasons by year"),
        rows,
        Column("year", N_("Year"), "year"),
        _REASON,
        _NUMBERS[0],
        _NUMBERS[1],
        _NUMBERS[3],
        note=_YEAR_NOTE,
        quality=quality,
    )


def _by_manager(lost: pl.DataFrame, facts: Facts, quality: Quality) -> Metric:
    told = (
        lost.drop_nulls("reason")
        .group_by("owner_id", "reason")
        .agg(n=pl.len())
        .sort(["n", "reason"], descending=[True, False])
        .unique("owner_id", keep="first", maintain_order=True)
    )
    rows = (
        lost.group_by("owner_id")
        .agg(
            lost=pl.len(),
            money=paid(pl.lit(value=True)),
            unspecified=pl.col("reason").is_null().sum(),
        )
        .join(told.rename({"reason": "main"}), on="owner_id", how="left", nulls_equal=True)
        .with_columns(unspecified_share=share("unspecified", "lost"), main_share=share("n", "lost"))
        .sort(["lost", "owner_id"], descending=[True, False], nulls_last=True)
    )
    return table(
        "loss_reasons_by_manager",
        N_("Loss reasons by manager"),
        with_person(rows, facts, "owner_id"),
        Column("person", N_("Employee"), "person"),
        Column("team", N_("Group"), "text"),
        _NUMBERS[0],
        Column("money", N_("Money"), "money"),
        Column("unspecified", N_("Without a reason"), "count"),
        Column("unspecified_share", N_("Share without a reason"), "share"),
        Column("main", N_("Main reason"), "text"),
        Column("main_share", N_("Share of the main reason"), "share"),
        note=_MANAGER_NOTE,
        quality=quality,
        chart="bars",
        values=("unspecified_share",),
    )


register(
    Check(
        code="LOS301",
        severity="info",
        needs={"deal": ("deals", "deals.state", "deals.loss_reason_id")},
        repair="none",
        title=N_("Loss reasons"),
        definition=N_(
            "Lost deals by reason, by number and by money, by year and by manager; those without "
            "a reason are a bar of their own. Of all lost deals."
        ),
        risk=N_("The reason that loses most is mended last when nobody counts the reasons."),
        advice=N_(
            "Mend the first bars one by one; when “not specified” is among them, make the reason "
            "required first."
        ),
        run=_pareto,
    )
)

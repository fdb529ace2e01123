"""DUP902: how many duplicates are made a week, and whether they suddenly grew."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.wilson import wilson
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric, Quality
from dedupe.language import N_

from .base import share, table, with_person
from .later_cards import cards
from .managers import PERSON, TEAM

_WEEKS, _NEW, _OLD = 52, 4, 12
_TOP = 5
_NOTE = N_(
    "Contacts in duplicate groups (a shared number or mailbox, or the match) by the week they were "
    "made in, without the first of each group; whole weeks from Monday in the account's time zone, "
    "the last 52 before the week of the data. Share: of all live contacts made in the week."
)
_TOP_NOTE = N_(
    "The same contacts by who made them, the five with most of them in the 52 weeks. Name 0 is "
    "robots and integrations."
)


def _inflow(facts: Facts, entity: str) -> Outcome:
    end = _monday(facts)
    weeks = [end - timedelta(weeks=back) for back in range(_WEEKS, 0, -1)]
    frame = cards(facts, "contact")
    dated = frame.filter(pl.col("week").is_between(weeks[0], weeks[-1]))
    made = dated.group_by("week").agg(cards=pl.len(), later=pl.col("is_later").sum())
    rows = pl.DataFrame({"week": weeks}).join(made, on="week", how="left").sort("week")
    rows = rows.with_columns(pl.col("cards", "later").fill_null(0)).with_columns(
        share=share("later", "cards")
    )
    quality = Quality(
        usable=frame["week"].count(),
        base=frame.height,
        reason=N_("Contacts whose time of creation is not known."),
    )
    line = table(
        "later_cards_by_week",
        N_("Later cards by week"),
        rows,
        Column("week", N_("Week"), "week"),
        Column("later", N_("Later cards"), "count"),
        Column("cards", N_("Cards"), "count"),
        Column("share", N_("Share"), "share"),
        note=_NOTE,
        quality=quality,
        chart="line",
        values=("later",),
    )
    oldest = frame["week"].min()
    is_known = isinstance(oldest, date) and oldest <= weeks[-_NEW - _OLD]
    found = _jump(rows["later"].to_list(), weeks, facts) if is_known else []
    jumps = pl.DataFrame(
        found, schema={"record_id": pl.String, "value": pl.String}, orient="row"
    ).with_columns(field=pl.lit("created_at"), group=pl.lit("jump"))
    metrics = [line]
    if facts.has("contacts.created_by"):
        metrics.append(_by_creator(dated, weeks, facts, quality))
    return Outcome(findings=findings(jumps, entity), base=_WEEKS, metrics=tuple(metrics))


def _jump(later: list[int], weeks: list[date], facts: Facts) -> list[tuple[str, str]]:
    """Return the last week and its numbers where the last weeks have far more than those before.

    Two counts of rare things in unlike times: given their sum, the newer one is binomial, so
    the share of the newer is held against what equal rates would give.
    """
    new, old = sum(later[-_NEW:]), sum(later[-_NEW - _OLD : -_NEW])
    times = facts.option("DUP902", "times", float)
    is_more = new / _NEW > times * old / _OLD
    low, _ = wilson(new, new + old)
    if new < facts.option("DUP902", "least", int) or not is_more or low <= _NEW / (_NEW + _OLD):
        return []
    return [(weeks[-1].isoformat(), f"{new} / {old}")]


def _by_creator(dated: pl.DataFrame, weeks: list[date], facts: Facts, quality: Quality) -> Metric:
    is_later, week = pl.col("is_later"), pl.col("week")
    newest, before = weeks[-_NEW], weeks[-_NEW - _OLD]
    rows = (
        dated.filter(pl.col("created_by").is_not_null())
        .group_by("created_by")
        .agg(
            later=is_later.sum(),
            newest=(is_later & (week >= newest)).sum(),
            before=(is_later & (week >= before) & (week < newest)).sum(),
            cards=pl.len(),
        )
        .filter(pl.col("later") > 0)
        .with_columns(share=share("later", "cards"))
        .sort(["later", "created_by"], descending=[True, False])
    )
    return table(
        "later_cards_top_makers",
        N_("Who makes most of the later cards"),
        with_person(rows.head(_TOP), facts, "created_by"),
        PERSON,
        TEAM,
        Column("later", N_("In 52 weeks"), "count"),
        Column("newest", N_("In the last 4 weeks"), "count"),
        Column("before", N_("In the 12 weeks before"), "count"),
        Column("cards", N_("Cards"), "count"),
        Column("share", N_("Share"), "share"),
        note=_TOP_NOTE,
        quality=quality,
    )


def _monday(facts: Facts) -> date:
    today = facts.now.astimezone(facts.zone).date()
    return today - timedelta(days=today.weekday())


register(
    Check(
        code="DUP902",
        severity="warning",
        needs={"week": ("contacts", "contacts.created_at", "channels")},
        repair="none",
        title=N_("Inflow of duplicates"),
        definition=N_(
            "The last whole week, where the last four weeks brought more than twice as many later "
            "contacts of duplicate groups a week as the twelve weeks before, beyond chance (95 %, "
            "Wilson). Of the last 52 whole weeks."
        ),
        risk=N_("A form, a chat or a person has begun to make duplicates, and goes on."),
        advice=N_("See who makes them and since when (DUP901); stop it before you merge."),
        options=(
            Option(
                "times",
                2.0,
                N_("Weeks differ; twice as many for a month is no chance."),
                least=1,
                most=1000,
            ),
            Option("least", 10, N_("A handful more needs no alarm."), least=1, most=1e6),
        ),
        run=_inflow,
    )
)

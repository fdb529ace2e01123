"""DUP901: where duplicates come from, by everything that is known of how a card was made."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome
from dedupe.audit.frames.clients import clients
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .base import ROBOT, ROBOT_NAME, capped, deals, share, table, with_name, with_person
from .bursts import bursts
from .later_cards import cards
from .managers import PERSON, TEAM

_MOST, _MOST_BATCHES = 30, 20
_PEOPLE, _UNKNOWN = N_("employees"), N_("not known")
_GAPS = (
    (timedelta(minutes=1), N_("within the same minute")),
    (timedelta(hours=1), N_("within an hour")),
    (timedelta(days=1), N_("within a day")),
    (timedelta(days=7), N_("within a week")),
    (timedelta(days=30), N_("within 30 days")),
)
_LATER = N_("later")
_NOTE = N_(
    "Later cards: in duplicate groups (a shared number or mailbox, or the match), all but the "
    "first by time. Cards: all live ones so made. Share: later cards / cards; share of later "
    "cards: of all later ones. Groups may hold different people: it is a way to the cause, no list "
    "to merge by."
)
_COUNTS = (
    Column("later", N_("Later cards"), "count"),
    Column("of_later", N_("Share of later cards"), "share"),
    Column("cards", N_("Cards"), "count"),
    Column("share", N_("Share"), "share"),
)


def _causes(facts: Facts, entity: str) -> Outcome:
    frame = cards(facts, entity)
    later = frame.filter("is_later")
    quality = Quality(
        usable=later["gap"].count(),
        base=later.height,
        reason=N_("Later cards whose time of creation is not known."),
    )
    metrics = [_by_gap(later, quality)]
    if facts.has(f"{TABLE_OF[entity]}.created_by"):
        metrics += [
            _by_trace(frame, quality),
            _by_creator(frame, facts, quality),
            _by_batch(frame, facts, quality),
        ]
    if facts.has("deals.source_id") and facts.has(f"links.{entity}.deal"):
        metrics.append(_by_source(frame, facts, entity, quality))
    metrics.append(_by_hour(frame, quality))
    return Outcome(
        findings=FINDINGS.empty(),
        base=facts.n_live(entity),
        counted=later.height,
        metrics=tuple(metrics),
    )


def counted_by(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Count the cards and the later ones by `columns`, most later ones first."""
    rows = frame.group_by(columns).agg(cards=pl.len(), later=pl.col("is_later").sum())
    return rows.with_columns(
        share=share("later", "cards"), of_later=share(pl.col("later"), pl.col("later").sum())
    ).sort(["later", "cards", *columns], descending=[True, True, *(False for _ in columns)],
           nulls_last=True)  # fmt: skip


def _by_gap(later: pl.DataFrame, quality: Quality) -> Metric:
    names = [name for _, name in _GAPS] + [_LATER, _UNKNOWN]
    # As many limits as the gap has reached: its place in the list.
    place = pl.sum_horizontal((pl.col("gap") >= limit).cast(pl.Int64) for limit, _ in _GAPS)
    places = later.select(
        place=pl.when(pl.col("gap").is_null()).then(len(names) - 1).otherwise(place)
    ).cast(pl.Int64)
    found = places.group_by("place").agg(later=pl.len())
    rows = (
        pl.DataFrame({"gap": names})
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64))
        .join(found, on="place", how="left")
        .with_columns(pl.col("later").fill_null(0))
        .with_columns(of_later=share(pl.col("later"), pl.col("later").sum()))
        .sort("place")
    )
    return table(
        "later_cards_by_time",
        N_("Later cards by the time since the first one"),
        rows,
        Column("gap", N_("Since the first card"), "word"),
        *_COUNTS[:2],
        note=_NOTE,
        quality=quality,
        chart="bars",
        values=("later",),
    )


def _by_trace(frame: pl.DataFrame, quality: Quality) -> Metric:
    maker = pl.col("created_by")
    kind = (
        pl.when(maker.is_null()).then(pl.lit(_UNKNOWN))
        .when(maker == ROBOT).then(pl.lit(ROBOT_NAME))
        .otherwise(pl.lit(_PEOPLE))
    )  # fmt: skip
    return table(
        "later_cards_by_maker",
        N_("Later cards by who makes cards"),
        counted_by(frame.with_columns(maker=kind), "maker"),
        Column("maker", N_("Creator"), "word"),
        *_COUNTS,
        note=_NOTE,
        quality=quality,
        chart="bars",
        values=("later",),
    )


def _by_creator(frame: pl.DataFrame, facts: Facts, quality: Quality) -> Metric:
    people = frame.filter(pl.col("created_by").is_not_null() & (pl.col("created_by") != ROBOT))
    rows = counted_by(people, "created_by").filter(pl.col("later") > 0).head(_MOST)
    return table(
        "later_cards_by_employee",
        N_("Later cards by employee"),
        with_person(rows, facts, "created_by"),
        PERSON,
        TEAM,
        _COUNTS[0],
        *_COUNTS[2:],
        note=_NOTE,
        quality=quality,
        chart="bars",
        values=("later",),
    )


def _by_batch(frame: pl.DataFrame, facts: Facts, quality: Quality) -> Metric:
    made = bursts(
        frame,
        least=facts.option("DUP901", "least", int),
        within=timedelta(hours=1),
        who="created_by",
        at="created_at",
    )
    starts = made.with_columns(start=pl.col("created_at").min().over("burst"))
    rows = counted_by(starts, "burst", "start", "created_by")
    return table(
        "later_cards_by_import",
        N_("Later cards by import"),
        with_person(rows.filter(pl.col("later") > 0).head(_MOST_BATCHES), facts, "created_by"),
        Column("start", N_("Start"), "moment"),
        PERSON,
        _COUNTS[0],
        *_COUNTS[2:],
        note=_NOTE,
        quality=quality,
    )


def _by_source(frame: pl.DataFrame, facts: Facts, entity: str, quality: Quality) -> Metric:
    told = deals(facts).select("source_id", "created_at", deal_id="id")
    held = clients(facts).filter(pl.col("entity") == entity)
    known = held.join(told, on="deal_id", how="inner")
    oldest = pl.col("created_at").min().over("record_id")
    first = (
        known.filter(pl.col("created_at").eq_missing(oldest))
        .group_by("record_id")
        .agg(pl.col("source_id").min())
    )
    placed = frame.join(
        first.select("source_id", id="record_id", has_deal=pl.lit(value=True)), on="id", how="left"
    )
    named = with_name(placed, facts, "source_id", "sources", "source")
    source = pl.when(pl.col("has_deal")).then("source").otherwise(pl.lit(N_("no deal")))
    few = capped(named.with_columns(source=source), "source", _MOST)
    return table(
        "later_cards_by_source",
        N_("Later cards by the source of their first deal"),
        counted_by(few, "source"),
        Column("source", N_("Source"), "word"),
        *_COUNTS,
        note=_NOTE,
        quality=quality,
        chart="bars",
        values=("later",),
    )


def _by_hour(frame: pl.DataFrame, quality: Quality) -> Metric:
    rows = counted_by(frame.drop_nulls("hour"), "hour").sort("hour")
    return table(
        "later_cards_by_hour",
        N_("Later cards by hour of the day"),
        rows,
        Column("hour", N_("Hour"), "number"),
        *_COUNTS,
        note=_NOTE,
        quality=quality,
        chart="bars",
        values=("later",),
    )


register(
    Check(
        code="DUP901",
        severity="info",
        needs={
            "contact": ("contacts", "contacts.created_at", "channels"),
            "company": ("companies", "companies.created_at", "channels"),
        },
        repair="none",
        title=N_("Where duplicates come from"),
        definition=N_(
            "Live cards that came later than the first card of their duplicate group (a shared "
            "number or mailbox, or the match), by time since the first one, maker, import, source "
            "of the first deal and hour. Of all live cards."
        ),
        risk=N_("Duplicates that are merged grow again while their cause works."),
        advice=N_(
            "Within a minute: an integration that makes a card twice. One maker or source: its "
            "settings. An import: clean the file before it is loaded (crmclean scan FILE)."
        ),
        options=(
            Option("least", 50, N_("Fewer cards an hour may be typed by hand."), least=2, most=1e6),
        ),
        run=_causes,
    )
)

"""Duplicates among the cards: pairs, clusters and their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from dedupe.audit.matches import MatchCounts, count_links, count_matches
from dedupe.contracts import CARDS, CLUSTERS, Note
from dedupe.crm.tables.labels import settle_labels
from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.match import (
    Assignment,
    Evidence,
    Matched,
    build_records,
    clusters_frame,
    join_pairs,
    match_records,
    pairs_frame,
)
from dedupe.match.columns import Records
from dedupe.match.estimate import Labels
from dedupe.match.one_to_one import MARGIN
from dedupe.match.records import build_labels
from dedupe.normalize import (
    name_shares,
)

from .cards import Cards
from .values import ScanOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What matching found, of all entities."""

    matched: tuple[Matched, ...]
    pairs: pl.DataFrame
    clusters: pl.DataFrame
    counts: tuple[MatchCounts, ...]
    notes: tuple[Note, ...]


def match_cards(cards: Cards, options: ScanOptions) -> Found:
    """Match the cards of each entity, and cluster them."""
    judged: pl.DataFrame | None = None
    notes: tuple[Note, ...] = ()
    if options.labels is not None:
        judged, notes = settle_labels(options.labels, cards.cards, linked=cards.is_linked)
    if options.apart is not None and cards.is_linked:
        judged = _with_apart(judged, _between(options.apart, cards.cards))
    if judged is not None:
        judged = _unmerged_pairs(judged, cards)
    live = cards.unmerged(cards.cards)
    evidence = Evidence(
        cards=live if cards.is_linked else live.drop("side"),
        traits=cards.unmerged(cards.traits),
        values=cards.unmerged(cards.values),
        links=cards.joined("links"),
        fields=cards.unmerged(cards.fields),
        compare=options.compare,
        shares=name_shares(),
    )
    matched = []
    for entity in CARDS:
        records = build_records(evidence, str(entity))
        if records.n:
            labels = _labels(records, judged, options)
            matched.append(match_records(records, options.match, labels=labels))
    if cards.is_linked and not matched:
        raise _nothing_to_link(cards)
    pairs = join_pairs([pairs_frame(each, options.match.threshold) for each in matched])
    clusters = _clusters(cards, matched)
    return Found(
        matched=tuple(matched),
        pairs=pairs,
        clusters=clusters,
        counts=tuple(_match_counts(each, pairs, clusters, cards, options) for each in matched),
        notes=notes,
    )


def _between(apart: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of a card of each table, the first table's on the left.

    An id counts as the scan calls the card, which is unlike all ids of the other table: what was
    decided on two cards of one table must not part others that happen to have their numbers.
    """
    first, second = (
        cards.filter(pl.col("side") == side).select("entity", "record_id") for side in (0, 1)
    )
    turned = apart.rename({"left_id": "right_id", "right_id": "left_id"}).select(apart.columns)
    both = pl.concat([apart, turned])
    for end, side in (("left_id", first), ("right_id", second)):
        both = both.join(side.rename({"record_id": end}), on=["entity", end], how="semi")
    return both.unique(["entity", "left_id", "right_id"], keep="first", maintain_order=True)


def _with_apart(judged: pl.DataFrame | None, apart: pl.DataFrame) -> pl.DataFrame:
    """Return the judged pairs and those held apart; a pair that --labels judges is its own."""
    if judged is None:
        return apart
    new = apart.join(judged, on=["entity", "left_id", "right_id"], how="anti")
    return pl.concat([judged, new.select(judged.columns)])


def _unmerged_pairs(judged: pl.DataFrame, cards: Cards) -> pl.DataFrame:
    """Return the judged pairs but for those of which a card stands merged: they are settled."""
    for end in ("left_id", "right_id"):
        judged = cards.unmerged(judged.rename({end: "record_id"})).rename({"record_id": end})
    return judged


def _labels(records: Records, judged: pl.DataFrame | None, options: ScanOptions) -> Labels | None:
    if judged is None:
        return None
    return build_labels(records, judged, is_taught=options.is_taught)


def _nothing_to_link(cards: Cards) -> InputError:
    if cards.cards["side"].n_unique() < len(cards.accounts):
        return InputError(
            N_("one of the two tables has no contact and no company"),
            where="--against",
            fix=N_("check that both have rows, and say what these are with --entity"),
        )
    return InputError(
        N_("one table has contacts, the other companies"),
        where="--against",
        fix=N_("say what their rows are with --entity"),
    )


def _clusters(cards: Cards, matched: Sequence[Matched]) -> pl.DataFrame:
    facts_of = _survivor_facts(cards.joined("links"), cards.cards)
    parts = [clusters_frame(each, facts_of) for each in matched]
    clusters = pl.concat([CLUSTERS.empty(), *parts])
    if not cards.is_linked:
        return clusters
    # Of a link, the card of the other table is the one that stays: it is what is linked to.
    sides = cards.cards.select("entity", "record_id", survivor=pl.col("side") == 1)
    told = clusters.drop("survivor").join(
        sides, on=["entity", "record_id"], how="left", maintain_order="left"
    )
    return CLUSTERS.conform(told)


def _match_counts(
    matched: Matched,
    pairs: pl.DataFrame,
    clusters: pl.DataFrame,
    cards: Cards,
    options: ScanOptions,
) -> MatchCounts:
    entity, threshold = matched.records.entity, options.match.threshold
    counts = count_matches(
        entity,
        pairs,
        clusters,
        candidate_pairs=matched.scored.n_candidates,
        threshold=threshold,
    )
    if not cards.is_linked:
        return counts
    between = count_links(
        entity,
        pairs,
        clusters,
        cards.unmerged(cards.cards).filter(pl.col("side") == 0),
        threshold=threshold,
        margin=MARGIN,
        is_one_to_one=options.match.assignment is Assignment.ONE_TO_ONE,
    )
    return replace(counts, between=between)


def _survivor_facts(links: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    deals = links.lazy().filter(pl.col("to_entity") == "deal")
    n_deals = deals.group_by(entity="from_entity", record_id="from_id").agg(n_deals=pl.len())
    return (
        cards.lazy()
        .select("entity", "record_id", "created_at")
        .join(n_deals, on=["entity", "record_id"], how="left")
        .with_columns(pl.col("n_deals").fill_null(0))
        .collect()
    )

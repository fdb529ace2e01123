"""Which cards are to be merged, before any look into them: chains of pairs that may be joined.

A pair joins two cards where the match put both into one automatic cluster and the pair is strong
by itself, or where a person accepted it. Chains are followed to their end: whatever a card is
joined with is one group, so a survivor is nobody's loser. A group with a rejected pair in it is
left to people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import polars as pl

from dedupe.decisions.values import Golden as ToldValue

from .cards import id_key
from .inputs import Decisions, PlanInputs

_ENTITIES = ("contact", "company")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Cards of one entity to be merged; `score` is the probability of the weakest pair.

    `survivor` and `values` are what a reviewer chose, where one did.
    """

    entity: str
    ids: tuple[str, ...]
    is_accepted: bool = False
    score: float | None = None
    survivor: str = ""
    values: Mapping[str, ToldValue] = field(default_factory=dict)


def merge_candidates(
    inputs: PlanInputs, decisions: Decisions, left_out: Counter[str]
) -> list[Candidate]:
    """Return the candidates in order of kind and id; count in `left_out` what is not one."""
    found: list[Candidate] = []
    for entity in _ENTITIES:
        found += _of_entity(inputs, decisions, entity, left_out)
    planned = {(each.entity, id_) for each in found for id_ in each.ids}
    left_out["review"] += _n_unplanned(inputs.clusters, planned)
    return found


def _of_entity(
    inputs: PlanInputs, decisions: Decisions, entity: str, left_out: Counter[str]
) -> list[Candidate]:
    strong = _automatic_pairs(inputs, entity)
    accepted = decisions.accepted_pairs(entity)
    rejected = decisions.rejected_pairs(entity)
    links = [pair for pair in (*strong, *accepted) if pair not in rejected]
    by_hand = {id_ for pair in accepted for id_ in pair}
    scores = strong | _scores(inputs.pairs, entity, accepted)
    group_scores: dict[str, list[float]] = {}
    label = components(links)
    for pair in links:
        if pair in scores:
            group_scores.setdefault(label[pair[0]], []).append(scores[pair])
    found = []
    for first, ids in grouped(label).items():
        if any(tuple(pair) in rejected for pair in combinations(ids, 2)):
            left_out["rejected"] += 1
            continue
        survivor, values = decisions.chosen(entity, ids)
        found.append(
            Candidate(
                entity=entity,
                ids=ids,
                is_accepted=not by_hand.isdisjoint(ids),
                score=min(group_scores.get(first, []), default=None),
                survivor=survivor,
                values=values,
            )
        )
    return found


def components(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return of each linked id the smallest one it is chained to."""
    parent: dict[str, str] = {}

    def root(id_: str) -> str:
        parent.setdefault(id_, id_)
        while parent[id_] != id_:
            parent[id_] = parent[parent[id_]]
            id_ = parent[id_]
        return id_

    for one, other in links:
        small, large = sorted((root(one), root(other)), key=id_key)
        parent[large] = small
    return {id_: root(id_) for id_ in list(parent)}


def grouped(label: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of each component by its smallest one, all in order."""
    groups: dict[str, list[str]] = {}
    for id_ in sorted(label, key=id_key):
        groups.setdefault(label[id_], []).append(id_)
    return {first: tuple(groups[first]) for first in sorted(groups, key=id_key)}


def _automatic_pairs(inputs: PlanInputs, entity: str) -> dict[tuple[str, str], float]:
    """Return the pairs that are strong by themselves inside the automatic part of a cluster."""
    auto = inputs.clusters.filter((pl.col("entity") == entity) & (pl.col("tier") == "auto"))
    own = auto.select("record_id", "cluster_id")
    pairs = inputs.pairs.filter((pl.col("entity") == entity) & (pl.col("tier") == "auto"))
    inside = (
        pairs.select("left_id", "right_id", "probability")
        .join(own.rename({"record_id": "left_id", "cluster_id": "left"}), on="left_id")
        .join(own.rename({"record_id": "right_id", "cluster_id": "right"}), on="right_id")
        .filter(pl.col("left") == pl.col("right"))
    )
    return {
        _ordered(left, right): probability
        for left, right, probability in inside.select(
            "left_id", "right_id", "probability"
        ).iter_rows()
    }


def _scores(
    pairs: pl.DataFrame, entity: str, wanted: list[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    ids = pl.Series([id_ for pair in wanted for id_ in pair], dtype=pl.String).unique()
    near = pairs.filter(
        (pl.col("entity") == entity)
        & pl.col("left_id").is_in(ids.implode())
        & pl.col("right_id").is_in(ids.implode())
    )
    told = {
        _ordered(left, right): probability
        for left, right, probability in near.select(
            "left_id", "right_id", "probability"
        ).iter_rows()
    }
    return {pair: told[pair] for pair in wanted if pair in told}


def _n_unplanned(clusters: pl.DataFrame, planned: set[tuple[str, str]]) -> int:
    """Count the clusters with cards that no candidate has: they wait for a person."""
    known = pl.DataFrame(
        sorted(planned), schema={"entity": pl.String, "record_id": pl.String}, orient="row"
    )
    rest = clusters.join(known, on=["entity", "record_id"], how="anti")
    return rest.select("entity", "cluster_id").n_unique() if rest.height else 0


def _ordered(one: str, other: str) -> tuple[str, str]:
    small, large = sorted((one, other), key=id_key)
    return small, large

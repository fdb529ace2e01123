"""What holds of a log of decisions: undone ones out, and of two that contradict the later one.

A pair that was held to be one and later to be two is two, and the group it stood in is open again:
which side its other cards are on nobody has said. A pair that was two and stands in a later group
is one. Each time the earlier decision is told in `contradictions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from dedupe.contracts import FLAG, TEXT

from .values import Decision, Golden, Pair, Spot, ordered_pair, pairs_among

LEAST_TAUGHT = 25  # judged pairs of either kind from which the match learns from them
_CHAINED = 20  # cards of a group from which its pairs are told as a chain
JUDGED = pl.Schema({"left_id": TEXT, "right_id": TEXT, "is_match": FLAG, "entity": TEXT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SameGroup:
    """Records that are one thing, as one decision says it."""

    entity: str
    ids: tuple[str, ...]
    survivor: str = ""
    values: Mapping[str, Golden] = field(default_factory=dict)
    decision: str = ""

    def told_pairs(self) -> list[Pair]:
        """Return the pairs that hold the group together: all of them, of a large one a chain."""
        if len(self.ids) <= _CHAINED:
            return sorted(pairs_among(self.ids))
        first, *rest = self.ids
        return [ordered_pair(first, other) for other in rest]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A decision that a later one has overruled, in whole or in part."""

    overruled: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What holds: groups, pairs held apart by (entity, pair), verdicts on findings, what waits.

    `different` gives the decision that holds the pair apart; `values` have (code, entity, record)
    for key, `proposals` a text of a card (`Decision.spot`) for key, the latest alone, put-off ones
    among them; `skipped` are the sets of ids that were put off. `alive` are the decisions that no
    undo names, oldest first.
    """

    groups: tuple[SameGroup, ...] = ()
    different: Mapping[tuple[str, Pair], str] = field(default_factory=dict)
    values: Mapping[tuple[str, str, str], Decision] = field(default_factory=dict)
    proposals: Mapping[Spot, Decision] = field(default_factory=dict)
    skipped: Mapping[tuple[str, frozenset[str]], str] = field(default_factory=dict)
    contradictions: tuple[Contradiction, ...] = ()
    alive: tuple[Decision, ...] = ()

    def labels(self) -> pl.DataFrame:
        """Return the judged pairs as the match takes them; large groups as chains."""
        rows = [
            (one, other, True, group.entity)
            for group in self.groups
            for one, other in group.told_pairs()
        ]
        rows += [(one, other, False, entity) for entity, (one, other) in self.different]
        return pl.DataFrame(sorted(rows), schema=JUDGED, orient="row")

    def teaches(self) -> bool:
        """Tell whether there are enough judged pairs of both kinds to learn from."""
        told = self.labels()["is_match"]
        return min(int(told.sum()), int((~told).sum())) >= LEAST_TAUGHT


def settle(decisions: Iterable[Decision]) -> Settled:
    """Return what holds of `decisions`, in whatever order they come."""
    alive = alive_of(decisions)
    state = Standing()
    for each in alive:
        state.take(each)
    return Settled(
        groups=tuple(state.groups.values()),
        different=state.different,
        values=state.values,
        proposals=state.proposals,
        skipped=state.skipped,
        contradictions=tuple(state.contradictions),
        alive=tuple(alive),
    )


def alive_of(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that no living undo names, oldest first; an undo can be undone."""
    ordered = sorted(decisions, key=lambda each: each.order)
    undone: set[str] = set()
    kept: list[Decision] = []
    for each in reversed(ordered):
        if each.id in undone or (each.batch and each.batch in undone):
            continue
        if each.kind == "undo":
            undone.add(each.of)
        else:
            kept.append(each)
    return kept[::-1]


class Standing:
    """What holds so far, while decisions are taken in, oldest first; `settle` of one at a time."""

    def __init__(self) -> None:
        self.groups: dict[str, SameGroup] = {}
        self.different: dict[tuple[str, Pair], str] = {}
        self.values: dict[tuple[str, str, str], Decision] = {}
        self.proposals: dict[Spot, Decision] = {}
        self.skipped: dict[tuple[str, frozenset[str]], str] = {}
        self.contradictions: list[Contradiction] = []
        self._groups_of: dict[tuple[str, str], set[str]] = {}

    def groups_of(self, entity: str, id_: str) -> set[str]:
        """Return the decisions that hold this record to be one with others."""
        return self._groups_of.get((entity, id_), set())

    def take(self, decision: Decision) -> None:
        """Take one more decision in, which is later than all before it, and no undo."""
        if decision.kind == "value":
            key = (decision.code, decision.entity, decision.record_id)
            self.values[key] = decision
        elif decision.kind == "proposal":
            self.proposals[decision.spot] = decision
        elif decision.kind == "skip":
            self.skipped[decision.entity, frozenset(decision.ids)] = decision.id
        else:
            self._hold_apart(decision)
            if decision.kind == "same":
                self._join(decision)

    def _hold_apart(self, decision: Decision) -> None:
        for pair in sorted(decision.different_pairs()):
            both = [self._groups_of.get((decision.entity, id_), set()) for id_ in pair]
            for group in sorted(both[0] & both[1]):
                self._open(group)
                self.contradictions.append(Contradiction(group, decision.id))
            self.different[decision.entity, pair] = decision.id

    def _join(self, decision: Decision) -> None:
        overruled = {
            earlier
            for pair in pairs_among(decision.ids)
            if (earlier := self.different.pop((decision.entity, pair), None)) is not None
        }
        self.contradictions += [Contradiction(each, decision.id) for each in sorted(overruled)]
        own = set(decision.ids)
        touched = {g for id_ in own for g in self._groups_of.get((decision.entity, id_), ())}
        for group in sorted(touched):
            if set(self.groups[group].ids) <= own:  # said again, or said wider
                self._open(group)
        self.groups[decision.id] = SameGroup(
            entity=decision.entity,
            ids=decision.ids,
            survivor=decision.survivor,
            values=decision.values,
            decision=decision.id,
        )
        for id_ in own:
            self._groups_of.setdefault((decision.entity, id_), set()).add(decision.id)

    def _open(self, group: str) -> None:
        gone = self.groups.pop(group)
        for id_ in gone.ids:
            self._groups_of[gone.entity, id_].discard(group)

"""A blind sample of clusters: drawn by a seed, judged without scores, counted as precision.

A cluster's place is the hash of the seed and its smallest id, and the first n of its tier are
drawn, so that the same scan and seed give the same sample whatever the order of the rows. Both
tiers are drawn in halves and gone through mixed; a group is right where the reviewer left it one,
wrong where it was rejected, split or a card dropped, and not counted where it was put off.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from dedupe.audit.frames.wilson import wilson

from .deck import Deck, Sample
from .queue import SHARED, Queue
from .states import DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The share of right clusters of one tier, with its 95 % Wilson interval; of n judged."""

    tier: str
    right: int
    n: int
    waiting: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """Return right / n; None where nothing was judged."""
        return self.right / self.n if self.n else None


def draw_sample(queue: Queue, n: int, seed: int) -> Sample:
    """Return `n` clusters, half of either tier as far as there are so many."""
    firsts = queue.cards.group_by("g", maintain_order=True).agg(pl.first("entity", "record_id"))
    place = {g: _place(seed, entity, id_) for g, entity, id_ in firsts.iter_rows()}
    tiers = queue.groups.filter(pl.col("tier") != SHARED).select("tier", "g")
    by_tier: dict[str, list[int]] = {"auto": [], "review": []}
    for tier, g in tiers.iter_rows():
        by_tier[tier].append(g)
    ordered = {tier: sorted(own, key=place.__getitem__) for tier, own in by_tier.items()}
    half = n // 2
    n_auto = min(len(ordered["auto"]), max(n - half, n - len(ordered["review"])))
    drawn = ordered["auto"][:n_auto] + ordered["review"][: n - n_auto]
    return Sample(seed=seed, groups=tuple(sorted(drawn, key=place.__getitem__)))


def measured(deck: Deck) -> list[Precision]:
    """Return the precision of each tier in the deck's sample, as far as it is judged."""
    found = []
    for tier in ("auto", "review"):
        own = [g for g in (deck.sample.groups if deck.sample else ()) if deck.head(g).tier == tier]
        judged = [deck.verdict(g) for g in own if deck.state(g) == DONE]
        right = judged.count("same")
        low, high = wilson(right, len(judged))
        found.append(
            Precision(
                tier=tier,
                right=right,
                n=len(judged),
                waiting=len(own) - len(judged),
                low=low,
                high=high,
            )
        )
    return [each for each in found if each.n or each.waiting]


def _place(seed: int, entity: str, id_: str) -> str:
    return hashlib.sha256(f"{seed}\n{entity}\n{id_}".encode()).hexdigest()

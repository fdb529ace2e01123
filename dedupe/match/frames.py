"""What matching found, as frames: PAIRS with levels and weights, and CLUSTERS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dedupe.contracts import CLUSTERS, PAIRS

from .engine import Matched
from .exact import id_order
from .model import probability
from .predict import Scored

LISTED = 0.01  # pairs below this probability are no longer worth a line


def pairs_frame(matched: Matched) -> pl.DataFrame:
    """Return the pairs of one entity: PAIRS, then g_* (levels, int8) and w_* (bits, float32).

    A comparison that was not observed is -1 and null. `tier` is auto where the pair alone is enough
    and its cluster agrees, review from even odds on, reject below.
    """
    weights = matched.weights
    chance = probability(weights)
    keep = np.flatnonzero(chance >= LISTED)
    scored = matched.scored.only(keep)
    ids, label = matched.records.ids, matched.label
    together = label[scored.left] == label[scored.right]
    is_auto = matched.strong[keep] & together & matched.is_auto[scored.left]
    is_auto &= matched.is_auto[scored.right]
    tier = np.where(is_auto, "auto", np.where(chance[keep] >= 0.5, "review", "reject"))
    frame = pl.DataFrame(
        {
            "entity": pl.Series([matched.records.entity], dtype=pl.String).new_from_index(
                0, len(keep)
            ),
            "left_id": ids.gather(scored.left),
            "right_id": ids.gather(scored.right),
            "weight": weights[keep],
            "probability": chance[keep],
            "tier": pl.Series(tier, dtype=pl.String),
        }
    )
    return frame.with_columns(*_level_columns(matched, scored))


def _level_columns(matched: Matched, scored: Scored) -> list[pl.Series]:
    scorer, model = matched.scorer, matched.model
    contexts = scorer.contexts(scored.levels)
    tables = model.tables()
    levels, weights = [], []
    for at, comparison in enumerate(model.comparisons):
        own = scored.levels[at]
        bits = np.where(own >= 0, tables[contexts, at, np.maximum(own, 0)], np.float32(np.nan))
        rarity = scorer.rarity(at, scored.levels, contexts, scored.left, scored.right)
        if rarity is not None:
            bits = bits + rarity
        levels.append(pl.Series(comparison.key, own))
        weights.append(pl.Series(f"w_{comparison.name}", bits, dtype=pl.Float32).fill_nan(None))
    return [*levels, *weights]


def join_pairs(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Join the pairs of several entities: a comparison that one lacks is null there."""
    if not frames:
        return PAIRS.empty()
    joined = pl.concat(frames, how="diagonal")
    own = PAIRS.schema.names()
    PAIRS.check(joined.select(own))
    rest = [name for name in joined.columns if name not in own]
    return joined.select(
        *own, *sorted(n for n in rest if n[0] == "g"), *sorted(n for n in rest if n[0] == "w")
    )


def clusters_frame(matched: Matched, cards: pl.DataFrame) -> pl.DataFrame:
    """Return CLUSTERS of one entity, of two records and more.

    `cards` has entity, record_id, n_deals and created_at. The survivor is of the part that is auto,
    where there is one; it has the most deals, then is the oldest, then has the smallest id.
    The cluster's id is its smallest record id.
    """
    ids = matched.records.ids
    clusters = (
        pl.DataFrame(
            {
                "entity": pl.Series([matched.records.entity], dtype=pl.String).new_from_index(
                    0, len(ids)
                ),
                "cluster_id": ids.gather(matched.label),
                "record_id": ids,
                "is_auto": matched.is_auto,
            }
        )
        .filter(pl.len().over("cluster_id") > 1)
        .join(cards, on=["entity", "record_id"], how="left")
    )
    survivors = (
        clusters.sort(
            "cluster_id",
            "is_auto",
            "n_deals",
            "created_at",
            *id_order("record_id"),
            descending=[False, True, True, False, False, False],
            nulls_last=True,
        )
        .unique("cluster_id", keep="first", maintain_order=True)
        .select("cluster_id", survivor_id="record_id")
    )
    tier = pl.when("is_auto").then(pl.lit("auto")).otherwise(pl.lit("review"))
    return CLUSTERS.check(
        clusters.join(survivors, on="cluster_id")
        .with_columns(survivor=pl.col("record_id") == pl.col("survivor_id"), tier=tier)
        .sort(*id_order("cluster_id"), *id_order("record_id"))
        .select(CLUSTERS.schema.names())
    )

"""What matching found, as frames: PAIRS with levels and weights, and CLUSTERS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.contracts import CLUSTERS, PAIRS

from .columns import Records
from .engine import Matched
from .exact import id_order
from .model import probability
from .predict import Scored

LISTED = 0.01  # pairs below this probability are no longer worth a line


def pairs_frame(matched: Matched, threshold: float = 0.0) -> pl.DataFrame:
    """Return the pairs of one entity: PAIRS, then g_* (levels, int8) and w_* (bits, float32).

    A comparison that was not observed is -1 and null. `tier` is auto where the pair alone is enough
    and its cluster agrees, review from `threshold` (bits) on, reject below.
    """
    weights = matched.weights
    chance = probability(weights)
    keep = np.flatnonzero(chance >= LISTED)
    scored = matched.scored.only(keep)
    ids, label = matched.records.ids, matched.label
    together = label[scored.left] == label[scored.right]
    is_auto = matched.strong[keep] & together & matched.is_auto[scored.left]
    is_auto &= matched.is_auto[scored.right]
    tier = np.where(is_auto, "auto", np.where(weights[keep] >= threshold, "review", "reject"))
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
    records, label = matched.records, matched.label
    rows = np.flatnonzero(np.bincount(label, minlength=records.n)[label] > 1)
    place = _places(records)
    own = pl.DataFrame(
        {
            "record_id": records.ids.gather(rows),
            "place": place[rows],
            "cluster": place[label[rows]],
            "cluster_id": records.ids.gather(label[rows]),
            "is_auto": matched.is_auto[rows],
        }
    )
    facts = cards.lazy().filter(pl.col("entity") == records.entity)
    told = facts.select("record_id", "n_deals", "created_at")
    first = ["is_auto", "n_deals", "created_at", "place"]
    tier = pl.when("is_auto").then(pl.lit("auto")).otherwise(pl.lit("review"))
    return CLUSTERS.check(
        own.lazy()
        .join(told, on="record_id", how="left")
        .sort("cluster", *first, descending=[False, True, True, False, False], nulls_last=True)
        .with_columns(
            entity=pl.lit(records.entity),
            survivor=(pl.col("cluster") != pl.col("cluster").shift()).fill_null(True),
            tier=tier,
        )
        .sort("cluster", "place")
        .select(CLUSTERS.schema.names())
        .collect()
    )


def _places(records: Records) -> npt.NDArray[np.uint32]:
    """Return each record's place in id order; of two tables, rows are in order inside each."""
    if not records.side_end:
        return np.arange(records.n, dtype=np.uint32)
    order = records.ids.to_frame("id").with_row_index().sort(id_order("id"))["index"].to_numpy()
    place = np.empty(records.n, dtype=np.uint32)
    place[order] = np.arange(records.n, dtype=np.uint32)
    return place

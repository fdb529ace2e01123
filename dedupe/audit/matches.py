"""What matching found, in numbers: by entity, for the summary and for people.

Counted from the frames that the scan writes, PAIRS and CLUSTERS, so the numbers can be had
again from the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCounts:
    """Cards of the first of two tables, by what became of them.

    `linked` have a counterpart; of these, `ambiguous` have another one that is nearly as likely.
    """

    linked: int
    ambiguous: int
    unlinked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCounts:
    """Pairs and clusters of one entity.

    `pairs` are the listed ones, `links` those that hold clusters together. A cluster is `auto`
    where all of its cards are, else for `review`. `between` is of two linked tables.
    """

    entity: str
    candidate_pairs: int
    pairs: int
    links: int
    auto: int
    review: int
    between: LinkCounts | None = None


def count_matches(
    entity: str,
    pairs: pl.DataFrame,
    clusters: pl.DataFrame,
    *,
    candidate_pairs: int,
    threshold: float,
) -> MatchCounts:
    """Count one entity's pairs and clusters; `threshold` is the weight of a link, in bits."""
    own = _placed(entity, pairs, clusters)
    tiers = clusters.filter(pl.col("entity") == entity).group_by("cluster_id")
    is_auto = tiers.agg(is_auto=(pl.col("tier") == "auto").all())["is_auto"]
    n_auto = int(is_auto.sum())
    return MatchCounts(
        entity=entity,
        candidate_pairs=candidate_pairs,
        pairs=own.height,
        links=own.filter(pl.col("is_inside") & (pl.col("weight") >= threshold)).height,
        auto=n_auto,
        review=len(is_auto) - n_auto,
    )


def count_links(
    entity: str,
    pairs: pl.DataFrame,
    clusters: pl.DataFrame,
    cards: pl.DataFrame,
    *,
    threshold: float,
    margin: float,
    is_one_to_one: bool,
) -> LinkCounts:
    """Count the cards of the first of two tables; `cards` has their entity and record_id.

    A link is ambiguous where a pair that was not kept is within `margin` bits of it.
    """
    own = cards.filter(pl.col("entity") == entity).select("entity", "record_id")
    n_linked = own.join(clusters, on=["entity", "record_id"], how="semi").height
    placed = _placed(entity, pairs, clusters)
    kept = placed.filter("is_inside")
    ends = ("left_id", "right_id") if is_one_to_one else ("left_id",)
    rivals = placed.filter(~pl.col("is_inside") & (pl.col("weight") >= threshold))
    for end in ends:
        best = kept.group_by(end).agg(best=pl.col("weight").max())
        near = rivals.join(best, on=end, how="left")
        # A record that is linked to nothing would take any counterpart.
        is_near = pl.col("best").is_null() | (pl.col("weight") >= pl.col("best") - margin)
        rivals = near.filter(is_near).drop("best")
    touched = pl.any_horizontal(pl.col(end).is_in(rivals[end].implode()) for end in ends)
    return LinkCounts(
        linked=n_linked,
        ambiguous=kept.filter(touched)["left_id"].n_unique(),
        unlinked=own.height - n_linked,
    )


def match_document(counts: Sequence[MatchCounts]) -> dict[str, object]:
    """Return the sums over the entities, as plain JSON values."""
    document: dict[str, object] = {
        "candidate_pairs": sum(each.candidate_pairs for each in counts),
        "pairs": sum(each.pairs for each in counts),
        "links": sum(each.links for each in counts),
        "clusters": {
            "auto": sum(each.auto for each in counts),
            "review": sum(each.review for each in counts),
        },
    }
    between = [each.between for each in counts if each.between is not None]
    if between:
        document["against"] = {
            "linked": sum(each.linked for each in between),
            "ambiguous": sum(each.ambiguous for each in between),
            "unlinked": sum(each.unlinked for each in between),
        }
    return document


def _placed(entity: str, pairs: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Return left_id, right_id, weight of one entity's pairs, and whether a cluster has both."""
    of = clusters.filter(pl.col("entity") == entity)
    own = pairs.filter(pl.col("entity") == entity).select("left_id", "right_id", "weight")
    for end in ("left", "right"):
        place = of.select(pl.col("record_id").alias(f"{end}_id"), pl.col("cluster_id").alias(end))
        own = own.join(place, on=f"{end}_id", how="left", maintain_order="left")
    is_inside = (pl.col("left") == pl.col("right")).fill_null(value=False)
    return own.with_columns(is_inside=is_inside).drop("left", "right")

"""Counts of pairs, clusters and links, from the frames that a scan writes."""

from __future__ import annotations

import polars as pl

from dedupe.audit.matches import LinkCounts, count_links, count_matches
from dedupe.contracts import CLUSTERS, PAIRS


def pairs(*rows: tuple[str, str, float]) -> pl.DataFrame:
    left, right, weight = zip(*rows, strict=True)
    told = {"left_id": left, "right_id": right, "weight": weight}
    return PAIRS.conform(pl.DataFrame(told).with_columns(entity=pl.lit("contact")))


def clusters(*rows: tuple[str, str, str], entity: str = "contact") -> pl.DataFrame:
    cluster, record, tier = zip(*rows, strict=True)
    told = {"cluster_id": cluster, "record_id": record, "tier": tier}
    return CLUSTERS.conform(pl.DataFrame(told).with_columns(entity=pl.lit(entity)))


def test_a_cluster_is_auto_only_where_all_of_its_cards_are() -> None:
    found = clusters(
        ("1", "1", "auto"),
        ("1", "2", "auto"),
        ("3", "3", "auto"),
        ("3", "4", "auto"),
        ("3", "5", "review"),
    )
    listed = pairs(("1", "2", 12.0), ("3", "4", 9.0), ("4", "5", -1.0), ("2", "3", 3.0))
    others = clusters(("1", "1", "review"), ("1", "9", "review"), entity="company")
    counts = count_matches(
        "contact", listed, pl.concat([found, others]), candidate_pairs=40, threshold=0.0
    )
    assert (counts.auto, counts.review) == (1, 1)
    assert (counts.candidate_pairs, counts.pairs) == (40, 4)
    # 4-5 is below the threshold, 2-3 joins no cluster.
    assert counts.links == 2


CARDS = pl.DataFrame({"entity": ["contact"] * 4, "record_id": ["1", "2", "3", "4"]})


def links(listed: pl.DataFrame, found: pl.DataFrame, *, is_one_to_one: bool) -> LinkCounts:
    return count_links(
        "contact",
        listed,
        found,
        CARDS,
        threshold=0.0,
        margin=3.0,
        is_one_to_one=is_one_to_one,
    )


def test_a_link_with_a_near_rival_is_ambiguous() -> None:
    found = clusters(*((i, j, "auto") for i in "123" for j in (i, f"b{i}")))
    listed = pairs(
        ("1", "b1", 10.0),
        ("1", "b2", 8.0),  # within three bits
        ("2", "b2", 12.0),
        ("2", "b3", 8.0),  # not within
        ("3", "b3", 2.0),
        ("3", "b1", -0.5),  # below the threshold
        ("4", "b3", 1.0),
    )
    assert links(listed, found, is_one_to_one=False) == LinkCounts(
        linked=3, ambiguous=1, unlinked=1
    )
    # One to one, b2 is far surer of 2, but 4 is without any and would take b3 as well.
    assert links(listed, found, is_one_to_one=True) == LinkCounts(linked=3, ambiguous=1, unlinked=1)
    assert links(listed.head(3), found, is_one_to_one=True).ambiguous == 0

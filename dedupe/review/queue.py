"""The groups to decide on, from a scan's frames: one row a group, one row a card of a group.

Clusters come from the match; beside them stand the cards that share a number and that the match
left apart (DUP101). Groups are numbered by kind and smallest id, so a number means the same
whatever the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dedupe.contracts import Account

MAX_CARDS = 40  # side by side; larger groups are for the check's own list
SHARED = "shared"
_EVEN = 0.5  # the probability at the threshold of a link
_GROUP_ID = ["entity", "kind", "group"]
_CARD_KEY = ["entity", "record_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The frames of the review.

    `groups`: g, entity, tier (auto, review, shared), n, probability (of the weakest pair),
    doubt (how far the nearest pair is from even odds; null: not compared), money (of open deals;
    null: none), alike (groups of one number show the same reasons). `cards`: g, entity, record_id
    by g and id. `pairs`: g and the rows of pairs.parquet inside a group, by g. `n_too_large`
    groups have more than MAX_CARDS cards and are left out.
    """

    groups: pl.DataFrame
    cards: pl.DataFrame
    pairs: pl.DataFrame
    n_too_large: int = 0


def build_queue(
    account: Account, clusters: pl.DataFrame, pairs: pl.DataFrame, findings: pl.DataFrame
) -> Queue:
    """Return the groups of a scan, in order of kind and smallest id."""
    members = pl.concat([_clustered(clusters), _sharing(findings, clusters)])
    members = members.unique([*_GROUP_ID, "record_id"]).with_columns(n=pl.len().over(_GROUP_ID))
    members = members.filter(pl.col("n") > 1)
    n_too_large = members.filter(pl.col("n") > MAX_CARDS).select(_GROUP_ID).n_unique()
    members = members.filter(pl.col("n") <= MAX_CARDS)
    cards, groups = _numbered(members)
    inside = _inside(cards, pairs)
    groups = (
        groups.join(_told(inside), on="g", how="left", maintain_order="left")
        .join(_money(account, cards), on="g", how="left", maintain_order="left")
        .with_columns(alike=_alike())
        .drop("reasons")
    )
    return Queue(groups=groups, cards=cards, pairs=inside, n_too_large=n_too_large)


def _clustered(clusters: pl.DataFrame) -> pl.DataFrame:
    key = ["entity", "cluster_id"]
    tier = pl.when((pl.col("tier") == "auto").all().over(key)).then(pl.lit("auto"))
    return clusters.select(
        "entity",
        "record_id",
        kind=pl.lit("cluster"),
        group=pl.col("cluster_id"),
        tier=tier.otherwise(pl.lit("review")),
    )


def _sharing(findings: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Return the cards that share a number across clusters, by the group of their finding."""
    found = findings.filter((pl.col("code") == "DUP101") & pl.col("group").is_not_null())
    own = clusters.select(*_CARD_KEY, "cluster_id")
    key = ["entity", "group"]
    apart = (
        found.select(*_CARD_KEY, "group")
        .unique()
        .join(own, on=_CARD_KEY, how="left", maintain_order="left")
        .with_columns(person=pl.coalesce("cluster_id", "record_id"))
        .filter(pl.col("person").n_unique().over(key) > 1)
    )
    return apart.select(
        "entity", "record_id", kind=pl.lit(SHARED), group=pl.col("group"), tier=pl.lit(SHARED)
    )


def _numbered(members: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    length = pl.col("record_id").str.len_bytes()
    ordered = members.sort("entity", length, "record_id")
    groups = (
        ordered.group_by(_GROUP_ID, maintain_order=True)
        .agg(pl.first("tier"), pl.first("n").cast(pl.UInt32), first=pl.first("record_id"))
        .sort("entity", "kind", pl.col("first").str.len_bytes(), "first")
        .with_row_index("g")
    )
    cards = ordered.join(groups.select("g", *_GROUP_ID), on=_GROUP_ID).sort(
        "g", length, "record_id"
    )
    return cards.select("g", *_CARD_KEY), groups.select("g", "entity", "tier", "n")


def _inside(cards: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    left = cards.rename({"record_id": "left_id"})
    right = cards.rename({"record_id": "right_id"})
    found = pairs.join(left, on=["entity", "left_id"]).join(right, on=["entity", "right_id", "g"])
    return found.sort("g", "left_id", "right_id")


def _told(inside: pl.DataFrame) -> pl.DataFrame:
    levels = sorted(name for name in inside.columns if name.startswith("g_"))
    reason = pl.concat_str([pl.col(n).cast(pl.String).fill_null("-") for n in levels] or pl.lit(""))
    return inside.group_by("g").agg(
        probability=pl.col("probability").min(),
        doubt=(pl.col("probability") - _EVEN).abs().min(),
        reasons=reason.sort().str.join("|"),
    )


def _alike() -> pl.Expr:
    told = pl.concat_str(
        "entity", "tier", pl.col("n").cast(pl.String), pl.col("reasons").fill_null("?"),
        separator=" ",
    )  # fmt: skip
    return told.rank("dense").cast(pl.UInt32)


def _money(account: Account, cards: pl.DataFrame) -> pl.DataFrame:
    """Return the sum of the open deals of each group, each deal once."""
    deals = account.frame("deals").filter(
        (pl.col("state") == "open") & ~pl.col("is_deleted").fill_null(value=False)
    )
    links = account.frame("links").filter(pl.col("to_entity") == "deal")
    own = links.select(entity="from_entity", record_id="from_id", id="to_id").drop_nulls()
    held = own.join(cards, on=_CARD_KEY).select("g", "id").unique()
    prices = held.join(deals.select("id", "price").drop_nulls(), on="id")
    return prices.group_by("g").agg(money=pl.col("price").sum())

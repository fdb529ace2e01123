"""Clusters of records from links: every component is looked at as a whole before it is believed.

Input: `Links`, the scored candidate pairs of one entity over dense rows 0 to n - 1, and a
function that scores any other pair. Output: `Clustered`, arrays by row. Nothing depends
on the order of the links or on how many pairs are scored at a time.

Links above the threshold make components. Those of more than two records are scored whole
and cut where the mean vote of the pairs between two parts is not above `stop`: a chain of
namesakes (A and B share a phone, B and C a name, A and C nothing) falls apart, and cards
that were never candidates of each other stay together. `votes` says what a pair's vote
is, `components` how components are cut.

A cluster's tier is auto when strong links alone connect it, no inner pair contradicts, it is
not too large, and nothing that was cut from it had a hard conflict with it or a strong link.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from dedupe.kernels.unionfind import component_labels

from .components import Found, ScoredLinks, look_at_components
from .votes import Flags, LinkSettings, Rows, ScorePairs, Weights, pair_votes

__all__ = ["Clustered", "LinkSettings", "Links", "Reason", "ScorePairs", "build_record_clusters"]


class Reason(IntFlag):
    """Why a cluster was cut from its component, or is for review although strong links hold it."""

    NONE = 0
    CONFLICT = 1  # a hard conflict with a record that it would else be one with
    WEAK_LINK = 2  # a link was cut, or an inner pair contradicts
    SIZE = 4  # too large, or cut out of a component too large to be looked at as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Scored candidate pairs, each once: rows `left` < `right`.

    `weight`: bits, with the prior; `strong`: the pair alone satisfies the rule of the tier
    auto; `conflict`: it has a hard conflict; `against`: evidence against in bits, 0 or less,
    as a `ScorePairs` tells it, or None.
    """

    left: Rows
    right: Rows
    weight: Weights
    strong: Flags
    conflict: Flags
    against: Weights | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """Clusters by row: `label` is the smallest row; a record alone is its own.

    `weakest` is the least weight that holds the cluster together, NaN for a record alone;
    `reasons` holds flags of `Reason`, the same for all records of a cluster.
    """

    label: Rows
    is_auto: Flags
    weakest: Weights
    reasons: npt.NDArray[np.uint8]


def build_record_clusters(
    links: Links, n: int, threshold: float, score: ScorePairs, settings: LinkSettings
) -> Clustered:
    """Cluster `n` records by their links of at least `threshold` bits; see the module.

    `score` is called with pairs inside components that no link tells of, at most
    `max_pairs` at a time. Raises ValueError where rows are out of bounds or a pair comes twice.
    """
    links = _ordered(links, n)
    votes = pair_votes(links.weight, links.conflict, links.against, threshold, settings)
    scored = ScoredLinks(links.left, links.right, links.weight, votes)
    found = look_at_components(scored, n, threshold, score, settings)
    return _judged(links, links.weight >= threshold, found, settings)


def _ordered(links: Links, n: int) -> Links:
    """Return `links` by rows, as arrays that kernels take without being compiled anew."""
    if not ((links.left < links.right) & (links.right < n)).all():
        raise ValueError("a link joins two rows below n, the smaller one first")
    keys = (links.left.astype(np.uint64) << np.uint64(32)) | links.right
    order = np.argsort(keys, kind="stable")  # close to free where they are in order
    if (np.diff(keys[order]) == 0).any():
        raise ValueError("a pair of rows is linked twice")
    return Links(
        left=np.require(links.left[order], np.uint32),
        right=np.require(links.right[order], np.uint32),
        weight=np.require(links.weight[order], np.float32),
        strong=np.require(links.strong[order], np.bool_),
        conflict=np.require(links.conflict[order], np.bool_),
        against=None if links.against is None else links.against[order],
    )


def _judged(links: Links, is_link: Flags, found: Found, settings: LinkSettings) -> Clustered:
    """Give clusters their tier and their reasons."""
    label, n = found.label, found.label.shape[0]
    ends = label[links.left], label[links.right]
    is_inside = ends[0] == ends[1]
    is_cut = is_link & ~is_inside & ~links.conflict
    is_strong = is_link & links.strong & ~links.conflict

    def clusters_of(chosen: Flags) -> Flags:
        """Mark the labels of both ends of the chosen links."""
        return _marked(n, ends[0][chosen], ends[1][chosen])

    holding = is_strong & is_inside
    held = component_labels(links.left[holding], links.right[holding], n)
    sizes = np.bincount(label, minlength=n)
    evidence = found.lowest - np.float32(settings.prior)
    is_held = ~_marked(n, label[held != label])
    is_in_conflict = clusters_of(links.conflict & (is_link | is_inside)) | found.is_barred
    is_too_large = sizes > settings.max_auto_size
    is_strong_throughout = (
        (sizes > 1) & is_held & (evidence >= settings.auto_floor) & ~clusters_of(is_cut & is_strong)
    )
    is_contradicted = is_held & (evidence < settings.auto_floor)
    reasons = (
        is_in_conflict * int(Reason.CONFLICT)
        | (clusters_of(is_cut) | is_contradicted) * int(Reason.WEAK_LINK)
        | (is_too_large | found.is_large) * int(Reason.SIZE)
    )
    return Clustered(
        label=label,
        is_auto=(is_strong_throughout & ~is_in_conflict & ~is_too_large)[label],
        weakest=found.weakest,
        reasons=reasons.astype(np.uint8)[label],
    )


def _marked(n: int, *rows: Rows) -> Flags:
    """Return flags of `n` rows, set where `rows` say."""
    flags = np.zeros(n, dtype=np.bool_)
    for some in rows:
        flags[some] = True
    return flags

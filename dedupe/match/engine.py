"""Matching one entity's cards, from columns to pairs and clusters: wires the steps together.

    columns -> blocking rules -> blocks -> model -> scored pairs -> clusters -> tiers

`match_cards` is the whole of it for a CRM account; `link_cards` matches two tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.unionfind import component_labels

from .blocking import BlockingRule, Blocks, PairSource, build_blocks
from .columns import Records
from .copies import Copies, find_copies
from .estimate import Labels, estimate_model
from .grading import Grader
from .linking import Clustered, Links, LinkSettings, Reason, build_record_clusters
from .model import Model
from .one_to_one import Assignment, assign_pairs
from .predict import Scored, Scorer, predict, settle_prior
from .rules import Atoms, choose_rules
from .tiers import AUTO_PROBABILITY, contradicts, has_conflict, is_strong

Rows = npt.NDArray[np.uint32]
Bits = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

_TRAINING_CAP = 300  # records of a block that the model learns from
_EXACT = 300_000  # records up to which training has blocks of its own
_JUDGED_BITS = 30.0  # the weight of a pair that a person has judged to be one
_MOST_AUTO = 10  # records of a cluster with an auto core: more are for a person to see
_TELLING = 3  # columns that cards in a mass must have, to be one for being alike


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """How hard to look. Nothing here needs to be set; `threads` and `room` change no result.

    `cap` is the most records of a block, `pairs_per_record` bounds the candidate pairs,
    `threshold` is the match weight (bits) from which a pair is a link: 0 is even odds; `auto` the
    probability without which no pair is strong enough for the tier auto.
    `assignment` is for two tables: how many counterparts a record of either may have.
    """

    cap: int = 60
    pairs_per_record: float = 25.0
    threshold: float = 0.0
    auto: float = AUTO_PROBABILITY
    assignment: Assignment = Assignment.MANY_TO_ONE
    threads: int = 2
    room: int = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """What one blocking rule made: its blocks, their pairs, and the refinements of big blocks."""

    name: str
    n_blocks: int
    n_pairs: int
    n_refined_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The result of matching one entity; rows are numbers of `records`."""

    records: Records
    scorer: Scorer
    scored: Scored
    strong: npt.NDArray[np.bool_]
    label: Rows
    is_auto: npt.NDArray[np.bool_]
    reasons: npt.NDArray[np.uint8]
    rules: tuple[RuleUse, ...]
    seconds: Mapping[str, float]

    @property
    def model(self) -> Model:
        """Return the model with the prior that the pairs settled."""
        return self.scorer.model

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Return the match weight of each scored pair, the prior's bits included."""
        return self.scored.bits.astype(np.float64) + self.model.prior_bits


def match_records(
    records: Records,
    options: MatchOptions | None = None,
    *,
    labels: Labels | None = None,
) -> Matched:
    """Match `records`; `labels` are pairs that a person has judged."""
    options = options or MatchOptions()
    copies = find_copies(records, labels)
    if copies is None:
        return _match(records, options, labels)
    reduced = _match(copies.reduced(records), options, copies.reduced_labels(labels, records.n))
    return _with_copies(reduced, records, copies, options)


def _match(records: Records, options: MatchOptions, labels: Labels | None) -> Matched:
    clock = _Clock()
    atoms = Atoms(records)
    rules = choose_rules(records, atoms, options.pairs_per_record)
    made = build_blocks(
        rules, atoms, cap=options.cap, refine_by=atoms.whole, side_end=records.side_end
    )
    clock.lap("blocking")
    grader = Grader(records)
    model = estimate_model(records, grader, _training(records, rules, atoms, made), labels)
    clock.lap("estimating")
    source = PairSource(made, records.n, records.side_end)
    scored = predict(
        Scorer(records, grader, model), source, room=options.room, threads=options.threads
    )
    scored = _with_judged(scored, labels, Scorer(records, grader, model))
    model = settle_prior(scored, model, records.n_pairs)
    scorer = Scorer(records, grader, model)
    clock.lap("scoring")
    cluster = _linked if records.side_end else _clusters
    strong, clustered, is_auto = cluster(scorer, scored, labels, options)
    clock.lap("clustering")
    return Matched(
        records=records,
        scorer=scorer,
        scored=scored,
        strong=strong,
        label=clustered.label,
        is_auto=is_auto,
        reasons=clustered.reasons,
        rules=_uses(rules, made),
        seconds=clock.seconds,
    )


def _with_judged(scored: Scored, labels: Labels | None, scorer: Scorer) -> Scored:
    """Add the judged pairs that no blocking rule has met, or that were thought unlikely."""
    if labels is None or not len(labels.left):
        return scored
    told = np.unique((labels.left.astype(np.uint64) << np.uint64(32)) | labels.right)
    keys = (scored.left.astype(np.uint64) << np.uint64(32)) | scored.right
    told = told[~np.isin(told, keys)]
    left = (told >> np.uint64(32)).astype(np.uint32)
    right = (told & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return scored.joined(scorer.score(left, right))


def _with_copies(
    matched: Matched, records: Records, copies: Copies, options: MatchOptions
) -> Matched:
    """Tie each copy to the card that stood for it, where the pair weighs enough."""
    scorer = Scorer(records, Grader(records), matched.model)
    kept = copies.kept.astype(np.uint32)
    own = replace(matched.scored, left=kept[matched.scored.left], right=kept[matched.scored.right])
    ties = scorer.score(copies.model.astype(np.uint32), copies.copy.astype(np.uint32))
    scored = own.joined(ties)
    label = np.arange(records.n, dtype=np.uint32)
    label[kept] = kept[matched.label]
    # The few cards that were matched know nothing of how many there are. Cards alike in much are
    # one by what they say, even where all cards are such and so nothing about them is rare.
    prior = min(matched.model.prior_bits, -np.log2(records.n))
    n_told = (ties.levels >= 0).sum(axis=0)
    is_tied = (n_told > 1) & (ties.bits + prior >= options.threshold) | (n_told >= _TELLING)
    label[ties.right[is_tied]] = label[ties.left[is_tied]]
    # A mass is for a person to look at, however alike its cards are.
    is_mass = np.isin(label, label[ties.right[is_tied]])
    is_auto = np.zeros(records.n, dtype=np.bool_)
    is_auto[kept] = matched.is_auto
    reasons = np.zeros(records.n, dtype=np.uint8)
    reasons[kept] = matched.reasons
    reasons[is_mass] |= int(Reason.SIZE)
    return replace(
        matched,
        records=records,
        scorer=scorer,
        scored=scored,
        strong=is_strong(records, matched.model, scored, label, least=options.auto),
        label=label,
        is_auto=is_auto & ~is_mass,
        reasons=reasons,
    )


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.seconds[name], self._last = now - self._last, now


def _training(
    records: Records, rules: list[BlockingRule], atoms: Atoms, made: list[Blocks]
) -> list[Blocks]:
    """Return the blocks that the model learns from: of single columns, and of the rules of two."""
    wanted = [BlockingRule((c.name,)) for c in records.columns if c.name in atoms]
    wanted += [rule for rule in rules if len(rule.atoms) == 2]
    if records.n <= _EXACT:
        return build_blocks(wanted, atoms, cap=_TRAINING_CAP, side_end=records.side_end)
    # In a large table the blocks that are there already show enough.
    there = {each.rule.atoms: each for each in reversed(made)}
    missing = [rule for rule in wanted if rule.atoms not in there]
    built = build_blocks(missing, atoms, cap=_TRAINING_CAP, side_end=records.side_end)
    return [*(there[rule.atoms] for rule in wanted if rule.atoms in there), *built]


def _clusters(
    scorer: Scorer,
    scored: Scored,
    labels: Labels | None,
    options: MatchOptions,
) -> tuple[npt.NDArray[np.bool_], Clustered, Flags]:
    """Cluster the pairs and settle what is auto; a person's judgement has the last word."""
    records, prior = scorer.records, scorer.model.prior_bits
    judged = _judged(scored, labels)

    def score(left: Rows, right: Rows) -> tuple[Bits, Flags, Bits]:
        own = scorer.score(left, right)
        conflict = has_conflict(records, own, prior)
        return own.bits + np.float32(prior), conflict, own.against

    weight = scored.bits + np.float32(prior)
    conflict = has_conflict(records, scored, prior)
    weight = np.where(judged > 0, np.float32(_JUDGED_BITS), weight)
    conflict = np.where(judged != 0, judged < 0, conflict)
    strong = is_strong(records, scorer.model, scored, least=options.auto) | (judged > 0)
    clustered = build_record_clusters(
        Links(
            left=scored.left,
            right=scored.right,
            weight=weight,
            strong=strong,
            conflict=conflict,
            against=np.where(judged > 0, np.float32(0), scored.against),
        ),
        records.n,
        options.threshold,
        score,
        LinkSettings(prior=prior),
    )
    strong = is_strong(records, scorer.model, scored, clustered.label, least=options.auto)
    strong |= judged > 0
    return strong & ~conflict, clustered, _auto(records, scored, strong & ~conflict, clustered)


def _linked(
    scorer: Scorer,
    scored: Scored,
    labels: Labels | None,
    options: MatchOptions,
) -> tuple[npt.NDArray[np.bool_], Clustered, Flags]:
    """Keep each record's best link to the other table; a link with a near rival is for review."""
    records, prior = scorer.records, scorer.model.prior_bits
    judged = _judged(scored, labels)
    weight = np.where(judged > 0, np.float32(_JUDGED_BITS), scored.bits + np.float32(prior))
    conflict = np.where(judged != 0, judged < 0, has_conflict(records, scored, prior))
    links = np.flatnonzero((weight >= options.threshold) & ~conflict)
    assigned = assign_pairs(
        scored.left[links], scored.right[links], weight[links], options.assignment
    )
    kept = links[assigned.is_kept]
    label = component_labels(scored.left[kept], scored.right[kept], records.n)
    strong = is_strong(records, scorer.model, scored, label, least=options.auto) | (judged > 0)
    strong[links[assigned.is_ambiguous]] = False
    is_kept = np.zeros(len(weight), dtype=np.bool_)
    is_kept[kept] = True
    strong &= is_kept
    clustered = Clustered(
        label=label,
        is_auto=np.zeros(records.n, dtype=np.bool_),
        weakest=np.full(records.n, np.nan, dtype=np.float32),
        reasons=np.zeros(records.n, dtype=np.uint8),
    )
    return strong, clustered, _auto(records, scored, strong, clustered)


def _judged(scored: Scored, labels: Labels | None) -> npt.NDArray[np.int8]:
    """Return 1 for pairs judged one, -1 for pairs judged two, 0 for the others."""
    out = np.zeros(len(scored.left), dtype=np.int8)
    if labels is None or not len(labels.left):
        return out
    keys = (scored.left.astype(np.uint64) << np.uint64(32)) | scored.right
    told = (labels.left.astype(np.uint64) << np.uint64(32)) | labels.right
    order = np.argsort(told)
    at = np.minimum(np.searchsorted(told[order], keys), len(told) - 1)
    hit = told[order][at] == keys
    out[hit] = np.where(labels.is_match[order][at[hit]], 1, -1)
    return out


def _auto(
    records: Records, scored: Scored, strong: npt.NDArray[np.bool_], clustered: Clustered
) -> npt.NDArray[np.bool_]:
    """Mark each cluster's core: its largest part that strong links alone connect.

    A cluster with a hard conflict, or a large one, has none; nor has one whose core holds two cards
    that contradict each other. What is not of the core is for review.
    """
    label, n = clustered.label, len(clustered.label)
    inside = strong & (label[scored.left] == label[scored.right])
    core = component_labels(scored.left[inside], scored.right[inside], n)
    at = np.flatnonzero(core[scored.left] == core[scored.right])
    at = at[contradicts(records, scored.levels[:, at])]
    is_doubtful = np.zeros(n, dtype=np.bool_)
    is_doubtful[core[scored.left[at]]] = True
    frame = pl.DataFrame({"cluster": label, "core": core, "reasons": clustered.reasons})
    frame = frame.with_columns(is_doubtful=is_doubtful[core])
    frame = frame.with_columns(n_core=pl.len().over("core"), n=pl.len().over("cluster"))
    is_sound = (
        (pl.col("n_core") > 1)
        & (pl.col("n") <= _MOST_AUTO)
        & ~pl.col("is_doubtful")
        & (pl.col("reasons") & int(Reason.CONFLICT) == 0)
    )
    best = (
        frame.filter(is_sound)
        .sort("cluster", "n_core", "core", descending=[False, True, False])
        .unique("cluster", keep="first", maintain_order=True)
    )
    return np.isin(core, best["core"].to_numpy())


def _uses(rules: list[BlockingRule], made: list[Blocks]) -> tuple[RuleUse, ...]:
    out = []
    for rule in rules:
        own = [each for each in made if each.rule.atoms[: len(rule.atoms)] == rule.atoms]
        exact = [each for each in own if each.rule == rule]
        out.append(
            RuleUse(
                name=rule.name,
                n_blocks=sum(len(each.starts) - 1 for each in own),
                n_pairs=sum(each.n_pairs for each in exact),
                n_refined_pairs=sum(each.n_pairs for each in own) - sum(e.n_pairs for e in exact),
            )
        )
    return tuple(out)

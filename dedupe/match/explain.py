"""Why two cards match or do not: the waterfall of a pair's weight.

A waterfall starts at the prior, adds the bits of each comparison, and ends at the weight, which is
the probability in bits. `explain_pair` makes it of any two records that were matched, candidates
or not; `listed` makes it from the files of a scan. Both go through `build_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dedupe.errors import InputError
from dedupe.kernels.blocking import atom_keys
from dedupe.language import N_

from .columns import Column, Records
from .comparisons import Kind
from .engine import Matched
from .linking import Reason
from .model import probability
from .model_file import ComparisonEntry, ModelEntry, describe_model
from .rules import Atoms

NOT_OBSERVED = -1
_SLIGHT = 0.0005  # bits that storing a weight as float32 may move
Held = tuple[str, ...]
Rows = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one comparison says of a pair; bits add up with the prior's to the weight.

    `bits` are the level's, `rarity_bits` what the value's rarity adds (term frequency adjustment).
    `m` and `u` are how often cards of one and cards of two show the level, `u` among the pairs
    of `context`; `is_pooled` tells that its bits are not its own log2(m/u): levels that
    would fall out of order are weighed as one. A comparison that was not observed is level -1, with
    neither. `left_values` and `right_values` are the cards' own, as they were compared.
    """

    comparison: str
    level: int
    label: str
    bits: float = 0.0
    rarity_bits: float = 0.0
    m: float | None = None
    u: float | None = None
    context: str = ""
    is_pooled: bool = False
    left_values: Held = ()
    right_values: Held = ()

    @property
    def total_bits(self) -> float:
        """Return all that the comparison adds to the weight."""
        return self.bits + self.rarity_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What the clusters say of two cards: cluster ids (None: a card alone) and their tiers.

    `n_cards` counts the cards of the left card's cluster. `reasons` say why the clusters were
    cut or doubted: "conflict", "weak_link", "size"; the files of a scan do not tell them.
    """

    left: str | None = None
    right: str | None = None
    n_cards: int = 1
    left_tier: str | None = None
    right_tier: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Tell whether both cards are in one cluster."""
        return self.left is not None and self.left == self.right

    @property
    def is_auto(self) -> bool:
        """Tell whether both are in the part of one cluster that is auto."""
        return self.is_same and self.left_tier == self.right_tier == "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMet:
    """A blocking rule that brings two cards together, in a block of `n_cards`."""

    name: str
    n_cards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """A pair's weight and what it is made of. `prior` and `weight` are bits.

    `steps` has every comparison, in the model's order. `rules` are the blocking rules by which the
    cards meet, None where only the files of a scan were at hand.
    """

    entity: str
    left_id: str
    right_id: str
    prior: float
    steps: tuple[Step, ...]
    weight: float
    probability: float
    tier: str
    context: str
    together: Together
    rules: tuple[RuleMet, ...] | None = None


def explain_among(
    matched: Sequence[Matched], ids: tuple[str, str], entity: str | None = None
) -> Waterfall:
    """Explain the pair `ids` in the entity that has both. Raises InputError where none has."""
    asked = [each for each in matched if entity in (None, each.records.entity)]
    holding = [each for each in asked if _rows(each.records, *ids) is not None]
    if len(holding) == 1:
        return explain_pair(holding[0], *ids)
    if holding:
        raise both_kinds(ids)
    found = {each.records.entity: [_is_held(each.records, one) for one in ids] for each in asked}
    raise missing_card(ids, found, fix=N_("check the id, --source and --entity"))


def explain_pair(matched: Matched, left_id: str, right_id: str) -> Waterfall:
    """Explain any two records of an entity, in the order of their rows. Raises InputError."""
    records, scorer = matched.records, matched.scorer
    rows = _rows(records, left_id, right_id)
    if rows is None:
        held = {records.entity: [_is_held(records, one) for one in (left_id, right_id)]}
        raise missing_card((left_id, right_id), held, fix=N_("check the id"))
    i, j = rows
    if i == j:
        raise same_card(left_id)
    left, right = np.array([i], dtype=np.uint32), np.array([j], dtype=np.uint32)
    scored = scorer.score(left, right)
    contexts = scorer.contexts(scored.levels)
    rarities = [
        scorer.rarity(at, scored.levels, contexts, left, right)
        for at in range(len(records.columns))
    ]
    entry = describe_model(matched)
    steps = build_steps(
        entry,
        {
            c.name: int(level)
            for c, level in zip(entry.comparisons, scored.levels[:, 0], strict=True)
        },
        {
            c.name: 0.0 if rarity is None else float(rarity[0])
            for c, rarity in zip(entry.comparisons, rarities, strict=True)
        },
        {column.name: (_shown(column, i), _shown(column, j)) for column in records.columns},
    )
    weight = float(scored.bits[0]) + entry.prior_bits
    return Waterfall(
        entity=records.entity,
        left_id=records.ids[i],
        right_id=records.ids[j],
        prior=entry.prior_bits,
        steps=steps,
        weight=weight,
        probability=float(probability(np.array([weight]))[0]),
        tier=_tier(matched, i, j, weight),
        context=entry.contexts[int(contexts[0])].name,
        together=_together(matched, i, j),
        rules=meeting_rules(matched, i, j),
    )


def build_steps(
    entry: ModelEntry,
    levels: Mapping[str, int],
    rarities: Mapping[str, float],
    values: Mapping[str, tuple[Held, Held]] | None = None,
) -> tuple[Step, ...]:
    """Return the steps of a pair from its levels and rarity bits by comparison."""
    at = context_of(entry, levels)
    steps = []
    for comparison in entry.comparisons:
        left, right = (values or {}).get(comparison.name, ((), ()))
        level = levels.get(comparison.name, NOT_OBSERVED)
        if level == NOT_OBSERVED:
            step = Step(comparison=comparison.name, level=level, label=N_("not compared"))
        else:
            step = _step(comparison, level, rarities.get(comparison.name, 0.0), at, entry)
        steps.append(replace(step, left_values=left, right_values=right))
    return tuple(steps)


def context_of(entry: ModelEntry, levels: Mapping[str, int]) -> int:
    """Return the number of a pair's context: the first whose key the pair shares, else 0."""
    for at, context in enumerate(entry.contexts[1:], start=1):
        if levels.get(context.comparison or "", NOT_OBSERVED) >= context.level:
            return at
    return 0


def meeting_rules(matched: Matched, i: int, j: int) -> tuple[RuleMet, ...]:
    """Return the blocking rules by which rows `i` and `j` have a match key in common.

    A key whose block is over the cap is refined by further atoms, so a rule that is met by a
    large block is no proof that the pair was compared.
    """
    atoms = Atoms(matched.records)
    keys: dict[str, tuple[Rows, Hashes]] = {}
    met = []
    for rule in matched.rules:
        names = rule.name.split(" + ")
        keys |= {name: atom_keys(*atoms[name].arrays) for name in names if name not in keys}
        # Cards meet by a rule where they meet by each of its atoms.
        sharing = np.ones(matched.records.n, dtype=np.bool_)
        for name in names:
            sharing &= _sharing(*keys[name], i, j, matched.records.n)
        if sharing[i]:
            met.append(RuleMet(name=rule.name, n_cards=int(sharing.sum())))
    return tuple(met)


def _sharing(rows: Rows, hashes: Hashes, i: int, j: int, n: int) -> npt.NDArray[np.bool_]:
    """Mark the records that hold a hash which both `i` and `j` hold."""
    common = np.intersect1d(hashes[rows == i], hashes[rows == j])
    out = np.zeros(n, dtype=np.bool_)
    out[rows[np.isin(hashes, common)]] = True
    return out


def missing_card(
    ids: tuple[str, str], held: Mapping[str, Sequence[bool]], *, fix: str
) -> InputError:
    """Return the error of a pair that no entity has whole; `held` tells of both ids by entity."""
    absent = [one for at, one in enumerate(ids) if not any(has[at] for has in held.values())]
    if absent:
        return InputError(N_("no card has this id"), where=", ".join(absent), fix=fix)
    return InputError(
        N_("one is a contact, the other a company"),
        where=", ".join(ids),
        fix=N_("only cards of one kind are compared"),
    )


def both_kinds(ids: tuple[str, str]) -> InputError:
    """Return the error of ids that contacts and companies both have."""
    return InputError(
        N_("both contacts and companies have these ids"),
        where=", ".join(ids),
        fix=N_("add --entity contact or --entity company"),
    )


def same_card(record_id: str) -> InputError:
    """Return the error of a card that is named twice."""
    return InputError(
        N_("a card is not compared with itself"), where=record_id, fix=N_("name two different ids")
    )


def _rows(records: Records, left_id: str, right_id: str) -> tuple[int, int] | None:
    """Return the rows of two ids, the smaller first; of two tables one each where ids repeat."""
    i, j = records.ids.index_of(left_id), records.ids.index_of(right_id)
    if records.side_end:
        first, second = records.ids[: records.side_end], records.ids[records.side_end :]
        for a, b in ((left_id, right_id), (right_id, left_id)):
            row, other = first.index_of(a), second.index_of(b)
            if row is not None and other is not None:
                return row, other + records.side_end
    return None if i is None or j is None else (min(i, j), max(i, j))


def _is_held(records: Records, record_id: str) -> bool:
    return records.ids.index_of(record_id) is not None


def _step(
    comparison: ComparisonEntry, number: int, rarity: float, at: int, entry: ModelEntry
) -> Step:
    level = comparison.levels[number]
    own = float(np.log2(max(level.m, 1e-12) / max(level.u[at], 1e-12)))
    return Step(
        comparison=comparison.name,
        level=number,
        label=level.label,
        bits=level.bits[at],
        rarity_bits=rarity if abs(rarity) > _SLIGHT else 0.0,
        m=level.m,
        u=level.u[at],
        context=entry.contexts[at].name,
        is_pooled=abs(own - level.bits[at]) > 0.01,
    )


def _tier(matched: Matched, i: int, j: int, weight: float) -> str:
    """Return the tier as pairs.parquet has it; a pair that was never a candidate is not auto."""
    scored = matched.scored
    at = np.flatnonzero((scored.left == i) & (scored.right == j))
    is_auto = bool(len(at)) and bool(matched.strong[at[0]])
    is_auto = is_auto and matched.label[i] == matched.label[j]
    if is_auto and matched.is_auto[i] and matched.is_auto[j]:
        return "auto"
    return "review" if weight >= 0 else "reject"


def _together(matched: Matched, i: int, j: int) -> Together:
    label, ids = matched.label, matched.records.ids
    sizes = [int((label == label[row]).sum()) for row in (i, j)]
    clusters = [
        ids[int(label[row])] if size > 1 else None for row, size in zip((i, j), sizes, strict=True)
    ]
    tiers = [
        None if cluster is None else "auto" if matched.is_auto[row] else "review"
        for cluster, row in zip(clusters, (i, j), strict=True)
    ]
    flags = int(matched.reasons[i]) | int(matched.reasons[j])
    return Together(
        left=clusters[0],
        right=clusters[1],
        n_cards=sizes[0],
        left_tier=tiers[0],
        right_tier=tiers[1],
        reasons=tuple(
            reason.name.lower() for reason in Reason if reason.name and reason.value & flags
        ),
    )


def _shown(column: Column, row: int) -> Held:
    """Return the values of a record as they were compared; an owner has no word of its own."""
    if column.sets is not None:
        items = column.sets.items[column.sets.offsets[row] : column.sets.offsets[row + 1]]
        return tuple(column.values.gather(items).to_list())
    code = int(column.codes[row])
    if code < 0 or column.comparison.kind is Kind.CODE:
        return ()
    if column.comparison.kind is Kind.DATE:
        parts = ((code // 10_000, 4), (code // 100 % 100, 2), (code % 100, 2))
        return ("-".join(f"{part:0{n}}" if part else "?" * n for part, n in parts),)
    return (column.values[code],)

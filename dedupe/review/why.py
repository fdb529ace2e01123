"""Why the cards of a group may be one, in words: each pair's evidence for and against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dedupe.language import N_, decimal, share, tr
from dedupe.match.explain import NOT_OBSERVED, Step, build_steps
from dedupe.match.listed import graded
from dedupe.match.wording import COMPARISONS

from .deck import Deck

MAX_PAIRS = 12  # of one group: the rest tells the same
_STRENGTHS = (  # bits from which a step counts as that much
    (7.0, N_("strongly for")),
    (2.0, N_("for")),
    (0.0, N_("a little for")),
    (-2.0, N_("a little against")),
    (-7.0, N_("against")),
)
_MOST_AGAINST = N_("strongly against")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One comparison in words; `bits` is its weight, `width` that in percent of the largest."""

    name: str
    label: str
    strength: str
    bits: str
    is_for: bool
    width: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairWhy:
    """One pair: its sentence and its reasons, the weightiest first."""

    left: str
    right: str
    sentence: str
    probability: str
    reasons: tuple[Reason, ...]


def explain_group(deck: Deck, g: int, ids: tuple[str, ...]) -> list[PairWhy]:
    """Return the explained pairs among `ids`; pairs below 1 % are not in a scan's files."""
    head = deck.head(g)
    entry = deck.model.get(head.entity)
    if entry is None:
        return []
    own = set(ids)
    found: list[PairWhy] = []
    for row in deck.pairs(g).iter_rows(named=True):
        if row["left_id"] in own and row["right_id"] in own and len(found) < MAX_PAIRS:
            try:
                levels, rarities = graded(row, entry)
            except (KeyError, TypeError, IndexError):
                continue  # of another version's scan: the group is shown without its reasons
            found.append(_pair(row, build_steps(entry, levels, rarities)))
    return found


def rule_of(deck: Deck, g: int) -> str:
    """Return in one line what groups that are alike have in common."""
    pairs = explain_group(deck, g, deck.cards_of(g))
    if not pairs:
        return tr("cards that were not compared")
    return "; ".join(f"{reason.name}: {reason.label}" for reason in pairs[0].reasons)


def _pair(row: Mapping[str, object], steps: tuple[Step, ...]) -> PairWhy:
    observed = [step for step in steps if step.level != NOT_OBSERVED]
    ordered = sorted(observed, key=lambda step: -abs(step.total_bits))
    most = max((abs(step.total_bits) for step in ordered), default=1.0) or 1.0
    reasons = tuple(_reason(step, most) for step in ordered)
    for_, against = (
        [each.name for each in reasons if each.is_for is wanted][:3] for wanted in (True, False)
    )
    return PairWhy(
        left=str(row["left_id"]),
        right=str(row["right_id"]),
        sentence=_sentence(for_, against),
        probability=share(_number(row["probability"])),
        reasons=reasons,
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _sentence(for_: list[str], against: list[str]) -> str:
    if for_ and against:
        return tr("For: {one}. Against: {other}.", one=", ".join(for_), other=", ".join(against))
    if for_:
        return tr("For: {one}. Nothing against.", one=", ".join(for_))
    return tr("Nothing for. Against: {other}.", other=", ".join(against) or "–")


def _reason(step: Step, most: float) -> Reason:
    bits = step.total_bits
    strength = next((text for least, text in _STRENGTHS if bits >= least), _MOST_AGAINST)
    return Reason(
        name=_name(step.comparison),
        label=tr(step.label),
        strength=tr(strength),
        bits=f"{'+' if bits >= 0 else '−'}{decimal(abs(bits))}",
        is_for=bits >= 0,
        width=max(1, round(100 * abs(bits) / most)),
    )


def _name(comparison: str) -> str:
    if comparison in COMPARISONS:
        return tr(COMPARISONS[comparison])
    return comparison.removeprefix("x_").replace("_", " ").strip() or comparison

"""What a decision on a proposal comes to: the text that is to stand on the card, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .values import SEPARATOR, Decision, Spot, shown_digest


def holds(decision: Decision, proposal: str) -> bool:
    """Tell whether the decision still is about this proposal for its text.

    A rejection and a text of the reviewer's own hold for the raw text, whatever is proposed now.
    """
    if decision.verdict == "skip":
        return False
    is_own = decision.verdict == "reject" or bool(decision.edited)
    return is_own or decision.shown == shown_digest(decision.spot, proposal)


def decided_text(decision: Decision, proposal: str) -> str | None:
    """Return the text that is to be written, its parts with SEPARATOR; None for a rejection."""
    if decision.verdict == "reject":
        return None
    if decision.edited:
        return decision.edited
    if not decision.chosen:
        return proposal
    parts = proposal.split(SEPARATOR)
    return SEPARATOR.join(parts[at] for at in decision.chosen if at < len(parts))


def changed_places(
    proposals: Mapping[Spot, Decision], standing: Iterable[Spot]
) -> frozenset[tuple[str, str, str]]:
    """Return entity, record and field of decided texts that are not there any more."""
    there = set(standing)
    return frozenset(spot[:3] for spot in proposals if spot not in there)

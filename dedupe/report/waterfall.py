"""The waterfall of a pair as data for JSON and pages, and the words for what it is made of.

The data holds cards' values only when they are asked for. `waterfall_terminal` draws it.
"""

from __future__ import annotations

from dedupe.language import N_, tr
from dedupe.match.explain import RuleMet, Step, Together, Waterfall
from dedupe.match.listed import Unlisted
from dedupe.match.wording import COMPARISONS
from dedupe.report.words import plain

SCHEMA = "crmclean.explain/1"

# What a blocking rule takes of a column, by the end of its name.
PARTS = {
    "_head": N_("{name} (its beginning)"),
    "_tail": N_("{name} (last digits)"),
    "_login": N_("{name} (before the @)"),
}


def comparison_name(name: str) -> str:
    """Name a comparison; a column of the user's own by its header."""
    if name in COMPARISONS:
        return tr(COMPARISONS[name])
    return plain(name.removeprefix("x_").replace("_", " ").strip() or name)


def rule_name(name: str) -> str:
    """Name a blocking rule by what it takes of the cards: "surname + phone (last digits)"."""
    return " + ".join(_atom_name(atom) for atom in name.split(" + "))


def waterfall_document(
    pair: Waterfall | Unlisted, *, show_values: bool = False
) -> dict[str, object]:
    """Return a pair as the document of its schema, of plain JSON values.

    A pair that the scan did not list has no steps and nulls; `show_values` adds the cards' values.
    """
    document: dict[str, object] = {
        "schema": SCHEMA,
        "entity": pair.entity,
        "left_id": pair.left_id,
        "right_id": pair.right_id,
        "is_listed": not isinstance(pair, Unlisted),
    }
    if isinstance(pair, Unlisted):
        nothing = dict.fromkeys(("prior_bits", "context", "weight", "probability", "tier"))
        document |= {**nothing, "steps": [], "rules": None}
    else:
        document |= {
            "prior_bits": _rounded(pair.prior),
            "context": pair.context,
            "steps": [_step(step, show_values=show_values) for step in pair.steps],
            "weight": _rounded(pair.weight),
            "probability": _rounded(pair.probability),
            "tier": pair.tier,
            "rules": _rules(pair.rules),
        }
    return document | {"cluster": _cluster(pair.together)}


def _step(step: Step, *, show_values: bool) -> dict[str, object]:
    told: dict[str, object] = {
        "comparison": step.comparison,
        "level": step.level,
        "label": tr(step.label),
        "bits": _rounded(step.bits),
        "rarity_bits": _rounded(step.rarity_bits),
        "m": _significant(step.m),
        "u": _significant(step.u),
        "context": step.context or None,
        "is_pooled": step.is_pooled,
    }
    if show_values:
        told |= {"left_values": list(step.left_values), "right_values": list(step.right_values)}
    return told


def _rules(rules: tuple[RuleMet, ...] | None) -> list[dict[str, object]] | None:
    if rules is None:
        return None
    return [{"name": rule.name, "cards": rule.n_cards} for rule in rules]


def _atom_name(atom: str) -> str:
    if atom == "words":
        return tr("both names in either order")
    for end, text in PARTS.items():
        if atom.endswith(end) and atom not in COMPARISONS:
            return tr(text, name=comparison_name(atom.removesuffix(end)))
    return comparison_name(atom)


def _cluster(together: Together) -> dict[str, object]:
    return {
        "same": together.is_same,
        "both_auto": together.is_auto,
        "left": together.left,
        "right": together.right,
        "left_tier": together.left_tier,
        "right_tier": together.right_tier,
        "cards": together.n_cards if together.is_same else None,
        "reasons": list(together.reasons),
    }


def _rounded(x: float) -> float:
    return round(x, 6)


def _significant(x: float | None) -> float | None:
    return None if x is None else float(f"{x:.6g}")

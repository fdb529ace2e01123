"""The section [match]: from which probability on two cards are one, and from which a person looks.

Both are probabilities of a pair. Auto alone never merges: the match asks for a name and a number
of one person's beside it, and for nothing that contradicts.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dedupe.language import N_, tr

AUTO_FLOOR = 0.95  # below it one merge in twenty would be of two people: nobody may ask for that
LIMITS = {"review": (0.05, 0.99), "auto": (AUTO_FLOOR, 0.9999)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The thresholds of the two tiers, as probabilities."""

    review: float = 0.5  # even odds: within 0.01 of the best F1 on labelled data
    auto: float = 0.99

    @property
    def review_bits(self) -> float:
        """Return the weight of a pair at the threshold of review; even odds are 0."""
        return math.log2(self.review / (1 - self.review))


def matching_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with the section, in the reader's language."""
    section = document.get("match", {})
    if not isinstance(section, dict):
        return  # told with the other sections
    known = [each.name for each in dataclasses.fields(Matching)]
    wrong = False
    for key, value in section.items():
        where = f"match.{_shown(key)}"
        if key not in known:
            near = get_close_matches(key[:40], known, n=1)
            hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
            yield tr(N_("{key}: unknown setting{hint}"), key=where, hint=hint)
        elif not _fits(value, *LIMITS[key]):
            low, high = LIMITS[key]
            wrong = True
            yield tr(
                N_("{key}: a probability from {low} to {high} is meant"),
                key=where,
                low=low,
                high=high,
            )
    defaults = Matching()
    review, auto = section.get("review", defaults.review), section.get("auto", defaults.auto)
    if not wrong and review > auto:
        yield tr(N_("{key}: it can't be above {other}"), key="match.review", other="match.auto")


def read_matching(document: Mapping[str, Any]) -> Matching:
    """Return the section of a document that `matching_problems` finds nothing wrong with."""
    return Matching(**{key: float(value) for key, value in document.get("match", {}).items()})


def _fits(value: object, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high


def _shown(text: str) -> str:
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 40 else line[:39] + "…"

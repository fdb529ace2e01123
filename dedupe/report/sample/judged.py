"""What reviewers found: the share of right ones, with Wilson's interval, as a whole and by owner.

Rows that nobody could decide count for nothing. The interval is at 95 % and takes no account of
the population's size, so of a small population it is wider than need be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dedupe.audit.frames.wilson import wilson

from .values import SCHEMA, Mark

HALF_WIDTH = 0.05
_MOST = 1_000  # more than a share of a half needs


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row that was judged: its place among the rows drawn, from 0, and the verdict."""

    place: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row of the file that was not counted: its number in the file, from 1, and why."""

    row: int
    reason: str  # no_verdict | unknown_verdict | unknown_row | altered | repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Verdicts counted: `precision` is right / (right + wrong), None where nothing was judged."""

    right: int
    wrong: int
    unclear: int

    @property
    def judged(self) -> int:
        """Count the rows that tell something."""
        return self.right + self.wrong

    @property
    def precision(self) -> float | None:
        """Return the share of right ones."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's interval of the precision at 95 %; of nothing judged, all of 0 to 1."""
        return wilson(self.right, self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A filled sample: the score, that of each owner by id, and the rows left out."""

    mark: Mark
    score: Score
    by_owner: tuple[tuple[str, Score], ...]
    ignored: tuple[Ignored, ...]

    @property
    def more(self) -> int:
        """Tell how many more must be judged for the interval to be 5 points to each side."""
        left = self.mark.population - self.score.judged
        return min(more_needed(self.score.right, self.score.judged), max(left, 0))


def judge(mark: Mark, verdicts: Sequence[Verdict], ignored: Iterable[Ignored]) -> Judgement:
    """Count `verdicts` of the sample `mark`."""
    owners = sorted({mark.owners[one.place] for one in verdicts}, key=lambda o: (len(o), o))
    by_owner = tuple(
        (owner, _score(one for one in verdicts if mark.owners[one.place] == owner))
        for owner in owners
        if owner
    )
    return Judgement(mark=mark, score=_score(verdicts), by_owner=by_owner, ignored=tuple(ignored))


def more_needed(right: int, judged: int, half_width: float = HALF_WIDTH) -> int:
    """Return how many more verdicts bring Wilson's interval to `half_width`, at the same share.

    Of nothing judged the share is taken for a half, which needs the most.

    >>> more_needed(28, 30), more_needed(500, 500), more_needed(0, 0)
    (73, 0, 381)
    """
    share = right / judged if judged else 0.5
    low, high = judged, max(judged, _MOST)
    while low < high:
        middle = (low + high) // 2
        ends = wilson(share * middle, middle)
        low, high = (low, middle) if (ends[1] - ends[0]) / 2 <= half_width else (middle + 1, high)
    return low - judged


def judgement_document(found: Judgement) -> dict[str, Any]:
    """Return the judgement as the document of its schema, of plain JSON values."""
    mark = found.mark
    return {
        "schema": SCHEMA,
        "what": "judged",
        "scan_id": mark.scan_id,
        "code": mark.code,
        "seed": mark.seed,
        "by": mark.by or None,
        "population": mark.population,
        "drawn": len(mark.keys),
        **_score_document(found.score),
        "more_needed": found.more,
        "half_width": HALF_WIDTH,
        "by_owner": [
            {"owner_id": owner, "owner": mark.owner_names.get(owner), **_score_document(score)}
            for owner, score in found.by_owner
        ],
        "ignored": [{"row": one.row, "reason": one.reason} for one in found.ignored],
    }


def _score_document(score: Score) -> dict[str, Any]:
    low, high = score.interval
    precision = score.precision
    return {
        "judged": score.judged,
        "right": score.right,
        "wrong": score.wrong,
        "unclear": score.unclear,
        "precision": None if precision is None else round(precision, 6),
        "low": None if precision is None else round(low, 6),
        "high": None if precision is None else round(high, 6),
    }


def _score(verdicts: Iterable[Verdict]) -> Score:
    counts = Counter(one.verdict for one in verdicts)
    return Score(right=counts["right"], wrong=counts["wrong"], unclear=counts["unclear"])

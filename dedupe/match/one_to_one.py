"""Which links of two tables to keep, when a record has one counterpart at most.

Inputs are parallel arrays: rows of the left table, rows of the right one (each numbered from 0),
and match weights in bits, of the pairs above the threshold. Outputs are flags by pair.
Nothing depends on the order of the pairs: equal weights go to the smaller rows.

One-to-one is greedy, best pair first. The result is stable (no two records would both rather
have each other), which suits evidence: the surest pair must not be given up so that two doubtful
ones fit, as the assignment with the highest sum would. Where the two differ by less than
`margin` the kept pairs are ambiguous and a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from dedupe.kernels.clustering import greedy_pairs

Rows = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

MARGIN = 3.0  # bits: the second best is at least an eighth as likely as the best


class Assignment(StrEnum):
    """How many counterparts a record may have."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"  # each left record has one, a right record any number


@dataclass(frozen=True, slots=True)
class Assigned:
    """Flags by pair: those that are kept, and the kept ones that have a rival."""

    is_kept: Flags
    is_ambiguous: Flags


def assign_pairs(
    left: Rows, right: Rows, weight: Weights, mode: Assignment, *, margin: float = MARGIN
) -> Assigned:
    """Choose the pairs to keep; each pair of rows comes once.

    A pair that was not kept is a rival when its weight is within `margin` bits of what its left
    record got and, one-to-one, of what its right record got (a right record that is far
    surer of another is no alternative). All kept pairs that a rival touches are ambiguous.
    """
    order = np.lexsort((right, left, -weight))
    sides = np.require(left[order], np.uint32), np.require(right[order], np.uint32)
    is_kept = np.zeros(left.shape[0], dtype=np.bool_)
    if mode is Assignment.ONE_TO_ONE:
        is_kept[order] = greedy_pairs(*sides, _n_rows(left), _n_rows(right))
    else:
        is_kept[order[np.unique(sides[0], return_index=True)[1]]] = True
    is_rival = ~is_kept & _is_near(left, weight, is_kept, margin)
    if mode is Assignment.ONE_TO_ONE:
        is_rival &= _is_near(right, weight, is_kept, margin)
    is_touched = np.isin(left, left[is_rival])
    if mode is Assignment.ONE_TO_ONE:
        is_touched |= np.isin(right, right[is_rival])
    return Assigned(is_kept, is_kept & is_touched)


def _is_near(rows: Rows, weight: Weights, is_kept: Flags, margin: float) -> Flags:
    """Tell which pairs weigh at least what their record's kept pair does, less `margin`."""
    kept = np.full(_n_rows(rows), -np.inf, dtype=np.float64)
    kept[rows[is_kept]] = weight[is_kept]  # one-to-one and many-to-one keep one for each of `rows`
    near: Flags = weight >= kept[rows] - margin
    return near


def _n_rows(rows: Rows) -> int:
    """Return one more than the largest row."""
    return int(rows.max(initial=0)) + 1

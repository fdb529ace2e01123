"""Cards that are alike in everything, in masses: one stands for all while pairs are made.

A form that a robot fills makes hundreds of the same card, and n of them make n (n - 1) / 2 pairs.
One of each mass is matched; the others are tied to it afterwards, each by one pair that is
scored like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedupe.kernels.blocking import mixed

from .columns import Column, Places, Records
from .comparisons import Kind
from .estimate import Labels

Rows = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]

_MASS = 20  # cards of one kind from which they are matched as one


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """`kept` are the rows that are matched; rows `copy` are alike the kept rows `model`."""

    kept: Places
    copy: Places
    model: Places

    def reduced(self, records: Records) -> Records:
        """Return the records without the copies."""
        return Records(
            entity=records.entity,
            ids=records.ids.gather(self.kept),
            columns=tuple(column.take(self.kept) for column in records.columns),
            side_end=int(np.searchsorted(self.kept, records.side_end)),
            tax_ok=None if records.tax_ok is None else records.tax_ok[self.kept],
        )

    def reduced_labels(self, labels: Labels | None, n: int) -> Labels | None:
        """Return the judged pairs of kept rows, by their numbers among them."""
        if labels is None:
            return None
        place = np.full(n, -1, dtype=np.int64)
        place[self.kept] = np.arange(len(self.kept))
        left, right = place[labels.left], place[labels.right]
        both = (left >= 0) & (right >= 0)
        return Labels(
            left=left[both].astype(np.uint32),
            right=right[both].astype(np.uint32),
            is_match=labels.is_match[both],
            is_taught=labels.is_taught,
        )


def find_copies(records: Records, labels: Labels | None = None) -> Copies | None:
    """Return the copies in masses of alike records; None where there is no such mass.

    A record that a person has judged is no copy: it is looked at for itself.
    """
    if records.side_end or records.n <= _MASS:
        return None
    hashes = np.zeros(records.n, dtype=np.uint64)
    for salt, column in enumerate(records.columns):
        if column.comparison.kind not in (Kind.CODE, Kind.LINK):
            hashes += _hashes(column, salt)
    _, first, number, counts = np.unique(
        hashes, return_index=True, return_inverse=True, return_counts=True
    )
    is_copy = (counts[number] > _MASS) & (first[number] != np.arange(records.n))
    # A card that says nothing is no copy of another one.
    is_copy &= hashes != hashes.dtype.type(0)
    if labels is not None:
        is_copy[labels.left] = is_copy[labels.right] = False
    if not is_copy.any():
        return None
    copy = np.flatnonzero(is_copy)
    return Copies(kept=np.flatnonzero(~is_copy), copy=copy, model=first[number][copy])


def _hashes(column: Column, salt: int) -> Hashes:
    """Return a hash of what each record holds; 0 where that is nothing."""
    if column.sets is None:
        own = mixed(np.maximum(column.codes, 0).astype(np.uint64), salt + 10)
        return np.where(column.codes >= 0, own, np.uint64(0))
    sums = np.zeros(len(column.sets.items) + 1, dtype=np.uint64)
    np.cumsum(mixed(column.sets.items.astype(np.uint64), salt + 10), out=sums[1:])
    return sums[column.sets.offsets[1:]] - sums[column.sets.offsets[:-1]]

"""Where the places of a queue stand, and which comes next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TODO, SKIPPED, DONE = 0, 1, 2
Order = npt.NDArray[np.int64]
States = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many places there are, and how many of them wait, were put off or are decided."""

    total: int
    done: int
    skipped: int

    @classmethod
    def of(cls, states: States) -> Counts:
        """Return the counts of places in these states."""
        return cls(
            total=len(states),
            done=int((states == DONE).sum()),
            skipped=int((states == SKIPPED).sum()),
        )

    @property
    def todo(self) -> int:
        """Return how many places nobody has looked at."""
        return self.total - self.done - self.skipped


def following(
    order: Order, is_shown: npt.NDArray[np.bool_], states: States, at: int | None
) -> int | None:
    """Return the place to decide on after `at`, then a put-off one; None where none is left."""
    found = np.flatnonzero(order == at)
    turned = np.roll(order, -int(found[0]) - 1) if len(found) else order
    turned = turned[is_shown[turned]]
    for wanted in (TODO, SKIPPED):
        own = turned[states[turned] == wanted]
        others = own[own != at]
        if len(others):
            return int(others[0])
        if len(own) and wanted == TODO:
            return int(own[0])
    return None


def beside(order: Order, at: int) -> tuple[int | None, int | None]:
    """Return the places before and after this one, decided or not."""
    found = np.flatnonzero(order == at)
    if not len(found):
        return None, None
    i = int(found[0])
    return (
        int(order[i - 1]) if i else None,
        int(order[i + 1]) if i + 1 < len(order) else None,
    )

"""Cards as they were a moment ago, so that not every write costs a read of everything it touches.

A card serves again for two seconds, until we write to it. A list that is written as a whole
(PatchCard) is always computed from what was read right before: people add numbers meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from dedupe.plan.ops import (
    AddNote,
    CreateTask,
    EditNote,
    LinkCards,
    MergeNative,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
)
from dedupe.plan.sink import Card, Cards, Sink

_KEPT_S = 2.0


class Fresh:
    """What was read of a group's cards; `clock` tells how long ago."""

    def __init__(self, sink: Sink, clock: Callable[[], float]) -> None:
        self._sink, self._clock = sink, clock
        self._cards: dict[Ref, Card | None] = {}
        self._at: dict[Ref, tuple[float, int]] = {}
        self._n_sent = 0

    def forget(self) -> None:
        """Begin anew."""
        self._cards.clear()

    def read(self, refs: Collection[Ref]) -> Cards:
        """Read records now, whatever is known."""
        found = self._sink.read(refs)
        for ref in refs:
            self._cards[ref] = found.get(ref)
            self._at[ref] = (self._clock(), self._n_sent)
        return found

    def of(self, op: Op) -> Cards:
        """Return what `op` touches, reading what is not fresh enough to write by."""
        stale = {ref for ref in op.touches if not self._serves(ref, op)}
        if stale:
            self.read(stale)
        return {ref: self._cards[ref] for ref in op.touches}

    def wrote(self, *ops: Op) -> None:
        """Take note that `ops` were sent: what they change has to be read again."""
        self._n_sent += 1
        for op in ops:
            for ref in _changed(op):
                self._cards.pop(ref, None)

    def _serves(self, ref: Ref, op: Op) -> bool:
        if ref not in self._cards:
            return False
        moment, n_sent = self._at[ref]
        if isinstance(op, PatchCard) and n_sent != self._n_sent:
            return False
        return 0 <= self._clock() - moment <= _KEPT_S


def _changed(op: Op) -> Collection[Ref]:
    """Return the records that look otherwise once `op` is done."""
    match op:
        case PatchCard() | SetTags():
            return (op.record,)
        case LinkCards() | UnlinkCards():
            return (op.deal_or_card,)
        case MoveTask():
            return (op.task,)
        case AddNote() | EditNote():
            return ()
        case CreateTask():
            return (op.record,)  # a deal tells when its next task is due
        case MergeNative():
            return op.touches

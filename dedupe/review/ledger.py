"""The decisions of an account as the page holds them: read, added to, taken back.

The groups and the values of a review listen here: whatever is written by one, or by another
reviewer, is told to both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dedupe.decisions import Decision, DecisionLog
from dedupe.decisions.settled import Standing, alive_of

Hearer = Callable[[Sequence[Decision] | None], None]  # None: all is to be worked out anew


class Ledger:
    """A log of decisions and what holds of it; `standing` is never older than the last refresh."""

    def __init__(self, log: DecisionLog) -> None:
        self.log = log
        self.standing = Standing()
        self._decisions: list[Decision] = []
        self._alive: list[Decision] = []
        self._seen = -1
        self._hearers: list[Hearer] = []
        self.reload()

    @property
    def alive(self) -> Sequence[Decision]:
        """Return the decisions that nobody has taken back, oldest first."""
        return self._alive

    def hear(self, hearer: Hearer) -> None:
        """Tell `hearer` of every decision from now on."""
        self._hearers.append(hearer)

    def last(self) -> Decision | None:
        """Return the latest decision that holds, of the reviewer at the page."""
        own = (d for d in reversed(self._alive) if d.who == self.log.who and d.kind != "value")
        return next(own, None)

    def add(self, decisions: Sequence[Decision]) -> None:
        """Write decisions down and let them hold. Raises StorageError, LockedError."""
        self.refresh()
        self._seen += self.log.append(decisions)
        for each in decisions:
            self._decisions.append(each)
            self._alive.append(each)
            self.standing.take(each)
        self._tell(decisions)

    def undo(self, decision: Decision) -> list[Decision]:
        """Take a decision, or its whole batch, back; return what was taken back."""
        named = decision.batch or decision.id
        self.refresh()
        undoing = self.log.made("undo", of=named)
        self._seen += self.log.append([undoing])
        own = [d for d in self._decisions if named in (d.id, d.batch)]
        self._hold([*self._decisions, undoing])
        return own

    def refresh(self) -> None:
        """Take in what another reviewer has written meanwhile."""
        if self._size() != self._seen:
            self.reload()

    def reload(self) -> None:
        """Read the decisions anew."""
        self._seen = self._size()
        self._hold(list(self.log.read()))

    def _hold(self, decisions: list[Decision]) -> None:
        self._decisions, self._alive = decisions, alive_of(decisions)
        self.standing = Standing()
        for each in self._alive:
            self.standing.take(each)
        self._tell(None)

    def _tell(self, decisions: Sequence[Decision] | None) -> None:
        for hear in self._hearers:
            hear(decisions)

    def _size(self) -> int:
        try:
            return self.log.path.stat().st_size
        except OSError:
            return 0

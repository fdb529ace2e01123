"""The values of a review and what was decided on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dedupe.decisions import SEPARATOR, Decision, Evidence, Spot, shown_digest, spot_of
from dedupe.decisions.proposals import decided_text, holds

from .ledger import Ledger
from .shelf import Slices
from .states import DONE, SKIPPED, TODO, Counts, Order, beside, following
from .values_queue import ValuesQueue
from .view import Flags, Places, View

ALL = View()


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One text on a card and what it would become; `code` is the check that found it."""

    v: int
    entity: str
    record_id: str
    field: str
    raw: str
    proposal: str
    code: str
    confidence: float | None
    name: str | None
    owner_id: str | None

    @property
    def parts(self) -> list[str]:
        """Return the parts of the proposal."""
        return self.proposal.split(SEPARATOR)


class ValuesDeck:
    """The values of a scan, gone through by check; the decisions are the ledger's."""

    def __init__(self, queue: ValuesQueue, ledger: Ledger, scan_id: str = "") -> None:
        self.queue, self.ledger, self.log, self.scan_id = queue, ledger, ledger.log, scan_id
        asked = queue.asked
        self._order: Order = np.arange(asked.height, dtype=np.int64)
        self._state = np.zeros(asked.height, dtype=np.uint8)
        rows = asked.select("entity", "record_id", "field", "raw").iter_rows()
        self._spots: list[Spot] = [spot_of(*row) for row in rows]
        self._at = {spot: v for v, spot in enumerate(self._spots)}
        self._fields = {spot[:3] for spot in self._spots}
        self._proposals = asked["proposal"].to_list()
        self._changed: set[tuple[str, str, str]] = set()
        self._evidence = Slices(queue.evidence.rename({"v": "g"}), asked.height)
        owners = asked.select("owner_id", place="v")
        self.places = Places(owners, asked.select("entity", "code"))
        ledger.hear(self._heard)
        self._heard(None)

    def __len__(self) -> int:
        """Return how many values there are in all."""
        return len(self._spots)

    def value(self, v: int) -> Value:
        """Return one value."""
        return Value(**self.queue.asked.row(v, named=True))

    def evidence(self, v: int) -> pl.DataFrame:
        """Return what the parts of the text were read as (EVIDENCE without v)."""
        return self._evidence.of(v)

    def shown(self, view: View) -> Order:
        """Return the values of this view, in order."""
        return self._order[self.places.mask(view)]

    def counts(self, view: View = ALL) -> Counts:
        """Return the counts of the values that are gone through."""
        return Counts.of(self._state[self.shown(view)])

    def waiting(self) -> Flags:
        """Tell which values nobody has looked at."""
        waiting: Flags = self._state == TODO
        return waiting

    def state(self, v: int) -> int:
        """Return TODO, SKIPPED or DONE."""
        return int(self._state[v])

    def in_states(self, view: View, states: Sequence[int]) -> Order:
        """Return the values of this view in one of these states."""
        own = self.shown(view)
        return own[np.isin(self._state[own], states)]

    def next_after(self, view: View, v: int | None) -> int | None:
        """Return the next value to decide on, then the put-off ones; None where none is left."""
        return following(self._order, self.places.mask(view), self._state, v)

    def neighbours(self, view: View, v: int) -> tuple[int | None, int | None]:
        """Return the values of the view before and after this one."""
        return beside(self.shown(view), v)

    def decision(self, v: int) -> Decision | None:
        """Return the decision that holds for a value; None for an open or a put-off one."""
        told = self.ledger.standing.proposals.get(self._spots[v])
        return told if told is not None and holds(told, self._proposals[v]) else None

    def decided(self, v: int) -> tuple[str, ...] | None:
        """Return the parts that were decided on, none for a rejection; None for an open value."""
        told = self.decision(v)
        if told is None:
            return None
        text = decided_text(told, self._proposals[v])
        return tuple(text.split(SEPARATOR)) if text else ()

    def is_changed(self, v: int) -> bool:
        """Tell whether an open value comes in the place of one that was decided on before."""
        told = self.ledger.standing.proposals.get(self._spots[v])
        is_other = told is not None and told.verdict != "skip"
        return self.decision(v) is None and (is_other or self._spots[v][:3] in self._changed)

    def made(self, v: int, verdict: str, **told: object) -> Decision:
        """Return a decision on a value, without the text itself; nothing is written yet."""
        spot = self._spots[v]
        entity, record_id, field, raw = spot
        value = self.value(v)
        return self.log.made(
            "proposal",
            entity=entity,
            record_id=record_id,
            field=field,
            raw=raw,
            shown=shown_digest(spot, value.proposal),
            code=value.code,
            verdict=verdict,
            evidence=Evidence(scan_id=self.scan_id, probability=value.confidence, code=value.code),
            **told,
        )

    def key(self, v: int) -> tuple[str, str, str, str]:
        """Return what a workbook keeps of a value: its record, field, and the two digests."""
        spot = self._spots[v]
        return (*spot[1:], shown_digest(spot, self._proposals[v]))

    def at(self, decision: Decision) -> int | None:
        """Return the value that a decision is about; None where this scan has no such text."""
        return self._at.get(decision.spot) if decision.kind == "proposal" else None

    def _heard(self, decisions: Sequence[Decision] | None) -> None:
        told = self.ledger.standing.proposals
        if decisions is None:
            self._state[:] = TODO
            self._changed = {
                spot[:3] for spot in told if spot[:3] in self._fields and spot not in self._at
            }
            decisions = list(told.values())
        for v in {v for each in decisions if (v := self.at(each)) is not None}:
            self._state[v] = self._state_of(v)

    def _state_of(self, v: int) -> int:
        if self.decision(v) is not None:
            return DONE
        told = self.ledger.standing.proposals.get(self._spots[v])
        return SKIPPED if told is not None and told.verdict == "skip" else TODO

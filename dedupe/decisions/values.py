"""One decision as a value, and as a line of JSON; schema `crmclean.decisions/1` or `/2`.

A line names records by id and holds no personal data, but for a golden value that the reviewer
typed (`values.FIELD.text`) and the edited proposal of a finding (`edited`): what the file should
not carry out of the house must not be typed there. A value that was taken over from a card is
named by the card's id (`values.FIELD.from`).

A decision on a card's value (kind `proposal`) has the schema `/2`: a version that does not know it
stops at its line and says so, and reads a file without such lines as ever. It knows the text that
it is about by two digests (`raw`, `shown`) so short that dozens of numbers share both: enough to
see that the card has changed, too little to find the number again. Parts that were chosen are told
by their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

SCHEMA = "crmclean.decisions/1"
SCHEMA_PROPOSAL = "crmclean.decisions/2"
KINDS = ("same", "different", "split", "skip", "value", "undo", "proposal")
VERDICTS = ("accept", "reject", "edit", "skip")
SEPARATOR = "; "  # between the parts of a proposal
ENTITIES = ("contact", "company", "deal", "task", "user")
MAX_IDS = 1_000  # of one decision: more cards nobody has looked at
MAX_PARTS = 50  # of one proposal
_RAW_DIGITS, _SHOWN_DIGITS = 5, 2  # of sixteen: 28 bits for ten digits of a number
Pair = tuple[str, str]
Spot = tuple[str, str, str, str]  # entity, record, field, digest of the raw text


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was known when it was decided, so that precision can be measured later.

    `probability` is that of the weakest pair, `sample` the seed of a blind sample ("" for none).
    """

    scan_id: str = ""
    tier: str = ""
    probability: float | None = None
    code: str = ""
    sample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A golden value that the reviewer chose: the value of a card, or a text of their own."""

    from_id: str = ""
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line; which fields are filled depends on `kind`.

    same: `ids` are one thing, `survivor` stays, `values` are golden; cards of `apart` are not it.
    different: no two of `ids` are one, nor are the two of any of `pairs`.
    split: no card of one of `parts` is one with a card of another.
    skip: nobody knows yet about `ids`. value: `verdict` on the finding `code` of `record_id`.
    proposal: `verdict` on what the text of digest `raw` in `field` (phone, email) of `record_id` is
    to become; the proposal that was shown had the digest `shown`. Of an edit, `chosen` are the
    places of the parts that stay, or `edited` is the text in the proposal's place.
    undo: the decision, or all decisions of the batch, that `of` names count no longer.
    """

    id: str
    at: datetime
    who: str
    kind: str
    entity: str = ""
    ids: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    survivor: str = ""
    values: Mapping[str, Golden] = field(default_factory=dict)
    code: str = ""
    record_id: str = ""
    verdict: str = ""
    edited: str = ""
    field: str = ""
    raw: str = ""
    shown: str = ""
    chosen: tuple[int, ...] = ()
    of: str = ""
    batch: str = ""
    note: str = ""
    evidence: Evidence = Evidence()

    @property
    def order(self) -> tuple[datetime, str]:
        """Return what sorts decisions in time, also where files of two people were joined."""
        return self.at, self.id

    @property
    def spot(self) -> Spot:
        """Return the text on a card that a decision of kind proposal is about."""
        return self.entity, self.record_id, self.field, self.raw

    def named_ids(self) -> tuple[str, ...]:
        """Return all records that it is about."""
        told = [*self.ids, *self.apart, *(id_ for pair in self.pairs for id_ in pair)]
        told += [id_ for part in self.parts for id_ in part]
        return tuple(dict.fromkeys(told))

    def different_pairs(self) -> set[Pair]:
        """Return the pairs that it holds apart."""
        found = {ordered_pair(*pair) for pair in self.pairs}
        if self.kind == "different":
            found |= pairs_among(self.ids)
        if self.kind == "same":
            found |= {ordered_pair(one, other) for one in self.ids for other in self.apart}
        for part, rest in combinations(self.parts, 2):
            found |= {ordered_pair(one, other) for one in part for other in rest}
        return found


def spot_of(entity: str, record_id: str, field: str, raw: str) -> Spot:
    """Return the place of a text on a card, by which decisions on it are kept."""
    return entity, record_id, field, _digest(entity, record_id, field, raw)[:_RAW_DIGITS]


def shown_digest(spot: Spot, proposal: str) -> str:
    """Return what a decision keeps of the proposal that was shown."""
    return _digest(*spot, proposal)[:_SHOWN_DIGITS]


def _digest(*told: str) -> str:
    return hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()


def ordered_pair(one: str, other: str) -> Pair:
    """Return two ids, the smaller first: a shorter id is a smaller number."""
    return (one, other) if (len(one), one) <= (len(other), other) else (other, one)


def pairs_among(ids: Iterable[str]) -> set[Pair]:
    """Return all pairs of `ids`."""
    return {ordered_pair(*pair) for pair in combinations(dict.fromkeys(ids), 2)}

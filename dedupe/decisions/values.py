"""One decision as a value, and as a line of JSON; schema `crmclean.decisions/1`.

A line names records by id and holds no personal data, but for a golden value that the reviewer
typed (`values.FIELD.text`) and the edited proposal of a finding (`edited`): what the file should
not carry out of the house must not be typed there. A value that was taken over from a card is
named by the card's id (`values.FIELD.from`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

SCHEMA = "crmclean.decisions/1"
KINDS = ("same", "different", "split", "skip", "value", "undo")
VERDICTS = ("accept", "reject", "edit")
ENTITIES = ("contact", "company", "deal", "task", "user")
MAX_IDS = 1_000  # of one decision: more cards nobody has looked at
_MAX_TEXT = 4_000
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
Pair = tuple[str, str]


class MalformedError(ValueError):
    """A line is no decision of this schema; the text says which part."""


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
    of: str = ""
    batch: str = ""
    note: str = ""
    evidence: Evidence = Evidence()

    @property
    def order(self) -> tuple[datetime, str]:
        """Return what sorts decisions in time, also where files of two people were joined."""
        return self.at, self.id

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


def ordered_pair(one: str, other: str) -> Pair:
    """Return two ids, the smaller first: a shorter id is a smaller number."""
    return (one, other) if (len(one), one) <= (len(other), other) else (other, one)


def pairs_among(ids: Iterable[str]) -> set[Pair]:
    """Return all pairs of `ids`."""
    return {ordered_pair(*pair) for pair in combinations(dict.fromkeys(ids), 2)}


def render_line(decision: Decision) -> str:
    """Return the decision as one line, without its end; empty parts are left out."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "id": decision.id,
        "at": decision.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": decision.who,
        "kind": decision.kind,
    }
    rest: dict[str, Any] = {
        name: getattr(decision, name)
        for name in ("entity", "ids", "apart", "pairs", "parts", "survivor", "code", "record_id",
                     "verdict", "edited", "of", "batch", "note")
    }  # fmt: skip
    rest["values"] = {
        name: {"from": golden.from_id} if golden.text is None else {"text": golden.text}
        for name, golden in decision.values.items()
    }
    rest["evidence"] = {
        name: getattr(decision.evidence, name)
        for name in Evidence.__slots__
        if getattr(decision.evidence, name) not in ("", None)
    }
    told |= {name: value for name, value in rest.items() if value}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parse_line(line: str) -> Decision:
    """Return the decision of one line. Raises MalformedError."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedError("json") from error
    if not isinstance(told, dict):
        raise MalformedError("json")
    if told.get("schema") != SCHEMA:
        raise MalformedError("schema")
    unknown = set(told) - {"schema", *Decision.__slots__}
    if unknown:
        raise MalformedError(sorted(unknown)[0][:40])
    return _checked(
        Decision(
            id=_word(told, "id"),
            at=_moment(told),
            who=_text(told, "who"),
            kind=_one_of(told, "kind", KINDS),
            entity=_one_of(told, "entity", ("", *ENTITIES)),
            ids=_ids(told.get("ids", []), "ids"),
            apart=_ids(told.get("apart", []), "apart"),
            pairs=_pairs(told.get("pairs", [])),
            parts=tuple(_ids(part, "parts") for part in _list(told.get("parts", []), "parts")),
            values=_values(told.get("values", {})),
            verdict=_one_of(told, "verdict", ("", *VERDICTS)),
            evidence=_evidence(told.get("evidence", {})),
            **{
                name: _text(told, name)
                for name in ("survivor", "code", "record_id", "edited", "of", "batch", "note")
            },
        )
    )


_MISSING = {
    "same": lambda d: len(d.ids) < 2 or not d.entity,
    "different": lambda d: not d.entity or not (len(d.ids) > 1 or d.pairs),
    "split": lambda d: not d.entity or len(d.parts) < 2,
    "skip": lambda d: not d.entity or not d.ids,
    "value": lambda d: not (d.entity and d.code and d.record_id and d.verdict),
    "undo": lambda d: not d.of,
}


def _checked(decision: Decision) -> Decision:
    if _MISSING[decision.kind](decision):
        raise MalformedError(decision.kind)
    if decision.survivor and decision.survivor not in decision.ids:
        raise MalformedError("survivor")
    if set(decision.ids) & set(decision.apart):
        raise MalformedError("apart")
    if len(decision.named_ids()) > MAX_IDS:
        raise MalformedError("ids")
    return decision


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise MalformedError(name)
    return value


def _word(told: Mapping[str, Any], name: str) -> str:
    value = _text(told, name)
    if not _WORD.fullmatch(value):
        raise MalformedError(name)
    return value


def _one_of(told: Mapping[str, Any], name: str, allowed: Iterable[str]) -> str:
    value = _text(told, name)
    if value not in allowed:
        raise MalformedError(name)
    return value


def _moment(told: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(told, "at"))
    except ValueError as error:
        raise MalformedError("at") from error
    if moment.tzinfo is None:
        raise MalformedError("at")
    return moment.astimezone(UTC)


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_IDS**2:
        raise MalformedError(name)
    return value


def _ids(value: object, name: str) -> tuple[str, ...]:
    ids = _list(value, name)
    if not all(isinstance(one, str) and one for one in ids) or len(set(ids)) < len(ids):
        raise MalformedError(name)
    return tuple(ids)


def _pairs(value: object) -> tuple[Pair, ...]:
    found = [_ids(pair, "pairs") for pair in _list(value, "pairs")]
    if any(len(pair) != 2 for pair in found):
        raise MalformedError("pairs")
    return tuple((one, other) for one, other in found)


def _values(value: object) -> dict[str, Golden]:
    if not isinstance(value, dict):
        raise MalformedError("values")
    found = {}
    for name, told in value.items():
        if not isinstance(told, dict) or set(told) not in ({"from"}, {"text"}):
            raise MalformedError("values")
        if "from" in told:
            found[name] = Golden(from_id=_text(told, "from"))
        else:
            found[name] = Golden(text=_text(told, "text"))
    return found


def _evidence(value: object) -> Evidence:
    if not isinstance(value, dict) or not set(value) <= set(Evidence.__slots__):
        raise MalformedError("evidence")
    probability = value.get("probability")
    if probability is not None and not _is_share(probability):
        raise MalformedError("evidence")
    return Evidence(
        probability=probability,
        **{name: _text(value, name) for name in ("scan_id", "tier", "code", "sample")},
    )


def _is_share(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= 1

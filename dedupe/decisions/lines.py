"""One decision as a line of JSON, written and read: what can't be meant is refused.

What the lines hold, and which schema they have, is told in `values`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from .values import (
    ENTITIES,
    KINDS,
    MAX_IDS,
    MAX_PARTS,
    SCHEMA,
    SCHEMA_PROPOSAL,
    VERDICTS,
    Decision,
    Evidence,
    Golden,
    Pair,
)

_MAX_TEXT = 4_000
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class MalformedError(ValueError):
    """A line is no decision of this schema; the text says which part."""


def render_line(decision: Decision) -> str:
    """Return the decision as one line, without its end; empty parts are left out."""
    told: dict[str, Any] = {
        "schema": SCHEMA_PROPOSAL if decision.kind == "proposal" else SCHEMA,
        "id": decision.id,
        "at": decision.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": decision.who,
        "kind": decision.kind,
    }
    rest: dict[str, Any] = {
        name: getattr(decision, name)
        for name in ("entity", "ids", "apart", "pairs", "parts", "survivor", "code", "record_id",
                     "verdict", "edited", "field", "raw", "shown", "chosen", "of", "batch",
                     "note")
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
    if told.get("schema") not in (SCHEMA, SCHEMA_PROPOSAL):
        raise MalformedError("schema")
    unknown = set(told) - {"schema", *Decision.__slots__}
    if told["schema"] == SCHEMA:
        unknown |= set(told) & _OF_PROPOSALS
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
            chosen=_places(told.get("chosen", [])),
            evidence=_evidence(told.get("evidence", {})),
            **{
                name: _text(told, name)
                for name in (
                    "survivor",
                    "code",
                    "record_id",
                    "edited",
                    "field",
                    "raw",
                    "shown",
                    "of",
                    "batch",
                    "note",
                )
            },
        )
    )


_OF_PROPOSALS = {"field", "raw", "shown", "chosen"}
_MISSING: Mapping[str, Callable[[Decision], bool]] = {
    "same": lambda d: len(d.ids) < 2 or not d.entity,
    "different": lambda d: not d.entity or not (len(d.ids) > 1 or d.pairs),
    "split": lambda d: not d.entity or len(d.parts) < 2,
    "skip": lambda d: not d.entity or not d.ids,
    "value": lambda d: (
        not (d.entity and d.code and d.record_id and d.verdict) or d.verdict == "skip"
    ),
    "proposal": lambda d: (
        not (d.entity and d.record_id and d.field and d.raw and d.verdict and d.shown)
        or (d.verdict == "edit") is not bool(d.chosen or d.edited)
    ),
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


def _places(value: object) -> tuple[int, ...]:
    places = _list(value, "chosen")
    is_whole = all(isinstance(one, int) and not isinstance(one, bool) for one in places)
    if not is_whole or not all(0 <= one < MAX_PARTS for one in places):
        raise MalformedError("chosen")
    if len(set(places)) < len(places):
        raise MalformedError("chosen")
    return tuple(places)


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

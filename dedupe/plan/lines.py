"""The lines of a plan file: header, groups with their operations, footer; and back.

One line is one JSON object in canonical spelling (see `canonical`). The hash is of all lines
before the footer; the footer holds it with the number of lines before it, so a file that was cut
off or written on is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from dedupe.language import N_

from .canonical import Json, bad, canonical_text
from .codec import (
    ID,
    REF,
    TEXT,
    WHOLE,
    Codec,
    choice,
    many,
    mapping,
    optional,
    read_fields,
    record,
    write_fields,
)
from .op_json import OP
from .ops import Effect
from .plan import FORMAT, KINDS, REQUIRES, UNDO, Golden, Group, Header, Phase, Plan, PlanOp

CRMS = ("amocrm", "retailcrm", "bitrix24")
_HEX = 64


def _score_text(score: float) -> str:
    return f"{score:.4f}"


def _score(value: object, where: str) -> float:
    try:
        score = float(value) if isinstance(value, str) else -1.0
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1 or value != _score_text(score):
        raise bad(N_("a share is meant, like 0.9910, in quotes"), where)
    return score


def _pair(value: object, where: str) -> tuple[str, str]:
    texts = many(TEXT).read(value, where)
    if len(texts) != 2:
        raise bad(N_("a pair of texts is meant"), where)
    return texts[0], texts[1]


def _hash(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) != _HEX or set(value) - set("0123456789abcdef"):
        raise bad(N_("a SHA-256 is meant"), where)
    return value


def _phase(value: object, where: str) -> Phase:
    try:
        return Phase(WHOLE.read(value, where))
    except ValueError:
        raise bad(N_("no such phase"), where) from None


_GOLDEN = record(Golden, {"field": TEXT, "rule": TEXT, "from_ids": many(ID)})
_HEADER: dict[str, Codec[Any]] = {
    "crm": choice(CRMS),
    "account_id": TEXT,
    "account_host": TEXT,
    "tool": TEXT,
    "tool_min": TEXT,
    "state_id": TEXT,
    "snapshot_id": TEXT,
    "snapshot_from": TEXT,
    "snapshot_to": TEXT,
    "server_time_offset_ms": Codec(lambda value: value, lambda value, where: _offset(value, where)),
    "scan_id": TEXT,
    "made_at": TEXT,
    "expires_at": TEXT,
    "counts": mapping(WHOLE),
    "rules_sha256": TEXT,
    "config_sha256": TEXT,
    "lang": TEXT,
    "parent_hash": optional(Codec(lambda value: value, _hash)),
    "totals": mapping(WHOLE),
    "left_out": mapping(WHOLE),
    "field_names": mapping(TEXT),
}
_EFFECT: Codec[Effect] = Codec(
    str, lambda value, where: Effect(choice([str(e) for e in Effect]).read(value, where))
)
_GROUP: dict[str, tuple[str, Codec[Any]]] = {
    "gid": ("id", TEXT),
    "repair": ("kind", choice(KINDS)),
    "entity": ("entity", choice(("contact", "company", "deal", "task"))),
    "records": ("records", many(REF)),
    "survivor": ("survivor", optional(REF)),
    "losers": ("losers", many(REF)),
    "code": ("code", TEXT),
    "score": ("score", optional(Codec(_score_text, _score))),
    "evidence": ("evidence", many(Codec(list, _pair))),
    "class": ("effect", _EFFECT),
    "undo": ("undo", choice(UNDO)),
    "requires": ("requires", choice(REQUIRES)),
    "golden": ("golden", many(_GOLDEN)),
}
_OP: dict[str, tuple[str, Codec[Any]]] = {
    "op": ("id", TEXT),
    "seq": ("seq", WHOLE),
    "phase": ("phase", Codec(int, _phase)),
    "do": ("op", OP),
    "pre": ("pre", mapping(many(TEXT))),
    "after": ("after", many(TEXT)),
}


def _offset(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad(N_("a whole number is meant"), where)
    return value


def body_lines(plan: Plan) -> Iterator[bytes]:
    """Yield the lines of a plan before its footer, each with its line feed."""
    yield _line({"kind": "header", "format": FORMAT, **write_fields(plan.header, _HEADER)})
    for group in plan.groups:
        yield _line({"kind": "group", **_renamed(group, _GROUP)})
        for op in plan.by_group[group.id]:
            effect = str(op.op.effect)
            yield _line({"kind": "op", "class": effect, **_renamed(op, _OP)})


def footer_line(n_lines: int, digest: str) -> bytes:
    """Return the last line of a plan of `n_lines` lines with this hash."""
    return _line({"kind": "footer", "lines": n_lines, "sha256": digest})


def plan_hash(plan: Plan) -> str:
    """Return the SHA-256 of the lines before the footer."""
    digest = hashlib.sha256()
    for line in body_lines(plan):
        digest.update(line)
    return digest.hexdigest()


def read_header(value: Mapping[str, Any]) -> Header:
    """Return the header that a line tells; its format is the reader's business."""
    rest = {key: each for key, each in value.items() if key not in ("kind", "format")}
    return Header(**read_fields(rest, _HEADER, ""))


def read_group(value: Mapping[str, Any]) -> Group:
    """Return the group that a line tells."""
    return Group(**_named(value, _GROUP))


def read_op(value: Mapping[str, Any]) -> PlanOp:
    """Return the operation that a line tells; its class must be what the operation is."""
    rest = {key: each for key, each in value.items() if key != "class"}
    op = PlanOp(**_named(rest, _OP))
    if value.get("class") != str(op.op.effect):
        raise bad(N_("the class is not the operation's"), "class")
    return op


def _renamed(value: object, table: Mapping[str, tuple[str, Codec[Any]]]) -> dict[str, Json]:
    return {key: codec.write(getattr(value, name)) for key, (name, codec) in table.items()}


def _named(value: Mapping[str, Any], table: Mapping[str, tuple[str, Codec[Any]]]) -> dict[str, Any]:
    rest = {key: each for key, each in value.items() if key != "kind"}
    read = read_fields(rest, {key: codec for key, (_, codec) in table.items()}, "")
    return {table[key][0]: each for key, each in read.items()}


def _line(value: Mapping[str, Json]) -> bytes:
    return canonical_text(value).encode("utf-8") + b"\n"

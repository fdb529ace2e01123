"""A notice: what one target is told of a run, or of a week of runs, without any language.

It holds codes, counts and ids, as `RunOutcome` does; of files their names alone. It is what waits
in the outbox and what a webhook gets, so its document is stable: `crmclean.notice/1`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from dedupe.crm.http import redact
from dedupe.policy.outcome import Changes, HealthTold, Reason, RunOutcome, State

SCHEMA = "crmclean.notice/1"
_LONGEST = 500
_FOLDERS = re.compile(
    r"(?<![\w:/\\.])(?:[A-Za-z]:)?(?:[\\/][^\\/\s:;,\"']+)*[\\/]([^\\/\s:;,\"']+)"
)
_ADDRESS = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+")
_PHONE = re.compile(r"\+\d(?:[\s().-]{0,2}\d){9,13}")


class Kind(StrEnum):
    """RECOVERED: the last notice told of trouble, and it is over."""

    RUN = "run"
    RECOVERED = "recovered"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A check whose count changed since the last notice; `before` is None where none told it."""

    code: str
    entity: str
    before: int | None
    now: int
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one target is told; `since` is the moment of the notice before it, None of the first."""

    id: str
    kind: Kind
    policy: str
    profile: str
    run_id: str
    made: datetime
    state: State
    exit_code: int
    host: str = ""
    since: datetime | None = None
    reason: Reason | None = None
    error: str = ""
    oddities: tuple[Reason, ...] = ()
    health_before: HealthTold | None = None
    health_now: HealthTold | None = None
    found_before: int | None = None
    found_now: int | None = None
    moves: tuple[Move, ...] = ()
    changes: Changes = field(default_factory=Changes)
    verified_changed: int = 0
    n_runs: int = 1  # more than one in a digest, from `runs_since` on
    runs_since: datetime | None = None
    runs_by_state: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    next_command: str = ""
    files: tuple[str, ...] = ()  # names, without their folders


def notice_id(outcome: RunOutcome, target: str) -> str:
    """Return the id under which a receiver knows a notice again, however often it comes."""
    told = "\n".join((outcome.policy, outcome.profile, outcome.run_id, target))
    return f"n-{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def harmless(text: str) -> str:
    """Return a line of ours as a stranger may read it: no secret, address, number or folder.

    >>> harmless("/home/ivan/state/plan.jsonl: too old; run crmclean plan")
    'plan.jsonl: too old; run crmclean plan'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in redact(text)).split())
    line = _PHONE.sub("***", _ADDRESS.sub("***", _FOLDERS.sub(r"\1", line)))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def harmless_reason(reason: Reason) -> Reason:
    """Return the reason with its texts made harmless."""
    facts = {k: harmless(v) if isinstance(v, str) else v for k, v in reason.facts.items()}
    return Reason(code=reason.code, facts=facts)


def file_name(path: str) -> str:
    """Return a path's last part, of either system's spelling."""
    return PurePath(path.replace("\\", "/")).name


def notice_document(notice: Notice) -> dict[str, Any]:
    """Return the notice as the JSON document of its schema."""
    told = asdict(notice)
    told |= {
        "made": _moment(notice.made),
        "since": _moment(notice.since) if notice.since else None,
        "runs_since": _moment(notice.runs_since) if notice.runs_since else None,
        "kind": str(notice.kind),
        "state": str(notice.state),
        "seconds": round(notice.seconds, 3),
    }
    return {"schema": SCHEMA, **told}


def read_notice(told: Mapping[str, Any]) -> Notice:
    """Return the notice of a document. Raises ValueError, TypeError or KeyError."""
    facts = {key: value for key, value in told.items() if key != "schema"}
    return Notice(
        **facts
        | {
            "made": datetime.fromisoformat(told["made"]),
            "since": _read_moment(told.get("since")),
            "runs_since": _read_moment(told.get("runs_since")),
            "kind": Kind(told["kind"]),
            "state": State(told["state"]),
            "reason": Reason(**told["reason"]) if told.get("reason") else None,
            "oddities": tuple(Reason(**each) for each in told.get("oddities", ())),
            "moves": tuple(Move(**each) for each in told.get("moves", ())),
            "changes": Changes(**told.get("changes", {})),
            "health_before": read_health(told.get("health_before")),
            "health_now": read_health(told.get("health_now")),
            "files": tuple(told.get("files", ())),
        }
    )


def read_health(told: Mapping[str, int] | None) -> HealthTold | None:
    """Return the health of a document, None where it tells none."""
    return HealthTold(**told) if told else None


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")

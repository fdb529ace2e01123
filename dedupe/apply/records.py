"""What the journal gives and takes: runs, operations, the start of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .states import OpState, RunState

FORGOTTEN = {"forgotten": True}  # in the place of what an operation replaced: `data forget`


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as the journal has it."""

    run_id: str
    plan_hash: str
    kind: str  # apply | undo
    undo_of: str | None
    plan_path: str
    started_at: str
    ended_at: str | None
    state: RunState
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpRecord:
    """One operation as the journal has it; `body` are the exact bytes that were to be sent."""

    run_id: str
    op_id: str
    gid: str
    at: int
    state: OpState
    attempt: int
    settle_until: float | None
    method: str | None
    path: str | None
    body: bytes | None
    fingerprint: str | None
    before: Any
    status: int | None
    created_id: str | None
    problem: str | None

    @property
    def is_forgotten(self) -> bool:
        """Tell whether its values were removed with a person's data."""
        return bool(self.before == FORGOTTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a new run is made of: its plan, and the ids of its groups and operations in order."""

    run_id: str
    plan_hash: str
    plan_path: str
    header: Mapping[str, Any]
    groups: Sequence[tuple[str, str]]  # gid, kind
    ops: Sequence[tuple[str, str]]  # op id, gid
    kind: str = "apply"
    undo_of: str | None = None


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Return what tells one request from another: SHA-256 of its line and body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()

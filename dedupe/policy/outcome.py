"""How an unattended run ended: one value for the terminal, JSON, notices, logs and monitoring.

It holds codes, counts and ids, never a name, a number or an address of a person. Why a run stopped
is a code with its facts; the words for it are in `words`, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

SCHEMA = "crmclean.run/1"
OVERLAP = "locked"  # the reason's code: see `unbegun`
Fact = str | int | float


class State(StrEnum):
    """UNCHANGED: all is as it was, and nothing was sent. STOPPED: a limit or a person held it."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a run stopped, or what is odd: a code of `words.REASONS` and what its text names."""

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One check: found now; new and fixed since the last run's scan (None: not compared)."""

    code: str
    entity: str
    found: int | None
    new: int | None = None
    fixed: int | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTold:
    """Cards without a fault, of all cards."""

    clean: int
    cards: int

    @property
    def share(self) -> float | None:
        """Return the share of clean cards; None where there are no cards."""
        return self.clean / self.cards if self.cards else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Groups of the plan by how they ended; `by_kind` are those done, `left` those not begun."""

    planned: int = 0
    applied: int = 0
    undone: int = 0  # taken back by the run itself
    failed: int = 0
    stale: int = 0  # a colleague was faster: left as they are
    left: int = 0
    resumed: int = 0  # of an earlier run, finished by this one; of a killed one all that is done
    by_kind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """One run of a policy for one profile. `health_before` is of the last run's scan."""

    policy: str
    profile: str
    run_id: str  # p-...: of the policy's run; the journal has `apply_run`
    started: datetime
    ended: datetime
    state: State
    exit_code: int
    host: str = ""
    account_id: str = ""
    is_dry_run: bool = False
    reason: Reason | None = None
    error: str = ""  # the one line of an error, as the terminal shows it; redacted, no values
    oddities: tuple[Reason, ...] = ()
    apply_run: str = ""
    resumed_runs: tuple[str, ...] = ()
    scan_id: str = ""
    plan_hash: str = ""
    counts: Mapping[str, int | None] = field(default_factory=dict)
    checks: tuple[Found, ...] = ()
    health_before: HealthTold | None = None
    health_after: HealthTold | None = None
    changes: Changes = field(default_factory=Changes)
    verified_changed: int = 0  # groups that are no longer as the run left them
    requests: int = 0
    seconds: float = 0.0
    steps: Mapping[str, float] = field(default_factory=dict)  # seconds by step, in their order
    next_command: str = ""
    files: tuple[str, ...] = ()  # paths of the report's files

    @property
    def is_news(self) -> bool:
        """Tell whether a person wants to hear of it: all but a quiet night and an overlap."""
        return self.state is not State.UNCHANGED and not self.is_overlap

    @property
    def is_overlap(self) -> bool:
        """Tell whether it never began as another run had the account, and that does not last."""
        return self.reason is not None and self.reason.code == OVERLAP


class Notifier(Protocol):
    """Tells people of a run. Never raises: what could not be delivered is in its answer."""

    def notify(self, outcome: RunOutcome) -> tuple[str, ...]:
        """Deliver, or put aside for the next run; return one line per delivery that failed."""


@dataclass(slots=True)
class Recorder:
    """A notifier that only remembers: for tests, and where nobody is to be told."""

    outcomes: list[RunOutcome] = field(default_factory=list)

    def notify(self, outcome: RunOutcome) -> tuple[str, ...]:
        """Keep the outcome."""
        self.outcomes.append(outcome)
        return ()


def outcome_document(outcome: RunOutcome) -> dict[str, Any]:
    """Return the outcome as the JSON document of its schema."""
    told = asdict(outcome)
    told |= {
        "started": _text(outcome.started),
        "ended": _text(outcome.ended),
        "state": str(outcome.state),
        "seconds": round(outcome.seconds, 3),
        "steps": {name: round(seconds, 3) for name, seconds in outcome.steps.items()},
    }
    return {"schema": SCHEMA, **told}


def read_outcome(told: Mapping[str, Any]) -> RunOutcome:
    """Return the outcome that a document tells. Raises ValueError, TypeError or KeyError."""
    facts = {key: value for key, value in told.items() if key != "schema"}
    facts |= {
        "started": datetime.fromisoformat(told["started"]),
        "ended": datetime.fromisoformat(told["ended"]),
        "state": State(told["state"]),
        "reason": Reason(**told["reason"]) if told.get("reason") else None,
        "oddities": tuple(Reason(**each) for each in told.get("oddities", ())),
        "checks": tuple(Found(**each) for each in told.get("checks", ())),
        "changes": Changes(**told.get("changes", {})),
        "health_before": _health(told.get("health_before")),
        "health_after": _health(told.get("health_after")),
    }
    for name in ("resumed_runs", "files"):
        facts[name] = tuple(told.get(name, ()))
    return RunOutcome(**facts)


def _health(told: Mapping[str, int] | None) -> HealthTold | None:
    return HealthTold(**told) if told else None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")

"""What a run of a policy is made of: the policy, the account's folder, the work, the clocks.

Nothing in this package speaks to a CRM or prints: `Works` does the work, the command line gives
it, and tests give their own.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from dedupe.apply.history import History
from dedupe.apply.run import ApplyOptions
from dedupe.apply.tools import Report
from dedupe.config import Policy
from dedupe.contracts import Summary
from dedupe.plan import Plan

from .oddities import Read
from .outcome import Notifier
from .systemd import Systemd


class Works(Protocol):
    """The work itself, on one account."""

    @property
    def n_requests(self) -> int:
        """Requests to the CRM so far."""

    def zones(self) -> Sequence[str | None]:
        """Return what the account and the config name as the time zone, the best first."""

    def runs(self) -> list[History]:
        """Return the runs of the journal, the newest first."""

    def resume(self, run_ids: Sequence[str], options: ApplyOptions) -> list[Report]:
        """Finish these runs."""

    def pull(self) -> Read:
        """Bring the snapshot up to date."""

    def scan(self) -> Summary:
        """Audit the snapshot and compare it with the last scan."""

    def plan(self) -> Plan | None:
        """Plan what the scan calls for; None where no CRM could carry it out."""

    def keep(self, plan: Plan | None) -> Path:
        """Write the scan's files and its plan; return the plan's place."""

    def rehearse(self, plan: Plan) -> Sequence[str]:
        """Carry the plan out on a copy; return what was lost there."""

    def apply(self, plan: Plan, options: ApplyOptions) -> Report:
        """Carry the plan out."""

    def verify(self, run_id: str) -> int:
        """Count the groups that are no longer as the run left them."""

    def report(self) -> tuple[str, ...]:
        """Write the reports and return their paths."""

    def signal(self) -> str | None:
        """Return the signal that asks the run to end."""


def new_run_id(moment: datetime) -> str:
    """Return an id for a run that begins now; ids sort by time."""
    return f"p-{moment.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a run is made of; the clocks are given, so that a test owns time."""

    policy: Policy
    profile: str
    run_id: str  # of `new_run_id`: the log has it before the run begins
    folder: Path
    works: Works
    notifier: Notifier
    host: str = ""  # of the account: what its lock is named by
    systemd: Systemd = field(default_factory=Systemd)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    wait_s: float = 0.0
    is_dry_run: bool = False
    ignores_window: bool = False
    accepts_odd: bool = False

"""Runs of a policy without a CRM: the work is told what to answer, and time is a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dedupe.apply.history import History, runs
from dedupe.apply.journal import Journal, Start
from dedupe.apply.run import ApplyOptions, run_id_of
from dedupe.apply.states import GroupState, OpState, RunState
from dedupe.apply.tools import Report
from dedupe.config import Policy
from dedupe.contracts import CheckResult, Health, Summary
from dedupe.errors import StoppedError
from dedupe.plan import Plan
from dedupe.policy.memory import Memory, read_memory
from dedupe.policy.night import Night, new_run_id
from dedupe.policy.oddities import Read
from dedupe.policy.outcome import Recorder, RunOutcome
from dedupe.policy.run import run_night

from .plans import plan_of

ACCOUNT = "amocrm box.example 1"
START = datetime(2026, 11, 22, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def nothing() -> None:
    """Do nothing at this point."""


@dataclass
class FakeWorks:
    """An account whose every answer a test may set; writes go into a real journal."""

    folder: Path
    planned: Plan = field(default_factory=lambda: plan_of(3))
    read: Read = field(
        default_factory=lambda: Read(account_id="1", host="box.example", counts={"contacts": 1000})
    )
    n_found: int = 10
    problems: Sequence[str] = ()
    n_changed: int = 0
    applied: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    exit_code: int = 0
    asked: str | None = None
    at_pull: Callable[[], None] = nothing
    at_group: Callable[[int], None] = lambda at: None
    n_requests: int = 7
    n_scans: int = 0

    def zones(self) -> Sequence[str | None]:
        return ("Europe/Moscow",)

    def runs(self) -> list[History]:
        return runs(self.folder)

    def resume(self, run_ids: Sequence[str], options: ApplyOptions) -> list[Report]:
        self.done.append("resume")
        return [self._carry_out(run_id, options) for run_id in run_ids]

    def pull(self) -> Read:
        self.done.append("pull")
        self.at_pull()
        return self.read

    def scan(self) -> Summary:
        self.done.append("scan")
        self.n_scans += 1
        is_first = self.n_scans == 1
        check = CheckResult(
            code="DUP101",
            entity="contact",
            status="checked",
            found=self.n_found,
            new=None if is_first else 0,
            fixed=None if is_first else 0,
        )
        return Summary(
            scan_id=f"s-{self.n_scans}", crm="amocrm", account_id="1", host="box.example",
            source="main", data_from=None, data_to=None, scanned_at=START, counts={},
            checks=(check,), notes=(), timings={}, versions={},
            health=Health(cards=10, clean=6, by_entity={}), baseline="" if is_first else "s-0",
        )  # fmt: skip

    def plan(self) -> Plan | None:
        self.done.append("plan")
        return self.planned

    def keep(self, plan: Plan | None) -> Path:
        self.done.append("keep")
        return Path("plan.jsonl")

    def rehearse(self, plan: Plan) -> Sequence[str]:
        self.done.append("rehearse")
        return self.problems

    def apply(self, plan: Plan, options: ApplyOptions) -> Report:
        self.done.append("apply")
        run_id = run_id_of(plan)
        with Journal(self.folder, ACCOUNT) as journal:
            journal.start(
                Start(
                    run_id=run_id,
                    plan_hash=plan.hash,
                    plan_path="plan.jsonl",
                    header={},
                    groups=[(group.id, group.kind) for group in plan.groups],
                    ops=[(op.id, op.group_id) for op in plan.ops],
                )
            )
        return self._carry_out(run_id, options)

    def verify(self, run_id: str) -> int:
        self.done.append("verify")
        return self.n_changed

    def report(self) -> tuple[str, ...]:
        self.done.append("report")
        return ("report.html",)

    def signal(self) -> str | None:
        return self.asked

    def _carry_out(self, run_id: str, options: ApplyOptions) -> Report:
        with Journal(self.folder, ACCOUNT) as journal:
            try:
                for at, (gid, (state, _)) in enumerate(journal.groups(run_id).items()):
                    if state is GroupState.DONE:
                        continue
                    reason = options.tools.stop()
                    if reason is not None:
                        raise StoppedError("stopped")
                    self.at_group(at)
                    journal.set_group(run_id, gid, GroupState.DONE)
                    self.applied.append(gid)
            except BaseException as error:
                journal.end(run_id, RunState.STOPPED, type(error).__name__)
                raise
            journal.end(run_id, RunState.DONE)
        ops = {OpState.AMBIGUOUS: 1} if self.exit_code == 8 else {OpState.CONFIRMED: 1}
        groups = {GroupState.STALE: 1} if self.exit_code == 3 else {GroupState.DONE: 1}
        return Report(run_id=run_id, plan_hash="", groups=groups, ops=ops, sent=1, seconds=0.0)


@dataclass
class Nights:
    """One account's nights, one after another."""

    folder: Path
    works: FakeWorks
    policy: Policy = field(default_factory=lambda: Policy(name="nightly"))
    moment: datetime = START
    seconds: float = 0.0
    notices: Recorder = field(default_factory=Recorder)

    def run(self, policy: Policy | None = None, **more: object) -> RunOutcome:
        night = Night(
            policy=policy or self.policy,
            profile="main",
            run_id=new_run_id(self.moment),
            folder=self.folder,
            works=self.works,
            notifier=self.notices,
            now=lambda: self.moment,
            monotonic=lambda: self.seconds,
        )
        self.works.done.clear()
        return run_night(replace(night, **more))  # type: ignore[arg-type]

    @property
    def memory(self) -> Memory:
        return read_memory(self.folder, "nightly")

    def sleep(self) -> None:
        """Let a day pass, and let there be something new to repair."""
        self.moment += 24 * HOUR
        self.works.planned = plan_of(len(self.works.planned.groups) + 1)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    tmp_path.chmod(0o700)
    return Nights(tmp_path, FakeWorks(tmp_path))

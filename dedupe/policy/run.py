"""One run of a policy for one account: what is done in which order, and what ends it early.

    lock -> STOP, PAUSE -> resume -> pull -> scan -> anything odd? -> plan -> caps -> apply ->
    verify -> report -> remember -> tell

What a run must know of the runs before it is in `memory`, written before the first send, so that a
kill at any moment leaves a state with which the next run goes on. Whatever happens to a run that
has the account's lock ends in one `RunOutcome`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from dedupe.apply.lock import account_lock
from dedupe.apply.run import ApplyOptions, run_id_of
from dedupe.apply.states import GroupState, RunState
from dedupe.apply.tools import Guards, Report, Tools
from dedupe.errors import CrmCleanError, LockedError, SafetyError, StoppedError, StorageError
from dedupe.plan import Plan

from .approvals import approved_plans
from .boundary import Boundary
from .caps import automatic, check_caps, cut, dated, is_final, limits_of
from .draft import Draft, group_states, health_of
from .logs import trail
from .memory import Memory, read_memory, remember_outcome, write_memory
from .night import Night
from .oddities import GUARDED, Read, duplicates_found, odd_clock, odd_read, odd_scan
from .outcome import Reason, RunOutcome, State
from .window import zone_of

R = TypeVar("R")
_log = logging.getLogger(__name__)
_OUTAGE = ("RemoteError", "SignInError", "StorageError")  # they end a run that nobody stopped
_SECOND_LOOK = 10  # groups after the canary; then the rest


def run_night(night: Night) -> RunOutcome:
    """Do the policy's steps. Raises LockedError where another run has the account."""
    return _Run(night).whole()


class _EndedError(Exception):
    """The run ends here, and that is no error."""

    def __init__(self, code: str, exit_code: int, state: State | None = State.STOPPED) -> None:
        super().__init__(code)
        self.reason, self.exit_code, self.state = Reason(code=code), exit_code, state


class _Run:
    """One run, from the lock to the notice."""

    def __init__(self, night: Night) -> None:
        self.night, self.works = night, night.works
        self.policy = replace(night.policy, window=None) if night.ignores_window else night.policy
        self.started = night.now()
        self.started_s = night.monotonic()
        self.last_success: datetime | None = None
        self.memory = Memory()
        self.draft = Draft(
            policy=self.policy.name,
            profile=night.profile,
            run_id=night.run_id,
            started=self.started,
            is_dry_run=night.is_dry_run,
        )
        self.boundary = self._boundary()
        self.read = Read(account_id="", host="")

    def whole(self) -> RunOutcome:
        night, draft = self.night, self.draft
        self.last_success = self._last_success()
        lock = account_lock(night.folder, draft.run_id, host=night.host, wait_s=night.wait_s)
        with lock:
            night.systemd.ready(draft.run_id)
            self._ending(self._steps)
            return self._told()

    def _last_success(self) -> datetime | None:
        try:
            return read_memory(self.night.folder, self.policy.name).last_success
        except StorageError:  # told when the run has begun
            return None

    # --- how it ends

    def _ending(self, steps: Callable[[], None]) -> None:
        """Run `steps`; however they end is in the draft."""
        draft = self.draft
        try:
            steps()
        except _EndedError as ended:
            draft.reason = draft.reason or ended.reason
            draft.exit_code, draft.state = ended.exit_code, ended.state
        except CrmCleanError as error:
            is_held = isinstance(error, SafetyError | StoppedError | LockedError)
            self._failed("error", str(error), error.exit_code, is_held=is_held)
        except (KeyboardInterrupt, SystemExit) as error:
            code = error.code if isinstance(error, SystemExit) else 130
            self._failed("signal", "", code if isinstance(code, int) else 130, is_held=True)
        except Exception as error:  # the record of a run: nobody is there to see a traceback
            _log.error("internal error: %s", trail(error))
            draft.reason = Reason(code="internal", facts={"kind": type(error).__name__})
            self._failed("internal", "", 1, is_held=False)
            draft.next_command = f"crmclean log {draft.run_id}"
            self.night.systemd.status(f"internal error ({type(error).__name__})")

    def _failed(self, code: str, error: str, exit_code: int, *, is_held: bool) -> None:
        self.draft.reason = self.draft.reason or Reason(code=code)
        self.draft.error, self.draft.exit_code = error, exit_code
        self.draft.state = State.STOPPED if is_held else State.FAILED

    def _told(self) -> RunOutcome:
        """Make the outcome, keep it and tell it; what can't be kept is told all the same."""
        night, seconds = self.night, self.night.monotonic() - self.started_s
        outcome = self.draft.outcome(night.folder, night.now(), self.works.n_requests, seconds)
        if not night.is_dry_run:
            self._remember(outcome)
            if self.policy.does("notify"):
                night.notifier.notify(outcome)
        night.systemd.stopping()
        return outcome

    def _remember(self, outcome: RunOutcome) -> None:
        try:
            remember_outcome(self.night.folder, outcome, self.policy.keep)
            last = self.memory.last_ended
            # A clock that was set back stays odd the next night, too, until a person accepts it.
            is_back = last is not None and last > outcome.ended and not self.night.accepts_odd
            ended = last if is_back else outcome.ended
            self._save(replace(self.memory, last_ended=ended))
        except CrmCleanError as error:
            self.draft.error = self.draft.error or str(error)

    # --- what it does

    def _steps(self) -> None:
        night, policy = self.night, self.policy
        self.memory = read_memory(night.folder, policy.name)
        self.draft.health_before = self.memory.health
        self._check_meanwhile()
        self._check_files()
        self._odd(odd_clock(self.memory, self.started))
        self._check_guard_stop()
        self._resume()
        self._pull()
        if policy.does("scan"):
            self._scan()
        plan = self._planned() if policy.does("plan") else None
        if policy.does("scan"):
            path = self.works.keep(plan)
            self.draft.next_command = f"crmclean show {path}" if plan and plan.groups else ""
        self._good()
        try:
            if plan is not None and policy.does("apply"):
                self._apply(plan)
        finally:
            self._reported()
        self._save(replace(self.memory, last_success=self.started))

    def _check_meanwhile(self) -> None:
        """End where another run did the same while this one waited: a missed night is one night."""
        if self.memory.last_success not in (None, self.last_success):
            raise _EndedError("done_meanwhile", 0, State.UNCHANGED)

    def _check_files(self) -> None:
        found = self.boundary.look()
        if found is not None and found.code in ("stop_file", "pause_file"):
            raise _EndedError(found.code, 6 if found.code == "stop_file" else 0)

    def _check_guard_stop(self) -> None:
        """Hold back after a run that its own guard stopped, until a person has dealt with it."""
        run_id = self.memory.guard_stop
        if not run_id:
            return
        states = {each.run.run_id: each.run.state for each in self.works.runs()}
        if states.get(run_id) in (None, RunState.DONE) or self.night.accepts_odd:
            left = tuple(each for each in self.memory.own_runs if each != run_id)
            self._save(replace(self.memory, guard_stop="", own_runs=left))
            return
        self.draft.next_command = f"crmclean runs {run_id}"
        self._odd([Reason(code="guard_stop", facts={"run": run_id})])

    def _resume(self) -> None:
        """Finish what an earlier run left: ours, what was killed, what an outage ended."""
        if not self.policy.does("apply") or self.night.is_dry_run:
            return
        open_ = [each.run for each in self.works.runs() if each.run.state is not RunState.DONE]
        own = [
            run.run_id
            for run in open_
            if run.run_id in self.memory.own_runs
            or run.state is RunState.RUNNING
            or run.reason in _OUTAGE
        ]
        if not own or self.boundary.before() is not None:
            return
        with self._step("resume"):
            self.draft.resumed_runs = tuple(own)
            # Who was killed has told nobody: what that run had done is told by this one.
            told = [run.run_id for run in open_ if run.state is not RunState.RUNNING]
            before = group_states(self.night.folder, [each for each in own if each in told])
            self.draft.n_told = sum(state is GroupState.DONE for _, state in before)
            reports = self._guarded(lambda: self.works.resume(own, self._options()))
        if any(report.exit_code == 8 for report in reports):
            self.draft.reason = Reason(code="unresolved")
            self.draft.next_command = "crmclean resume"
            raise _EndedError("unresolved", 8, State.FAILED)
        self._forget(own)

    def _pull(self) -> None:
        with self._step("pull"):
            read = self.works.pull()
        self.draft.host, self.draft.account_id = read.host, read.account_id
        self.read = read
        self.boundary.zone = zone_of(*self.works.zones())
        self._odd(odd_read(read, self.memory, self.policy, self.night.now()))

    def _scan(self) -> None:
        with self._step("scan"):
            self.draft.summary = self.works.scan()
        found = tuple(odd_scan(self.draft.summary, self.memory, self.policy))
        if found:
            self.works.keep(None)  # what the notice tells can be looked at
            self.draft.next_command = f"crmclean report {self.draft.summary.scan_id}"
        self._odd(found)

    def _planned(self) -> Plan | None:
        with self._step("plan"):
            plan = self.works.plan()
        if plan is None:
            return None
        if self.policy.approval == "automatic":
            plan = dated(automatic(plan), self.night.now(), self.policy)
            plan = self._within_caps(plan)
        self.draft.plan_hash, self.draft.n_planned = plan.hash, len(plan.groups)
        return plan

    def _within_caps(self, plan: Plan) -> Plan:
        """Return what may be done of the plan; over a cap nothing, or the first groups."""
        try:
            check_caps(plan, self.policy)
        except SafetyError as error:
            if not self.policy.partial:
                self.draft.reason, self.draft.error = Reason(code="over_cap"), str(error)
                return plan
            smaller = cut(plan, self.policy)
            facts = {"kept": len(smaller.groups), "all": len(plan.groups)}
            self.draft.reason = Reason(code="cut", facts=facts)
            return smaller
        return plan

    def _apply(self, plan: Plan) -> None:
        ready = self._approved(plan)
        if ready is None or not ready.ops:
            return
        held = self.boundary.before()
        if self.night.is_dry_run:
            self._rehearse(ready)
            return
        if held is not None:
            self.draft.reason = held
            raise _EndedError(held.code, self._code(held))
        run_id = run_id_of(ready)
        # Before the first byte is sent: whoever comes after a kill knows whose run it is.
        self._save(replace(self.memory, own_runs=(*self.memory.own_runs, run_id)))
        self.draft.apply_run, self.draft.plan_hash = run_id, ready.hash
        self.draft.n_planned = len(ready.groups)
        with self._step("apply"):
            report = self._guarded(lambda: self.works.apply(ready, self._options()))
        self._forget([run_id])
        if self.policy.does("verify"):
            self._verify(run_id)
        self._judge(report)

    def _approved(self, plan: Plan) -> Plan | None:
        """Return the plan that may be carried out: tonight's, or the one that was approved."""
        if self.policy.approval == "none":
            self.draft.reason = Reason(code="plan_only") if plan.ops else None
            return None
        if self.policy.approval == "automatic":
            if self.draft.reason is not None and self.draft.reason.code == "over_cap":
                raise _EndedError("over_cap", 6)
            return plan
        done = {each.run.plan_hash for each in self.works.runs() if each.run.state is RunState.DONE}
        plans = approved_plans(self.night.folder, self.night.now())
        ready = next((each for each in plans if each.hash not in done), None)
        if ready is None:
            if not plan.ops:
                return None
            self.draft.next_command = self.draft.next_command.replace("show", "approve", 1)
            raise _EndedError("no_approval", 6)
        if any(map(is_final, ready.groups)) and not self.policy.allow_irreversible:
            raise _EndedError("irreversible", 6)
        check_caps(ready, self.policy)
        return ready

    def _rehearse(self, plan: Plan) -> None:
        with self._step("rehearse"):
            problems = self.works.rehearse(plan)
        if problems:
            raise _EndedError("rehearsal_failed", 6)

    def _verify(self, run_id: str) -> None:
        with self._step("verify"):
            n = self.works.verify(run_id)
        self.draft.verified_changed = n
        if n:
            self.draft.reason = Reason(code="changed_since", facts={"n": n})
            self.draft.exit_code = 3

    def _judge(self, report: Report) -> None:
        if report.exit_code == 8:
            self.draft.next_command = "crmclean resume"
            raise _EndedError("unresolved", 8, State.FAILED)
        if report.exit_code:
            self.draft.exit_code, self.draft.next_command = 3, f"crmclean runs {report.run_id}"
            self.draft.reason = self.draft.reason or Reason(code="groups_failed")
        elif not self.draft.exit_code:
            self.draft.next_command = f"crmclean verify {report.run_id}"

    # --- writing

    def _options(self) -> ApplyOptions:
        policy, canary = self.policy, self.policy.canary
        guards = Guards(
            stale_share=policy.max_stale_share,
            failed_in_a_row=policy.stop_after_failed,
            canary=(canary, canary + _SECOND_LOOK) if canary else (),
        )
        return ApplyOptions(
            limits=limits_of(policy),
            now=self.night.now,
            tools=Tools(stop=self.boundary.stop, guards=guards),
            is_locked=True,
        )

    def _guarded(self, do: Callable[[], R]) -> R:
        """Write to the CRM; tell why it stopped, and remember a run that its guard stopped."""
        try:
            return do()
        except StoppedError:
            found = self.boundary.found or Reason(code="signal")
            self.draft.reason = found
            is_rest = found.code in ("window", "deadline")
            state = None if is_rest else State.STOPPED
            raise _EndedError(found.code, self._code(found), state) from None
        except SafetyError:
            stopped = [
                each.run.run_id
                for each in self.works.runs()
                if each.run.state is RunState.STOPPED and each.run.reason == "SafetyError"
            ]
            own = [run_id for run_id in stopped if run_id in self.memory.own_runs]
            if own:
                self._save(replace(self.memory, guard_stop=own[0]))
                self.draft.next_command = f"crmclean runs {own[0]}"
            raise

    def _code(self, held: Reason) -> int:
        """Return the exit code of a run that was held: what passes by itself is no failure."""
        if held.code == "signal":
            return 130 if self.works.signal() == "SIGINT" else 143
        return 0 if held.code in ("window", "deadline", "pause_file") else 6

    # --- what is remembered

    def _good(self) -> None:
        """Remember this scan as a good one: nothing was odd about it, or a person has said so."""
        read, summary = self.read, self.draft.summary
        self._save(
            replace(
                self.memory,
                account_id=read.account_id,
                host=read.host,
                scan_id=summary.scan_id if summary else self.memory.scan_id,
                counts={name: read.counts.get(name, 0) for name in GUARDED},
                found=duplicates_found(summary) if summary else self.memory.found,
                not_read=tuple(sorted(read.not_read)),
                is_partial=read.is_partial,
                health=health_of(summary) or self.memory.health,
            )
        )

    def _forget(self, run_ids: Collection[str]) -> None:
        """Drop runs that are done from those to go on with."""
        left = tuple(each for each in self.memory.own_runs if each not in run_ids)
        self._save(replace(self.memory, own_runs=left))

    def _save(self, memory: Memory) -> None:
        self.memory = memory
        if not self.night.is_dry_run:
            write_memory(self.night.folder, self.policy.name, memory)

    # --- small things

    def _odd(self, found: Iterable[Reason]) -> None:
        """End the run where something is odd, unless a person has said that it is right."""
        self.draft.oddities = (*self.draft.oddities, *found)
        if self.draft.oddities and not self.night.accepts_odd:
            self.draft.next_command = self.draft.next_command or "crmclean doctor"
            raise _EndedError("odd", 6)

    def _reported(self) -> None:
        if self.policy.does("report") and self.draft.summary is not None:
            with self._step("report"):
                self.draft.files = self.works.report()

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """Time a step and tell the service manager of it."""
        self.night.systemd.status(f"{self.policy.name} {self.night.profile}: {name}")
        began = self.night.monotonic()
        try:
            yield
        finally:
            self.draft.steps[name] = self.night.monotonic() - began

    def _boundary(self) -> Boundary:
        return Boundary(
            policy=self.policy,
            folder=self.night.folder,
            zone=zone_of(*self.works.zones()),
            now=self.night.now,
            monotonic=self.night.monotonic,
            started_s=self.started_s,
            signal=self.works.signal,
        )

"""Plans, runs, kills, faults, colleagues and undos in any order, against the sandbox's own state.

The real client, executor and journal work over HTTP on a served account. What must hold is looked
at before and after every single write (`world`), not at the end alone; at the end faults stop, what
was begun is resumed, and then nothing is left unknown and nothing is sent a second time.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dedupe.apply.journal import Journal
from dedupe.apply.lock import account_lock
from dedupe.apply.run import STOP
from dedupe.apply.states import GroupState, OpState, RunState
from dedupe.apply.tools import Report
from dedupe.errors import CrmCleanError, InputError, LockedError, RemoteError, StoppedError
from dedupe.plan import Plan

from .account import drawn
from .colleague import ACTS, act
from .picture import MARK, key_of, take_picture
from .world import ALL_FAULTS, Killed, World

SEEDS = st.integers(0, 2**32)
READ_FAULTS = ("drop before", "500 before", "429", "cut")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What goes wrong with one process, all from one seed: hypothesis prefers small numbers."""

    writes: Mapping[int, str]
    reads: Mapping[int, str]
    kill: int | None
    edits: Mapping[int, str]
    seed: int

    @classmethod
    def of(cls, seed: int) -> Schedule:
        dice = random.Random(seed)
        return cls(
            writes={dice.randrange(20): dice.choice(ALL_FAULTS) for _ in range(dice.randrange(5))},
            reads={dice.randrange(60): dice.choice(READ_FAULTS) for _ in range(dice.randrange(3))},
            kill=dice.randrange(50) if dice.random() < 0.5 else None,
            edits={
                dice.randrange(20): dice.choice(sorted(ACTS))
                for _ in range(dice.choice([0, 0, 0, 1, 2]))
            },
            seed=seed,
        )


class Applying(RuleBasedStateMachine):
    """One account, and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.scratch = tempfile.TemporaryDirectory(prefix="crmclean-machine-")
        self.plans: list[Plan] = []
        self.world: World | None = None

    @initialize(seed=SEEDS)
    def an_account(self, seed: int) -> None:
        self.world = World(drawn(seed), Path(self.scratch.name) / "state")
        self.before = take_picture(self.world.sandbox)
        self.scan_and_plan()

    @property
    def w(self) -> World:
        assert self.world is not None
        return self.world

    # --- rules

    @rule(what=st.sampled_from(sorted(ACTS)), seed=SEEDS)
    def a_colleague(self, what: str, seed: int) -> None:
        event(f"colleague: {what}" if act(self.w, what, seed) else "colleague: nothing to do")

    @rule(seconds=st.integers(1, 7200))
    def time_passes(self, seconds: int) -> None:
        self.w.clock.sleep(float(seconds))

    @precondition(lambda self: len(self.plans) < 4)
    @rule()
    def scan_and_plan(self) -> None:
        made, now = self.w.plan(), take_picture(self.w.sandbox)
        for group in made.groups:
            held = [now.cards[key_of(ref)] for ref in group.losers]
            assert not any(MARK in card.tags for card in held), "L4 planned again"
        if made.groups and all(made.hash != plan.hash for plan in self.plans):
            self.plans.append(made)

    @precondition(lambda self: bool(self.plans))
    @rule(which=SEEDS, seed=SEEDS)
    def apply(self, which: int, seed: int) -> None:
        plan, is_first = self.plans[which % len(self.plans)], not self._runs()
        at = self._disturbed(seed)
        is_over = self._run("apply", lambda: self.w.apply(plan, at))
        if is_over and is_first and not self.w.is_by_hand:
            self.w.check_truth(plan)

    @precondition(lambda self: bool(self._runs()))
    @rule(seed=SEEDS)
    def resume(self, seed: int) -> None:
        at = self._disturbed(seed)
        self._run("resume", lambda: self.w.resume(at))

    @precondition(lambda self: bool(self._runs()))
    @rule(which=SEEDS, seed=SEEDS)
    def undo(self, which: int, seed: int) -> None:
        runs, at = self._runs(), self._disturbed(seed)
        run_id = runs[which % len(runs)]
        is_over = self._run("undo", lambda: self.w.undo(run_id, at))
        if is_over and len(runs) == 1 and not self.w.is_by_hand:
            assert take_picture(self.w.sandbox).restorable == self.before.restorable, "L5"

    def _disturbed(self, seed: int) -> Meddling:
        schedule = Schedule.of(seed)
        note(str(schedule))
        self.w.faults, self.w.read_faults = dict(schedule.writes), dict(schedule.reads)
        return Meddling(self.w, schedule)

    @precondition(lambda self: bool(self.plans))
    @rule(which=SEEDS)
    def a_second_process(self, which) -> None:
        self.w.may_write = False
        with account_lock(self.w.folder, "r-other"), pytest.raises(LockedError):
            self.w.apply(self.plans[which % len(self.plans)])
        self.w.may_write = True

    @precondition(lambda self: bool(self.plans))
    @rule(which=SEEDS)
    def a_stop_file(self, which) -> None:
        plan = self.plans[which % len(self.plans)]
        (self.w.folder / STOP).touch()
        n = len(self.w.written)
        try:
            self._run("stopped", lambda: self.w.apply(plan))
        finally:
            (self.w.folder / STOP).unlink()
        assert len(self.w.written) == n, "I11 a write after STOP"

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.world is not None:
            self.world.check()
            note(f"{len(self.world.written)} writes so far")

    # --- at the end

    def teardown(self) -> None:
        try:
            if self.world is not None and self.plans:
                self._end()
        finally:
            if self.world is not None:
                self.world.close()
            self.scratch.cleanup()

    def _end(self) -> None:
        """Faults have stopped: what was begun ends, and a second time nothing is sent (L1, L3)."""
        world = self.w
        world.clock.sleep(60.0)
        for _ in range(3):
            self._run("resume at the end", world.resume)
        with self._journal() as journal:
            assert journal.unresolved() == [], "L1 an outcome is not known"
            assert all(run.state is RunState.DONE for run in journal.runs()), "L1 a run is open"
        world.may_write = False
        assert world.resume() == []
        for plan in self.plans:
            with self._journal() as journal:
                is_known = journal.run_of_plan(plan.hash) is not None
            if is_known:
                assert world.apply(plan).sent == 0, "L3 a second apply wrote"
        world.may_write = True
        world.check()

    def _run(self, what: str, work) -> bool:
        """Run a process; a kill, an outage or a stop is no failure. Tell whether it got to its end.

        A violation is one, and so is any error that the product does not raise on purpose.
        """
        try:
            made = work()
        except Killed:
            event(f"{what}: killed")
        except (RemoteError, StoppedError, InputError) as error:
            event(f"{what}: {type(error).__name__}")
        except CrmCleanError as error:
            if error.exit_code != 8:  # unresolved: resume is asked for
                raise
            event(f"{what}: unresolved")
        else:
            event(f"{what}: ended")
            for report in made if isinstance(made, list) else [made]:
                self._check_report(report)
            return True
        return False

    def _check_report(self, report: Report) -> None:
        """Hold a finished run to its word (L1, I12)."""
        assert OpState.AMBIGUOUS not in report.ops, "L1 an outcome is not known"
        assert not report.groups.get(GroupState.RUNNING), "L1 a group is half done"
        assert not report.groups.get(GroupState.PLANNED), "L1 a group was left out"

    def _journal(self) -> Journal:
        base = self.w.base
        return Journal(self.w.folder, f"amocrm {base.host} {base.account_id}")

    def _runs(self) -> list[str]:
        if self.world is None or not (self.world.folder / "journal.sqlite").exists():
            return []
        with self._journal() as journal:
            return [run.run_id for run in journal.runs() if run.kind == "apply"]


class Meddling:
    """Between two points of a run: a colleague's hand, or the end of the process."""

    def __init__(self, world: World, schedule: Schedule) -> None:
        self.world, self.schedule, self.n = world, schedule, 0

    def __call__(self, point: str, op_ids: object) -> None:
        if self.n == self.schedule.kill:
            self.world.die()
        edit = self.schedule.edits.get(self.n // 4)
        # Between the read and the write of one operation no CRM lets us see a colleague.
        if point == "recorded" and edit is not None:
            self.world.clock.sleep(3.0)  # as long as a card that was read may serve
            act(self.world, edit, self.schedule.seed + self.n)
        self.n += 1


def test_no_order_of_plans_kills_faults_and_edits_loses_anything() -> None:
    run_state_machine_as_test(
        Applying,
        settings=settings(
            max_examples=4,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # to shrink is for the long one
        ),
    )


@pytest.mark.slow
def test_no_order_of_plans_kills_faults_and_edits_loses_anything_at_length() -> None:
    run_state_machine_as_test(
        Applying,
        settings=settings(
            max_examples=200,
            stateful_step_count=30,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )

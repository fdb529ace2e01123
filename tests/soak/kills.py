"""The kill and fault matrix: a process dies at a point of a merge, and another one resumes.

Points of a write: P0 before its intent, P1 intent on disk, P2 in flight and not carried out yet,
P3 carried out and not answered, P4 answered, P5 recorded. The account is the reference one, served
by the process that looks on; what counts is its state and its log of effects.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from dedupe.apply.journal import Journal
from dedupe.apply.states import OpState
from dedupe.plan import Plan, write_plan
from dedupe.sandbox import Action, Fault, Limit, Sandbox

from . import child
from .account import MOMENT, plan_for, reference
from .child import Order
from .picture import KINDS, Owed, Picture, lost, not_taken_over, take_picture
from .world import FAULTS, meant

WRITE_POINTS = ("P0", "P1", "P2", "P3", "P4", "P5")
_AT = {"P0": "before intent", "P1": "intent", "P4": "answered", "P5": "recorded"}
_HELD = {
    "P2": Fault(action=Action.DELAY, seconds=0.2, times=1),
    "P3": Fault(action=Action.SLOW, seconds=0.4, times=1),
}
_LONGEST_S = 60.0
_EMPTY_BYTES = 49_152  # of a journal without a run
PRELOADED = ("dedupe.apply.run", "dedupe.crm.amocrm.writing", "dedupe.crm.http", "polars")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of the matrix: where the process dies, what goes wrong, and what is under way."""

    point: str
    at: int
    fault: str = ""
    do: str = "apply"
    again: tuple[str, int] | None = None  # where the resuming process dies too

    def __str__(self) -> str:
        again = f", then {self.again[0]} {self.again[1]}" if self.again else ""
        return f"{self.do} {self.point} {self.at}{again}, {self.fault or 'no fault'}"


@dataclass(kw_only=True)
class Outcome:
    """What came of a cell; a sound one has nothing lost, doubled, wrongly marked or open."""

    cell: Cell
    is_killed: bool = False
    n_lost: int = 0
    n_doubled: int = 0
    n_wrongly_marked: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        return not self.problems


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The plan, its writes in order as method and path, and how the account ends without faults."""

    plan: Plan
    writes: tuple[tuple[str, str], ...]
    undo_writes: tuple[tuple[str, str], ...]
    before: Picture
    after: Picture


class Bench:
    """One sandbox and one folder for one cell after another."""

    def __init__(self, folder: Path) -> None:
        self.base = reference().account()
        self.folder = folder
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOADED))
        self._fields = self.base.frame("fields")
        self._n = 0

    @cached_property
    def reference(self) -> Reference:
        """Apply and undo once without any fault."""
        self._plan = plan_for(self.base, reference(), MOMENT.replace(year=2200))
        with self._sandbox() as sandbox:
            state = self.state_folder()
            self._plan_file(state)
            before = take_picture(sandbox)
            assert self.process(sandbox, state, "apply") == 0, "the reference run failed"
            after, n = take_picture(sandbox), len(_writes(sandbox))
            assert self.process(sandbox, state, "undo") == 0, "the reference undo failed"
            assert take_picture(sandbox).restorable == before.restorable, "L5"
            writes = tuple(_writes(sandbox))
        return Reference(
            plan=self._plan, writes=writes[:n], undo_writes=writes[n:], before=before, after=after
        )

    def run(self, cell: Cell) -> Outcome:
        """Kill, look, resume, look. At "full disk" no file may grow beyond `at` bytes instead."""
        start, outcome = time.perf_counter(), Outcome(cell=cell)
        known = self.reference
        with self._sandbox() as sandbox:
            state = self.state_folder()
            self._plan_file(state)
            owed = _owed(take_picture(sandbox), known.plan)
            if cell.do == "undo":
                self.process(sandbox, state, "apply")
            n = len(sandbox.log)
            writes = known.undo_writes if cell.do == "undo" else known.writes
            outcome.is_killed = self._killed(sandbox, state, cell, writes) == -9
            self._look(outcome, sandbox, owed, n)
            self._finish(sandbox, state, cell, writes)
            self._look(outcome, sandbox, owed, n)
            wanted = known.before if cell.do == "undo" else known.after
            self._compare(outcome, take_picture(sandbox), wanted)
            self._look_at_journal(outcome, state)
            shutil.rmtree(state)
        outcome.seconds = time.perf_counter() - start
        return outcome

    def _sandbox(self) -> Sandbox:
        return Sandbox(self.base, limit=Limit(n=0))

    def state_folder(self) -> Path:
        self._n += 1
        state = self.folder / f"state-{self._n}"
        state.mkdir(mode=0o700, parents=True)
        return state

    def _plan_file(self, state: Path) -> Path:
        path = state / "plan.jsonl"
        write_plan(self._plan, path)
        return path

    def process(
        self,
        sandbox: Sandbox,
        state: Path,
        do: str,
        kill: tuple[str, int] | None = None,
        file_bytes: int | None = None,
    ) -> int:
        """Run one process to its end, whichever that is; return its exit code."""
        return self._wait(self._start(sandbox, state, do, kill, file_bytes))

    def _start(
        self,
        sandbox: Sandbox,
        state: Path,
        do: str,
        kill: tuple[str, int] | None = None,
        file_bytes: int | None = None,
    ) -> Any:
        path = str(state / "plan.jsonl") if do == "apply" else ""
        if do == "undo":
            path = f"r-{self._plan.hash[:12]}"
        order = Order(
            do=do,
            url=sandbox.url,
            host=self.base.host,
            folder=state,
            path=path,
            kill=kill,
            fields=self._fields,
            file_bytes=file_bytes,
        )
        process = self._context.Process(target=child.main, args=(order,))
        process.start()
        return process

    def _wait(self, process: Any) -> int:
        process.join(_LONGEST_S)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError("the process did not end")
        code = int(process.exitcode)
        process.close()
        return code

    def _killed(
        self, sandbox: Sandbox, state: Path, cell: Cell, writes: tuple[tuple[str, str], ...]
    ) -> int:
        if cell.point == "full disk":
            code = self.process(sandbox, state, cell.do, file_bytes=_EMPTY_BYTES + cell.at)
            assert code == 9, f"the exit code is {code}"
            return code
        if cell.point in _HELD:
            return self._killed_in_flight(sandbox, state, cell, writes)
        if cell.fault:
            sandbox.set_faults([at_write(writes, cell.at, FAULTS[cell.fault])])
        point = _AT.get(cell.point, cell.point)
        return self.process(sandbox, state, cell.do, (point, cell.at))

    def _killed_in_flight(
        self, sandbox: Sandbox, state: Path, cell: Cell, writes: tuple[tuple[str, str], ...]
    ) -> int:
        """Kill when the server has begun to work on the write, or to answer it."""
        sandbox.set_faults([at_write(writes, cell.at, _HELD[cell.point])])
        process = self._start(sandbox, state, cell.do)
        while not sandbox.room.faults.counts()[0]["struck"] and process.is_alive():
            time.sleep(0.002)
        if cell.point == "P3":
            while not _is_carried_out(sandbox, writes[cell.at]) and process.is_alive():
                time.sleep(0.002)
        process.kill()
        return self._wait(process)

    def _finish(
        self, sandbox: Sandbox, state: Path, cell: Cell, writes: tuple[tuple[str, str], ...]
    ) -> None:
        """Resume until it is done; the first process meets the fault again, or dies too."""
        if cell.fault:
            sandbox.set_faults([at_write(writes, cell.at, FAULTS[cell.fault])])
        kills: list[tuple[str, int] | None] = [cell.again, None, None, None]
        if cell.again is None:
            kills.pop(0)
        for kill in kills:
            # A process that died before its run was begun left nothing to resume.
            code = self.process(sandbox, state, cell.do if cell.do == "apply" else "resume", kill)
            if cell.do == "undo" and code == 0:
                code = self.process(sandbox, state, "undo")
            sandbox.set_faults([])
            if code == 0 and kill is None:
                return

    # --- what came of it

    def _look(self, outcome: Outcome, sandbox: Sandbox, owed: Owed, n: int) -> None:
        now = take_picture(sandbox)
        gone = lost(owed, now)
        doubled = list(_doubled(sandbox, now, n))
        wrong = []
        if outcome.cell.do == "apply":
            for key, held in now.cards.items():
                for survivor in owed.into.get(key, ()) if held.is_marked else ():
                    wrong += not_taken_over(owed, now, key, survivor)
        outcome.n_lost = max(outcome.n_lost, len(gone))
        outcome.n_doubled = max(outcome.n_doubled, len(doubled))
        outcome.n_wrongly_marked = max(outcome.n_wrongly_marked, len(wrong))
        outcome.problems += [*gone, *doubled, *wrong]

    def _compare(self, outcome: Outcome, now: Picture, wanted: Picture) -> None:
        if now.restorable != wanted.restorable:
            outcome.problems.append("L6 the account is not as it is without a fault")
        ours = [sorted(t for _, t in p.notes.values() if "⟦cc:" in t) for p in (now, wanted)]
        if outcome.cell.do == "apply" and ours[0] != ours[1]:
            outcome.problems.append("L6 the notes are not those that are left without a fault")

    def _look_at_journal(self, outcome: Outcome, state: Path) -> None:
        with Journal(state, f"amocrm {self.base.host} {self.base.account_id}") as journal:
            for run in journal.runs():
                bad = set(journal.counts(run.run_id)) - {OpState.CONFIRMED, OpState.NOTHING}
                if bad:
                    told = ", ".join(sorted(bad))
                    outcome.problems.append(f"L1 {run.kind}: operations are {told}")


def at_write(writes: tuple[tuple[str, str], ...], at: int, fault: Fault) -> Fault:
    """Return `fault` for the write number `at` of a run without faults."""
    method, path = writes[at]
    nth = sum(each == (method, path) for each in writes[: at + 1])
    return Fault(
        action=fault.action,
        status=fault.status,
        seconds=fault.seconds,
        retry_after=fault.retry_after,
        method=method,
        path=f"^{path}$",
        nth=(nth,),
    )


def cells(n_writes: int, faults: tuple[str, ...] = ("", *FAULTS)) -> Iterator[Cell]:
    """Yield the whole matrix: every point of every write with every fault."""
    for at, point, fault in product(range(n_writes), WRITE_POINTS, faults):
        if fault and point in _HELD:
            continue  # the write is held up at that point: that is its fault
        yield Cell(point=point, at=at, fault=fault)


def other_cells(n_writes: int) -> Iterator[Cell]:
    """Yield deaths elsewhere: at reads, waits and commits, in an undo, and two in a row."""
    for at in range(6 * n_writes):
        yield Cell(point="commit", at=at)
        yield Cell(point="committed", at=at)
    for at in range(0, 3 * n_writes, 2):
        yield Cell(point="read", at=at)
    for at in range(n_writes):
        yield Cell(point="sleep", at=0, fault="drop after" if at % 2 else "drop before")
        for point in ("P0", "P1", "P2", "P3", "P4", "P5"):
            yield Cell(point=point, at=at, do="undo")
            yield Cell(point=point, at=at, again=("intent", at % 3))
            yield Cell(point=point, at=at, again=("commit", at % 7))


def _is_carried_out(sandbox: Sandbox, write: tuple[str, str]) -> bool:
    """Tell whether the sandbox has noted the answer of a request: then its effect is there."""
    return any(
        (seen["method"], seen["path"]) == write for seen in sandbox.requests["requests"][-1:]
    )


def _doubled(sandbox: Sandbox, now: Picture, n: int) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for happened in sandbox.log[n:]:
        effect = happened.effect
        after = meant(effect.after)
        if effect.kind in ("link", "unlink", "relink") or (effect.kind == "change" and after):
            told = [effect.kind, effect.entity, effect.id, effect.before, after]
            seen[json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)] += 1
    # Moments apart, the same change twice is one that was made, lost and made again.
    yield from (f"I10 {what} ({times} times)" for what, times in seen.items() if times > 1)
    marks = Counter(t[t.rindex("⟦") :] for _, t in now.notes.values() if "⟦cc:" in t)
    yield from (f"I10 {mark} stands {times} times" for mark, times in marks.items() if times > 1)


def _owed(before: Picture, plan: Plan) -> Owed:
    owed = Owed.of(before)
    for group in plan.groups:
        if group.survivor is not None:
            kind = KINDS[group.entity]
            for ref in group.losers:
                owed.into[kind, int(ref.id)] = {(kind, int(group.survivor.id))}
    return owed


def _writes(sandbox: Sandbox) -> list[tuple[str, str]]:
    seen = sandbox.requests["requests"]
    return [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]

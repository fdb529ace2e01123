"""One account on the sandbox, the real client of it, and eyes on every write.

Time is a number that moves when somebody sleeps. Faults are struck at chosen writes and reads; a
write may also arrive late, after the client has given it up. Before each write the journal must
hold its very bytes as an intent (I9); after each, the sandbox's state must have lost nothing.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dedupe.apply.executor import Guards, Report, Tools
from dedupe.apply.journal import FILE_NAME, Journal, fingerprint
from dedupe.apply.run import ApplyOptions, apply_plan, resume, stop_file, undo
from dedupe.apply.states import OpState
from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.crm.amocrm import LISTINGS, merge_pages, read_page, settle
from dedupe.crm.amocrm.writing import AmoSink
from dedupe.crm.http import Answer, RequestWindow, Sent, Transport
from dedupe.crm.http import Outcome as Delivery
from dedupe.plan import NO_LIMITS, Plan
from dedupe.plan.ops import Effect
from dedupe.sandbox import Action, Fault, Limit, Sandbox

from .account import Cards, plan_for
from .picture import KINDS, Key, Owed, Picture, is_there, lost, not_taken_over, take_picture

NO_GUARDS = Guards(stale_share=1.0, failed_share=1.0, failed_in_a_row=10_000, canary=())
FAULTS: Mapping[str, Fault] = {
    "drop before": Fault(action=Action.DROP_BEFORE, times=1),
    "drop after": Fault(action=Action.DROP_AFTER, times=1),
    "reset before": Fault(action=Action.RESET_BEFORE, times=1),
    "reset after": Fault(action=Action.RESET_AFTER, times=1),
    "429": Fault(action=Action.STATUS, status=429, times=1),
    "429 and a pause": Fault(action=Action.STATUS, status=429, retry_after="3", times=1),
    "500 before": Fault(action=Action.STATUS, status=500, times=1),
    "500 after": Fault(action=Action.STATUS_AFTER, status=500, times=1),
    "504 after": Fault(action=Action.STATUS_AFTER, status=504, times=1),
    "page": Fault(action=Action.HTML, times=1),
    "truncated": Fault(action=Action.TRUNCATED, times=1),
    "cut": Fault(action=Action.CUT, times=1),
    "another shape": Fault(action=Action.SHAPE, times=1),
    "empty": Fault(action=Action.EMPTY, times=1),
}
LATE = "late"  # it arrives 25 s after it was given up: the client waits 30
ALL_FAULTS = (*FAULTS, LATE)


class ViolationError(AssertionError):
    """An invariant does not hold."""


class Killed(BaseException):
    """The process is dead; its folder was copied at that moment, as a kill leaves it."""


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps; what is due then happens."""

    now: float = 1_800_000_000.0
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)
        for moment, act in [each for each in self.due if each[0] <= self.now]:
            self.due.remove((moment, act))
            act()

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


class Anyone:
    def token(self) -> str:
        return "any"

    def renew(self, stale: str) -> str:
        return stale


@dataclass
class Wrote:
    """One write that reached the sandbox, by the operations that it was for."""

    marker: str
    path: str
    effects: tuple[tuple[str, str, Any, str], ...]


class World:
    """An account, its folder, and the processes that come and go."""

    def __init__(self, cards: Cards, folder: Path) -> None:
        self.cards, self.folder, self.clock = cards, folder, Clock()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.base = cards.account()
        self.sandbox = Sandbox(self.base, limit=Limit(n=0), clock=self.clock)
        self.owed = Owed.of(take_picture(self.sandbox))
        self.faults: dict[int, str] = {}  # by number of the write, from 0, since it was set
        self.read_faults: dict[int, str] = {}
        self.n_sent = self.n_read = 0
        self.written: list[Wrote] = []
        self.sent: list[tuple[str, str, str]] = []
        self.is_by_hand = False  # whether a colleague has done anything
        self.may_write = True
        self.touched: set[Key] = set()
        self.survivors: dict[str, dict[Key, Key]] = {}  # by run: an undo's has none
        self._n_folders = 0
        self._transport: Transport | None = None

    def close(self) -> None:
        self.sandbox.close()

    # --- the client

    @contextmanager
    def sink(self) -> Iterator[AmoSink]:
        transport = Transport(
            self.sandbox.url,
            Anyone(),
            RequestWindow(None, 1_000_000, clock=self.clock),
            read_only=False,
            clock=self.clock,
            sleep=self.clock.sleep,
            rand=lambda: 0.5,
        )
        self._transport = transport
        try:
            yield AmoSink(self, self.base.host, self.base.frame("fields"))
        finally:
            transport.close()

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        fault = self.read_faults.pop(self.n_read, None)
        self.n_read += 1
        with self._struck(fault):
            return self._open.get(path, params)

    def send(self, method: str, path: str, body: bytes) -> Sent:
        """Send as the transport does, with the fault that is due, and look at what came of it."""
        markers = self._intended(fingerprint(method, path, body))
        request = (markers, method, path, body)
        self.sent.append((method, path, fingerprint(method, path, body)))
        fault = self.faults.pop(self.n_sent, None)
        self.n_sent += 1
        if not self.may_write:
            raise ViolationError("I11 a write that must not be")
        if fault == LATE:
            self.clock.due.append((self.clock.now + 25.0, lambda: self._arrive(*request)))
            return Sent(Delivery.UNKNOWN)
        return self._deliver(markers, method, path, body, fault)

    def _arrive(self, markers: list[str], method: str, path: str, body: bytes) -> None:
        """Let a request come late: it is the network's, whatever became of its process."""
        known = self._transport
        with self.sink():
            self._deliver(markers, method, path, body, None)
        self._transport = known

    @property
    def _open(self) -> Transport:
        assert self._transport is not None
        return self._transport

    @contextmanager
    def _struck(self, fault: str | None) -> Iterator[None]:
        self.sandbox.set_faults([FAULTS[fault]] if fault in FAULTS else [])
        try:
            yield
        finally:
            self.sandbox.set_faults([])

    def _deliver(
        self, markers: list[str], method: str, path: str, body: bytes, fault: str | None
    ) -> Sent:
        before, n = take_picture(self.sandbox), len(self.sandbox.log)
        with self._struck(fault):
            sent = self._open.send(method, path, body)
        effects = [each.effect for each in self.sandbox.log[n:]]
        told = tuple(
            (e.kind, e.entity, e.id, json.dumps(meant(e.after), sort_keys=True, default=str))
            for e in effects
            if e.kind != "change" or meant(e.after)
        )
        if told:
            self.written.append(Wrote("+".join(markers), path, told))
        self._check_reach(effects)
        self.check()
        run_id = markers[0].partition(":")[0]
        self._check_marks(before, take_picture(self.sandbox), self.survivors.get(run_id, {}))
        return sent

    def _intended(self, print_: str) -> list[str]:
        """Return the operations whose intent stands on disk with these bytes (I9)."""
        file = self.folder / FILE_NAME
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
            rows = db.execute(
                "select run_id || ':' || op_id from op where fingerprint=? and state='intent'",
                (print_,),
            ).fetchall()
        db.close()
        if not rows:
            raise ViolationError("I9 a write without an intent on disk")
        return [marker for (marker,) in rows]

    # --- invariants

    def check(self) -> Picture:
        """Hold the sandbox's state against what is owed, and count what was done twice."""
        now = take_picture(self.sandbox)
        problems = lost(self.owed, now)
        marks = Counter(
            text[text.rindex("⟦") :] for _, text in now.notes.values() if "⟦cc:" in text
        )
        problems += [f"I10 {mark} stands {n} times" for mark, n in marks.items() if n > 1]
        if problems:
            raise ViolationError("\n".join(problems))
        return now

    def _check_reach(self, effects: Sequence[Any]) -> None:
        for effect in effects:
            if effect.entity in KINDS.values() and effect.kind != "add":
                key = (effect.entity, int(effect.id))
                if key not in self.touched:
                    raise ViolationError(f"I7 {key} was written to, and is no part of the plan")

    def _check_marks(self, before: Picture, now: Picture, survivors: Mapping[Key, Key]) -> None:
        """Look at what the losers of a run have lost by one write of it, and who got a mark."""
        for key, survivor in survivors.items():
            was, held = before.cards.get(key), now.cards.get(key)
            if was is None or held is None:
                continue
            if held.is_marked and not was.is_marked:
                problems = not_taken_over(self.owed, now, key, survivor)
                if problems:
                    raise ViolationError("\n".join(problems))
            if key[0] == "contacts":
                self._check_detached(now, key, survivor, set(was.links) - set(held.links))

    def _check_detached(self, now: Picture, loser: Key, survivor: Key, gone: set[Key]) -> None:
        for lead in (each for each in gone if each[0] == "leads"):
            if survivor not in now.cards[lead].links:
                raise ViolationError(f"I5 {lead} was taken from {loser} before {survivor} had it")
            if str(loser[1]) not in now.notes_of(survivor):
                raise ViolationError(f"I4 {survivor} does not tell of {loser}")

    def check_truth(self, plan: Plan) -> None:
        """Hold the journal to its word: what it calls confirmed is there to see (I12)."""
        now, run_id = take_picture(self.sandbox), f"r-{plan.hash[:12]}"
        with Journal(self.folder, f"amocrm {self.base.host} {self.base.account_id}") as journal:
            states = {record.op_id: record.state for record in journal.ops(run_id)}
        for each in plan.ops:
            if states[each.id] is OpState.CONFIRMED and not is_there(each.op, now):
                raise ViolationError(f"I12 {each.id} is called confirmed, and is not there")
            if each.op.effect is Effect.IRREVERSIBLE:
                raise ViolationError(f"{each.id}: amoCRM can do no such thing")

    # --- what people and processes do

    def scan(self) -> Account:
        """Read the account as a pull does."""
        parts: dict[str, list[Any]] = {}
        with self.sink():
            for name in ("contacts", "companies", "leads", "tasks"):
                listing = LISTINGS[name]
                body = self._open.get(listing.path, listing.query()).body
                pages = [read_page(listing, body).tables] if body else []
                for table, frame in merge_pages(listing, pages).items():
                    parts.setdefault(table, []).append(frame)
        return _account(self.base, parts)

    def plan(self) -> Plan:
        return plan_for(self.scan(), self.cards, self.clock.moment())

    def know(self, plan: Plan) -> None:
        """Remember what a plan may touch and whom it merges into whom."""
        self.touched |= {(KINDS[ref.entity], int(ref.id)) for ref in plan.touched}
        for group in plan.groups:
            if group.kind == "merge" and group.survivor is not None:
                kept = (KINDS[group.entity], int(group.survivor.id))
                for ref in group.losers:
                    loser = (KINDS[group.entity], int(ref.id))
                    self.survivors.setdefault(f"r-{plan.hash[:12]}", {})[loser] = kept
                    self.owed.into.setdefault(loser, set()).add(kept)

    def apply(self, plan: Plan, at: Callable[..., None] | None = None) -> Report:
        self.know(plan)
        return self._process(lambda sink, o: apply_plan(plan, sink, self.folder, o), at)

    def resume(self, at: Callable[..., None] | None = None) -> list[Report]:
        return self._process(lambda sink, o: resume(sink, self.folder, o), at)

    def undo(self, run_id: str, at: Callable[..., None] | None = None) -> Report:
        return self._process(lambda sink, o: undo(run_id, sink, self.folder, o), at)

    def _process(self, work: Callable[[AmoSink, ApplyOptions], Any], at: Any) -> Any:
        """Run `work` as one process; a kill leaves the folder as it was at that moment."""
        self.n_sent = self.n_read = 0
        tools = Tools(
            clock=self.clock,
            sleep=self.clock.sleep,
            stop=stop_file(self.folder, self.clock.sleep),
            at=at or (lambda point, op_ids: None),
            guards=NO_GUARDS,
        )
        options = ApplyOptions(limits=NO_LIMITS, tools=tools, now=self.clock.moment)
        try:
            with self.sink() as sink:
                return work(sink, options)
        except Killed:
            self.folder = self._next_folder
            raise
        finally:
            self.faults, self.read_faults = {}, {}

    def die(self) -> None:
        """End the process here: what it does to its folder while it unwinds is not kept."""
        self._n_folders += 1
        self._next_folder = self.folder.parent / f"state-{self._n_folders}"
        shutil.copytree(self.folder, self._next_folder)
        raise Killed


def meant(after: Any) -> Any:
    """Return what of an effect is more than the moment of a change."""
    if not isinstance(after, dict):
        return after
    return {k: v for k, v in after.items() if k not in ("updated_at", "updated_by")}


def _account(base: Account, parts: Mapping[str, list[Any]]) -> Account:
    import polars as pl

    frames = {name: pl.concat(held) for name, held in parts.items()}
    own = {name: base.frame(name) for name in ("fields", "field_enums", "statuses")}
    tables = {**settle({**own, **frames})}
    lazy = {n: SNAPSHOT_TABLES[n].conform(frame).lazy() for n, frame in tables.items()}
    return Account(
        tables={**base.tables, **lazy},
        crm=base.crm,
        account_id=base.account_id,
        host=base.host,
        settings=base.settings,
    )

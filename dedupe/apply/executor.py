"""Carrying out a plan, one group after another, so that a kill at any moment loses nothing.

    read -> look -> backup -> intent on disk -> send -> settle -> verify -> detach -> mark

What may be wrong at each place is in `conditions` (before), `Outcome` (the answer) and `Sink.holds`
(after). An outcome that is not known is never guessed: after `settle_s` seconds the CRM is read,
and only then is a request sent again. Detaching a duplicate begins when all that was copied has
been seen on the survivor; the mark that a person deletes by comes last.

The clock, sleeping and the sink are given, so that tests own time and faults. `at` is told of each
point of an operation's life: tests kill there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dedupe import events
from dedupe.errors import CrmCleanError, SafetyError
from dedupe.events import Listener
from dedupe.language import N_
from dedupe.plan import op_json
from dedupe.plan.ops import Effect, PatchCard, Ref, SetTags
from dedupe.plan.plan import Group, Phase, Plan, PlanOp
from dedupe.plan.sink import Card, Cards, Outcome, Request, Result, Sink

from .backup import Backup
from .conditions import Look, effective, look, possible
from .journal import Journal
from .states import SETTLED, GroupState, OpState, RunState

_ATTEMPTS = 4
_LOOKS_S = (0.0, 3.0, 10.0)  # a CRM may show an old state for a while; "absent" needs all three
_CANARY = (1, 11)  # groups after which all that was done is looked at again
_STALE_SHARE, _FAILED_SHARE, _LEAST = 0.10, 0.05, 20
_FAILED_IN_A_ROW = 5


class StoppedError(CrmCleanError):
    """A person, a limit or an outage stopped the run at a boundary; resume goes on."""

    exit_code = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """When a run stops by itself; cron stops earlier than a person at a terminal."""

    stale_share: float = _STALE_SHARE
    failed_share: float = _FAILED_SHARE
    failed_in_a_row: int = _FAILED_IN_A_ROW
    least: int = _LEAST  # groups before a share means anything
    canary: tuple[int, ...] = _CANARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a run works with besides its plan: all of it can be replaced by a test."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    stop: Callable[[], str | None] = lambda: None  # why to stop at the next boundary
    at: Callable[[str, Sequence[str]], None] = lambda point, op_ids: None
    listen: Listener = events.ignore
    guards: Guards = field(default_factory=Guards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run stands: groups by state, operations by state, requests sent, seconds."""

    run_id: str
    plan_hash: str
    groups: Mapping[GroupState, int]
    ops: Mapping[OpState, int]
    sent: int
    seconds: float

    @property
    def exit_code(self) -> int:
        """Return 8 when an outcome is not known, 3 when a group was left out, else 0."""
        if self.ops.get(OpState.AMBIGUOUS) or self.ops.get(OpState.MANUAL):
            return 8
        left = (GroupState.STALE, GroupState.FAILED, GroupState.NEEDS_REVIEW)
        return 3 if any(self.groups.get(state) for state in left) else 0


class _GroupEnded(Exception):  # noqa: N818  it is no error of the run
    """A group can't go on; the run can."""

    def __init__(self, state: GroupState, reason: str) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


class Executor:
    """Carries out one run of one plan; the caller holds the account's lock."""

    def __init__(
        self,
        plan: Plan,
        run_id: str,
        journal: Journal,
        sink: Sink,
        backup: Backup,
        tools: Tools | None = None,
    ) -> None:
        self._plan, self._run_id = plan, run_id
        self._journal, self._sink, self._backup = journal, sink, backup
        self._tools = tools or Tools()
        self._ops = {op.id: op for op in plan.ops}
        self._kinds = {group.id: group.kind for group in plan.groups}
        self._sent = 0
        self._in_a_row = 0

    def run(self) -> Report:
        """Settle what is open, carry out what is left, and report.

        Raises StoppedError at a boundary when told to, SafetyError when a guard stops the run,
        and what the sink raises when the CRM can't be reached; the journal is complete then.
        """
        start = time.perf_counter()
        self._journal.end(self._run_id, RunState.RUNNING)
        try:
            self.resolve()
            for number, unit in enumerate(self._units(), start=1):
                self._gate()
                self._carry_out(unit)
                self._watch(number)
        except BaseException as error:
            reason = type(error).__name__
            self._journal.end(self._run_id, RunState.STOPPED, reason)
            raise
        self._journal.end(self._run_id, RunState.DONE)
        return self.report(time.perf_counter() - start)

    def report(self, seconds: float = 0.0) -> Report:
        """Count what the journal has of this run."""
        states: dict[GroupState, int] = {}
        for state, _ in self._journal.groups(self._run_id).values():
            states[state] = states.get(state, 0) + 1
        return Report(
            run_id=self._run_id,
            plan_hash=self._plan.hash,
            groups=states,
            ops=self._journal.counts(self._run_id),
            sent=self._sent,
            seconds=seconds,
        )

    def missing(self, gid: str) -> tuple[str, ...]:
        """Read a group's records again; return the operations whose effect is no longer there."""
        ops = self._plan.by_group[gid]
        cards = self._sink.read({ref for each in ops for ref in each.op.touches})
        return tuple(each.id for each in ops if not self._holds(each, cards))

    def resolve(self) -> None:
        """Find out what became of requests without an answer, the oldest first."""
        for record in self._journal.unresolved(self._run_id):
            if record.state is not OpState.AMBIGUOUS:
                self._unknown([record.op_id], "the run was cut off")
        for record in self._journal.unresolved(self._run_id):
            self._resolve(record.op_id)

    # --- units: a group, or simple groups that one request can carry

    def _units(self) -> Iterator[list[Group]]:
        settled = (GroupState.PLANNED, GroupState.RUNNING)
        states = self._journal.groups(self._run_id)
        batch: list[Group] = []
        for group in self._plan.groups:
            if states[group.id][0] not in settled:
                continue
            if batch and not self._may_join(batch, group):
                yield batch
                batch = []
            batch.append(group)
        if batch:
            yield batch

    def _may_join(self, batch: Sequence[Group], group: Group) -> bool:
        """Tell whether `group` can share a request with `batch`: one plain change of one card."""
        kind = self._simple(group)
        if kind is None or kind != self._simple(batch[0]) or len(batch) >= self._sink.batch:
            return False
        return not {ref for each in batch for ref in each.records} & set(group.records)

    def _simple(self, group: Group) -> tuple[type, str] | None:
        ops = self._plan.by_group[group.id]
        if len(ops) != 1 or not isinstance(ops[0].op, PatchCard | SetTags):
            return None
        return type(ops[0].op), ops[0].op.record.entity

    # --- groups

    def _carry_out(self, unit: Sequence[Group]) -> None:
        refs = {ref for group in unit for ref in (*group.records, *self._touches(group))}
        cards = self._sink.read(refs)
        sound = []
        for group in unit:
            problem = self._problem(group, cards)
            if problem is None:
                sound.append(group)
            else:
                self._end(group, problem.state, problem.reason)
        if not sound:
            return
        held = {ref for group in sound for ref in (*group.records, *self._touches(group))}
        self._backup.keep(card for ref in sorted(held) if (card := cards.get(ref)) is not None)
        for group in sound:
            self._journal.set_group(self._run_id, group.id, GroupState.RUNNING)
        if len(sound) > 1:
            self._carry_out_batch(sound, cards)
        else:
            self._carry_out_group(sound[0], cards)

    def _touches(self, group: Group) -> set[Ref]:
        return {ref for each in self._plan.by_group[group.id] for ref in each.op.touches}

    def _problem(self, group: Group, cards: Cards) -> _GroupEnded | None:
        """Look at a group before its first write: everything it touches must be as planned."""
        states = {op.op_id: op.state for op in self._journal.ops(self._run_id, group.id)}
        is_fresh = all(state is OpState.PLANNED for state in states.values())
        for each in self._plan.by_group[group.id]:
            if states[each.id] in SETTLED:
                continue
            found = look(each.op, cards)
            if found is Look.READY and is_fresh and _has_moved(each, cards):
                found = Look.STALE
            if found is Look.STALE and group.kind == "undo":
                continue  # what was changed since is kept, the rest is taken back
            if found in (Look.STALE, Look.GONE):
                state = GroupState.STALE if is_fresh else GroupState.NEEDS_REVIEW
                return _GroupEnded(state, f"{found.value}: {each.id}")
        return None

    def _carry_out_batch(self, groups: Sequence[Group], cards: Cards) -> None:
        ops = [self._plan.by_group[group.id][0] for group in groups]
        states = self._journal.ops(self._run_id)
        over = {record.op_id for record in states if record.state in SETTLED}
        self._write([each for each in ops if each.id not in over], cards)
        for group, each in zip(groups, ops, strict=True):
            self._close(group, [each])

    def _carry_out_group(self, group: Group, cards: Cards) -> None:
        ops = self._plan.by_group[group.id]
        fresh: Cards | None = cards
        try:
            for each in ops:
                if self._journal.op(self._run_id, each.id).state in SETTLED:
                    continue
                if each.phase >= Phase.DETACH and group.kind == "merge":
                    self._verify(group, ops)
                # What was read before an own write is old; and people write meanwhile.
                now = fresh if fresh is not None else self._sink.read(each.op.touches)
                fresh = None
                self._write([each], now)
                if self._journal.op(self._run_id, each.id).state not in SETTLED[:2]:
                    break
        except _GroupEnded as ended:
            self._end(group, ended.state, ended.reason)
            return
        self._close(group, ops)

    def _verify(self, group: Group, ops: Sequence[PlanOp]) -> None:
        """See with our own eyes that all was copied, before anything is taken away."""
        copied = [each for each in ops if each.phase < Phase.DETACH]
        if any(self._journal.op(self._run_id, e.id).state not in SETTLED[:2] for e in copied):
            raise _GroupEnded(GroupState.FAILED, "not all was copied")
        cards = self._sink.read(self._touches(group))
        missing = [each.id for each in copied if not self._holds(each, cards)]
        if missing:
            raise _GroupEnded(GroupState.FAILED, f"verify: {', '.join(missing)}")

    def _close(self, group: Group, ops: Sequence[PlanOp]) -> None:
        states = {self._journal.op(self._run_id, each.id).state for each in ops}
        if states <= {OpState.CONFIRMED, OpState.NOTHING}:
            self._end(group, GroupState.DONE, "")
        elif OpState.MANUAL in states:
            self._end(group, GroupState.NEEDS_REVIEW, "an outcome could not be settled")
        elif OpState.FAILED in states:
            self._end(group, GroupState.FAILED, "refused")

    def _end(self, group: Group, state: GroupState, reason: str) -> None:
        self._journal.set_group(self._run_id, group.id, state, reason)
        for record in self._journal.ops(self._run_id, group.id):
            if record.state is OpState.PLANNED:
                self._journal.settle(self._run_id, record.op_id, OpState.SKIPPED)
        bad = state in (GroupState.FAILED, GroupState.NEEDS_REVIEW)
        self._in_a_row = self._in_a_row + 1 if bad else 0

    # --- one request

    def _write(self, ops: Sequence[PlanOp], cards: Cards) -> None:
        """Send the operations that are not done yet as one request, and settle each."""
        todo = []
        for planned in ops:
            each = self._possible(planned, cards)
            found = look(each.op, cards)
            if found is Look.DONE or (found is Look.STALE and self._is_undo(each)):
                self._journal.settle(self._run_id, each.id, OpState.NOTHING)
            elif found is Look.READY:
                todo.append(each)
            else:
                raise _GroupEnded(GroupState.NEEDS_REVIEW, f"{found.value}: {each.id}")
        if todo:
            self._send(todo, cards)

    def _possible(self, each: PlanOp, cards: Cards) -> PlanOp:
        """Of an undo, leave out what a person has changed since."""
        if not self._is_undo(each):
            return each
        self._ops[each.id] = replace(each, op=possible(each.op, cards))
        return self._ops[each.id]

    def _is_undo(self, each: PlanOp) -> bool:
        return self._kinds[each.group_id] == "undo"

    def _send(self, ops: Sequence[PlanOp], cards: Cards) -> None:
        ids = [each.id for each in ops]
        request = self._sink.request([(self._marker(e.id), e.op) for e in ops], cards)
        self._tools.at("before intent", ids)
        self._journal.intend(
            self._run_id,
            ids,
            method=request.method,
            path=request.path,
            body=request.body,
            before={each.id: op_json.to_json(effective(each.op, cards)) for each in ops},
        )
        self._tools.at("intent", ids)
        result = self._delivered(request, ids)
        self._tools.at("answered", ids)
        self._settle(ops, result)
        self._tools.at("recorded", ids)

    def _delivered(self, request: Request, ids: Sequence[str]) -> Result:
        self._sent += 1
        try:
            return self._sink.send(request)
        except CrmCleanError:
            # The sink raises only for what surely was not sent: no sign-in, an open circuit.
            for op_id in ids:
                self._journal.settle(self._run_id, op_id, OpState.PLANNED)
            raise

    def _settle(self, ops: Sequence[PlanOp], result: Result) -> None:
        if result.outcome is Outcome.DONE:
            self._done(ops, result)
        elif result.outcome is Outcome.UNSENT:
            self._again(ops, result)
        elif result.outcome is Outcome.REFUSED and len(ops) == 1:
            self._failed(ops[0].id, result)
        else:
            # Of a batch that was refused, nobody tells whether its sound part was carried out.
            self._unknown([each.id for each in ops], result.problem, result.status)
            for each in ops:
                self._resolve(each.id)
            self._one_by_one(ops)

    def _done(self, ops: Sequence[PlanOp], result: Result) -> None:
        seen: Cards = {}
        if any(each.op.effect >= Effect.SUBTRACTIVE for each in ops):
            seen = self._sink.read({ref for each in ops for ref in each.op.touches})
        for each in ops:
            if self._marker(each.id) in result.refused:
                self._failed(each.id, result)
            elif self._marker(each.id) in result.missing:
                self._unknown([each.id], "the answer does not speak of it", result.status)
                self._resolve(each.id)
            elif each.op.effect < Effect.SUBTRACTIVE or self._holds(each, seen):
                self._journal.settle(
                    self._run_id,
                    each.id,
                    OpState.CONFIRMED,
                    status=result.status,
                    created_id=result.created.get(self._marker(each.id)),
                )
            else:
                self._unknown([each.id], "the answer says done, the card does not", result.status)
                self._resolve(each.id)

    def _again(self, ops: Sequence[PlanOp], result: Result) -> None:
        for each in ops:
            if self._journal.op(self._run_id, each.id).attempt >= _ATTEMPTS:
                self._failed(each.id, result)
            else:
                self._journal.settle(self._run_id, each.id, OpState.PLANNED)
        self._one_by_one(ops)

    def _one_by_one(self, ops: Sequence[PlanOp]) -> None:
        """Send what is planned again, each alone and from fresh cards."""
        for each in ops:
            if self._journal.op(self._run_id, each.id).state is OpState.PLANNED:
                self._write([each], self._sink.read(each.op.touches))

    def _failed(self, op_id: str, result: Result) -> None:
        problem = result.refused.get(self._marker(op_id), result.problem)
        self._journal.settle(
            self._run_id, op_id, OpState.FAILED, status=result.status, problem=problem
        )

    # --- what became of it

    def _unknown(self, ids: Sequence[str], problem: str, status: int | None = None) -> None:
        until = self._tools.clock() + self._sink.settle_s
        for op_id in ids:
            self._journal.settle(
                self._run_id,
                op_id,
                OpState.AMBIGUOUS,
                settle_until=until,
                problem=problem,
                status=status,
            )

    def _resolve(self, op_id: str) -> None:
        """Settle an unknown outcome by reading: present is confirmed, absent three times is not."""
        record = self._journal.op(self._run_id, op_id)
        self._wait_until(record.settle_until or 0.0)
        each = self._ops[op_id]
        for pause in _LOOKS_S:
            if pause:
                self._tools.sleep(pause)
            if self._holds(each, self._sink.read(each.op.touches)):
                self._journal.settle(self._run_id, op_id, OpState.CONFIRMED)
                return
        can_repeat = each.op.effect is not Effect.IRREVERSIBLE and record.attempt < _ATTEMPTS
        state = OpState.PLANNED if can_repeat else OpState.MANUAL
        self._journal.settle(self._run_id, op_id, state)

    def _wait_until(self, moment: float) -> None:
        # A clock that was set back must not make us wait for longer than the CRM may take.
        left = min(moment - self._tools.clock(), self._sink.settle_s)
        if left > 0:
            self._tools.listen(events.Waiting("apply", "settle", left))
            self._tools.sleep(left)

    def _holds(self, each: PlanOp, cards: Cards) -> bool:
        return self._sink.holds(self._marker(each.id), each.op, cards)

    def _marker(self, op_id: str) -> str:
        return f"{self._run_id}:{op_id}"

    # --- when to stop

    def _gate(self) -> None:
        reason = self._tools.stop()
        if reason is not None:
            raise StoppedError(
                N_("stopped between two groups ({reason}); nothing is half done"),
                where=self._run_id,
                fix=N_("go on with: crmclean resume"),
                reason=reason,
            )

    def _watch(self, number: int) -> None:
        states = [state for state, _ in self._journal.groups(self._run_id).values()]
        n_over = sum(state not in (GroupState.PLANNED, GroupState.RUNNING) for state in states)
        guards = self._tools.guards
        total = len(self._plan.groups)
        self._tools.listen(events.StageAdvanced("apply", n_over, total))
        n_stale = states.count(GroupState.STALE)
        n_failed = states.count(GroupState.FAILED) + states.count(GroupState.NEEDS_REVIEW)
        if self._in_a_row >= guards.failed_in_a_row:
            raise _guard(N_("{n} groups in a row failed"), self._run_id, n=self._in_a_row)
        if n_over >= guards.least and n_stale > guards.stale_share * n_over:
            raise _guard(N_("{n} groups were changed since the plan"), self._run_id, n=n_stale)
        if n_over >= guards.least and n_failed > guards.failed_share * n_over:
            raise _guard(N_("{n} groups failed"), self._run_id, n=n_failed)
        if number in guards.canary and n_over < total:
            self._look_again()

    def _look_again(self) -> None:
        """Look at all that was done so far: a canary that is not as it should be stops the run."""
        for gid, (state, _) in self._journal.groups(self._run_id).items():
            if state is not GroupState.DONE:
                continue
            if self.missing(gid):
                raise _guard(N_("the first groups are not as they should be"), gid)


def _has_moved(each: PlanOp, cards: Cards) -> bool:
    """Tell whether a touched field no longer is as the plan saw it, order aside."""
    if not isinstance(each.op, PatchCard):
        return False
    card = cards.get(each.op.record)
    return card is not None and any(
        sorted(_texts(card, name)) != sorted(texts) for name, texts in each.pre.items()
    )


def _texts(card: Card, name: str) -> tuple[str, ...]:
    if name in card.values:
        return tuple(item.raw for item in card.values[name])
    value = card.fields.get(name)
    return () if value is None else (value,)


def _guard(problem: str, where: str, **facts: object) -> SafetyError:
    return SafetyError(
        problem,
        where=where,
        fix=N_("look at it with: crmclean runs; then scan again, or go on with: crmclean resume"),
        **facts,
    )

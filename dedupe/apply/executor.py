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
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dedupe import events
from dedupe.errors import CrmCleanError, StoppedError
from dedupe.language import N_
from dedupe.plan import op_json
from dedupe.plan.ops import Effect, PatchCard, Ref, SetTags
from dedupe.plan.plan import Group, Phase, Plan, PlanOp
from dedupe.plan.sink import Cards, Outcome, Request, Result, Sink

from .backup import Backup
from .conditions import Look, effective, has_moved, is_marked, look, possible
from .fresh import Fresh
from .journal import Journal, OpRecord
from .left_behind import left_behind, unplanned
from .states import GOOD, SETTLED, GroupState, OpState, RunState
from .tools import Guards, Report, Tally, Tools, guarded

__all__ = ["Executor", "Guards", "Report", "Tools"]

_ATTEMPTS = 4
_SLICE_S = 1.0  # how soon a wait notices that the run is to stop
_LOOKS_S = (0.0, 3.0, 10.0)  # a CRM may show an old state for a while; "absent" needs all three


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
        self._groups = {group.id: group for group in plan.groups}
        self._fresh = Fresh(sink, self._tools.clock)
        self._sent = 0
        self._tally = Tally(total=len(plan.groups))

    def run(self) -> Report:
        """Settle what is open, carry out what is left, and report.

        Raises StoppedError at a boundary when told to, SafetyError when a guard stops the run,
        and what the sink raises when the CRM can't be reached; the journal is complete then.
        """
        start, listen, stage = time.perf_counter(), self._tools.listen, self._tools.stage
        self._journal.end(self._run_id, RunState.RUNNING)
        try:
            self.resolve()
            left = self._left()
            self._tally.n_before = len(self._plan.groups) - len(left)
            listen(events.StageStarted(stage, len(self._plan.groups)))
            for unit in self._units(left):
                self._gate()
                self._carry_out(unit)
                self._watch(len(unit))
        except BaseException as error:
            self._journal.end(self._run_id, RunState.STOPPED, type(error).__name__)
            raise
        finally:
            seconds = time.perf_counter() - start
            listen(events.StageFinished(stage, self._tally.n_over, seconds))
        self._journal.end(self._run_id, RunState.DONE)
        return self.report(seconds)

    def report(self, seconds: float = 0.0) -> Report:
        """Count what the journal has of this run."""
        states = Counter(state for state, _ in self._journal.groups(self._run_id).values())
        return Report(
            run_id=self._run_id,
            plan_hash=self._plan.hash,
            groups=dict(states),
            ops=self._journal.counts(self._run_id),
            sent=self._sent,
            seconds=seconds,
        )

    def missing(self, gid: str) -> tuple[str, ...]:
        """Read a group's records again; return the operations whose effect is no longer there."""
        done = [
            self._done_op(record)
            for record in self._journal.kept_ops(self._run_id, gid)
            if record.state is OpState.CONFIRMED or not self._is_undo(self._ops[record.op_id])
        ]
        cards = self._sink.read({ref for each in done for ref in each.op.touches})
        return tuple(each.id for each in done if not self._holds(each, cards))

    def _done_op(self, record: OpRecord) -> PlanOp:
        """Return an operation as it was carried out: an undo leaves out what people changed."""
        each = self._ops[record.op_id]
        if record.before is None or record.is_forgotten or not self._is_undo(each):
            return each
        return replace(each, op=op_json.from_json(record.before, record.op_id))

    def resolve(self) -> None:
        """Find out what became of requests without an answer."""
        open_ = self._journal.unresolved(self._run_id)
        cut_off = [record.op_id for record in open_ if record.state is not OpState.AMBIGUOUS]
        self._unknown(cut_off, "the run was cut off")
        self._resolve([record.op_id for record in open_])

    # --- units: a group, or simple groups that one request can carry

    def _left(self) -> list[Group]:
        states = self._journal.groups(self._run_id)
        to_do = (GroupState.PLANNED, GroupState.RUNNING)
        return [group for group in self._plan.groups if states[group.id][0] in to_do]

    def _units(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        batch: list[Group] = []
        for number, group in enumerate(groups):
            # The canaries are looked at before the next group begins.
            if batch and (number in self._tools.guards.canary or not self._may_join(batch, group)):
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
        self._fresh.forget()
        cards = self._fresh.read(refs)
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
        with self._journal.together():
            for group in sound:
                self._journal.set_group(self._run_id, group.id, GroupState.RUNNING)
        if len(sound) > 1:
            self._carry_out_batch(sound, cards)
        else:
            self._carry_out_group(sound[0])

    def _touches(self, group: Group) -> set[Ref]:
        return {ref for each in self._plan.by_group[group.id] for ref in each.op.touches}

    def _problem(self, group: Group, cards: Cards) -> _GroupEnded | None:
        """Look at a group before its first write: everything it touches must be as planned."""
        states = {op.op_id: op.state for op in self._journal.ops(self._run_id, group.id)}
        ops = self._plan.by_group[group.id]
        is_fresh = all(state is OpState.PLANNED for state in states.values())
        if is_fresh and group.kind == "merge":
            if is_marked(group, ops, cards):
                return _GroupEnded(GroupState.STALE, "marked")
            if left := unplanned(group, ops, cards):
                return _GroupEnded(GroupState.STALE, f"written since: {', '.join(left)}")
        for each in ops:
            if states[each.id] in SETTLED:
                continue
            found = self._look(each, cards)
            if found is Look.READY and is_fresh and has_moved(each, cards):
                found = Look.STALE
            if found is Look.STALE and group.kind == "undo":
                continue  # what was changed since is kept, the rest is taken back
            if found in (Look.STALE, Look.GONE):
                state = GroupState.STALE if is_fresh else GroupState.NEEDS_REVIEW
                return _GroupEnded(state, f"{found.value}: {each.id}")
        return None

    def _look(self, each: PlanOp, cards: Cards) -> Look:
        return look(each.op, cards, self._groups[each.group_id].losers)

    def _carry_out_batch(self, groups: Sequence[Group], cards: Cards) -> None:
        ops = [self._plan.by_group[group.id][0] for group in groups]
        self._write([each for each in ops if self._state(each) not in SETTLED], cards)
        with self._journal.together():
            for group, each in zip(groups, ops, strict=True):
                self._close(group, [each])

    def _carry_out_group(self, group: Group) -> None:
        ops = self._plan.by_group[group.id]
        verified = Phase.KEEP
        try:
            for each in ops:
                if self._state(each) in SETTLED:
                    continue
                if each.phase >= Phase.DETACH and each.phase > verified and group.kind == "merge":
                    self._verify(group, ops)
                    verified = each.phase
                self._write([each], self._fresh.of(each.op))
                if self._state(each) not in GOOD:
                    break
        except _GroupEnded as ended:
            self._end(group, ended.state, ended.reason)
            return
        self._close(group, ops)

    def _verify(self, group: Group, ops: Sequence[PlanOp]) -> None:
        """See with our own eyes that all was copied, before anything is taken away."""
        copied = [each for each in ops if each.phase < Phase.DETACH]
        if any(self._state(each) not in GOOD for each in copied):
            raise _GroupEnded(GroupState.FAILED, "not all was copied")
        for pause in _LOOKS_S:  # what was written a moment ago may not be shown yet
            self._nap(pause)
            cards = self._fresh.read({*group.records, *self._touches(group)})
            missing = [each.id for each in copied if not self._holds(each, cards)]
            missing += left_behind(group, ops, cards)
            if not missing:
                return
        raise _GroupEnded(GroupState.FAILED, f"verify: {', '.join(missing)}")

    def _close(self, group: Group, ops: Sequence[PlanOp]) -> None:
        states = {self._state(each) for each in ops}
        if states <= set(GOOD):
            self._end(group, GroupState.DONE, "")
        elif OpState.MANUAL in states:
            self._end(group, GroupState.NEEDS_REVIEW, "an outcome could not be settled")
        elif OpState.FAILED in states:
            self._end(group, GroupState.FAILED, "refused")

    def _end(self, group: Group, state: GroupState, reason: str) -> None:
        with self._journal.together():
            self._journal.set_group(self._run_id, group.id, state, reason)
            for record in self._journal.ops(self._run_id, group.id):
                if record.state is OpState.PLANNED:
                    self._journal.settle(self._run_id, record.op_id, OpState.SKIPPED)
        self._tally.ended(state)

    def _state(self, each: PlanOp) -> OpState:
        return self._journal.op(self._run_id, each.id).state

    # --- one request

    def _write(self, ops: Sequence[PlanOp], cards: Cards) -> None:
        """Send the operations that are not done yet as one request, and settle each."""
        todo = []
        for planned in ops:
            each = self._possible(planned, cards)
            found = self._look(each, cards)
            if found is Look.DONE or (found is Look.STALE and self._is_undo(each)):
                self._journal.settle(self._run_id, each.id, OpState.NOTHING)
            elif found is Look.READY:
                todo.append(each)
            else:
                ended = _GroupEnded(GroupState.NEEDS_REVIEW, f"{found.value}: {each.id}")
                if len(ops) == 1:
                    raise ended
                self._end(self._groups[each.group_id], ended.state, ended.reason)
        if todo:
            self._send(todo, cards)

    def _possible(self, each: PlanOp, cards: Cards) -> PlanOp:
        """Of an undo, leave out what a person has changed since."""
        if not self._is_undo(each):
            return each
        self._ops[each.id] = replace(each, op=possible(each.op, cards))
        return self._ops[each.id]

    def _is_undo(self, each: PlanOp) -> bool:
        return self._groups[each.group_id].kind == "undo"

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
        result = self._delivered(request, ops)
        self._tools.at("answered", ids)
        self._settle(ops, result)
        self._tools.at("recorded", ids)

    def _delivered(self, request: Request, ops: Sequence[PlanOp]) -> Result:
        self._sent += 1
        self._fresh.wrote(*(each.op for each in ops))
        try:
            return self._sink.send(request)
        except CrmCleanError:
            # The sink raises only for what surely was not sent: no sign-in, an open circuit.
            with self._journal.together():
                for each in ops:
                    self._journal.settle(self._run_id, each.id, OpState.PLANNED)
            self._sent -= 1
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
            ids = [each.id for each in ops]
            self._unknown(ids, result.problem, result.status)
            self._resolve(ids)
            self._one_by_one(ops)

    def _done(self, ops: Sequence[PlanOp], result: Result) -> None:
        """Take an answer that says "done" for what it speaks of, and for what the cards show."""
        seen: Cards = {}
        if any(each.op.effect >= Effect.SUBTRACTIVE for each in ops):
            seen = self._fresh.read({ref for each in ops for ref in each.op.touches})
        silent, hidden = [], []
        with self._journal.together():
            for each in ops:
                if self._marker(each.id) in result.refused:
                    self._failed(each.id, result)
                elif self._marker(each.id) in result.missing:
                    silent.append(each.id)
                elif each.op.effect < Effect.SUBTRACTIVE or self._holds(each, seen):
                    self._confirmed(each, result)
                else:
                    hidden.append(each.id)
            self._unknown(silent, "the answer does not speak of it", result.status)
            self._unknown(hidden, "the answer says done, the card does not", result.status)
        if silent or hidden:
            self._resolve([*silent, *hidden])

    def _confirmed(self, each: PlanOp, result: Result) -> None:
        self._journal.settle(
            self._run_id,
            each.id,
            OpState.CONFIRMED,
            status=result.status,
            created_id=result.created.get(self._marker(each.id)),
        )

    def _again(self, ops: Sequence[PlanOp], result: Result) -> None:
        with self._journal.together():
            for each in ops:
                if self._journal.op(self._run_id, each.id).attempt >= _ATTEMPTS:
                    self._failed(each.id, result)
                else:
                    self._journal.settle(self._run_id, each.id, OpState.PLANNED)
        left = [each for each in ops if self._state(each) is OpState.PLANNED]
        if left:
            self._write(left, self._fresh.read({ref for each in left for ref in each.op.touches}))

    def _one_by_one(self, ops: Sequence[PlanOp]) -> None:
        """Send what is planned again, each alone and from fresh cards."""
        for each in ops:
            if self._state(each) is not OpState.PLANNED:
                continue
            try:
                self._write([each], self._fresh.read(each.op.touches))
            except _GroupEnded as ended:
                if len(ops) == 1:
                    raise
                self._end(self._groups[each.group_id], ended.state, ended.reason)

    def _failed(self, op_id: str, result: Result) -> None:
        problem = result.refused.get(self._marker(op_id), result.problem)
        self._journal.settle(
            self._run_id, op_id, OpState.FAILED, status=result.status, problem=problem
        )

    # --- what became of it

    def _unknown(self, ids: Sequence[str], problem: str, status: int | None = None) -> None:
        until = self._tools.clock() + self._sink.settle_s
        with self._journal.together():
            for op_id in ids:
                self._journal.settle(
                    self._run_id,
                    op_id,
                    OpState.AMBIGUOUS,
                    settle_until=until,
                    problem=problem,
                    status=status,
                )

    def _resolve(self, ids: Sequence[str]) -> None:
        """Settle unknown outcomes by reading: present is confirmed, absent three times is not."""
        records = {op_id: self._journal.op(self._run_id, op_id) for op_id in ids}
        self._wait_until(max((each.settle_until or 0.0 for each in records.values()), default=0.0))
        left = list(ids)
        for pause in _LOOKS_S:
            if left and pause:
                self._nap(pause)
            cards = self._read_for(left)
            for op_id in left[:]:
                if self._holds(self._ops[op_id], cards):
                    self._journal.settle(self._run_id, op_id, OpState.CONFIRMED)
                    left.remove(op_id)
        for op_id in left:
            is_final = self._ops[op_id].op.effect is Effect.IRREVERSIBLE
            can_repeat = not is_final and records[op_id].attempt < _ATTEMPTS
            state = OpState.PLANNED if can_repeat else OpState.MANUAL
            self._journal.settle(self._run_id, op_id, state)

    def _read_for(self, ids: Sequence[str]) -> Cards:
        refs = {ref for op_id in ids for ref in self._ops[op_id].op.touches}
        return self._sink.read(refs) if refs else {}

    def _wait_until(self, moment: float) -> None:
        # A clock that was set back must not make us wait for longer than the CRM may take.
        left = min(moment - self._tools.clock(), self._sink.settle_s)
        if left > 0:
            self._tools.listen(events.Waiting(self._tools.stage, "settle", left))
            self._nap(left)

    def _nap(self, seconds: float) -> None:
        """Wait, and notice within a second that the run is to stop: resume settles what is open."""
        while seconds > 0:
            self._gate()
            self._tools.sleep(min(seconds, _SLICE_S))
            seconds -= _SLICE_S

    def _holds(self, each: PlanOp, cards: Cards) -> bool:
        return self._sink.holds(self._marker(each.id), each.op, cards)

    def _marker(self, op_id: str) -> str:
        return f"{self._run_id}:{op_id}"

    # --- when to stop

    def _gate(self) -> None:
        reason = self._tools.stop()
        if reason is not None:
            raise StoppedError(
                N_("stopped as asked ({reason}); nothing is lost"),
                where=self._run_id,
                fix=N_("go on with: crmclean resume"),
                reason=reason,
            )

    def _watch(self, n_more: int) -> None:
        tally, guards = self._tally, self._tools.guards
        before, after = tally.n_carried, tally.n_carried + n_more
        tally.n_carried = after
        n_over = tally.n_before + after
        self._tools.listen(events.StageAdvanced(self._tools.stage, n_over, tally.total))
        problem = tally.problem(guards)
        if problem is not None:
            raise guarded(problem[0], self._run_id, n=problem[1])
        is_canary = any(before < number <= after for number in guards.canary)
        if is_canary and n_over < tally.total:
            self._look_again()

    def _look_again(self) -> None:
        """Look at all that was done so far: a canary that is not as it should be stops the run."""
        for gid, (state, _) in self._journal.groups(self._run_id).items():
            if state is GroupState.DONE and self.missing(gid):
                raise guarded(N_("the first groups are not as they should be"), gid)

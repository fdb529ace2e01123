"""Six ways to carry out a merge wrongly; each must be caught by the same eyes (`world`).

A check that no mutant trips proves nothing: every scenario passes with the product as it is, and
fails with the mutant that it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedupe.apply.executor import Executor
from dedupe.apply.states import GroupState, OpState
from dedupe.crm.amocrm.writing import AmoSink
from dedupe.crm.amocrm.writing import render as rendering
from dedupe.plan.merges import _Merge
from dedupe.plan.plan import Phase
from dedupe.plan.sink import Outcome, Result
from dedupe.sandbox import Action, Fault

from . import world as worlds
from .account import reference
from .colleague import _patch_list
from .world import LATE, ViolationError, World

NOTE, MARK = 0, 14  # numbers of writes of the reference plan
NOT_DONE = "200 and not done"
Patch = pytest.MonkeyPatch


def unlink_first(patch: Patch, world: World) -> None:
    def steps(self: Any) -> Iterator[Any]:
        yield from self._keep()
        yield from (replace(step, phase=Phase.KEEP) for step in self._detach())
        for part in (self._copy, self._link, self._move, self._mark):
            yield from part()

    patch.setattr(_Merge, "steps", steps)


def mark_first(patch: Patch, world: World) -> None:
    def steps(self: Any) -> Iterator[Any]:
        yield from (replace(step, phase=Phase.KEEP) for step in self._mark())
        for part in (self._keep, self._copy, self._link, self._move, self._detach):
            yield from part()

    patch.setattr(_Merge, "steps", steps)


def blind_resend(patch: Patch, world: World) -> None:
    def resolve(self: Any, ids: Any) -> None:
        for op_id in ids:
            self._journal.settle(self._run_id, op_id, OpState.PLANNED)

    patch.setattr(Executor, "_resolve", resolve)


def plan_time_union(patch: Patch, world: World) -> None:
    refs = {ref for group in world.plan().groups for ref in group.records}
    with world.sink() as sink:
        planned = sink.read(refs)

    def items_of(card: Any, field: str) -> Any:
        then = planned.get(card.ref)
        return (then or card).values.get(field, ())

    patch.setattr(rendering, "items_of", items_of)


def no_settling(patch: Patch, world: World) -> None:
    patch.setattr(AmoSink, "settle_s", 0.0)


def status_only(patch: Patch, world: World) -> None:
    inner = AmoSink.send

    def send(self: Any, request: Any) -> Result:
        result = inner(self, request)
        seen = world.sandbox.requests["requests"][-1]
        if result.outcome is Outcome.UNKNOWN and seen["status"] == 200:
            return Result(outcome=Outcome.DONE, status=200)
        return result

    patch.setattr(AmoSink, "send", send)
    patch.setattr(Executor, "_holds", lambda self, each, cards: True)


def a_colleague_writes_a_number(world: World) -> Callable[..., None]:
    """Return what adds a number to the survivor when the first write of its merge is done."""

    def at(point: str, op_ids: object) -> None:
        key, raw = ("contacts", 101), "+79990000077"
        if point == "recorded" and raw not in world.owed.values[key]["PHONE"]:
            made = {"value": raw, "enum_code": "WORK", "enum_id": 4_800_001}
            _patch_list(world, key, "PHONE", lambda values: [*values, made])
            world.owed.values[key]["PHONE"].add(raw)
            world.clock.sleep(3.0)

    return at


MUTANTS: dict[str, tuple[Callable[[Patch, World], None], dict[int, str], bool, str]] = {
    "unlink-first": (unlink_first, {}, False, "I5"),
    "mark-first": (mark_first, {}, False, "I8"),
    "blind resend": (blind_resend, {NOTE: "drop after"}, False, "I10"),
    "plan-time union": (plan_time_union, {}, True, "I1"),
    "settle=0": (no_settling, {NOTE: LATE}, False, "I10"),
    "HTTP-status-only": (status_only, {MARK: NOT_DONE}, False, "I12"),
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: Patch) -> Iterator[World]:
    fault = Fault(action=Action.STATUS, status=200, body="<html>login</html>", times=1)
    monkeypatch.setattr(worlds, "FAULTS", {**worlds.FAULTS, NOT_DONE: fault})
    made = World(reference(), tmp_path / "state")
    yield made
    made.close()


def carry_out(world: World, faults: dict[int, str], *, is_watched: bool) -> None:
    """Plan, apply, resume, and look; raise where an invariant does not hold."""
    plan = world.plan()
    world.faults = dict(faults)
    report = world.apply(plan, a_colleague_writes_a_number(world) if is_watched else None)
    world.clock.sleep(120.0)
    world.resume()
    world.check()
    world.check_truth(plan)
    if report.groups != {GroupState.DONE: 3}:
        raise ViolationError(f"L2 {report.groups}")


@pytest.mark.parametrize("name", MUTANTS)
def test_the_product_passes_the_scenario_of_each_mutant(world: World, name: str) -> None:
    _, faults, is_watched, _ = MUTANTS[name]
    carry_out(world, faults, is_watched=is_watched)


def test_six_of_six_mutants_are_caught(tmp_path: Path, monkeypatch: Patch, world: World) -> None:
    caught = {}
    for number, (name, (mutate, faults, is_watched, wanted)) in enumerate(MUTANTS.items()):
        own = World(reference(), tmp_path / f"mutant-{number}")
        try:
            with monkeypatch.context() as patch:
                mutate(patch, own)
                with pytest.raises(ViolationError) as error:
                    carry_out(own, faults, is_watched=is_watched)
            caught[name] = str(error.value)
            assert wanted in caught[name], f"{name} was caught by another check"
        finally:
            own.close()
    assert len(caught) == 6

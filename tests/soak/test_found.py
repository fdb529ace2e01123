"""What the machine and the matrix have found, each as a short story of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe.apply import begin as beginnings
from dedupe.apply.journal import FILE_NAME, Journal
from dedupe.apply.run import STOP, undo
from dedupe.apply.states import GroupState, RunState
from dedupe.errors import StoppedError, UnresolvedError
from dedupe.plan.plan import Plan, drop_groups

from .account import reference
from .colleague import _patch_list
from .picture import Owed, take_picture
from .world import Killed, World

MERGE, SPLITS = {"g-000001"}, {"g-000002", "g-000003"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(reference(), tmp_path / "state")
    yield made
    made.close()


def killing(world: World, at: int) -> Callable[..., None]:
    left = iter(range(at))

    def point(name: str, op_ids: object) -> None:
        if next(left, None) is None:
            world.die()

    return point


def stop_before(world: World, plan: Plan) -> None:
    """Begin a run of `plan` that is stopped before its first group."""
    (world.folder / STOP).touch()
    with pytest.raises(StoppedError):
        world.apply(plan)
    (world.folder / STOP).unlink()


def test_a_killed_undo_is_gone_on_with_from_its_own_plan(world: World) -> None:
    before = take_picture(world.sandbox)
    run_id = world.apply(world.plan()).run_id
    with pytest.raises(Killed):
        world.undo(run_id, killing(world, 9))
    world.resume()
    assert take_picture(world.sandbox).restorable == before.restorable


def test_a_killed_run_is_settled_before_an_older_one_goes_on(world: World) -> None:
    plan = world.plan()
    stop_before(world, drop_groups(plan, SPLITS))
    with pytest.raises(Killed):
        world.apply(drop_groups(plan, MERGE), killing(world, 2))
    reports = world.resume()
    assert [report.groups for report in reports] == [
        {GroupState.DONE: 2},
        {GroupState.DONE: 1},
    ]


def test_an_undo_of_one_group_leaves_the_others_to_the_next_undo(world: World) -> None:
    before = take_picture(world.sandbox)
    run_id = world.apply(world.plan()).run_id

    def some(sink: Any, options: Any) -> Any:
        return undo(run_id, sink, world.folder, options, ["g-000002"])

    assert world._process(some, None).groups == {GroupState.DONE: 1}
    assert world.undo(run_id).groups == {GroupState.DONE: 2}
    assert take_picture(world.sandbox).restorable == before.restorable


def test_nothing_else_goes_on_while_an_undo_is_half_done(world: World) -> None:
    """Both would take the deal's contacts away, each relying on the other one's."""
    old = world.plan()
    stop_before(world, drop_groups(old, SPLITS))
    run_id = world.apply(world.plan()).run_id
    before_undo = take_picture(world.sandbox)
    # Dies after an operation was recorded, in the middle of the merge's group.
    with pytest.raises(Killed):
        world.undo(run_id, killing(world, 4 * 6))
    with pytest.raises(UnresolvedError):
        world.apply(drop_groups(old, MERGE))
    world.resume()
    world.check()
    assert before_undo.cards.keys() == take_picture(world.sandbox).cards.keys()
    with Journal(world.folder, f"amocrm {world.base.host} {world.base.account_id}") as journal:
        assert {run.state for run in journal.runs()} == {RunState.DONE}


def write_a_number(world: World) -> None:
    made = {"value": "+79990009999", "enum_code": "WORK", "enum_id": 4_800_001}
    _patch_list(world, ("contacts", 102), "PHONE", lambda values: [*values, made])


def hang_a_deal(world: World) -> None:
    id_ = world.sandbox.change(do="put", kind="leads", record={"name": "New deal"})
    world.sandbox.change(do="link", kind="contacts", id=103, to="leads", to_id=id_)


def hang_a_task(world: World) -> None:
    owner = {"entity_type": "contacts", "entity_id": 103, "is_completed": False}
    world.sandbox.change(do="put", kind="tasks", record={"text": "New", **owner})


@pytest.mark.parametrize("late", [write_a_number, hang_a_deal, hang_a_task])
@pytest.mark.parametrize("when", ["before the run", "in the middle of it"])
def test_what_was_put_on_a_duplicate_after_the_plan_does_not_go_with_it(
    world: World, late: Callable[[World], None], when: str
) -> None:
    plan = world.plan()

    def put() -> None:
        late(world)
        world.owed = Owed.of(take_picture(world.sandbox))
        world.know(plan)
        world.clock.sleep(3.0)

    def at(point: str, op_ids: list[str]) -> None:
        if (point, op_ids[0]) == ("recorded", "g-000001/03"):
            put()

    if when == "before the run":
        put()
    report = world.apply(plan, at if when != "before the run" else None)
    now = take_picture(world.sandbox)
    assert not [key for key, held in now.cards.items() if held.is_marked]
    assert report.groups[GroupState.DONE] == 2, "the splits go on"


def test_a_kill_while_the_journal_is_begun_leaves_none(world: World, monkeypatch) -> None:
    plan = world.plan()
    for name in ("_put", "connected"):
        with monkeypatch.context() as patch:
            patch.setattr(beginnings, name, lambda *args, **more: world.die())
            with pytest.raises(Killed):
                world.apply(plan)
        assert not (world.folder / FILE_NAME).exists()
    assert world.apply(plan).exit_code == 0

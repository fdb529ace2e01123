"""On a still account, without faults: a rehearsal foretells, twice is once, and undo gives back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe.apply.rehearse import rehearse
from dedupe.apply.states import GroupState

from .account import drawn
from .picture import key_of, take_picture
from .world import World

SEEDS = (3, 11)


@pytest.fixture(params=SEEDS)
def world(request, tmp_path: Path) -> Iterator[World]:
    made = World(drawn(request.param), tmp_path / "state")
    yield made
    made.close()


def test_a_rehearsal_foretells_every_request_and_touches_nothing(world: World) -> None:
    account, plan, before = world.scan(), world.plan(), take_picture(world.sandbox)
    n = world.sandbox.requests["n"]
    told = rehearse(plan, account)
    assert told.problems == ()
    assert take_picture(world.sandbox) == before
    assert world.sandbox.requests["n"] == n, "a rehearsal asked the account"
    assert list(world.folder.iterdir()) == [], "a rehearsal left something behind"
    report = world.apply(plan)
    assert report.groups == told.report.groups
    assert tuple(world.sent) == told.requests


def test_twice_is_once_and_the_next_plan_has_none_of_it(world: World) -> None:
    plan = world.plan()
    report = world.apply(plan)
    assert set(report.groups) == {GroupState.DONE}
    world.check_truth(plan)
    world.may_write = False
    assert world.apply(plan).sent == 0
    assert world.resume() == []
    done = {ref for group in plan.groups for ref in group.members}
    again = world.plan()
    assert not [group.id for group in again.groups if done & set(group.losers)]
    now = take_picture(world.sandbox)
    assert all(now.cards[key_of(ref)].is_marked for group in plan.groups for ref in group.losers)


def test_an_undo_gives_the_account_back_and_undone_twice_is_undone_once(world: World) -> None:
    plan, before = world.plan(), take_picture(world.sandbox)
    run_id = world.apply(plan).run_id
    assert take_picture(world.sandbox).restorable != before.restorable
    world.undo(run_id)
    assert take_picture(world.sandbox).restorable == before.restorable
    world.may_write = False
    world.undo(run_id)

"""The executor against a CRM in memory: kills and faults at every point, and what must hold."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from dedupe.apply.executor import Guards
from dedupe.apply.journal import Journal
from dedupe.apply.states import GroupState, OpState, RunState
from dedupe.apply.undo import build_undo
from dedupe.errors import RemoteError, SafetyError, StoppedError
from dedupe.plan.ops import Item, LinkCards, Ref
from dedupe.plan.plan import Group, Header, Phase, Plan, PlanOp

from .conftest import DEAL, GLUED, GONE, KEPT, MERGE, OTHER, TASK, carry_out, fresh_crm, make_plan
from .crm import Card, FakeCrm, Killed

POINTS = ("before intent", "intent", "answered", "recorded")
N_WRITES = len(MERGE) + 1  # the two splits share a request


def phones(crm: FakeCrm, ref: Ref) -> list[str]:
    return [item.raw for item in crm.cards[ref].values["PHONE"]]


def check_safe(crm: FakeCrm) -> None:
    """Hold what must hold at any moment: nothing lost, nothing orphaned, marked means copied."""
    all_phones = {p for ref in (KEPT, GONE) for p in phones(crm, ref)}
    assert all_phones == {"+70000000001", "+70000000002"}
    assert "vip" in crm.cards[GONE].tags
    assert crm.cards[DEAL].links, "the deal has no contact"
    if any(crm.cards[GONE].links):
        raise AssertionError("contacts hold no links here")
    is_marked = "crmclean-duplicate" in crm.cards[GONE].tags
    is_detached = GONE not in crm.cards[DEAL].links
    if is_marked or is_detached:
        assert set(phones(crm, KEPT)) == {"+70000000001", "+70000000002"}
        assert crm.cards[KEPT].fields["birth"] == "2000-01-02"
        assert crm.cards[KEPT].tags >= {"old", "vip"}
        assert KEPT in crm.cards[DEAL].links
        assert crm.cards[TASK].fields["record_id"] == "101"
    if is_marked:
        assert is_detached
    for ref, notes in crm.notes.items():
        assert len(notes) <= 1, f"a note twice on {ref}"
    assert len(crm.cards[GLUED].values["PHONE"]) in (2, 3)


def check_done(crm: FakeCrm) -> None:
    check_safe(crm)
    assert "crmclean-duplicate" in crm.cards[GONE].tags
    assert crm.cards[DEAL].links == {KEPT: True}
    assert phones(crm, GLUED) == ["+70000000003", "+70000000004", "+70000000009"]
    assert phones(crm, OTHER) == ["+70000000005", "+70000000006"]


def test_a_plan_is_carried_out_in_order_and_once(applied_to, crm, tmp_path) -> None:
    report = applied_to(crm)
    check_done(crm)
    assert report.exit_code == 0
    assert report.groups == {GroupState.DONE: 3}
    assert report.sent == len(crm.bodies) == N_WRITES
    assert [do for do, ref in crm.log][:8] == [
        "note", "patch", "tags", "link", "move", "unlink", "note", "tags",
    ]  # fmt: skip
    again = applied_to(crm)
    assert again.sent == 0
    assert len(crm.bodies) == N_WRITES
    with Journal(tmp_path, crm.account()) as journal:
        assert journal.run("r-1").state is RunState.DONE


def test_each_card_is_backed_up_before_the_first_write(applied_to, crm, tmp_path) -> None:
    applied_to(crm)
    lines = (tmp_path / "backup" / "r-1.jsonl").read_text("utf-8").splitlines()
    kept = {(json.loads(line)["entity"], json.loads(line)["id"]) for line in lines}
    assert kept >= {("contact", "101"), ("contact", "102"), ("contact", "103")}


class Killer:
    """Dies at the n-th time that the executor tells of a point."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, point: str, op_ids: object) -> None:
        if self.left == 0:
            self.left = -1
            raise Killed(point)
        self.left -= 1


def finish(folder, crm, plan) -> None:
    for _ in range(5):
        report = carry_out(folder, crm, plan)
        if report.exit_code == 0:
            return
    raise AssertionError(report)


@pytest.mark.parametrize("kill", range(N_WRITES * len(POINTS)))
def test_a_kill_at_any_point_loses_nothing_and_resume_ends_the_same(tmp_path, kill) -> None:
    crm, plan = fresh_crm(), make_plan()
    with pytest.raises(Killed):
        carry_out(tmp_path, crm, plan, at=Killer(kill))
    check_safe(crm)
    finish(tmp_path, crm, plan)
    check_done(crm)


@pytest.mark.parametrize("fault", ["lost", "late", "cut", "unsent"])
@pytest.mark.parametrize("number", range(N_WRITES))
def test_a_fault_at_any_write_has_one_effect(tmp_path, fault, number) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {number: fault}
    report = carry_out(tmp_path, crm, plan)
    check_done(crm)
    assert report.exit_code == 0
    n_patches = sum(do == "patch" for do, _ in crm.log)
    assert n_patches == 3, "one of the merge, two of the splits"


@pytest.mark.parametrize(
    ("first", "second"), [(k, k + d) for k in range(0, 36, 5) for d in (0, 1, 3, 8)]
)
def test_two_kills_and_a_lost_answer(tmp_path, first, second) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {first // 4: "cut", second // 4 + 1: "late"}
    for kill in (first, second):
        try:
            carry_out(tmp_path, crm, plan, at=Killer(kill))
        except Killed:
            check_safe(crm)
    finish(tmp_path, crm, plan)
    check_done(crm)


@pytest.mark.parametrize("number", range(N_WRITES - 1))
def test_a_refused_write_ends_its_group_and_no_other(tmp_path, number) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {number: "refused"}
    report = carry_out(tmp_path, crm, plan)
    check_safe(crm)
    assert report.exit_code == 3
    assert report.groups == {GroupState.FAILED: 1, GroupState.DONE: 2}
    if number < 6:
        assert GONE in crm.cards[DEAL].links or KEPT in crm.cards[DEAL].links
        assert "crmclean-duplicate" not in crm.cards[GONE].tags


def test_a_refused_batch_is_read_back_and_sent_one_by_one(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {N_WRITES - 1: "refused"}
    report = carry_out(tmp_path, crm, plan)
    check_done(crm)
    assert report.exit_code == 0
    assert len(crm.bodies) == N_WRITES + 2


def test_an_open_circuit_stops_the_run_and_leaves_nothing_unknown(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {3: "error"}
    with pytest.raises(RemoteError):
        carry_out(tmp_path, crm, plan)
    with Journal(tmp_path, crm.account()) as journal:
        assert journal.unresolved() == []
        assert journal.run("r-1").state is RunState.STOPPED
    finish(tmp_path, crm, plan)
    check_done(crm)


def test_a_colleagues_edit_makes_its_group_stale_and_the_others_go_on(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.cards[KEPT] = replace(crm.cards[KEPT], fields={"birth": "1999-09-09"})
    report = carry_out(tmp_path, crm, plan)
    assert report.exit_code == 3
    assert report.groups == {GroupState.STALE: 1, GroupState.DONE: 2}
    assert crm.notes == {}, "a stale group has 0 writes"
    assert crm.cards[KEPT].fields["birth"] == "1999-09-09"


def test_an_edit_of_another_field_stops_nothing(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.cards[KEPT] = replace(
        crm.cards[KEPT], fields={**crm.cards[KEPT].fields, "position": "fitter"}
    )
    assert carry_out(tmp_path, crm, plan).exit_code == 0
    check_done(crm)
    assert crm.cards[KEPT].fields["position"] == "fitter"


def test_a_card_that_is_gone_makes_its_group_stale(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    del crm.cards[GONE]
    assert carry_out(tmp_path, crm, plan).groups[GroupState.STALE] == 1


def test_a_number_written_meanwhile_is_kept_by_the_union(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()

    def write(point: str, op_ids: object) -> None:
        # A person adds a number after the group has begun, before the union is computed.
        if point == "recorded" and len(crm.log) == 1:
            values = {**crm.cards[KEPT].values}
            values["PHONE"] = (*values["PHONE"], Item("+70000000077"))
            crm.cards[KEPT] = replace(crm.cards[KEPT], values=values)

    carry_out(tmp_path, crm, plan, at=write)
    assert set(phones(crm, KEPT)) == {"+70000000001", "+70000000002", "+70000000077"}


def test_a_survivor_that_lost_a_number_is_seen_before_anything_is_detached(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()

    def drop(point: str, op_ids: object) -> None:
        if point == "recorded" and crm.log[-1][0] == "move":
            values = {**crm.cards[KEPT].values, "PHONE": (Item("+70000000001", "WORK"),)}
            crm.cards[KEPT] = replace(crm.cards[KEPT], values=values)

    report = carry_out(tmp_path, crm, plan, at=drop)
    assert report.groups[GroupState.FAILED] == 1
    assert GONE in crm.cards[DEAL].links
    assert "crmclean-duplicate" not in crm.cards[GONE].tags


def test_a_stop_is_taken_between_groups(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    answers = itertools.chain([None, "STOP file"], itertools.repeat(None))
    with pytest.raises(StoppedError, match="STOP file"):
        carry_out(tmp_path, crm, plan, stop=lambda: next(answers))
    assert crm.log[-1] == ("tags", GONE), "the first group is whole"
    finish(tmp_path, crm, plan)
    check_done(crm)


def test_a_canary_that_is_not_as_it_should_be_stops_the_run(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()

    def spoil(point: str, op_ids: object) -> None:
        if point == "recorded" and crm.log[-1] == ("tags", GONE):
            crm.cards[GONE] = replace(crm.cards[GONE], tags=frozenset({"vip"}))

    with pytest.raises(SafetyError):
        carry_out(tmp_path, crm, plan, at=spoil)
    assert phones(crm, GLUED) == ["+70000000003+70000000004", "+70000000009"]


def state_of(crm: FakeCrm) -> object:
    return {ref: (c.fields, c.values, c.tags, c.links) for ref, c in crm.cards.items()}


def undo(folder, crm: FakeCrm, plan) -> None:
    with Journal(folder, crm.account()) as journal:
        made = build_undo(plan, journal, "r-1")
    carry_out(folder, crm, made.plan, "r-2")


def test_undo_gives_back_the_account_and_leaves_tombstones(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    before = state_of(crm)
    carry_out(tmp_path, crm, plan)
    undo(tmp_path, crm, plan)
    assert state_of(crm) == before
    assert all("taken back" in text for notes in crm.notes.values() for text in notes)


def test_undo_keeps_what_people_wrote_since(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    carry_out(tmp_path, crm, plan)
    card = crm.cards[KEPT]
    values = {**card.values, "PHONE": (*card.values["PHONE"], Item("+70000000088"))}
    crm.cards[KEPT] = replace(card, values=values, fields={**card.fields, "birth": "1999-09-09"})
    undo(tmp_path, crm, plan)
    assert phones(crm, KEPT) == ["+70000000001", "+70000000088"]
    assert crm.cards[KEPT].fields["birth"] == "1999-09-09"
    assert crm.cards[DEAL].links == {GONE: True}


@pytest.mark.parametrize("kill", range(0, N_WRITES * len(POINTS), 3))
def test_a_killed_undo_goes_on(tmp_path, kill) -> None:
    crm, plan = fresh_crm(), make_plan()
    before = state_of(crm)
    carry_out(tmp_path, crm, plan)
    with Journal(tmp_path, crm.account()) as journal:
        made = build_undo(plan, journal, "r-1").plan
    try:
        carry_out(tmp_path, crm, made, "r-2", at=Killer(kill))
    except Killed:
        carry_out(tmp_path, crm, made, "r-2")
    assert state_of(crm) == before


def test_every_effect_has_an_earlier_intent_with_the_same_bytes(applied_to, crm, tmp_path) -> None:
    seen = []

    def at(point: str, op_ids: object) -> None:
        if point == "intent":
            seen.append(len(crm.log))

    applied_to(crm, at=at)
    assert seen == sorted(set(seen)), "an intent stands before each effect"
    with Journal(tmp_path, crm.account()) as journal:
        kept = [op.body for op in journal.ops("r-1") if op.body is not None]
        assert kept == [request.body for request in crm.bodies]
        assert all(op.state is OpState.CONFIRMED for op in journal.ops("r-1"))


def test_a_canary_is_looked_at_before_the_next_group_begins(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    carry_out(tmp_path, crm, plan, guards=Guards(canary=(2,)))
    check_done(crm)
    assert len(crm.bodies) == N_WRITES + 1, "the second split waits for the first"


def test_a_stop_that_is_asked_for_ends_a_long_wait(tmp_path) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {2: "lost"}
    start = crm.clock.now
    with pytest.raises(StoppedError):
        carry_out(
            tmp_path, crm, plan, stop=lambda: "SIGTERM" if crm.clock.now > start + 3 else None
        )
    assert crm.clock.now <= start + 4.5
    finish(tmp_path, crm, plan)
    check_done(crm)


FIRM, OTHER_FIRM = Ref("company", "201"), Ref("company", "202")


def moved_to(firm: Ref, losers: tuple[Ref, ...] = ()) -> Plan:
    op = LinkCards(deal_or_card=KEPT, to=firm)
    group = Group(
        id="g-000001",
        kind="merge",
        entity="company",
        records=(KEPT, FIRM, OTHER_FIRM),
        survivor=firm,
        losers=losers,
    )
    header = Header(
        crm="fake", account_id="1", account_host="host", tool="crmclean", tool_min="0.1"
    )
    ops = (PlanOp(id="g-000001/01", seq=1, phase=Phase.LINK, op=op),)
    return Plan(header=header, groups=(group,), ops=ops)


def crm_with_firms() -> FakeCrm:
    crm = fresh_crm()
    crm.cards |= {ref: Card(ref=ref) for ref in (FIRM, OTHER_FIRM)}
    crm.cards[KEPT] = replace(crm.cards[KEPT], links={OTHER_FIRM: None})
    return crm


def test_the_company_of_a_person_is_taken_by_its_survivor_only(tmp_path) -> None:
    crm = crm_with_firms()
    report = carry_out(tmp_path, crm, moved_to(FIRM))
    assert report.groups == {GroupState.STALE: 1}, "a colleague gave the card another company"
    assert crm.cards[KEPT].links == {OTHER_FIRM: None}


def test_a_company_whose_place_was_taken_comes_back(tmp_path) -> None:
    crm, plan = crm_with_firms(), moved_to(FIRM, (OTHER_FIRM,))
    assert carry_out(tmp_path, crm, plan).groups == {GroupState.DONE: 1}
    crm.cards[KEPT] = replace(crm.cards[KEPT], links={FIRM: None})  # the CRM keeps one
    undo(tmp_path, crm, plan)
    assert crm.cards[KEPT].links == {OTHER_FIRM: None}

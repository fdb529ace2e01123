"""Splits, repeats and spellings: what is written, and what is left to people."""

from __future__ import annotations

import pytest

from dedupe.config.planning import Planning
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanOptions
from dedupe.plan.ops import CreateTask, Item, Ref, SetTags
from dedupe.plan.others import TASKS
from dedupe.plan.values_change import applied

DOUBLED = "+7 916 123-45-67, 8 903 555-00-11"
PARTS = "+79161234567; +79035550011"


def planned(account, decisions=None, **options):
    plan = build_plan(account.inputs(decisions), PlanOptions(**options))
    return plan, [op.op for op in plan.ops]


def after(account, ops, field="PHONE", card="101"):
    """Return what the operations make of the card's values."""
    rows = [
        r for r in account.rows["channels"] if r["field_id"] == field and r["record_id"] == card
    ]
    items = tuple(Item(str(r["raw"]), str(r["label"])) for r in rows)
    for op in ops:
        for change in op.changes:
            if change.field == field:
                items = applied(items, change)
    return [(item.raw, item.label) for item in items]


def doubled(account, confidence=1.0):
    account.card(101, phones=[("+74951112233", "HOME"), (DOUBLED, "MOB")])
    account.finding("PHN201", 101, field="phone", value=DOUBLED, proposal=PARTS,
                    confidence=confidence)  # fmt: skip
    return account


def test_a_doubled_value_becomes_two_in_its_place_with_its_label(account) -> None:
    plan, ops = planned(doubled(account))
    assert (plan.groups[0].kind, plan.groups[0].code) == ("split", "PHN201")
    assert after(account, ops) == [
        ("+74951112233", "HOME"),
        ("+79161234567", "MOB"),
        ("+79035550011", "MOB"),
    ]
    assert plan.ops[0].pre["PHONE"] == ("+74951112233", DOUBLED)
    assert plan.groups[0].undo == "full"


def test_an_unsure_split_waits_for_a_person(account) -> None:
    doubled(account, confidence=0.8)
    plan, _ = planned(account)
    assert (plan.groups, dict(plan.header.left_out)) == ((), {"review": 1})
    yes = {"code": "PHN201", "entity": "contact", "record_id": "101", "verdict": "accept"}
    plan, _ = planned(account, [yes])
    assert plan.groups[0].requires == "approve"


def test_a_rejected_split_is_left_out(account) -> None:
    no = {"code": "PHN201", "entity": "contact", "record_id": "101", "verdict": "reject"}
    plan, _ = planned(doubled(account), [no])
    assert (plan.groups, dict(plan.header.left_out)) == ((), {"rejected": 1})


def test_a_text_field_can_not_hold_two_values(account) -> None:
    account.card(101)
    account.add("channels", entity="contact", record_id="101", kind="phone", raw=DOUBLED,
                field_id="702", position=0)  # fmt: skip
    account.finding("PHN201", 101, field="phone", value=DOUBLED, proposal=PARTS, confidence=1.0)
    plan, _ = planned(account)
    assert (plan.groups, dict(plan.header.left_out)) == ((), {"single_field": 1})


@pytest.mark.parametrize(
    ("phones", "left"),
    [
        ([("8 916 123-45-67", "WORK"), ("+79161234567", "WORK")], ["+79161234567"]),
        ([("+79161234567", "WORK"), ("+79161234567", "WORK")], ["+79161234567"]),
        ([("+79161234567", "W"), ("+79161234567", "M"), ("89161234567", "M")], ["+79161234567"]),
        ([("+79161234567", "W"), ("89161234567 Мария", "W")], ["89161234567 Мария"]),
        ([("8 916 123-45-67, +79161234567", "WORK")], ["+79161234567"]),
    ],
)
def test_one_of_equal_numbers_stays_the_one_that_says_most(account, phones, left) -> None:
    account.card(101, phones=phones)
    account.finding("PHN202", 101, field="phone", value="+79161234567")
    plan, ops = planned(account)
    assert plan.kinds == {"drop_repeat": 1}
    assert [raw for raw, _ in after(account, ops)] == left


def test_two_values_that_both_say_more_are_left_to_people(account) -> None:
    account.card(101, phones=["89161234567 Мария", "89161234567 Пётр, утром"])
    account.finding("PHN202", 101, field="phone", value="+79161234567")
    plan, _ = planned(account)
    assert (plan.groups, dict(plan.header.left_out)) == ((), {"unsure": 1})


def test_all_repairs_of_one_card_are_one_operation(account) -> None:
    doubled(account)
    for position, raw in enumerate(("V@Mail.ru", "v@mail.ru")):
        account.add("channels", entity="contact", record_id="101", kind="email", raw=raw,
                    label="WORK", field_id="EMAIL", position=position)  # fmt: skip
    account.finding("EML202", 101, field="email", value="v@mail.ru")
    plan, ops = planned(account)
    assert len(ops) == 1
    assert plan.groups[0].kind == "split"
    assert [raw for raw, _ in after(account, ops, "EMAIL")] == ["v@mail.ru"]


def test_spellings_are_changed_only_on_request_and_never_by_a_code(account) -> None:
    account.card(101, phones=["8 (916) 123-45-67", "89161234567 Мария"])
    assert planned(account)[0].groups == ()
    assert planned(account, only=("PHN",))[0].groups == ()
    plan, ops = planned(account, only=("normalize",))
    assert plan.kinds == {"normalize": 1}
    assert [raw for raw, _ in after(account, ops)] == ["+79161234567", "89161234567 Мария"]


def test_a_card_in_a_merge_is_repaired_the_next_time(account) -> None:
    doubled(account)
    account.card(102, phones=["+79161234567"])
    account.cluster(101, 102)
    plan, _ = planned(account)
    assert plan.kinds == {"merge": 1}
    assert plan.header.left_out == {"deferred": 1}


def test_tasks_are_made_on_request_for_owners_who_still_work(account) -> None:
    account.deal(1)
    account.deal(2, owner_id="9")
    for id_ in (1, 2):
        account.finding("TSK101", id_, entity="deal")
    assert planned(account)[0].groups == ()
    planning = Planning(task_text="Связаться с клиентом", task_days=3, task_type="связаться")
    from .conftest import MADE

    plan, ops = planned(account, only=("TSK101",), planning=planning, made_at=MADE)
    assert ops == [
        CreateTask(record=Ref("deal", "1"), owner_id="1", task_type_id="1",
                   text="Связаться с клиентом", due_at="2026-11-23T09:00:00Z")
    ]  # fmt: skip
    assert (plan.groups[0].undo, plan.groups[0].requires) == ("none", "approve")
    assert plan.header.left_out == {"no_owner": 1}


def test_a_record_gets_one_task_and_the_most_urgent_finding_names_it(account) -> None:
    account.deal(1)
    account.card(101)
    for code, id_, entity in (
        ("TSK101", 1, "deal"),
        ("DEAL201", 1, "deal"),
        ("CHT101", 101, "contact"),
        ("CAL103", 101, "contact"),
    ):
        account.finding(code, id_, entity=entity)
    plan, ops = planned(account, only=("task",))
    assert [(op.record, op.text) for op in ops] == [
        (Ref("deal", "1"), TASKS["DEAL201"]),
        (Ref("contact", "101"), TASKS["CAL103"]),
    ]
    assert {group.code for group in plan.groups} == {"CAL103", "DEAL201"}


def test_a_task_type_that_is_not_there_plans_nothing(account) -> None:
    account.deal(1)
    account.finding("TSK101", 1, entity="deal")
    plan, _ = planned(account, only=("task",), planning=Planning(task_type="Замер"))
    assert plan.header.left_out == {"no_task_type": 1}


def test_the_config_gives_findings_a_tag_where_it_lacks(account) -> None:
    account.card(101)
    account.card(102, tags=["без сделок"])
    for id_ in (101, 102):
        account.finding("LNK101", id_)
    planning = Planning(tags={"LNK101": "без сделок"})
    _, ops = planned(account, planning=planning)
    assert ops == [SetTags(record=Ref("contact", "101"), add=("без сделок",))]


def test_only_and_target_narrow_the_plan(account) -> None:
    doubled(account)
    account.card(102, phones=["+79990001122", "+79990001122"])
    account.finding("PHN202", 102, field="phone", value="+79990001122")
    kinds = [
        planned(account, only=only)[0].kinds for only in ((), ("split",), ("PHN202",), ("PHN",))
    ]
    assert kinds == [{"split": 1, "drop_repeat": 1}, {"split": 1}, {"drop_repeat": 1},
                     {"split": 1, "drop_repeat": 1}]  # fmt: skip
    one = planned(account, targets=frozenset({Ref("contact", "102")}))[0]
    assert one.kinds == {"drop_repeat": 1}

"""An account in memory with a merge, a split and a tag to carry out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dedupe.apply.backup import Backup
from dedupe.apply.executor import Executor, Report, Tools
from dedupe.apply.journal import Journal, Start
from dedupe.plan.ops import (
    AddNote,
    FieldChange,
    Item,
    LinkCards,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from dedupe.plan.plan import Group, Header, Phase, Plan, PlanOp, group_effect

from .crm import Card, Clock, FakeCrm

KEPT, GONE = Ref("contact", "101"), Ref("contact", "102")
DEAL, TASK = Ref("deal", "500"), Ref("task", "900")
GLUED, OTHER = Ref("contact", "103"), Ref("contact", "104")


def fresh_crm(clock: Clock | None = None) -> FakeCrm:
    crm = FakeCrm(clock=clock or Clock())
    crm.cards = {
        KEPT: Card(
            ref=KEPT,
            fields={"name": "Fictional One", "birth": None},
            values={"PHONE": (Item("+70000000001", "WORK"),), "EMAIL": ()},
            tags=frozenset({"old"}),
            raw={"id": 101},
        ),
        GONE: Card(
            ref=GONE,
            fields={"name": "Fictional 1", "birth": "2000-01-02"},
            values={"PHONE": (Item("+70000000002", "MOB"),), "EMAIL": (Item("a@example.com"),)},
            tags=frozenset({"vip"}),
            raw={"id": 102},
        ),
        GLUED: Card(
            ref=GLUED,
            values={"PHONE": (Item("+70000000003+70000000004", "WORK"), Item("+70000000009"))},
            raw={"id": 103},
        ),
        OTHER: Card(ref=OTHER, values={"PHONE": (Item("+70000000005, +70000000006"),)}),
        DEAL: Card(ref=DEAL, links={GONE: True}),
        TASK: Card(ref=TASK, fields={"entity": "contact", "record_id": "102"}),
    }
    return crm


MERGE: list[tuple[Phase, Op]] = [
    (Phase.KEEP, AddNote(record=KEPT, text="names: Fictional 1")),
    (
        Phase.COPY,
        PatchCard(
            record=KEPT,
            changes=(
                ValuesChange(field="PHONE", new=(Item("+70000000002", "MOB"),)),
                ValuesChange(field="EMAIL", new=(Item("a@example.com"),)),
                FieldChange(field="birth", before=None, after="2000-01-02"),
            ),
        ),
    ),
    (Phase.COPY, SetTags(record=KEPT, add=("vip",))),
    (Phase.LINK, LinkCards(deal_or_card=DEAL, to=KEPT, is_main=True, was_main="102")),
    (Phase.MOVE, MoveTask(task=TASK, before=GONE, after=KEPT)),
    (Phase.DETACH, UnlinkCards(deal_or_card=DEAL, to=GONE, was_main=False, main="101")),
    (Phase.MARK, AddNote(record=GONE, text="merged into 101")),
    (Phase.MARK, SetTags(record=GONE, add=("crmclean-duplicate",))),
]


def split(ref: Ref, raw: str, parts: list[str], label: str | None = None) -> Op:
    return PatchCard(
        record=ref,
        changes=(
            ValuesChange(
                field="PHONE",
                old=(Item(raw, label),),
                new=tuple(Item(part, label) for part in parts),
            ),
        ),
    )


SPLITS = {
    GLUED: split(GLUED, "+70000000003+70000000004", ["+70000000003", "+70000000004"], "WORK"),
    OTHER: split(OTHER, "+70000000005, +70000000006", ["+70000000005", "+70000000006"]),
}


def make_plan() -> Plan:
    ops = [
        PlanOp(id=f"g-000001/{at:02d}", seq=at, phase=phase, op=op)
        for at, (phase, op) in enumerate(MERGE, start=1)
    ]
    groups = [
        Group(
            id="g-000001",
            kind="merge",
            entity="contact",
            records=(KEPT, GONE, DEAL, TASK),
            survivor=KEPT,
            losers=(GONE,),
            effect=group_effect([op for _, op in MERGE]),
        )
    ]
    for number, (ref, op) in enumerate(SPLITS.items(), start=2):
        gid = f"g-{number:06d}"
        groups.append(Group(id=gid, kind="split", entity="contact", records=(ref,)))
        ops.append(PlanOp(id=f"{gid}/01", seq=1, phase=Phase.COPY, op=op))
    header = Header(
        crm="fake", account_id="1", account_host="host", tool="crmclean", tool_min="0.1"
    )
    return Plan(header=header, groups=tuple(groups), ops=tuple(ops))


def carry_out(
    folder: Path, crm: FakeCrm, plan: Plan, run_id: str = "r-1", **tools: object
) -> Report:
    """Apply or resume `plan` as a new process would: everything but folder and CRM is new."""
    with Journal(folder, crm.account()) as journal:
        run = journal.start(
            Start(
                run_id=run_id,
                plan_hash=plan.hash,
                plan_path="plan",
                header={},
                groups=[(group.id, group.kind) for group in plan.groups],
                ops=[(op.id, op.group_id) for op in plan.ops],
            )
        )
        executor = Executor(
            plan,
            run.run_id,
            journal,
            crm,
            Backup(folder, run.run_id, journal),
            Tools(clock=crm.clock, sleep=crm.clock.sleep, **tools),
        )
        return executor.run()


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def crm() -> FakeCrm:
    return fresh_crm()


@pytest.fixture
def applied_to(tmp_path: Path, plan: Plan) -> Callable[..., Report]:
    def apply(crm: FakeCrm, **tools: object) -> Report:
        return carry_out(tmp_path, crm, plan, **tools)

    return apply

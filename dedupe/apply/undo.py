"""Taking a run back: a plan like any other, made of the reverses of what was really done.

The journal keeps of each operation what it changed on the card as it then was, so the undo gives
back that, and removes only what we added: a number that a person wrote since stays. What can't
be taken back is counted, for the reader to see before and not after.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.plan import op_json
from dedupe.plan.cards import ref_key
from dedupe.plan.ops import EditNote, FieldChange, LinkCards, Op, PatchCard, Ref, UnlinkCards
from dedupe.plan.plan import Group, Phase, Plan, PlanOp, group_effect, group_undo, sealed

from .journal import Journal, OpRecord
from .states import UNRESOLVED, OpState


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A plan that takes a run back, and how many of its operations no plan can.

    `n_forgotten` of them could, had their values not been removed with a person's data.
    """

    plan: Plan
    n_kept: int
    n_forgotten: int = 0


def build_undo(
    plan: Plan,
    journal: Journal,
    run_id: str,
    groups: Collection[str] = (),
    taken: Collection[Op] = (),
) -> Undo:
    """Return the plan that takes back `run_id`, or some of its groups; `plan` is the run's own.

    Groups whose operations are all among those `taken` back by earlier undos are left out.
    Raises InputError where an outcome of the run is not known yet: resume settles it.
    """
    records = journal.ops(run_id)
    by_group: dict[str, list[OpRecord]] = {}
    for record in records:
        by_group.setdefault(record.gid, []).append(record)
    if any(record.state in UNRESOLVED for record in records):
        raise InputError(
            N_("an outcome of this run is not known yet"),
            where=run_id,
            fix=N_("run crmclean resume first"),
        )
    wanted = set(groups) or {group.id for group in plan.groups}
    made: list[tuple[Group, list[PlanOp]]] = []
    n_kept = 0
    for group in reversed(plan.groups):
        if group.id not in wanted:
            continue
        ops, kept = _reverses(by_group.get(group.id, ()))
        n_kept += kept
        if not set(ops) <= set(taken):
            made.append(_undone(f"g-{len(made) + 1:06d}", group, ops))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return Undo(
        plan=sealed(
            Plan(
                header=replace(plan.header, parent_hash=plan.hash, made_at=moment, left_out={}),
                groups=tuple(group for group, _ in made),
                ops=tuple(op for _, ops in made for op in ops),
            )
        ),
        n_kept=n_kept,
        n_forgotten=sum(
            record.is_forgotten and record.state is OpState.CONFIRMED and record.gid in wanted
            for record in records
        ),
    )


def _reverses(records: Sequence[OpRecord]) -> tuple[list[Op], int]:
    """Return the reverses of what was confirmed, the last one first, and how many have none."""
    ops: list[Op] = []
    n_kept = 0
    for record in reversed(records):
        if record.state is not OpState.CONFIRMED or record.before is None:
            continue
        if record.is_forgotten:
            n_kept += 1
            continue
        reverse = _without_idle(op_json.from_json(record.before, record.op_id)).reverse()
        if isinstance(reverse, EditNote) and reverse.note_id is None:
            reverse = replace(reverse, note_id=record.created_id) if record.created_id else None
        if reverse is None:
            n_kept += 1
            continue
        if isinstance(reverse, PatchCard) and not reverse.changes:
            continue
        if isinstance(reverse, UnlinkCards) and reverse.main is not None:
            ops += _back_in_place(reverse)
        ops.append(reverse)
    return ops, n_kept


def _without_idle(op: Op) -> Op:
    """Return `op` without changes that found their card as wanted: there is nothing to undo."""
    if not isinstance(op, PatchCard):
        return op
    kept = tuple(
        each for each in op.changes if isinstance(each, FieldChange) or each.old or each.new
    )
    return replace(op, changes=kept)


def _back_in_place(reverse: UnlinkCards) -> list[Op]:
    """Return what puts back whose place was taken, before the one that took it goes."""
    former = Ref(reverse.to.entity, reverse.main or "")
    link = LinkCards(deal_or_card=reverse.deal_or_card, to=former, was_main=reverse.to.id)
    if former.entity == "company":
        return [link]
    return [replace(link, is_main=True, was_linked=True)] if reverse.was_main else []


def _undone(gid: str, group: Group, ops: Sequence[Op]) -> tuple[Group, list[PlanOp]]:
    touched = {ref for op in ops for ref in op.touches}
    made = replace(
        group,
        id=gid,
        kind="undo",
        # A person may have made another contact the main one since the plan.
        records=tuple(sorted({*group.records, *touched}, key=ref_key)),
        survivor=None,
        losers=(),
        effect=group_effect(list(ops)),
        undo=group_undo(list(ops)),
        golden=(),
        requires="auto",
    )
    return made, [
        PlanOp(id=f"{gid}/{number:02d}", seq=number, phase=Phase.COPY, op=op)
        for number, op in enumerate(ops, start=1)
    ]

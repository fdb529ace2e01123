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
from dedupe.plan.ops import EditNote, LinkCards, Op, Ref, UnlinkCards
from dedupe.plan.plan import Group, Phase, Plan, PlanOp, group_effect, sealed

from .journal import Journal, OpRecord
from .states import UNRESOLVED, OpState


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A plan that takes a run back, and how many of its operations no plan can."""

    plan: Plan
    n_kept: int


def build_undo(plan: Plan, journal: Journal, run_id: str, groups: Collection[str] = ()) -> Undo:
    """Return the plan that takes back `run_id`, or some of its groups; `plan` is the run's own.

    Raises InputError where an outcome of the run is not known yet: resume settles it.
    """
    records = journal.ops(run_id)
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
        own = [record for record in records if record.gid == group.id]
        ops, kept = _reverses(own)
        n_kept += kept
        if ops:
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
    )


def _reverses(records: Sequence[OpRecord]) -> tuple[list[Op], int]:
    """Return the reverses of what was confirmed, the last one first, and how many have none."""
    ops: list[Op] = []
    n_kept = 0
    for record in reversed(records):
        if record.state is not OpState.CONFIRMED or record.before is None:
            continue
        reverse = op_json.from_json(record.before, record.op_id).reverse()
        if isinstance(reverse, EditNote) and reverse.note_id is None:
            reverse = replace(reverse, note_id=record.created_id) if record.created_id else None
        if reverse is None:
            n_kept += 1
            continue
        if isinstance(reverse, UnlinkCards) and reverse.was_main and reverse.main is not None:
            # Who was the main contact is so again before the one that took its place goes.
            ops.append(
                LinkCards(
                    deal_or_card=reverse.deal_or_card,
                    to=Ref(reverse.to.entity, reverse.main),
                    is_main=True,
                    was_main=reverse.to.id,
                    was_linked=True,
                )
            )
        ops.append(reverse)
    return ops, n_kept


def _undone(gid: str, group: Group, ops: Sequence[Op]) -> tuple[Group, list[PlanOp]]:
    made = replace(
        group,
        id=gid,
        kind="undo",
        survivor=None,
        losers=(),
        effect=group_effect(list(ops)),
        golden=(),
        requires="auto",
    )
    return made, [
        PlanOp(id=f"{gid}/{number:02d}", seq=number, phase=Phase.COPY, op=op)
        for number, op in enumerate(ops, start=1)
    ]

"""What must hold between the lines of a plan, whoever wrote it.

Groups and operations are counted on from one, an operation waits only for earlier ones of its
group and touches only the group's records, no card belongs to two groups, a survivor loses
nowhere, and the header's totals are those of the operations.
"""

from __future__ import annotations

from itertools import pairwise

from dedupe.language import N_

from .canonical import bad
from .ops import Change, FieldChange, PatchCard, Ref, SetTags
from .plan import Group, Plan, PlanOp, group_effect, group_undo

CARDS = ("contact", "company")


def check_order(plan: Plan) -> None:
    """Raise InputError where the plan contradicts itself; the error names the group or the op."""
    _check_ids([group.id for group in plan.groups], N_("two groups have one id"))
    _check_ids([op.id for op in plan.ops], N_("two operations have one id"))
    for group in plan.groups:
        _check_group(group, plan.by_group[group.id])
    _check_members(plan.groups)
    if dict(plan.header.totals) != dict(plan.totals):
        raise bad(N_("the totals are not those of the operations"), "totals")


def _check_ids(ids: list[str], problem: str) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise bad(problem, each[:40])
        seen.add(each)


def _check_group(group: Group, ops: tuple[PlanOp, ...]) -> None:
    prefix, _, number = group.id.partition("-")
    if prefix != "g" or len(number) != 6 or not number.isdecimal():
        raise bad(N_("a group's id is meant, like g-000001"), group.id[:40])
    if not ops:
        raise bad(N_("the group has no operation"), group.id)
    _check_roles(group)
    records = set(group.records)
    earlier: set[str] = set()
    for seq, op in enumerate(ops, 1):
        if op.seq != seq or op.id != f"{group.id}/{seq:02d}":
            raise bad(N_("the operations are not in order"), op.id[:40])
        if not set(op.after) <= earlier:
            raise bad(N_("waits for an operation that is not before it"), op.id)
        outside = sorted(op.op.touches - records)
        if outside:
            raise bad(N_("touches {record}, which is not of its group"), op.id, record=outside[0])
        _check_content(op)
        earlier.add(op.id)
    if any(one.phase > other.phase for one, other in pairwise(ops)):
        raise bad(N_("the phases are not in order"), group.id)
    inner = [op.op for op in ops]
    if group.effect is not group_effect(inner) or group.undo != group_undo(inner):
        raise bad(N_("the class or the undo is not that of its operations"), group.id)


def _check_roles(group: Group) -> None:
    if (group.survivor is None) != (not group.losers):
        raise bad(N_("a survivor needs losers, and they need one"), group.id)
    if group.kind == "merge" and group.survivor is None:
        raise bad(N_("a merge needs a survivor"), group.id)
    members = group.members if group.survivor is not None else ()
    if len(set(members)) < len(members):
        raise bad(N_("a card stands twice in the group"), group.id)
    if not set(members) <= set(group.records) or any(m.entity != group.entity for m in members):
        raise bad(N_("the survivor or a loser is not of the group's records"), group.id)


def _check_content(op: PlanOp) -> None:
    """Refuse what changes nothing at all: whoever wrote it meant something else."""
    match op.op:
        case PatchCard(changes=changes):
            is_idle = all(_is_idle(change) for change in changes)
        case SetTags(add=add, remove=remove):
            is_idle = not (add or remove)
        case _:
            is_idle = False
    if is_idle:
        raise bad(N_("the operation changes nothing"), op.id)


def _is_idle(change: Change) -> bool:
    if isinstance(change, FieldChange):
        return change.before == change.after
    return not (change.old or change.new)


def _check_members(groups: tuple[Group, ...]) -> None:
    owner: dict[Ref, str] = {}
    for group in groups:
        if group.kind == "undo":  # takes back several of them, in their own order
            continue
        for ref in group.members:
            if ref.entity not in CARDS:
                continue
            other = owner.setdefault(ref, group.id)
            if other != group.id:
                raise bad(
                    N_("{record} belongs to two groups, {one} and {two}"),
                    group.id,
                    record=ref,
                    one=other,
                    two=group.id,
                )

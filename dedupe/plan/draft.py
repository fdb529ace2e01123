"""A group before it has its number: operations in phases, and the cards it lays claim to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .cards import ref_key
from .ops import Op, Ref
from .plan import Golden, Group, Phase, PlanOp, group_effect, group_undo

CARDS = ("contact", "company")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation, its phase and the touched fields as they were."""

    phase: Phase
    op: Op
    pre: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One group to be: `members` are the cards it is about, which no other group may touch."""

    kind: str
    code: str
    members: tuple[Ref, ...]
    steps: tuple[Step, ...]
    survivor: Ref | None = None
    losers: tuple[Ref, ...] = ()
    score: float | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    golden: tuple[Golden, ...] = ()
    requires: str = "auto"

    @property
    def touched(self) -> frozenset[Ref]:
        """Return the records that its operations write to."""
        return frozenset(ref for step in self.steps for ref in step.op.touches)


def without_overlaps(drafts: Iterable[Draft]) -> tuple[list[Draft], int]:
    """Return the drafts of which no two are about one card, the earlier first; count the rest.

    A card that one group is about may not be touched by another; two groups may touch one deal.
    """
    kept: list[Draft] = []
    about: set[Ref] = set()
    touched: set[Ref] = set()
    n_deferred = 0
    for draft in drafts:
        members = set(draft.members)
        others = draft.touched - members
        is_free = about.isdisjoint(members | others) and touched.isdisjoint(members)
        if not is_free:
            n_deferred += 1
            continue
        kept.append(draft)
        about |= members
        touched |= {ref for ref in others if ref.entity in CARDS}
    return kept, n_deferred


def numbered(drafts: Sequence[Draft]) -> tuple[tuple[Group, ...], tuple[PlanOp, ...]]:
    """Return the groups and their operations, numbered in their order."""
    groups: list[Group] = []
    ops: list[PlanOp] = []
    for number, draft in enumerate(drafts, 1):
        group_id = f"g-{number:06d}"
        groups.append(_group(group_id, draft))
        ops += _ops(group_id, draft.steps)
    return tuple(groups), tuple(ops)


def _group(group_id: str, draft: Draft) -> Group:
    inner = [step.op for step in draft.steps]
    return Group(
        id=group_id,
        kind=draft.kind,
        entity=draft.members[0].entity,
        records=tuple(sorted(draft.touched | set(draft.members), key=ref_key)),
        survivor=draft.survivor,
        losers=draft.losers,
        code=draft.code,
        score=None if draft.score is None else round(draft.score, 4),
        evidence=draft.evidence,
        effect=group_effect(inner),
        undo=group_undo(inner),
        requires=draft.requires,
        golden=draft.golden,
    )


def _ops(group_id: str, steps: Sequence[Step]) -> list[PlanOp]:
    """Return the steps in their places; each waits for the last phase before its own."""
    made: list[PlanOp] = []
    for seq, step in enumerate(steps, 1):
        earlier = [op for op in made if op.phase < step.phase]
        last = max((op.phase for op in earlier), default=None)
        made.append(
            PlanOp(
                id=f"{group_id}/{seq:02d}",
                seq=seq,
                phase=step.phase,
                op=step.op,
                pre=step.pre,
                after=tuple(op.id for op in earlier if op.phase == last),
            )
        )
    return made

"""A plan: what is to be done to one account, in groups that are done or left as wholes.

The header binds it to the account and to the state it was made from; a group is one merge or one
card's repair; an operation has its place (`seq`, `phase`), what it found there (`pre`) and what
must be done before it (`after`). `hash` is of the very bytes that `files` writes, so a plan that
was read is the plan that was shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property

from dedupe.config.values import REQUESTS_PER_S
from dedupe.errors import InputError
from dedupe.language import N_

from .ops import Effect, Op, PatchCard, Ref, worst

FORMAT = "crmclean-plan/1"
KINDS = (
    "merge",
    "split",
    "drop_repeat",
    "normalize",
    "fill",
    "tag",
    "link",
    "task",
    "set",
    "mark",
    "undo",
)
UNDO = ("full", "partial", "none")
REQUIRES = ("auto", "approve", "approve-x")
RATE = float(REQUESTS_PER_S)
_BATCH = 50  # cards of one PATCH: the vendor's advice
# Reads beside the writes, as rehearsals of the demo account count them.
_READS_OF_A_MERGE = 5
_READS_OF_ITS_STEP = 1
_READS_OF_A_STEP = 1.2
_CALLS_OF_A_BATCH = 7


class Phase(IntEnum):
    """The order inside a merge: copy first, mark last."""

    KEEP = 0
    COPY = 1
    LINK = 2
    MOVE = 3
    DETACH = 4
    MARK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Where one golden value comes from: the rule that chose it and the cards it stood on."""

    field: str
    rule: str
    from_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOp:
    """One operation in its place; `pre` are the touched fields as they were, by name."""

    id: str
    seq: int
    phase: Phase
    op: Op
    pre: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    @property
    def group_id(self) -> str:
        """Return the id of the group it belongs to."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One unit of work: all of its operations, or none that lose anything.

    `records` are all that its operations touch; of a merge, `survivor` and `losers` are the cards
    it is about. `evidence` is masked; `code` is the check that it repairs.
    """

    id: str
    kind: str
    entity: str
    records: tuple[Ref, ...]
    survivor: Ref | None = None
    losers: tuple[Ref, ...] = ()
    code: str = ""
    score: float | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    effect: Effect = Effect.ADDITIVE
    undo: str = "full"
    requires: str = "auto"
    golden: tuple[Golden, ...] = ()

    @property
    def members(self) -> tuple[Ref, ...]:
        """Return the cards the group is about: no other group may be about them."""
        if self.survivor is not None:
            return (self.survivor, *self.losers)
        return self.records


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a plan is for and what it was made from; moments are UTC as ISO 8601.

    `field_names` are those of the custom fields that it changes, by entity and id ("contact.7").
    """

    crm: str
    account_id: str
    account_host: str
    tool: str
    tool_min: str
    state_id: str = ""
    snapshot_id: str = ""
    snapshot_from: str = ""
    snapshot_to: str = ""
    server_time_offset_ms: int = 0
    scan_id: str = ""
    made_at: str = ""
    expires_at: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    rules_sha256: str = ""
    config_sha256: str = ""
    lang: str = "en"
    parent_hash: str | None = None
    totals: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    field_names: Mapping[str, str] = field(default_factory=dict)

    def field_name(self, entity: str, field_id: str) -> str:
        """Return what people call a field of an entity; its id where the plan does not tell."""
        return self.field_names.get(f"{entity}.{field_id}", field_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a plan asks of the CRM, roughly; a rehearsal tells the exact number of calls."""

    calls: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The header, the groups and their operations, in the order in which they are carried out."""

    header: Header
    groups: tuple[Group, ...] = ()
    ops: tuple[PlanOp, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Return the SHA-256 of the plan's lines, without its footer."""
        from .lines import plan_hash

        return plan_hash(self)

    @property
    def short(self) -> str:
        """Return what people type: "p-7f3a9c12"."""
        return f"p-{self.hash[:8]}"

    @cached_property
    def by_group(self) -> Mapping[str, tuple[PlanOp, ...]]:
        """Return the operations of each group, by its id."""
        made: dict[str, list[PlanOp]] = {group.id: [] for group in self.groups}
        for op in self.ops:
            made[op.group_id].append(op)
        return {group_id: tuple(ops) for group_id, ops in made.items()}

    @cached_property
    def touched(self) -> frozenset[Ref]:
        """Return all records that the operations write to."""
        return frozenset(ref for op in self.ops for ref in op.op.touches)

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """Return the header's totals, counted from the operations."""
        effects = Counter(op.op.effect for op in self.ops)
        return {
            "groups": len(self.groups),
            "ops": len(self.ops),
            **{str(effect): effects[effect] for effect in Effect},
            "entities_touched": len(self.touched),
        }

    @cached_property
    def kinds(self) -> Mapping[str, int]:
        """Count the groups by kind, in the order of KINDS."""
        counts = Counter(group.kind for group in self.groups)
        return {kind: counts[kind] for kind in KINDS if counts[kind]}

    @property
    def cost(self) -> Cost:
        """Return the calls it takes and their seconds at the CRM's rate limit."""
        calls = _calls(self)
        return Cost(calls=calls, seconds=round(calls / RATE, 1))


def sealed(plan: Plan) -> Plan:
    """Return the plan with its header's totals as its operations are."""
    return replace(plan, header=replace(plan.header, totals=plan.totals))


def drop_groups(plan: Plan, ids: Collection[str]) -> Plan:
    """Return the plan without some groups; it names the plan that it was made from.

    Raises InputError for ids that the plan does not have.
    """
    unknown = sorted(set(ids) - {group.id for group in plan.groups})
    if unknown:
        raise InputError(
            N_("the plan has no such group"),
            where=", ".join(unknown[:10]),
            fix=N_("see its groups with: crmclean show {plan} --records"),
            plan=plan.short,
        )
    return sealed(
        Plan(
            header=replace(plan.header, parent_hash=plan.hash),
            groups=tuple(group for group in plan.groups if group.id not in ids),
            ops=tuple(op for op in plan.ops if op.group_id not in ids),
        )
    )


def group_effect(ops: Collection[Op]) -> Effect:
    """Return the gravest effect of a group's operations."""
    return worst(op.effect for op in ops)


def group_undo(ops: Collection[Op]) -> str:
    """Tell how far a group can be taken back: notes are emptied, not removed."""
    from .ops import AddNote

    n_lost = sum(op.reverse() is None for op in ops)
    if ops and n_lost == len(ops):
        return "none"
    return "partial" if n_lost or any(isinstance(op, AddNote) for op in ops) else "full"


def _calls(plan: Plan) -> int:
    merges = {group.id for group in plan.groups if group.kind == "merge"}
    calls = float(_READS_OF_A_MERGE * len(merges))
    batched: Counter[str] = Counter()
    for op in plan.ops:
        if op.group_id in merges:
            calls += 1 + _READS_OF_ITS_STEP
        elif isinstance(op.op, PatchCard):
            batched[op.op.record.entity] += 1
        else:
            calls += 1 + _READS_OF_A_STEP
    for n in batched.values():
        calls += _CALLS_OF_A_BATCH * -(-n // _BATCH)
    return math.ceil(calls)

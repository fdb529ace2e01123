"""What of a plan a policy lets through: what may be automatic, and no more than its caps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from dedupe.config import Policy
from dedupe.errors import SafetyError
from dedupe.language import N_, count
from dedupe.plan import Group, Limits, Plan, Ref, check_limits, drop_groups, sealed
from dedupe.plan.limits import FREE

_TABLES = {"contact": "contacts", "company": "companies", "deal": "deals"}


def limits_of(policy: Policy) -> Limits:
    """Return the policy's caps as apply holds them."""
    return Limits(max_changes=policy.max_changes, max_fraction=policy.max_percent / 100)


def is_final(group: Group) -> bool:
    """Tell whether nothing takes the group back."""
    return group.undo == "none" or group.requires == "approve-x"


def automatic(plan: Plan) -> Plan:
    """Return the plan without the groups that are a person's to approve."""
    own = {g.id for g in plan.groups if is_final(g) or g.requires != "auto"}
    return drop_groups(plan, own) if own else plan


def dated(plan: Plan, made_at: datetime, policy: Policy) -> Plan:
    """Return the plan as it expires by the policy: nobody looks at it, so it must be fresh."""
    expires = (made_at + policy.plan_age).strftime("%Y-%m-%dT%H:%M:%SZ")
    return sealed(replace(plan, header=replace(plan.header, expires_at=expires)))


def check_caps(plan: Plan, policy: Policy) -> None:
    """Raise SafetyError where the plan is over a cap."""
    check_limits(plan, limits_of(policy))
    n = sum(group.kind == "merge" for group in plan.groups)
    if n > policy.max_merges:
        raise SafetyError(
            N_("the plan has {n} merges, the policy allows {limit}"),
            where=plan.short,
            fix=N_("look at it and apply it by hand, or raise max_merges"),
            n=count(n),
            limit=count(policy.max_merges),
        )


def cut(plan: Plan, policy: Policy) -> Plan:
    """Return the first groups of the plan, whole ones, that stay within the caps."""
    room = _Room(plan, policy)
    left_out = {group.id for group in plan.groups if not room.takes(group)}
    return drop_groups(plan, left_out) if left_out else plan


class _Room:
    """Counts records and merges against the caps; what did not fit is not counted."""

    def __init__(self, plan: Plan, policy: Policy) -> None:
        self._policy, self._counts = policy, plan.header.counts
        self._touched: dict[str, set[Ref]] = {}
        for op in plan.ops:
            self._touched.setdefault(op.group_id, set()).update(op.op.touches)
        self._taken: set[Ref] = set()
        self._n_merges = 0
        self._is_full = False

    def takes(self, group: Group) -> bool:
        if self._is_full:
            return False
        taken = self._taken | self._touched.get(group.id, set())
        n_merges = self._n_merges + (group.kind == "merge")
        self._is_full = (
            len(taken) > self._policy.max_changes
            or n_merges > self._policy.max_merges
            or self._is_too_large_a_share(taken)
        )
        if not self._is_full:
            self._taken, self._n_merges = taken, n_merges
        return not self._is_full

    def _is_too_large_a_share(self, taken: set[Ref]) -> bool:
        share = self._policy.max_percent / 100
        by_entity = Counter(ref.entity for ref in taken)
        return any(
            n > FREE and n > share * self._counts.get(_TABLES[entity], 0)
            for entity, n in by_entity.items()
            if entity in _TABLES
        )

"""Survivorship, operations as values, safety limits and the plan file.

`write_plan` and `read_plan` keep a plan, `drop_groups` takes groups out, `check_limits` tells
whether it may be applied. `dedupe.plan.build` makes one from a scan and decisions; it is not
imported here, for it brings in all that reads an account.
"""

from .files import read_plan, write_plan
from .limits import NO_LIMITS, Limits, check_account, check_age, check_limits
from .ops import Effect, Item, Op, Ref
from .plan import Cost, Group, Header, Phase, Plan, PlanOp, drop_groups, sealed

__all__ = [
    "NO_LIMITS",
    "Cost",
    "Effect",
    "Group",
    "Header",
    "Item",
    "Limits",
    "Op",
    "Phase",
    "Plan",
    "PlanOp",
    "Ref",
    "check_account",
    "check_age",
    "check_limits",
    "drop_groups",
    "read_plan",
    "sealed",
    "write_plan",
]

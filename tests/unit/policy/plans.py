"""Plans of any size, without an account."""

from __future__ import annotations

from dedupe.plan import Group, Header, Phase, Plan, PlanOp, Ref, sealed
from dedupe.plan.ops import SetTags


def plan_of(n: int, *, kind: str = "split", requires: str = "auto", undo: str = "full") -> Plan:
    """Return a plan of `n` groups, each of which tags one contact."""
    groups, ops = [], []
    for at in range(1, n + 1):
        ref, gid = Ref("contact", str(at)), f"g-{at:06d}"
        ops.append(
            PlanOp(id=f"{gid}/01", seq=1, phase=Phase.COPY, op=SetTags(record=ref, add=("a",)))
        )
        groups.append(
            Group(id=gid, kind=kind, entity="contact", records=(ref,), requires=requires, undo=undo)
        )
    header = Header(
        crm="amocrm",
        account_id="1",
        account_host="box.example",
        tool="test",
        tool_min="0.1.0",
        counts={"contacts": 1000},
        made_at="2026-11-22T01:00:00Z",
        expires_at="2026-11-25T01:00:00Z",
    )
    return sealed(Plan(header=header, groups=tuple(groups), ops=tuple(ops)))

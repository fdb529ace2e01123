"""How much a plan may touch at once, and whether it is for this account and still of this day."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dedupe.config.planning import Planning
from dedupe.errors import InputError, SafetyError, StalePlanError
from dedupe.language import N_, count, share

from .plan import Plan

FREE = 20  # so few records are no mass change, however small the account
_TABLES = {"contact": "contacts", "company": "companies", "deal": "deals"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most records a plan may touch, and the largest share of the records of one kind."""

    max_changes: int = 500
    max_fraction: float = 0.05

    @classmethod
    def of(cls, planning: Planning) -> Limits:
        """Return the limits of the config."""
        return cls(max_changes=planning.max_changes, max_fraction=planning.max_percent / 100)


NO_LIMITS = Limits(max_changes=sys.maxsize, max_fraction=1.0)  # for a copy, which nothing harms


def check_limits(plan: Plan, limits: Limits, counts: Mapping[str, int] | None = None) -> None:
    """Raise SafetyError where `plan` touches more than allowed; it names limit, value and flag.

    `counts` are the account's live records by table; the plan's own where they are not given.
    """
    n = len(plan.touched)
    if n > limits.max_changes:
        raise SafetyError(
            N_("the plan changes {n} records, the limit is {limit}"),
            where=plan.short,
            fix=N_("plan less with --only or --target, or allow it with --max-changes {n_plain}"),
            n=count(n),
            limit=count(limits.max_changes),
            n_plain=n,
        )
    known = plan.header.counts if counts is None else counts
    for entity, touched in sorted(Counter(ref.entity for ref in plan.touched).items()):
        base = known.get(_TABLES.get(entity, ""), 0)
        if entity in _TABLES and touched > FREE and touched > limits.max_fraction * base:
            raise _too_large_a_share(plan, entity, touched, base, limits)


def _too_large_a_share(
    plan: Plan, entity: str, touched: int, base: int, limits: Limits
) -> SafetyError:
    found = touched / base if base else 1.0
    return SafetyError(
        N_("the plan changes {share} of the {table}, the limit is {limit}"),
        where=plan.short,
        fix=N_("plan less with --only or --target, or allow it with --max-fraction {fraction}"),
        share=share(found),
        table=_TABLES[entity],
        limit=share(limits.max_fraction),
        fraction=f"{min(found + 0.0005, 1):.3f}",
    )


def check_account(plan: Plan, *, crm: str, account_id: str, host: str) -> None:
    """Raise InputError where the plan is for another account or another CRM."""
    header = plan.header
    fix = N_("scan this account and plan again, or name the right profile with -p")
    if header.crm != crm:
        raise InputError(
            N_("the plan is for {planned}, this account is of {found}"),
            where=plan.short,
            fix=fix,
            planned=header.crm,
            found=crm,
        )
    if header.account_id != account_id or header.account_host != host:
        raise InputError(
            N_("the plan is for {planned}, this is {found}"),
            where=plan.short,
            fix=fix,
            planned=f"{header.account_host} ({header.account_id})",
            found=f"{host} ({account_id})",
        )


def check_age(plan: Plan, now: datetime) -> None:
    """Raise StalePlanError where the plan has expired; a plan without a date never does."""
    if not plan.header.expires_at:
        return
    expires_at = datetime.strptime(plan.header.expires_at, "%Y-%m-%dT%H:%M:%SZ")
    if now.astimezone(UTC) > expires_at.replace(tzinfo=UTC):
        raise StalePlanError(
            N_("the plan expired at {expires}: the account has moved on since"),
            where=plan.short,
            fix=N_("scan the account and plan again"),
            expires=plan.header.expires_at,
        )

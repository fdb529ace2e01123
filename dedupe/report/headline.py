"""What a scan's summary says at a glance: the numbers that every report repeats.

Counting checks (CNT...) are the header of a report, never rows of its findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from dedupe.audit.registry import SEVERITIES, Check
from dedupe.contracts import CARDS, CheckResult, Summary
from dedupe.language import NN_, count, tr, trn
from dedupe.report.words import (
    crm_name,
    entity_name,
    missing_parts,
    part_names,
    plain,
    reason_text,
)

COUNTING = "CNT"
# Their groups are of people who are to stay apart.
APART = frozenset({"DUP108", "DUP109"})
# Its groups are values that say nothing about identity: no card in them is an extra one.
GROUPED_BY_VALUE = ("DUP105",)
UNKNOWN = Check(
    code="",
    severity="info",
    needs={},
    repair="",
    title="",
    definition="",
    risk="",
    advice="",
    run=None,
)
_DEAL_STATES = {
    "deals_open": NN_("{n} open", "{n} open"),
    "deals_won": NN_("{n} won", "{n} won"),
    "deals_lost": NN_("{n} lost", "{n} lost"),
    "deals_unsorted": NN_("{n} unsorted", "{n} unsorted"),
}
_UNKNOWN_STATE = NN_("{n} of unknown state", "{n} of unknown state")
_COUNTS = {
    "contacts": NN_("{n} contact", "{n} contacts"),
    "companies": NN_("{n} company", "{n} companies"),
    "deals": NN_("{n} deal", "{n} deals"),
    "tasks": NN_("{n} task", "{n} tasks"),
    "users": NN_("{n} user", "{n} users"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many checks (codes) were carried out, on part of their entities, or not at all."""

    n_checked: int
    n_partly: int
    n_not_checked: int

    @property
    def n_total(self) -> int:
        """The checks there are."""
        return self.n_checked + self.n_not_checked


@dataclass(frozen=True, slots=True, kw_only=True)
class DealSum:
    """Deals by state, and whether the states add up to all deals.

    Deals whose stage the source did not name are a part of their own; only a sum
    above the total does not agree.
    """

    parts: tuple[int, ...]
    words: tuple[str, ...]
    total: int

    @property
    def agrees(self) -> bool:
        """Tell whether the parts add up to the total."""
        return sum(self.parts) == self.total

    @property
    def equation(self) -> str:
        """Return the sum as people write it."""
        sign = "=" if self.agrees else "\u2260"
        return f"{' + '.join(self.words)} {sign} {count(self.total)}"


def coverage(summary: Summary) -> Coverage:
    """Count the checks of `summary` by how far they were carried out."""
    statuses: dict[str, set[str]] = {}
    for result in summary.checks:
        statuses.setdefault(result.code, set()).add(result.status)
    checked = [found for found in statuses.values() if "checked" in found]
    return Coverage(
        n_checked=len(checked),
        n_partly=sum(len(found) > 1 for found in checked),
        n_not_checked=len(statuses) - len(checked),
    )


def deal_sum(counts: Mapping[str, int | None]) -> DealSum | None:
    """Return the check sum of the deals, or None where deals or their states were not read."""
    total = counts.get("deals")
    read = [(n, forms) for key, forms in _DEAL_STATES.items() if (n := counts.get(key)) is not None]
    if total is None or len(read) < 3:
        return None
    rest = total - sum(n for n, _ in read)
    if rest > 0:
        read.append((rest, _UNKNOWN_STATE))
    shown = [(n, forms) for n, forms in read if n or forms is not _DEAL_STATES["deals_unsorted"]]
    return DealSum(
        parts=tuple(n for n, _ in shown),
        words=tuple(trn(*forms, n) for n, forms in shown),
        total=total,
    )


def counts_text(counts: Mapping[str, int | None]) -> list[str]:
    """Return "91,699 contacts" and so on; what was not read is left out."""
    return [trn(*forms, n) for key, forms in _COUNTS.items() if (n := counts.get(key)) is not None]


def account_name(summary: Summary) -> str:
    """Name the account by what its people know it by: host, id, or the file it came from."""
    name = summary.host or summary.account_id or PurePath(summary.source).name
    return plain(name) or crm_name(summary.crm)


def check_of(code: str, checks: Mapping[str, Check]) -> Check:
    """Return the check of `code`; one without texts when the registry does not know it."""
    return checks.get(code, UNKNOWN)


def severity_of(result: CheckResult, checks: Mapping[str, Check]) -> str:
    """Return the severity that a result was given; the check's own where it tells none."""
    return result.severity or check_of(result.code, checks).severity


def title_of(result: CheckResult, checks: Mapping[str, Check], summary: Summary) -> str:
    """Return the title of a result's check, with the entity where the check has several."""
    check = check_of(result.code, checks)
    name = tr(check.title) if check.title else ""
    entities = {other.entity for other in summary.checks if other.code == result.code}
    if len(entities) == 1 and name:
        return name
    return f"{name}: {entity_name(result.entity)}" if name else entity_name(result.entity)


def ranked(summary: Summary, checks: Mapping[str, Check]) -> list[CheckResult]:
    """Return the results with findings, the worst first, the entities of a code together."""
    found = [result for result in summary.checks if result.found and not is_counting(result)]
    most: dict[str, int] = {}
    for result in found:
        most[result.code] = max(most.get(result.code, 0), result.found or 0)

    def rank(result: CheckResult) -> tuple[int, int, str]:
        severity = severity_of(result, checks)
        return severity_rank(severity), -most[result.code], result.code

    return sorted(found, key=rank)  # stable: the entities stay in report order


def gravest(summary: Summary, checks: Mapping[str, Check], limit: int) -> list[CheckResult]:
    """Return the errors and warnings with the largest shares, at most `limit`."""

    def is_grave(result: CheckResult) -> bool:
        return severity_of(result, checks) != "info"

    grave = [result for result in ranked(summary, checks) if is_grave(result)]
    return sorted(grave, key=lambda result: -(result.share or 0))[:limit]


def severity_rank(severity: str) -> int:
    """Return the place of a severity, the worst first; an unknown one is the last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def is_counting(result: CheckResult) -> bool:
    """Tell whether a result is a count of the account, not of findings."""
    return result.is_count or result.code.startswith(COUNTING)


def nothing_found(summary: Summary) -> list[str]:
    """Return the codes that were checked, on some entity, and found nothing on any."""
    checked = [r for r in summary.checks if r.status == "checked" and not is_counting(r)]
    found = {r.code for r in checked if r.found}
    return list(dict.fromkeys(r.code for r in checked if r.code not in found))


def not_checked(summary: Summary) -> list[CheckResult]:
    """Return the results that could not be computed."""
    return [result for result in summary.checks if result.status != "checked"]


def reasons_in_short(results: Iterable[CheckResult]) -> str:
    """Say in one line why checks were not carried out, each missing part once."""
    parts: list[str] = []
    others: list[str] = []
    for result in results:
        missing = missing_parts(result.reason)
        parts += missing
        if not missing:
            others.append(reason_text(result.reason))
    words = [tr("no data ({parts})", parts=part_names(parts))] if parts else []
    return "; ".join([*words, *dict.fromkeys(others)])


def groups_text(result: CheckResult) -> str:
    """Say how the cards of a result fall into groups, or nothing where it has none."""
    if result.groups is None or not result.found:
        return ""
    if result.code in GROUPED_BY_VALUE:
        return trn("{n} distinct value", "{n} distinct values", result.groups)
    is_card = result.entity in CARDS
    nouns = NN_("{n} card", "{n} cards") if is_card else NN_("{n} record", "{n} records")
    cards = trn(*nouns, result.found)
    groups = trn("in {n} group", "in {n} groups", result.groups)
    if result.code in APART:
        return f"{cards} {groups}"
    extra = result.extra if result.extra is not None else result.found - result.groups
    return tr(
        "{cards} {groups}, {extra}",
        cards=cards,
        groups=groups,
        extra=trn("{n} extra", "{n} extra", extra),
    )

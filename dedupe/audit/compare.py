"""Two scans of one account, compared check by check: what is new, fixed and left.

A record counts once per check and entity, by its id, also in checks of groups. New: the later
scan finds it and the earlier did not; fixed: the other way round; left: both do. A record that is
no longer in the account counts as fixed: a scan does not say which records it looked at. Only
checks that both scans carried out with the same options are compared, and both healths are counted
over these alone, with the later scan's severities: a check that is new in one of them, or was told
something else, moves no trend.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import polars as pl

from dedupe.contracts import CARDS, CheckResult, Health, Summary

KEYS = ("code", "entity", "record_id")
NEW, FIXED = "new", "fixed"


class Gap(StrEnum):
    """Why a check's records are not compared."""

    NONE = ""
    NOT_CHECKED_BEFORE = "not_checked_before"
    NOT_CHECKED_NOW = "not_checked_now"
    ABSENT_BEFORE = "absent_before"  # the earlier scan did not know it, or left it out
    ABSENT_NOW = "absent_now"
    OPTIONS_CHANGED = "options_changed"  # the two scans looked for different things
    NOT_LISTED = "not_listed"  # it counts without naming records: only the numbers compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One check on one entity in two scans: `before` and `now` are what each found.

    `new`, `fixed` and `left` are None where the records are not compared, and `gap` says why;
    `reason` is the scan's own, of a check that was not carried out.
    """

    code: str
    entity: str
    severity: str = ""
    before: int | None = None
    now: int | None = None
    new: int | None = None
    fixed: int | None = None
    left: int | None = None
    gap: Gap = Gap.NONE
    reason: str = ""

    @property
    def delta(self) -> int | None:
        """Return how many more are found now; None where one scan did not look."""
        return None if self.before is None or self.now is None else self.now - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All checks of two scans, in the later one's order, and the healths over the common ones.

    `records` is code, entity, record_id, state ("new" or "fixed"), sorted: what is left is most.
    """

    changes: tuple[Change, ...]
    records: pl.DataFrame
    old_health: Health | None = None
    new_health: Health | None = None

    @property
    def has_new(self) -> bool:
        """Tell whether any check finds a record that it did not find before."""
        return any(change.new for change in self.changes)

    @property
    def health_gain(self) -> float | None:
        """Return by how much the share of clean cards grew; None where it is not known."""
        old = self.old_health.share if self.old_health else None
        new = self.new_health.share if self.new_health else None
        return None if old is None or new is None else new - old


def compare(
    old_findings: pl.DataFrame,
    new_findings: pl.DataFrame,
    old_checks: Sequence[CheckResult],
    new_checks: Sequence[CheckResult],
    *,
    old_health: Health | None = None,
    new_health: Health | None = None,
    changed: Collection[str] = (),
) -> Comparison:
    """Compare two scans; the frames need the columns of KEYS alone, their order is free.

    `changed` are the codes of the checks that were told something else (see `changed_codes`).
    """
    old, new = (
        frame.lazy().select(KEYS).unique().collect() for frame in (old_findings, new_findings)
    )
    by_key = {(check.code, check.entity): check for check in old_checks}
    keys = [(check.code, check.entity) for check in new_checks]
    pairs = [(by_key.get(key), check) for key, check in zip(keys, new_checks, strict=True)]
    sizes = _sizes(old), _sizes(new)
    changes = [_told_else(_change(before, now, sizes), changed) for before, now in pairs]
    changes += [_gone(check) for key, check in by_key.items() if key not in set(keys)]
    records = _records(old, new, changes)
    counted = _counted(records)
    grave = _grave(changes)
    return Comparison(
        changes=tuple(_with_counts(change, counted) for change in changes),
        records=records,
        old_health=_health(old_health, old, grave),
        new_health=_health(new_health, new, grave),
    )


def changed_codes(old: Mapping[str, str], new: Mapping[str, str]) -> frozenset[str]:
    """Return the codes whose digests of settings differ; of what one scan does not tell, none."""
    return frozenset(code for code, digest in new.items() if old.get(code, digest) != digest)


def with_changes(summary: Summary, comparison: Comparison, scan_id: str) -> Summary:
    """Return `summary` with its checks compared with the scan `scan_id`."""
    by_key = {(change.code, change.entity): change for change in comparison.changes}
    changed = (by_key.get((check.code, check.entity)) for check in summary.checks)
    checks = (
        check if told is None else replace(check, new=told.new, fixed=told.fixed, left=told.left)
        for check, told in zip(summary.checks, changed, strict=True)
    )
    return replace(summary, checks=tuple(checks), baseline=scan_id)


def _sizes(findings: pl.DataFrame) -> dict[tuple[str, str], int]:
    counted = findings.group_by("code", "entity").len()
    return {(code, entity): n for code, entity, n in counted.iter_rows()}


def _change(
    before: CheckResult | None,
    now: CheckResult,
    sizes: tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]],
) -> Change:
    change = Change(code=now.code, entity=now.entity, severity=now.severity, now=now.found)
    if now.status != "checked":
        found = before.found if before else None
        return replace(change, before=found, gap=Gap.NOT_CHECKED_NOW, reason=now.reason)
    if before is None:
        return replace(change, gap=Gap.ABSENT_BEFORE)
    if before.status != "checked":
        return replace(change, gap=Gap.NOT_CHECKED_BEFORE, reason=before.reason)
    key = (now.code, now.entity)
    is_listed = (before.found, now.found) == (sizes[0].get(key, 0), sizes[1].get(key, 0))
    return replace(change, before=before.found, gap=Gap.NONE if is_listed else Gap.NOT_LISTED)


def _told_else(change: Change, changed: Collection[str]) -> Change:
    is_compared = change.gap in (Gap.NONE, Gap.NOT_LISTED)
    if is_compared and change.code in changed:
        return replace(change, gap=Gap.OPTIONS_CHANGED)
    return change


def _gone(before: CheckResult) -> Change:
    return Change(
        code=before.code,
        entity=before.entity,
        severity=before.severity,
        before=before.found,
        gap=Gap.ABSENT_NOW,
    )


def _frame(changes: Sequence[Change]) -> pl.DataFrame:
    rows = [(change.code, change.entity) for change in changes]
    return pl.DataFrame(rows, schema={"code": pl.String, "entity": pl.String}, orient="row")


def _records(old: pl.DataFrame, new: pl.DataFrame, changes: Sequence[Change]) -> pl.DataFrame:
    listed = _frame([change for change in changes if change.gap is Gap.NONE]).lazy()
    old_keys, new_keys = (
        frame.lazy().join(listed, on=["code", "entity"], how="semi") for frame in (old, new)
    )
    parts = (
        (NEW, new_keys.join(old_keys, on=KEYS, how="anti")),
        (FIXED, old_keys.join(new_keys, on=KEYS, how="anti")),
    )
    states = [part.with_columns(state=pl.lit(state)) for state, part in parts]
    return (
        pl.concat(states)
        .sort("code", "entity", pl.col("record_id").str.len_bytes(), "record_id")
        .collect()
    )


def _counted(records: pl.DataFrame) -> dict[tuple[str, str, str], int]:
    counted = records.group_by("code", "entity", "state").len()
    return {(code, entity, state): n for code, entity, state, n in counted.iter_rows()}


def _with_counts(change: Change, counted: dict[tuple[str, str, str], int]) -> Change:
    if change.gap is not Gap.NONE:
        return change
    new, fixed = (counted.get((change.code, change.entity, state), 0) for state in (NEW, FIXED))
    return replace(change, new=new, fixed=fixed, left=(change.now or 0) - new)


def _grave(changes: Sequence[Change]) -> pl.DataFrame:
    """Return code and entity of what lowers the health in both scans."""
    common = (Gap.NONE, Gap.NOT_LISTED)
    return _frame([c for c in changes if c.gap in common and c.severity != "info"])


def _health(health: Health | None, findings: pl.DataFrame, grave: pl.DataFrame) -> Health | None:
    if health is None:
        return None
    faulty = findings.lazy().join(grave.lazy(), on=["code", "entity"], how="semi")
    counted = faulty.select("entity", "record_id").unique().group_by("entity").len().collect()
    n_faulty = dict(counted.iter_rows())
    by_entity = {
        entity: (max(0, n_all - n_faulty.get(entity, 0)), n_all)
        for entity, (_, n_all) in health.by_entity.items()
    }
    cards = [by_entity[entity] for entity in CARDS if entity in by_entity]
    return Health(
        cards=sum(n for _, n in cards), clean=sum(n for n, _ in cards), by_entity=by_entity
    )

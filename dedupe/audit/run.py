"""Carry out the checks that the data allows, and say why the others were not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import polars as pl

from dedupe.contracts import FINDINGS, CheckResult, Health, Metric
from dedupe.language import N_

from .facts import Facts, Outcome
from .health import count_health, money_at_risk
from .options import severity_of
from .registry import CHECKS, Check

NOT_IN_THIS_VERSION = "not in this version"
NO_REGULATION = N_("no such rule in the config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result of every check and entity, all findings (FINDINGS), metrics and the health."""

    results: tuple[CheckResult, ...]
    findings: pl.DataFrame
    metrics: tuple[Metric, ...]
    health: Health


def run_checks(
    facts: Facts, *, select: Collection[str] = (), ignore: Collection[str] = ()
) -> Audit:
    """Carry out the checks.

    `select` and `ignore` hold codes or their beginnings ("DUP", "TSK101"); an empty
    `select` is all. Results and findings are in the registry's order.
    """
    results: list[CheckResult] = []
    parts: list[pl.DataFrame] = []
    metrics: list[Metric] = []
    for check, entity in _chosen(select, ignore):
        severity = severity_of(check, facts.options)
        missing = _missing(check, entity, facts)
        if missing or check.run is None:
            results.append(_not_checked(check, entity, _reason(missing), severity))
            continue
        outcome = check.run(facts, entity)
        found = _told(outcome, check.code, severity, facts)
        results.append(_result(check, entity, severity, outcome, found))
        parts.append(found)
        metrics += [replace(each, code=check.code, entity=entity) for each in outcome.metrics]
    findings = FINDINGS.check(pl.concat(parts) if parts else FINDINGS.empty())
    return Audit(
        results=tuple(results),
        findings=findings,
        metrics=tuple(metrics),
        health=count_health(facts, findings),
    )


def _chosen(select: Collection[str], ignore: Collection[str]) -> Iterator[tuple[Check, str]]:
    for code in sorted(CHECKS):
        wanted = not select or code.startswith(tuple(select))
        if wanted and not code.startswith(tuple(ignore)):
            for entity in CHECKS[code].entities:
                yield CHECKS[code], entity


def _missing(check: Check, entity: str, facts: Facts) -> list[str]:
    parts = [part for part in check.needs[entity] if not facts.has(part)]
    tables = {part for part in parts if "." not in part}
    # A missing table says it all: its columns need no mention.
    return [part for part in parts if part in tables or part.split(".")[0] not in tables]


def _reason(missing: list[str]) -> str:
    if any(part.startswith("regulation.") for part in missing):
        return NO_REGULATION  # whatever else is missing, nobody asked for the check
    return f"no data: {', '.join(missing)}" if missing else NOT_IN_THIS_VERSION


def _not_checked(check: Check, entity: str, reason: str, severity: str) -> CheckResult:
    return CheckResult(
        code=check.code, entity=entity, status="not_checked", reason=reason, severity=severity
    )


def _told(outcome: Outcome, code: str, severity: str, facts: Facts) -> pl.DataFrame:
    """Return the outcome's findings with what every finding has.

    A hint (info) puts no money at risk.
    """
    found = outcome.findings.with_columns(code=pl.lit(code), severity=pl.lit(severity))
    if found.height and severity != "info":
        found = found.drop("money").join(
            money_at_risk(facts), on=["entity", "record_id"], how="left", maintain_order="left"
        )
    return found.select(FINDINGS.schema.names())


def _result(
    check: Check, entity: str, severity: str, outcome: Outcome, findings: pl.DataFrame
) -> CheckResult:
    found = outcome.found
    priced = findings.select("record_id", "money").drop_nulls("money").unique("record_id")
    return CheckResult(
        code=check.code,
        entity=entity,
        status="checked",
        found=found,
        groups=outcome.groups,
        extra=outcome.extra,
        base=outcome.base,
        share=found / outcome.base if outcome.base else None,
        money=float(priced["money"].sort().sum()) if priced.height else None,
        severity=severity,
        is_count=outcome.counted is not None,
    )

"""Carry out the checks that the data allows, and say why the others were not."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from dedupe.contracts import FINDINGS, CheckResult

from .facts import Facts, Outcome
from .registry import CHECKS, Check

NOT_IN_THIS_VERSION = "not in this version"


def run_checks(
    facts: Facts, *, select: Collection[str] = (), ignore: Collection[str] = ()
) -> tuple[tuple[CheckResult, ...], pl.DataFrame]:
    """Return the result of every check and entity, and all findings (FINDINGS).

    `select` and `ignore` hold codes or their beginnings ("DUP", "TSK101"); an empty
    `select` is all. Results and findings are in the registry's order.
    """
    results: list[CheckResult] = []
    parts: list[pl.DataFrame] = []
    for check, entity in _chosen(select, ignore):
        missing = _missing(check, entity, facts)
        if missing or check.run is None:
            reason = f"no data: {', '.join(missing)}" if missing else NOT_IN_THIS_VERSION
            results.append(
                CheckResult(code=check.code, entity=entity, status="not_checked", reason=reason)
            )
            continue
        outcome = check.run(facts, entity)
        results.append(_result(check, entity, outcome))
        parts.append(
            outcome.findings.with_columns(
                code=pl.lit(check.code), severity=pl.lit(check.severity)
            ).select(FINDINGS.schema.names())
        )
    found = pl.concat(parts) if parts else FINDINGS.empty()
    return tuple(results), FINDINGS.check(found)


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


def _result(check: Check, entity: str, outcome: Outcome) -> CheckResult:
    found = outcome.found
    return CheckResult(
        code=check.code,
        entity=entity,
        status="checked",
        found=found,
        groups=outcome.groups,
        extra=outcome.extra,
        base=outcome.base,
        share=found / outcome.base if outcome.base else None,
    )

"""Carry out the checks that the data allows, and say why the others were not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Self

import polars as pl

from dedupe.contracts import FINDINGS, CheckResult, Health, Metric
from dedupe.language import N_

from .early import CardsNotReadError
from .facts import Facts, Outcome
from .health import count_health, money_at_risk
from .merged import MERGED
from .options import severity_of
from .registry import CHECKS, Check

NOT_IN_THIS_VERSION = "not in this version"
_WORKERS = 3  # polars has threads of its own; who waits for a shared frame leaves a core idle
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
    with Checking(facts, select=select, ignore=ignore) as checking:
        return checking.finish(facts)


class Checking:
    """Checks that are being carried out: from the start what the account alone answers.

    Leaving the block without `finish` (an error, Ctrl-C) ends them at the next check.
    """

    def __init__(
        self, early: Facts, *, select: Collection[str] = (), ignore: Collection[str] = ()
    ) -> None:
        """Begin with `early`, whose cards may be still unread (`early.before_cards`)."""
        self._chosen = list(_chosen(select, ignore))
        self._outcomes: dict[int, Outcome | str] = {}
        self._taken: set[int] = set()
        self._early, self._is_early, self._lock = early, True, Lock()
        # A check is many small queries: while one is planned, another one's runs.
        self._pool = ThreadPoolExecutor(_WORKERS)
        self._first = self._pool.submit(self._begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_early = False
        self._pool.shutdown(cancel_futures=True)

    def finish(self, facts: Facts) -> Audit:
        """Carry out what is left with `facts`, whose cards are read."""
        with self._lock:
            self._is_early = False
            left = [at for at in range(len(self._chosen)) if at not in self._taken]
        made = self._pool.map(lambda at: self._outcome(at, facts), left)
        self._first.result()
        self._outcomes.update(zip(left, made, strict=True))
        for at in range(len(self._chosen)):
            if at not in self._outcomes:  # it had begun, and reached for the cards too early
                self._outcomes[at] = self._outcome(at, facts)
        return _audit([without_merged(each, facts) for each in self._done(facts)], facts)

    def _begin(self) -> None:
        for at in range(len(self._chosen)):
            with self._lock:
                if not self._is_early:
                    return
                self._taken.add(at)
            try:
                self._outcomes[at] = self._outcome(at, self._early)
            except CardsNotReadError:
                with self._lock:
                    self._taken.discard(at)

    def _outcome(self, at: int, facts: Facts) -> Outcome | str:
        check, entity = self._chosen[at]
        return _outcome(check, entity, facts)

    def _done(self, facts: Facts) -> list[_Done]:
        return [
            _Done(check, entity, severity_of(check, facts.options), self._outcomes[at])
            for at, (check, entity) in enumerate(self._chosen)
        ]


def _audit(done: Sequence[_Done], facts: Facts) -> Audit:
    findings = _joined(done, facts)
    money = _money(findings)
    return Audit(
        results=tuple(_result(each, money) for each in done),
        findings=findings,
        metrics=tuple(
            replace(metric, code=each.check.code, entity=each.entity)
            for each in done
            if isinstance(each.outcome, Outcome)
            for metric in each.outcome.metrics
        ),
        health=count_health(facts, findings),
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of one check of one entity: its outcome, or why there is none."""

    check: Check
    entity: str
    severity: str
    outcome: Outcome | str


def without_merged(done: _Done, facts: Facts) -> _Done:
    """Return the check without cards that stand merged: a repair must not look like new faults.

    Nothing hangs on such a card any more, and a person is to delete it: DUP111 says so.
    """
    outcome, merged = done.outcome, facts.merged(done.entity)
    if isinstance(outcome, str) or merged.is_empty() or done.check.code == MERGED:
        return done
    if outcome.groups is not None or outcome.counted is not None:
        return done
    is_all = outcome.base == facts.n_live(done.entity)
    kept = outcome.findings.join(merged, on="record_id", how="anti", maintain_order="left")
    base = outcome.base - merged.height if is_all else outcome.base
    return replace(done, outcome=replace(outcome, findings=kept, base=base))


def _outcome(check: Check, entity: str, facts: Facts) -> Outcome | str:
    missing = _missing(check, entity, facts)
    if missing or check.run is None:
        return _reason(missing)
    return check.run(facts, entity)


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


def _joined(done: Sequence[_Done], facts: Facts) -> pl.DataFrame:
    """Return all findings with what every finding has. A hint (info) puts no money at risk."""
    parts = [
        each.outcome.findings.with_columns(
            code=pl.lit(each.check.code), severity=pl.lit(each.severity)
        ).select(FINDINGS.schema.names())
        for each in done
        if isinstance(each.outcome, Outcome)
    ]
    if not parts:
        return FINDINGS.empty()
    found = pl.concat(parts).lazy().drop("money")
    money = money_at_risk(facts).lazy()
    worth = found.join(money, on=["entity", "record_id"], how="left", maintain_order="left")
    risked = pl.when(pl.col("severity") != "info").then("money")
    told = worth.with_columns(money=risked).select(FINDINGS.schema.names())
    return FINDINGS.check(told.collect())


def _money(findings: pl.DataFrame) -> dict[tuple[str, str], float]:
    """Return the money at risk by code and entity, of each record once."""
    priced = findings.lazy().select("code", "entity", "record_id", "money").drop_nulls("money")
    # Sums of fractions depend on their order, and results not on that of the rows.
    ordered = priced.unique(["code", "entity", "record_id"]).sort("code", "entity", "money")
    sums = ordered.group_by("code", "entity", maintain_order=True).agg(pl.col("money").sum())
    return {(code, entity): money for code, entity, money in sums.collect().iter_rows()}


def _result(done: _Done, money: Mapping[tuple[str, str], float]) -> CheckResult:
    code, entity, outcome = done.check.code, done.entity, done.outcome
    if isinstance(outcome, str):
        return CheckResult(
            code=code,
            entity=entity,
            status="not_checked",
            reason=outcome,
            severity=done.severity,
        )
    found = outcome.found
    return CheckResult(
        code=code,
        entity=entity,
        status="checked",
        found=found,
        groups=outcome.groups,
        extra=outcome.extra_of(found),
        base=outcome.base,
        share=found / outcome.base if outcome.base else None,
        money=money.get((code, entity)),
        severity=done.severity,
        is_count=outcome.counted is not None,
    )

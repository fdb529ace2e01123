"""The work plan of a report: what to do, in which order, and the findings by employee."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dedupe.contracts import CheckResult, Column, Metric
from dedupe.language import N_, count
from dedupe.report import headline
from dedupe.report.changes import money_text
from dedupe.report.content import Content
from dedupe.report.layout import Work
from dedupe.report.repairs import (
    command_of,
    effort_seconds,
    effort_text,
    way_of,
    way_text,
    who_text,
)

OWNERS = 40
_DAY = 8 * 3600  # seconds of work: what takes longer stands behind what does not


def build_work(content: Content, found: Sequence[CheckResult]) -> tuple[Work, ...]:
    """Return the lines of the work plan, in the order of `work_order`."""
    return tuple(_work(content, *each) for each in work_order(content, found))


def work_order(content: Content, found: Sequence[CheckResult]) -> list[tuple[int, CheckResult]]:
    """Return what there is to do: by priority, then the least effort for the most records.

    1: errors that take a day at most, 2: other errors and quick warnings, 3: the rest.
    """
    lines = []
    for result in found:
        check = headline.check_of(result.code, content.registry)
        if not check.code or way_of(check, result.entity) == "none":
            continue
        seconds = effort_seconds(check, result)
        priority = _priority(headline.severity_of(result, content.registry), seconds)
        each = seconds / max(result.found or 1, 1)
        lines.append(((priority, each, -(result.found or 0), result.code), (priority, result)))
    return [line for _, line in sorted(lines, key=lambda item: item[0])]


def _work(content: Content, priority: int, result: CheckResult) -> Work:
    check = headline.check_of(result.code, content.registry)
    return Work(
        priority=priority,
        code=result.code,
        title=headline.title_of(result, content.registry, content.summary),
        found=count(result.found or 0),
        money=money_text(result.money, content.summary.currency) if result.money else "",
        how=way_text(check, result.entity),
        command=command_of(check),
        effort=effort_text(check, result),
        who=who_text(check, result.entity),
    )


def by_owner(content: Content, findings: pl.DataFrame) -> Metric | None:
    """Count the faulty records of each employee; None where no owner is known.

    A record counts once under errors and once under warnings, at its owner.
    """
    grave = findings.lazy().filter(pl.col("severity") != "info")
    worst = grave.group_by("entity", "record_id").agg(
        errors=(pl.col("severity") == "error").any(),
        warnings=(pl.col("severity") == "warning").any(),
        money=pl.col("money").filter(pl.col("entity") == "deal").max(),
    )
    owned = content.cards.filter(pl.col("owner").is_not_null() & (pl.col("entity") != "user"))
    counted = (
        owned.select("entity", "record_id", "owner", "group")
        .join(worst, on=["entity", "record_id"], how="left")
        .group_by("owner")
        .agg(
            pl.col("group").drop_nulls().min(),
            records=pl.len(),
            faulty=(pl.col("errors") | pl.col("warnings")).sum(),
            errors=pl.col("errors").sum(),
            warnings=pl.col("warnings").sum(),
            money=pl.col("money").sum(),
        )
        .with_columns(pl.col("records", "faulty", "errors", "warnings").cast(pl.Int64))
        .with_columns(share=pl.col("faulty") / pl.col("records"))
        .sort("faulty", "owner", descending=[True, False])
        .head(OWNERS)
        .select("owner", "group", "records", "faulty", "share", "errors", "warnings", "money")
        .collect()
    )
    if not counted.height:
        return None
    titles = (
        N_("Employee"),
        N_("Group"),
        N_("Records"),
        N_("With a finding"),
        N_("Share"),
        N_("With an error"),
        N_("With a warning"),
        N_("Money of the deals"),
    )
    kinds = ("person", "text", "count", "count", "share", "count", "count", "money")
    columns = zip(counted.columns, titles, kinds, strict=True)
    return Metric(
        name="findings_by_owner",
        title=N_("Findings by the person in charge"),
        columns=tuple(Column(*each) for each in columns),
        rows=counted,
        chart="bars",
        values=("faulty",),
        note=N_(
            "Contacts, companies, deals and tasks by the employee in charge; a record with several "
            "findings counts once. More cards mean more findings: look at the share."
        ),
    )


def _priority(severity: str, seconds: float) -> int:
    if severity == "error":
        return 1 if seconds <= _DAY else 2
    return 2 if severity == "warning" and seconds <= _DAY else 3

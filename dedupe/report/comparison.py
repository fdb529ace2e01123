"""Two scans compared, for a terminal and for programs (schema `crmclean.diff/1`).

A check that only counts has its numbers before and now; new, fixed and left are of checks that
name their records. What could not be compared stands below, with the reason. Records are named
by id alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dedupe.audit.compare import FIXED, NEW, Change, Comparison, Gap
from dedupe.audit.registry import CHECKS, Check
from dedupe.contracts import CheckResult, Health, Summary
from dedupe.language import N_, NN_, count, share, tr, trn
from dedupe.report import headline
from dedupe.report.changes import change_text, gain_text
from dedupe.report.links import card_url
from dedupe.report.terminal_drawing import drawn_text, marked_line, next_line, style_of
from dedupe.report.terminal_table import trend_style
from dedupe.report.words import moment, plain, reason_text

SCHEMA = "crmclean.diff/1"
WIDE = 90  # from here on there is room for new, fixed and left
GAPS = {
    Gap.NOT_CHECKED_BEFORE: N_("not checked then"),
    Gap.NOT_CHECKED_NOW: N_("not checked now"),
    Gap.ABSENT_BEFORE: N_("not in the earlier scan"),
    Gap.ABSENT_NOW: N_("not in the later scan"),
    Gap.OPTIONS_CHANGED: N_("the options changed between the scans"),
}
_NOTHING = NN_("{n} check found nothing in both", "{n} checks found nothing in both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two scans by their summaries, and what changed from `old` to `new`."""

    old: Summary
    new: Summary
    comparison: Comparison


def render_comparison(
    told: Compared,
    *,
    width: int,
    color: bool,
    ascii: bool = False,
    checks: Mapping[str, Check] = CHECKS,
    next_commands: Sequence[str] = (),
) -> str:
    """Return the comparison: healths, a row per check that found anything, what is left out."""
    parts = [*_header(told), ""]
    rows = [change for change in _ranked(told, checks) if change.before or change.now]
    if rows:
        parts += [_table(rows, told, checks, is_wide=width >= WIDE), ""]
    parts += [*_rest(told.comparison, len(rows)), *next_line(next_commands)]
    return drawn_text(parts, width=width, color=color, ascii=ascii)


def render_records(told: Compared, code: str) -> Iterator[str]:
    """Yield a line per record that a check newly found or no longer finds, with its address."""
    records = told.comparison.records.filter(pl.col("code") == code)
    for state, mark in ((NEW, "+"), (FIXED, "-")):
        own = records.filter(pl.col("state") == state)
        for entity, record_id in own.select("entity", "record_id").iter_rows():
            url = card_url(told.new.crm, told.new.host, entity, record_id)
            yield " ".join(filter(None, (mark, entity, plain(record_id), url)))


def comparison_document(told: Compared, code: str | None = None) -> dict[str, Any]:
    """Return the comparison as plain JSON values; with `code`, the ids of its records, too."""
    comparison = told.comparison
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "old": _scan_document(told.old, comparison.old_health),
        "new": _scan_document(told.new, comparison.new_health),
        "health_gain": _rounded(comparison.health_gain),
        "has_new": comparison.has_new,
        "checks": [_change_document(change) for change in comparison.changes],
    }
    if code is not None:
        records = comparison.records.filter(pl.col("code") == code)
        document["records"] = [
            {"entity": entity, "record_id": record_id, "state": state}
            for entity, record_id, state in records.select(
                "entity", "record_id", "state"
            ).iter_rows()
        ]
    return document


def _scan_document(summary: Summary, health: Health | None) -> dict[str, Any]:
    return {
        "scan_id": summary.scan_id,
        "scanned_at": summary.scanned_at.isoformat(),
        "data_to": summary.data_to.isoformat() if summary.data_to else None,
        "version": summary.versions.get("crmclean"),
        "health": None
        if health is None
        else {"cards": health.cards, "clean": health.clean, "share": _rounded(health.share)},
    }


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "code": change.code,
        "entity": change.entity,
        "severity": change.severity,
        "before": change.before,
        "now": change.now,
        "change": change.delta,
        "new": change.new,
        "fixed": change.fixed,
        "left": change.left,
        "gap": str(change.gap) or None,
        "reason": change.reason,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _header(told: Compared) -> list[RenderableType]:
    comparison = told.comparison
    lines: list[RenderableType] = [
        marked_line("●", "cyan", tr("Before"), _scan_text(told.old)),
        marked_line("●", "cyan", tr("Now"), _scan_text(told.new)),
    ]
    old, new = comparison.old_health, comparison.new_health
    if old and new and old.share is not None and new.share is not None:
        gain = gain_text(comparison.health_gain)
        words = f"{share(old.share)} → {share(new.share)} ({gain})"
        lines.append(marked_line("●", "cyan", tr("Clean cards"), words))
    return lines


def _scan_text(summary: Summary) -> str:
    words = [headline.account_name(summary), plain(summary.scan_id)]
    if summary.data_to:
        words.append(tr("data of {moment}", moment=moment(summary.data_to)))
    else:
        words.append(tr("scanned {moment}", moment=moment(summary.scanned_at)))
    return " · ".join(words)


def _ranked(told: Compared, checks: Mapping[str, Check]) -> list[Change]:
    """Return the changes that have numbers: counts first, then the gravest, the largest."""
    comparable = (Gap.NONE, Gap.NOT_LISTED)

    def rank(change: Change) -> tuple[bool, int, int, str, str]:
        severity = change.severity or headline.check_of(change.code, checks).severity
        most = max(change.before or 0, change.now or 0)
        is_finding = not headline.is_counting(_result(change))
        return is_finding, headline.severity_rank(severity), -most, change.code, change.entity

    told_of = [change for change in told.comparison.changes if change.gap in comparable]
    return sorted(told_of, key=rank)


def _result(change: Change) -> CheckResult:
    return CheckResult(code=change.code, entity=change.entity, status="checked", found=change.now)


def _table(
    rows: Sequence[Change], told: Compared, checks: Mapping[str, Check], *, is_wide: bool
) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, header_style="bold", show_edge=False)
    table.add_column(tr("Code"), no_wrap=True)
    table.add_column(tr("Check"), overflow="fold")
    more = (N_("New"), N_("Fixed"), N_("Still there")) if is_wide else ()
    for name in (N_("Before"), *more, N_("Now"), N_("Change")):
        table.add_column(tr(name), justify="right", no_wrap=True)
    for change in rows:
        check = headline.check_of(change.code, checks)
        title = headline.title_of(_result(change), checks, told.new)
        numbers = (change.new, change.fixed, change.left) if is_wide else ()
        is_count = headline.is_counting(_result(change))
        style = "default" if is_count else trend_style(change.delta, check)
        table.add_row(
            Text(change.code, style=style_of(check)),
            Text(title),
            *(_number(n) for n in (change.before, *numbers, change.now)),
            Text(change_text(change.delta), style=style),
        )
    return table


def _number(n: int | None) -> str:
    return "" if n is None else count(n)


def _rest(comparison: Comparison, n_shown: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    comparable = sum(change.gap in (Gap.NONE, Gap.NOT_LISTED) for change in comparison.changes)
    if comparable > n_shown:
        lines.append(
            marked_line("✔", "green", tr("Nothing found"), trn(*_NOTHING, comparable - n_shown))
        )
    why: dict[str, list[str]] = {}
    for change in comparison.changes:
        if change.gap in GAPS:
            words = tr(GAPS[change.gap])
            reason = f"{words}: {reason_text(change.reason)}" if change.reason else words
            why.setdefault(reason, []).append(change.code)
    if why:
        words = "".join(f"\n{', '.join(dict.fromkeys(codes))}: {w}" for w, codes in why.items())
        lines.append(marked_line("●", "yellow", tr("Not compared"), words))
    return [*lines, ""] if lines else []

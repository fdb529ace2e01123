"""The sheets around the findings: summary, work plan, trend, definitions, what was not checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from dedupe.contracts import CheckResult
from dedupe.language import N_, count, date_time, share, tr
from dedupe.report import headline
from dedupe.report.changes import gain_words, net_change
from dedupe.report.content import Content
from dedupe.report.figures import zone_of
from dedupe.report.repairs import (
    command_of,
    effort_seconds,
    effort_text,
    how_text,
    who_text,
)
from dedupe.report.trend import TrendPoint
from dedupe.report.words import (
    crm_name,
    entity_name,
    moment,
    reason_text,
    repair_name,
    severity_name,
)
from dedupe.report.work import work_order

from .book import Cell, Link, Sheet, number_format

CHECKED, NOT_CHECKED = N_("checked"), N_("not checked")
_SUMMARY = (
    (N_("Code"), "text", 10),
    (N_("Check"), "wrap", 44),
    (N_("Records"), "text", 16),
    (N_("Found"), "count", 11),
    (N_("Of"), "count", 11),
    (N_("Share"), "share", 11),
    (N_("Groups"), "count", 10),
    (N_("Extra"), "count", 10),
    (N_("Money"), "money", 16),
    (N_("New"), "count", 10),
    (N_("Fixed"), "count", 14),
    (N_("Change"), "count", 12),
    (N_("Severity"), "text", 16),
    (N_("Repair"), "text", 19),
    (N_("State"), "text", 14),
    (N_("Sheet"), "link", 34),
)
_SHARE_AT = 5
_NOWHERE = Path()
_WORK = (
    (N_("Priority"), "count", 10),
    (N_("Code"), "text", 10),
    (N_("Check"), "wrap", 44),
    (N_("Records"), "text", 16),
    (N_("Found"), "count", 11),
    (N_("Money"), "money", 16),
    (N_("How"), "wrap", 36),
    (N_("Command"), "text", 30),
    (N_("Effort"), "text", 12),
    (N_("Hours"), "days", 10),
    (N_("Who"), "wrap", 26),
    (N_("Done"), "free", 10),
    (N_("Comment"), "free", 30),
)
_DEFINITIONS = (
    (N_("Code"), "text", 10),
    (N_("Check"), "wrap", 36),
    (N_("Severity"), "text", 15),
    (N_("What is counted"), "wrap", 60),
    (N_("Why it matters"), "wrap", 50),
    (N_("What to do"), "wrap", 50),
    (N_("Repair"), "text", 16),
)
_MISSING = (
    (N_("Code"), "text", 10),
    (N_("Check"), "wrap", 44),
    (N_("Records"), "text", 20),
    (N_("Why not"), "wrap", 60),
)
_TREND = (
    (N_("Scanned"), "moment", 17),
    (N_("Scan"), "text", 28),
    (N_("Clean cards"), "share", 14),
    (N_("Clean"), "count", 12),
    (N_("Cards"), "count", 12),
)
_YOURS = N_(
    "Decision and Comment are yours: nothing reads them back. Decisions on duplicates that the "
    "program carries out: crmclean review --export."
)
Columns = Sequence[tuple[str, str, float]]


def write_summary_sheet(
    sheet: Sheet,
    content: Content,
    places: Mapping[tuple[str, str], str],
    others: Sequence[tuple[str, str]],
) -> None:
    """Write who, when, the score, and every result with a link to its sheet.

    `places` are the names of sheets by (code, entity), `others` titles and names of the rest.
    """
    summary = content.summary
    sheet.widths({at: width for at, (_, _, width) in enumerate(_SUMMARY)})
    name = content.brand.name
    sheet.line(
        f"{tr(N_('CRM audit'))}: {headline.account_name(summary)}" + (f", {name}" if name else ""),
        "title",
    )
    for words in _about(content):
        sheet.note(words, 0, len(_SUMMARY) - 1, style="wrap")
    sheet.row += 1
    kinds = [kind for _, kind, _ in _SUMMARY]
    sheet.head([tr(title) for title, _, _ in _SUMMARY], kinds, is_frozen=True, n_fixed=2)
    first = sheet.row
    for result in summary.checks:
        sheet.cells(_result(result, content, places), kinds)
    last = sheet.row - 1
    if last >= first:
        sheet.sheet.autofilter(first - 1, 0, last, len(_SUMMARY) - 1)
    sheet.bars(first, last, _SHARE_AT, most=1)
    sheet.row += 1
    sheet.line(tr(N_("Other sheets")), "subtitle")
    for title, place in others:
        sheet.cells([None, Link(title, sheet=place)], ["text", "link"])


def write_work_sheet(sheet: Sheet, content: Content) -> None:
    """Write the work plan: what to do, in which order."""
    found = headline.ranked(content.summary, content.registry)
    _table(sheet, _WORK, [_work(content, *line) for line in work_order(content, found)])


def write_trend_sheet(sheet: Sheet, content: Content) -> None:
    """Write the account's scans: the share of clean cards, and what each check found."""
    points = _points(content)
    _table(sheet, _TREND, [_point(point, content) for point in points], is_frozen=False)
    n = len(points)
    sheet.row += 1
    sheet.line(tr(N_("Found by each check")), "subtitle")
    keys = [(result.code, result.entity) for result in content.summary.checks]
    days = [date_time(_local(point.scanned_at, content)) for point in points]
    kinds = ["text", "text", *["count"] * n]
    sheet.head([tr(N_("Code")), tr(N_("Records")), *days], kinds)
    for code, entity in keys:
        cells = [point.found.get((code, entity)) for point in points]
        sheet.cells([code, entity_name(entity), *cells], kinds)
    if n > 1:
        chart = sheet.book.book.add_chart({"type": "line"})
        place = sheet.name
        chart.add_series({"categories": [place, 1, 0, n, 0], "values": [place, 1, 2, n, 2]})
        chart.set_title({"name": tr(N_("Clean cards"))})
        chart.set_legend({"none": True})
        chart.set_y_axis({"num_format": "0.0%"})
        chart.set_x_axis(number_format("date"))
        sheet.sheet.insert_chart(0, len(_TREND) + 1, chart)


def write_definitions_sheet(sheet: Sheet, content: Content) -> None:
    """Write what each check counts, why, and what to do."""
    rows: list[list[Cell]] = []
    for code in dict.fromkeys(result.code for result in content.summary.checks):
        check = headline.check_of(code, content.registry)
        texts = (check.definition, check.risk, check.advice)
        told = [tr(text) if text else "" for text in texts]
        title = tr(check.title) if check.title else ""
        repair = repair_name(check.repair) if check.repair else ""
        severity = severity_name(check.severity) if check.code else ""
        rows.append([code, title, severity, *told, repair])
    _table(sheet, _DEFINITIONS, rows)


def write_missing_sheet(sheet: Sheet, content: Content) -> None:
    """Write what was not checked, and why."""
    rows: list[list[Cell]] = [
        [
            result.code,
            headline.title_of(result, content.registry, content.summary),
            entity_name(result.entity),
            reason_text(result.reason),
        ]
        for result in headline.not_checked(content.summary)
    ]
    _table(sheet, _MISSING, rows)


def _table(
    sheet: Sheet, columns: Columns, rows: Sequence[Sequence[Cell]], *, is_frozen: bool = True
) -> None:
    sheet.widths({at: width for at, (_, _, width) in enumerate(columns)})
    kinds = [kind for _, kind, _ in columns]
    sheet.head([tr(title) for title, _, _ in columns], kinds, is_frozen=is_frozen, n_fixed=2)
    first = sheet.row
    for cells in rows:
        sheet.cells(cells, kinds)
    sheet.sheet.autofilter(first - 1, 0, max(sheet.row - 1, first), len(columns) - 1)


def _about(content: Content) -> list[str]:
    summary, health = content.summary, content.summary.health
    told = {
        tr(N_("CRM")): crm_name(summary.crm),
        tr(N_("Data up to")): moment(summary.data_to) if summary.data_to else "",
        tr(N_("Scanned")): moment(summary.scanned_at),
        tr(N_("Scan")): summary.scan_id,
        tr(N_("Compared with")): summary.baseline,
        tr(N_("Time zone of the dates")): str(zone_of(summary.timezone)),
        tr(N_("Currency")): summary.currency,
    }
    # One line of them: what stands above the table is frozen with its titles.
    lines = [" \u00b7 ".join(f"{name}: {words}" for name, words in told.items() if words)]
    if health is not None and health.share is not None:
        gain = gain_words(content.comparison.health_gain if content.comparison else None)
        part = tr(N_("{n} of {total}"), n=count(health.clean), total=count(health.cards))
        score = f"{tr(N_('Clean cards'))}: {share(health.share)} ({part})"
        lines.insert(0, f"{score} {gain}".strip())
    deals = headline.deal_sum(summary.counts)
    sizes = ", ".join(headline.counts_text(summary.counts))
    lines += [sizes, deals.equation if deals else ""]
    lines += [_openness(content), tr(_YOURS)]
    if content.brand.author:
        lines.append(content.brand.author)
    return [line for line in lines if line]


def _openness(content: Content) -> str:
    if content.options.show_values:
        return tr(
            N_(
                "Names, numbers and addresses of clients are shown in full: this file is personal "
                "data."
            )
        )
    return tr(
        N_(
            "Names, numbers and addresses of clients are hidden; crmclean report --to xlsx "
            "--show-values shows them."
        )
    )


def _result(
    result: CheckResult, content: Content, places: Mapping[tuple[str, str], str]
) -> list[Cell]:
    check = headline.check_of(result.code, content.registry)
    place = places.get((result.code, result.entity), "")
    is_checked = result.status == "checked"
    severity = headline.severity_of(result, content.registry)
    return [
        result.code,
        tr(check.title) if check.title else "",
        entity_name(result.entity),
        result.found,
        result.base,
        result.share,
        result.groups,
        result.extra,
        result.money,
        result.new,
        result.fixed,
        net_change(result),
        severity_name(severity) if severity else "",
        repair_name(check.repair) if check.repair else "",
        tr(CHECKED if is_checked else NOT_CHECKED),
        Link(place, sheet=place) if place else None,
    ]


def _work(content: Content, priority: int, result: CheckResult) -> list[Cell]:
    check = headline.check_of(result.code, content.registry)
    return [
        priority,
        result.code,
        tr(check.title),
        entity_name(result.entity),
        result.found,
        result.money,
        how_text(check, result.entity),
        command_of(check),
        effort_text(check, result),
        effort_seconds(check, result) / 3600,
        who_text(check, result.entity),
        None,
        None,
    ]


def _points(content: Content) -> list[TrendPoint]:
    """Return the account's scans up to this one, the oldest first, this one last."""
    own = content.summary
    earlier = [p for p in content.trend if p.scan_id != own.scan_id]
    told = [p for p in earlier if p.scanned_at <= own.scanned_at]
    found = {(result.code, result.entity): result.found for result in own.checks}
    last = TrendPoint(
        scan_id=own.scan_id,
        account="",
        scanned_at=own.scanned_at,
        data_to=own.data_to,
        folder=_NOWHERE,
        health=own.health,
        found=found,
    )
    return [*told, last]


def _point(point: TrendPoint, content: Content) -> list[Cell]:
    health = point.health
    parts: list[Cell] = [None] * 3 if health is None else [health.share, health.clean, health.cards]
    return [_local(point.scanned_at, content), point.scan_id, *parts]


def _local(at: datetime, content: Content) -> datetime:
    return at.astimezone(zone_of(content.summary.timezone)).replace(tzinfo=None)

"""A scan's folder as the content of reports: what was written, and what can still be looked up.

Names of records and of employees come from the snapshot that was scanned; where it is gone, or is
of another account by now, records are named by id alone. An account that was pulled again since
has the names of today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from dedupe.audit.compare import Comparison, with_changes
from dedupe.config.reporting import Brand
from dedupe.contracts import Account, Summary
from dedupe.errors import CrmCleanError, InputError
from dedupe.report.baseline import Earlier, compare_scans, read_earlier
from dedupe.report.content import Content, ReportOptions, card_facts
from dedupe.report.scan_files import read_scan
from dedupe.report.trend import TrendPoint
from dedupe.snapshot import is_snapshot, open_snapshot


def load_content(
    folder: Path,
    *,
    options: ReportOptions | None = None,
    brand: Brand | None = None,
    trend: Sequence[TrendPoint] = (),
    earlier: Earlier | None = None,
) -> Content:
    """Read the scan in `folder`; `earlier` is compared with it, else its own baseline where known.

    Raises InputError for what is no scan, is damaged, or is of another account than `earlier`.
    """
    files = read_scan(folder)
    findings = files.collect_findings()
    account = scanned_account(files.summary)
    content = Content(
        summary=files.summary,
        findings=findings.lazy(),
        metrics=files.metrics,
        match=files.match,
        trend=tuple(trend),
        brand=brand or Brand(),
        options=options or ReportOptions(),
    )
    if account is not None:
        content = replace(content, cards=card_facts(account), has_names=True)
    comparison = _comparison(files.summary, findings, trend, earlier)
    if comparison is None:
        return content
    before = earlier.summary.scan_id if earlier else files.summary.baseline
    summary = with_changes(files.summary, comparison, before)
    return replace(content, summary=summary, comparison=comparison)


def scanned_account(summary: Summary) -> Account | None:
    """Open the snapshot that was scanned; None where it is gone or of another account."""
    folder = Path(summary.snapshot)
    if not summary.snapshot or not is_snapshot(folder):
        return None
    try:
        account = open_snapshot(folder)
    except CrmCleanError:  # of no use any more: the report is whole without it
        return None
    is_same = (account.host, account.account_id) == (summary.host, summary.account_id)
    return account if is_same else None


def _comparison(
    summary: Summary, findings: pl.DataFrame, trend: Sequence[TrendPoint], earlier: Earlier | None
) -> Comparison | None:
    if earlier is not None:
        return compare_scans(earlier, summary, findings)
    before = next((point for point in trend if point.scan_id == summary.baseline), None)
    if before is None or not before.holds():
        return None
    try:
        return compare_scans(read_earlier(before.folder), summary, findings)
    except InputError:  # the baseline's folder is not needed: the scan has its numbers
        return None

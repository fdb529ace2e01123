"""Folders of scans that tests of readers, comparisons and histories share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dedupe.contracts import Metric, Summary
from dedupe.report.json_file import write_summary
from dedupe.report.metrics_file import write_metrics


def put_scan(
    folder: Path, summary: Summary, findings: pl.DataFrame, metrics: Sequence[Metric] = ()
) -> Path:
    """Write the files that reports read of a scan."""
    folder.mkdir(parents=True, exist_ok=True)
    write_summary(summary, folder / "summary.json")
    findings.write_parquet(folder / "findings.parquet")
    write_metrics(metrics, folder / "metrics.json")
    return folder

"""What a command prints of a scan, for people or for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Session, has_color, is_ascii, width

if TYPE_CHECKING:
    from dedupe.plan import Plan
    from dedupe.scan import Scan

PLAN_NAME = "plan.jsonl"
FILES = (
    "report.html",
    "report.xlsx",
    "report_csv",
    "report.docx",
    "report.pdf",
    "summary.json",
    "findings.parquet",
    "pairs.parquet",
    "clusters.parquet",
)


def show_scan(session: Session, result: Scan, folder: Path, plan: Plan | None = None) -> None:
    """Print the scan on stdout: the summary, or the JSON document; and what its plan would do."""
    if session.is_json:
        from dedupe.report.json_file import summary_document

        document = summary_document(result.summary, result.counts) | {"output": str(folder)}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    from dedupe.report.terminal import render_summary

    names = [name for name in (*FILES, *((PLAN_NAME,) if plan else ())) if (folder / name).exists()]
    text = render_summary(
        result.summary,
        width=width(),
        color=has_color(),
        ascii=is_ascii(),
        files={name: folder / name for name in names},
        next_commands=next_commands(result, folder, plan),
        matches=result.counts,
        comparison=result.comparison,
        hints=session.verbose,
    )
    click.echo(text)


def next_commands(result: Scan, folder: Path, plan: Plan | None = None) -> list[str]:
    """Return the commands worth running next: see what can be repaired, explain the gravest."""
    from dedupe.audit.registry import SEVERITIES
    from dedupe.report.headline import is_counting

    graves = sorted(
        (c for c in result.summary.checks if c.found and not is_counting(c)),
        key=lambda c: (SEVERITIES.index(c.severity), -(c.share or 0)),
    )
    repair = [f"crmclean show {folder / PLAN_NAME}"] if plan is not None and plan.groups else []
    return [*repair, *(f"crmclean explain {c.code}" for c in graves[:1])]

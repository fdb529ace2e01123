"""What `crmclean explain CODE` says beside the check's texts: what a scan found, and evidence."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Session
from dedupe.errors import ConfigError, CrmCleanError, InputError, StorageError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.audit.registry import Check
    from dedupe.contracts import Account, Summary
    from dedupe.report.evidence import EvidenceOptions
    from dedupe.report.explanation import Seen


def seen_by_scan(session: Session, code: str, folder: Path | None) -> Seen | None:
    """Return what a scan found: the one that is named, or the newest if it can be read."""
    from dedupe.report.scan_files import read_scan
    from dedupe.report.trend import find_scan

    if folder is None:
        # The check is explained all the same: only a scan that is named must be there.
        with contextlib.suppress(InputError, ConfigError):
            return _seen(find_scan(None, session.state()), code)
        return None
    read_scan(folder)
    return _seen(folder, code)


def _seen(folder: Path, code: str) -> Seen:
    from dedupe.report.examples import build_examples
    from dedupe.report.explanation import EXAMPLES, Example, Seen
    from dedupe.report.scan_files import read_scan

    files = read_scan(folder)
    found = build_examples(files.collect_findings(code))
    examples = [
        Example(entity=entity, record_id=record_id)
        for (_, entity), few in found.items()
        for record_id in (*few.ids, *(i for cluster in few.clusters for i in cluster.ids))
    ]
    results = tuple(result for result in files.summary.checks if result.code == code)
    return Seen(summary=files.summary, results=results, examples=tuple(examples[:EXAMPLES]))


def write_evidence(
    session: Session, check: Check, folder: Path | None, output: Path | None, told: EvidenceOptions
) -> Path:
    """Write the evidence of a check from a scan; return the path. Raises InputError."""
    from dedupe.report.evidence import Evidence, render_evidence
    from dedupe.report.scan_files import read_scan
    from dedupe.report.trend import find_scan

    files = read_scan(folder or find_scan(None, session.state()))
    findings = files.collect_findings(check.code)
    if findings.is_empty():
        is_count = any(each.code == check.code and each.is_count for each in files.summary.checks)
        raise InputError(
            N_("this check counts records and finds no fault: there is no evidence")
            if is_count
            else N_("this scan found nothing of it: there is no evidence"),
            where=check.code,
            fix=N_("name another check") if is_count else N_("name another scan with --scan"),
        )
    evidence = Evidence(
        check=check,
        summary=files.summary,
        findings=findings,
        account=_account(session, files.summary),
        metrics=files.metrics,
        options=told,
    )
    path = output or Path(f"evidence-{check.code}-{files.summary.scan_id}.zip")
    _write(path, render_evidence(evidence))
    return path


def _account(session: Session, summary: Summary) -> Account | None:
    """Return the account that was scanned, if its snapshot is still the one that was read."""
    from dedupe.snapshot import is_snapshot, open_snapshot

    folder = Path(summary.snapshot)
    if not summary.snapshot or not is_snapshot(folder):
        return None
    try:
        account = open_snapshot(folder)
    except CrmCleanError as error:
        session.say(str(error))
        return None
    return account if account.read_to == summary.data_to else None


def _write(path: Path, content: bytes) -> None:
    """Write a new private file; one that stands there is left alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path.parent, error) from error
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(
            N_("there is such a file already"), where=str(path), fix=N_("name another with -o")
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("can't be written: {reason}"),
        where=str(path),
        fix=N_("check its rights and the free space"),
        reason=error.strerror or type(error).__name__,
    )


def say_written(session: Session, check: Check, path: Path) -> None:
    """Tell where the evidence is, for people or for programs."""
    if session.is_json:
        from cli.acting import show_json

        show_json({"schema": "crmclean.evidence/1", "code": check.code, "output": str(path)})
        return
    click.echo(tr(N_("Evidence: {path}"), path=path))

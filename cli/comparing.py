"""A scan and the earlier ones: what it is compared with, and how it is remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.errors import ConfigError, InputError, StorageError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.audit.compare import Comparison
    from dedupe.contracts import CheckResult
    from dedupe.report.baseline import Earlier
    from dedupe.scan import Scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What --baseline and --no-baseline say; `is_automatic` where neither says anything."""

    earlier: Earlier | None
    is_automatic: bool


def settle_baseline(
    session: Session, named: Path | None, target: Path | None, *, is_off: bool
) -> Baseline:
    """Read the baseline that was named, before any work. Raises InputError."""
    from dedupe.report.baseline import check_baseline_place, read_earlier
    from dedupe.report.trend import find_scan

    if named is not None and is_off:
        raise InputError(
            N_("it contradicts --baseline"), where="--no-baseline", fix=N_("name one of them")
        )
    if target is not None:
        check_baseline_place(target)
    is_automatic = named is None and not is_off
    if named is not None and not named.exists():
        named = find_scan(named, session.state())  # it may be the id of a scan
    earlier = None if named is None else read_earlier(named)
    return Baseline(earlier=earlier, is_automatic=is_automatic)


def compared(session: Session, result: Scan, baseline: Baseline) -> Scan:
    """Return the scan, compared with the baseline or with its own predecessor, if there is one."""
    from dedupe.audit.compare import with_changes
    from dedupe.report.baseline import compare_scans

    earlier = _predecessor(session, result) if baseline.is_automatic else baseline.earlier
    if earlier is None:
        if baseline.is_automatic:
            _tell_namesake(session, result)
        return result
    comparison = compare_scans(earlier, result.summary, result.findings)
    _tell_changed(session, comparison)
    summary = with_changes(result.summary, comparison, earlier.summary.scan_id)
    return replace(result, summary=summary, comparison=comparison)


def new_found(result: Scan, check: CheckResult) -> int:
    """Return how many records count as new for --fail-on.

    Of a check whose options changed nobody can say what is new: all that it finds counts, so
    that a looser baseline hides nothing.
    """
    if check.code in _changed(result.comparison):
        return check.found or 0
    return check.new or 0


def _changed(comparison: Comparison | None) -> list[str]:
    """Return the codes that were not compared because they were told something else."""
    from dedupe.audit.compare import Gap

    changes = comparison.changes if comparison else ()
    return list(dict.fromkeys(c.code for c in changes if c.gap is Gap.OPTIONS_CHANGED))


def _tell_changed(session: Session, comparison: Comparison) -> None:
    codes = _changed(comparison)
    if codes:
        session.say(
            tr(
                N_("Not compared with the earlier scan, as their options changed: {codes}"),
                codes=", ".join(codes),
            )
        )


def _tell_namesake(session: Session, result: Scan) -> None:
    """Say that an earlier scan of this name is not taken for one of these files, and how to."""
    from dedupe.report.trend import namesake

    try:
        other = namesake(session.state(), result.summary)
    except ConfigError:
        return
    if other is not None:
        session.say(
            tr(
                N_(
                    "Compared with no earlier scan: {scan} is of files of the same name, but of "
                    "another folder or with other columns. If they are the same list, compare "
                    "with --baseline {scan}."
                ),
                scan=other.scan_id,
            )
        )


def _predecessor(session: Session, result: Scan) -> Earlier | None:
    """Return the last scan of this account; one that can't be read is as good as none."""
    from dedupe.report.baseline import read_earlier
    from dedupe.report.trend import predecessor

    try:
        folder = predecessor(session.state(), result.summary)
        return None if folder is None else read_earlier(folder)
    except (InputError, ConfigError):  # no home: there is no history either
        return None


def remember(session: Session, result: Scan, folder: Path, target: Path | None) -> None:
    """Put the scan into the history, and into the baseline file `target` where one is named.

    A scan whose files stand is none the worse for a history that can't be written.
    """
    from dedupe.report.baseline import write_baseline
    from dedupe.report.trend import remember_scan

    try:
        remember_scan(session.state(), result.summary, folder)
    except (StorageError, ConfigError) as error:
        session.say(str(error))
    if target is not None:
        write_baseline(result.summary, result.findings, target)

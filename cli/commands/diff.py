"""`crmclean diff`: two scans of an account compared: what is new, fixed and left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, has_color, is_ascii, width, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.report.comparison import Compared

_PENDING = 5


@click.command(
    cls=Command,
    help=N_(
        "Compare two scans of one account, OLD and NEW: folders, or ids of the state folder. "
        "With one, compare it with the scan before it; with none, compare the last two. "
        "A record that is no longer in the account counts as fixed."
    ),
    short_help=N_("Compare two scans: what is new, fixed and left."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean diff                          the last scan with the one before it\n"
        "  crmclean diff monday/ friday/\n"
        "  crmclean diff --records DUP101         which cards are new, which are fixed\n"
        "  crmclean diff --detailed-exitcode      5 when anything is new, for cron"
    ),
)
@click.argument("old", required=False, type=FOLDER)
@click.argument("new", required=False, type=FOLDER)
@click.option(
    "--records",
    metavar="CODE",
    cls=Option,
    help=N_("List the ids that this check newly found (+) or no longer finds (-)."),
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    cls=Option,
    help=N_("Exit with 5 when there is something new."),
)
@with_session
def diff(
    session: Session,
    old: Path | None,
    new: Path | None,
    records: str | None,
    detailed_exitcode: bool,
) -> None:
    """Read both scans, compare them, show what changed."""
    told = _compared(session, old, new)
    code = None if records is None else _code(records, told)
    if session.is_json:
        from cli.acting import show_json
        from dedupe.report.comparison import comparison_document

        show_json(comparison_document(told, code))
    elif code is not None:
        from dedupe.report.comparison import render_records

        lines = list(render_records(told, code))
        click.echo("\n".join(lines) if lines else tr(N_("Nothing new and nothing fixed.")))
    else:
        _show(told)
    if detailed_exitcode and told.comparison.has_new:
        raise click.exceptions.Exit(_PENDING)


def _compared(session: Session, old: Path | None, new: Path | None) -> Compared:
    from dedupe.report.baseline import compare_scans, read_earlier
    from dedupe.report.comparison import Compared
    from dedupe.report.scan_files import read_scan
    from dedupe.report.trend import find_scan, predecessor

    state = session.state()
    later = read_scan(find_scan(new or old, state))
    if new is not None and old is not None:
        before: Path | None = find_scan(old, state)
    else:
        before = predecessor(state, later.summary)
    if before is None:
        raise InputError(
            N_("there is no earlier scan of this account"),
            where=later.summary.scan_id,
            fix=N_("scan again later, or name two scans: crmclean diff OLD NEW"),
        )
    earlier = read_earlier(before)
    comparison = compare_scans(earlier, later.summary, later.collect_findings())
    return Compared(old=earlier.summary, new=later.summary, comparison=comparison)


def _code(text: str, told: Compared) -> str:
    """Return the code of a check whose records can be told. Raises InputError."""
    from dedupe.audit.compare import Gap

    code = text.strip().upper()
    own = [change for change in told.comparison.changes if change.code == code]
    if not own:
        raise InputError(
            N_("neither scan has this check"), where=text[:40], fix=N_("see: crmclean explain")
        )
    if all(change.gap is not Gap.NONE for change in own):
        raise InputError(
            N_("the records of this check can't be compared"),
            where=code,
            fix=N_("crmclean diff says why"),
        )
    return code


def _show(told: Compared) -> None:
    from dedupe.report.comparison import render_comparison

    most = max(told.comparison.changes, key=lambda change: change.new or 0, default=None)
    next_commands = [f"crmclean diff --records {most.code}"] if most and most.new else []
    text = render_comparison(
        told, width=width(), color=has_color(), ascii=is_ascii(), next_commands=next_commands
    )
    click.echo(text)

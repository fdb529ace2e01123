"""`crmclean runs`: what was applied to an account and what policies did, newest first.

Or one run's loose ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Session, with_session
from cli.words import Command
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.apply.history import History
    from dedupe.policy.outcome import RunOutcome

SCHEMA = "crmclean.runs/1"
_SHOWN = 200  # groups of one run that did not end well
_NIGHTS = 60  # runs of policies


@click.command(
    cls=Command,
    help=N_(
        "List what was applied to the profile's account, the newest first. With RUN: the groups "
        "of that run that did not end well, and why. Runs of policies are listed too; their "
        "details are in: crmclean log RUN. Asks no CRM."
    ),
    short_help=N_("What was applied, and how it ended."),
    epilog=N_("Examples:\n\n\b\n  crmclean runs\n  crmclean runs r-7f3a9c12b0d4 --format json"),
)
@click.argument("run_id", required=False, metavar="[RUN]")
@with_session
def runs(session: Session, run_id: str | None) -> None:
    """Show all runs, or one."""
    from cli.acting import place_of

    folder = place_of(session).folder
    if run_id is None:
        _show_all(session, folder)
    else:
        _show_one(session, folder, run_id)


def _show_all(session: Session, folder: Path) -> None:
    from cli.acting import show_json
    from cli.telling import history_document, history_rows
    from dedupe.apply.history import runs as all_runs

    found, nights = all_runs(folder), _policy_runs(folder)
    if session.is_json:
        document = {"schema": SCHEMA, "runs": [history_document(each) for each in found]}
        show_json(document | {"policy_runs": [_short_document(each) for each in nights]})
        return
    if nights:
        click.echo("\n".join([*_policy_rows(nights), ""]))
    if not found:
        click.echo(tr(N_("Nothing was applied to this account yet.")))
        click.echo(tr(N_("Next: {command}"), command="crmclean apply --dry-run"))
        return
    click.echo("\n".join(history_rows(found)))
    click.echo(tr(N_("Next: {command}"), command=_next(found[0])))


def _show_one(session: Session, folder: Path, run_id: str) -> None:
    from cli.acting import show_json
    from cli.telling import history_document, history_rows, unwell_document, unwell_lines
    from dedupe.apply.history import run_history, unwell

    one, bad = run_history(folder, run_id), unwell(folder, run_id)
    if session.is_json:
        document = {"schema": SCHEMA, "runs": [history_document(one)]}
        show_json(document | {"groups": [unwell_document(each) for each in bad]})
        return
    click.echo("\n".join(history_rows([one])))
    for each in bad[:_SHOWN]:
        click.echo("\n".join(unwell_lines(each)))
    if not bad:
        click.echo(tr(N_("Every group that was begun ended well.")))
    click.echo(tr(N_("Next: {command}"), command=_next(one)))


def _policy_runs(folder: Path) -> list[RunOutcome]:
    """Return what the policies remember of their runs, the newest first."""
    from dedupe.policy.memory import policies_of, read_outcomes

    found = [each for name in policies_of(folder) for each in read_outcomes(folder, name)]
    return sorted(found, key=lambda each: (each.started, each.run_id), reverse=True)[:_NIGHTS]


def _policy_rows(nights: list[RunOutcome]) -> list[str]:
    """Return the runs of policies as a table of text."""
    from dedupe.language import count, date_time
    from dedupe.policy.words import reason_text, state_text

    heads = (N_("run"), N_("policy"), N_("begun"), N_("state"), N_("changes"), N_("why"))
    rows = [
        (
            each.run_id,
            each.policy,
            date_time(each.started.astimezone()),
            state_text(each.state),
            count(each.changes.applied),
            reason_text(each.reason) if each.reason else "",
        )
        for each in nights
    ]
    table = [tuple(tr(head) for head in heads), *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(heads))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _short_document(outcome: RunOutcome) -> dict[str, object]:
    return {
        "run_id": outcome.run_id,
        "policy": outcome.policy,
        "state": str(outcome.state),
        "reason": outcome.reason.code if outcome.reason else None,
        "exit_code": outcome.exit_code,
        "started_at": outcome.started.isoformat(),
        "ended_at": outcome.ended.isoformat(),
        "apply_run": outcome.apply_run or None,
        "applied": outcome.changes.applied,
    }


def _next(latest: History) -> str:
    if latest.run.state != "done":
        return "crmclean resume"
    return f"crmclean verify {latest.run.run_id}"

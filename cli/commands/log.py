"""`crmclean log`: what a run that nobody watched did, line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cli.options import Session, with_session
from cli.words import Command, Option
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from pathlib import Path

    from dedupe.policy.logs import Line

SCHEMA = "crmclean.log/1"
LEVELS = ("debug", "info", "warning", "error")


@click.command(
    cls=Command,
    help=N_(
        "Show the log of a policy's run: without RUN the last one (of the profile, where -p names "
        "one). Logs hold counts and ids, never a client's name or number. Asks no CRM."
    ),
    short_help=N_("What a run of a policy did, line by line."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean log\n"
        "  crmclean log p-20260101T020000-7f3a --level warning\n"
        "  crmclean log -p main --format json"
    ),
)
@click.argument("run_id", required=False, metavar="[RUN]")
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="info",
    cls=Option,
    help=N_("The least level to show."),
)
@with_session
def log(session: Session, run_id: str | None, level: str) -> None:
    """Find the run, show its lines."""
    from dedupe.policy.logs import read_log

    folder = session.state() / "logs"
    found = run_id or _last(session, folder)
    lines = [] if found is None else read_log(folder, found)
    shown = [line for line in lines if _rank(line.level) >= LEVELS.index(level)]
    if session.is_json:
        document = {"schema": SCHEMA, "run": found, "lines": [_document(line) for line in shown]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    elif found is None:
        click.echo(tr(N_("No run of a policy was logged yet.")))
        click.echo(tr(N_("Next: {command}"), command="crmclean run POLICY --dry-run"))
    else:
        _show(found, lines, shown)


def _last(session: Session, folder: Path) -> str | None:
    from dedupe.policy.logs import log_runs

    return next((line.run for line in log_runs(folder, session.profile)), None)


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _show(run_id: str, lines: list[Line], shown: list[Line]) -> None:
    from cli.log_words import head, text_lines

    if lines:
        click.echo(head(run_id, lines[0]))
    for line in text_lines(shown):
        click.echo(line)
    if not shown:
        click.echo(tr(N_("Nothing of this level.")))


def _document(line: Line) -> dict[str, object]:
    return {
        "at": line.at.isoformat(),
        "level": line.level,
        "run": line.run,
        "profile": line.profile,
        "policy": line.policy,
        "event": line.event,
        "facts": dict(line.facts),
    }

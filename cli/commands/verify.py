"""`crmclean verify`: read again what a run has done. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.options import Session, with_session
from cli.words import Command
from dedupe.language import N_, NN_, count, tr, trn

if TYPE_CHECKING:
    from dedupe.apply.run import Verified

SCHEMA = "crmclean.verify/1"
_SHOWN = 20


@click.command(
    cls=Command,
    help=N_(
        "Read again every record that RUN has changed, and name what no longer is as the run left "
        "it: people go on working. Changes nothing. Exits with 3 where something differs."
    ),
    short_help=N_("Compare an account with what a run has done."),
    epilog=N_("Examples:\n\n\b\n  crmclean verify r-7f3a9c12b0d4"),
)
@click.argument("run_id", metavar="RUN")
@with_session
def verify(session: Session, run_id: str) -> None:
    """Verify a run and say what differs."""
    from cli.acting import Stopper, connected, place_of, show_json
    from dedupe.apply.history import run_history
    from dedupe.apply.run import verify as verify_run

    place = place_of(session)
    run_history(place.folder, run_id)  # raises for an unknown one
    with connected(session, place, Stopper(place.folder), read_only=True) as sink:
        found = verify_run(run_id, sink, place.folder)
    if session.is_json:
        show_json(_document(found))
    else:
        click.echo("\n".join(_lines(found)))
    if found.changed:
        raise click.exceptions.Exit(3)


def _document(found: Verified) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run_id": found.run_id,
        "groups": found.n_groups,
        "as_left": found.n_groups - len(found.changed),
        "changed": {gid: list(ops) for gid, ops in found.changed.items()},
    }


def _lines(found: Verified) -> list[str]:
    lines = [
        tr(
            N_("Run {run}: {right} of {groups} groups are as it left them."),
            run=found.run_id,
            right=count(found.n_groups - len(found.changed)),
            groups=count(found.n_groups),
        )
    ]
    for gid, ops in list(found.changed.items())[:_SHOWN]:
        lines.append(tr(N_("{group}: changed since: {ops}"), group=gid, ops=", ".join(ops)))
    left = len(found.changed) - _SHOWN
    if left > 0:
        lines.append(trn(*NN_("… {n} more group", "… {n} more groups"), left))
    return [*lines, tr(N_("Next: {command}"), command=f"crmclean undo {found.run_id} --dry-run")]

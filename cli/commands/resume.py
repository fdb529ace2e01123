"""`crmclean resume`: settle what is not known, then finish the runs that were cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import Session, with_session
from cli.words import Command
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.apply.executor import Report
    from dedupe.apply.states import GroupState, OpState


@click.command(
    cls=Command,
    help=N_(
        "Go on with runs that were stopped or cut off: first the CRM is asked what became of "
        "requests without an answer, then what is left of each plan is carried out. What was "
        "approved once is not asked again."
    ),
    short_help=N_("Go on with a run that was cut off."),
    epilog=N_("Examples:\n\n\b\n  crmclean resume\n  crmclean resume -p main --format json"),
)
@with_session
def resume(session: Session) -> None:
    """Resume all runs of the profile that are not done."""
    from cli.acting import Stopper, carried_out, connected, options_of, place_of
    from dedupe.apply.history import runs
    from dedupe.apply.run import resume as resume_runs
    from dedupe.apply.states import RunState

    place = place_of(session)
    open_runs = [each for each in runs(place.folder) if each.run.state is not RunState.DONE]
    if not open_runs:
        _tell_nothing(session)
        return
    stopper = Stopper(place.folder)
    with connected(session, place, stopper) as sink:
        options = options_of(session, stopper)
        code = carried_out(
            session, place, stopper, lambda: together(resume_runs(sink, place.folder, options))
        )
    if code:
        raise click.exceptions.Exit(code)


def together(reports: list[Report]) -> Report:
    """Return several runs as one; the last one gives its name."""
    from collections import Counter
    from dataclasses import replace

    groups: Counter[GroupState] = Counter()
    ops: Counter[OpState] = Counter()
    for report in reports:
        groups.update(report.groups)
        ops.update(report.ops)
    return replace(
        reports[-1],
        groups=dict(groups),
        ops=dict(ops),
        sent=sum(report.sent for report in reports),
        seconds=sum(report.seconds for report in reports),
    )


def _tell_nothing(session: Session) -> None:
    from cli.acting import SCHEMA, show_json

    if session.is_json:
        zeros = dict.fromkeys(("sent", "confirmed", "skipped", "failed", "ambiguous", "seconds"), 0)
        told = {"schema": SCHEMA, "run_id": None, "plan_hash": None, "dry_run": False}
        show_json({**told, **zeros, "groups": {}})
        return
    click.echo(tr(N_("There is nothing to go on with.")))
    click.echo(tr(N_("Next: {command}"), command="crmclean runs"))

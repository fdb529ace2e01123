"""`crmclean undo`: take a run back, as far as the CRM allows, and say first how far that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, NN_, tr, trn

if TYPE_CHECKING:
    from dedupe.apply.undo import Undo


@click.command(
    cls=Command,
    help=N_(
        "Take RUN back: fields, numbers, tags, links and tasks are as they were before it. What "
        "people have changed since is left as they changed it. Notes can only be emptied; tasks "
        "that were made stay. First it says what will come back and what can't, and asks."
    ),
    short_help=N_("Take a run back."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean runs\n"
        "  crmclean undo r-7f3a9c12b0d4 --dry-run\n"
        "  crmclean undo r-7f3a9c12b0d4 --group g-000017"
    ),
)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--dry-run", is_flag=True, cls=Option, help=N_("Only show it; send nothing to the CRM.")
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    cls=Option,
    metavar="GROUP",
    help=N_("Only this group of the run; may be repeated."),
)
@click.option("--yes", is_flag=True, cls=Option, help=N_("Don't ask."))
@with_session
def undo(session: Session, run_id: str, dry_run: bool, groups: tuple[str, ...], yes: bool) -> None:
    """Show what taking the run back means, have it approved, do it."""
    from cli.acting import place_of
    from dedupe.apply.history import run_history
    from dedupe.apply.journal import account_of
    from dedupe.apply.run import undo_plan

    place = place_of(session)
    run_history(place.folder, run_id)  # raises for an unknown one
    words = [word.strip() for text in groups for word in text.split(",") if word.strip()]
    _check_groups(place.folder, run_id, words)
    account = account_of(place.folder)
    assert account is not None  # there is a run
    made = undo_plan(place.folder, account, run_id, words)
    if not made.plan.ops:
        _tell_nothing(session, made, run_id)
    elif dry_run:
        _show(session, made, run_id)
    else:
        _take_back(session, made, run_id, words, yes=yes)


def _take_back(session: Session, made: Undo, run_id: str, groups: list[str], *, yes: bool) -> None:
    from cli.acting import Stopper, carried_out, connected, options_of, place_of
    from cli.approval import Consent, approve
    from dedupe.apply.run import apply_undo, run_id_of

    place = place_of(session)
    stopper = Stopper(place.folder)
    words = "".join(f" --group {gid}" for gid in groups)
    consent = Consent(yes=yes, plan_hash=None, command=f"crmclean undo {run_id}{words}")
    if not _is_begun(place.folder, made):
        for line in _lines(made, run_id):
            session.say(line)
        approve(session, made.plan, consent)
    with connected(session, place, stopper) as sink:
        options = options_of(session, stopper, stage="undo")
        code = carried_out(
            session,
            place,
            stopper,
            lambda: apply_undo(made, run_id, sink, place.folder, options),
            run_id_of(made.plan),
        )
    if code:
        raise click.exceptions.Exit(code)


def _is_begun(folder: Path, made: Undo) -> bool:
    """Tell whether this very undo was approved and begun before, or is done."""
    from dedupe.apply.history import runs

    return any(each.run.plan_hash == made.plan.hash for each in runs(folder))


def _check_groups(folder: Path, run_id: str, groups: list[str]) -> None:
    """Raise InputError where the run has no group of this name."""
    from dedupe.apply.history import open_journal

    journal = open_journal(folder)
    assert journal is not None  # there is a run
    with journal:
        known = journal.kinds(run_id)
    unknown = [gid for gid in groups if gid not in known]
    if unknown:
        raise InputError(
            N_("the run has no such group"),
            where=", ".join(unknown[:10])[:200],
            fix=N_("see its groups with: crmclean runs {run}"),
            run=run_id,
        )


def _lines(made: Undo, run_id: str) -> list[str]:
    from cli.telling import undone_lines

    return list(undone_lines(made, run_id))


def _show(session: Session, made: Undo, run_id: str) -> None:
    from cli.acting import show_json
    from dedupe.plan.render import render_plan

    if session.is_json:
        show_json(_document(made, run_id))
        return
    click.echo(render_plan(made.plan))
    click.echo("")
    click.echo("\n".join(_lines(made, run_id)))
    click.echo(tr(N_("Nothing was sent.")))
    click.echo(tr(N_("Next: {command}"), command=f"crmclean undo {run_id}"))


def _document(made: Undo, run_id: str) -> dict[str, Any]:
    from cli.acting import SCHEMA

    zeros = dict.fromkeys(("sent", "confirmed", "skipped", "failed", "ambiguous"), 0)
    return {
        "schema": SCHEMA,
        "run_id": None,
        "undo_of": run_id,
        "plan_hash": made.plan.hash,
        "dry_run": True,
        **zeros,
        "operations": len(made.plan.ops),
        "not_undone": made.n_kept,
        "forgotten": made.n_forgotten,
        "calls": made.plan.cost.calls,
        "seconds": made.plan.cost.seconds,
    }


def _tell_nothing(session: Session, made: Undo, run_id: str) -> None:
    from cli.acting import show_json

    if session.is_json:
        show_json(_document(made, run_id) | {"dry_run": False, "seconds": 0})
        return
    click.echo(tr(N_("This run has done nothing that can be taken back.")))
    if made.n_kept:
        click.echo(trn(*NN_("{n} operation stays.", "{n} operations stay."), made.n_kept))
    if made.n_forgotten:
        click.echo(
            trn(
                *NN_(
                    "Of {n} the values were forgotten with a person's data.",
                    "Of {n} the values were forgotten with a person's data.",
                ),
                made.n_forgotten,
            )
        )

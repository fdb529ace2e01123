"""`crmclean undo`: take a run back, as far as the CRM allows, and say first how far that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        _show(session, made)
    else:
        _take_back(session, made, run_id, words, yes=yes)

"""`crmclean prune`: remove what is past its days, by [retention] of the config."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, decimal, tr, trn

if TYPE_CHECKING:
    from dedupe.retention.prune import Pruned
    from dedupe.retention.terms import Past, Stays, Terms

SCHEMA = "crmclean.prune/1"
MB = 1e6


@click.command(
    cls=Command,
    help=N_(
        "Remove from the state folder what is past its days, as [retention] of the config says: "
        "old scans, backups and values of runs that can no more be taken back, pages of pulls "
        "that nobody goes on with, logs. Never the newest of a kind, the snapshot in use, what "
        "is not ours, or anything of a run that is not finished."
    ),
    short_help=N_("Remove old scans, backups and logs."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean prune --dry-run\n"
        "  crmclean prune --older-than 30d\n"
        "  crmclean data list"
    ),
)
@click.option("--dry-run", is_flag=True, cls=Option, help=N_("Only say what would go."))
@click.option(
    "--older-than",
    cls=Option,
    metavar="TIME",
    help=N_("Instead of the config's days: whatever is older than this, such as 30d."),
)
@with_session
def prune(session: Session, dry_run: bool, older_than: str | None) -> None:
    """Look or remove, show it, end with the gravest code."""
    from dedupe.retention import prune as rooms

    state = checked_state(session)
    act = rooms.look if dry_run else rooms.prune
    made = act(state, terms_of(session, older_than))
    _show(session, state, made, is_dry=dry_run)
    for error in made.errors:
        click.echo(f"crmclean: {error}", err=True)
    if made.exit_code:
        raise click.exceptions.Exit(made.exit_code)


def checked_state(session: Session) -> Path:
    """Return the state folder. Raises ConfigError for one that can't be meant."""
    from dedupe.crm.signin import check_state

    state = session.state().absolute()
    check_state(state)
    return state


def terms_of(session: Session, older_than: str | None = None) -> Terms:
    """Return how long things are kept. Raises InputError for what is no span of time."""
    from dedupe.config import read_span
    from dedupe.retention.terms import Terms

    older: timedelta | None = None
    if older_than is not None:
        older = read_span(older_than)
        if older is None:
            raise InputError(
                N_("a time such as 30d or 12h is meant"), where="--older-than", fix=N_("check it")
            )
    return Terms(retention=session.config().retention, now=datetime.now(UTC), older=older)


def megabytes(n_bytes: int) -> str:
    """Write a size; nothing is shown as no size at all."""
    return decimal(max(n_bytes / MB, 0.1 if n_bytes else 0.0))


def _show(session: Session, state: Path, made: Pruned, *, is_dry: bool) -> None:
    if session.is_json:
        from cli.acting import show_json

        show_json(_document(state, made, is_dry=is_dry))
        return
    for line in _lines(state, made):
        click.echo(line)
    n_bytes = sum(past.n_bytes for past in made.gone)
    if not made.gone:
        session.say(tr(N_("Nothing is past its days.")))
        return
    text = (
        trn("{n} thing would go, {mb} MB.", "{n} things would go, {mb} MB.", len(made.gone),
            mb=megabytes(n_bytes))
        if is_dry
        else trn("{n} thing removed, {mb} MB.", "{n} things removed, {mb} MB.", len(made.gone),
                 mb=megabytes(n_bytes))
    )  # fmt: skip
    click.echo(text)
    if is_dry:
        session.say(tr(N_("Next: {command}"), command="crmclean prune"))


def _lines(state: Path, made: Pruned) -> Iterator[str]:
    from dedupe.retention.kinds import TITLES

    for past in made.gone:
        yield "  ".join(
            [
                f"{past.since:%Y-%m-%d}",
                f"{megabytes(past.n_bytes):>8}",
                tr(TITLES[past.kind]),
                _place(state, past),
            ]
        )
    for stays in made.stays:
        path = _relative(state, stays.path)
        yield tr(N_("stays: {path} ({why})"), path=path, why=tr(stays.why))


def _place(state: Path, past: Past) -> str:
    path = _relative(state, past.path)
    return f"{path} {past.run_id}".strip()


def _relative(state: Path, path: Path) -> str:
    return path.relative_to(state).as_posix() if path.is_relative_to(state) else str(path)


def _document(state: Path, made: Pruned, *, is_dry: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "dry_run": is_dry,
        "exit_code": made.exit_code,
        "removed": [
            {
                "kind": str(past.kind),
                "path": _relative(state, past.path),
                "account": past.account or None,
                "run_id": past.run_id or None,
                "files": past.n_files,
                "bytes": past.n_bytes,
                "since": past.since.isoformat(),
            }
            for past in made.gone
        ],
        "stays": [_stays(state, each) for each in made.stays],
        "errors": [str(error) for error in made.errors],
        "bytes": sum(past.n_bytes for past in made.gone),
    }


def _stays(state: Path, each: Stays) -> dict[str, Any]:
    return {
        "kind": str(each.kind),
        "path": _relative(state, each.path),
        "account": each.account or None,
        "why": each.why,
    }


def summed(n_files: int, n_bytes: int) -> str:
    """Say how much something is."""
    return trn("{n} file, {mb} MB", "{n} files, {mb} MB", n_files, mb=megabytes(n_bytes))

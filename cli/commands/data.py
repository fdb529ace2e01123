"""`crmclean data`: which files hold people's data, and the removal of one person from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import Session, shared_options, with_session
from cli.words import Command, Option
from dedupe.errors import InputError, SafetyError, StorageError
from dedupe.language import N_, count, date_time, tr, trn

if TYPE_CHECKING:
    from dedupe.retention.forget import Remaining, Work
    from dedupe.retention.inventory import Held
    from dedupe.retention.person import Wanted

LIST_SCHEMA = "crmclean.data/1"
FORGET_SCHEMA = "crmclean.forget/1"
_NOT_HERE = (
    N_("the card in the CRM itself: delete it there, or the next pull brings it back"),
    N_("files that were exported, sent by mail or copied from here, and backups of this machine"),
)


class Group(Command, click.Group):
    """A group of commands whose help is translated."""


@click.group(
    cls=Group,
    help=N_("Personal data on this machine: what is kept and where; removing a person."),
    short_help=N_("What personal data is kept; forget a person."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean data list\n"
        "  crmclean data forget --phone +79001234567 --dry-run"
    ),
)
@shared_options
def data(**options: object) -> None:
    """Hold the commands about personal data."""


@data.command(
    "list",
    cls=Command,
    help=N_("List every file of ours that holds personal data: what, whose, until when, why."),
    short_help=N_("List the files that hold personal data."),
    epilog=N_("Examples:\n\n\b\n  crmclean data list\n  crmclean data list --format json"),
)
@with_session
def list_(session: Session) -> None:
    """Show the inventory."""
    from cli.commands.prune import checked_state, terms_of
    from dedupe.retention.inventory import inventory, others_outside

    state = checked_state(session)
    held, outside = inventory(state, terms_of(session)), others_outside(state)
    if session.profile is not None:
        held = [each for each in held if each.account in ("", session.profile, _host(session))]
    if session.is_json:
        _show_json(_inventory_document(state, held, outside))
        return
    for line in _inventory_lines(state, held, outside):
        click.echo(line)
    session.say(tr(N_("Next: {command}"), command="crmclean prune --dry-run"))


def _host(session: Session) -> str:
    from dedupe.config import select_profile

    _, profile = select_profile(session.config(), session.profile)
    return (profile.url or "").partition("//")[2]


def _inventory_document(state: Path, held: list[Held], outside: list[Path]) -> dict[str, Any]:
    from dedupe.retention.kinds import WHY

    return {
        "schema": LIST_SCHEMA,
        "state": str(state),
        "files": [
            {
                "kind": str(each.kind),
                "path": each.path,
                "account": each.account or None,
                "bytes": each.n_bytes,
                "changed_at": each.changed_at.isoformat(),
                "until": each.until.isoformat() if each.until else None,
                "why": tr(WHY[each.kind]),
            }
            for each in held
        ],
        "outside": [str(path) for path in outside],
        "bytes": sum(each.n_bytes for each in held),
    }


def _inventory_lines(state: Path, held: list[Held], outside: list[Path]) -> Iterator[str]:
    from cli.commands.prune import summed
    from dedupe.retention.kinds import TITLES, WHY

    yield tr(N_("State folder: {state}"), state=state)

    def of_one(each: Held) -> tuple[str, str, str]:
        return each.account, str(each.kind), each.path.rpartition("/")[0]

    for (account, _, folder), files in groupby(sorted(held, key=of_one), key=of_one):
        told = list(files)
        first, last = told[0], max(each.changed_at for each in told)
        ends = [each.until for each in told if each.until]
        text = (
            N_("{account}: {title} ({amount}), changed {changed} UTC, kept until {until}")
            if ends
            else N_("{account}: {title} ({amount}), changed {changed} UTC, kept without a last day")
        )
        yield tr(
            text,
            account=account or "-",
            title=tr(TITLES[first.kind]),
            amount=summed(len(told), sum(each.n_bytes for each in told)),
            changed=date_time(last),
            until=date_time(max(ends)).split(" ")[0] if ends else "",
        )
        yield f"    {folder}: {tr(WHY[first.kind])}"
    for path in outside:
        yield tr(N_("outside of the state folder: {path}"), path=path)
    if not held and not outside:
        yield tr(N_("There is no personal data here."))


@data.command(
    cls=Command,
    help=N_(
        "Remove a person from what is kept on this machine: the snapshot, scans and reports, "
        "copies of cards, the journal, decisions. The journal keeps ids and outcomes; an undo of "
        "what was forgotten says so. Afterwards all files are searched for the person's numbers "
        "and addresses. The CRM itself is not touched."
    ),
    short_help=N_("Remove a person from this machine's files."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean data forget --phone +79001234567 --dry-run\n"
        "  crmclean data forget --email someone@example.org -p main\n"
        "  crmclean data forget --id contact/12345 -p main --yes"
    ),
)
@click.option("--phone", cls=Option, metavar="N", help=N_("Whoever has this number."))
@click.option("--email", cls=Option, metavar="A", help=N_("Whoever has this address."))
@click.option(
    "--id", "card", cls=Option, metavar="ENTITY/ID", help=N_("This card, such as contact/12345.")
)
@click.option("--dry-run", is_flag=True, cls=Option, help=N_("Only say what would be removed."))
@click.option("--yes", is_flag=True, cls=Option, help=N_("Don't ask."))
@with_session
def forget(
    session: Session, phone: str | None, email: str | None, card: str | None, dry_run: bool,
    yes: bool,
) -> None:  # fmt: skip
    """Find the person, ask, remove, search again."""
    from cli.commands.prune import checked_state
    from dedupe.retention import forget as rooms
    from dedupe.retention.person import read_wanted

    if sum(each is not None for each in (phone, email, card)) != 1:
        raise InputError(
            N_("say who: one of --phone, --email, --id"),
            where="crmclean data forget",
            fix=N_("see: crmclean data forget --help"),
        )
    wanted, state = read_wanted(phone, email, card), checked_state(session)
    works = rooms.find(state, wanted, session.profile)
    if not any(works):
        _show_nothing(session, dry_run=dry_run)
        return
    if not session.is_json:
        for line in _work_lines(state, works):
            click.echo(line)
    if dry_run:
        _show_done(session, state, works, [], dry_run=True)
        return
    _approve(session, yes=yes)
    _carry_out(session, state, works, wanted)


def _carry_out(session: Session, state: Path, works: Sequence[Work], wanted: Wanted) -> None:
    from dedupe.retention import forget as rooms

    rooms.forget(state, works, wanted, datetime.now(UTC))
    left = rooms.remaining(state, works, session.profile)
    _show_done(session, state, works, left, dry_run=False)
    if left:
        raise StorageError(
            N_("something of the person is left in {n} files, or they can't be searched"),
            where=", ".join(_relative(state, each.path) for each in left[:5]),
            fix=N_("look at these files: they are damaged, or not ours"),
            n=len(left),
        )


def _approve(session: Session, *, yes: bool) -> None:
    from cli.approval import _is_terminal as is_terminal

    if yes:
        return
    if session.no_input or session.is_json or not is_terminal():
        raise SafetyError(
            N_("nobody is here to approve this; nothing was removed"),
            where="crmclean data forget",
            fix=N_("look at it with --dry-run, then add --yes"),
        )
    if not click.confirm(tr(N_("Remove all of this for good?")), default=False, err=True):
        raise SafetyError(
            N_("not approved; nothing was removed"),
            where="crmclean data forget",
            fix=N_("run it again to say yes"),
        )


def _work_lines(state: Path, works: Sequence[Work]) -> Iterator[str]:
    for work in works:
        ids = ", ".join(f"{entity} {id_}" for entity, id_ in sorted(work.who.refs))
        if work.who.room.name:
            yield f"{work.who.room.name}: {ids or tr(N_('no card, but its values'))}"
        for change in work.files:
            path = _relative(state, change.path)
            if change.content is None:
                again = f" ({change.remade})" if change.remade else ""
                yield "  " + tr(N_("removed whole: {path}{again}"), path=path, again=again)
            else:
                yield "  " + trn("{path}: {n} entry", "{path}: {n} entries", change.n, path=path)
        for run in work.runs:
            yield "  " + trn(
                "journal, {run}: values of {n} operation",
                "journal, {run}: values of {n} operations",
                len(run.op_ids),
                run=run.run_id,
            )


def _show_nothing(session: Session, *, dry_run: bool) -> None:
    if session.is_json:
        _show_json({"schema": FORGET_SCHEMA, "dry_run": dry_run, "accounts": [], "remaining": 0})
        return
    click.echo(tr(N_("Nobody of this number, address or id is in the files here.")))
    _tell_not_here()


def _show_done(
    session: Session,
    state: Path,
    works: Sequence[Work],
    left: Sequence[Remaining],
    *,
    dry_run: bool,
) -> None:
    if session.is_json:
        _show_json(_forget_document(state, works, left, dry_run=dry_run))
        return
    if dry_run:
        click.echo(tr(N_("Nothing was removed.")))
    else:
        for each in left:
            click.echo(tr(N_("left: {path}"), path=_relative(state, each.path)))
        click.echo(tr(N_("Searched again: {n} remaining."), n=count(len(left))))
    _tell_not_here()


def _tell_not_here() -> None:
    click.echo(tr(N_("Not removed by this command:")))
    for text in _NOT_HERE:
        click.echo(f"  {tr(text)}")


def _forget_document(
    state: Path, works: Sequence[Work], left: Sequence[Remaining], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "schema": FORGET_SCHEMA,
        "dry_run": dry_run,
        "accounts": [
            {
                "account": work.who.room.name or None,
                "cards": [list(ref) for ref in sorted(work.who.refs)],
                "files": [
                    {
                        "kind": str(change.kind),
                        "path": _relative(state, change.path),
                        "entries": change.n,
                        "removed": change.content is None,
                    }
                    for change in work.files
                ],
                "runs": [
                    {"run_id": run.run_id, "operations": len(run.op_ids)} for run in work.runs
                ],
            }
            for work in works
        ],
        "remaining": None if dry_run else len(left),
        "left": [_relative(state, each.path) for each in left],
    }


def _relative(state: Path, path: Path) -> str:
    return path.relative_to(state).as_posix() if path.is_relative_to(state) else str(path)


def _show_json(document: dict[str, Any]) -> None:
    from cli.acting import show_json

    show_json(document)

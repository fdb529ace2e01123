"""`crmclean describe`: the account's settings as one document, and what changed in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import ConfigError, InputError, StorageError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.contracts import Account
    from dedupe.report.settings_book import Book

LAST = "last"
FORMS = ("md", "xlsx", "toml", "json")


@click.command(
    cls=Command,
    help=N_(
        "Write down the settings of an account: fields, pipelines and stages, users and rights, "
        "loss reasons, tags, sources, webhooks. SOURCE is a snapshot folder; without it the "
        "profile's last snapshot is described as it is, without asking the CRM. With --diff: what "
        "changed in the settings. What was not read is named, with the reason."
    ),
    short_help=N_("The account's settings as a document; what changed in them."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean describe -p main                       Markdown on stdout\n"
        "  crmclean describe --to md,xlsx,toml -o settings\n"
        "  crmclean describe --diff last                   what changed since the last time\n"
        "  crmclean describe --diff old.toml --detailed-exitcode"
    ),
)
@click.argument("source", required=False, type=FOLDER)
@click.option(
    "--to",
    "wanted",
    cls=Option,
    metavar="md,xlsx,toml,json",
    help=N_("In which forms, joined by commas (default: md)."),
)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("Write files settings.md and so on into this folder instead of stdout."),
)
@click.option("--overwrite", is_flag=True, cls=Option, help=N_("Replace files that are there."))
@click.option(
    "--diff",
    "old",
    cls=Option,
    metavar="OLD|last",
    help=N_(
        "Compare with OLD: a snapshot folder, or a TOML or JSON document of describe; last is what "
        "the last describe or scan of an earlier state of the account left."
    ),
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    cls=Option,
    help=N_("With --diff: exit with 5 when a setting differs."),
)
@with_session
def describe(
    session: Session,
    source: Path | None,
    wanted: str | None,
    output: Path | None,
    overwrite: bool,
    old: str | None,
    detailed_exitcode: bool,
) -> None:
    """Show or write the settings, or what changed in them."""
    from dedupe.report.settings_book import build_book

    forms = _forms(wanted, output, old)
    if output is not None and not overwrite:
        _check_free(output, forms)
    book = build_book(_account(session, source))
    if old is None:
        _show(session, book, forms, output)
        _keep(session, book)
        return
    n_changes = _show_drift(session, book, old)
    _keep(session, book)
    if detailed_exitcode and n_changes:
        raise click.exceptions.Exit(5)


def keep_settings(session: Session, account: Account) -> None:
    """Keep the settings of an account that was scanned, as describe does; files have none."""
    from dedupe.report.settings_book import build_plain_book

    if account.crm != "tables":
        _keep(session, build_plain_book(account), again=False)


def _keep(session: Session, book: Book, *, again: bool = True) -> None:
    """Keep the settings for a later --diff last; where that can't be done, say so."""
    from dedupe.crm.signin.folder import check_state
    from dedupe.report.settings_book import keep_book

    try:
        state = session.state()
        check_state(state)
        keep_book(book, state, again=again)
    except (ConfigError, StorageError) as error:
        session.say(tr(N_("The settings were not kept for a later comparison: {why}"), why=error))


def _forms(wanted: str | None, output: Path | None, old: str | None) -> tuple[str, ...]:
    forms = tuple(
        dict.fromkeys(f.strip().lower() for f in (wanted or "md").split(",") if f.strip())
    )
    unknown = [form for form in forms if form not in FORMS]
    if unknown or not forms:
        raise InputError(
            N_("no such form of a document"),
            where=f"--to {wanted}",
            fix=N_("name some of: {forms}"),
            forms=", ".join(FORMS),
        )
    if old is not None and (wanted or output):
        raise InputError(
            N_("a comparison is shown on stdout only"),
            where="--diff",
            fix=N_("leave --to and -o out"),
        )
    if output is None and (len(forms) > 1 or forms == ("xlsx",)):
        raise InputError(
            N_("several forms, or a workbook, need a folder"),
            where=f"--to {wanted}",
            fix=N_("name one with -o"),
        )
    return forms


def _check_free(folder: Path, forms: tuple[str, ...]) -> None:
    """Raise where a file would be replaced."""
    there = [path for form in forms if (path := folder / f"settings.{form}").exists()]
    if there:
        raise InputError(
            N_("the file is there already"),
            where=str(there[0]),
            fix=N_("name another folder with -o, or add --overwrite"),
        )


def _account(session: Session, source: Path | None) -> Account:
    from dedupe.snapshot import is_snapshot, open_snapshot

    if source is not None:
        if not is_snapshot(source):
            raise InputError(
                N_("there is no snapshot in this folder"),
                where=str(source),
                fix=N_("name a folder that crmclean pull -o wrote"),
            )
        return open_snapshot(source)
    from cli.profiles import crm_profile, snapshot_folder

    name, _ = crm_profile(session, session.config())
    folder = snapshot_folder(session, name)
    if not is_snapshot(folder):
        raise InputError(
            N_("there is no snapshot of this profile yet"),
            where=name,
            fix=N_("run: crmclean pull"),
        )
    return open_snapshot(folder)


def _show(session: Session, book: Book, forms: tuple[str, ...], output: Path | None) -> None:
    written = [] if output is None else _write(book, forms, output)
    if session.is_json:
        from dedupe.report.settings_book import book_document

        files = {"files": [str(path) for path in written]} if written else {}
        document = book_document(book) | files
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
    elif output is None:
        click.echo(_render(book, forms[0]), nl=False)
    else:
        for path in written:
            click.echo(str(path))
        click.echo(tr(N_("Next: {command}"), command="crmclean describe --diff last"))


def _write(book: Book, forms: tuple[str, ...], folder: Path) -> list[Path]:
    from dedupe.snapshot import staged_folder

    with staged_folder(folder) as staging:
        for form in forms:
            content = _render(book, form)
            raw = content if isinstance(content, bytes) else content.encode("utf-8")
            (staging / f"settings.{form}").write_bytes(raw)
    return [folder / f"settings.{form}" for form in forms]


def _render(book: Book, form: str) -> str | bytes:
    from dedupe.report import settings_book

    if form == "xlsx":
        return settings_book.render_workbook(book)
    if form == "toml":
        return settings_book.render_toml(book)
    if form == "json":
        document = settings_book.book_document(book)
        return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return settings_book.render_markdown(book)


def _show_drift(session: Session, book: Book, old: str) -> int:
    """Print what changed since `old`, and return how much."""
    from dedupe.report.settings_book import compare_books, drift_document, render_drift

    drift = compare_books(_old(session, book, old), book)
    if session.is_json:
        click.echo(json.dumps(drift_document(drift), ensure_ascii=False, indent=1))
    else:
        click.echo(render_drift(drift))
    return drift.n_changes


def _old(session: Session, book: Book, old: str) -> Book:
    from dedupe.report.settings_book import build_book, kept_before, read_document
    from dedupe.snapshot import is_snapshot, open_snapshot

    if old == LAST:
        found = kept_before(book, session.state())
        if found is None:
            raise InputError(
                N_("no settings of an earlier state of this account were kept"),
                where="--diff last",
                fix=N_("describe or scan it now and again after the next pull, or name OLD"),
            )
        return found
    path = Path(old)
    before = build_book(open_snapshot(path)) if is_snapshot(path) else read_document(path)
    if (before.crm, before.account_id, before.host) != (book.crm, book.account_id, book.host):
        raise InputError(
            N_("it is of another account: {other}"),
            where=old,
            fix=N_("settings are matched by id: compare one account with itself"),
            other=before.host or before.account_id,
        )
    return before

"""`crmclean init`: write a commented config for one account. Asks, or takes options."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Session, with_session
from cli.words import Command, Option
from dedupe.errors import ConfigError, InputError, StorageError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.config import Place

SCHEMA = "crmclean.init/1"
READABLE = ("amocrm",)  # the CRMs that this version reads


@click.command(
    cls=Command,
    help=N_(
        "Write crmclean.toml for one account, with every setting explained. Asks at a terminal; "
        "takes the options without one. The token itself is never written into it."
    ),
    short_help=N_("Set up the config for a CRM account."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean init\n"
        "  crmclean init --url demo.amocrm.ru --token env:AMO_TOKEN\n"
        "  crmclean init --url https://demo.amocrm.ru --token file:~/.config/crmclean/demo.token\n"
        "  crmclean init --config shop.toml -p shop --url shop.kommo.com --token keyring"
    ),
)
@click.option(
    "--crm",
    type=click.Choice(READABLE),
    default="amocrm",
    show_default=True,
    cls=Option,
    help=N_("The CRM of the account."),
)
@click.option(
    "--url", cls=Option, metavar="ADDRESS", help=N_("The account's address: demo.amocrm.ru.")
)
@click.option(
    "--token",
    cls=Option,
    metavar="PLACE",
    help=N_(
        "Where the token is kept, never the token: env:NAME, file:PATH, credential:NAME or keyring."
    ),
)
@click.option("--force", is_flag=True, cls=Option, help=N_("Replace the config that is there."))
@with_session
def init(session: Session, crm: str, url: str | None, token: str | None, force: bool) -> None:
    """Settle the answers, write the file, name the next command."""
    from dedupe.config import FILE_NAME, name_problem

    path = session.config_path or Path.cwd() / FILE_NAME
    name = session.profile or "main"
    problem = name_problem(name)
    if problem is not None:
        raise ConfigError(N_("{reason}"), where="--profile", reason=problem)
    _check_free(path, force)
    _check_told(session, url, token)
    address = _settled_url(crm, url) if url is not None else _asked_url(crm)
    place = _settled_place(token) if token is not None else _asked_place(name)
    _write(path, config_text(name, crm, address, str(place)), force)
    _tell(session, path, name, place)


def config_text(name: str, crm: str, url: str, token: str) -> str:
    """Return the config as TOML, its comments in the reader's language."""
    lines = [
        f"# {tr(N_('crmclean: one section for each account. No secret belongs here.'))}",
        "",
        f"[profiles.{_key(name)}]",
        f"crm = {_quoted(crm)}",
        f"url = {_quoted(url)}",
        f"# {tr(N_('The place of the token: env:NAME, file:PATH, credential:NAME or keyring.'))}",
        f"token = {_quoted(token)}",
        f"# {tr(N_('Heavy data, read only when it is named here:'))}",
        '# with = ["notes", "events", "chats"]',
        "",
        f"# {tr(N_('How numbers without a country or an area code are read:'))}",
        "# [phone]",
        '# default_region = "RU"',
        '# area_code = "495"',
        "",
        f"# {tr(N_('Which checks run, by code or its beginning; see: crmclean explain'))}",
        "# [checks]",
        '# ignore = ["TSK301"]',
    ]
    return "\n".join(lines) + "\n"


def _check_free(path: Path, force: bool) -> None:
    if path.is_dir():
        raise ConfigError(
            N_("this is a folder; the config is a file"),
            where=str(path),
            fix=N_("name a file with --config"),
        )
    if path.exists() and not force:
        raise ConfigError(
            N_("there is a config already"),
            where=str(path),
            fix=N_("edit it, name another file with --config, or replace it with --force"),
        )


def _check_told(session: Session, url: str | None, token: str | None) -> None:
    """Raise where an answer is missing and nobody is there to ask."""
    missing = [option for option, value in (("--url", url), ("--token", token)) if value is None]
    if missing and (session.no_input or not sys.stdin.isatty()):
        raise InputError(
            N_("missing, and there is no terminal to ask at"),
            where=", ".join(missing),
            fix=N_("write: crmclean init --url demo.amocrm.ru --token env:AMO_TOKEN"),
        )


def _settled_url(crm: str, text: str) -> str:
    from dedupe.config import address_problem, complete_address
    from dedupe.config.addresses import normal_address

    url = complete_address(crm, text)
    problem = address_problem(crm, url)
    if problem is not None:
        raise ConfigError(N_("{reason}"), where="--url", reason=problem)
    return normal_address(url)


def _settled_place(text: str) -> Place:
    from dedupe.config import read_place

    place = read_place(text)
    if place is None:
        raise ConfigError(
            N_("env:NAME, file:PATH, credential:NAME or keyring is meant, the place of the secret"),
            where="--token",
            fix=N_("a token that was typed here is in the shell's history: replace it"),
        )
    return place


def _asked_url(crm: str) -> str:
    question = tr(N_("The account's address, such as demo.amocrm.ru"))
    while True:
        try:
            return _settled_url(crm, click.prompt(question, err=True))
        except ConfigError as error:
            click.echo(str(error), err=True)


def _asked_place(name: str) -> Place:
    question = tr(N_("Where to keep the token: keyring, file:PATH or env:NAME"))
    default = _default_place(name)
    while True:
        try:
            return _settled_place(click.prompt(question, default=default, err=True))
        except ConfigError as error:
            click.echo(str(error), err=True)


def _default_place(name: str) -> str:
    """Return the safest place there is: the keyring where one encrypts, else a file of ours."""
    import platformdirs

    from dedupe.crm.signin.keyrings import keyring_name

    try:
        keyring_name()
        return "keyring"
    except ConfigError:
        pass
    try:
        return f"file:{Path(platformdirs.user_config_dir('crmclean')) / name}.token"
    except RuntimeError:  # a user without a home
        return "env:AMO_TOKEN"


def _write(path: Path, text: str, force: bool) -> None:
    """Write the file whole or not at all; without `force`, never over one that came meanwhile."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
        try:
            _put(beside, path, force)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            N_("can't be written ({reason})"),
            where=str(path),
            fix=N_("name another file with --config"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error


def _put(beside: Path, path: Path, force: bool) -> None:
    if not force:
        try:
            path.hardlink_to(beside)
            return
        except OSError:  # it came meanwhile, or the file system has no links
            _check_free(path, force)
    beside.replace(path)


def _tell(session: Session, path: Path, name: str, place: Place) -> None:
    from dedupe.config import PlaceKind

    login = "status" if place.kind in (PlaceKind.ENV, PlaceKind.CREDENTIAL) else "login"
    command = f"crmclean auth {login}"
    if session.profile is not None:
        command += f" -p {name}"
    if session.config_path is not None:
        command += f" --config {path}"
    if session.is_json:
        document = {"schema": SCHEMA, "config": str(path), "profile": name, "next": command}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(tr(N_("Written: {path}"), path=path))
    if place.kind is PlaceKind.ENV:
        click.echo(tr(N_("Set the variable {variable} to the token."), variable=place.name))
    click.echo(tr(N_("Next: {command}"), command=command))


def _key(name: str) -> str:
    is_bare = name.isascii() and all(c.isalnum() or c in "-_" for c in name)
    return name if is_bare else _quoted(name)


def _quoted(text: str) -> str:
    # A JSON text without escaped slashes or DEL is a TOML text.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

"""`crmclean sandbox`: serve a snapshot, or the demo account, as a local CRM."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, count, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupe.contracts import Account
    from dedupe.sandbox import Fault, Sandbox

_HIGHEST_PORT = 65_535


@click.command(
    cls=Command,
    help=N_(
        "Serve an account on this machine the way amoCRM's API is documented: to try crmclean and "
        "your own programs on, with the real limit of requests and with faults on demand. Without "
        "SNAPSHOT it is the demo account, whose people are all fictional. Nothing leaves this "
        "machine and SNAPSHOT is not changed."
    ),
    short_help=N_("Serve a snapshot or the demo account as a local CRM."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean sandbox --scale 0.1\n"
        "  crmclean sandbox snapshot/ --port 8080 --effects effects.jsonl"
    ),
)
@click.argument("snapshot", type=FOLDER, required=False, metavar="[SNAPSHOT]")
@click.option(
    "--port",
    type=click.IntRange(0, _HIGHEST_PORT),
    default=0,
    show_default=True,
    cls=Option,
    help=N_("The port of 127.0.0.1 to serve on; 0 takes any that is free."),
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    cls=Option,
    help=N_("Requests in any second before it answers 429; 0 is no limit."),
)
@click.option(
    "--scale",
    type=click.FloatRange(min=0.001, max=100),
    default=1.0,
    show_default=True,
    cls=Option,
    help=N_("The demo account's size; 0.1 is a tenth."),
)
@click.option(
    "--seed",
    type=int,
    default=20200607,
    show_default=True,
    cls=Option,
    help=N_("Another seed is another demo account, and other throws of the faults' dice."),
)
@click.option(
    "--history", is_flag=True, cls=Option, help=N_("Give the demo account notes and events too.")
)
@click.option(
    "--faults",
    "faults_path",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("What shall go wrong with which requests: a JSON list of faults."),
)
@click.option(
    "--effects",
    "effects_path",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Add a line of JSON for every change of the account to FILE."),
)
@click.option(
    "--token",
    default="sandbox",
    show_default=True,
    cls=Option,
    metavar="TEXT",
    help=N_("The access token that is taken."),
)
@with_session
def sandbox(
    session: Session,
    snapshot: Path | None,
    port: int,
    limit: int,
    scale: float,
    seed: int,
    history: bool,
    faults_path: Path | None,
    effects_path: Path | None,
    token: str,
) -> None:
    """Serve until interrupted, then say what was asked for."""
    from dedupe.sandbox import Limit, Sandbox

    faults = _faults(faults_path)
    account = _account(session, snapshot, scale, seed, history=history)
    with Sandbox(
        account,
        port=port,
        limit=Limit(n=limit),
        faults=faults,
        seed=seed,
        tokens={_checked(token): None},
        effects=effects_path,
    ) as served:
        _show(session, served, token)
        with contextlib.suppress(KeyboardInterrupt):  # the usual end of a server
            served.wait()
        _tell(session, served)


def _account(
    session: Session, snapshot: Path | None, scale: float, seed: int, *, history: bool
) -> Account:
    if snapshot is not None:
        from dedupe.snapshot import open_snapshot

        return open_snapshot(snapshot)
    from dedupe.sandbox.demo import ON_REQUEST, build_demo

    account = build_demo(scale=scale, seed=seed, extras=ON_REQUEST if history else ()).account
    session.say(tr(N_("This is the demo account; all its people are fictional.")))
    return account


def _faults(path: Path | None) -> Sequence[Fault]:
    if path is None:
        return ()
    from dedupe.sandbox import read_faults

    try:
        return read_faults(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error


def _checked(token: str) -> str:
    if token and token.isascii() and token.isprintable() and " " not in token:
        return token
    raise InputError(
        N_("a token is made of Latin letters, digits and signs, without spaces"),
        where="--token",
        fix=N_("choose another one"),
    )


def _show(session: Session, served: Sandbox, token: str) -> None:
    if session.is_json:
        import json

        told = {"schema": "crmclean.sandbox/1", "crm": "amocrm", "url": served.url, "token": token}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"url = {served.url}\ntoken = {token}")
    session.say(
        tr(
            N_(
                "To use it, write into crmclean.toml:\n\n"
                "  [profiles.sandbox]\n"
                '  crm = "amocrm"\n'
                '  url = "{url}"\n'
                '  token = "env:SANDBOX_TOKEN"\n\n'
                "and in another window: SANDBOX_TOKEN={token} crmclean scan -p sandbox\n"
                "Ctrl-C ends it."
            ),
            url=served.url,
            token=token,
        )
    )


def _tell(session: Session, served: Sandbox) -> None:
    seen = served.requests
    session.say(
        tr(
            N_("Requests: {n}; over the limit: {refused}; changes of the account: {changes}."),
            n=count(seen["n"]),
            refused=count(seen["n_429"]),
            changes=count(len(served.log)),
        )
    )

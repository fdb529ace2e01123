"""`crmclean auth`: sign in to an account, look at the sign-in, forget it."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cli.options import Session, shared_options, with_session
from cli.words import Command
from dedupe.errors import InputError, RemoteError, SignInError
from dedupe.language import N_, date_time, tr

if TYPE_CHECKING:
    from dedupe.config import Profile
    from dedupe.crm.signin import Standing

SCHEMA = "crmclean.auth/1"
MAX_PASTE = 64 * 1024


class AuthGroup(Command, click.Group):
    """The group of the sign-in's commands."""


@click.group(
    cls=AuthGroup,
    help=N_(
        "Sign in to an account of the config, see who is signed in, or forget the sign-in. A token "
        "is kept where the profile's `token` says, and never shown."
    ),
    short_help=N_("Sign in to a CRM account, and see as whom."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean auth login                 asks for the token, or for OAuth's code\n"
        "  crmclean auth login < token.txt     the same without a terminal\n"
        "  crmclean auth status --format json\n"
        "  crmclean auth logout -p main"
    ),
)
@shared_options
def auth(**options: object) -> None:
    """Take the shared options; the commands below read them from the context."""


@auth.command(
    cls=Command,
    help=N_(
        "Sign in: takes the long-lived token of an integration (or OAuth's code, where the profile "
        "names client_id), proves it against the CRM and keeps it."
    ),
    short_help=N_("Take a token, prove it and keep it."),
    epilog=N_("Examples:\n\n\b\n  crmclean auth login\n  crmclean auth login -p main < token.txt"),
)
@with_session
def login(session: Session) -> None:
    """Take the token or the code, prove it, keep it, show as whom."""
    from dedupe.crm.signin import is_oauth

    name, profile = _profile(session)
    if is_oauth(profile):
        _login_by_consent(session, name, profile)
        standing = _standing(session, name, profile)
    else:
        standing = _login_by_token(session, name, profile)
    _show(session, _document(session, name, profile, standing))
    session.say(tr(N_("Next: crmclean pull -p {name}"), name=name))


@auth.command(
    cls=Command,
    help=N_("Show who is signed in, to which account, until when, and what they may see."),
    short_help=N_("Who is signed in, and with what rights."),
    epilog=N_(
        "Examples:\n\n\b\n  crmclean auth status\n  crmclean auth status -p main --format json"
    ),
)
@with_session
def status(session: Session) -> None:
    """Ask the CRM who we are; exit with 7 when it refuses."""
    name, profile = _profile(session)
    try:
        standing = _standing(session, name, profile)
    except SignInError as error:
        if session.is_json:
            _show(session, _document(session, name, profile, None, str(error)))
        raise
    _show(session, _document(session, name, profile, standing))
    session.say(tr(N_("Next: crmclean pull -p {name}"), name=name))


@auth.command(
    cls=Command,
    help=N_(
        "Remove the stored sign-in from this machine. The token stays good until it ends or is "
        "revoked on the integration's page of the CRM."
    ),
    short_help=N_("Forget the stored sign-in."),
    epilog=N_("Examples:\n\n\b\n  crmclean auth logout\n  crmclean auth logout -p main"),
)
@with_session
def logout(session: Session) -> None:
    """Remove what `login` kept."""
    from dedupe.crm.signin import account_host, forget

    name, profile = _profile(session)
    host = account_host(name, profile)
    was_there = forget(name, profile, session.state())
    if session.is_json:
        document = {"schema": SCHEMA, "profile": name, "host": host, "signed_in": False}
        click.echo(json.dumps(document | {"removed": was_there}, ensure_ascii=False, indent=1))
    if not was_there:
        session.say(tr(N_("{host}: nobody was signed in"), host=host))
        return
    session.say(
        tr(
            N_(
                "{host}: forgotten on this machine; revoke the token on the integration's page of "
                "the CRM if nobody is to use it"
            ),
            host=host,
        )
    )
    session.say(tr(N_("Next: crmclean auth login -p {name}"), name=name))


def _profile(session: Session) -> tuple[str, Profile]:
    from dedupe.config import select_profile
    from dedupe.crm.signin import account_host

    name, profile = select_profile(session.config(), session.profile)
    account_host(name, profile)  # raises for a profile of files
    return name, profile


def _login_by_token(session: Session, name: str, profile: Profile) -> Standing:
    from dedupe.crm.signin import (
        LongLivedToken,
        account_host,
        check_place,
        clean_secret,
        connect,
        fetch_standing,
        keep_token,
    )

    check_place(profile)
    token = clean_secret(_asked(session, N_("Long-lived token"), hidden=True), "token")
    host = account_host(name, profile)
    connection = connect(
        name, profile, session.state(), LongLivedToken(lambda: token, host), os.environ
    )
    try:
        standing = fetch_standing(connection)
    finally:
        connection.close()
    keep_token(name, profile, session.state(), token)
    return standing


def _login_by_consent(session: Session, name: str, profile: Profile) -> None:
    import secrets

    from dedupe.crm.signin import (
        account_folder,
        consent_address,
        keep_tokens,
        read_code,
        spend_code,
        token_endpoint,
    )

    endpoint = token_endpoint(name, profile, os.environ)
    account_folder(session.state(), name)  # a code works once: what could refuse refuses now
    state = secrets.token_urlsafe(16)
    address = consent_address(profile.url or "", profile.client_id or "", state)
    click.echo(tr(N_("Open this address and let the integration in:")), err=True)
    click.echo(f"  {address}", err=True)
    pasted = _asked(session, N_("The address you came back to, or its code"), hidden=False)
    code = read_code(pasted, state=state, host=endpoint.host)
    keep_tokens(name, session.state(), spend_code(endpoint, code))


def _asked(session: Session, question: str, *, hidden: bool) -> str:
    """Return what is typed at the terminal, else what stdin holds."""
    if not sys.stdin.isatty():
        return sys.stdin.buffer.read(MAX_PASTE).decode("utf-8", "replace")
    if session.no_input:
        raise InputError(
            N_("there is nothing on it, and --no-input forbids to ask"),
            where="stdin",
            fix=N_("give it on stdin: crmclean auth login < FILE"),
        )
    answer: str = click.prompt(tr(question), hide_input=hidden, err=True)
    return answer


def _standing(session: Session, name: str, profile: Profile) -> Standing:
    """Ask the CRM who we are. Raises SignInError, also where the account has moved."""
    from dedupe.crm.signin import MovedError, connect, fetch_standing, moved_error, token_source

    tokens = token_source(name, profile, session.state(), os.environ)
    connection = connect(name, profile, session.state(), tokens, os.environ)
    try:
        return fetch_standing(connection)
    except (RemoteError, MovedError) as error:
        moved = moved_error(name, profile, session.state(), os.environ)
        raise moved or error from error
    finally:
        connection.close()


def _document(
    session: Session, name: str, profile: Profile, standing: Standing | None, reason: str = ""
) -> dict[str, Any]:
    from dedupe.crm.signin import account_host, token_facts

    facts = token_facts(name, profile, session.state(), os.environ)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "profile": name,
        "crm": profile.crm,
        "host": account_host(name, profile),
        "token": {
            "kind": facts.kind,
            "place": facts.place,
            "expires_at": None if facts.expires_at is None else facts.expires_at.isoformat(),
        },
        "signed_in": standing is not None,
        "reason": reason or None,
        "account": None,
        "user": None,
    }
    return document if standing is None else document | _told(standing)


def _told(standing: Standing) -> dict[str, Any]:
    return {
        "account": {
            "id": standing.account_id,
            "name": standing.account_name,
            "subdomain": standing.subdomain,
            "country": standing.country,
            "timezone": standing.timezone,
            "has_filters": standing.has_filters,
        },
        "user": {
            "id": standing.user_id,
            "name": standing.user_name,
            "is_admin": standing.is_admin,
            "is_active": standing.is_active,
            "sees_all": standing.sees_all,
            "limited": None if standing.limited is None else list(standing.limited),
        },
    }


def _show(session: Session, document: dict[str, Any]) -> None:
    if session.is_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    rows = list(_rows(document))
    wide = max(len(label) for label, _ in rows)
    for label, text in rows:
        click.echo(f"{label:{wide}}  {text}")


def _rows(document: dict[str, Any]) -> list[tuple[str, str]]:
    account, user, token = document["account"], document["user"], document["token"]
    who = f"{user['name']} ({user['id']})" if user["name"] else user["id"]
    return [
        (tr(N_("Account")), f"{account['name']} ({account['id']}), {document['host']}"),
        (tr(N_("Signed in as")), who),
        (tr(N_("Rights")), rights_text(user["is_admin"], user["limited"])),
        (tr(N_("Token")), f"{_kind(token['kind'])}, {token['place']}"),
        (tr(N_("Good until")), expiry_text(token)),
        (tr(N_("Filters by change")), _filters(account["has_filters"])),
    ]


def rights_text(is_admin: bool | None, limited: list[str] | None) -> str:
    """Say what the user may see."""
    if limited is None:
        return tr(N_("not told: only administrators may ask"))
    if is_admin:
        return tr(N_("administrator, sees everything"))
    if not limited:
        return tr(N_("sees every contact, company and deal"))
    names = ", ".join(limited)
    return tr(N_("sees only a part of: {names}; counts will be too low"), names=names)


def expiry_text(token: dict[str, Any]) -> str:
    """Say until when the token is good."""
    if token["kind"] == "oauth":
        return tr(N_("renewed by itself while it is used at least every three months"))
    if token["expires_at"] is None:
        return tr(N_("the token does not say"))
    until = datetime.fromisoformat(token["expires_at"])
    days = (until - datetime.now(UTC)).days
    return tr(N_("{until} UTC, in {days} days"), until=date_time(until), days=days)


def _kind(kind: str) -> str:
    return tr(N_("OAuth pair")) if kind == "oauth" else tr(N_("long-lived token"))


def _filters(has_filters: bool) -> str:
    if has_filters:
        return tr(N_("yes: a repeated pull asks for changes alone"))
    return tr(N_("no: a repeated pull walks back to known ground"))

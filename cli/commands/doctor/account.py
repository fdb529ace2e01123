"""The checks of one profile: its token, its sign-in, the clock, the rights, the filters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.errors import CrmCleanError, RemoteError
from dedupe.language import N_, count, date_time, tr

from .check import ERROR, OK, SKIPPED, WARNING, Check, from_error

if TYPE_CHECKING:
    from dedupe.config import Profile
    from dedupe.crm.signin import Standing
    from dedupe.crm.signin.access import Source

SOON_DAYS = 14
SKEWED_S = 60.0  # from here a warning; a pull of changes reads by the server's clock


def account_checks(
    session: Session, name: str, profile: Profile, *, offline: bool
) -> Iterator[Check]:
    """Yield what can be said of a profile, up to its first error."""
    if profile.crm == "files":
        yield _files(name, profile)
        return
    from dedupe.crm.signin import is_oauth, token_source

    try:
        source = token_source(name, profile, session.state(), os.environ)
        if not (offline and is_oauth(profile)):  # an OAuth source may renew, and so send
            source.token()
    except CrmCleanError as error:
        yield from_error("token", error, name)
        return
    yield _token(session, name, profile)
    if offline:
        yield Check(
            code="sign_in", status=SKIPPED, text=tr(N_("not asked: --offline")), profile=name
        )
        return
    yield from _online(session, name, profile, source)


def _files(name: str, profile: Profile) -> Check:
    path = Path(profile.path or "").expanduser()
    if path.exists():
        text = tr(N_("files in {path}"), path=path)
        return Check(code="files", status=OK, text=text, profile=name)
    return Check(
        code="files",
        status=ERROR,
        text=tr(N_("there is no {path}"), path=path),
        fix=tr(N_("correct path in the config")),
        profile=name,
        exit_code=2,
    )


def _token(session: Session, name: str, profile: Profile) -> Check:
    from dedupe.crm.signin import token_facts

    known = token_facts(name, profile, session.state(), os.environ)
    until = known.expires_at
    facts = {
        "kind": known.kind,
        "place": known.place,
        "expires_at": until.isoformat() if until else None,
    }
    if until is None:
        text = tr(N_("token from {place}"), place=known.place)
        return Check(code="token", status=OK, text=text, profile=name, facts=facts)
    days = (until - datetime.now(UTC)).total_seconds() / 86_400
    text = tr(
        N_("token from {place}, good until {until} UTC"), place=known.place, until=date_time(until)
    )
    if days >= SOON_DAYS:
        return Check(code="token", status=OK, text=text, profile=name, facts=facts)
    return Check(
        code="token",
        status=WARNING if days > 0 else ERROR,
        text=text,
        fix=tr(N_("make a new token on the integration's page, then run: crmclean auth login")),
        profile=name,
        exit_code=0 if days > 0 else 7,
        facts=facts,
    )


def _online(session: Session, name: str, profile: Profile, source: Source) -> Iterator[Check]:
    from dedupe.crm.signin import connect, fetch_standing

    try:
        connection = connect(name, profile, session.state(), source, os.environ)
        try:
            standing = fetch_standing(connection)
        finally:
            connection.close()
    except CrmCleanError as error:
        yield from_error("sign_in", _moved(session, name, profile, error) or error, name)
        return
    yield _sign_in(name, standing)
    yield _clock(name, standing)
    yield _rights(name, standing)
    yield _filters(name, standing)


def _moved(
    session: Session, name: str, profile: Profile, error: CrmCleanError
) -> CrmCleanError | None:
    from dedupe.crm.signin import MovedError, moved_error

    if not isinstance(error, RemoteError | MovedError):
        return None
    try:
        return moved_error(name, profile, session.state(), os.environ)
    except CrmCleanError:  # the first error says more
        return None


def _sign_in(name: str, standing: Standing) -> Check:
    text = tr(
        N_("signed in to {account} ({id}) as {user}"),
        account=standing.account_name,
        id=standing.account_id,
        user=standing.user_name or standing.user_id,
    )
    facts = {"account_id": standing.account_id, "user_id": standing.user_id}
    return Check(code="sign_in", status=OK, text=text, profile=name, facts=facts)


def _clock(name: str, standing: Standing) -> Check:
    if standing.offset_s is None:
        text = tr(N_("the server does not tell its time"))
        return Check(code="clock", status=SKIPPED, text=text, profile=name)
    facts = {"offset_s": round(standing.offset_s, 1)}
    seconds = count(round(abs(standing.offset_s)))
    if abs(standing.offset_s) <= SKEWED_S:
        text = tr(N_("the clock agrees with the server's within {seconds} s"), seconds=seconds)
        return Check(code="clock", status=OK, text=text, profile=name, facts=facts)
    return Check(
        code="clock",
        status=WARNING,
        text=tr(N_("this clock is {seconds} s off the server's"), seconds=seconds),
        fix=tr(N_("set the machine's clock")),
        profile=name,
        facts=facts,
    )


def _rights(name: str, standing: Standing) -> Check:
    from cli.commands.auth import rights_text

    limited = None if standing.limited is None else list(standing.limited)
    text = rights_text(standing.is_admin, limited)
    facts = {"is_admin": standing.is_admin, "sees_all": standing.sees_all}
    if standing.sees_all:
        return Check(code="rights", status=OK, text=text, profile=name, facts=facts)
    return Check(
        code="rights",
        status=WARNING,
        text=text,
        fix=tr(N_("for a whole audit sign in with an administrator's token")),
        profile=name,
        facts=facts,
    )


def _filters(name: str, standing: Standing) -> Check:
    facts = {"has_filters": standing.has_filters}
    text = (
        tr(N_("the account has the filters add-on"))
        if standing.has_filters
        else tr(N_("no filters add-on: a repeated pull walks from the newest change back"))
    )
    return Check(code="filters", status=OK, text=text, profile=name, facts=facts)

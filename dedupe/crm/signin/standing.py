"""Who we are in an account and what we may see: two requests, for `auth status` and `doctor`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from dedupe.config.values import REQUESTS_PER_S
from dedupe.crm.http import Refused, RequestWindow, Transport, proxy_for
from dedupe.errors import CrmCleanError, RemoteError, SignInError
from dedupe.language import N_

from .endpoint import MovedError
from .folder import account_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dedupe.config import Profile
    from dedupe.crm.http import Answer

    from .access import Source

SEEN = ("contacts", "companies", "leads")


class Getter(Protocol):
    """What asks the CRM; see `dedupe.crm.http.Transport`."""

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """Return the answer to one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The account, the user, and the user's rights; None where the CRM does not tell.

    `limited` names the entities of which the user may not see everything. `offset_s` is
    how far the server's clock is ahead of ours.
    """

    account_id: str
    account_name: str
    subdomain: str
    country: str
    timezone: str
    has_filters: bool
    user_id: str
    user_name: str | None = None
    is_admin: bool | None = None
    is_active: bool | None = None
    limited: tuple[str, ...] | None = None
    offset_s: float | None = None

    @property
    def sees_all(self) -> bool | None:
        """Tell whether the user sees every contact, company and deal."""
        return None if self.limited is None else not self.limited


def connect(
    name: str, profile: Profile, state: Path, tokens: Source, environ: Mapping[str, str]
) -> Transport:
    """Return a connection to the profile's account that only reads, within the CRM's limit.

    `environ` may name a proxy.
    """
    url = profile.url or ""
    window = RequestWindow(account_folder(state, name) / "rate", REQUESTS_PER_S)
    return Transport(url, tokens, window, read_only=True, proxy=proxy_for(url, environ))


def fetch_standing(
    connection: Getter, wall: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Standing:
    """Ask who we are. Raises SignInError where we are not let in, RemoteError without an answer."""
    from dedupe.crm.amocrm import ACCOUNT_PARAMS, ACCOUNT_PATH, read_account

    try:
        answer = connection.get(ACCOUNT_PATH, ACCOUNT_PARAMS)
    except Refused as error:
        raise _kept_out(error) from error
    offset = None if answer.date is None else (answer.date - wall()).total_seconds()
    facts = read_account(answer.body)
    user = _user(connection, facts.current_user_id) if facts.current_user_id else {}
    return Standing(
        account_id=facts.id,
        account_name=_plain(facts.name),
        subdomain=_plain(facts.subdomain),
        country=facts.country,
        timezone=facts.timezone,
        has_filters=facts.has_filters,
        user_id=facts.current_user_id,
        offset_s=offset,
        **_rights(user),
    )


def _kept_out(error: Refused) -> CrmCleanError:
    """Return what a refusal of the very first question means."""
    if error.status == 404:
        return MovedError(error.where)
    if error.status == 403:
        return SignInError(
            N_("the CRM does not let this token in (403)"),
            where=error.where,
            fix=N_("check the integration's rights and its user, then run: crmclean auth login"),
        )
    return error


def _user(connection: Getter, user_id: str) -> Mapping[str, Any]:
    """Return the user as the CRM tells it; empty where it does not tell everyone."""
    try:
        body = connection.get(f"/api/v4/users/{user_id}").body
    except Refused:  # only administrators may ask, and no external integration
        return {}
    try:
        user = msgspec.json.decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _odd_user() from error
    if not isinstance(user, dict):
        raise _odd_user()
    return user


def _odd_user() -> RemoteError:
    return RemoteError(
        N_("the answer about the user is not of the documented shape"),
        where="/api/v4/users",
        fix=N_("run again; if it stays so, report it"),
    )


def _rights(user: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of Standing that are about the user; empty where nothing is known."""
    rights = user.get("rights")
    if not isinstance(rights, dict):
        return {}
    name = user.get("name")
    is_admin, is_active = rights.get("is_admin") is True, rights.get("is_active")
    return {
        "user_name": _plain(name) if isinstance(name, str) else None,
        "is_admin": is_admin,
        "is_active": is_active if isinstance(is_active, bool) else None,
        "limited": () if is_admin else tuple(e for e in SEEN if not _sees_all(rights.get(e))),
    }


def _plain(text: str) -> str:
    """Return `text` as a terminal may show it: no control characters, of no great length."""
    return "".join(c for c in text[:200] if c.isprintable())


def _sees_all(rights: object) -> bool:
    return isinstance(rights, dict) and rights.get("view") == "A"

"""Where a profile's sign-in is kept, and how it is made, read and forgotten.

An OAuth pair, and a long-lived token for which no place is named, live in the
account's folder; any other long-lived token lives where `token` says.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from dedupe.config import Place, PlaceKind, Profile, read_place
from dedupe.crm.http import hide, proxy_for
from dedupe.errors import ConfigError, CrmCleanError, RemoteError, SignInError
from dedupe.language import N_

from .claims import read_claims
from .clock import Now, now
from .folder import account_folder, account_place
from .secret import clean_secret, delete_secret, environment_error, read_secret, write_secret
from .sources import LongLivedToken, OAuthTokens, Sleep, moved_to
from .store import Tokens, TokenStore

if TYPE_CHECKING:
    import httpx

    from .endpoint import TokenEndpoint

STATE = Place(PlaceKind.STATE)
_log = logging.getLogger(__name__)


class Source(Protocol):
    """The access token to send, and another one when it is refused; see `dedupe.crm.http`."""

    def token(self) -> str:
        """Return the access token to send now."""

    def renew(self, stale: str) -> str:
        """Return another one after the CRM refused `stale`."""


def token_source(
    name: str,
    profile: Profile,
    state: Path,
    environ: Mapping[str, str],
    *,
    transport: httpx.BaseTransport | None = None,
    instant: Now = now,
    sleep: Sleep = time.sleep,
) -> Source:
    """Return what gives the access token of the profile `name`; nothing is sent yet.

    Raises ConfigError or StorageError where the settings or the account's folder are at
    fault; a token that is missing or refused is told when it is asked for. `transport` stands
    in for the network of the token endpoint; `sleep` waits while that is busy.
    """
    host = account_host(name, profile)
    if is_oauth(profile):
        endpoint = token_endpoint(name, profile, environ, transport=transport, instant=instant)
        store = TokenStore(account_folder(state, name))
        return OAuthTokens(store, endpoint, instant=instant, sleep=sleep)
    place = token_place(profile)
    where = host if place.kind is PlaceKind.STATE else str(place)
    return LongLivedToken(lambda: _long_lived(name, profile, state, environ, host), where)


def account_host(name: str, profile: Profile) -> str:
    """Return the host of the profile's account. Raises ConfigError where there is none."""
    if profile.crm == "files" or profile.url is None:
        raise ConfigError(
            N_("this profile is of files; it has no account to sign in to"),
            where=f"profiles.{name}",
            fix=N_("name another profile with -p"),
        )
    return urlsplit(profile.url).netloc


def is_oauth(profile: Profile) -> bool:
    """Tell whether the profile signs in through an OAuth integration."""
    return profile.client_id is not None


def token_place(profile: Profile) -> Place:
    """Return where the profile's access token is kept."""
    if profile.token is None:
        return STATE
    place = read_place(profile.token)
    if place is None:
        raise ConfigError(
            N_("env:NAME, file:PATH, credential:NAME or keyring is meant, the place of the secret"),
            where="token",
        )
    return place


def token_endpoint(
    name: str,
    profile: Profile,
    environ: Mapping[str, str],
    *,
    transport: httpx.BaseTransport | None = None,
    instant: Now = now,
) -> TokenEndpoint:
    """Return the account's token endpoint. Raises ConfigError as its secret's place does."""
    from .endpoint import Integration, TokenEndpoint

    host = account_host(name, profile)
    place = read_place(profile.client_secret or "")
    if profile.client_id is None or profile.redirect_uri is None or place is None:
        raise ConfigError(
            N_("OAuth needs client_id, client_secret and redirect_uri"), where=f"profiles.{name}"
        )
    secret = _client_secret(place, name, host, environ)
    hide(secret)
    integration = Integration(
        client_id=profile.client_id, client_secret=secret, redirect_uri=profile.redirect_uri
    )
    return TokenEndpoint(
        profile.url or "",
        integration,
        proxy=proxy_for(profile.url or "", environ),
        transport=transport,
        instant=instant,
    )


def spend_code(endpoint: TokenEndpoint, code: str) -> Tokens:
    """Spend an authorization code. Raises SignInError or RemoteError; it is spent in any case."""
    from .endpoint import LostAnswerError, RefusedGrantError

    again = N_("open the address once more: a code works once, for 20 minutes")
    try:
        return endpoint.exchange(code)
    except RefusedGrantError:
        raise SignInError(
            N_("the CRM does not accept the code"), where=endpoint.host, fix=again
        ) from None
    except LostAnswerError:
        raise RemoteError(
            N_("the answer to the sign-in was lost"), where=endpoint.host, fix=again
        ) from None


def moved_error(
    name: str, profile: Profile, state: Path, environ: Mapping[str, str]
) -> SignInError | None:
    """Return the error that tells the account's new address, None where it has none."""
    if not is_oauth(profile) or not account_place(state, name).is_dir():
        return None
    tokens = TokenStore(account_place(state, name)).load()
    if tokens is None:
        return None
    return moved_to(token_endpoint(name, profile, environ), tokens)


def keep_token(name: str, profile: Profile, state: Path, token: str) -> None:
    """Keep a long-lived token where the profile says. Raises ConfigError or StorageError."""
    place, host = token_place(profile), account_host(name, profile)
    if place.kind is not PlaceKind.STATE:
        write_secret(place, _user(name, host), token)
        return
    keep_tokens(name, state, Tokens(host=host, received=now(), access=token))


def keep_tokens(name: str, state: Path, tokens: Tokens) -> None:
    """Keep a sign-in in the account's folder."""
    store = TokenStore(account_folder(state, name))
    with store.locked():
        store.save(tokens)


def check_place(profile: Profile) -> None:
    """Raise ConfigError now where a token could not be kept later."""
    place = token_place(profile)
    if place.kind in (PlaceKind.ENV, PlaceKind.CREDENTIAL):
        raise environment_error(place)
    if place.kind is PlaceKind.KEYRING:
        from .keyrings import keyring_name

        keyring_name()


def forget(name: str, profile: Profile, state: Path) -> bool:
    """Remove the stored sign-in of the profile; tell whether there was one.

    The token itself stays good until it ends or is revoked in the CRM.
    """
    place, host = token_place(profile), account_host(name, profile)
    if not is_oauth(profile) and place.kind is not PlaceKind.STATE:
        return delete_secret(place, _user(name, host))
    if not account_place(state, name).is_dir():
        return False
    store = TokenStore(account_folder(state, name))
    with store.locked():
        return store.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What may be told of a sign-in: its kind, its place and its end, never the token."""

    kind: str  # oauth | long_lived
    place: str
    expires_at: datetime | None


def token_facts(name: str, profile: Profile, state: Path, environ: Mapping[str, str]) -> TokenFacts:
    """Return what may be told of the profile's sign-in, also where there is none yet."""
    store = TokenStore(account_place(state, name))
    place = token_place(profile)
    expires_at = None
    if not is_oauth(profile):
        try:
            token = _long_lived(name, profile, state, environ, account_host(name, profile))
            expires_at = read_claims(token).expires_at
        except CrmCleanError:
            _log.debug("no token to tell of at %s", place)
    return TokenFacts(
        kind="oauth" if is_oauth(profile) else "long_lived",
        place=str(store.path) if place.kind is PlaceKind.STATE else str(place),
        expires_at=expires_at,
    )


def _client_secret(place: Place, name: str, host: str, environ: Mapping[str, str]) -> str:
    try:
        return read_secret(place, f"{_user(name, host)} client_secret", environ)
    except SignInError:
        raise ConfigError(
            N_("there is no client_secret"),
            where=str(place),
            fix=N_("copy it there from the integration's page"),
        ) from None


def _long_lived(
    name: str, profile: Profile, state: Path, environ: Mapping[str, str], host: str
) -> str:
    place = token_place(profile)
    if place.kind is not PlaceKind.STATE:
        return read_secret(place, _user(name, host), environ)
    tokens = TokenStore(account_place(state, name)).load()
    if tokens is None or tokens.host != host:
        raise SignInError(
            N_("nobody is signed in yet"), where=host, fix=N_("run: crmclean auth login")
        )
    return clean_secret(tokens.access, host)


def _user(name: str, host: str) -> str:
    # The host as well: another config may give the name to another account.
    return f"{name}@{host}"

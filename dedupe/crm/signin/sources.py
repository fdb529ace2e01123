"""The access token to send now, from each way to sign in.

A long-lived token is read from its place and never renewed. An OAuth pair is renewed
with a refresh token that works once, so the new pair is on disk before it is used, and
one process at a time renews:

    lock -> read again (another may have done it) -> take room on the disk -> note the
    intent -> ask -> write, sync, rename, sync -> clear the intent -> use

When the answer is lost, the old token is tried exactly once more: should it have been
spent, its pair is lost anyway. A process that finds the intent of one that died makes
that one try. A server that is busy (429, 503) has surely not spent it: it is asked again
twice, after the pause it asks for, while no answer was lost. The intent is cleared before
each pause, as a kill in it loses nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from dedupe.crm.http.redaction import hide
from dedupe.errors import RemoteError, SignInError
from dedupe.language import N_

from .clock import Instant, Now, now
from .endpoint import BusyError, LostAnswerError, MovedError
from .store import Tokens, TokenStore

_LOG_IN = N_("run: crmclean auth login")
_JUST_GIVEN_S = 60.0  # a token refused so soon is not too old: another one would fare no better
_TRIES = 2
_BUSY_PAUSES_S = (2.0, 10.0)  # where the server asks for none
_LONGEST_BUSY_S = 60.0  # both pauses together: others wait for the lock meanwhile

Sleep = Callable[[float], object]


class Endpoint(Protocol):
    """What renewing asks of a token endpoint; see `endpoint.TokenEndpoint`."""

    host: str

    def refresh(self, refresh: str) -> Tokens:
        """Spend a refresh token."""

    def current_host(self, tokens: Tokens) -> str | None:
        """Return the host the account has now."""


def any_token() -> LongLivedToken:
    """Return a token for a local CRM that takes any."""
    return LongLivedToken(lambda: "local", "sandbox")


class LongLivedToken:
    """A token that a person made and a person replaces; `read` gets it from its place.

    `where` names the place in messages.
    """

    def __init__(self, read: Callable[[], str], where: str = "") -> None:
        self._read, self._where, self._guard = read, where, threading.Lock()
        self._token: str | None = None

    def token(self) -> str:
        """Return the token. Raises SignInError or ConfigError as its place does."""
        with self._guard:
            if self._token is None:
                self._token = self._fetched()
            return self._token

    def renew(self, stale: str) -> str:
        """Return what the place holds now, where it was replaced meanwhile, else SignInError."""
        with self._guard:
            self._token = self._fetched()
            if self._token == stale:
                raise SignInError(
                    N_("the CRM does not accept the token"),
                    where=self._where,
                    fix=N_(
                        "make a new long-lived token on the integration's page, then run: crmclean "
                        "auth login"
                    ),
                )
            return self._token

    def _fetched(self) -> str:
        token = self._read()
        hide(token)
        return token


class OAuthTokens:
    """The access token of an OAuth pair, renewed when its life ends or the CRM refuses it."""

    def __init__(
        self,
        store: TokenStore,
        endpoint: Endpoint,
        *,
        instant: Now = now,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._store, self._endpoint, self._now, self._sleep = store, endpoint, instant, sleep
        self._guard = threading.Lock()
        self._tokens: Tokens | None = None

    def token(self) -> str:
        """Return an access token with life left. Raises SignInError, RemoteError, StorageError."""
        with self._guard:
            if self._tokens is None:
                self._tokens = self._loaded()
            if self._tokens.is_spent(self._now()):
                self._tokens = self._renewed(self._tokens.access)
            return self._tokens.access

    def renew(self, stale: str) -> str:
        """Return another access token than `stale`, which the CRM refused."""
        with self._guard:
            if self._tokens is None or self._tokens.access == stale:
                self._tokens = self._renewed(stale)
            return self._tokens.access

    def _renewed(self, stale: str) -> Tokens:
        with self._store.locked():
            tokens, at = self._loaded(), self._now()
            if tokens.access != stale and not tokens.is_spent(at):
                return tokens
            self._check_age(tokens, at)
            with self._store.reserve() as room:
                fresh = self._asked(tokens, at)
                _hide(fresh)
                room.commit(fresh.encode())
            self._store.clear_intent()
        return fresh

    def _asked(self, tokens: Tokens, at: Instant) -> Tokens:
        """Spend the refresh token; a server that is busy is given time while that is safe."""
        left_s = _LONGEST_BUSY_S
        for usual_s in _BUSY_PAUSES_S:
            try:
                return self._asked_now(tokens, at)
            except BusyError as error:
                pause_s = error.pause_s or usual_s
                is_unsure = tokens.refresh is not None and self._store.has_intent(tokens.refresh)
                if is_unsure or pause_s > left_s:
                    raise
            left_s -= pause_s
            self._sleep(pause_s)
        return self._asked_now(tokens, at)

    def _asked_now(self, tokens: Tokens, at: Instant) -> Tokens:
        """Spend the refresh token, and once more where the first answer was lost."""
        refresh = tokens.refresh
        assert refresh is not None  # `_loaded` returns pairs alone
        is_unsure = self._store.has_intent(refresh)  # an earlier try may have spent it
        self._store.write_intent(refresh, at)
        for _ in range(1 if is_unsure else _TRIES):
            try:
                return self._endpoint.refresh(refresh)
            except LostAnswerError:
                is_unsure = True
            except SignInError as error:
                self._store.clear_intent()
                moved = moved_to(self._endpoint, tokens) if isinstance(error, MovedError) else None
                raise moved or error from None
            except RemoteError:  # this try surely did not spend it
                if not is_unsure:
                    self._store.clear_intent()
                raise
        raise self._lost()

    def _loaded(self) -> Tokens:
        tokens = self._store.load()
        if tokens is None or tokens.refresh is None:
            raise SignInError(N_("nobody is signed in yet"), where=self._endpoint.host, fix=_LOG_IN)
        if tokens.host != self._endpoint.host:
            raise SignInError(
                N_("the stored sign-in is for {other}"),
                where=self._endpoint.host,
                fix=_LOG_IN,
                other=tokens.host,
            )
        _hide(tokens)
        return tokens

    def _check_age(self, tokens: Tokens, at: Instant) -> None:
        life = tokens.expires_in_s or 0.0
        if 0 <= at.seconds_since(tokens.received) < min(_JUST_GIVEN_S, life / 2):
            raise SignInError(
                N_("the CRM refuses a token that it has just given"),
                where=self._endpoint.host,
                fix=N_("check that the integration is on and its user active, then log in again"),
            )

    def _lost(self) -> RemoteError:
        return RemoteError(
            N_("the answer to the renewal of the sign-in was lost"),
            where=self._endpoint.host,
            fix=N_("run again; if it is refused then, run: crmclean auth login"),
        )


def moved_to(endpoint: Endpoint, tokens: Tokens) -> SignInError | None:
    """Return the error that tells the account's new address, None where it has none."""
    host = endpoint.current_host(tokens)
    if host is None or host == endpoint.host:
        return None
    return SignInError(
        N_("the account's address is now {host}"),
        where=endpoint.host,
        fix=N_('set url = "https://{host}" in the config, then run: crmclean auth login'),
        host=host,
    )


def _hide(tokens: Tokens) -> None:
    hide(tokens.access)
    if tokens.refresh is not None:
        hide(tokens.refresh)

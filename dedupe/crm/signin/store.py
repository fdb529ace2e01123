"""What a sign-in leaves in the account's folder: tokens.json, refresh.intent, token.lock.

tokens.json holds one sign-in: a pair of OAuth tokens, or one long-lived token. It is
replaced whole. refresh.intent says, by a hash, which refresh token was about to be
spent when a process ended: its pair may be lost. token.lock is never removed; the
system frees it when its holder dies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from filelock import FileLock, Timeout

from dedupe.errors import LockedError, SignInError, StorageError
from dedupe.language import N_

from .clock import Instant
from .files import Reserved, read_private, remove_private, sweep, write_private

SCHEMA = "crmclean.tokens/1"
LOCK_TIMEOUT_S = 240.0  # requests and pauses of a minute each, and whoever waited before us
_LIFE_USED = 0.9  # a token is renewed in the last tenth of its life, before it is refused
_MAX_LIFE_S = 10 * 366 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One sign-in. A long-lived token has no `refresh`, and no `expires_in_s`."""

    host: str
    received: Instant
    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_in_s: float | None = None

    def is_spent(self, at: Instant) -> bool:
        """Tell whether the access token's life is over, or so nearly that it is not worth using."""
        if self.expires_in_s is None:
            return False
        return at.seconds_since(self.received) >= self.expires_in_s * _LIFE_USED

    def encode(self) -> bytes:
        """Return the content of tokens.json."""
        document = {
            "schema": SCHEMA,
            "host": self.host,
            "access_token": self.access,
            "refresh_token": self.refresh,
            "expires_in": self.expires_in_s,
            "received": {
                "boot": self.received.boot,
                "boot_s": self.received.boot_s,
                "wall_s": self.received.wall_s,
            },
        }
        return json.dumps(document, indent=1).encode("ascii") + b"\n"


class TokenStore:
    """The sign-in in one account's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tokens.json"
        self._intent = folder / "refresh.intent"
        self._lock = folder / "token.lock"

    @property
    def path(self) -> Path:
        """Return where the tokens are, for messages."""
        return self._path

    @contextmanager
    def locked(self, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
        """Keep other processes and threads from changing the sign-in. Raises LockedError."""
        lock = FileLock(self._lock, timeout=timeout_s, mode=0o600, fallback_to_soft=False)
        try:
            lock.acquire()
        except Timeout:
            raise LockedError(
                N_("another run is signing in"),
                where=str(self._lock),
                fix=N_("wait for it to end and run again"),
            ) from None
        except (OSError, NotImplementedError) as error:
            raise StorageError(
                N_("the folder's file system can't lock files"),
                where=str(self._lock),
                fix=N_("name a folder on a local disk with --state or $CRMCLEAN_STATE"),
            ) from error
        try:
            for name in (self._path.name, self._intent.name):  # what a killed process left
                sweep(self._path.parent, name)
            yield
        finally:
            lock.release()

    def load(self) -> Tokens | None:
        """Return the sign-in, None where there is none. Raises SignInError when it is damaged."""
        content = read_private(self._path)
        if content is None:
            return None
        tokens = _decoded(content)
        if tokens is None:
            raise SignInError(
                N_("the stored sign-in is damaged"),
                where=str(self._path),
                fix=N_("run: crmclean auth login"),
            )
        return tokens

    def reserve(self) -> Reserved:
        """Take the room for new tokens now. Raises StorageError on entry."""
        return Reserved(self._path)

    def save(self, tokens: Tokens) -> None:
        """Replace the sign-in, durably; what was begun with the old one is void."""
        write_private(self._path, tokens.encode())
        self.clear_intent()

    def clear(self) -> bool:
        """Forget the sign-in; tell whether there was one."""
        self.clear_intent()
        return remove_private(self._path)

    def write_intent(self, refresh: str, at: Instant) -> None:
        """Note, durably, that `refresh` is about to be spent."""
        document = {"old": _fingerprint(refresh), "at": int(at.wall_s)}
        write_private(self._intent, json.dumps(document).encode("ascii") + b"\n")

    def has_intent(self, refresh: str) -> bool:
        """Tell whether an earlier try with `refresh` never learned its outcome."""
        content = read_private(self._intent)
        return content is not None and _fingerprint(refresh).encode("ascii") in content

    def clear_intent(self) -> None:
        """Note that nothing is under way."""
        remove_private(self._intent)


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _decoded(content: bytes) -> Tokens | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    host, access, refresh = (document.get(k) for k in ("host", "access_token", "refresh_token"))
    life, received = document.get("expires_in"), _instant(document.get("received"))
    if not (isinstance(host, str) and _is_token(access) and received is not None):
        return None
    if not (refresh is None or _is_token(refresh)) or not (life is None or is_life(life)):
        return None
    return Tokens(host=host, access=access, refresh=refresh, expires_in_s=life, received=received)


def is_life(value: object) -> bool:
    """Tell whether `value` is a number of seconds that a token may live."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value <= _MAX_LIFE_S  # type: ignore[operator]  # a number, see above


def _is_token(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def _instant(value: Any) -> Instant | None:  # noqa: ANN401  what JSON gave
    if not isinstance(value, dict):
        return None
    boot, boot_s, wall_s = value.get("boot"), value.get("boot_s"), value.get("wall_s")
    if (
        isinstance(boot, str)
        and isinstance(boot_s, int | float)
        and isinstance(wall_s, int | float)
    ):
        return Instant(boot, float(boot_s), float(wall_s))
    return None

"""One attempt after the other: three tries with growing waits, and what an attempt needs.

A sender raises DeliveryError for anything that goes wrong; it says whether another try may help.
No text of the other side's gets into a message: it may hold an address or a token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from dedupe.config import read_place
from dedupe.crm.http import hide
from dedupe.crm.signin.secret import clean_password, read_secret
from dedupe.errors import ConfigError, RemoteError, SignInError
from dedupe.language import N_

from .letter import Letter
from .notice import Notice

TRIES = 3
FIRST_WAIT_S = 2.0  # then four times as long: a server that restarts is back by then
LONGEST_WAIT_S = 60.0  # whatever a server asks for; the next run tries again
TIMEOUT_S = 20.0  # for each read and write
WHOLE_S = 60.0  # for the whole of an attempt


class DeliveryError(RemoteError):
    """A notice was not taken. One that is final is not tried again at once."""

    def __init__(
        self, problem: str, *, is_final: bool = False, wait_s: float | None = None, **facts: object
    ) -> None:
        super().__init__(problem)
        self.facts = facts
        self.is_final, self.wait_s = is_final, wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A notice and its letter, ready for one target."""

    notice: Notice
    letter: Letter
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What senders take from outside: the environment of secrets, and the time."""

    environ: Mapping[str, str]
    now: Callable[[], datetime]


class Sender(Protocol):
    """Carries an envelope to one target, once. Raises DeliveryError."""

    def send(self, envelope: Envelope) -> str:
        """Send it; returning means that the other side took it. The text is a remark, or empty."""


def deliver(sender: Sender, envelope: Envelope, sleep: Callable[[float], None]) -> str:
    """Send within three tries; return the sender's remark. Raises the last DeliveryError."""
    wait_s = FIRST_WAIT_S
    for left in reversed(range(TRIES)):
        try:
            return sender.send(envelope)
        except DeliveryError as error:
            if error.is_final or not left:
                raise
            sleep(min(max(error.wait_s or 0.0, wait_s), LONGEST_WAIT_S))
        wait_s *= 4
    raise AssertionError("the last try returns or raises")


def secret_at(text: str, target: str, key: str, tools: Tools) -> str:
    """Return the secret that `text` names the place of, and hide it from all texts.

    In the keyring its name is "notify.TARGET.KEY". Raises DeliveryError.
    """
    place = read_place(text)
    try:
        if place is None:
            raise ConfigError(N_("the place of the secret is not known"))
        clean = clean_password if key == "password" else None
        secret = read_secret(place, f"notify.{target}.{key}", tools.environ, clean)
    except SignInError as error:
        raise DeliveryError(
            N_("there is no secret at {place}"), is_final=True, place=str(place)
        ) from error
    except ConfigError as error:
        problem = N_("its secret can't be read: {reason}")
        raise DeliveryError(problem, is_final=True, reason=str(error)) from error
    hide(secret)
    return secret


@cache
def user_agent() -> str:
    """Name ourselves to a server."""
    try:
        return f"crmclean/{version('crmclean')}"
    except PackageNotFoundError:  # run from the sources
        return "crmclean"

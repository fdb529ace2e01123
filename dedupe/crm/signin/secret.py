"""Long-lived secrets: proven to be one clean line, read from and written to their places.

A value never appears in a message: a stray line end in one would also let it forge
HTTP headers, so what is not visible ASCII is refused, not mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dedupe.config import Place, PlaceKind
from dedupe.errors import ConfigError, SignInError
from dedupe.language import N_

from .credentials import read_credential
from .files import MAX_BYTES, read_private, remove_private, unwritable, write_private
from .keyrings import delete_from_keyring, read_from_keyring, write_to_keyring

_LOG_IN = N_("run: crmclean auth login")
_GIVEN = (PlaceKind.ENV, PlaceKind.CREDENTIAL)  # only what starts us can store there
Clean = Callable[[str, str], str]  # a text and its place -> the secret
_AGAIN = N_("copy the token once more, alone and on one line")


def clean_password(text: str, where: str) -> str:
    """Return a password, in which spaces and quotes may stand: application passwords have them.

    Raises ConfigError unless it is one line of ASCII, which is what SMTP can carry.
    """
    secret = text.removeprefix("\ufeff").strip("\r\n")
    if not secret.strip():
        raise ConfigError(N_("the password is empty"), where=where, fix=N_("store it there"))
    if len(secret) > MAX_BYTES or not secret.isascii() or not secret.isprintable():
        raise ConfigError(
            N_("the password is not one line of ASCII characters"),
            where=where,
            fix=N_("store it there alone; let the mail service make one for applications"),
        )
    return secret


def clean_secret(text: str, where: str) -> str:
    """Return `text` without white space around it. Raises ConfigError unless it is one clean line.

    `where` names the place in messages.
    """
    secret = text.removeprefix("\ufeff").strip()
    if not secret:
        raise ConfigError(N_("the token is empty"), where=where, fix=_LOG_IN)
    if len(secret) > MAX_BYTES:
        raise ConfigError(N_("too large for a token"), where=where, fix=_AGAIN)
    if "\n" in secret or "\r" in secret:
        raise ConfigError(N_("the token has more than one line"), where=where, fix=_AGAIN)
    if not secret.isascii() or not secret.isprintable():
        raise ConfigError(
            N_("the token holds characters that no token has"), where=where, fix=_AGAIN
        )
    if " " in secret or secret[0] in "\"'" or secret[-1] in "\"'":
        raise ConfigError(
            N_("the token has spaces or quotes; it is meant alone"), where=where, fix=_AGAIN
        )
    return secret


def read_secret(
    place: Place, user: str, environ: Mapping[str, str], clean: Clean | None = None
) -> str:
    """Return the secret kept at `place`; `user` is its name in the keyring.

    `clean` says what it may be, by default a token (`clean_secret`). Raises SignInError where none
    is stored yet, ConfigError where it can't be one, or the place is not safe.
    """
    clean = clean or clean_secret
    if place.kind is PlaceKind.ENV:
        return clean(_from_environment(place, environ), str(place))
    if place.kind is PlaceKind.CREDENTIAL:
        return clean(read_credential(place, environ), str(place))
    if place.kind is PlaceKind.FILE:
        content = read_private(Path(place.name))
        text = None if content is None else content.decode("utf-8", "replace")
    else:
        text = read_from_keyring(user)
    if text is None:
        raise SignInError(N_("there is no token yet"), where=str(place), fix=_LOG_IN)
    return clean(text, str(place))


def write_secret(place: Place, user: str, secret: str) -> None:
    """Keep `secret` at `place`. Raises ConfigError for a variable, StorageError as a disk does."""
    if place.kind in _GIVEN:
        raise environment_error(place)
    if place.kind is PlaceKind.FILE:
        path = Path(place.name)
        _make_parent(path)
        write_private(path, secret.encode("ascii") + b"\n")
    else:
        write_to_keyring(user, secret)


def delete_secret(place: Place, user: str) -> bool:
    """Remove the secret from `place`; tell whether there was one."""
    if place.kind in _GIVEN:
        raise environment_error(place)
    if place.kind is PlaceKind.FILE:
        # What is not a private file of ours was not written by us: it raises, and stays.
        return read_private(Path(place.name)) is not None and remove_private(Path(place.name))
    return delete_from_keyring(user)


def environment_error(place: Place) -> ConfigError:
    """Return the error for storing where only what starts us can: a variable, a credential."""
    if place.kind is PlaceKind.CREDENTIAL:
        return ConfigError(
            N_("the service manager alone can set or clear a credential"),
            where=str(place),
            fix=N_("put the token into the file that LoadCredential={name}:FILE names"),
            name=place.name,
        )
    return ConfigError(
        N_("an environment variable can't be set or cleared for you"),
        where=str(place),
        fix=N_("set {name} where you start crmclean, then run: crmclean auth status"),
        name=place.name,
    )


def _from_environment(place: Place, environ: Mapping[str, str]) -> str:
    text = environ.get(place.name)
    if text is None or not text.strip():  # cron's way of an unset one: NAME=
        raise ConfigError(
            N_("the variable is not set") if text is None else N_("the variable is empty"),
            where=str(place),
            fix=N_("set {name} to the secret itself"),
            name=place.name,
        )
    return text


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error

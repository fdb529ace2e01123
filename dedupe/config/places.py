"""Where a secret is kept: `env:NAME`, `file:PATH`, `credential:NAME` or `keyring`.

Never the secret itself. A credential is a file that a service manager hands to one service, in
the folder $CREDENTIALS_DIRECTORY (systemd's LoadCredential).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_CREDENTIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_JWT = re.compile(r"eyJ[\w-]{10,}\.")
_LONG = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{32,}")


class PlaceKind(StrEnum):
    """The kinds of places a secret may be kept in."""

    ENV = "env"
    FILE = "file"
    CREDENTIAL = "credential"
    KEYRING = "keyring"
    STATE = "state"  # the account's own folder: where no place is named


@dataclass(frozen=True, slots=True)
class Place:
    """One place; `name` is the variable, the path or the credential, empty for the others."""

    kind: PlaceKind
    name: str = ""

    def __str__(self) -> str:
        """Return the place as the config writes it."""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


def read_place(text: str) -> Place | None:
    """Return the place that `text` names, None where it names none.

    >>> str(read_place("env:AMO_TOKEN")), read_place("s3cret")
    ('env:AMO_TOKEN', None)
    """
    kind, _, name = text.strip().partition(":")
    name = name.strip()
    if kind == "keyring" and not name:
        return Place(PlaceKind.KEYRING)
    if kind == "env" and _NAME.fullmatch(name) and not is_secretive(name):
        return Place(PlaceKind.ENV, name)
    if kind == "credential" and _CREDENTIAL.fullmatch(name) and not is_secretive(name):
        return Place(PlaceKind.CREDENTIAL, name)
    if kind == "file" and name and name.isprintable() and not _JWT.search(name):
        return Place(PlaceKind.FILE, name)
    return None


def absolute_place(text: str, folder: Path) -> str:
    """Return the place with its path made whole: "~" is the home, the rest starts in `folder`."""
    place = read_place(text)
    if place is None or place.kind is not PlaceKind.FILE:
        return text
    return str(Place(PlaceKind.FILE, absolute_path(place.name, folder)))


def absolute_path(text: str, folder: Path) -> str:
    """Return the path made whole: "~" is the home, the rest starts in `folder`."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # no home to expand to
        path = Path(text)
    return str((folder / path).absolute())


def is_secretive(text: str) -> bool:
    """Tell whether `text` looks like a token rather than like a word, a path or an address.

    >>> is_secretive("eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.x"), is_secretive("AMO_TOKEN")
    (True, False)
    """
    return bool(_JWT.search(text) or _LONG.fullmatch(text))

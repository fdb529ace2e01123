"""Credentials that systemd gives a service: small files in $CREDENTIALS_DIRECTORY.

The manager makes the folder for one run of one service. Its files belong to root and are opened
to the service's user by an access list, which shows as the group's right to read; so the rule of
private files ("ours, mode 0600") would refuse every one of them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from dedupe.config import Place
from dedupe.errors import ConfigError
from dedupe.language import N_

from .files import MAX_BYTES

VARIABLE = "CREDENTIALS_DIRECTORY"
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_UNSAFE = stat.S_IWGRP | stat.S_IRWXO


def read_credential(place: Place, environ: Mapping[str, str]) -> str:
    """Return the text of the credential. Raises ConfigError where the service has none."""
    folder = environ.get(VARIABLE, "")
    if not Path(folder).is_absolute():
        raise ConfigError(
            N_("no credentials here: $CREDENTIALS_DIRECTORY is not set"),
            where=str(place),
            fix=N_("start it by the unit that has LoadCredential={name}:FILE"),
            name=place.name,
        )
    path = Path(folder) / place.name
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise ConfigError(
            N_("the service has no such credential"),
            where=str(place),
            fix=N_("add LoadCredential={name}:FILE to its unit"),
            name=place.name,
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        _check(place, os.fstat(file.fileno()))
        return file.read(MAX_BYTES + 1).decode("utf-8", "replace")


def _check(place: Place, found: os.stat_result) -> None:
    """Raise ConfigError for what the manager has not made: then others may know the secret."""
    geteuid = getattr(os, "geteuid", lambda: found.st_uid)
    is_ours = found.st_uid in (0, geteuid())
    if not stat.S_ISREG(found.st_mode) or not is_ours or found.st_mode & _UNSAFE:
        raise ConfigError(
            N_("this credential is not as a service manager makes it"),
            where=str(place),
            fix=N_("start it by the unit that has LoadCredential={name}:FILE"),
            name=place.name,
        )

"""The folder of one account in the state folder: tokens, limiter, snapshot, journal.

`state/accounts/<profile name>` belongs to us alone (0700). A state folder that is a
slip (the root, the home itself, a repository, somebody else's) is refused before
anything is written into it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dedupe.config import folded_name, name_problem
from dedupe.errors import ConfigError, StorageError
from dedupe.language import N_

PRIVATE = 0o700
_ELSEWHERE = N_("name another folder with --state or $CRMCLEAN_STATE")


def account_folder(state: Path, name: str) -> Path:
    """Return the account's folder, made where needed. Raises ConfigError or StorageError.

    ConfigError for a name or a state folder that can't be meant; StorageError where the
    disk or its rights refuse.
    """
    folder = account_place(state, name)
    check_state(state)
    for made in (folder.parent.parent, folder.parent, folder):
        _make(made)
    _check_neighbours(folder)
    return folder


def account_place(state: Path, name: str) -> Path:
    """Return where the account's folder is or would be; touches nothing but the name's rules."""
    problem = name_problem(name)
    if problem is not None:
        raise ConfigError(N_("{reason}"), where="--profile", reason=problem)
    return state.absolute() / "accounts" / name


def check_state(state: Path) -> None:
    """Raise ConfigError when `state` can't be meant as the state folder; writes nothing."""
    if state.parts[:1] == ("~",):
        raise ConfigError(
            N_("the home folder is not known here"),
            where=str(state),
            fix=N_("write the whole path of the state folder"),
        )
    folder = Path(os.path.realpath(state))
    if folder == folder.parent:
        raise ConfigError(
            N_("the root of the file system can't be the state folder"),
            where=str(state),
            fix=_ELSEWHERE,
        )
    if folder == _home():
        raise ConfigError(
            N_("the home folder itself can't be the state folder"),
            where=str(state),
            fix=N_("name a folder inside it with --state or $CRMCLEAN_STATE"),
        )
    if os.path.lexists(folder / ".git"):  # unlike `exists` it takes any path, however long
        raise ConfigError(
            N_("a git repository is no place for customers' data"),
            where=str(state),
            fix=_ELSEWHERE,
        )


def owner_problem(found: os.stat_result) -> bool:
    """Tell whether a file or folder belongs to another user than the one we run as."""
    geteuid = getattr(os, "geteuid", None)  # Windows has rights of another kind
    return geteuid is not None and found.st_uid != geteuid()


def _home() -> Path | None:
    try:
        return Path(os.path.realpath(Path.home()))
    except RuntimeError:
        return None


def _make(folder: Path) -> None:
    try:
        if not folder.exists():
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, ValueError) as error:
        raise _refused(folder, error) from error
    if not stat.S_ISDIR(found.st_mode):
        raise StorageError(
            N_("a folder is meant, and this is a file"), where=str(folder), fix=_ELSEWHERE
        )
    if owner_problem(found):
        raise StorageError(
            N_("the folder belongs to another user"), where=str(folder), fix=_ELSEWHERE
        )
    _check_rights(folder, found)


def _check_rights(folder: Path, found: os.stat_result) -> None:
    if folder.parent.name == "accounts" and stat.S_IMODE(found.st_mode) & 0o077:
        try:
            folder.chmod(PRIVATE)
        except OSError as error:
            raise _refused(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StorageError(
            N_("the folder can't be written"), where=str(folder), fix=N_("check its rights")
        )


def _check_neighbours(folder: Path) -> None:
    """Raise where another profile's folder differs from `folder` in spelling alone."""
    with os.scandir(folder.parent) as entries:
        names = [entry.name for entry in entries]
    for other in names:
        if other != folder.name and folded_name(other) == folded_name(folder.name):
            raise ConfigError(
                N_("a profile {other} has a folder that differs in spelling alone"),
                where=folder.name,
                fix=N_("rename the profile in the config, or remove the other's folder"),
                other=other,
            )


def _refused(folder: Path, error: Exception) -> StorageError:
    reason = (getattr(error, "strerror", None) or type(error).__name__).lower()
    return StorageError(
        N_("the folder can't be made ({reason})"),
        where=str(folder),
        fix=_ELSEWHERE,
        reason=reason,
    )

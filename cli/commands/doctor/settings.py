"""The checks of the config and the state folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.errors import CrmCleanError
from dedupe.language import N_, decimal, tr

from .check import ERROR, OK, WARNING, Check, from_error

if TYPE_CHECKING:
    from dedupe.config import Profile

GB = 1e9
LEAST_GB, ENOUGH_GB = 0.2, 2.0  # a large account's snapshot has some 0.1 GB, and its reports
SYNCED = ("dropbox", "onedrive", "yandex.disk", "яндекс.диск", "google drive", "icloud")


def settings_checks(session: Session) -> Iterator[Check]:
    """Yield what can be said of the config and the state folder."""
    yield _config(session)
    yield from _state(session)


def profiles(session: Session) -> dict[str, Profile]:
    """Return the profiles to check: the one of -p, else all; none where the config is wrong."""
    from dedupe.config import select_profile

    try:
        config = session.config()
        if session.profile is not None:
            return dict([select_profile(config, session.profile)])
    except CrmCleanError:  # told by the check of the config
        return {}
    return dict(config.profiles)


def state_folder(session: Session) -> Path | Check:
    """Return the state folder, or the check that fails where there can be none."""
    from dedupe.crm.signin import check_state

    try:
        state = session.state()
        check_state(state)
    except CrmCleanError as error:
        return from_error("state", error)
    except RuntimeError:
        return Check(
            code="state",
            status=ERROR,
            text=tr(N_("the home folder is not known here")),
            fix=tr(N_("name the state folder with --state or $CRMCLEAN_STATE")),
            exit_code=2,
        )
    return state


def _config(session: Session) -> Check:
    from dedupe.config import find_config, load_config, select_profile

    try:
        path = find_config(session.config_path, os.environ, Path.cwd())
        config = load_config(path)
        if session.profile is not None:
            select_profile(config, session.profile)
    except CrmCleanError as error:
        return from_error("config", error)
    if path is None:
        return Check(
            code="config",
            status=WARNING,
            text=tr(N_("there is no config; exports can be scanned without one")),
            fix=tr(N_("for an account run: crmclean init")),
        )
    origin = _origin(session, path)
    names = ", ".join(config.profiles) or "-"
    return Check(
        code="config",
        status=OK,
        text=tr(
            N_("config {path} ({origin}), profiles: {names}"),
            path=path,
            origin=tr(origin),
            names=names,
        ),
        facts={"path": str(path), "origin": origin, "profiles": list(config.profiles)},
    )


def _origin(session: Session, path: Path) -> str:
    if session.config_path is not None:
        return "--config"
    if os.environ.get("CRMCLEAN_CONFIG"):
        return "$CRMCLEAN_CONFIG"
    if path.parent == Path.cwd():
        return N_("the working directory")
    if path.parent in Path.cwd().parents:
        return N_("a folder above")
    return N_("the user's config folder")


def _state(session: Session) -> Iterator[Check]:
    state = state_folder(session)
    if isinstance(state, Check):
        yield state
        return
    there = nearest(state.absolute())
    problem = _rights_problem(there)
    if problem:
        yield Check(
            code="state",
            status=ERROR,
            text=f"{there}: {problem}",
            fix=tr(N_("name another folder with --state or $CRMCLEAN_STATE")),
            exit_code=9,
        )
        return
    yield _place(state, there)
    yield _space(there)


def nearest(folder: Path) -> Path:
    """Return `folder`, or the nearest folder above it that exists."""
    return next((p for p in (folder, *folder.parents) if p.exists()), folder)


def _rights_problem(there: Path) -> str:
    from dedupe.crm.signin.folder import owner_problem

    try:
        found = there.stat()
    except OSError as error:
        return (error.strerror or "?").lower()
    if not there.is_dir():
        return tr(N_("a folder is meant, and this is a file"))
    if not os.access(there, os.W_OK | os.X_OK):
        return tr(N_("the folder can't be written"))
    if owner_problem(found) and found.st_mode & 0o022 == 0:
        return tr(N_("the folder belongs to another user"))
    return ""


def _place(state: Path, there: Path) -> Check:
    facts = {"state": str(state.absolute()), "exists": state.exists()}
    if any(part.lower().startswith(SYNCED) for part in state.absolute().parts):
        return Check(
            code="state",
            status=WARNING,
            text=tr(N_("the state folder {state} is synced with a cloud"), state=state),
            fix=tr(N_("customers' data leave this machine so: name another folder with --state")),
            facts=facts,
        )
    made = "" if state.exists() else tr(N_(" (not made yet)"))
    return Check(
        code="state",
        status=OK,
        text=tr(N_("state folder {state}{made}"), state=state, made=made),
        facts=facts,
    )


def _space(there: Path) -> Check:
    free = shutil.disk_usage(there).free / GB
    facts = {"free_gb": round(free, 2)}
    text = tr(N_("{free} GB free for snapshots and reports"), free=decimal(free))
    if free >= ENOUGH_GB:
        return Check(code="space", status=OK, text=text, facts=facts)
    return Check(
        code="space",
        status=ERROR if free < LEAST_GB else WARNING,
        text=text,
        fix=tr(N_("free some space, or name a folder on another disk with --state")),
        exit_code=9 if free < LEAST_GB else 0,
        facts=facts,
    )

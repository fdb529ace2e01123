"""`crmclean doctor --cron`: the checks again, in the environment that cron or a service gives.

A crontab's command has no HOME of use, no terminal, no keyring, hardly a PATH, and begins in a
folder that nobody chose. So the checks run in a child that has nothing of this session.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cli.options import Session
from dedupe.errors import CrmCleanError
from dedupe.language import N_, current, tr

from .check import ERROR, OK, WARNING, Check

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LANG": "C"}
_LONGEST_S = 300.0  # the connection alone may try for a minute
_COMMON_ZONE = "Europe/Moscow"


def checks_in_cron(session: Session, *, offline: bool) -> list[Check]:
    """Run the checks in a bare child and return what it found."""
    from cli.commands.schedule.job import program

    words = [*program(), "doctor", "--inside-cron", "--format", "json", "--lang", current()]
    words += [*_places(session), *(["--offline"] if offline else [])]
    try:
        told = subprocess.run(
            words,
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST_S,
            start_new_session=True,  # no terminal to ask at
            check=False,
        )
        return [_read(each) for each in json.loads(told.stdout)["checks"]]
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
        return [_unstarted(words[0], error)]


def _places(session: Session) -> Iterator[str]:
    """Yield what a crontab's line must say, since nothing there can be searched for."""
    from dedupe.config import find_config

    if session.profile is not None:
        yield from ("-p", session.profile)
    try:
        path = find_config(session.config_path, os.environ, Path.cwd())
        state: Path | None = session.state()
    except CrmCleanError:  # the child meets the same, and tells it
        path, state = session.config_path, session.state_option
    if path is not None:
        yield from ("--config", str(path.absolute()))
    if state is not None:
        yield from ("--state", str(state.absolute()))


def _read(told: dict[str, Any]) -> Check:
    return Check(
        code=str(told["code"]),
        status=str(told["status"]),
        text=str(told["text"]),
        fix=str(told["fix"] or ""),
        profile=str(told["profile"] or ""),
        exit_code=int(told["exit_code"]),
        facts=dict(told.get("facts", {})),
    )


def _unstarted(program: str, error: Exception) -> Check:
    reason = error.strerror if isinstance(error, OSError) else None
    return Check(
        code="start",
        status=ERROR,
        text=tr(
            N_("{program} does not run without this session ({reason})"),
            program=program,
            reason=(reason or type(error).__name__).lower(),
        ),
        fix=tr(N_("install it for the user of the crontab: pipx install crmclean")),
        exit_code=1,
    )


# --- in the child


def inside_checks(session: Session) -> Iterator[Check]:
    """Yield what only a bare environment can break."""
    yield _program_check()
    yield _encoding()
    yield _zones(session)
    yield _cache()


def told_for_cron(checks: Iterable[Check]) -> Iterator[Check]:
    """Yield the checks; a secret that is of the session says what to do for cron."""
    for check in checks:
        if check.code in ("token", "notice") and check.status == ERROR:
            fix = tr(
                N_(
                    'keep it where no session is needed: "file:PATH", or for systemd '
                    '"credential:NAME"'
                )
            )
            yield replace(check, fix=fix)
        else:
            yield check


def _program_check() -> Check:
    text = tr(N_("runs with nothing of your session: no HOME, no terminal, no keyring, in /"))
    return Check(code="start", status=OK, text=text, facts={"environment": sorted(ENVIRONMENT)})


def _encoding() -> Check:
    names, output = sys.getfilesystemencoding(), (sys.stdout.encoding or "?").lower()
    facts = {"names": names, "output": output}
    if names == output == "utf-8":
        text = tr(N_("names of files and mails of cron are in UTF-8"))
        return Check(code="locale", status=OK, text=text, facts=facts)
    return Check(
        code="locale",
        status=WARNING,
        text=tr(N_("the encoding is {encoding}, not UTF-8"), encoding=f"{names}, {output}"),
        fix=tr(N_("add a line PYTHONUTF8=1 to the crontab")),
        facts=facts,
    )


def _zones(session: Session) -> Check:
    try:
        config = session.config()
        told = {config.timezone, *(p.timezone for p in config.profiles.values() if p.timezone)}
    except CrmCleanError:  # told by the check of the config
        told = {_COMMON_ZONE}
    missing = sorted(name for name in told if not _is_zone(name))
    if missing:
        return Check(
            code="timezone",
            status=ERROR,
            text=tr(N_("no data of the time zone {names}"), names=", ".join(missing)),
            fix=tr(N_("install the system's package tzdata")),
            exit_code=2,
        )
    names = ", ".join(sorted(told))
    return Check(code="timezone", status=OK, text=tr(N_("time zones: {names}"), names=names))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _cache() -> Check:
    """Tell where compiled kernels are kept; without a place each run compiles them anew."""
    from dedupe.kernels.unionfind import component_labels

    path = getattr(getattr(component_labels, "_cache", None), "cache_path", None)
    if path and os.access(path, os.W_OK | os.X_OK):
        text = tr(N_("compiled code is kept in {folder}"), folder=path)
        return Check(code="cache", status=OK, text=text, facts={"folder": str(path)})
    return Check(
        code="cache",
        status=WARNING,
        text=tr(N_("compiled code can't be kept; every run takes half a minute more")),
        fix=tr(N_("add a line NUMBA_CACHE_DIR=FOLDER to the crontab, a folder of that user")),
    )

"""The checks of what a policy needs at night: the secrets of its notices, the monitoring's file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.errors import CrmCleanError
from dedupe.language import N_, tr

from .check import ERROR, OK, Check

if TYPE_CHECKING:
    from dedupe.config import Config, Policy


def night_checks(session: Session) -> Iterator[Check]:
    """Yield whether all policies can tell of their runs; nothing where there are none."""
    try:
        config = session.config()
    except CrmCleanError:  # told by the check of the config
        return
    asked = [_Wanted.of(policy) for policy in config.policies.values()]
    for name in dict.fromkeys(name for each in asked for name in each.targets):
        yield _notice(config, name)
    for path in dict.fromkeys(each.prometheus for each in asked if each.prometheus):
        yield _monitoring(Path(path))


@dataclass(frozen=True, slots=True)
class _Wanted:
    targets: tuple[str, ...]
    prometheus: str | None

    @classmethod
    def of(cls, policy: Policy) -> _Wanted:
        is_silent = not policy.does("notify") or policy.notify.when == "never"
        return cls(() if is_silent else policy.notify.to, policy.prometheus)


def _notice(config: Config, name: str) -> Check:
    from dedupe.config import secrets_of
    from dedupe.policy.notify.delivery import DeliveryError, Tools, secret_at

    tools = Tools(environ=os.environ, now=lambda: datetime.now(UTC))
    try:
        for key, place in secrets_of(config.notify[name]).items():
            secret_at(place, name, key, tools)
    except DeliveryError as error:
        return Check(
            code="notice",
            status=ERROR,
            text=f"notify.{name}: {tr(error.problem).format(**error.facts)}",
            fix=tr(N_("put it there, or mend [notify.{name}] in the config"), name=name),
            exit_code=2,
        )
    text = tr(N_("notices by {name}: what it needs is there; nothing was sent"), name=name)
    return Check(code="notice", status=OK, text=text)


def _monitoring(path: Path) -> Check:
    facts = {"path": str(path)}
    folder = path.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        text = tr(N_("numbers for the monitoring go to {path}"), path=path)
        return Check(code="monitoring", status=OK, text=text, facts=facts)
    return Check(
        code="monitoring",
        status=ERROR,
        text=tr(N_("numbers for the monitoring can't be written to {folder}"), folder=folder),
        fix=tr(N_("make the folder, with the right to write for the user of the run")),
        exit_code=9,
        facts=facts,
    )

"""Who is told of a policy's run: the targets of the config, the log, the monitoring's file."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cli.options import Session
from dedupe.errors import CrmCleanError

if TYPE_CHECKING:
    from cli.acting import Place
    from dedupe.config import Config, Policy, Profile
    from dedupe.policy.logs import RunLog
    from dedupe.policy.notify import Notices
    from dedupe.policy.outcome import Notifier, RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What is known of an account whose night did not begin; `folder` None: it can't be used."""

    config: Config
    profile: Profile
    folder: Path | None


def desk_of(session: Session, config: Config, name: str) -> Desk:
    """Return from where to tell of the profile `name`, whatever is wrong with its folder."""
    from dedupe.crm.signin import account_folder

    folder = None
    with contextlib.suppress(CrmCleanError, OSError):
        folder = account_folder(session.state(), name)
    return Desk(config=config, profile=config.profiles[name], folder=folder)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Sends the notices and says on stderr which of them failed; the run's exit code stays."""

    notices: Notices
    log: RunLog | None

    def notify(self, outcome: RunOutcome) -> tuple[str, ...]:
        """Deliver, or put aside for the next run; return one line per delivery that failed."""
        lines = self.notices.notify(outcome)
        for line in lines:
            _warn(f"{outcome.profile}: {line}")
            if self.log is not None:
                self.log.note("warning", "notice.failed", text=line)
        return lines


def notifier_of(
    session: Session, place: Place | Desk, policy: Policy, log: RunLog | None = None
) -> Notifier:
    """Return what tells the policy's targets of a run."""
    from dedupe.policy.notify import Notices, Post

    post = Post(
        targets=place.config.notify,
        folder=place.folder,
        zone=_zone(place),
        language=place.config.lang,
        environ=os.environ,
    )
    return _Telling(Notices(post, when=policy.notify.when, to=policy.notify.to), log)


def log_of(session: Session, profile: str, policy: str, run_id: str) -> RunLog:
    """Return the log of a run, not yet open; it keeps nothing where the state can't be used."""
    from dedupe.crm.signin import check_state
    from dedupe.policy.logs import RunLog

    folder = None
    with contextlib.suppress(CrmCleanError, OSError):
        check_state(session.state())
        folder = session.state() / "logs"
    return RunLog(folder, run_id=run_id, profile=profile, policy=policy)


def tell_monitoring(
    path: str | None, place: Place | Desk, outcome: RunOutcome, log: RunLog
) -> None:
    """Note the outcome in the log and in the monitoring's file; what fails is a line on stderr."""
    from dedupe.policy.notify import n_waiting
    from dedupe.policy.prometheus import write_metrics

    if path is not None and not outcome.is_dry_run:
        try:
            waiting = n_waiting(place.folder) if place.folder else 0
            write_metrics(Path(path), outcome, waiting=waiting)
        except CrmCleanError as error:
            _warn(str(error))
            log.note("warning", "metrics.failed", text=str(error))
    log.outcome(outcome)


def _zone(place: Place | Desk) -> tzinfo:
    return ZoneInfo(place.profile.timezone or place.config.timezone)


def _warn(line: str) -> None:
    click.echo(f"crmclean: {' '.join(line.split())}", err=True)

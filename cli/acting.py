"""What the commands that act share: the account to act on, the connection, how a run is ended."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from cli.options import Session
from dedupe.errors import CrmCleanError, InputError, SafetyError, StoppedError, StorageError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.apply.executor import Report
    from dedupe.apply.run import ApplyOptions
    from dedupe.apply.tools import Guards
    from dedupe.config import Config, Profile
    from dedupe.contracts import Account
    from dedupe.crm.amocrm.writing import AmoSink
    from dedupe.events import Event, Listener
    from dedupe.plan import Limits

SCHEMA = "crmclean.apply/1"
_FREE_BYTES = 200_000_000  # for the journal and the copies of cards
_LONG_S = 1.0  # a wait of the transport that is worth breaking off
# A terminal that is closed ends a run as a service manager does; Windows has no SIGHUP.
_ENDING = tuple(
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)
_SIGNALS = {number.name: number for number in (signal.SIGINT, *_ENDING)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The account of a profile and its folder in the state."""

    config: Config
    name: str
    profile: Profile
    host: str
    folder: Path


def place_of(session: Session) -> Place:
    """Return the account to act on. Raises ConfigError for a profile of files."""
    from cli.profiles import crm_profile
    from dedupe.crm.signin import account_folder, account_host

    config = session.config()
    name, profile = crm_profile(session, config)
    return Place(
        config=config,
        name=name,
        profile=profile,
        host=account_host(name, profile),
        folder=account_folder(session.state(), name),
    )


class Stopper:
    """Ends a run as the user or the system asks: at the next boundary, at once the second time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._asked = folder, threading.Event()
        self.number = 0
        self.n_requests = 0  # of the connections that were closed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take the signals while the block runs."""
        if threading.current_thread() is not threading.main_thread():
            yield  # a thread gets no signals; its owner stops it by the STOP file
            return
        before = {number: signal.signal(number, self._take) for number in _SIGNALS.values()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raise SafetyError where a STOP file lies: somebody does not want this account changed."""
        from dedupe.apply.run import STOP

        if (self._folder / STOP).exists():
            raise SafetyError(
                N_("a STOP file holds this account; nothing was sent"),
                where=str(self._folder / STOP),
                fix=N_("remove it, then run this again"),
            )

    def reason(self) -> str | None:
        """Return why to stop at this boundary; waits while there is a PAUSE file."""
        from dedupe.apply.run import stop_file

        found = stop_file(self._folder, self.nap, self._asked.is_set)()
        return signal.Signals(self.number).name if self._asked.is_set() else found

    def nap(self, seconds: float) -> None:
        """Sleep, or until a signal comes."""
        self._asked.wait(seconds)

    def hold(self, seconds: float) -> None:
        """Wait for the connection's next turn; a long wait is broken off by a signal."""
        if self._asked.wait(seconds) and seconds >= _LONG_S:
            raise StoppedError(N_("stopped; nothing more was sent"))

    def code(self) -> int:
        """Return the exit code of a run that was stopped as asked."""
        return 143 if self.number in _ENDING else 130

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            raise SystemExit(self.code())
        self.number = number
        self._asked.set()
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            line = tr(N_("stopping at the next boundary; once more to leave at once"))
            click.echo(f"crmclean: {line}", err=True)


@contextmanager
def connected(
    session: Session, place: Place, stopper: Stopper, *, read_only: bool = False
) -> Iterator[AmoSink]:
    """Yield the account to write to: signed in, within the CRM's limit, redacted."""
    from cli.profiles import REQUESTS_PER_S, rate_file
    from dedupe.crm.amocrm.writing import AmoSink, fetch_fields
    from dedupe.crm.http import RequestWindow, Transport, proxy_for
    from dedupe.crm.signin import token_source

    url = place.profile.url or ""
    tokens = token_source(
        place.name, place.profile, session.state(), os.environ, sleep=stopper.hold
    )
    connection = Transport(
        url,
        tokens,
        RequestWindow(rate_file(session, place.config, place.name), REQUESTS_PER_S),
        read_only=read_only,
        stage="apply",
        sleep=stopper.hold,
        proxy=proxy_for(url, os.environ),
    )
    try:
        fields = fetch_fields(connection)
        yield AmoSink(connection, place.host, fields)
    finally:
        stopper.n_requests += connection.stats.n_requests
        connection.close()


def options_of(
    session: Session,
    stopper: Stopper,
    limits: Limits | None = None,
    guards: Guards | None = None,
    stage: str = "apply",
) -> ApplyOptions:
    """Return what a run is held to."""
    from dedupe.apply.executor import Guards, Tools
    from dedupe.apply.run import ApplyOptions
    from dedupe.plan import Limits

    tools = Tools(
        sleep=stopper.nap,
        stop=stopper.reason,
        listen=steady(session.progress()),
        guards=guards or Guards(),
        stage=stage,
    )
    return ApplyOptions(limits=limits or Limits(), tools=tools)


def steady(listen: Listener) -> Listener:
    """Return a listener that a closed terminal does not end: the run is worth more."""

    def hear(event: Event) -> None:
        with contextlib.suppress(OSError, ValueError):
            listen(event)

    return hear


def carried_out(
    session: Session,
    place: Place,
    stopper: Stopper,
    do: Callable[[], Report],
    run_id: str | None = None,
) -> int:
    """Run `do`, show how it ended and return the exit code; a stopped run is shown, too.

    `run_id` names the run that `do` carries out; without it, it is the latest that was stopped.
    """
    stopper.check()
    _check_space(place.folder)
    try:
        with stopper.watching():
            report = do()
    except (KeyboardInterrupt, SystemExit) as error:
        code = error.code if isinstance(error, SystemExit) else 130
        _tell_resume()
        return code if isinstance(code, int) else 130
    except CrmCleanError as error:
        _show_stopped(session, place, run_id)
        if error.exit_code != 130:  # no stop that was asked for
            raise
        click.echo(f"crmclean: {error}", err=True)
        return stopper.code()
    show_report(session, document_of(report))
    return report.exit_code


def document_of(report: Report) -> dict[str, Any]:
    """Return how a run stands as the document of its schema."""
    from dedupe.apply.states import OpState

    counts = {str(state): report.ops.get(state, 0) for state in OpState}
    return {
        "schema": SCHEMA,
        "run_id": report.run_id,
        "plan_hash": report.plan_hash,
        "dry_run": False,
        "sent": report.sent,
        "confirmed": counts["confirmed"],
        "unchanged": counts["nothing"],
        "skipped": counts["skipped"],
        "failed": counts["failed"],
        "ambiguous": sum(counts[n] for n in ("ambiguous", "intent", "sent", "manual")),
        "planned": counts["planned"],
        "groups": {str(state): n for state, n in sorted(report.groups.items())},
        "seconds": round(report.seconds, 3),
    }


def show_report(session: Session, document: dict[str, Any]) -> None:
    """Print how a run ended, for people or for programs, and the next command."""
    if session.is_json:
        show_json(document)
        return
    from cli.telling import report_lines

    click.echo("\n".join(report_lines(document)))


def show_json(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


def snapshot_of(session: Session, folder: Path | None) -> Account:
    """Return the copy of the account to rehearse on: the folder named, or the profile's own."""
    from dedupe.snapshot import is_snapshot, open_snapshot

    if folder is not None:
        return open_snapshot(folder)
    place = place_of(session).folder / "snapshot"
    if not is_snapshot(place):
        raise InputError(
            N_("there is no snapshot of this profile to rehearse on"),
            where=str(place),
            fix=N_("read the account first: crmclean pull"),
        )
    return open_snapshot(place)


def _check_space(folder: Path) -> None:
    """Raise StorageError where backups and the journal may not find room to the end."""
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        raise StorageError(
            N_("there is too little free space to write to a CRM safely: {free} MB"),
            where=str(folder),
            fix=N_("free some, or name another folder with --state"),
            free=free // 1_000_000,
        )


def _show_stopped(session: Session, place: Place, run_id: str | None) -> None:
    """Show how the run that was begun stands, where one was: programs read it, too."""
    if not session.is_json:
        return
    from dedupe.apply.history import runs

    with contextlib.suppress(CrmCleanError):
        stopped = [each for each in runs(place.folder) if each.run.state == "stopped"]
        named = (each for each in stopped if run_id in (None, each.run.run_id))
        latest = next(named, None)
        if latest is not None:
            from cli.telling import history_document

            show_json({"schema": SCHEMA, **history_document(latest)})


def _tell_resume() -> None:
    line = tr(
        N_("interrupted; what was sent is in the journal; go on with: {command}"),
        command="crmclean resume",
    )
    with contextlib.suppress(OSError, ValueError):
        click.echo(f"crmclean: {line}", err=True)

"""A profile of the config as a source: pulls its account into the profile's snapshot.

The wiring of a pull: sign-in, limiter, lock, spool, snapshot. `crmclean pull` and `crmclean
scan` share it.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Session
from dedupe.config.values import REQUESTS_PER_S as REQUESTS_PER_S  # commands take it from here
from dedupe.errors import ConfigError, SnapshotError, StoppedError, StorageError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.config import Config, Profile
    from dedupe.contracts import Account
    from dedupe.crm.http import Stats, Transport
    from dedupe.crm.pull import Mode, Pulled
    from dedupe.events import Listener

LEAST_FREE_BYTES = 200_000_000  # a large account's pages and its snapshot, twice over


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asks of a pull."""

    mode: Mode
    accept_shrunk: bool = False
    output: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """A pull and where its snapshot stands."""

    name: str
    host: str
    snapshot: Path
    pulled: Pulled
    stats: Stats
    has_damaged: bool = False  # the last snapshot could not be read


def crm_profile(session: Session, config: Config) -> tuple[str, Profile]:
    """Return the profile to read from its CRM. Raises ConfigError for one that can't be."""
    from dedupe.config import select_profile
    from dedupe.crm.signin import account_host

    name, profile = select_profile(config, session.profile)
    account_host(name, profile)  # raises for a profile of files
    if profile.crm != "amocrm":
        raise ConfigError(
            N_("reading straight from {crm} is not in this version"),
            where=f"profiles.{name}.crm",
            fix=N_(
                'export the account to CSV or XLSX and scan that, or set crm = "files" and path'
            ),
            crm=profile.crm,
        )
    return name, profile


def snapshot_folder(session: Session, name: str) -> Path:
    """Return where the profile's snapshot is, or will be."""
    from dedupe.crm.signin import account_place

    return account_place(session.state(), name) / "snapshot"


def pull_profile(
    session: Session, config: Config, name: str, profile: Profile, wish: Wish
) -> PullResult:
    """Pull the account and write its snapshot, whole or not at all."""
    from dedupe.crm.http import RequestWindow, Transport, proxy_for
    from dedupe.crm.pull import pull_lock
    from dedupe.crm.signin import account_folder, account_host, token_source
    from dedupe.snapshot import check_writable

    account, url = account_folder(session.state(), name), profile.url or ""
    target = wish.output or account / "snapshot"
    stop = threading.Event()
    tokens = token_source(name, profile, session.state(), os.environ, sleep=stop.wait)
    listen = session.progress()
    with pull_lock(account), _told_interrupt():
        _recover(account / "snapshot")
        check_writable(target)
        _check_space(account)
        transport = Transport(
            url,
            tokens,
            RequestWindow(rate_file(session, config, name), REQUESTS_PER_S),
            read_only=True,
            listen=listen,
            proxy=proxy_for(url, os.environ),
            stop=stop,
        )
        try:
            job = _Job(name, account_host(name, profile), account, target, wish, listen)
            return job.run(transport, profile, stop)
        finally:
            transport.close()


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    host: str
    account: Path
    target: Path
    wish: Wish
    listen: Listener

    def run(self, transport: Transport, profile: Profile, stop: threading.Event) -> PullResult:
        from dedupe.crm.pull import PullOptions, pull
        from dedupe.snapshot import write_snapshot

        last, has_damaged = _last(self.target)
        options = PullOptions(
            host=self.host,
            with_=tuple(sorted(set(profile.with_))),
            mode=self.wish.mode,
            accept_shrunk=self.wish.accept_shrunk,
            width=REQUESTS_PER_S,
        )
        pulled = pull(
            transport,
            self.account / "pull",
            options,
            last=last,
            listen=self.listen,
            stop=stop,
        )
        write_snapshot(pulled.account, self.target)
        pulled.done()
        return PullResult(
            name=self.name,
            host=self.host,
            snapshot=self.target,
            pulled=pulled,
            stats=transport.stats,
            has_damaged=has_damaged,
        )


def _last(target: Path) -> tuple[Account | None, bool]:
    """Return the last snapshot, and whether one stands there that can't be read."""
    from dedupe.snapshot import is_snapshot, open_snapshot

    if not is_snapshot(target):
        return None, False
    try:
        return open_snapshot(target), False
    except SnapshotError as error:
        if "known" in error.facts:  # of a newer version: it is not ours to replace
            raise
        return None, True


def _recover(target: Path) -> None:
    """Clear up after a process that was killed while it put a snapshot in its place.

    For an instant the old one stands aside (see `dedupe.snapshot.folder`); the lock of the
    pull is held, so whatever lies about here is of a process that is dead.
    """
    aside = sorted(target.parent.glob(f".{target.name}.old.*/was"))
    try:
        if aside and not target.exists():
            aside[0].rename(target)
    except OSError as error:
        raise StorageError(
            N_("the last snapshot can't be put back in its place ({reason})"),
            where=str(aside[0]),
            fix=N_("check the rights of its folder"),
            reason=(error.strerror or "").lower(),
        ) from error
    for left in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(left, ignore_errors=True)


def rate_file(session: Session, config: Config, name: str) -> Path:
    """Return the limiter's file: one for all profiles of the same address."""
    from dedupe.crm.signin import account_folder, account_host

    host = account_host(name, config.profiles[name])
    alike = [
        other
        for other, profile in config.profiles.items()
        if profile.url is not None
        and profile.crm != "files"
        and account_host(other, profile) == host
    ]
    return account_folder(session.state(), min(alike)) / "rate"


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise StorageError(
            N_("there is too little free space for a pull: {free} MB"),
            where=str(folder),
            fix=N_("free some, or name another folder with --state"),
            free=free // 1_000_000,
        )


@contextmanager
def _told_interrupt() -> Iterator[None]:
    """Say, where the user or the system ends the pull, that nothing is lost."""
    try:
        yield
    except (KeyboardInterrupt, StoppedError):
        _tell_interrupted()
        raise click.exceptions.Exit(130) from None
    except SystemExit:
        _tell_interrupted()
        raise


def _tell_interrupted() -> None:
    line = tr(
        N_("interrupted; the last snapshot stays, and the next pull goes on from what was read")
    )
    click.echo(f"crmclean: {line}", err=True)
    sys.stderr.flush()

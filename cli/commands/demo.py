"""`crmclean demo`: an account with known faults, and the audit that finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import StorageError
from dedupe.language import N_, count, decimal, tr, trn

if TYPE_CHECKING:
    from dedupe.crm.http import Transport
    from dedupe.events import Listener
    from dedupe.plan import Plan
    from dedupe.sandbox.demo import DemoAccount, Planted
    from dedupe.scan import Scan

_NO_LIMIT = 1_000_000  # requests a second


@click.command(
    cls=Command,
    help=N_(
        "Make a fictional amoCRM account with known faults, serve it on this machine, read it over "
        "HTTP as a real one, scan it, compare what the scan found with what was planted, and "
        "rehearse, apply and take back a share of the repairs. At scale 1 it has 91,699 contacts "
        "and 148,746 deals."
    ),
    short_help=N_("See an audit of a made-up account; no CRM needed."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean demo --scale 0.1\n"
        "  crmclean demo --as csv -o demo       the account as CSV exports in demo/account"
    ),
)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    default=Path("crmclean-demo"),
    show_default=True,
    cls=Option,
    metavar="DIR",
    help=N_("Where to write the account and its scan."),
)
@click.option(
    "--scale",
    type=click.FloatRange(min=0.001, max=100),
    default=1.0,
    show_default=True,
    cls=Option,
    help=N_("The account's size; 0.1 is a tenth."),
)
@click.option(
    "--seed",
    type=int,
    default=20200607,
    show_default=True,
    cls=Option,
    help=N_("Another seed is another account."),
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["http", "snapshot", "csv"]),
    default="http",
    show_default=True,
    cls=Option,
    help=N_("How to have the account: read over HTTP, written as a snapshot or as CSV exports."),
)
@with_session
def demo(session: Session, output: Path, scale: float, seed: int, kind: str) -> None:
    """Make the account, scan it, compare."""
    from dedupe import events
    from dedupe.sandbox.demo import ON_REQUEST, build_demo
    from dedupe.scan import check_output

    check_output(output)
    listen = session.progress()
    listen(events.StageStarted("make"))
    start = perf_counter()
    # An export has neither notes nor events, so its account is built without them.
    made = build_demo(scale=scale, seed=seed, extras=() if kind == "csv" else ON_REQUEST)
    folder = output / "account"
    if kind != "http":
        _write(made, folder, kind)
    n_made = made.planted["CNT001", "contact"].found
    listen(events.StageFinished("make", n_made, perf_counter() - start))
    if kind == "http":
        _over_http(session, made, output, listen)
    else:
        _compare(session, _scanned(session, folder, output / "scan", listen)[0], made.planted)


def _scanned(
    session: Session, folder: Path, output: Path, listen: Listener
) -> tuple[Scan, Plan | None]:
    """Scan the account in `folder`, write and show what was found."""
    from cli.planning import of_snapshot, plan_of_scan
    from cli.show import show_scan
    from dedupe.config import Config
    from dedupe.normalize import PhoneSettings
    from dedupe.scan import content_of, open_account, scan, write_scan

    session.say(
        tr(N_("The made-up account is in {folder}; all its people are fictional."), folder=folder)
    )
    account = open_account(folder, None, listen)
    result = of_snapshot(scan(account, source=folder.name, listen=listen), folder)
    plan = plan_of_scan(result, account, Config(), PhoneSettings())
    write_scan(result, output, listen, plan=plan, content=content_of(result, account))
    show_scan(session, result, output, plan)
    return result, plan


def _over_http(session: Session, made: DemoAccount, output: Path, listen: Listener) -> None:
    """Serve the account, read it as a real one, scan it, and repair a share of it and back."""
    from cli.demo_repair import show_repair
    from dedupe.crm.http import RequestWindow, Transport
    from dedupe.crm.signin import any_token
    from dedupe.sandbox import Limit, Sandbox
    from dedupe.snapshot import open_snapshot

    folder = output / "account"
    _check_ours(folder, made)
    with Sandbox(made.account, limit=Limit(n=0)) as crm:
        connection = Transport(
            crm.url, any_token(), RequestWindow(None, _NO_LIMIT), read_only=False, listen=listen
        )
        try:
            _read(session, made, folder, connection, listen)
            result, plan = _scanned(session, folder, output / "scan", listen)
            _compare(session, result, made.planted)
            is_well = plan is None or show_repair(
                session, plan, open_snapshot(folder), connection, listen
            )
        finally:
            connection.close()
    if not is_well:
        session.say(tr(N_("The repairs did not go as they should.")))
        raise click.exceptions.Exit(1)


def _read(
    session: Session, made: DemoAccount, folder: Path, connection: Transport, listen: Listener
) -> None:
    """Read the account as `crmclean pull` does, but without a limit of requests."""
    from dedupe.crm.pull import PullOptions, pull
    from dedupe.sandbox.demo import ON_REQUEST
    from dedupe.snapshot import write_snapshot

    # The pages are no use to a later demo: they lie beside, and go with it.
    pages = folder.with_name(f".{folder.name}.pages")
    pulled = pull(
        connection, pages, PullOptions(host=made.account.host, with_=ON_REQUEST), listen=listen
    )
    # The account was made up for a day of its own, and its ages are counted to that day.
    write_snapshot(replace(pulled.account, read_to=made.account.read_to), folder)
    pulled.done()
    session.say(
        trn(
            "Read over HTTP from a local CRM: {n} request in {seconds} s; a real account takes 7 a "
            "second at most.",
            "Read over HTTP from a local CRM: {n} requests in {seconds} s; a real account takes 7 "
            "a second at most.",
            connection.stats.n_requests,
            seconds=decimal(pulled.seconds, 1),
        )
    )


def _write(made: DemoAccount, folder: Path, kind: str) -> None:
    from dedupe.sandbox.demo import write_csv
    from dedupe.snapshot import staged_folder, write_snapshot

    if kind == "snapshot":
        _check_ours(folder, made)
        write_snapshot(made.account, folder)
        return
    with staged_folder(folder, whole=True) as staging:
        write_csv(made, staging)
        # The folder is replaced as one, so it must be an earlier demo's or empty.
        there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if there and there != {path.name for path in staging.iterdir()}:
            raise _not_ours(folder)


def _check_ours(folder: Path, made: DemoAccount) -> None:
    from dedupe.snapshot import is_snapshot, open_snapshot

    if is_snapshot(folder) and open_snapshot(folder).host != made.account.host:
        raise _not_ours(folder)


def _not_ours(folder: Path) -> StorageError:
    return StorageError(
        N_("the folder holds something else than a demo account"),
        where=str(folder),
        fix=N_("name a new or empty folder"),
    )


def _compare(session: Session, result: Scan, planted: Mapping[tuple[str, str], Planted]) -> None:
    """Say how many planted faults were found to the card; leave with 1 when one was not."""
    checked = {(c.code, c.entity): c for c in result.summary.checks if c.status == "checked"}
    compared = [key for key in planted if key in checked]
    differing = [key for key in compared if checked[key].found != planted[key].found]
    wrong = [
        f"{code} {entity}: {planted[code, entity].found} / {checked[code, entity].found}"
        for code, entity in differing
    ]
    right = len(compared) - len(wrong)
    session.say(
        trn(
            "Planted and found: {right} of {n} count is exact.",
            "Planted and found: {right} of {n} counts are exact.",
            len(compared),
            right=count(right),
        )
    )
    if wrong:
        session.say(tr(N_("Planted / found differ: {wrong}"), wrong="; ".join(wrong)))
        raise click.exceptions.Exit(1)

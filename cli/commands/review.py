"""`crmclean review`: decide on groups of possible duplicates, on a page or in a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.config import Config, Matching
    from dedupe.contracts import Account
    from dedupe.match.model_file import ModelEntry
    from dedupe.plan.scan_folder import ScanFolder
    from dedupe.review.deck import Deck
    from dedupe.review.values_deck import ValuesDeck

_MAX_NAME = 80
_MODES = ("export", "import")


@click.command(
    cls=Command,
    help=N_(
        "Decide which of the groups that SCAN found are one: on a page of this machine that opens "
        "in a browser, or in a workbook. SCAN is the folder of a scan, by default the last one. "
        "Decisions hold for later scans and plans; nothing is changed in the CRM."
    ),
    short_help=N_("Decide on possible duplicates: a page on this machine, or a workbook."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean review --open\n"
        "  crmclean review out/scan --as anna\n"
        "  crmclean review --sample 50 --seed 7       measure precision, without scores\n"
        "  crmclean review --export groups.xlsx --limit 200\n"
        "  crmclean review --import groups.xlsx\n"
        "  crmclean review contacts-scan --source contacts.csv"
    ),
)
@click.argument("scan", required=False, type=FOLDER)
@click.option("--open", "is_opened", is_flag=True, cls=Option, help=N_("Open the page at once."))
@click.option(
    "--as", "who", cls=Option, metavar="NAME", help=N_("Who decides (default: the system's user).")
)
@click.option(
    "--sample",
    type=click.IntRange(min=1, max=100_000),
    cls=Option,
    metavar="N",
    help=N_("Judge a random sample of N clusters without scores, and measure the precision."),
)
@click.option(
    "--seed",
    type=int,
    default=7,
    show_default=True,
    cls=Option,
    help=N_("Another seed draws another sample."),
)
@click.option(
    "--export",
    "export_to",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Write the groups that wait into a workbook instead."),
)
@click.option(
    "--import",
    "import_from",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Take the decisions from a workbook that --export wrote."),
)
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=20_000),
    default=500,
    show_default=True,
    cls=Option,
    help=N_("With --export: the most groups, those with most money first."),
)
@click.option(
    "--decisions",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Keep the decisions in this file, such as one that is shared by git."),
)
@click.option(
    "--snapshot",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("The snapshot that was scanned, if it is not found beside the scan."),
)
@click.option(
    "--source",
    type=FOLDER,
    cls=Option,
    metavar="PATH",
    help=N_("Of a scan of files: the file or folder, to show the cards' names too."),
)
@with_session
def review(
    session: Session,
    scan: Path | None,
    is_opened: bool,
    who: str | None,
    sample: int | None,
    seed: int,
    export_to: Path | None,
    import_from: Path | None,
    limit: int,
    decisions: Path | None,
    snapshot: Path | None,
    source: Path | None,
) -> None:
    """Serve the page until it is ended, or write or read a workbook."""
    from cli.commands.plan import _last_scan
    from cli.reviewing import export, import_, serve
    from dedupe.plan.scan_folder import read_scan

    _check_modes(export_to, import_from, sample)
    config, reviewer = session.config(), _reviewer(who)
    scanned = read_scan(scan or _last_scan(session))
    account = _account(session, scanned, snapshot, source)
    place = decisions or _decisions_place(session, config, scanned)
    asked = (sample, seed)
    deck = _deck(scanned, account, config, reviewer, place, asked, _config_path(session))
    values = _values(deck, scanned, account, config)
    if export_to is not None:
        export(session, deck, values, export_to, limit)
    elif import_from is not None:
        import_(session, deck, values, import_from)
    else:
        serve(session, deck, values, scanned, is_opened=is_opened)


def _check_modes(export_to: Path | None, import_from: Path | None, sample: int | None) -> None:
    told = [
        name
        for name, value in (
            ("--export", export_to),
            ("--import", import_from),
            ("--sample", sample),
        )
        if value is not None
    ]
    if len(told) > 1:
        raise InputError(
            N_("these are different ways to review"),
            where=" ".join(told),
            fix=N_("name one of them"),
        )


def _reviewer(told: str | None) -> str:
    import getpass

    name = told
    if name is None:
        try:
            name = getpass.getuser()
        except (OSError, KeyError, ImportError):  # a container may have no user of this number
            name = "?"
    name = " ".join(name.split())
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise InputError(
            N_("a name of up to {most} letters is meant"),
            where="--as",
            fix=N_("write who decides"),
            most=_MAX_NAME,
        )
    return name


def _account(
    session: Session, scanned: ScanFolder, snapshot: Path | None, source: Path | None
) -> Account:
    """Return the cards that were scanned: the snapshot's, the source's, or what the scan holds."""
    from cli.commands.plan import _snapshot_of
    from dedupe.snapshot import open_snapshot

    if source is not None:
        return _opened(session, scanned, source)
    is_of_files = not scanned.host and not scanned.snapshot
    if snapshot is None and is_of_files:
        from dedupe.review.cards import account_of_scan

        session.say(
            tr(N_("The scan of files holds numbers and addresses only; --source PATH adds names."))
        )
        return account_of_scan(scanned)
    account = open_snapshot(snapshot or _snapshot_of(session, scanned))
    scanned.inputs(account)  # raises where it is another account, or another day's
    return account


def _opened(session: Session, scanned: ScanFolder, source: Path) -> Account:
    from dedupe.scan import open_account

    account = open_account(source, listen=session.progress())
    if source.name != scanned.source:
        raise InputError(
            N_("the scan is of {scanned}, the source is {found}"),
            where=str(source),
            fix=N_("name the file or folder that was scanned"),
            scanned=scanned.source,
            found=source.name,
        )
    return account


def _decisions_place(session: Session, config: Config, scanned: ScanFolder) -> Path:
    from cli.deciding import Whose, decisions_file

    whose = Whose(source=scanned.source, account_id=scanned.account_id, host=scanned.host)
    return decisions_file(session, config, whose)


def _deck(
    scanned: ScanFolder,
    account: Account,
    config: Config,
    who: str,
    place: Path,
    sampling: tuple[int | None, int],
    config_path: str = "",
) -> Deck:
    from dedupe.decisions import DecisionLog
    from dedupe.match.model_file import load_model
    from dedupe.review.deck import About, Deck
    from dedupe.review.ledger import Ledger
    from dedupe.review.queue import build_queue
    from dedupe.review.sample import draw_sample

    queue = build_queue(account, scanned.clusters, scanned.pairs, scanned.findings)
    place_of_model = scanned.folder / "model.json"
    model = load_model(place_of_model) if place_of_model.is_file() else None
    n, seed = sampling
    return Deck(
        queue,
        account,
        Ledger(DecisionLog(place, who)),
        About(
            scan_id=scanned.scan_id,
            name=scanned.host or scanned.source,
            crm=account.crm,
            host=account.host,
            currency=account.settings.get("currency", ""),
            rules=config.survivorship,
            match=_thresholds(model),
            config=config_path,
        ),
        model=model,
        sample=None if n is None else draw_sample(queue, n, seed),
    )


def _thresholds(model: Mapping[str, ModelEntry] | None) -> Matching:
    """Return the thresholds that the scan was made with; of an older one, the defaults."""
    from dedupe.config import Matching

    if not model:
        return Matching()
    first = next(iter(model.values())).thresholds
    return Matching(review=round(1 / (1 + 2**-first.link), 4), auto=first.auto)


def _config_path(session: Session) -> str:
    import os

    from dedupe.config import find_config

    found = find_config(session.config_path, os.environ, Path.cwd())
    return str(found.absolute()) if found is not None else ""


def _values(deck: Deck, scanned: ScanFolder, account: Account, config: Config) -> ValuesDeck:
    """Return the values to decide on; none for a blind sample, which is about clusters."""
    from dedupe.review.values_deck import ValuesDeck
    from dedupe.review.values_queue import ValuesQueue, build_values_queue

    queue = (
        ValuesQueue()
        if deck.sample is not None
        else build_values_queue(
            account, scanned.findings, scanned.values, mark_tag=config.plan.mark_tag
        )
    )
    return ValuesDeck(queue, deck.ledger, scanned.scan_id)

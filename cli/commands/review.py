"""`crmclean review`: decide on groups of possible duplicates, on a page or in a workbook."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, count, share, tr, trn

if TYPE_CHECKING:
    from dedupe.config import Config
    from dedupe.contracts import Account
    from dedupe.plan.scan_folder import ScanFolder
    from dedupe.review.deck import Deck
    from dedupe.review.server import ReviewServer

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
    from dedupe.plan.scan_folder import read_scan

    _check_modes(export_to, import_from, sample)
    config, reviewer = session.config(), _reviewer(who)
    scanned = read_scan(scan or _last_scan(session))
    account = _account(session, scanned, snapshot, source)
    place = decisions or _decisions_place(session, config, scanned)
    deck = _deck(scanned, account, config, reviewer, place, (sample, seed))
    if export_to is not None:
        _export(session, deck, export_to, limit)
    elif import_from is not None:
        _import(session, deck, import_from)
    else:
        _serve(session, deck, scanned, is_opened=is_opened)


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
) -> Deck:
    from dedupe.decisions import DecisionLog
    from dedupe.match.model_file import load_model
    from dedupe.review.deck import About, Deck
    from dedupe.review.queue import build_queue
    from dedupe.review.sample import draw_sample

    queue = build_queue(account, scanned.clusters, scanned.pairs, scanned.findings)
    model = scanned.folder / "model.json"
    n, seed = sampling
    return Deck(
        queue,
        account,
        DecisionLog(place, who),
        About(
            scan_id=scanned.scan_id,
            name=scanned.host or scanned.source,
            crm=account.crm,
            host=account.host,
            currency=account.settings.get("currency", ""),
            rules=config.survivorship,
        ),
        model=load_model(model) if model.is_file() else None,
        sample=None if n is None else draw_sample(queue, n, seed),
    )


def _serve(session: Session, deck: Deck, scanned: ScanFolder, *, is_opened: bool) -> None:
    from dedupe.review.server import ReviewServer
    from dedupe.review.thresholds import Thresholds

    with ReviewServer(deck, Thresholds(scanned.pairs)) as server:
        _tell_start(session, deck, server)
        if is_opened:
            import webbrowser

            webbrowser.open(server.url)
        why = "ended"
        with contextlib.suppress(KeyboardInterrupt):  # the usual end of a server
            why = server.wait()
    if why == "idle":
        session.say(tr(N_("Nobody has used the page for half an hour, so it was ended.")))
    _tell_end(session, deck)


def _tell_start(session: Session, deck: Deck, server: ReviewServer) -> None:
    counts = deck.counts()
    if session.is_json:
        told = {"schema": "crmclean.review/1", "url": server.url, "groups": counts.total,
                "decided": counts.done, "skipped": counts.skipped,
                "decisions": str(deck.log.path)}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(server.url)
    session.say(
        trn("{n} group waits for a decision.", "{n} groups wait for a decision.", counts.todo)
    )
    session.say(tr(N_("Decisions: {path}"), path=deck.log.path))
    session.say(tr(N_("The address works once and on this machine only. Ctrl-C ends the review.")))


def _tell_end(session: Session, deck: Deck) -> None:
    counts = deck.counts()
    session.say(
        tr(
            N_("Decided: {done} of {total}; put off: {skipped}."),
            done=count(counts.done),
            total=count(counts.total),
            skipped=count(counts.skipped),
        )
    )
    if deck.sample is not None and not counts.todo:
        _tell_precision(session, deck)
    session.say(tr(N_("Next: {command}"), command="crmclean plan"))


def _tell_precision(session: Session, deck: Deck) -> None:
    from dedupe.review.pages import TIERS
    from dedupe.review.sample import measured

    for each in measured(deck):
        if each.share is not None:
            line = tr(
                N_("Precision, {tier}: {share} ({right} of {n}; 95% interval {low} – {high})"),
                tier=tr(TIERS[each.tier]),
                share=share(each.share),
                right=count(each.right),
                n=count(each.n),
                low=share(each.low),
                high=share(each.high),
            )
            session.say(line)


def _export(session: Session, deck: Deck, path: Path, limit: int) -> None:
    from dedupe.review.signature import signing_key
    from dedupe.review.workbook import write_workbook

    written = write_workbook(deck, path, signing_key(session.state()), limit=limit)
    left = deck.counts().todo - written
    if session.is_json:
        told = {"schema": "crmclean.review_export/1", "file": str(path), "groups": written,
                "left": left}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(
        trn("Written: {n} group into {path}", "Written: {n} groups into {path}", written, path=path)
    )
    if left:
        session.say(trn("{n} more group waits.", "{n} more groups wait.", left))
    session.say(tr(N_("Next: {command}"), command=f"crmclean review --import {path}"))


def _import(session: Session, deck: Deck, path: Path) -> None:
    from dedupe.review.signature import signing_key
    from dedupe.review.workbook_in import read_workbook

    read = read_workbook(deck, path, signing_key(session.state()))
    deck.decide(read.decisions)
    if session.is_json:
        told = {
            "schema": "crmclean.review_import/1",
            "decisions": len(read.decisions),
            "without_decision": read.n_open,
            "ignored": [{"row": each.row, "reason": tr(each.reason)} for each in read.ignored],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(trn("{n} decision taken over.", "{n} decisions taken over.", len(read.decisions)))
    if read.n_open:
        session.say(
            trn("{n} group has no decision yet.", "{n} groups have no decision yet.", read.n_open)
        )
    for each in read.ignored:
        session.say(tr(N_("row {row} is ignored: {reason}"), row=each.row, reason=tr(each.reason)))
    session.say(tr(N_("Next: {command}"), command="crmclean plan"))

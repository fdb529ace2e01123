"""`crmclean sample`: a random sample of findings or pairs for a person to judge, and its result."""

from __future__ import annotations

import json
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError, StorageError
from dedupe.language import N_, count, tr

if TYPE_CHECKING:
    import polars as pl

    from dedupe.contracts import Account
    from dedupe.plan.scan_folder import ScanFolder
    from dedupe.report.sample import Draw, Population, Request, Sample

TIERS = ("auto", "review")
FORMS = (".xlsx", ".csv")


@click.command(
    cls=Command,
    help=N_(
        "Draw a random sample of what the check CODE found, for a person to judge; CODE may also "
        "be auto or review: pairs of cards that the match put into this tier. The same seed and "
        "scan give the same sample. With --read: how many of a filled sample are right, with the "
        "95 % interval, and how many more to judge."
    ),
    short_help=N_("A random sample to judge by hand; how precise a check is."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean sample LST301 -n 30 --seed 7\n"
        "  crmclean sample auto -n 100 -o merges.xlsx\n"
        "  crmclean sample TSK101 --by owner -o tasks.csv\n"
        "  crmclean sample --read merges.xlsx"
    ),
)
@click.argument("code", required=False)
@click.option(
    "--scan",
    "folder",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("The scan to draw from (default: the newest)."),
)
@click.option(
    "--snapshot",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("The snapshot that was scanned, if it is not found beside the scan."),
)
@click.option(
    "-n",
    "n",
    type=click.IntRange(1, 10_000),
    default=30,
    cls=Option,
    help=N_("How many rows (default: 30)."),
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=7,
    cls=Option,
    help=N_("The number that the choice depends on (default: 7)."),
)
@click.option(
    "--by",
    type=click.Choice(["owner"]),
    cls=Option,
    help=N_("Draw from each owner in proportion to what they have."),
)
@click.option(
    "--entity",
    type=click.Choice(["contact", "company", "deal"]),
    cls=Option,
    help=N_("Only records of this kind."),
)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("FILE.xlsx or FILE.csv (default: a workbook in the scan's folder)."),
)
@click.option(
    "--show-values",
    is_flag=True,
    cls=Option,
    help=N_("Write names, phones and e-mails of clients in full."),
)
@click.option(
    "--read",
    "filled",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Read a filled sample and tell the precision."),
)
@with_session
def sample(
    session: Session,
    code: str | None,
    folder: Path | None,
    snapshot: Path | None,
    n: int,
    seed: int,
    by: str | None,
    entity: str | None,
    output: Path | None,
    show_values: bool,
    filled: Path | None,
) -> None:
    """Draw a sample, or read a filled one."""
    if (code is None) == (filled is None):
        raise InputError(
            N_("name the check to sample, or a filled sample to read"),
            where="CODE",
            fix=N_("crmclean sample CODE, or crmclean sample --read FILE"),
        )
    if filled is not None:
        _show_judged(session, filled)
        return
    from dedupe.plan.scan_folder import read_scan
    from dedupe.report.sample import Request, draw_sample
    from dedupe.report.trend import find_scan

    is_named, folder = folder is not None, find_scan(folder, session.state())
    if not is_named:
        session.say(tr(N_("by the scan {folder}"), folder=folder))
    request = Request(code=_code(code or ""), n=n, seed=seed, by=by or "")
    path = output or folder / f"sample-{request.code}-{seed}.xlsx"
    _check_path(path)
    scan = read_scan(folder)
    account = _account(session, scan, snapshot)
    if by and account is None:
        raise InputError(
            N_("whose the records are is told by the snapshot, and it is not there"),
            where="--by owner",
            fix=N_("name it with --snapshot, or leave --by out"),
        )
    drawn = draw_sample(_population(scan, request, account, entity), request)
    if not drawn.population:
        raise _nothing(scan, request)
    made = _sample(scan, drawn, account, show_values=show_values)
    _write(made, path)
    _show_drawn(session, scan, drawn, path)


def _code(code: str) -> str:
    """Return a tier or the code of a check. Raises InputError with what may be meant."""
    from dedupe.audit import CHECKS

    if code.lower() in TIERS:
        return code.lower()
    if code.upper() in CHECKS:
        return code.upper()
    near = get_close_matches(code.upper(), CHECKS, n=1)
    fix = N_("did you mean {near}? see: crmclean explain") if near else N_("see: crmclean explain")
    raise InputError(
        N_("no check has this code"), where=code, fix=fix, near=near[0] if near else ""
    )


def _check_path(path: Path) -> None:
    if path.suffix.lower() not in FORMS:
        raise InputError(
            N_("a sample is a file .xlsx or .csv"),
            where=str(path),
            fix=N_("name it so with -o"),
        )
    if os.path.lexists(path):  # it may hold somebody's verdicts
        raise InputError(
            N_("the file is there already"),
            where=str(path),
            fix=N_("name another with -o; read a filled one with --read"),
        )


def _account(session: Session, scan: ScanFolder, snapshot: Path | None) -> Account | None:
    """Return the account that was scanned; None, and a word, where its snapshot isn't at hand."""
    from dedupe.snapshot import is_snapshot, open_snapshot

    place = snapshot or (Path(scan.snapshot) if scan.snapshot else None)
    if snapshot is not None and not is_snapshot(snapshot):
        raise InputError(
            N_("there is no snapshot in this folder"),
            where=str(snapshot),
            fix=N_("name the snapshot that was scanned"),
        )
    if place is None or not is_snapshot(place):
        session.say(tr(N_("Without the snapshot: names, owners and dates are left out.")))
        return None
    account = open_snapshot(place)
    is_same = (account.account_id, account.host) == (scan.account_id, scan.host)
    if is_same and account.read_to == scan.data_to:
        return account
    if not is_same:
        raise InputError(
            N_("the scan is of {scanned}, the snapshot of {found}"),
            where=str(scan.folder),
            fix=N_("name the scan's own snapshot with --snapshot"),
            scanned=scan.host or scan.account_id,
            found=account.host or account.account_id,
        )
    session.say(tr(N_("The snapshot was made anew since this scan: cards are shown as they are.")))
    return account


def _population(
    scan: ScanFolder, request: Request, account: Account | None, entity: str | None
) -> Population:
    from dedupe.report.sample import findings_population, pairs_population

    if request.is_pairs:
        return pairs_population(scan.pairs, request.code, account, entity)
    return findings_population(_findings(scan, request), account, entity)


def _findings(scan: ScanFolder, request: Request) -> pl.DataFrame:
    import polars as pl

    return scan.findings.filter(pl.col("code") == request.code)


def _nothing(scan: ScanFolder, request: Request) -> InputError:
    """Return the error of an empty population: what was not checked is not "nothing found"."""
    from dedupe.report.scan_files import read_summary
    from dedupe.report.words import reason_text

    if request.is_pairs:
        return InputError(
            N_("the scan has no pairs of this tier"),
            where=request.code,
            fix=N_("see: crmclean explain DUP110"),
        )
    results = [one for one in read_summary(scan.folder).checks if one.code == request.code]
    if results and any(one.status == "checked" for one in results):
        return InputError(
            N_("the check found nothing, there is nothing to judge"),
            where=request.code,
            fix=N_("see: crmclean explain"),
        )
    why = reason_text(results[0].reason) if results else tr(N_("the scan left it out"))
    return InputError(
        N_("the scan did not carry this check out: {why}"),
        where=request.code,
        fix=N_("scan the account again: crmclean scan"),
        why=why,
    )


def _sample(scan: ScanFolder, drawn: Draw, account: Account | None, *, show_values: bool) -> Sample:
    from dedupe.report.sample import sample_rows
    from dedupe.report.sample.facts import Told
    from dedupe.report.scan_files import read_summary

    told = Told(
        scan_id=scan.scan_id,
        crm=read_summary(scan.folder).crm,
        host=scan.host,
        findings=_findings(scan, drawn.request),
        values=scan.values.select("entity", "record_id", "value"),
        account=account,
        show_values=show_values,
    )
    return sample_rows(drawn, told)


def _write(made: Sample, path: Path) -> None:
    """Write the file, which is the user's alone; one that has come meanwhile is not replaced."""
    from dedupe.report.sample import render_csv, render_xlsx

    raw = render_xlsx(made) if path.suffix.lower() == ".xlsx" else render_csv(made)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
    except OSError as error:
        raise StorageError(
            N_("can't write here ({reason})"),
            where=str(path),
            fix=N_("free space, change its rights, or name another folder with -o"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error


def _show_drawn(session: Session, scan: ScanFolder, drawn: Draw, path: Path) -> None:
    request = drawn.request
    if session.is_json:
        document = {
            "schema": "crmclean.sample/1",
            "what": "drawn",
            "scan_id": scan.scan_id,
            "code": request.code,
            "seed": request.seed,
            "by": request.by or None,
            "population": drawn.population,
            "drawn": drawn.members.height,
            "strata": dict(drawn.strata),
            "file": str(path),
            "rows": drawn.members.select("key", "owner_id").to_dicts(),
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(
        tr(
            N_("{code}: {drawn} of {population} drawn, seed {seed}"),
            code=request.code,
            drawn=count(drawn.members.height),
            population=count(drawn.population),
            seed=request.seed,
        )
    )
    click.echo(tr(N_("Fill the column of verdicts in {path}"), path=path))
    click.echo(tr(N_("Next: {command}"), command=f"crmclean sample --read {path}"))


def _show_judged(session: Session, path: Path) -> None:
    from dedupe.report.sample import judgement_document, read_filled

    found = read_filled(path)
    if session.is_json:
        document = judgement_document(found)
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        from cli.judging import judged_lines

        click.echo("\n".join(judged_lines(found)))

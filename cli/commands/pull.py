"""`crmclean pull`: the CRM's account into a snapshot, the whole of it or what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, count, decimal, share, tr, trn

if TYPE_CHECKING:
    from cli.profiles import PullResult

SCHEMA = "crmclean.pull/1"
MAIN = ("contacts", "companies", "deals", "tasks")


@click.command(
    cls=Command,
    help=N_(
        "Read the account of a profile into its snapshot: everything the audit needs, within the "
        "CRM's limit of requests. After the first time only what changed is read, and once a week "
        "the whole. A pull that was ended goes on where it stopped. Changes nothing in the CRM."
    ),
    short_help=N_("Read the account of a profile into a snapshot."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean pull\n"
        "  crmclean pull -p main --full\n"
        "  crmclean pull -p main --format json"
    ),
)
@click.option(
    "--full", is_flag=True, cls=Option, help=N_("Read the whole account, whatever was read before.")
)
@click.option(
    "--incremental",
    is_flag=True,
    cls=Option,
    help=N_("Read only what changed; fail where that can't be told."),
)
@click.option(
    "--accept-shrunk",
    is_flag=True,
    cls=Option,
    help=N_("Take the read for the account although much is missing that was there before."),
)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("Where the snapshot is kept (default: in the state folder)."),
)
@with_session
def pull(
    session: Session, full: bool, incremental: bool, accept_shrunk: bool, output: Path | None
) -> None:
    """Pull the profile's account and say what was read."""
    from cli.profiles import Wish, crm_profile, pull_profile
    from dedupe.crm.pull import Mode

    if full and incremental:
        raise InputError(
            N_("--full and --incremental exclude each other"),
            where="--full",
            fix=N_("leave one of them out"),
        )
    config = session.config()
    name, profile = crm_profile(session, config)
    mode = Mode.FULL if full else Mode.INCREMENTAL if incremental else Mode.AUTO
    wish = Wish(mode=mode, accept_shrunk=accept_shrunk, output=output)
    result = pull_profile(session, config, name, profile, wish)
    if session.is_json:
        click.echo(json.dumps(_document(result), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(result)))
        click.echo(tr(N_("Next: {command}"), command=_next(result, output)))
    for line in warnings(result):
        session.say(line)


def warnings(result: PullResult) -> list[str]:
    """Return the lines about a read that is not the whole account as it is."""
    pulled, lines = result.pulled, []
    if result.has_damaged:
        lines.append(tr(N_("The last snapshot was damaged: a shrunken read could not be noticed.")))
    if pulled.is_partial == "true":
        lines.append(
            tr(
                N_(
                    "The token's user sees only a part of the account, and the counts are of that "
                    "part. Take the token of an administrator for the whole."
                )
            )
        )
    if pulled.is_partial == "unknown":
        lines.append(
            tr(N_("Whether the token's user sees the whole account, the CRM does not tell."))
        )
    if pulled.n_quarantined:
        lines.append(
            trn(
                "{n} item could not be read and was left out ({part}).",
                "{n} items could not be read and were left out ({part}).",
                pulled.n_quarantined,
                part=share(pulled.n_quarantined / max(pulled.n_items, 1)),
            )
        )
    if pulled.blind:
        lines.append(
            tr(
                N_(
                    "Not told by the CRM: {parts}. What only they tell waits for the next full "
                    "pull."
                ),
                parts=", ".join(pulled.blind),
            )
        )
    return lines


def _lines(result: PullResult) -> list[str]:
    pulled = result.pulled
    rows = _rows(result)
    counts = tr(
        N_("{host}: {contacts} contacts, {companies} companies, {deals} deals, {tasks} tasks"),
        host=result.host,
        **{name: count(rows[name]) if name in rows else "–" for name in MAIN},
    )
    lines = [counts, _how(result)]
    if pulled.is_resumed:
        lines.append(tr(N_("Went on from the pages that an interrupted pull had read.")))
    if pulled.n_changed:
        changed, deleted = sum(pulled.n_changed.values()), sum(pulled.n_deleted.values())
        lines.append(
            tr(
                N_("Changed: {changed} records, deleted: {deleted}"),
                changed=count(changed),
                deleted=count(deleted),
            )
        )
    lines.append(
        tr(
            N_("{requests} requests in {seconds} s, {part} of what the limit allows"),
            requests=count(result.stats.n_requests),
            seconds=decimal(pulled.seconds),
            part=share(min(_bound_share(result), 1.0)),
        )
    )
    return [*lines, tr(N_("Snapshot: {folder}"), folder=result.snapshot)]


def _how(result: PullResult) -> str:
    from dedupe.crm.pull import Mode

    choice = result.pulled.choice
    if choice.mode is Mode.FULL:
        return tr(N_("Read whole: {why}"), why=choice.told)
    return tr(N_("Read: {what}"), what=choice.told)


def _next(result: PullResult, output: Path | None) -> str:
    return f"crmclean scan {output}" if output else f"crmclean scan -p {result.name} --no-pull"


def _rows(result: PullResult) -> dict[str, int]:
    import polars as pl

    tables = result.pulled.account.tables
    return {n: int(rows.select(pl.len()).collect().item()) for n, rows in tables.items()}


def _bound_share(result: PullResult) -> float:
    from cli.profiles import REQUESTS_PER_S

    bound = result.stats.n_requests / REQUESTS_PER_S
    return bound / result.pulled.seconds if result.pulled.seconds else 0.0


def _document(result: PullResult) -> dict[str, Any]:
    pulled, account = result.pulled, result.pulled.account
    return {
        "schema": SCHEMA,
        "profile": result.name,
        "crm": account.crm,
        "host": result.host,
        "account_id": account.account_id,
        "snapshot": str(result.snapshot),
        "mode": str(pulled.choice.mode),
        "reason": pulled.choice.reason,
        "resumed": pulled.is_resumed,
        "rows": _rows(result),
        "changed": dict(pulled.n_changed),
        "deleted": dict(pulled.n_deleted),
        "requests": result.stats.n_requests,
        "retries": result.stats.n_retries,
        "limited": result.stats.n_limited,
        "bytes": result.stats.n_bytes,
        "seconds": round(pulled.seconds, 3),
        "bound_share": round(_bound_share(result), 4),
        "items": pulled.n_items,
        "quarantined": pulled.n_quarantined,
        "partial": pulled.is_partial,
        "not_told": list(pulled.blind),
        "not_read": dict(account.not_read),
        "read_from": account.read_from.isoformat() if account.read_from else None,
        "read_to": account.read_to.isoformat() if account.read_to else None,
    }

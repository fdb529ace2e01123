"""`crmclean approve PLAN`: let a policy's next run carry out this very plan."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.language import N_, tr

SCHEMA = "crmclean.approval/1"


@click.command(
    cls=Command,
    help=N_(
        'Approve PLAN for the next run of a policy with approval = "hash": that run carries out '
        "this very plan, to the byte, and no other. Changes nothing in the CRM."
    ),
    short_help=N_("Approve a plan for the next unattended run."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean approve plan.jsonl\n"
        '  crmclean approve plan.jsonl --yes --note "looked through by the owner"'
    ),
)
@click.argument("plan", type=FOLDER)
@click.option("--yes", is_flag=True, cls=Option, help=N_("Approve without a question."))
@click.option(
    "--plan-hash",
    cls=Option,
    metavar="HASH",
    help=N_("The hash of the plan you approve; needed for what nothing can take back."),
)
@click.option("--note", default="", cls=Option, metavar="TEXT", help=N_("A word for the record."))
@with_session
def approve(session: Session, plan: Path, yes: bool, plan_hash: str | None, note: str) -> None:
    """Note the approval in the account's folder."""
    from cli.acting import place_of, show_json
    from cli.approval import Consent, check_hash
    from cli.approval import approve as consent
    from cli.commands.show import named_plan
    from dedupe.plan import read_plan
    from dedupe.plan.render import render_plan
    from dedupe.policy.approvals import approve as note_approval

    path = named_plan(session, plan)
    found, place = read_plan(path), place_of(session)
    _check_host(found.header.account_host, place.host, found.short)
    check_hash(found, plan_hash)
    if not session.is_json:
        session.say(render_plan(found))
    told = Consent(yes=yes, plan_hash=plan_hash, command=f"crmclean approve {path}")
    consent(session, found, told)
    kept = note_approval(place.folder, found, who=_who(), now=datetime.now(UTC), note=note)
    if session.is_json:
        show_json({"schema": SCHEMA, "plan_hash": found.hash, "file": str(kept)})
        return
    click.echo(
        tr(N_("Approved: {plan}; the next run of the policy carries it out."), plan=found.short)
    )


def _check_host(planned: str, host: str, where: str) -> None:
    from dedupe.errors import InputError

    if planned != host:
        raise InputError(
            N_("the plan is for {planned}, this is {found}"),
            where=where,
            fix=N_("scan this account and plan again, or name the right profile with -p"),
            planned=planned,
            found=host,
        )


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service may have a number and no name
        return ""

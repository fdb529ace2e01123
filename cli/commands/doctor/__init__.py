"""`crmclean doctor`: is everything here that a run needs? Changes nothing in the CRM."""

from __future__ import annotations

import json

import click

from cli.options import Session, has_color, with_session
from cli.words import Command, Option
from dedupe.language import N_, tr, trn

from .check import ERROR, OK, SKIPPED, WARNING, Check, worst

SCHEMA = "crmclean.doctor/1"
MARKS = {
    OK: (N_("ok"), "green"),
    WARNING: (N_("warning"), "yellow"),
    ERROR: (N_("error"), "red"),
    SKIPPED: (N_("skipped"), None),
}


@click.command(
    cls=Command,
    help=N_(
        "Check the installation, the config, the state folder and, for every profile (or that of "
        "-p), its sign-in, clock and rights. With --cron all of it as cron would see it: without "
        "a home, a terminal or a keyring. Of policies: what their notices and the monitoring need. "
        "Ends with the exit code of the first error."
    ),
    short_help=N_("Check the installation, the config and the sign-in."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean doctor\n"
        "  crmclean doctor --offline --format json\n"
        "  crmclean doctor --cron"
    ),
)
@click.option("--offline", is_flag=True, cls=Option, help=N_("Send nothing to any CRM."))
@click.option("--cron", is_flag=True, cls=Option, help=N_("Check as cron would run it."))
@click.option("--inside-cron", is_flag=True, hidden=True)
@with_session
def doctor(session: Session, offline: bool, cron: bool, inside_cron: bool) -> None:
    """Run the checks, show them, end with the gravest one's code."""
    from .bare import checks_in_cron, inside_checks, told_for_cron

    look = checks_in_cron if cron else _checks
    checks = look(session, offline=offline)
    if inside_cron:
        checks = [*inside_checks(session), *told_for_cron(checks)]
    _show(session, checks)
    code = worst(checks)
    if code:
        raise click.exceptions.Exit(code)


def _checks(session: Session, *, offline: bool) -> list[Check]:
    from .account import account_checks
    from .machine import machine_checks
    from .nights import night_checks
    from .settings import profiles, settings_checks, state_folder

    checks = [*machine_checks(), *settings_checks(session), *night_checks(session)]
    has_state = not isinstance(state_folder(session), Check)
    for name, profile in profiles(session).items() if has_state else ():
        checks += account_checks(session, name, profile, offline=offline)
    return checks


def _show(session: Session, checks: list[Check]) -> None:
    if session.is_json:
        document = {
            "schema": SCHEMA,
            "exit_code": worst(checks),
            "checks": [check.document() for check in checks],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    shown = [c for c in checks if c.status in (WARNING, ERROR)] if session.quiet else checks
    for check in shown:
        click.echo(_line(check))
    session.say(_verdict(checks))


def _line(check: Check) -> str:
    mark, color = MARKS[check.status]
    wide = max(len(tr(word)) for word, _ in MARKS.values())
    label = f"{tr(mark):{wide}}"
    if has_color() and color:
        label = click.style(label, fg=color)
    profile = f"{check.profile}: " if check.profile else ""
    fix = f"; {check.fix}" if check.fix else ""
    return f"{label}  {profile}{check.text}{fix}"


def _verdict(checks: list[Check]) -> str:
    errors = sum(c.status == ERROR for c in checks)
    warnings = sum(c.status == WARNING for c in checks)
    if errors:
        return trn(
            "{n} error; mend the first and run: crmclean doctor",
            "{n} errors; mend the first and run: crmclean doctor",
            errors,
        )
    if any(c.code == "config" and c.status == WARNING for c in checks):
        return tr(N_("Next: crmclean init"))
    if warnings:
        return trn(
            "{n} warning. Next: crmclean pull", "{n} warnings. Next: crmclean pull", warnings
        )
    return tr(N_("All is well. Next: crmclean pull"))

"""`crmclean run POLICY`: the whole of a policy, with nobody watching: for cron and systemd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from cli.options import Session, with_session
from cli.words import Command, Option
from dedupe.errors import ConfigError, CrmCleanError, InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from cli.nights import Asked
    from dedupe.config import Config, Policy
    from dedupe.policy.outcome import RunOutcome

SCHEMA = "crmclean.run-all/1"
# The gravest first: what needs a person soonest. A signal ends all, so it leads.
GRAVEST = (143, 130, 8, 9, 1, 7, 10, 2, 12, 6, 11, 3)
_ENDED = (130, 143)


@click.command(
    cls=Command,
    help=N_(
        "Carry out POLICY of the config: pull, scan, plan, apply what may be automatic, verify, "
        "report, notify. Asks nothing, needs no terminal, stops before anything that looks odd. "
        "With -q it prints nothing where nothing changed. A PAUSE file in the account's folder "
        "ends a run at the next boundary with 0, a STOP file with 6. Of several accounts the "
        "gravest exit code is returned: 143, 130, 8, 9, 1, 7, 10, 2, 12, 6, 11, 3, 0. A run that "
        "can't begin is told as any trouble is; that another run has the account (11) only once "
        "it lasts. Where the config can't be read or has no such policy or profile, nobody is "
        "named to be told: look at stderr and the exit code, which cron mails."
    ),
    short_help=N_("Do what a policy allows, for cron and systemd."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean run nightly --dry-run\n"
        "  crmclean run nightly -p main -q\n"
        "  crmclean run nightly --all-profiles --wait 10m --format json"
    ),
)
@click.argument("policy")
@click.option(
    "--all-profiles",
    is_flag=True,
    cls=Option,
    help=N_("Every CRM account of the config, one after another; a broken one stops no other."),
)
@click.option(
    "--dry-run", is_flag=True, cls=Option, help=N_("Rehearse on a copy; send nothing, tell nobody.")
)
@click.option(
    "--wait",
    cls=Option,
    metavar="TIME",
    help=N_("How long to wait while another run has the account, such as 10m (default: not)."),
)
@click.option(
    "--ignore-window", is_flag=True, cls=Option, help=N_("Change the account at any hour.")
)
@click.option(
    "--accept-odd",
    is_flag=True,
    cls=Option,
    help=N_("Take what looked odd for right, this once: you have looked at it."),
)
@click.option(
    "--prometheus",
    cls=Option,
    metavar="FILE",
    help=N_("Write the run's numbers into FILE for the monitoring (also a policy's setting)."),
)
@with_session
def run(
    session: Session,
    policy: str,
    all_profiles: bool,
    dry_run: bool,
    wait: str | None,
    ignore_window: bool,
    accept_odd: bool,
    prometheus: str | None,
) -> None:
    """Run the policy and exit with its code."""
    from cli.nights import Asked, run_policy

    config = session.config()
    asked = Asked(
        policy=_policy(config, policy),
        wait=_span(wait),
        is_dry_run=dry_run,
        ignores_window=ignore_window,
        accepts_odd=accept_odd,
        prometheus=prometheus,
    )
    if all_profiles:
        code = _run_all(session, config, asked)
    else:
        outcome = run_policy(session, asked)
        _show(session, outcome)
        code = outcome.exit_code
    if code:
        raise click.exceptions.Exit(code)


def _run_all(session: Session, config: Config, asked: Asked) -> int:
    """Run every account in turn; return the gravest exit code."""
    names = [name for name, profile in config.profiles.items() if profile.crm != "files"]
    if not names:
        raise ConfigError(
            N_("no account is set up"), where="crmclean.toml", fix=N_("run: crmclean init")
        )
    outcomes = []
    for name in names:
        outcomes.append(_isolated(replace(session, profile=name), asked))
        if outcomes[-1].exit_code in _ENDED:
            break  # the system ends us: the next run goes on
    code = gravest([outcome.exit_code for outcome in outcomes])
    _show_all(session, asked.policy.name, outcomes, code)
    return code


def gravest(codes: list[int]) -> int:
    """Return the exit code that needs a person soonest; an unknown one counts as a bug.

    >>> gravest([0, 3, 6]), gravest([11, 0]), gravest([0])
    (6, 11, 0)
    """
    bad = [code for code in codes if code]
    order = {code: place for place, code in enumerate(GRAVEST)}
    return min(bad, key=lambda code: order.get(code, GRAVEST.index(1)), default=0)


def _isolated(session: Session, asked: Asked) -> RunOutcome:
    """Run one of several accounts; a config that broke under the run is its outcome, too."""
    from cli.nights import now, run_policy
    from dedupe.policy.unbegun import Attempt, never_begun

    began = now()
    try:
        return run_policy(session, asked)
    except CrmCleanError as error:
        attempt = Attempt(
            policy=asked.policy,
            profile=session.profile or "",
            run_id="",
            started=began,
            ended=now(),
            is_dry_run=asked.is_dry_run,
        )
        return never_begun(attempt, error)


def _policy(config: Config, name: str) -> Policy:
    if name in config.policies:
        return config.policies[name]
    near = get_close_matches(name, config.policies, n=1)
    hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
    raise ConfigError(
        N_("the config has no such policy{hint}"),
        where=name[:60],
        fix=N_("add a section [policies.{name}]; the README shows one"),
        hint=hint,
        name=name[:60],
    )


def _span(text: str | None) -> timedelta:
    from dedupe.config import read_span

    if text is None:
        return timedelta(0)
    span = read_span(text)
    if span is None:
        raise InputError(
            N_("a time such as 30s, 10m or 2h is meant"), where="--wait", fix=N_("check it")
        )
    return span


# --- what is shown


def _show(session: Session, outcome: RunOutcome) -> None:
    from cli.acting import show_json
    from dedupe.policy.outcome import outcome_document

    if session.is_json:
        show_json(outcome_document(outcome))
    elif outcome.is_news or not session.quiet:
        click.echo("\n".join(outcome_lines(outcome)))
    _warn(session, outcome)


def _warn(session: Session, outcome: RunOutcome, account: str = "") -> None:
    """Write the error to stderr; cron mails what is there, and an overlap is worth no mail."""
    if outcome.error and not (session.quiet and outcome.is_overlap):
        click.echo(f"crmclean: {account}{' '.join(outcome.error.split())}", err=True)


def _show_all(session: Session, policy: str, outcomes: list[RunOutcome], code: int) -> None:
    from cli.acting import show_json
    from dedupe.policy.outcome import outcome_document

    for outcome in outcomes:
        _warn(session, outcome, f"{outcome.profile}: ")
    if session.is_json:
        runs = [outcome_document(outcome) for outcome in outcomes]
        show_json({"schema": SCHEMA, "policy": policy, "exit_code": code, "runs": runs})
    elif not session.quiet or any(outcome.is_news for outcome in outcomes):
        click.echo("\n".join(table_lines(outcomes)))


def table_lines(outcomes: list[RunOutcome]) -> Iterator[str]:
    """Yield one line per account under a head, in columns."""
    from dedupe.policy.words import health_text, reason_text, state_text

    rows = [
        (
            outcome.profile,
            state_text(outcome.state),
            str(outcome.exit_code),
            str(outcome.changes.applied + outcome.changes.resumed),
            health_text(None, outcome.health_after.share if outcome.health_after else None),
            reason_text(outcome.reason) if outcome.reason else "",
        )
        for outcome in outcomes
    ]
    head = (N_("account"), N_("state"), N_("exit"), N_("changes"), N_("health"), "")
    shown = [tuple(tr(text) for text in head), *rows]
    widths = [max(len(row[at]) for row in shown) for at in range(len(head))]
    for row in shown:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def outcome_lines(outcome: RunOutcome) -> Iterator[str]:
    """Yield what a person reads of a run: how it ended, why, what changed, what to do next."""
    from dedupe.policy.outcome import State
    from dedupe.policy.words import accept_text, health_text, reason_text, state_text
    from dedupe.report.words import entity_name

    head = f"{outcome.profile}: {outcome.policy} {outcome.run_id}: {state_text(outcome.state)}"
    yield head + (f"; {reason_text(outcome.reason)}" if outcome.reason else "")
    if outcome.is_dry_run:
        yield "  " + tr(N_("Nothing was sent."))
    for odd in outcome.oddities:
        yield f"  ! {reason_text(odd)}"
    if outcome.oddities and outcome.state is State.STOPPED:
        yield "  " + accept_text(outcome.policy, outcome.profile)
    changes = outcome.changes
    if changes.planned or changes.resumed:
        yield "  " + tr(
            N_(
                "groups: {planned} planned, {applied} done, {resumed} finished of an earlier run, "
                "{failed} failed, {stale} changed by somebody, {left} left"
            ),
            planned=changes.planned,
            applied=changes.applied,
            resumed=changes.resumed,
            failed=changes.failed,
            stale=changes.stale,
            left=changes.left,
        )
    for check in outcome.checks:
        if check.new or check.fixed:
            yield "  " + tr(
                N_("{code} {entity}: {found} now, {new} new, {fixed} fixed"),
                code=check.code,
                entity=entity_name(check.entity),
                found=check.found,
                new=check.new or 0,
                fixed=check.fixed or 0,
            )
    if outcome.health_after is not None:
        before = outcome.health_before.share if outcome.health_before else None
        yield "  " + tr(
            N_("health: {health}"), health=health_text(before, outcome.health_after.share)
        )
    if outcome.next_command:
        yield tr(N_("Next: {command}"), command=outcome.next_command)

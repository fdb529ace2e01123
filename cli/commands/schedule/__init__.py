"""`crmclean schedule`: how to have a policy run by itself. Prints it; installs nothing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.options import Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from .job import Job
    from .units import Units
    from .when import When

SCHEMA = "crmclean.schedule/1"


@click.command(
    cls=Command,
    help=N_(
        "Print what makes cron (or systemd, with --systemd) run POLICY by itself: lines for a "
        "crontab, or a service and its timer. Every path in it is absolute and no secret is in "
        "it. Installs nothing: it says where to put it and how to try it."
    ),
    short_help=N_("Print a crontab line or systemd units for a policy."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean schedule nightly -p main --at 02:15 --days mon-fri\n"
        "  crmclean schedule nightly --all-profiles --systemd --timezone Europe/Moscow\n"
        "  crmclean doctor --cron"
    ),
)
@click.argument("policy")
@click.option(
    "--all-profiles", is_flag=True, cls=Option, help=N_("Every CRM account of the config.")
)
@click.option("--cron", "is_cron", is_flag=True, cls=Option, help=N_("Crontab lines (default)."))
@click.option("--systemd", "is_systemd", is_flag=True, cls=Option, help=N_("A service and timer."))
@click.option(
    "--at", default="02:15", show_default=True, cls=Option, metavar="HH:MM", help=N_("When.")
)
@click.option(
    "--days",
    default="mon-fri",
    show_default=True,
    cls=Option,
    metavar="DAYS",
    help=N_("On which days: mon-fri, mon,thu, daily."),
)
@click.option(
    "--timezone",
    cls=Option,
    metavar="ZONE",
    help=N_("The zone of this time (default: the machine's own)."),
)
@click.option(
    "--user", "is_user", is_flag=True, cls=Option, help=N_("Units of your own, not the system's.")
)
@with_session
def schedule(
    session: Session,
    policy: str,
    all_profiles: bool,
    is_cron: bool,
    is_systemd: bool,
    at: str,
    days: str,
    timezone: str | None,
    is_user: bool,
) -> None:
    """Print the lines or units, and beside them where they go."""
    from .job import job_of
    from .when import read_when

    if is_cron and is_systemd:
        raise InputError(
            N_("either cron or systemd"), where="--cron --systemd", fix=N_("leave one out")
        )
    when = read_when(at, days, timezone)
    job = job_of(session, policy, is_all=all_profiles)
    if is_systemd or is_user:
        _show_units(session, job, when, is_user=is_user)
    else:
        _show_cron(session, job, when)


def _show_cron(session: Session, job: Job, when: When) -> None:
    from .cron import cron_command, crontab

    text, notes = crontab(job, when), [*_notes(job, when, is_systemd=False)]
    trial = f"env -i HOME=/ PATH=/usr/bin:/bin /bin/sh -c {shlex.quote(shlex.join(_trial(job)))}"
    if session.is_json:
        line = f"{when.cron} {cron_command(job.words())}"
        _show_json({"kind": "cron", "line": line, "text": text, "notes": notes, "try": [trial]})
        return
    click.echo(text)
    for note in notes:
        session.say(note)
    session.say(tr(N_("Put these lines into your crontab with: {command}"), command="crontab -e"))
    session.say(tr(N_("Try it as cron would: {command}"), command=trial))
    session.say(tr(N_("Next: {command}"), command="crmclean doctor --cron"))


def _show_units(session: Session, job: Job, when: When, *, is_user: bool) -> None:
    from .units import SYSTEM, USER, units

    made, folder = units(job, when, is_user=is_user), USER if is_user else SYSTEM
    notes = [*_notes(job, when, is_systemd=True, is_user=is_user)]
    if session.is_json:
        files = [
            {"path": f"{folder}/{made.name}.service", "text": made.service},
            {"path": f"{folder}/{made.name}.timer", "text": made.timer},
        ]
        told = {"kind": "systemd", "unit": made.name, "files": files, "notes": notes}
        _show_json(told | {"try": list(_commands(job, made, is_user=is_user))})
        return
    click.echo(f"# {folder}/{made.name}.service\n{made.service}")
    click.echo(f"# {folder}/{made.name}.timer\n{made.timer}")
    for note in notes:
        session.say(note)
    session.say(tr(N_("Put the two files where their first lines say, then:")))
    for command in _commands(job, made, is_user=is_user):
        session.say(f"  {command}")


def _show_json(told: Mapping[str, object]) -> None:
    click.echo(json.dumps({"schema": SCHEMA, **told}, ensure_ascii=False, indent=1))


def _commands(job: Job, made: Units, *, is_user: bool) -> Iterator[str]:
    if (is_user or job.has_own_state) and not job.state.exists():
        yield f"install -d -m 700 {shlex.quote(str(job.state))}"
    who = " --user" if is_user else ""
    service, timer = shlex.quote(f"{made.name}.service"), shlex.quote(f"{made.name}.timer")
    yield f"systemd-analyze{who} verify {service} {timer}"
    yield f"systemctl{who} daemon-reload"
    yield f"systemctl{who} start {service}"
    yield f"journalctl{who} -u {service} -e"
    yield f"systemctl{who} enable --now {timer}"


def _trial(job: Job) -> list[str]:
    return [*job.words(), "--dry-run"]


def _notes(job: Job, when: When, *, is_systemd: bool, is_user: bool = False) -> Iterator[str]:
    """Yield what the reader should know before the first night."""
    from dedupe.config import PlaceKind, read_place

    for setting, text in job.secrets.items():
        place = read_place(text)
        kind = place.kind if place else None
        if kind in (PlaceKind.ENV, PlaceKind.KEYRING):
            yield tr(
                N_(
                    "{setting}: the secret is in {place}, which is not there at night; "
                    "use {better} in the config"
                ),
                setting=setting,
                place=place,
                better="credential:NAME" if is_systemd else "file:PATH",
            )
        elif kind is PlaceKind.CREDENTIAL and not is_systemd:
            yield tr(
                N_("{setting}: the secret is a credential of systemd; cron has none"),
                setting=setting,
            )
    yield from _window_notes(job, when)
    if is_systemd and not is_user and not job.has_own_state:
        yield tr(
            N_(
                "the service keeps its state in {folder}; to go on with a folder of yours, name "
                "it with --state"
            ),
            folder="/var/lib/crmclean",
        )


def _window_notes(job: Job, when: When) -> Iterator[str]:
    window = job.policy.window
    if window is None:
        return
    for name, zone in job.zones.items():
        for shown in when.times_in(zone, datetime.now(UTC).year):
            is_over = window.start > window.end
            is_in = window.start <= shown < window.end
            if is_over:  # it crosses midnight
                is_in = shown >= window.start or shown < window.end
            if not is_in:
                yield tr(
                    N_(
                        "{profile}: at that time it is {shown} in {zone}, outside the policy's "
                        "window {start}-{end}: nothing would be changed"
                    ),
                    profile=name,
                    shown=f"{shown:%H:%M}",
                    zone=zone,
                    start=f"{window.start:%H:%M}",
                    end=f"{window.end:%H:%M}",
                )
                break

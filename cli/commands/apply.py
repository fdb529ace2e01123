"""`crmclean apply`: carry out a plan, or rehearse it. The only way that a repair reaches a CRM."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import CrmCleanError, InputError, SafetyError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from cli.acting import Place
    from cli.approval import Consent
    from dedupe.apply.rehearse import Rehearsal
    from dedupe.apply.tools import Guards
    from dedupe.contracts import Account
    from dedupe.plan import Limits, Plan


_HEADER_BYTES = 1 << 20  # of a plan's first line


@click.command(
    cls=Command,
    help=N_(
        "Carry out PLAN: a plan file, its short name like p-7f3a9c12, or without it the last plan "
        "of the profile. First it says what will be done and what can't be undone, and asks. Each "
        "change is written into a journal before it is sent; a run that was cut off goes on with "
        "crmclean resume, and crmclean undo takes it back. With --dry-run the plan is carried out "
        "on a copy of the account on this machine, and nothing is sent."
    ),
    short_help=N_("Carry out a plan, or rehearse it with --dry-run."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean apply --dry-run\n"
        "  crmclean apply p-7f3a9c12 --only split\n"
        "  crmclean apply plan.jsonl --yes --max-changes 100     without a terminal\n"
        "  crmclean apply plan.jsonl --only g-000017"
    ),
)
@click.argument("plan", required=False, type=FOLDER)
@click.option(
    "--dry-run", is_flag=True, cls=Option, help=N_("Rehearse on a copy; send nothing to the CRM.")
)
@click.option(
    "--only",
    multiple=True,
    cls=Option,
    metavar="CODE|KIND|GROUP",
    help=N_("Only these groups of the plan: by check, by kind of repair, or by id."),
)
@click.option(
    "--max-changes",
    type=click.IntRange(min=0),
    cls=Option,
    metavar="N",
    help=N_("Refuse a plan that touches more records (500)."),
)
@click.option(
    "--max-fraction",
    type=click.FloatRange(min=0, max=1),
    cls=Option,
    metavar="F",
    help=N_("Refuse one that touches a larger share of the records of one kind (0.05)."),
)
@click.option(
    "--canary",
    type=click.IntRange(min=0),
    cls=Option,
    metavar="N",
    help=N_("Look at the first N groups again before the others begin (1, then 10 more)."),
)
@click.option("--yes", is_flag=True, cls=Option, help=N_("Don't ask, where it can be undone."))
@click.option(
    "--plan-hash",
    cls=Option,
    metavar="HASH",
    help=N_("The full hash of the plan that was approved; needed for what can't be undone."),
)
@click.option(
    "--snapshot",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("The copy to rehearse on (default: the profile's snapshot)."),
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    cls=Option,
    help=N_("With --dry-run: exit with 5 when there is something to do."),
)
@with_session
def apply(
    session: Session,
    plan: Path | None,
    dry_run: bool,
    only: tuple[str, ...],
    max_changes: int | None,
    max_fraction: float | None,
    canary: int | None,
    yes: bool,
    plan_hash: str | None,
    snapshot: Path | None,
    detailed_exitcode: bool,
) -> None:
    """Rehearse the plan, or carry it out when it is approved."""
    from cli.approval import Consent, check_hash

    asked = _asked(session, plan, only, snapshot)
    check_hash(asked.plan, plan_hash, asked.whole)
    limits, guards = _limits(session, max_changes, max_fraction), _guards(canary)
    if dry_run:
        code = _rehearsed(session, asked, snapshot, guards, detailed=detailed_exitcode)
        _warn(session, asked.plan, limits)
    else:
        consent = Consent(yes=yes, plan_hash=plan_hash, command=_command(asked, only))
        code = _applied(session, asked, consent, limits, guards)
    if code:
        raise click.exceptions.Exit(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The plan to carry out, the whole one that it is a part of, and its file."""

    plan: Plan
    whole: Plan
    path: Path


def _asked(session: Session, named: Path | None, only: Sequence[str], copy: Path | None) -> _Asked:
    from cli.commands.show import named_plan
    from dedupe.plan import read_plan

    if named is None:
        path = _last_plan(session)
        session.say(tr(N_("The last plan: {path}"), path=path))
    else:
        path = named_plan(session, named)
    whole = read_plan(path)
    return _Asked(plan=_part(whole, only), whole=whole, path=path)


def _last_plan(session: Session) -> Path:
    """Return the newest plan of the profile: in its folder, or beside a scan of its account."""
    from cli.acting import place_of

    place, state = place_of(session), session.state()
    folders = [(place.folder / "plans", "p-*.jsonl"), (place.folder / "scans", "*/*.jsonl")]
    folders.append((state / "scans", "*/*.jsonl"))
    found = [path for folder, pattern in folders for path in folder.glob(pattern)]
    for path in sorted(found, key=_changed_at, reverse=True):
        if _is_plan_of(path, place.host):
            return path
    raise InputError(
        N_("there is no plan of this account yet"),
        where=place.name,
        fix=N_("make one: crmclean scan -p {name}, then crmclean plan -p {name}"),
        name=place.name,
    )


def _is_plan_of(path: Path, host: str) -> bool:
    """Tell by its first line whether the file is a plan of the account at `host`."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(_HEADER_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and header.get("account_host") == host


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _part(plan: Plan, only: Sequence[str]) -> Plan:
    """Return the groups of `plan` that are asked for."""
    from dedupe.plan import drop_groups

    words = [word.strip() for text in only for word in text.split(",") if word.strip()]
    if not words:
        return plan
    kept = set()
    for word in words:
        kind, code = word.lower().replace("-", "_"), word.upper()
        own = {
            g.id
            for g in plan.groups
            if g.id == word.lower() or g.kind == kind or (g.code and g.code.startswith(code))
        }
        if not own:
            raise InputError(
                N_("the plan has no such group, kind or check"),
                where=word[:40],
                fix=N_("see what it has: crmclean show {plan} --records"),
                plan=plan.short,
            )
        kept |= own
    left_out = {group.id for group in plan.groups} - kept
    return drop_groups(plan, left_out) if left_out else plan


def _limits(session: Session, max_changes: int | None, max_fraction: float | None) -> Limits:
    from dedupe.plan import Limits

    own = Limits.of(session.config().plan)
    return Limits(
        max_changes=own.max_changes if max_changes is None else max_changes,
        max_fraction=own.max_fraction if max_fraction is None else max_fraction,
    )


def _guards(canary: int | None) -> Guards:
    from dedupe.apply.tools import Guards

    return Guards() if canary is None else Guards(canary=(canary,) if canary else ())


def _command(asked: _Asked, only: Sequence[str]) -> str:
    words = "".join(f" --only {word}" for word in only)
    return f"crmclean apply {asked.path}{words}"


def _rehearsed(
    session: Session, asked: _Asked, copy: Path | None, guards: Guards, *, detailed: bool
) -> int:
    """Rehearse on the copy, show it, and return the exit code."""
    from cli.acting import snapshot_of, steady
    from dedupe.apply.rehearse import rehearse
    from dedupe.plan import check_account

    account, plan = snapshot_of(session, copy), asked.plan
    check_account(plan, crm=account.crm, account_id=account.account_id, host=account.host)
    if not plan.ops:
        _tell_nothing(session, plan, dry_run=True)
        return 0
    found = rehearse(plan, account, steady(session.progress()), guards)
    _show_rehearsal(session, asked, found, account)
    if found.problems:
        raise SafetyError(
            N_("the rehearsal lost something or touched what it should not: don't apply this plan"),
            where=plan.short,
            fix=N_("report it, and leave those groups out with crmclean plan --drop"),
        )
    return found.report.exit_code or (5 if detailed else 0)


def _warn(session: Session, plan: Plan, limits: Limits) -> None:
    """Say now what apply would refuse."""
    from dedupe.plan import check_limits

    try:
        check_limits(plan, limits)
    except SafetyError as error:
        session.say(tr(N_("Apply will stop at its limit: {reason}"), reason=str(error)))


def _show_rehearsal(session: Session, asked: _Asked, found: Rehearsal, account: Account) -> None:
    from cli.acting import document_of, show_json
    from cli.telling import preview_lines, rehearsal_lines
    from dedupe.plan.render import render_plan

    if session.is_json:
        told = document_of(found.report) | {"dry_run": True, "sent": 0}
        told |= {"seconds": round(found.seconds, 3), "calls": found.n_calls, "reads": found.n_reads}
        told["requests"] = [
            {"method": method, "path": path, "sha256": sha} for method, path, sha in found.requests
        ]
        show_json(told | {"problems": list(found.problems)})
        return
    click.echo(render_plan(asked.plan))
    click.echo("")
    lines = [*preview_lines(asked.plan, str(asked.path), account, datetime.now(UTC))]
    click.echo("\n".join([*lines[4:], "", *rehearsal_lines(found)]))
    click.echo(tr(N_("Nothing was sent.")))
    if not found.problems:
        click.echo(tr(N_("Next: {command}"), command=f"crmclean apply {asked.path}"))


def _applied(
    session: Session, asked: _Asked, consent: Consent, limits: Limits, guards: Guards
) -> int:
    """Say what will be done, have it approved, do it."""
    from cli.acting import Stopper, carried_out, connected, options_of, place_of
    from cli.approval import approve
    from dedupe.apply.run import apply_plan, preflight, run_id_of
    from dedupe.apply.states import RunState

    plan = asked.plan
    if not plan.ops:
        _tell_nothing(session, plan, dry_run=False)
        return 0
    place = place_of(session)
    stopper = Stopper(place.folder)
    with connected(session, place, stopper) as sink:
        options = options_of(session, stopper, limits, guards)
        known = preflight(plan, sink.account(), place.folder, options)
        if known is None:
            _preview(session, place, asked)
            approve(session, plan, consent)
        elif known.state is RunState.DONE:
            session.say(tr(N_("This plan was applied before; nothing is sent again.")))
        code = carried_out(
            session,
            place,
            stopper,
            lambda: apply_plan(plan, sink, place.folder, options),
            run_id_of(plan),
        )
    return 0 if known is not None and known.state is RunState.DONE else code


def _preview(session: Session, place: Place, asked: _Asked) -> None:
    from cli.telling import preview_lines

    lines = preview_lines(asked.plan, str(asked.path), _known(place), datetime.now(UTC))
    for line in lines:
        session.say(line)


def _known(place: Place) -> Account | None:
    """Return the profile's snapshot for what it tells of webhooks; none is no reason to stop."""
    from dedupe.snapshot import is_snapshot, open_snapshot

    folder = place.folder / "snapshot"
    with contextlib.suppress(CrmCleanError):
        return open_snapshot(folder) if is_snapshot(folder) else None
    return None


def _tell_nothing(session: Session, plan: Plan, *, dry_run: bool) -> None:
    from cli.acting import SCHEMA, show_json

    if session.is_json:
        zeros = dict.fromkeys(("sent", "confirmed", "skipped", "failed", "ambiguous", "seconds"), 0)
        told = {"schema": SCHEMA, "run_id": None, "plan_hash": plan.hash, "dry_run": dry_run}
        show_json({**told, **zeros, "groups": {}})
        return
    click.echo(tr(N_("There is nothing to do.")))

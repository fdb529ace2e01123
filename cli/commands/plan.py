"""`crmclean plan`: from what a scan found to a plan file. Changes nothing in the CRM."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    import polars as pl

    from dedupe.config import Config
    from dedupe.contracts import Account
    from dedupe.plan import Plan, Ref
    from dedupe.plan.inputs import PlanOptions
    from dedupe.plan.scan_folder import ScanFolder

_TARGET = re.compile(r"(contact|contacts|company|companies|deal|deals|lead|leads)/([1-9]\d{0,18})")
_ENTITIES = {"contacts": "contact", "companies": "company", "deals": "deal", "leads": "deal",
             "lead": "deal"}  # fmt: skip


@click.command(
    cls=Command,
    help=N_(
        "Plan the repair of what SCAN found: the folder of a scan, by default the last one. "
        "Writes a plan file to look at, to rehearse and to apply; changes nothing in the CRM."
    ),
    short_help=N_("Make a plan from the findings of a scan."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean plan\n"
        "  crmclean plan out/scan --only merge --max-changes 200\n"
        "  crmclean plan --only TSK101 --target deals/9001236\n"
        "  crmclean plan plan.jsonl --drop g-000017 -o smaller.jsonl"
    ),
)
@click.argument("scan", required=False, type=FOLDER)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Where to write the plan (default: plan.jsonl in the scan's folder)."),
)
@click.option(
    "--only",
    multiple=True,
    cls=Option,
    metavar="CODE|KIND",
    help=N_("Only these repairs: merge, split, drop_repeat, normalize, tag, task, or a check."),
)
@click.option(
    "--target",
    multiple=True,
    cls=Option,
    metavar="KIND/ID",
    help=N_("Only groups about this record, such as contacts/123; may be repeated."),
)
@click.option(
    "--snapshot",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("The snapshot that was scanned, if it is not found beside the scan."),
)
@click.option(
    "--decisions",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_(
        "More decisions than the account's own: a decisions.jsonl, or a table of entity, left_id, "
        "right_id or code, record_id; and verdict."
    ),
)
@click.option(
    "--drop",
    multiple=True,
    cls=Option,
    metavar="GROUP",
    help=N_("Leave a group out of a plan that is there; SCAN is then the plan file."),
)
@click.option(
    "--max-changes",
    type=click.IntRange(min=0),
    cls=Option,
    metavar="N",
    help=N_("Fail when the plan would change more records."),
)
@click.option(
    "--max-fraction",
    type=click.FloatRange(min=0, max=1),
    cls=Option,
    metavar="F",
    help=N_("Fail when it would change a larger share of the records of one kind, such as 0.05."),
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    cls=Option,
    help=N_("Exit with 5 when the plan has something to do."),
)
@with_session
def plan(
    session: Session,
    scan: Path | None,
    output: Path | None,
    only: tuple[str, ...],
    target: tuple[str, ...],
    snapshot: Path | None,
    decisions: Path | None,
    drop: tuple[str, ...],
    max_changes: int | None,
    max_fraction: float | None,
    detailed_exitcode: bool,
) -> None:
    """Make the plan, or a smaller one of it, and say what it would do."""
    from dedupe.plan import write_plan

    config = session.config()
    if drop:
        made, default = _smaller(session, scan, drop)
    else:
        folder = scan or _last_scan(session)
        asked = _options(config, only, target)
        made = _made(session, config, folder, asked, snapshot, decisions)
        default = folder / "plan.jsonl"
    _check_limits(made, config, max_changes, max_fraction)
    path = output or default
    write_plan(made, path)
    _show(session, made, path)
    _warn(session, made, config)
    if detailed_exitcode and made.ops:
        raise click.exceptions.Exit(5)


def _made(
    session: Session,
    config: Config,
    folder: Path,
    options: PlanOptions,
    snapshot: Path | None,
    decisions: Path | None,
) -> Plan:
    from dataclasses import replace

    from cli.deciding import Whose, settled_of
    from cli.planning import at_thresholds, with_country
    from dedupe.plan.build import build_plan
    from dedupe.plan.scan_folder import read_scan
    from dedupe.snapshot import open_snapshot, snapshot_id

    scanned = read_scan(folder)
    place = snapshot or _snapshot_of(session, scanned)
    account: Account = open_snapshot(place)
    lines = decisions if decisions is not None and decisions.suffix == ".jsonl" else None
    whose = Whose(source=scanned.source, account_id=scanned.account_id, host=scanned.host)
    inputs = scanned.inputs(account, _decisions(None if lines else decisions))
    inputs = at_thresholds(session, config, folder, inputs)
    return build_plan(
        replace(inputs, settled=settled_of(session, config, whose, lines)),
        replace(
            options,
            phone=with_country(options.phone, config, account),
            made_at=scanned.scanned_at,
            scan_id=scanned.scan_id,
            snapshot_id=snapshot_id(place),
        ),
    )


def _options(config: Config, only: tuple[str, ...], target: tuple[str, ...]) -> PlanOptions:
    from cli.planning import phone_of
    from dedupe.plan.inputs import PlanOptions

    return PlanOptions(
        planning=config.plan,
        survivorship=config.survivorship,
        phone=phone_of(config),
        only=_only(only),
        targets=frozenset(_target(text) for text in target),
    )


def _only(told: tuple[str, ...]) -> tuple[str, ...]:
    """Return kinds in small letters and codes in capitals; unknown ones are an error."""
    from dedupe.audit import CHECKS
    from dedupe.config.planning import REPAIRS

    words = [word.strip() for text in told for word in text.split(",") if word.strip()]
    wanted = []
    for word in words:
        kind, code = word.lower().replace("-", "_"), word.upper()
        if kind in REPAIRS:
            wanted.append(kind)
        elif any(known.startswith(code) for known in CHECKS):
            wanted.append(code)
        else:
            raise InputError(
                N_("no repair and no check is called so"),
                where=word[:40],
                fix=N_("one of {kinds} is meant, or a code as in: crmclean explain"),
                kinds=", ".join(REPAIRS),
            )
    return tuple(dict.fromkeys(wanted))


def _target(text: str) -> Ref:
    from dedupe.plan import Ref

    found = _TARGET.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(
            N_("a record is meant, such as contacts/123"),
            where=text[:40],
            fix=N_("check --target"),
        )
    kind = found[1]
    return Ref(_ENTITIES.get(kind, kind), found[2])


def _last_scan(session: Session) -> Path:
    """Return the newest scan of the state folder: of the profile, where one is named."""
    from dedupe.plan.scan_folder import is_scan
    from dedupe.report.trend import find_scan

    if session.profile:
        from cli.profiles import snapshot_folder

        place = snapshot_folder(session, session.profile).with_name("scans")
        scans = [p for p in place.glob("s-*") if is_scan(p)] if place.is_dir() else []
        if scans:
            return max(scans, key=lambda path: path.name)
    return find_scan(None, session.state())


def _snapshot_of(session: Session, scanned: ScanFolder) -> Path:
    """Return the snapshot that was scanned: what the scan says, beside it, or the profile's."""
    from cli.profiles import snapshot_folder
    from dedupe.snapshot import is_snapshot

    places = [Path(scanned.snapshot)] if scanned.snapshot else []
    beside = scanned.folder.absolute().parent
    places += [beside / Path(scanned.source).name, beside / "snapshot", beside.parent / "snapshot"]
    # A scan of a profile has the profile's name for its source.
    names = [name for name in (session.profile, scanned.source) if name]
    places += [snapshot_folder(session, name) for name in names]
    found = next((place for place in places if is_snapshot(place)), None)
    if found is None:
        raise InputError(
            N_("the snapshot that was scanned is not beside it"),
            where=str(scanned.folder),
            fix=N_("name it with --snapshot"),
        )
    return found


def _decisions(path: Path | None) -> pl.DataFrame | None:
    import polars as pl

    if path is None:
        return None
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            N_("can't be read as a table of decisions"),
            where=str(path),
            fix=N_("save it as CSV in UTF-8, with commas, or as Parquet"),
        ) from error


def _smaller(session: Session, path: Path | None, drop: tuple[str, ...]) -> tuple[Plan, Path]:
    from cli.commands.show import named_plan
    from dedupe.plan import drop_groups, read_plan

    if path is None:
        raise InputError(
            N_("a plan file is needed to leave groups out of it"),
            where="SCAN",
            fix=N_("name it: crmclean plan plan.jsonl --drop GROUP"),
        )
    found = named_plan(session, path)
    words = [word.strip() for text in drop for word in text.split(",") if word.strip()]
    made = drop_groups(read_plan(found), words)
    return made, found.with_name(f"{made.short}.jsonl")


def _check_limits(
    made: Plan, config: Config, max_changes: int | None, max_fraction: float | None
) -> None:
    """Hold the limits that were named; the config's are held when the plan is applied."""
    from dedupe.plan import Limits, check_limits

    if max_changes is None and max_fraction is None:
        return
    own = Limits.of(config.plan)
    check_limits(
        made,
        Limits(
            max_changes=len(made.touched) if max_changes is None else max_changes,
            max_fraction=own.max_fraction if max_fraction is None else max_fraction,
        ),
    )


def _show(session: Session, made: Plan, path: Path) -> None:
    from cli.commands.show import plan_document
    from dedupe.plan.render import render_plan

    if session.is_json:
        click.echo(json.dumps(plan_document(made, path), ensure_ascii=False, indent=1))
        return
    click.echo(render_plan(made))
    click.echo("")
    click.echo(tr(N_("Written: {path}"), path=path))
    if made.ops:
        click.echo(tr(N_("Next: {command}"), command=f"crmclean apply {path} --dry-run"))


def _warn(session: Session, made: Plan, config: Config) -> None:
    """Say now what apply would refuse, where the account's limits are lower than the plan."""
    from dedupe.errors import SafetyError
    from dedupe.plan import Limits, check_limits

    try:
        check_limits(made, Limits.of(config.plan))
    except SafetyError as error:
        session.say(tr(N_("Apply will stop at its limit: {reason}"), reason=str(error)))

"""`crmclean scan`: read an account, audit it, write a report. Changes nothing in the CRM."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import ConfigError, InputError
from dedupe.language import N_

if TYPE_CHECKING:
    import polars as pl

    from dedupe.config import Config
    from dedupe.contracts import Account
    from dedupe.crm.tables import TableOptions
    from dedupe.decisions import Settled
    from dedupe.events import Listener
    from dedupe.match import MatchOptions
    from dedupe.scan import Against, Scan, ScanOptions

EXAMPLES = N_(
    "Examples:\n\n"
    "\b\n"
    "  crmclean scan export/                    a folder of exports of any CRM\n"
    "  crmclean scan contacts.xlsx --lang ru    one file, everything in Russian\n"
    "  crmclean scan people.csv --entity contact --map mobile_no=phone\n"
    "  crmclean scan list.csv --against crm.csv    which of the list the CRM has already\n"
    "  crmclean scan export/ --format json      one JSON document for programs\n"
    "  crmclean scan -p main                    pull the account of a profile, then audit it"
)


@click.command(
    cls=Command,
    help=N_(
        "Audit SOURCE: a snapshot folder, or a file or folder of CSV, XLSX or Parquet tables. "
        "Without SOURCE the account of the profile is pulled and audited. "
        "Writes the summary, the findings and a report for people; changes nothing in the CRM."
    ),
    short_help=N_("Audit an account or its exports and write a report."),
    epilog=EXAMPLES,
)
@click.argument("source", required=False, type=FOLDER)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("Where to write the files (default: a new folder in the state folder)."),
)
@click.option(
    "--entity",
    type=click.Choice(["contact", "company", "deal"]),
    cls=Option,
    help=N_("What the rows of a single table are, if its headers do not tell."),
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    cls=Option,
    metavar="COLUMN=ROLE",
    help=N_("Give a column its role, such as mobile_no=phone; may be repeated."),
)
@click.option(
    "--compare",
    multiple=True,
    cls=Option,
    metavar="COLUMN",
    help=N_("Compare one more column (or field of the account) as it is; may be repeated."),
)
@click.option(
    "--against",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Link the cards of SOURCE with those of FILE instead of with each other."),
)
@click.option(
    "--one-to-one/--many-to-one",
    "is_one_to_one",
    default=None,
    cls=Option,
    help=N_("How many cards of SOURCE may link to one of FILE (default: many)."),
)
@click.option(
    "--labels",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("A table of judged pairs to learn from: left_id, right_id, is_match."),
)
@click.option(
    "--decisions",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("More decisions of reviewers: a decisions.jsonl beside the account's own."),
)
@click.option(
    "--encoding", cls=Option, help=N_("The encoding of CSV files, if it is not recognised.")
)
@click.option("--delimiter", cls=Option, help=N_("The delimiter of CSV files; \\t is a tab."))
@click.option("--sheet", cls=Option, help=N_("The sheet of a workbook to read."))
@click.option(
    "--value-separator",
    cls=Option,
    metavar="TEXT",
    help=N_("What your CRM's export puts between several values of one field in a cell."),
)
@click.option(
    "--timezone", cls=Option, metavar="ZONE", help=N_("The time zone of dates without one.")
)
@click.option(
    "--region", cls=Option, metavar="XX", help=N_("The country of numbers without one (RU).")
)
@click.option(
    "--area-code",
    cls=Option,
    metavar="CODE",
    help=N_("The area code of local numbers, such as 8412."),
)
@click.option(
    "--select",
    multiple=True,
    cls=Option,
    metavar="CODE",
    help=N_("Only these checks: DUP, TSK101."),
)
@click.option(
    "--ignore", multiple=True, cls=Option, metavar="CODE", help=N_("All but these checks.")
)
@click.option(
    "--no-pull",
    is_flag=True,
    cls=Option,
    help=N_("Audit the profile's last snapshot as it is, without asking the CRM."),
)
@click.option(
    "--report",
    "formats",
    multiple=True,
    cls=Option,
    metavar="FORMATS",
    help=N_("The formats of the report: html, xlsx, csv, pdf, docx; with commas (default: html)."),
)
@click.option(
    "--fail-on",
    type=click.Choice(["info", "warning", "error"]),
    cls=Option,
    help=N_(
        "Exit with 4 when there are findings of this severity or above; with --baseline, new ones, "
        "and all of a check whose options changed since."
    ),
)
@click.option(
    "--baseline",
    type=FOLDER,
    cls=Option,
    metavar="SCAN",
    help=N_("Compare with this scan's folder or baseline file (default: the scan before this)."),
)
@click.option("--no-baseline", is_flag=True, cls=Option, help=N_("Compare with no earlier scan."))
@click.option(
    "--write-baseline",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("Also write what was found into FILE, for a later --baseline."),
)
@with_session
def scan(
    session: Session,
    source: Path | None,
    output: Path | None,
    no_pull: bool,
    formats: tuple[str, ...],
    fail_on: str | None,
    baseline: Path | None,
    no_baseline: bool,
    write_baseline: Path | None,
    **told: Any,  # noqa: ANN401  click's own values, each read once in _settle
) -> None:
    """Scan SOURCE and show what was found."""
    from cli.commands.describe import keep_settings
    from cli.comparing import compared, remember, settle_baseline
    from cli.deciding import with_apart, with_decisions
    from cli.planning import of_snapshot, plan_of_scan, with_country
    from cli.reporting import report_of
    from cli.show import show_scan
    from dedupe.report.formats import check_place, choose_formats
    from dedupe.scan import check_output, write_scan
    from dedupe.scan import scan as scan_account

    config, chosen = session.config(), choose_formats(formats)
    tables, options = _settle(config, told)
    place = output or session.state() / "scans"
    if output is not None:
        check_place(chosen, output, replaces=True)
    check_output(place)
    earlier = settle_baseline(session, baseline, write_baseline, is_off=no_baseline)
    found = _source(session, config, source, no_pull=no_pull)
    _check_other(found.path, told["against"])
    listen = session.progress()
    account, against = _open(found.path, told["against"], tables, listen)
    if found.is_account and told["region"] is None:
        options = replace(options, phone=with_country(options.phone, config, account))
    settled = _settled(session, config, account, found.name, told["decisions"])
    decided = with_decisions if against is None else with_apart
    options = decided(session, options, settled)
    result = scan_account(account, options, against=against, source=found.name, listen=listen)
    folder = output or place / result.summary.scan_id
    result = compared(session, of_snapshot(result, found.path, account), earlier)
    # Clusters of two tables hold cards that are not this account's: nothing to merge there.
    plan = None if against else plan_of_scan(result, account, config, options.phone, settled)
    content = report_of(session, result, account, config)
    write_scan(result, folder, listen, plan=plan, content=content, formats=chosen)
    remember(session, result, folder, write_baseline)
    keep_settings(session, account)
    show_scan(session, result, folder, plan)
    if fail_on is not None and _is_failing(result, fail_on, only_new=baseline is not None):
        raise click.exceptions.Exit(4)


@dataclass(frozen=True, slots=True)
class _Source:
    """What to open: `is_account` where it is the snapshot of a profile's CRM account."""

    path: Path
    name: str
    is_account: bool = False


def _source(session: Session, config: Config, source: Path | None, *, no_pull: bool) -> _Source:
    """Return SOURCE, or what the profile stands for, pulled where need be."""
    if source is not None:
        return _Source(source, source.name)
    if not config.profiles:
        raise ConfigError(
            N_("there is nothing to scan"),
            where="SOURCE",
            fix=N_("name a folder or file of exports, or try: crmclean demo"),
        )
    from dedupe.config import select_profile

    name, profile = select_profile(config, session.profile)
    if profile.crm == "files":
        path = Path(profile.path or "").expanduser()
        return _Source(path, path.name)
    return _Source(_pulled(session, config, no_pull=no_pull), name, is_account=True)


def _pulled(session: Session, config: Config, *, no_pull: bool) -> Path:
    """Return the snapshot of the profile's account, brought up to date unless told not to."""
    from cli.commands.pull import warnings
    from cli.profiles import Wish, crm_profile, pull_profile, snapshot_folder
    from dedupe.crm.pull import Mode

    name, profile = crm_profile(session, config)
    if no_pull:
        folder = snapshot_folder(session, name)
        if not (folder / "manifest.json").is_file():
            raise InputError(
                N_("there is no snapshot of this profile yet"),
                where=name,
                fix=N_("leave --no-pull out, or run: crmclean pull"),
            )
        return folder
    result = pull_profile(session, config, name, profile, Wish(mode=Mode.AUTO))
    for line in warnings(result):
        session.say(line)
    return result.snapshot


def _settle(config: Config, told: dict[str, Any]) -> tuple[TableOptions, ScanOptions]:
    """Settle options over config over defaults."""
    from cli.planning import area_code_of, options_of, region_of
    from dedupe.contracts import Entity
    from dedupe.crm.tables import TableOptions
    from dedupe.crm.tables.compared import distinct_columns

    entity, delimiter = told["entity"], told["delimiter"]
    compare = distinct_columns(told["compare"])
    tables = TableOptions(
        entity=Entity(entity) if entity else None,
        roles=_roles(told["mapping"]),
        encoding=told["encoding"],
        delimiter="\t" if delimiter == "\\t" else delimiter,
        sheet=told["sheet"],
        timezone=_zone(told["timezone"]) or config.timezone,
        value_separator=told["value_separator"],
        compare=compare,
    )
    asked = options_of(config)
    options = replace(
        asked,
        phone=replace(
            asked.phone,
            region=region_of(told["region"] or asked.phone.region),
            area_code=area_code_of(told["area_code"])
            if told["area_code"]
            else asked.phone.area_code,
        ),
        select=_codes(told["select"]) or asked.select,
        ignore=_codes(told["ignore"]) or asked.ignore,
        compare=compare,
        labels=_labels(told["labels"]),
        match=_match_options(told["against"], told["is_one_to_one"], asked.match),
    )
    return tables, options


def _match_options(
    against: Path | None, is_one_to_one: bool | None, asked: MatchOptions
) -> MatchOptions:
    from dedupe.match import Assignment

    if is_one_to_one is not None and against is None:
        raise InputError(
            N_("it is for two tables, and there is one"),
            where="--one-to-one" if is_one_to_one else "--many-to-one",
            fix=N_("name the other table with --against, or leave it out"),
        )
    return replace(
        asked, assignment=Assignment.ONE_TO_ONE if is_one_to_one else Assignment.MANY_TO_ONE
    )


def _labels(path: Path | None) -> pl.DataFrame | None:
    from dedupe.crm.tables.labels import read_labels

    return None if path is None else read_labels(path)


def _settled(
    session: Session, config: Config, account: Account, source: str, more: Path | None
) -> Settled:
    from cli.deciding import Whose, settled_of

    whose = Whose(source=source, account_id=account.account_id, host=account.host)
    return settled_of(session, config, whose, more)


def _check_other(source: Path, against: Path | None) -> None:
    """Raise where the table that SOURCE is linked with is SOURCE itself."""
    if against is not None and against.resolve() == source.resolve():
        raise InputError(
            N_("SOURCE can't be linked with itself"),
            where=str(against),
            fix=N_("leave --against out to find duplicates inside one table"),
        )


def _open(
    source: Path, against: Path | None, tables: TableOptions, listen: Listener
) -> tuple[Account, Against | None]:
    from dedupe.scan import Against, open_account, open_accounts

    if against is None:
        return open_account(source, tables, listen).in_memory(), None
    account, other = open_accounts([source, against], tables, listen)
    return account.in_memory(), Against(account=other, name=against.resolve().stem)


def _roles(pairs: tuple[str, ...]) -> dict[str, str]:
    roles: dict[str, str] = {}
    for pair in pairs:
        column, equals, role = pair.rpartition("=")
        if not equals or not column or not role:
            raise click.BadParameter(N_("COLUMN=ROLE is meant"), param_hint="--map")
        if column in roles:
            raise InputError(
                N_("the column is mapped twice"), where=column, fix=N_("keep one --map for it")
            )
        roles[column] = role
    return roles


def _codes(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return upper-case codes, also from `--select DUP,TSK101`; an unknown one is an error."""
    from dedupe.audit import CHECKS

    codes = tuple(c.strip().upper() for text in value for c in text.split(",") if c.strip())
    for code in codes:
        if not any(known.startswith(code) for known in CHECKS):
            raise InputError(
                N_("no check has this code"), where=code, fix=N_("see: crmclean explain")
            )
    return codes


def _zone(name: str | None) -> str | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(
                N_("no such time zone"), where=name, fix=N_("write it like Europe/Moscow")
            ) from None
    return name


def _is_failing(result: Scan, fail_on: str, *, only_new: bool) -> bool:
    from cli.comparing import new_found
    from dedupe.audit.registry import SEVERITIES

    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(
        (new_found(result, check) if only_new else check.found) and check.severity in counted
        for check in result.summary.checks
        if not check.is_count
    )

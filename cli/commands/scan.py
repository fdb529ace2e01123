"""`crmclean scan`: read an account, audit it, write a report. Changes nothing in the CRM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.errors import ConfigError, InputError
from dedupe.language import N_

if TYPE_CHECKING:
    from dedupe.config import Config
    from dedupe.crm.tables import TableOptions
    from dedupe.scan import Scan, ScanOptions

EXAMPLES = N_(
    "Examples:\n\n"
    "\b\n"
    "  crmclean scan export/                    a folder of exports of any CRM\n"
    "  crmclean scan contacts.xlsx --lang ru    one file, everything in Russian\n"
    "  crmclean scan people.csv --entity contact --map mobile_no=phone\n"
    "  crmclean scan export/ --format json      one JSON document for programs"
)


@click.command(
    cls=Command,
    help=N_(
        "Audit SOURCE: a snapshot folder, or a file or folder of CSV, XLSX or Parquet tables. "
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
    "--fail-on",
    type=click.Choice(["info", "warning", "error"]),
    cls=Option,
    help=N_("Exit with 4 when there are findings of this severity or above."),
)
@with_session
def scan(
    session: Session,
    source: Path | None,
    output: Path | None,
    fail_on: str | None,
    **told: str | tuple[str, ...] | None,
) -> None:
    """Scan SOURCE and show what was found."""
    from cli.show import show_scan
    from dedupe.scan import check_output, open_account, write_scan
    from dedupe.scan import scan as scan_account

    config = session.config()
    source, tables, options = _settle(session, config, source, told)
    place = output or session.state() / "scans"
    check_output(place)
    listen = session.progress()
    account = open_account(source, tables, listen)
    result = scan_account(account, options, source=source.name, listen=listen)
    folder = output or place / result.summary.scan_id
    write_scan(result, folder, listen)
    show_scan(session, result, folder)
    if fail_on is not None and _is_failing(result, fail_on):
        raise click.exceptions.Exit(4)


def _settle(
    session: Session,
    config: Config,
    source: Path | None,
    told: dict[str, str | tuple[str, ...] | None],
) -> tuple[Path, TableOptions, ScanOptions]:
    """Settle options over config over defaults."""
    from dedupe.contracts import Entity
    from dedupe.crm.tables import TableOptions
    from dedupe.normalize import PhoneSettings
    from dedupe.scan import ScanOptions

    entity, delimiter = told["entity"], told["delimiter"]
    tables = TableOptions(
        entity=Entity(entity) if isinstance(entity, str) else None,
        roles=_roles(told["mapping"]),
        encoding=_text(told["encoding"]),
        delimiter="\t" if delimiter == "\\t" else _text(delimiter),
        sheet=_text(told["sheet"]),
        timezone=_zone(_text(told["timezone"])) or config.timezone,
        value_separator=_text(told["value_separator"]),
    )
    options = ScanOptions(
        phone=PhoneSettings(
            region=_region(_text(told["region"]) or config.phone.default_region),
            area_code=_text(told["area_code"]) or config.phone.area_code,
        ),
        select=_codes(told["select"]) or config.checks.select,
        ignore=_codes(told["ignore"]) or config.checks.ignore,
        loss_reason_field=config.checks.loss_reason_field,
    )
    return source or _profile_source(session, config), tables, options


def _profile_source(session: Session, config: Config) -> Path:
    """Return the files of the profile; pulling from a CRM is not in this version."""
    name = session.profile or (next(iter(config.profiles)) if len(config.profiles) == 1 else None)
    if name is None:
        raise ConfigError(
            N_("there is nothing to scan"),
            where="SOURCE",
            fix=N_("name a folder or file of exports, or try: crmclean demo"),
        )
    if name not in config.profiles:
        raise ConfigError(
            N_("the config has no such profile"), where=name, fix=N_("check --profile")
        )
    profile = config.profiles[name]
    if profile.crm != "files" or profile.path is None:
        raise ConfigError(
            N_("reading straight from the CRM is not in this version"),
            where=f"profiles.{name}",
            fix=N_(
                'export the account to CSV or XLSX and scan that, or set crm = "files" and path'
            ),
        )
    return Path(profile.path).expanduser()


def _roles(pairs: str | tuple[str, ...] | None) -> dict[str, str]:
    roles: dict[str, str] = {}
    for pair in pairs or ():
        column, equals, role = pair.rpartition("=")
        if not equals or not column or not role:
            raise click.BadParameter(N_("COLUMN=ROLE is meant"), param_hint="--map")
        if column in roles:
            raise InputError(
                N_("the column is mapped twice"), where=column, fix=N_("keep one --map for it")
            )
        roles[column] = role
    return roles


def _text(value: str | tuple[str, ...] | None) -> str | None:
    return value if isinstance(value, str) else None


def _codes(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return upper-case codes, also from `--select DUP,TSK101`; an unknown one is an error."""
    from dedupe.audit import CHECKS

    codes = tuple(c.strip().upper() for text in value or () for c in text.split(",") if c.strip())
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


def _region(name: str) -> str:
    from dedupe.normalize import is_region

    region = name.strip().upper()
    if not is_region(region):
        raise InputError(
            N_("no such country"), where=name, fix=N_("write two letters, like RU or KZ")
        )
    return region


def _is_failing(result: Scan, fail_on: str) -> bool:
    from dedupe.audit.registry import CHECKS, SEVERITIES

    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(
        check.found and CHECKS[check.code].severity in counted
        for check in result.summary.checks
        if not check.code.startswith("CNT")
    )

"""`crmclean explain`: what a check means, or why two cards match or do not."""

from __future__ import annotations

import json
import shlex
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, Session, has_color, is_ascii, width, with_session
from cli.words import Command, Option
from dedupe.errors import InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.match import Matched
    from dedupe.match.explain import Waterfall
    from dedupe.match.listed import Unlisted
    from dedupe.report.evidence import EvidenceOptions


@click.command(
    cls=Command,
    help=N_(
        "Explain the check CODE: what it counts, the risk, and what to do. With two ids of cards, "
        "show the evidence for and against their being one. With neither, list all checks."
    ),
    short_help=N_("What a check means; why two cards match or do not."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean explain\n"
        "  crmclean explain DUP101 --lang ru\n"
        "  crmclean explain DUP103 --evidence -o chat.zip    a pack for the vendor\n"
        "  crmclean explain 1001 1002                     by the newest scan\n"
        "  crmclean explain 1001 1002 --scan out          by the scan in out/\n"
        "  crmclean explain 1001 1002 --source people.csv --entity contact"
    ),
)
@click.argument("asked", nargs=-1, metavar="[CODE | ID ID]")
@click.option(
    "--scan",
    "folder",
    type=FOLDER,
    cls=Option,
    metavar="DIR",
    help=N_("The scan to look into (default: the newest)."),
)
@click.option(
    "--entity",
    type=click.Choice(["contact", "company"]),
    cls=Option,
    help=N_("What the two cards are, if their ids do not tell."),
)
@click.option(
    "--source",
    type=FOLDER,
    cls=Option,
    metavar="PATH",
    help=N_("Match the account at PATH anew: explains pairs that a scan does not list, too."),
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    cls=Option,
    metavar="COLUMN=ROLE",
    help=N_("With --source: the roles of columns, as they were given to scan."),
)
@click.option(
    "--compare",
    multiple=True,
    cls=Option,
    metavar="COLUMN",
    help=N_("With --source: the further columns that scan compared."),
)
@click.option(
    "--show-values",
    is_flag=True,
    cls=Option,
    help=N_("Write the cards' values into the JSON document or the evidence, too."),
)
@click.option(
    "--evidence",
    is_flag=True,
    cls=Option,
    help=N_("Pack what the check found into a zip for a vendor: examples, times, counts."),
)
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    cls=Option,
    metavar="FILE",
    help=N_("With --evidence: the zip to write (default: named by check and scan)."),
)
@click.option(
    "--source-name",
    metavar="NAME",
    cls=Option,
    help=N_("With --evidence: only what came from this source."),
)
@click.option(
    "--n",
    "n_examples",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    cls=Option,
    help=N_("With --evidence: how many examples."),
)
@with_session
def explain(
    session: Session,
    asked: tuple[str, ...],
    folder: Path | None,
    entity: str | None,
    source: Path | None,
    mapping: tuple[str, ...],
    compare: tuple[str, ...],
    show_values: bool,
    evidence: bool,
    output: Path | None,
    source_name: str | None,
    n_examples: int,
) -> None:
    """Print one check, the list of all, or a pair; or pack evidence."""
    words = tuple(word.strip() for word in asked)
    if source is not None and folder is not None:
        raise InputError(
            N_("--scan and --source are two places to look in"),
            where=str(source),
            fix=N_("name one of them"),
        )
    if evidence:
        from dedupe.report.evidence import EvidenceOptions

        told = EvidenceOptions(n=n_examples, source=source_name, show_values=show_values)
        _pack_evidence(session, words, folder, output, told)
        return
    if len(words) < 2:
        _explain_check(session, words[0] if words else None, folder)
        return
    from dedupe.match.explain import explain_among

    _check_pair(words)
    ids = (words[0], words[1])
    if source is None:
        pair = _listed(session, ids, entity, folder)
    else:
        found = _match(session, source, entity, mapping, compare)
        pair = explain_among(found, ids, entity)
    _show_pair(session, pair, show_values=show_values)


def _pack_evidence(
    session: Session,
    words: tuple[str, ...],
    folder: Path | None,
    output: Path | None,
    told: EvidenceOptions,
) -> None:
    from cli.explaining import say_written, write_evidence
    from dedupe.audit import CHECKS

    if len(words) != 1:
        raise InputError(
            N_("evidence is of one check"), where="--evidence", fix=N_("name one CODE")
        )
    if words[0].upper() not in CHECKS:
        raise _no_check(words[0])
    check = CHECKS[words[0].upper()]
    say_written(session, check, write_evidence(session, check, folder, output, told))


def _explain_check(session: Session, code: str | None, folder: Path | None) -> None:
    from cli.explaining import seen_by_scan
    from dedupe.audit import CHECKS

    if code is not None and code.upper() not in CHECKS:
        raise _no_check(code)
    checks = [CHECKS[code.upper()]] if code else [CHECKS[c] for c in sorted(CHECKS)]
    if session.is_json:
        rows = [
            {
                "code": check.code,
                "entities": list(check.entities),
                "severity": check.severity,
                "repair": check.repair,
                "needs": {entity: list(parts) for entity, parts in check.needs.items()},
                "plan": check.plan or None,
                "options": [
                    {"name": each.name, "default": each.default, "reason": tr(each.reason)}
                    for each in check.options
                ],
                **{
                    key: tr(getattr(check, key))
                    for key in ("title", "definition", "risk", "advice")
                },
            }
            for check in checks
        ]
        document = {"schema": "crmclean.checks/1", "checks": rows}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    from dedupe.report.explanation import render_explanation
    from dedupe.report.terminal import render_check_list

    is_plain = is_ascii()
    if code:
        seen = seen_by_scan(session, checks[0].code, folder)
        text = render_explanation(
            checks[0], width=width(), color=has_color(), ascii=is_plain, seen=seen
        )
    else:
        text = render_check_list(checks, width=width(), color=has_color(), ascii=is_plain)
    click.echo(text)


def _no_check(code: str) -> InputError:
    from dedupe.audit import CHECKS

    near = get_close_matches(code.upper(), CHECKS, n=1)
    if near:
        fix = N_("did you mean {near}? see: crmclean explain")
    elif any(sign.isdigit() for sign in code):
        fix = N_("two ids explain a pair: crmclean explain ID ID")
    else:
        fix = N_("see: crmclean explain")
    return InputError(
        N_("no check has this code"), where=code, fix=fix, near=near[0] if near else ""
    )


def _check_pair(words: tuple[str, ...]) -> None:
    """Raise InputError unless `words` can be the ids of two cards."""
    from dedupe.audit import CHECKS

    codes = [word for word in words if word.upper() in CHECKS]
    if codes:
        raise InputError(
            N_("a check is explained by itself"),
            where=codes[0],
            fix=N_("name one CODE, or the ids of two cards"),
        )
    if len(words) != 2 or not all(words):
        raise InputError(
            N_("two ids are meant"), where="ID ID", fix=N_("name one CODE, or the ids of two cards")
        )


def _listed(
    session: Session, ids: tuple[str, str], entity: str | None, folder: Path | None
) -> Waterfall | Unlisted:
    from dedupe.match.listed import explain_listed
    from dedupe.report.trend import find_scan

    is_named, folder = folder is not None, find_scan(folder, session.state())
    if not is_named:
        session.say(tr(N_("by the scan {folder}"), folder=folder))
    return explain_listed(folder, ids, entity)


def _match(
    session: Session,
    source: Path,
    entity: str | None,
    mapping: tuple[str, ...],
    compare: tuple[str, ...],
) -> tuple[Matched, ...]:
    """Match the account at `source` as a scan does that is told the same."""
    from cli.commands.scan import _roles
    from cli.planning import match_options, phone_of
    from dedupe.contracts import Entity
    from dedupe.crm.tables import TableOptions
    from dedupe.crm.tables.compared import distinct_columns
    from dedupe.scan import ScanOptions, open_account, scan

    config, listen = session.config(), session.progress()
    compare = distinct_columns(compare)
    tables = TableOptions(
        entity=None if entity is None else Entity(entity),
        roles=_roles(mapping),
        compare=compare,
        timezone=config.timezone,
    )
    options = ScanOptions(
        phone=phone_of(config),
        select=("DUP110",),
        compare=compare,
        planning=config.plan,
        match=match_options(config),
    )
    return scan(open_account(source, tables, listen), options, listen=listen).matched


def _show_pair(session: Session, pair: Waterfall | Unlisted, *, show_values: bool) -> None:
    from dedupe.match.listed import Unlisted
    from dedupe.report.waterfall import waterfall_document
    from dedupe.report.waterfall_terminal import render_unlisted, render_waterfall

    if session.is_json:
        document = waterfall_document(pair, show_values=show_values)
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
        return
    is_plain = is_ascii()
    if isinstance(pair, Unlisted):
        ids = shlex.join([pair.left_id, pair.right_id])
        more = [f"crmclean explain {ids} --source PATH"]
        click.echo(
            render_unlisted(
                pair, width=width(), color=has_color(), ascii=is_plain, next_commands=more
            )
        )
        return
    click.echo(
        render_waterfall(
            pair,
            width=width(),
            color=has_color(),
            ascii=is_plain,
            next_commands=["crmclean explain DUP110"],
        )
    )

"""`crmclean explain`: what a check means, why it matters and what to do."""

from __future__ import annotations

import json
from difflib import get_close_matches

import click

from cli.options import Session, has_color, is_ascii, width, with_session
from cli.words import Command
from dedupe.errors import InputError
from dedupe.language import N_, tr


@click.command(
    cls=Command,
    help=N_(
        "Explain the check CODE: what it counts, the risk, and what to do. Without CODE, list all "
        "checks."
    ),
    short_help=N_("What a check means and what to do about it."),
    epilog=N_("Examples:\n\n\b\n  crmclean explain\n  crmclean explain DUP101 --lang ru"),
)
@click.argument("code", required=False)
@with_session
def explain(session: Session, code: str | None) -> None:
    """Print one check, or the list of all."""
    from dedupe.audit import CHECKS

    if code is not None and code.upper() not in CHECKS:
        near = get_close_matches(code.upper(), CHECKS, n=1)
        raise InputError(
            N_("no check has this code"),
            where=code,
            fix=N_("did you mean {near}? see: crmclean explain")
            if near
            else N_("see: crmclean explain"),
            near=near[0] if near else "",
        )
    checks = [CHECKS[code.upper()]] if code else [CHECKS[c] for c in sorted(CHECKS)]
    if session.is_json:
        rows = [
            {
                "code": check.code,
                "entities": list(check.entities),
                "severity": check.severity,
                "repair": check.repair,
                "needs": {entity: list(parts) for entity, parts in check.needs.items()},
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
    from dedupe.report.terminal import render_check_list, render_explanation

    is_plain = is_ascii()
    if code:
        text = render_explanation(checks[0], width=width(), color=has_color(), ascii=is_plain)
    else:
        text = render_check_list(checks, width=width(), color=has_color(), ascii=is_plain)
    click.echo(text)

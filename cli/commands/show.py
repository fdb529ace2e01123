"""`crmclean show`: a plan as a diff that a person can read, or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import FOLDER, Session, with_session
from cli.words import Command, Option
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from dedupe.plan import Plan

SCHEMA = "crmclean.plan/1"
_HIDDEN = ("raw", "before", "after", "text")  # what may hold a person's data


@click.command(
    cls=Command,
    help=N_(
        "Show what PLAN would change: a plan file, or the short name of one in the state folder, "
        "like p-7f3a9c12. Values are masked unless they are asked for."
    ),
    short_help=N_("Show what a plan would change."),
    epilog=N_(
        "Examples:\n\n\b\n"
        "  crmclean show plan.jsonl\n"
        "  crmclean show plan.jsonl --records --show-values\n"
        "  crmclean show p-7f3a9c12 --format json"
    ),
)
@click.argument("plan", type=FOLDER)
@click.option(
    "--records", is_flag=True, cls=Option, help=N_("Every group, not only a few of each kind.")
)
@click.option(
    "--show-values",
    is_flag=True,
    cls=Option,
    help=N_("Show names, numbers and addresses as they are."),
)
@with_session
def show(session: Session, plan: Path, records: bool, show_values: bool) -> None:
    """Read the plan and print it."""
    from dedupe.plan import read_plan
    from dedupe.plan.render import Look, render_plan

    path = named_plan(session, plan)
    made = read_plan(path)
    if session.is_json:
        document = plan_document(made, path)
        if records:
            document["records"] = [_group(made, at, show_values) for at in range(len(made.groups))]
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(render_plan(made, Look(records=records, show_values=show_values)))
    if made.ops:
        click.echo("")
        click.echo(tr(N_("Next: {command}"), command=f"crmclean apply {path} --dry-run"))


def named_plan(session: Session, plan: Path) -> Path:
    """Return the plan's file: the path itself, or the one in the state folder of this name."""
    from dedupe.plan.files import find_plan

    try:
        if plan.exists() or plan.is_symlink():
            return plan
    except (OSError, ValueError):
        return plan  # the reader says what is wrong with it
    return find_plan(str(plan), session.state()) or plan


def plan_document(plan: Plan, path: Path) -> dict[str, Any]:
    """Return the headline of a plan as the document of its schema."""
    header, totals, cost = plan.header, plan.totals, plan.cost
    return {
        "schema": SCHEMA,
        "plan": str(path),
        "id": plan.short,
        "plan_hash": plan.hash,
        "status": "changes" if plan.ops else "empty",
        "operations": totals["ops"],
        "merges": plan.kinds.get("merge", 0),
        "calls": cost.calls,
        "seconds": cost.seconds,
        "groups": dict(plan.kinds),
        "effects": {effect: totals[effect] for effect in ("A", "M", "S", "X")},
        "records_touched": totals["entities_touched"],
        "left_out": dict(header.left_out),
        "account": {"crm": header.crm, "id": header.account_id, "host": header.account_host},
        "scan_id": header.scan_id,
        "made_at": header.made_at,
        "expires_at": header.expires_at,
        "parent_hash": header.parent_hash,
    }


def _group(plan: Plan, at: int, show_values: bool) -> dict[str, Any]:
    from dedupe.plan.op_json import to_json

    group = plan.groups[at]
    return {
        "id": group.id,
        "kind": group.kind,
        "code": group.code,
        "entity": group.entity,
        "survivor": None if group.survivor is None else group.survivor.id,
        "losers": [ref.id for ref in group.losers],
        "records": [[ref.entity, ref.id] for ref in group.records],
        "score": group.score,
        "evidence": [list(each) for each in group.evidence],
        "effect": str(group.effect),
        "undo": group.undo,
        "requires": group.requires,
        "golden": [
            {"field": each.field, "rule": each.rule, "from": list(each.from_ids)}
            for each in group.golden
        ],
        "operations": [
            {"op": op.id, "phase": int(op.phase), **_masked(to_json(op.op), show_values)}
            for op in plan.by_group[group.id]
        ],
    }


def _masked(value: Any, show_values: bool) -> Any:  # noqa: ANN401  an operation's own JSON
    """Return the JSON of an operation with its values masked, unless they may be shown."""
    from dedupe.plan.masks import masked

    if show_values:
        return value
    if isinstance(value, dict):
        return {
            key: masked(each)
            if key in _HIDDEN and isinstance(each, str)
            else _masked(each, show_values)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_masked(each, show_values) for each in value]
    return value

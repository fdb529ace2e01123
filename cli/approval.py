"""Whether a run may begin: a yes at a terminal, --yes for what can be undone, else a plan's hash.

A large run wants the number of its records typed, so that nobody says yes to 4,000 by habit; what
nothing can take back wants the account and the number, or the hash of the very plan.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from cli.options import Session
from dedupe.errors import SafetyError, StalePlanError
from dedupe.language import N_, count, tr

if TYPE_CHECKING:
    from dedupe.plan import Plan

PLAIN_YES = 100  # records; more at once nobody has looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the command line says; `command` is the one to name when it does not suffice."""

    yes: bool
    plan_hash: str | None
    command: str


def check_hash(plan: Plan, told: str | None, *others: Plan) -> None:
    """Raise StalePlanError where the hash that was approved is another plan's."""
    if told is None:
        return
    known = {each.hash for each in (plan, *others)}
    if told.strip().lower().removeprefix("sha256:") not in known:
        raise StalePlanError(
            N_("this is not the plan that was approved: its hash is {hash}"),
            where=plan.short,
            fix=N_("look at it with crmclean show, and approve its hash"),
            hash=plan.hash,
        )


def approve(session: Session, plan: Plan, consent: Consent) -> None:
    """Return where the run is approved. Raises SafetyError where it is not."""
    if consent.plan_hash is not None:
        return  # it has been compared: this very plan was approved
    is_final = is_irreversible(plan)
    if consent.yes and not is_final:
        return
    if session.no_input or session.is_json or not _is_terminal():
        raise _unapproved(plan, consent, is_final=is_final)
    if not _says_yes(plan, is_final=is_final):
        raise SafetyError(
            N_("not approved; nothing was sent"),
            where=plan.short,
            fix=N_("run it again to say yes"),
        )


def is_irreversible(plan: Plan) -> bool:
    """Tell whether a group of the plan can't be taken back at all."""
    return any(group.undo == "none" or group.requires == "approve-x" for group in plan.groups)


def _says_yes(plan: Plan, *, is_final: bool) -> bool:
    n = len(plan.touched)
    if is_final:
        wanted = f"{plan.header.account_host} {n}"
        return _typed(tr(N_("Type {wanted} to go on"), wanted=wanted)) == wanted
    if n > PLAIN_YES:
        asked = tr(N_("{n} records will be changed. Type this number to go on"), n=count(n))
        return "".join(c for c in _typed(asked) if c.isdigit()) == str(n)
    return click.confirm(tr(N_("Go on?")), default=False, err=True)


def _typed(asked: str) -> str:
    text: str = click.prompt(asked, default="", show_default=False, err=True)
    return text.strip()


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _unapproved(plan: Plan, consent: Consent, *, is_final: bool) -> SafetyError:
    option = f"--plan-hash {plan.hash}" if is_final else "--yes"
    return SafetyError(
        N_("nobody is here to approve this; nothing was sent"),
        where=plan.short,
        fix=N_("look at it, then run: {command}"),
        command=f"{consent.command} {option}",
    )

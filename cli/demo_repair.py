"""The demo's last part: a share of the plan rehearsed, applied to the local CRM, taken back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.language import N_, count, decimal, tr

if TYPE_CHECKING:
    from dedupe.contracts import Account
    from dedupe.crm.http import Transport
    from dedupe.events import Listener
    from dedupe.plan import Plan

N_MERGES, N_REPAIRS = 20, 180  # groups of a demo: enough to see, and over in seconds


def share_of(plan: Plan) -> Plan:
    """Return the first merges and the first other repairs of a plan."""
    from dedupe.plan import drop_groups

    merges = [group.id for group in plan.groups if group.kind == "merge"]
    others = [group.id for group in plan.groups if group.kind != "merge"]
    return drop_groups(plan, {*merges[N_MERGES:], *others[N_REPAIRS:]})


def show_repair(
    session: Session, plan: Plan, account: Account, connection: Transport, listen: Listener
) -> bool:
    """Rehearse, apply and undo a share of `plan`; tell whether all of it went as it should.

    `connection` writes to the local CRM that serves `account`.
    """
    from dedupe.apply.rehearse import rehearse
    from dedupe.apply.run import ApplyOptions, apply_plan, undo
    from dedupe.apply.tools import Tools
    from dedupe.crm.amocrm.writing import AmoSink
    from dedupe.plan import NO_LIMITS

    part = share_of(plan)
    if not part.groups:
        return True
    rehearsed = rehearse(part, account, listen)
    session.say(
        tr(
            N_(
                "Rehearsed on a copy: {groups} of {all} repairs, {calls} requests, {lost} values "
                "lost; at 7 requests a second it takes {seconds} s."
            ),
            groups=count(len(part.groups)),
            all=count(len(plan.groups)),
            calls=count(rehearsed.n_calls),
            lost=count(len(rehearsed.problems)),
            seconds=decimal(rehearsed.seconds, 0),
        )
    )
    sink = AmoSink(connection, account.host, account.frame("fields"))
    options = ApplyOptions(limits=NO_LIMITS, tools=Tools(listen=listen))
    with tempfile.TemporaryDirectory(prefix="crmclean-demo-") as folder:
        done = apply_plan(part, sink, Path(folder), options)
        back = undo(done.run_id, sink, Path(folder), options)
    session.say(
        tr(
            N_("Applied to the local CRM with {sent} writes, and taken back with {back}."),
            sent=count(done.sent),
            back=count(back.sent),
        )
    )
    return not rehearsed.problems and done.exit_code == back.exit_code == 0

"""Repairs that only add: a task for an open deal without one, a tag for a check's findings.

Both are asked for, never planned by themselves: a task is work for somebody and can't be taken
back, a tag says what the account's owner wants it to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from dedupe.contracts import Account
from dedupe.language import N_, tr

from .cards import id_sort
from .draft import Draft, Step
from .inputs import Decisions, PlanInputs, PlanOptions
from .ops import CreateTask, Ref, SetTags
from .plan import Phase

NO_TASK = "TSK101"
_TAGGED = ("contact", "company", "deal")


def task_drafts(
    inputs: PlanInputs, options: PlanOptions, decisions: Decisions, left_out: Counter[str]
) -> Iterator[Draft]:
    """Yield a task for every open deal without one, on its owner, or the main contact's owner."""
    if not options.wants("task", NO_TASK):
        return
    type_id = _task_type(inputs.account, options.planning.task_type)
    if type_id is None:
        left_out["no_task_type"] += 1
        return
    due_at = options.moment() + timedelta(days=options.planning.task_days)
    text = options.planning.task_text or tr(N_("Plan the next step"))
    owners = _active_owners(inputs.account)
    for ref in _found(inputs, options, decisions, NO_TASK, left_out):
        owner = owners.get(ref.id)
        if owner is None:
            left_out["no_owner"] += 1
            continue
        op = CreateTask(
            record=ref, owner_id=owner, task_type_id=type_id, text=text, due_at=_iso(due_at)
        )
        step = Step(phase=Phase.COPY, op=op, pre={"owner_id": (owner,)})
        # A task is work for a person and can't be taken back: a person says so.
        yield Draft(kind="task", code=NO_TASK, members=(ref,), steps=(step,), requires="approve")


def tag_drafts(
    inputs: PlanInputs, options: PlanOptions, decisions: Decisions, left_out: Counter[str]
) -> Iterator[Draft]:
    """Yield the tags that the config gives to the findings of a check, where they lack."""
    for code, tag in sorted(options.planning.tags.items()):
        if not options.wants("tag", code) and options.only:
            continue
        tagged = inputs.account.frame("record_tags").filter(pl.col("tag") == tag)
        has = {Ref(entity, id_) for entity, id_ in tagged.select("entity", "record_id").iter_rows()}
        for ref in _found(inputs, options, decisions, code, left_out):
            if ref.entity in _TAGGED and ref not in has:
                step = Step(phase=Phase.COPY, op=SetTags(record=ref, add=(tag,)))
                yield Draft(kind="tag", code=code, members=(ref,), steps=(step,))


def _found(
    inputs: PlanInputs,
    options: PlanOptions,
    decisions: Decisions,
    code: str,
    left_out: Counter[str],
) -> Iterator[Ref]:
    """Yield the records that a check found, each once, but for rejected ones."""
    rows = inputs.findings.filter((pl.col("code") == code) & pl.col("record_id").is_not_null())
    rows = rows.select("entity", "record_id").unique().sort("entity", *id_sort("record_id"))
    for entity, id_ in rows.iter_rows():
        ref = Ref(entity, id_)
        if not options.is_target(ref):
            continue
        if decisions.finding(code, ref) is False:
            left_out["rejected"] += 1
            continue
        yield ref


def _task_type(account: Account, named: str | None) -> str | None:
    """Return the id of the type with this name or id, else of the first one of the account."""
    rows = account.frame("task_types").select("id", "name").drop_nulls("id").sort(id_sort("id"))
    if named is None:
        return next(iter(rows["id"]), None)
    wanted = named.strip().casefold()
    return next(
        (id_ for id_, name in rows.iter_rows() if wanted in (id_, (name or "").strip().casefold())),
        None,
    )


def _active_owners(account: Account) -> dict[str, str]:
    """Return the owner of each open deal, where the owner may still work."""
    users = account.frame("users").lazy()
    gone = users.filter(~pl.col("is_active").fill_null(value=True)).select(owner_id="id")
    deals = account.frame("deals").lazy().filter(pl.col("state") == "open")
    owned = deals.select("id", "owner_id").drop_nulls().join(gone, on="owner_id", how="anti")
    return dict(owned.collect().iter_rows())


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

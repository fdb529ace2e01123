"""Repairs that only add: a task where a client waits for one, a tag for a check's findings.

Both are asked for, never planned by themselves: a task is work for somebody and can't be taken
back, a tag says what the account's owner wants it to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import polars as pl

from dedupe.contracts import Account
from dedupe.language import N_, tr

from .cards import id_sort
from .draft import Draft, Step
from .inputs import Decisions, PlanInputs, PlanOptions
from .ops import CreateTask, Ref, SetTags
from .plan import Phase

# What the task says, by the check whose finding asks for it; the order is that of urgency.
TASKS = {
    "DEAL201": N_("The client wrote or called after the deal was closed: answer"),
    "CAL103": N_("A new client called: call back, make a deal"),
    "CHT101": N_("A new client wrote in the chat: answer, make a deal"),
    "TSK101": N_("Plan the next step"),
}
_TAGGED = ("contact", "company", "deal")


def task_drafts(
    inputs: PlanInputs, options: PlanOptions, decisions: Decisions, left_out: Counter[str]
) -> Iterator[Draft]:
    """Yield a task for every finding of TASKS, one a record, for the record's owner."""
    codes = [code for code in TASKS if options.wants("task", code)]
    found: dict[Ref, str] = {}
    for code in codes:
        for ref in _found(inputs, options, decisions, code, left_out):
            found.setdefault(ref, code)
    type_id = _task_type(inputs.account, options.planning.task_type)
    if found and type_id is None:
        left_out["no_task_type"] += 1
    if type_id is None:
        return
    due_at = _iso(options.moment() + timedelta(days=options.planning.task_days))
    owners = _active_owners(inputs.account, found)
    for ref, code in found.items():
        owner = owners.get(ref)
        if owner is None:
            left_out["no_owner"] += 1
            continue
        text = options.planning.task_text or tr(TASKS[code])
        op = CreateTask(record=ref, owner_id=owner, task_type_id=type_id, text=text, due_at=due_at)
        step = Step(phase=Phase.COPY, op=op, pre={"owner_id": (owner,)})
        # A task is work for a person and can't be taken back: a person says so.
        yield Draft(kind="task", code=code, members=(ref,), steps=(step,), requires="approve")


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


def _active_owners(account: Account, refs: Collection[Ref]) -> dict[Ref, str]:
    """Return the owner of each of these deals and contacts, where the owner may still work."""
    users = account.frame("users").lazy()
    gone = users.filter(~pl.col("is_active").fill_null(value=True)).select(owner_id="id")
    owners: dict[Ref, str] = {}
    for entity, table in (("deal", "deals"), ("contact", "contacts")):
        asked = pl.LazyFrame({"id": [ref.id for ref in refs if ref.entity == entity]})
        records = account.frame(table).lazy().select("id", "owner_id").drop_nulls()
        owned = records.join(asked.cast(pl.String), on="id", how="semi")
        rows = owned.join(gone, on="owner_id", how="anti").collect().iter_rows()
        owners |= {Ref(entity, id_): owner for id_, owner in rows}
    return owners


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

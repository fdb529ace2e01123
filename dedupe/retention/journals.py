"""An account's journal and applied plans without a person's values: ids and outcomes stay.

An operation whose values are forgotten says so in the place of what it replaced, so that an undo
leaves it out and counts it. The plan's copy keeps its groups and operations, emptied of the same
values: what else the run did can still be taken back and verified.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dedupe.apply.begin import reading
from dedupe.apply.history import runs as read_runs
from dedupe.apply.journal import FILE_NAME
from dedupe.apply.records import FORGOTTEN
from dedupe.errors import CrmCleanError, UnresolvedError
from dedupe.language import N_
from dedupe.plan import Plan, read_plan, write_plan
from dedupe.plan.ops import AddNote, CreateTask, EditNote, FieldChange, Op, PatchCard
from dedupe.plan.plan import PlanOp, group_effect, group_undo, sealed
from dedupe.plan.rules_of_order import check_order

from .person import MARK
from .rooms import Forgotten
from .runs import compact, hold, rewriting
from .scrub import text_of
from .terms import UNFINISHED

_NO_CHANGE = FieldChange(field=MARK, before=None, after=MARK)  # a plan's patch is never empty
_WITH_VALUES = ("patch_card", "add_note", "edit_note", "create_task")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """What is to be forgotten of one run: operations of the journal, and its plan's copy."""

    run_id: str
    op_ids: tuple[str, ...]
    path: Path
    plan: Plan | None  # as it will be; None where it names nobody


def run_changes(who: Forgotten) -> list[RunChange]:
    """Return the runs that hold the person. Raises UnresolvedError where one is not finished."""
    folder = who.room.folder
    if folder is None:
        return []
    known = {each.run.run_id: each for each in read_runs(folder)}
    op_ids = _ops_of(folder, who) if known else {}
    found, held = [], []
    for run_id, each in known.items():
        path = folder / "plans" / f"{run_id}.jsonl"
        plan = _plan_without(path, who)
        if plan is None and run_id not in op_ids:
            continue
        if hold(each, known) == UNFINISHED:
            held.append(run_id)
        own = tuple(op_ids.get(run_id, ()))
        found.append(RunChange(run_id=run_id, op_ids=own, path=path, plan=plan))
    if held:
        raise UnresolvedError(
            N_("a run that is not finished works on this person's cards"),
            where=", ".join(sorted(held)),
            fix=N_("run crmclean resume, then this again"),
        )
    return found


def forget_runs(who: Forgotten, found: Collection[RunChange]) -> None:
    """Carry the changes out; the account's locks are held. Raises StorageError."""
    folder = who.room.folder
    if folder is None or not found:
        return
    for each in found:
        if each.plan is not None:
            write_plan(each.plan, each.path)
    with closing(rewriting(folder)) as db:
        db.execute("begin immediate")
        for each in found:
            # A request of many cards has one body: of a run that is done nobody needs it.
            db.execute("update op set body=null, answer=null where run_id=?", (each.run_id,))
            db.executemany(
                "update op set problem=null, before=case when before is null then null"
                " else ? end where run_id=? and op_id=?",
                [(json.dumps(FORGOTTEN), each.run_id, op_id) for op_id in each.op_ids],
            )
        db.execute("commit")
        compact(db, folder)


def note_backups(folder: Path, run_id: str, lines: Collection[bytes]) -> None:
    """Note the new hashes of copies of cards in the journal, so that they are known for ours."""
    with closing(rewriting(folder)) as db:
        db.execute("begin immediate")
        for line in lines:
            try:
                told = json.loads(line)
                facts = (hashlib.sha256(line).hexdigest(), run_id, told["entity"], told["id"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            db.execute("update backup set sha256=? where run_id=? and entity=? and id=?", facts)
        db.execute("commit")


def _ops_of(folder: Path, who: Forgotten) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with closing(reading(folder / FILE_NAME)) as db:
        rows = db.execute("select run_id, op_id, before, body, answer, problem from op")
        for run_id, op_id, *texts in rows:
            if _holds(texts, who):
                found.setdefault(run_id, []).append(op_id)
    return found


def _holds(texts: list[Any], who: Forgotten) -> bool:
    told = [t.decode("utf-8", "ignore") if isinstance(t, bytes) else t for t in texts if t]
    before = texts[0]
    if before:
        op = json.loads(before)
        if isinstance(op, dict) and op.get("type") in _WITH_VALUES:
            record = op.get("record")
            if isinstance(record, list) and tuple(record) in who.refs:
                return True
    return any(who.are_in(text) for text in told)


def _plan_without(path: Path, who: Forgotten) -> Plan | None:
    """Return the run's own plan without the person; None where it names nobody.

    Raises InputError for a plan that can't be read: an undo would not read it either.
    """
    if not path.is_file() or path.is_symlink():
        return None
    is_in = who.are_in(text_of(path))
    try:
        plan = read_plan(path)
    except CrmCleanError:
        if is_in:
            raise
        return None
    if not is_in and not any(_is_theirs(op.op, who) for op in plan.ops):
        return None
    made = _emptied(plan, who)
    check_order(made)
    return made


def _emptied(plan: Plan, who: Forgotten) -> Plan:
    ops = tuple(_op(each, who) for each in plan.ops)
    by_group: dict[str, list[Op]] = {}
    for each in ops:
        by_group.setdefault(each.group_id, []).append(each.op)
    groups = tuple(
        replace(
            group,
            evidence=tuple((kind, who.marks.masked(text)) for kind, text in group.evidence),
            effect=group_effect(by_group[group.id]),
            undo=group_undo(by_group[group.id]),
        )
        for group in plan.groups
    )
    return sealed(Plan(header=plan.header, groups=groups, ops=ops))


def _op(each: PlanOp, who: Forgotten) -> PlanOp:
    told = [text for texts in each.pre.values() for text in texts]
    is_own = _is_theirs(each.op, who)
    if not is_own and not any(who.are_in(text) for text in (*told, *_texts(each.op))):
        return each
    pre: Mapping[str, tuple[str, ...]] = {
        name: () if is_own else tuple(t for t in texts if not who.are_in(t))
        for name, texts in each.pre.items()
    }
    return replace(each, op=_emptied_op(each.op, who, is_own=is_own), pre=pre)


def _emptied_op(op: Op, who: Forgotten, *, is_own: bool) -> Op:
    if isinstance(op, PatchCard):
        left = () if is_own else tuple(c for c in op.changes if not who.are_in(repr(c)))
        return replace(op, changes=left or (_NO_CHANGE,))
    if isinstance(op, AddNote | CreateTask):
        return replace(op, text=MARK)
    if isinstance(op, EditNote):
        return replace(op, text=MARK, before=MARK)
    return op


def _is_theirs(op: Op, who: Forgotten) -> bool:
    has_values = isinstance(op, PatchCard | AddNote | EditNote | CreateTask)
    return has_values and any((ref.entity, ref.id) in who.refs for ref in op.touches)


def _texts(op: Op) -> tuple[str, ...]:
    return (repr(op),)

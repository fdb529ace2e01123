"""An account's journal and applied plans without a person's values: ids and outcomes stay.

An operation whose values are forgotten says so in the place of what it replaced, so that an undo
leaves it out and counts it. The plan's copy keeps its groups and operations, emptied of the same
values: what else the run did can still be taken back and verified.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dedupe.apply.history import History
from dedupe.apply.history import runs as read_runs
from dedupe.apply.journal import FILE_NAME
from dedupe.apply.records import FORGOTTEN
from dedupe.errors import CrmCleanError, UnresolvedError
from dedupe.language import N_
from dedupe.plan import Plan, read_plan, write_plan
from dedupe.plan.ops import AddNote, CreateTask, EditNote, Op, PatchCard
from dedupe.plan.plan import PlanOp

from .files import sync
from .person import MARK
from .rooms import Forgotten
from .runs import compact, hold, rewriting
from .scrub import text_of
from .terms import UNFINISHED

_WITH_VALUES = ("patch_card", "add_note", "edit_note", "create_task")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """What is to be forgotten of one run: operations of the journal, and its plan's copy."""

    run_id: str
    op_ids: tuple[str, ...]
    plan: Path | None


def run_changes(who: Forgotten) -> list[RunChange]:
    """Return the runs that hold the person. Raises UnresolvedError where one is not finished."""
    folder = who.room.folder
    if folder is None:
        return []
    known = {each.run.run_id: each for each in read_runs(folder)}
    op_ids = _ops_of(folder, who) if known else {}
    found, held = [], []
    for run_id, each in known.items():
        plan = _plan_with(folder, each, who)
        if plan is None and run_id not in op_ids:
            continue
        if hold(each, known) == UNFINISHED:
            held.append(run_id)
        own = tuple(op_ids.get(run_id, ()))
        found.append(RunChange(run_id=run_id, op_ids=own, plan=plan))
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
    for each in found:
        if each.plan is not None:
            _rewrite_plan(each.plan, who)


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
    address = f"{(folder / FILE_NAME).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as db:
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


def _plan_with(folder: Path, each: History, who: Forgotten) -> Path | None:
    """Return the run's own plan, where it names the person."""
    path = folder / "plans" / f"{each.run.run_id}.jsonl"
    if not path.is_file() or path.is_symlink():
        return None
    if who.are_in(text_of(path)):
        return path
    try:
        is_in = any(_is_theirs(op.op, who) for op in read_plan(path).ops)
    except CrmCleanError:
        return None
    return path if is_in else None


def _rewrite_plan(path: Path, who: Forgotten) -> None:
    """Put the plan without the values in its place, once it has proven to be a plan still."""
    plan = _emptied(read_plan(path), who)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(descriptor)
    beside = Path(name)
    try:
        write_plan(plan, beside)
        read_plan(beside)
        beside.replace(path)
        sync(path.parent)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _emptied(plan: Plan, who: Forgotten) -> Plan:
    groups = tuple(
        replace(group, evidence=tuple((k, who.marks.masked(text)) for k, text in group.evidence))
        for group in plan.groups
    )
    return replace_plan(plan, groups=groups, ops=tuple(_op(each, who) for each in plan.ops))


def replace_plan(plan: Plan, **parts: Any) -> Plan:  # noqa: ANN401  the fields of Plan
    """Return the plan with other parts; what it had computed of the old ones is left behind."""
    return Plan(**{"header": plan.header, "groups": plan.groups, "ops": plan.ops, **parts})


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
        return replace(op, changes=left)
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

"""What an account's runs leave: backups, plans, and the values in the journal.

A run is past when it is done, its undo is no more wanted, and it is not among the newest. Of a
run that is past the journal keeps ids, moments and outcomes; the bytes of its requests and what
they replaced go. Runs that are not finished, or that a person must look at, are never touched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from dedupe.apply.begin import connected, reading
from dedupe.apply.history import History, open_journal
from dedupe.apply.history import runs as read_runs
from dedupe.apply.journal import FILE_NAME
from dedupe.apply.states import UNRESOLVED as OPEN
from dedupe.apply.states import GroupState, OpState, RunState
from dedupe.errors import StorageError
from dedupe.language import N_

from .files import entries, seen
from .kinds import RUN_ID, Kind
from .terms import UNFINISHED, UNKNOWN_RUN, UNRESOLVED, Found, Past, Stays, Terms

_VALUES = ("body", "before", "answer", "problem")


def past_runs(folder: Path, account: str, terms: Terms) -> Found:
    """Look through the runs of the account in `folder`. Raises StorageError for a damaged one."""
    known = {each.run.run_id: each for each in read_runs(folder)}  # the newest first
    kept = set(list(known)[: terms.retention.keep_last])
    held = {run_id: why for run_id, each in known.items() if (why := hold(each, known))}
    past: list[Past] = []
    stays: list[Stays] = []
    for kind, place in ((Kind.BACKUP, folder / "backup"), (Kind.PLAN, folder / "plans")):
        for path in _run_files(place):
            each = known.get(path.stem)
            since = ended(each) if each else _mtime(path)
            if path.stem in kept or not terms.is_past(kind, since):
                continue
            if each is None or path.stem in held:
                told = held.get(path.stem, UNKNOWN_RUN)
                stays.append(Stays(kind=kind, path=path, account=account, why=told))
            else:
                past.append(_file(kind, path, account, since))
    past += _past_values(folder, account, terms, [r for r in known if r not in kept | set(held)])
    return Found(past=tuple(past), stays=tuple(stays))


def clear_values(folder: Path, run_ids: Collection[str]) -> None:
    """Remove requests and former values of runs from the journal, and from its free pages."""
    marks = ",".join("?" * len(run_ids))
    names = ", ".join(f"{name}=null" for name in _VALUES)
    with closing(rewriting(folder)) as db:
        db.execute("begin immediate")
        db.execute(
            f"update op set {names} where run_id in ({marks})"
            f" and run_id in (select run_id from run where state='{RunState.DONE}')",
            tuple(run_ids),
        )
        db.execute("commit")
        compact(db, folder)


def rewriting(folder: Path) -> sqlite3.Connection:
    """Return the journal, found sound, for a change of values under the account's lock."""
    journal = open_journal(folder)
    if journal is not None:
        journal.close()  # it was opened to be checked
    connection = connected(folder / FILE_NAME, is_durable=True)
    connection.execute("pragma secure_delete=on")
    return connection


def compact(db: sqlite3.Connection, folder: Path) -> None:
    """Write the file anew, without what lies in its free pages. Raises StorageError."""
    try:
        db.execute("vacuum")
    except sqlite3.Error as error:
        raise StorageError(
            N_("the journal can't be written anew ({reason})"),
            where=str(folder / FILE_NAME),
            fix=N_("free some space, then run this again"),
            reason=str(error),
        ) from error


def ended(each: History) -> datetime:
    """Return when a run ended, or began where it has not."""
    return datetime.fromisoformat(each.run.ended_at or each.run.started_at).astimezone(UTC)


def hold(each: History, known: dict[str, History]) -> str:
    """Return why nothing of a run may go; "" where it may."""
    undos = [other for other in known.values() if other.run.undo_of == each.run.run_id]
    family = [each, *undos]
    if any(one.run.state is not RunState.DONE for one in family):
        return UNFINISHED
    if any(one.ops.get(state) for one in family for state in OPEN) or each.groups.get(
        GroupState.RUNNING
    ):
        return UNFINISHED
    return UNRESOLVED if each.ops.get(OpState.MANUAL) else ""


def _past_values(
    folder: Path, account: str, terms: Terms, run_ids: Collection[str]
) -> Iterator[Past]:
    if not run_ids:
        return
    filled = " or ".join(f"{name} is not null" for name in _VALUES)
    sizes = "+".join(f"coalesce(length({name}),0)" for name in _VALUES)
    marks = ",".join("?" * len(run_ids))
    path = folder / FILE_NAME
    with closing(reading(path)) as db:
        rows = db.execute(
            f"select o.run_id, coalesce(r.ended_at, r.started_at), sum({sizes}) from op o"
            f" join run r on r.run_id=o.run_id where o.run_id in ({marks}) and ({filled})"
            " group by o.run_id",
            tuple(run_ids),
        ).fetchall()
    for run_id, moment, n_bytes in rows:
        since = datetime.fromisoformat(moment).astimezone(UTC)
        if terms.is_past(Kind.JOURNAL, since):
            yield Past(
                kind=Kind.JOURNAL,
                path=path,
                account=account,
                n_bytes=n_bytes,
                n_files=0,
                since=since,
                run_id=run_id,
            )


def _run_files(folder: Path) -> list[Path]:
    return [
        Path(each.path)
        for each in entries(folder)
        if each.is_file(follow_symlinks=False)
        and each.name.endswith(".jsonl")
        and RUN_ID.fullmatch(each.name.removesuffix(".jsonl"))
    ]


def _file(kind: Kind, path: Path, account: str, since: datetime) -> Past:
    n_bytes = path.lstat().st_size
    return Past(
        kind=kind, path=path, account=account, n_bytes=n_bytes, since=since, marks=seen(path)
    )


def _mtime(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)

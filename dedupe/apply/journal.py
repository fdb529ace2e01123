"""What apply did and is about to do, durable before and after each send.

One SQLite file per account, in rollback-journal mode with `synchronous=EXTRA`: when a call
returns, its commit survives a kill and a power cut. (WAL would be faster and has lost committed
writes in the SQLite of many systems; ten commits a second need no speed.) One process writes,
under the account's lock.

Every move of an operation is one transaction that changes exactly one row and appends one line
to `event`, whose lines are chained by SHA-256; the same lines go to audit.jsonl, for people. The
journal is never repaired in place: what does not add up is a StorageError, and the file stays.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dedupe.errors import InputError, StorageError
from dedupe.language import N_

from .begin import begin, connected, reading
from .records import OpRecord, RunRecord, Start, fingerprint
from .soundness import START, chained, is_sound
from .states import MOVES, UNRESOLVED, GroupState, OpState, RunState

__all__ = ["Journal", "OpRecord", "RunRecord", "Start", "account_of", "fingerprint"]

FILE_NAME = "journal.sqlite"
AUDIT_NAME = "audit.jsonl"
SCHEMA_VERSION = 1
# Rights, disks and other processes: nothing is wrong with the file itself.
_NOT_OURS_TO_WRITE = ("SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_IOERR")
_LEAVE = N_("keep the file as it is, and move it aside only when a person has looked at the CRM")


class Journal:
    """The journal of one account. Close it, or use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        account: str,
        *,
        now: Callable[[], datetime] | None = None,
        is_durable: bool = True,
    ) -> None:
        """Open the journal in `folder`, or begin one; `account` is CRM, host and id in one text.

        One that need not be durable is a rehearsal's. Raises StorageError when it is damaged or
        can't be written, InputError when it is another account's or a newer crmclean's.
        """
        self._now = now or (lambda: datetime.now(UTC))
        self._path = folder / FILE_NAME
        self._audit = folder / AUDIT_NAME
        self._pending: list[dict[str, Any]] = []
        self._last = START
        self._depth = 0
        with self._opened():
            if not self._path.exists():
                self._begin(account, is_durable=is_durable)
            self._db = connected(self._path, is_durable=is_durable)
            self._check(account)
            self._last = self._tail()

    def __enter__(self) -> Journal:
        """Return the journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Commit all that the block notes as one: what one answer told, or nothing of it."""
        with self._transaction():
            yield

    # --- runs

    def start(self, start: Start) -> RunRecord:
        """Begin a run, or return the one that this plan already has: a plan is applied once."""
        known = self.run_of_plan(start.plan_hash)
        if known is not None:
            return known
        with self._transaction():
            self._db.execute(
                "insert into run values (?,?,?,?,?,?,?,null,?,null)",
                (
                    start.run_id,
                    start.plan_hash,
                    start.kind,
                    start.undo_of,
                    start.plan_path,
                    json.dumps(dict(start.header), ensure_ascii=False, sort_keys=True),
                    self._moment(),
                    RunState.RUNNING,
                ),
            )
            self._db.executemany(
                "insert into grp values (?,?,?,?,?,null)",
                [
                    (start.run_id, gid, at, kind, GroupState.PLANNED)
                    for at, (gid, kind) in enumerate(start.groups)
                ],
            )
            self._db.executemany(
                "insert into op (run_id, op_id, gid, at, state) values (?,?,?,?,?)",
                [
                    (start.run_id, op_id, gid, at, OpState.PLANNED)
                    for at, (op_id, gid) in enumerate(start.ops)
                ],
            )
            self._event(start.run_id, "", "", RunState.RUNNING)
        return self.run(start.run_id)

    def end(self, run_id: str, state: RunState, reason: str | None = None) -> None:
        """Note how a run ended; a stopped one can go on."""
        with self._transaction():
            ended = None if state is RunState.RUNNING else self._moment()
            self._db.execute(
                "update run set state=?, reason=?, ended_at=? where run_id=?",
                (state, reason, ended, run_id),
            )
            self._event(run_id, "", "", state)

    def run(self, run_id: str) -> RunRecord:
        """Return a run. Raises InputError when there is none of this id."""
        found = self._runs("where run_id=?", run_id)
        if not found:
            raise InputError(
                N_("there is no such run"), where=run_id, fix=N_("see the list: crmclean runs")
            )
        return found[0]

    def run_of_plan(self, plan_hash: str) -> RunRecord | None:
        """Return the run of a plan, None when it was never applied."""
        return next(iter(self._runs("where plan_hash=?", plan_hash)), None)

    def runs(self) -> list[RunRecord]:
        """Return all runs, the newest first."""
        return self._runs("")

    # --- groups

    def set_group(self, run_id: str, gid: str, state: GroupState, reason: str = "") -> None:
        """Note the state of a group."""
        with self._transaction():
            self._one(
                "update grp set state=?, reason=? where run_id=? and gid=?",
                (state, reason or None, run_id, gid),
            )
            self._event(run_id, gid, "", state)

    def groups(self, run_id: str) -> dict[str, tuple[GroupState, str | None]]:
        """Return the state of each group and its reason, in the plan's order."""
        rows = self._db.execute(
            "select gid, state, reason from grp where run_id=? order by at", (run_id,)
        )
        return {gid: (GroupState(state), reason) for gid, state, reason in rows}

    def kinds(self, run_id: str) -> dict[str, str]:
        """Return the kind of each group of a run."""
        return dict(self._db.execute("select gid, kind from grp where run_id=?", (run_id,)))

    # --- operations

    def intend(
        self,
        run_id: str,
        op_ids: Sequence[str],
        *,
        method: str,
        path: str,
        body: bytes,
        before: Mapping[str, object],
    ) -> str:
        """Put the exact bytes of a request on disk, before any of them goes out.

        `before` is what each of its operations will change, JSON-able. Returns the fingerprint.
        """
        print_ = fingerprint(method, path, body)
        with self._transaction():
            for op_id in op_ids:
                own = self._move(
                    run_id,
                    op_id,
                    OpState.INTENT,
                    attempt=self.op(run_id, op_id).attempt + 1,
                    intent_at=self._moment(),
                    method=method,
                    path=path,
                    body=body if op_id == op_ids[0] else None,  # a batch has one body
                    fingerprint=print_,
                    before=json.dumps(before.get(op_id), ensure_ascii=False, sort_keys=True),
                )
                self._event(run_id, own.gid, op_id, OpState.INTENT, print_)
        return print_

    def settle(self, run_id: str, op_id: str, state: OpState, **facts: object) -> None:
        """Move an operation to `state`; `facts` are columns: status, created_id, problem, ...

        Raises StorageError when the journal does not allow the move: a bug, or two writers.
        """
        if state in (OpState.CONFIRMED, OpState.NOTHING, OpState.FAILED, OpState.MANUAL):
            facts["done_at"] = self._moment()
        with self._transaction():
            own = self._move(run_id, op_id, state, **facts)
            status = facts.get("status")
            self._event(
                run_id,
                own.gid,
                op_id,
                state,
                own.fingerprint,
                status if isinstance(status, int) else None,
            )

    def op(self, run_id: str, op_id: str) -> OpRecord:
        """Return one operation."""
        return self._ops("where run_id=? and op_id=?", run_id, op_id)[0]

    def ops(self, run_id: str, gid: str | None = None) -> list[OpRecord]:
        """Return the operations of a run, or of one of its groups, in order."""
        if gid is None:
            return self._ops("where run_id=?", run_id)
        return self._ops("where run_id=? and gid=?", run_id, gid)

    def kept_ops(self, run_id: str, gid: str) -> list[OpRecord]:
        """Return the operations of a group whose values were not removed with a person's data."""
        return [op for op in self.ops(run_id, gid) if not op.is_forgotten]

    def unresolved(self, run_id: str | None = None) -> list[OpRecord]:
        """Return the operations of one run, or of all, whose outcome is not known; oldest first."""
        marks = ",".join("?" * len(UNRESOLVED))
        if run_id is None:
            return self._ops(f"where state in ({marks})", *UNRESOLVED)
        return self._ops(f"where state in ({marks}) and run_id=?", *UNRESOLVED, run_id)

    def half_done(self) -> set[str]:
        """Return the runs with a group that was begun and not ended, or an unknown outcome."""
        rows = self._db.execute("select run_id from grp where state=?", (GroupState.RUNNING,))
        return {run_id for (run_id,) in rows} | {op.run_id for op in self.unresolved()}

    def counts(self, run_id: str) -> dict[OpState, int]:
        """Count a run's operations by state."""
        rows = self._db.execute(
            "select state, count(*) from op where run_id=? group by state", (run_id,)
        )
        return {OpState(state): n for state, n in rows}

    # --- backups

    def keep_backup(self, run_id: str, copies: Sequence[tuple[str, str, str]], path: str) -> None:
        """Note where the copies (entity, id, sha256) of cards lie, made before the first write."""
        with self._transaction():
            self._db.executemany(
                "insert or ignore into backup values (?,?,?,?,?)",
                [(run_id, entity, id_, sha, path) for entity, id_, sha in copies],
            )

    # --- inside

    def _begin(self, account: str, *, is_durable: bool) -> None:
        facts = {"schema": str(SCHEMA_VERSION), "account": account, "began": self._moment()}
        try:
            begin(self._path, facts, is_durable=is_durable)
        except OSError as error:
            raise _unwritable(
                self._path, (error.strerror or type(error).__name__).lower()
            ) from error

    def _check(self, account: str) -> None:
        meta = dict(self._db.execute("select key, value from meta"))
        if int(meta["schema"]) > SCHEMA_VERSION:
            raise InputError(
                N_("this journal was made by a newer crmclean"),
                where=str(self._path),
                fix=N_("update crmclean"),
            )
        if meta["account"] != account:
            raise InputError(
                N_("this journal is of another account"),
                where=str(self._path),
                fix=N_("check --profile and --state"),
            )
        if not is_sound(self._db):
            raise _damaged(self._path)

    def _tail(self) -> str:
        row = self._db.execute("select sha256 from event order by seq desc limit 1").fetchone()
        return str(row[0]) if row else START

    def _runs(self, where: str, *values: object) -> list[RunRecord]:
        rows = self._db.execute(
            "select run_id, plan_hash, kind, undo_of, plan_path, started_at, ended_at, state,"
            f" reason from run {where} order by started_at desc, rowid desc",
            values,
        )
        names = RunRecord.__slots__
        return [
            RunRecord(**{**dict(zip(names, row, strict=True)), "state": RunState(row[7])})
            for row in rows
        ]

    def _ops(self, where: str, *values: object) -> list[OpRecord]:
        names = OpRecord.__slots__
        rows = self._db.execute(
            f"select {', '.join(names)} from op {where} order by rowid", values
        ).fetchall()
        found = []
        for row in rows:
            facts = dict(zip(names, row, strict=True))
            facts["state"] = OpState(facts["state"])
            facts["before"] = json.loads(facts["before"]) if facts["before"] else None
            found.append(OpRecord(**facts))
        return found

    def _move(self, run_id: str, op_id: str, state: OpState, **facts: object) -> OpRecord:
        own = self.op(run_id, op_id)
        if state not in MOVES.get(own.state, ()):
            raise StorageError(
                N_("the journal does not allow {op} to go from {before} to {after}"),
                where=str(self._path),
                fix=N_("run crmclean resume; report this if it comes again"),
                op=op_id,
                before=own.state,
                after=state,
            )
        names = ", ".join(f"{name}=?" for name in facts)
        self._one(
            f"update op set state=?{', ' if names else ''}{names}"
            " where run_id=? and op_id=? and state=?",
            (state, *facts.values(), run_id, op_id, own.state),
        )
        return self.op(run_id, op_id)

    def _one(self, statement: str, values: Sequence[object]) -> None:
        if self._db.execute(statement, values).rowcount != 1:
            raise _damaged(self._path)

    def _event(
        self,
        run_id: str,
        gid: str,
        op_id: str,
        state: str,
        print_: str | None = None,
        status: int | None = None,
    ) -> None:
        line = [self._moment(), run_id, gid, op_id, str(state), print_, status]
        sha = chained(self._last, line)
        self._db.execute(
            "insert into event (at, run_id, gid, op_id, state, fingerprint, status, prev, sha256)"
            " values (?,?,?,?,?,?,?,?,?)",
            (*line, self._last, sha),
        )
        self._pending.append({"line": line, "prev": self._last, "sha256": sha})
        self._last = sha

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what the block writes, or nothing; then tell it to the audit log.

        Inside another one it is a part of that.
        """
        if self._depth:
            yield
            return
        before, self._pending, self._depth = self._last, [], 1
        with self._stored():
            try:
                self._db.execute("begin immediate")
                yield
                self._db.execute("commit")
            except BaseException:
                self._last = before
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise
            finally:
                self._depth = 0
            self._tell()

    def _tell(self) -> None:
        """Append to audit.jsonl: no authority, so a failure here never stops a run."""
        names = ("at", "run", "group", "op", "state", "request", "status")
        lines = [
            {
                **dict(zip(names, each["line"], strict=True)),
                "prev": each["prev"],
                "sha256": each["sha256"],
            }
            for each in self._pending
        ]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        try:
            descriptor = os.open(self._audit, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            return

    @contextmanager
    def _stored(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise _unwritable(self._path, str(error)) from error
        except sqlite3.DatabaseError as error:
            raise _damaged(self._path) from error

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Take whatever the file holds as damage: it is not known to be ours yet."""
        try:
            with self._stored():
                yield
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise _damaged(self._path) from error
        except StorageError as error:
            if "no such" in str(error.facts.get("reason", "")):  # a table or column is not there
                raise _damaged(self._path) from error
            raise

    def _moment(self) -> str:
        return self._now().isoformat(timespec="microseconds")


def account_of(folder: Path) -> str | None:
    """Return the account that the journal in `folder` is of; None where there is no journal.

    Raises StorageError where that can't be told.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    try:
        with closing(reading(path)) as connection:
            row = connection.execute("select value from meta where key='account'").fetchone()
            return str(row[0])
    except (sqlite3.Error, TypeError) as error:
        if getattr(error, "sqlite_errorname", "").startswith(_NOT_OURS_TO_WRITE):
            raise _unwritable(path, str(error)) from error
        raise _damaged(path) from error


def _unwritable(path: Path, reason: str) -> StorageError:
    return StorageError(
        N_("the journal can't be written ({reason})"),
        where=str(path),
        fix=N_("free space or mend its rights, then run crmclean resume"),
        reason=reason,
    )


def _damaged(path: Path) -> StorageError:
    return StorageError(
        N_("the journal is damaged: it does not add up, and nothing was written"),
        where=str(path),
        fix=_LEAVE,
    )

"""Storage that fails: at the N-th statement or sync for all N, once or from then on; or for real.

After a call that failed nothing may be sent but what was on disk before; the error is one of
storage (exit 9); and a process on sound storage then ends the run as if nothing had been.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dedupe.apply import begin as beginnings
from dedupe.apply import journal as journals
from dedupe.apply.begin import connected
from dedupe.errors import StorageError
from tests.unit.apply.conftest import carry_out, fresh_crm, make_plan
from tests.unit.apply.test_executor import check_done, check_safe, finish

from .kills import Bench, Cell

Patch = pytest.MonkeyPatch
_WRITING = ("begin", "commit", "insert", "update", "rollback")


class Storage:
    """Counts what goes to disk, and fails the N-th call of it, or all from the N-th on."""

    def __init__(self, nth: int, *, is_sticky: bool) -> None:
        self.nth, self.is_sticky, self.n = nth, is_sticky, 0

    def __call__(self) -> bool:
        """Count a call; tell whether it fails."""
        self.n += 1
        return self.n >= self.nth if self.is_sticky else self.n == self.nth

    @property
    def has_failed(self) -> bool:
        return self.n >= self.nth


class Failing:
    """A connection to SQLite on storage that fails."""

    def __init__(self, inner: sqlite3.Connection, storage: Storage) -> None:
        self._inner, self._storage = inner, storage

    def execute(self, statement: str, *values: Any) -> Any:
        if statement.lstrip().startswith(_WRITING) and self._storage():
            raise sqlite3.OperationalError("disk I/O error")
        return self._inner.execute(statement, *values)

    def executemany(self, statement: str, *values: Any) -> Any:
        if self._storage():
            raise sqlite3.OperationalError("database or disk is full")
        return self._inner.executemany(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def fail(patch: Patch, storage: Storage) -> None:
    """Let journal and backup work on `storage`."""
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if storage():
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    patch.setattr(os, "fsync", fsync)
    for module in (journals, beginnings):
        patch.setattr(
            module, "connected", lambda path, **more: Failing(connected(path, **more), storage)
        )


def n_calls(folder: Path) -> int:
    """Count the calls of a run that goes well."""
    storage = Storage(10**9, is_sticky=False)
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, storage)
        carry_out(folder, fresh_crm(), make_plan())
    return storage.n


def one_fault(folder: Path, nth: int, *, is_sticky: bool) -> None:
    folder.mkdir()
    crm, plan, storage = fresh_crm(), make_plan(), Storage(nth, is_sticky=is_sticky)
    sent: list[bool] = []
    inner = crm.send
    crm.send = lambda request: (sent.append(storage.has_failed), inner(request))[1]
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, storage)
        with pytest.raises(StorageError) as error:
            carry_out(folder, crm, plan)
    assert error.value.exit_code == 9
    assert True not in sent, "something was sent after storage had failed"
    check_safe(crm)
    crm.clock.sleep(60.0)
    finish(folder, crm, plan)
    check_done(crm)
    shutil.rmtree(folder)


@pytest.mark.parametrize("is_sticky", [False, True], ids=["once", "for good"])
def test_storage_that_fails_at_any_call_stops_the_run(tmp_path: Path, is_sticky: bool) -> None:
    (tmp_path / "count").mkdir()
    total = n_calls(tmp_path / "count")
    assert total > 100, "the faults are not where the journal writes"
    for nth in range(1 + is_sticky, total + 1, 11):
        one_fault(tmp_path / f"{nth}", nth, is_sticky=is_sticky)


@pytest.mark.slow
@pytest.mark.parametrize("is_sticky", [False, True], ids=["once", "for good"])
def test_storage_that_fails_at_every_call_stops_the_run(tmp_path: Path, is_sticky: bool) -> None:
    (tmp_path / "count").mkdir()
    for nth in range(1, n_calls(tmp_path / "count") + 1):
        one_fault(tmp_path / f"{nth}", nth, is_sticky=is_sticky)


@pytest.mark.parametrize("write", [0, 3, 8])
def test_a_folder_that_goes_away_stops_the_run(tmp_path: Path, write: int) -> None:
    crm, plan, folder = fresh_crm(), make_plan(), tmp_path / "state"
    folder.mkdir()

    def at(point: str, op_ids: object) -> None:
        if point == "before intent" and len(crm.bodies) == write:
            folder.rename(tmp_path / "kept")

    with pytest.raises(StorageError):
        carry_out(folder, crm, plan, at=at)
    assert len(crm.bodies) == write, "a write without an intent on disk"
    (tmp_path / "kept").rename(folder)
    finish(folder, crm, plan)
    check_done(crm)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.999])
def test_a_journal_that_was_cut_off_is_refused_and_left_as_it_is(tmp_path: Path, share) -> None:
    crm, plan = fresh_crm(), make_plan()
    crm.faults = {4: "error"}
    with pytest.raises(Exception, match="circuit"):
        carry_out(tmp_path, crm, plan)
    file = tmp_path / journals.FILE_NAME
    whole = file.read_bytes()
    cut = whole[: int(len(whole) * share)]
    file.write_bytes(cut)
    n = len(crm.bodies)
    with pytest.raises(StorageError) as error:
        carry_out(tmp_path, crm, plan)
    assert error.value.exit_code == 9
    assert file.read_bytes() == cut
    assert len(crm.bodies) == n
    file.write_bytes(whole)
    finish(tmp_path, crm, plan)
    check_done(crm)


def test_a_backup_line_that_was_cut_off_leaves_the_next_one_whole(tmp_path: Path) -> None:
    crm, plan = fresh_crm(), make_plan()
    (tmp_path / "backup").mkdir()
    file = tmp_path / "backup" / "r-1.jsonl"
    file.write_text('{"entity": "contact", "id": "1', encoding="utf-8")
    carry_out(tmp_path, crm, plan)
    cut, *lines = file.read_text("utf-8").splitlines()
    assert cut == '{"entity": "contact", "id": "1'
    assert {json.loads(line)["id"] for line in lines} >= {"101", "102", "103"}


@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("more", [1, 9_000, 30_000])
def test_a_full_disk_stops_the_process_and_resume_ends_the_same(tmp_path: Path, more: int) -> None:
    bench = Bench(tmp_path)
    outcome = bench.run(Cell(point="full disk", at=more))
    assert outcome.problems == []

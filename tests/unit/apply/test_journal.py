"""The journal: moves, durability under kill -9, damage, and one application per plan."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dedupe.apply.begin import reading
from dedupe.apply.journal import (
    AUDIT_NAME,
    FILE_NAME,
    Journal,
    Start,
    account_of,
    fingerprint,
)
from dedupe.apply.soundness import is_sound
from dedupe.apply.states import MOVES, SETTLED, GroupState, OpState, RunState
from dedupe.errors import InputError, StorageError

ACCOUNT = "amocrm demo.amocrm.ru 31245678"


def start(run_id: str = "r-1", plan_hash: str = "h1") -> Start:
    return Start(
        run_id=run_id,
        plan_hash=plan_hash,
        plan_path="plans/h1.jsonl",
        header={"crm": "amocrm"},
        groups=[("g-1", "merge"), ("g-2", "split")],
        ops=[("g-1/01", "g-1"), ("g-1/02", "g-1"), ("g-2/01", "g-2")],
    )


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path, ACCOUNT) as opened:
        opened.start(start())
        yield opened


def intend(journal: Journal, op_id: str = "g-1/01") -> str:
    return journal.intend(
        "r-1", [op_id], method="PATCH", path="/contacts/1", body=b"{}", before={op_id: "x"}
    )


def test_an_intent_is_on_disk_with_its_bytes_before_anything_is_known(journal, tmp_path) -> None:
    print_ = intend(journal)
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        row = other.execute("select state, body, fingerprint, attempt from op").fetchone()
    assert row == ("intent", b"{}", print_, 1)
    assert print_ == fingerprint("PATCH", "/contacts/1", b"{}")
    assert [op.op_id for op in journal.unresolved()] == ["g-1/01"]


def test_a_plan_is_applied_once(journal) -> None:
    again = journal.start(start(run_id="r-2"))
    assert again.run_id == "r-1"
    assert [run.run_id for run in journal.runs()] == ["r-1"]


def test_runs_come_newest_first_and_an_unknown_one_is_named(journal) -> None:
    journal.start(start("r-2", "h2"))
    assert [run.run_id for run in journal.runs()] == ["r-2", "r-1"]
    with pytest.raises(InputError, match="r-9"):
        journal.run("r-9")


@pytest.mark.parametrize("before", list(OpState))
@pytest.mark.parametrize("after", list(OpState))
def test_only_the_drawn_moves_are_taken(tmp_path, before: OpState, after: OpState) -> None:
    with Journal(tmp_path, ACCOUNT) as journal:
        journal.start(start())
        with sqlite3.connect(tmp_path / FILE_NAME) as other:  # past its guards
            other.execute("update op set state=? where op_id='g-1/01'", (before,))
        other.close()
        if after in MOVES.get(before, ()):
            journal.settle("r-1", "g-1/01", after)
            assert journal.op("r-1", "g-1/01").state is after
        else:
            with pytest.raises(StorageError):
                journal.settle("r-1", "g-1/01", after)
            assert journal.op("r-1", "g-1/01").state is before


def test_what_is_settled_stays_so() -> None:
    assert not any(MOVES.get(state) for state in SETTLED)


def test_a_state_of_the_group_and_the_counts_are_kept(journal) -> None:
    journal.set_group("r-1", "g-2", GroupState.STALE, "a phone was changed")
    intend(journal)
    journal.settle("r-1", "g-1/01", OpState.CONFIRMED, status=200, created_id="77")
    assert journal.groups("r-1") == {
        "g-1": (GroupState.PLANNED, None),
        "g-2": (GroupState.STALE, "a phone was changed"),
    }
    assert journal.counts("r-1") == {OpState.CONFIRMED: 1, OpState.PLANNED: 2}
    assert journal.op("r-1", "g-1/01").created_id == "77"


def test_a_run_can_stop_and_end(journal) -> None:
    journal.end("r-1", RunState.STOPPED, "STOP file")
    assert (journal.run("r-1").state, journal.run("r-1").reason) == (RunState.STOPPED, "STOP file")
    journal.end("r-1", RunState.DONE)
    assert journal.run("r-1").state is RunState.DONE


def test_the_audit_log_is_the_chain_without_personal_data(journal, tmp_path) -> None:
    journal.intend(
        "r-1",
        ["g-1/01"],
        method="PATCH",
        path="/contacts/1",
        body=b'{"name": "Fictional Person"}',
        before={"g-1/01": {"name": "Fictional Person"}},
    )
    lines = [json.loads(x) for x in (tmp_path / AUDIT_NAME).read_text("utf-8").splitlines()]
    assert [line["state"] for line in lines] == ["running", "intent"]
    assert lines[1]["prev"] == lines[0]["sha256"]
    assert "Fictional" not in (tmp_path / AUDIT_NAME).read_text("utf-8")
    assert (tmp_path / AUDIT_NAME).stat().st_mode & 0o077 == 0
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_another_accounts_journal_is_refused(journal, tmp_path) -> None:
    with pytest.raises(InputError, match="another account"):
        Journal(tmp_path, "amocrm other.amocrm.ru 5")


def test_a_newer_journal_is_refused(journal, tmp_path) -> None:
    journal.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("update meta set value='2' where key='schema'")
    other.close()
    with pytest.raises(InputError, match="newer"):
        Journal(tmp_path, ACCOUNT)


def test_an_edited_history_is_refused_and_left_alone(journal, tmp_path) -> None:
    intend(journal)
    journal.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("update event set state='confirmed' where state='intent'")
    other.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StorageError, match="damaged"):
        Journal(tmp_path, ACCOUNT)
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all", b"SQLite format 3\0" + b"x" * 90]
)
def test_a_file_that_is_no_journal_is_refused(tmp_path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StorageError):
        Journal(tmp_path, ACCOUNT)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_flipped_byte_anywhere_is_noticed_or_harmless(tmp_path) -> None:
    with Journal(tmp_path, ACCOUNT) as journal:
        journal.start(start())
        intend(journal)
    sound = (tmp_path / FILE_NAME).read_bytes()
    for at in range(0, len(sound), 97):
        flipped = bytearray(sound)
        flipped[at] ^= 0xFF
        (tmp_path / FILE_NAME).write_bytes(bytes(flipped))
        try:
            with Journal(tmp_path, ACCOUNT) as journal:
                states = [op.state for op in journal.ops("r-1")]
        except (StorageError, InputError):
            continue
        assert states == [OpState.INTENT, OpState.PLANNED, OpState.PLANNED]


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path) -> None:
    with pytest.raises(StorageError):
        Journal(tmp_path / "absent", ACCOUNT)


def test_a_failed_commit_changes_nothing(journal, monkeypatch) -> None:
    last = journal._last

    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "_event", fail)
    with pytest.raises(StorageError, match="full"):
        intend(journal)
    monkeypatch.undo()
    assert journal.op("r-1", "g-1/01").state is OpState.PLANNED
    assert journal._last == last
    intend(journal)
    assert is_sound(journal._db)


def cut_off(journal: Journal, folder: Path) -> None:
    """Put into `folder` the files that a kill in the middle of a commit would leave."""
    db = journal._db
    db.execute("pragma cache_size=2")  # pages go to the file before the commit
    db.execute("begin immediate")
    for at in range(300):
        db.execute("insert into backup values ('r-1','contact',?,?,'p')", (str(at), "x" * 500))
    db.execute("update meta set value='half' where key='account'")
    for name in (FILE_NAME, f"{FILE_NAME}-journal"):
        (folder / name).write_bytes((journal._path.parent / name).read_bytes())
    db.execute("rollback")


def test_a_commit_that_a_kill_cut_off_is_taken_back_by_whoever_comes_first(
    journal, tmp_path
) -> None:
    for first in (account_of, read_past):
        folder = tmp_path / first.__name__
        folder.mkdir()
        cut_off(journal, folder)
        assert (folder / f"{FILE_NAME}-journal").stat().st_size > 10_000
        first(folder)
        assert account_of(folder) == ACCOUNT
        with Journal(folder, ACCOUNT) as again:
            assert [run.run_id for run in again.runs()] == ["r-1"]


def read_past(folder: Path) -> None:
    with closing(reading(folder / FILE_NAME)) as db:
        assert db.execute("select count(*) from backup").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("delete from meta")


WRITER = """
import sys
from pathlib import Path
from dedupe.apply.journal import Journal, Start
journal = Journal(Path(sys.argv[1]), "amocrm a 1")
ops = [(f"g/{n}", "g") for n in range(5000)]
journal.start(Start(run_id="r", plan_hash=sys.argv[2], plan_path="p", header={},
                    groups=[("g", "merge")], ops=ops))
for op_id, _ in ops:
    journal.intend("r", [op_id], method="PATCH", path="/x", body=b"{}", before={})
    print(op_id, flush=True)
"""


@pytest.mark.parametrize("n_lines", [1, 7, 40])
def test_a_killed_writer_loses_no_intent_that_it_had_told_of(tmp_path, n_lines: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), "h"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert writer.stdout is not None
    told = [writer.stdout.readline().strip() for _ in range(n_lines)]
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    told += [
        line.strip()
        for line in writer.stdout.read().splitlines(keepends=True)
        if line.endswith("\n")
    ]
    writer.stdout.close()
    with Journal(tmp_path, "amocrm a 1") as journal:
        kept = {op.op_id for op in journal.unresolved()}
    assert kept >= set(told)
    assert len(kept) <= len(told) + 1

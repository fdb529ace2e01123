"""Locks of an account: by its host across profiles, by its folder as older versions do."""

from __future__ import annotations

import json
import multiprocessing
import stat
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from dedupe.apply.lock import LOCK_NAME, HeldError, account_lock
from dedupe.errors import LockedError, StorageError

HOST = "demo.amocrm.ru"


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    for name in ("main", "second"):
        (tmp_path / "state/accounts" / name).mkdir(parents=True)
    return tmp_path / "state/accounts"


def test_two_profiles_of_one_account_exclude_each_other(accounts: Path) -> None:
    with account_lock(accounts / "main", "p-1", host=HOST):
        with pytest.raises(HeldError) as caught, account_lock(accounts / "second", "p", host=HOST):
            pass
        with account_lock(accounts / "second", "p-2", host="other.amocrm.ru"):
            pass
    assert "main/p-1" in str(caught.value)
    assert str(accounts / "main" / LOCK_NAME) in str(caught.value)  # where a STOP file ends it
    holder = caught.value.holder
    assert holder is not None
    assert holder.profile == "main"
    assert holder.since is not None
    assert abs(datetime.now(UTC) - holder.since) < timedelta(minutes=5)
    with account_lock(accounts / "second", "p-2", host=HOST):
        pass


def test_a_host_is_one_whatever_its_spelling_and_a_port_is_a_part_of_it(accounts: Path) -> None:
    with (
        account_lock(accounts / "main", "p-1", host="127.0.0.1:8080"),
        account_lock(accounts / "second", "p-2", host="127.0.0.1:8081"),
    ):
        assert sorted(path.name for path in (accounts.parent / "locks").glob("*.lock")) == [
            "127.0.0.1_8080.lock",
            "127.0.0.1_8081.lock",
        ]
    with (
        account_lock(accounts / "main", "p-1", host="Demo.amoCRM.ru"),
        pytest.raises(LockedError),
        account_lock(accounts / "second", "p-2", host=HOST),
    ):
        pass


def test_a_lock_of_an_older_version_is_respected(accounts: Path) -> None:
    folder = accounts / "main"
    told = {"pid": 77, "host": "box", "user": "ann", "run": "r-old", "since": "2026-11-22T01:00:00"}
    (folder / "apply.holder.json").write_text(json.dumps(told))
    with (
        FileLock(folder / LOCK_NAME),
        pytest.raises(HeldError, match="box ann pid 77, r-old") as caught,
        account_lock(folder, "p-1", host=HOST),
    ):
        pass
    assert caught.value.holder is not None
    assert (caught.value.holder.profile, caught.value.holder.since) == ("", None)
    # What was taken before it was refused is given back.
    with account_lock(accounts / "second", "p-2", host=HOST):
        pass


def test_an_older_version_respects_ours(accounts: Path) -> None:
    with account_lock(accounts / "main", "p-1", host=HOST), pytest.raises(TimeoutError):
        FileLock(accounts / "main" / LOCK_NAME, timeout=0).acquire()


def test_a_holder_that_ended_is_named_to_nobody(accounts: Path) -> None:
    with account_lock(accounts / "main", "p-1", host=HOST):
        pass
    assert list(accounts.parent.rglob("*holder.json")) == []
    with (
        FileLock(accounts.parent / "locks" / f"{HOST}.lock"),
        pytest.raises(HeldError, match=r"\(\?\)") as caught,
        account_lock(accounts / "main", "p-2", host=HOST),
    ):
        pass
    assert caught.value.holder is None


@pytest.mark.parametrize("text", ["", "[]", '{"pid": "x"}', '{"host": 1}', "\udcff"])
def test_what_is_beside_a_lock_may_be_anything(accounts: Path, text: str) -> None:
    folder = accounts / "main"
    (folder / "apply.holder.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with (
        FileLock(folder / LOCK_NAME),
        pytest.raises(HeldError) as caught,
        account_lock(folder, "p-1", host=HOST),
    ):
        pass
    assert caught.value.holder is None


def test_both_locks_are_waited_for_no_longer_than_was_asked(accounts: Path, monkeypatch) -> None:
    waits: list[float] = []

    class Lock(FileLock):
        def acquire(self, *args, **more):
            waits.append(self.timeout)
            return super().acquire(*args, **more)

    clock = iter([0.0, 10.0, 70.0])
    monkeypatch.setattr("dedupe.apply.lock.FileLock", Lock)
    monkeypatch.setattr("dedupe.apply.lock.time.monotonic", lambda: next(clock, 100.0))
    with account_lock(accounts / "main", "p-1", host=HOST, wait_s=60.0):
        pass
    assert waits == [50.0, 0.0]


def test_locks_are_closed_to_others(accounts: Path) -> None:
    with account_lock(accounts / "main", "p-1", host=HOST):
        place = accounts.parent / "locks"
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


def test_a_folder_in_no_state_has_its_own_lock_alone(tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal"
    folder.mkdir()
    with account_lock(folder, "r-1", host=HOST):
        assert {path.name for path in folder.iterdir()} == {LOCK_NAME, "apply.holder.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"rehearsal"}


def test_a_state_that_can_not_be_written_is_one_line(accounts: Path) -> None:
    (accounts.parent / "locks").write_text("a file")
    with (
        pytest.raises(StorageError, match="can't lock"),
        account_lock(accounts / "main", "p-1", host=HOST),
    ):
        pass


def _hold(accounts: Path, ready, end) -> None:
    with account_lock(accounts / "main", "p-dead", host=HOST):
        ready.set()
        end.wait(60)


def test_a_kill_frees_both(accounts: Path) -> None:
    fork = multiprocessing.get_context("fork")
    ready, end = fork.Event(), fork.Event()
    child = fork.Process(target=_hold, args=(accounts, ready, end))
    with warnings.catch_warnings():  # newer Pythons warn of forks under pytest's own threads
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    assert ready.wait(60)
    with (
        pytest.raises(LockedError, match="p-dead"),
        account_lock(accounts / "second", "p-1", host=HOST),
    ):
        pass
    child.kill()
    child.join()
    with account_lock(accounts / "second", "p-1", host=HOST):
        pass

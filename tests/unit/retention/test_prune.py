"""What goes when its days are over, and all that never goes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dedupe.apply.journal import Journal, Start
from dedupe.apply.lock import account_lock
from dedupe.apply.states import OpState, RunState
from dedupe.config import Retention
from dedupe.errors import InputError
from dedupe.retention import prune as rooms
from dedupe.retention.kinds import Kind
from dedupe.retention.terms import Terms

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ACCOUNT = "amocrm demo.amocrm.ru 1"


def terms(**kept: int) -> Terms:
    return Terms(retention=Retention(**{"keep_last": 1, **kept}), now=NOW)


def put_scan(state: Path, days: int, tail: str = "0001", host: str = "demo.amocrm.ru") -> Path:
    at = NOW - timedelta(days=days)
    folder = state / "scans" / f"s-{at:%Y%m%dT%H%M%S}-{tail}"
    folder.mkdir(parents=True)
    told = {
        "schema": "crmclean.scan/1",
        "scan_id": folder.name,
        "scanned_at": at.isoformat(),
        "account": {"host": host, "id": "1", "source": "main"},
    }
    (folder / "summary.json").write_text(json.dumps(told))
    (folder / "findings.parquet").write_bytes(b"x" * 100)
    return folder


def put_run(folder: Path, number: int, days: int, *, state: RunState = RunState.DONE,
            op: OpState = OpState.CONFIRMED) -> str:  # fmt: skip
    run_id = f"r-{number:012x}"
    at = NOW - timedelta(days=days)
    plan = folder / "plans" / f"{run_id}.jsonl"
    with Journal(folder, ACCOUNT, now=lambda: at) as journal:
        ops = [("g-000001/01", "g-000001")]
        journal.start(
            Start(run_id=run_id, plan_hash=f"{number:064x}", plan_path=str(plan), header={},
                  groups=[("g-000001", "split")], ops=ops)
        )  # fmt: skip
        body = b'{"name":"VALUE-OF-A-PERSON"}' * 200
        journal.intend(run_id, ["g-000001/01"], method="PATCH", path="/x", body=body,
                       before={"g-000001/01": {"was": "VALUE-OF-A-PERSON"}})  # fmt: skip
        if op is OpState.MANUAL:
            journal.settle(run_id, "g-000001/01", OpState.AMBIGUOUS)
        if op is not OpState.INTENT:
            journal.settle(run_id, "g-000001/01", op)
        journal.end(run_id, state)
    for name in ("plans", "backup"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / f"{run_id}.jsonl").write_text("{}\n")
    return run_id


def age(path: Path, days: float) -> Path:
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment), follow_symlinks=False)
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state/accounts/main").mkdir(parents=True)
    return tmp_path / "state"


@pytest.fixture
def folder(state: Path) -> Iterator[Path]:
    return state / "accounts/main"


def paths(made: rooms.Pruned) -> set[str]:
    return {past.path.name for past in made.gone}


def test_scans_past_their_days_go_and_the_newest_of_each_account_stay(state) -> None:
    old = [put_scan(state, days) for days in (200, 150, 100)]
    alone = put_scan(state, 300, host="other.amocrm.ru")
    fresh = put_scan(state, 10)
    (state / "scans/index.jsonl").write_text("{}\n")
    assert paths(rooms.look(state, terms())) == {each.name for each in old}
    assert all(each.exists() for each in old)
    made = rooms.prune(state, terms())
    assert paths(made) == {each.name for each in old}
    assert (made.exit_code, sum(past.n_bytes for past in made.gone) > 300) == (0, True)
    assert sorted(each.name for each in (state / "scans").iterdir()) == sorted(
        [alone.name, fresh.name, "index.jsonl"]
    )
    assert rooms.prune(state, terms()).gone == ()


def test_a_span_overrules_the_days_and_not_the_newest(state) -> None:
    older = put_scan(state, 3)
    newest = put_scan(state, 2)
    span = Terms(retention=Retention(keep_last=1), now=NOW, older=timedelta(days=1))
    assert paths(rooms.prune(state, span)) == {older.name}
    assert newest.exists()


def test_foreign_files_and_links_are_left_alone(state, tmp_path) -> None:
    put_scan(state, 1)
    mixed = put_scan(state, 300, "aaaa")
    (mixed / "mine.txt").write_text("keep me")
    linked = put_scan(state, 301, "bbbb")
    target = tmp_path / "precious.html"
    target.write_text("x")
    (linked / "report.html").symlink_to(target)
    elsewhere = tmp_path / "elsewhere" / "s-20200101T000000-cccc"
    elsewhere.mkdir(parents=True)
    (elsewhere / "summary.json").write_text("{}")
    (state / "scans" / elsewhere.name).symlink_to(elsewhere)
    broken = put_scan(state, 302, "dddd")
    (broken / "summary.json").write_text("{")
    age(broken, 300)
    (state / "scans/my folder").mkdir()
    made = rooms.prune(state, terms())
    assert made.gone == ()
    assert {each.path.name for each in made.stays} == {mixed.name, linked.name, broken.name}
    assert target.exists()
    assert (elsewhere / "summary.json").exists()
    assert (mixed / "mine.txt").read_text() == "keep me"


def test_a_scan_that_changes_meanwhile_stays(state, monkeypatch) -> None:
    put_scan(state, 1)
    old = put_scan(state, 200)
    found = rooms._shared(state, terms())
    (old / "report.html").write_text("just rendered again")
    made = rooms._removed(found)
    assert made.gone == ()
    assert [each.why for each in made.stays] == ["it changed meanwhile"]


def test_values_of_past_runs_go_and_ids_stay(state, folder) -> None:
    old, recent = put_run(folder, 1, 200), put_run(folder, 2, 5)
    made = rooms.prune(state, terms())
    assert {past.kind for past in made.gone} == {Kind.BACKUP, Kind.PLAN, Kind.JOURNAL}
    assert not (folder / f"backup/{old}.jsonl").exists()
    assert (folder / f"backup/{recent}.jsonl").exists()
    content = (folder / "journal.sqlite").read_bytes()
    assert content.count(b"VALUE-OF-A-PERSON") == 201  # the recent run's alone
    with Journal(folder, ACCOUNT) as journal:
        assert [op.state for op in journal.ops(old)] == [OpState.CONFIRMED]
        assert journal.ops(old)[0].before is None
        assert journal.ops(recent)[0].body is not None
        assert {run.run_id for run in journal.runs()} == {old, recent}
    assert rooms.prune(state, terms()).gone == ()


@pytest.mark.parametrize(
    ("run", "op"),
    [
        (RunState.STOPPED, OpState.CONFIRMED),
        (RunState.RUNNING, OpState.CONFIRMED),
        (RunState.DONE, OpState.INTENT),
        (RunState.DONE, OpState.MANUAL),
    ],
)
def test_nothing_of_an_unsettled_run_goes(state, folder, run, op) -> None:
    old = put_run(folder, 1, 900, state=run, op=op)
    put_run(folder, 2, 5)
    made = rooms.prune(state, terms())
    assert made.gone == ()
    assert {each.path.stem for each in made.stays} == {old}
    assert (folder / f"plans/{old}.jsonl").exists()


def test_a_backup_that_no_run_knows_stays(state, folder) -> None:
    put_run(folder, 2, 5)
    lost = folder / "backup/r-00000000ffff.jsonl"
    lost.write_text("{}\n")
    age(lost, 900)
    made = rooms.prune(state, terms())
    assert (made.gone, [each.path for each in made.stays]) == ((), [lost])


def test_the_snapshot_in_use_stays_and_what_killed_pulls_left_goes(state, folder) -> None:
    own, left, pages = folder / "snapshot", folder / ".snapshot.x1", folder / "pull/pages.spool"
    for each in (own, left, pages.parent):
        each.mkdir()
    for each in (own / "manifest.json", left / "contacts.parquet", pages):
        each.write_text("{}")
    for each in (own, left, pages):
        age(each, 60)
    made = rooms.prune(state, terms())
    assert {past.path for past in made.gone} == {left, pages}
    assert [each.path for each in made.stays] == [own]
    own.rename(folder / ".snapshot.old.x")  # the next pull puts it back
    age(folder / ".snapshot.old.x", 60)
    assert rooms.prune(state, terms()).gone == ()


def test_logs_and_half_written_scans_go(state) -> None:
    logs = state / "logs"
    logs.mkdir()
    for days in (1, 40, 50):
        (logs / f"n-{days}.jsonl").write_text("{}")
        age(logs / f"n-{days}.jsonl", days)
    staged = state / "scans/.s-20260101T000000-abcd.k3j2"
    staged.mkdir(parents=True)
    (staged / "pairs.parquet").write_bytes(b"x")
    age(staged, 3)
    made = rooms.prune(state, terms())
    assert paths(made) == {"n-40.jsonl", "n-50.jsonl", staged.name}


def test_an_account_at_work_is_left_alone_and_the_others_are_not(state, folder) -> None:
    put_scan(state, 200)
    put_scan(state, 1)
    put_run(folder, 1, 900)
    put_run(folder, 2, 5)
    with account_lock(folder, "r-other"):
        made = rooms.prune(state, terms())
    assert made.exit_code == 11
    assert {past.kind for past in made.gone} == {Kind.SCAN}
    assert rooms.prune(state, terms()).exit_code == 0


def test_what_the_disk_refuses_is_told_and_the_rest_goes_on(state, monkeypatch) -> None:
    put_scan(state, 1)
    first, second = put_scan(state, 300), put_scan(state, 200)
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self == first:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    made = rooms.prune(state, terms())
    assert (made.exit_code, paths(made)) == (9, {second.name})
    assert first.exists()


def test_a_kill_in_the_middle_is_finished_the_next_time(state, monkeypatch) -> None:
    put_scan(state, 1)
    old = put_scan(state, 200)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dedupe.retention.files.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            rooms.prune(state, terms())
    assert not old.exists()  # nobody reads half a scan
    (aside,) = (state / "scans").glob(".pruned.*")
    age(aside, 2)
    rooms.prune(state, terms())
    assert not aside.exists()


def test_a_damaged_journal_keeps_everything_of_its_account(state, folder) -> None:
    put_run(folder, 1, 900)
    put_run(folder, 2, 5)
    (folder / "journal.sqlite").write_bytes(b"SQLite format 3\x00 broken")
    made = rooms.prune(state, terms())
    assert (made.exit_code, made.gone) == (9, ())


def test_a_pruned_run_says_so_when_it_is_to_be_undone(state, folder) -> None:
    from dedupe.apply.run import undo_plan

    old = put_run(folder, 1, 900)
    put_run(folder, 2, 5)
    rooms.prune(state, terms())
    with pytest.raises(InputError, match="past its days"):
        undo_plan(folder, ACCOUNT, old)

"""The log of a run: lines that survive a kill, hold no secrets, and make room for new ones."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.crm.http import hide
from dedupe.errors import InputError
from dedupe.events import StageAdvanced, StageFinished, StageStarted, Waiting
from dedupe.policy import logs
from dedupe.policy.logs import RunLog, log_runs, read_log
from tests.unit.policy.notify.outcomes import failed, outcome

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def log_in(folder, clock, run_id="p-1", **changes) -> RunLog:
    facts = {"profile": "main", "policy": "nightly"} | changes
    return RunLog(folder / "logs", run_id=run_id, now=clock, **facts)


def lines_of(folder, run_id="p-1") -> list[dict]:
    text = (folder / "logs" / f"{run_id}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_each_event_is_a_line_with_its_run(tmp_path, clock) -> None:
    heard = []
    with log_in(tmp_path, clock) as log:
        listen = log.heard(heard.append)
        listen(StageStarted("contacts", 10))
        clock.at += timedelta(seconds=5)
        listen(StageFinished("contacts", 91_699, 5.0))
        listen(Waiting("contacts", "limit", 1.5))
        log.outcome(outcome())
    lines = lines_of(tmp_path)
    assert [line["event"] for line in lines] == [
        "run.started",
        "stage.started",
        "stage.finished",
        "waiting",
        "outcome",
    ]
    assert lines[2] == {
        "at": "2026-11-02T01:00:05.000+00:00",
        "level": "info",
        "run": "p-1",
        "profile": "main",
        "policy": "nightly",
        "event": "stage.finished",
        "facts": {"stage": "contacts", "rows": 91_699, "seconds": 5.0},
    }
    assert len(heard) == 3
    assert lines[-1]["facts"]["files"] == ["report.html"]


def test_how_far_a_stage_is_is_told_now_and_then(tmp_path, clock) -> None:
    with log_in(tmp_path, clock) as log:
        for second in range(70):
            clock.at = START + timedelta(seconds=second)
            log.listen(StageAdvanced("apply", second))
            log.listen(StageAdvanced("pull", second))
    done = [line["facts"]["done"] for line in lines_of(tmp_path) if line["event"].endswith("ced")]
    assert done == [0, 0, 30, 30, 60, 60]


def test_libraries_and_our_modules_are_heard_while_it_is_open(tmp_path, clock) -> None:
    root, ours = logging.getLogger(), logging.getLogger("dedupe")
    before, level = list(root.handlers), ours.level
    with log_in(tmp_path, clock):
        logging.getLogger("dedupe.crm").info("spool kept")
        logging.getLogger("urllib3").info("chatter")
        logging.getLogger("filelock").warning("slow of %s", "ivan@mail.ru +7 916 000-12-34")
        logging.getLogger("dedupe.x").debug("detail")
        logging.getLogger("dedupe.x").error("bad %d", 3)
    logging.getLogger("filelock").warning("after")
    assert ours.level == level
    told = [line for line in lines_of(tmp_path) if line["event"] == "log"]
    assert [(line["level"], line["facts"]["logger"]) for line in told] == [
        ("info", "dedupe.crm"),
        ("warning", "filelock"),
        ("error", "dedupe.x"),
    ]
    assert told[1]["facts"]["message"] == "slow of *** ***"
    assert root.handlers == before


def test_secrets_and_what_looks_like_a_person_are_hidden(tmp_path, clock) -> None:
    hide("token-that-is-never-shown")
    with log_in(tmp_path, clock) as log:
        log.note("warning", "notice.failed", text="token-that-is-never-shown of ivan@mail.ru")
        log.note("info", "x", text="contact 12345678 of +7 (916) 000-12-34", n=5, share=0.5)
    text = (tmp_path / "logs" / "p-1.jsonl").read_text(encoding="utf-8")
    for secret in ("token-that", "ivan", "916"):
        assert secret not in text
    assert "12345678" in text  # an id is what a reader needs


def test_every_line_is_on_disk_at_once_and_a_torn_one_is_passed_over(tmp_path, clock) -> None:
    log = log_in(tmp_path, clock)
    with log:
        log.note("info", "one")
        assert [line["event"] for line in lines_of(tmp_path)] == ["run.started", "one"]
    with log.path.open("ab") as file:
        file.write(b'{"at": "2026-11-02T01:0')  # killed in the middle
    assert [line.event for line in read_log(tmp_path / "logs", "p-1")] == ["run.started", "one"]
    with log_in(tmp_path, clock) as again:
        again.note("info", "two")
    events = [line.event for line in read_log(tmp_path / "logs", "p-1")]
    assert events == ["run.started", "one", "run.started", "two"]


def test_what_breaks_a_run_off_is_noted(tmp_path, clock) -> None:
    with pytest.raises(ZeroDivisionError), log_in(tmp_path, clock):
        _ = 1 / 0
    last = lines_of(tmp_path)[-1]
    assert (last["level"], last["event"], last["facts"]) == (
        "error",
        "run.broken",
        {"kind": "ZeroDivisionError"},
    )


def test_the_oldest_logs_make_room(tmp_path, clock) -> None:
    folder = tmp_path / "logs"
    for at in range(6):
        clock.at = START + timedelta(days=at)
        with log_in(tmp_path, clock, f"p-{at}", keep=4):
            pass
        os.utime(folder / f"p-{at}.jsonl", (at, at))
    assert sorted(path.name for path in folder.iterdir()) == [
        f"p-{at}.jsonl" for at in (2, 3, 4, 5)
    ]
    (folder / "notes.txt").write_text("not ours")
    with log_in(tmp_path, clock, "p-9", keep=1):
        pass
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "p-9.jsonl"]


def test_logs_that_are_too_large_together_make_room(tmp_path, clock, monkeypatch) -> None:
    monkeypatch.setattr(logs, "ALL_BYTES", 1000)
    folder = tmp_path / "logs"
    folder.mkdir()
    for at in range(3):
        path = folder / f"p-{at}.jsonl"
        path.write_bytes(b"x" * 600)
        os.utime(path, (at, at))
    with log_in(tmp_path, clock, "p-9"):
        pass
    assert sorted(path.name for path in folder.iterdir()) == ["p-2.jsonl", "p-9.jsonl"]


def test_a_log_that_grows_without_end_is_cut_but_for_its_end(tmp_path, clock, monkeypatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    with log_in(tmp_path, clock) as log:
        for _ in range(500):
            log.note("info", "again")
        log.outcome(failed())
    lines = read_log(tmp_path / "logs", "p-1")
    assert [line.event for line in lines[-2:]] == ["log.cut", "outcome"]
    assert len(lines) < 30


def test_a_log_that_can_not_be_written_does_not_end_the_run(tmp_path, clock) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    with log_in(tmp_path, clock) as log:
        log.note("info", "x")
        log.outcome(outcome())
    assert (tmp_path / "logs").read_text() == "a file where the folder should be"


def test_logs_are_the_owners_alone(tmp_path, clock) -> None:
    with log_in(tmp_path, clock) as log:
        pass
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert log.path.parent.stat().st_mode & 0o777 == 0o700


def test_runs_are_listed_the_newest_first_by_what_they_say(tmp_path, clock) -> None:
    for at, profile in ((2, "main"), (0, "main"), (1, "other")):
        clock.at = START + timedelta(days=at)
        with log_in(tmp_path, clock, f"p-{at}", profile=profile):
            pass
    (tmp_path / "logs" / "torn.jsonl").write_bytes(b"{")
    assert [line.run for line in log_runs(tmp_path / "logs")] == ["p-2", "p-1", "p-0"]
    assert [line.run for line in log_runs(tmp_path / "logs", "other")] == ["p-1"]
    assert log_runs(tmp_path / "none") == []


@pytest.mark.parametrize("run_id", ["p-2", "../p-1", "", "a/b", "p-1\0"])
def test_an_unknown_run_is_one_clear_error(tmp_path, clock, run_id) -> None:
    with log_in(tmp_path, clock):
        pass
    with pytest.raises(InputError, match="there is no log of this run"):
        read_log(tmp_path / "logs", run_id)

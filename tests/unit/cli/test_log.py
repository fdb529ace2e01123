"""`crmclean log`: the last run, one run, its level, its JSON; and what the log says in words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from cli.main import run
from dedupe.events import StageAdvanced, StageFinished, StageStarted, Waiting
from dedupe.policy.logs import RunLog
from tests.unit.policy.notify.outcomes import odd, outcome

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path))
    monkeypatch.setenv("LANG", "C")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def logged(state, run_id="p-1", day=0, profile="main", ended=None):
    at = START + timedelta(days=day)
    with RunLog(
        state / "logs", run_id=run_id, profile=profile, policy="nightly", now=lambda: at
    ) as log:
        log.listen(StageStarted("contacts"))
        log.listen(StageAdvanced("contacts", 500))
        log.listen(StageFinished("contacts", 91_699, 12.34))
        log.listen(Waiting("contacts", "limit", 7.0))
        log.note("warning", "notice.failed", text="notify.mail: no answer")
        log.note("info", "strange.event", n=3)
        log.outcome(ended or outcome(day))


def shown(capsys, *words) -> str:
    assert run(["log", *words]) == 0
    return capsys.readouterr().out


def told(capsys, *words) -> dict:
    return json.loads(shown(capsys, *words, "--format", "json"))


def test_nothing_was_logged_yet(state, capsys) -> None:
    assert "No run of a policy was logged yet" in shown(capsys)
    assert told(capsys) == {"schema": "crmclean.log/1", "run": None, "lines": []}


def test_the_last_run_is_shown_line_by_line(state, capsys) -> None:
    logged(state, "p-2", day=1)
    logged(state, "p-1", day=0)
    lines = shown(capsys).splitlines()
    assert lines[0].startswith("Run p-2 of the policy nightly, account main, 2026-11-0")
    text = "\n".join(re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in lines[1:])
    assert text.splitlines() == [
        "the run begins",
        "Reading contacts: begins",
        "Reading contacts: 500 so far",
        "Reading contacts: 91,699 rows, 12.3 s",
        "the CRM's limit of requests: waiting for 7 s",
        "warning: a notice was not delivered: notify.mail: no answer",
        "strange.event: n 3",
        "ended: done, exit code 0, 1,234 requests, 10.0 min",
        "          groups: 5 planned, 3 done, 1 failed, 1 left",
        "          Next: crmclean runs",
    ]


def test_one_run_and_one_profile_can_be_asked_for(state, capsys) -> None:
    logged(state, "p-1", profile="main")
    logged(state, "p-2", day=1, profile="other")
    assert shown(capsys, "p-1").startswith("Run p-1")
    assert shown(capsys, "-p", "main").startswith("Run p-1")
    assert told(capsys, "-p", "none")["run"] is None


def test_the_level_leaves_out_what_is_less(state, capsys) -> None:
    logged(state, ended=odd())
    events = [line["event"] for line in told(capsys, "--level", "warning")["lines"]]
    assert events == ["notice.failed", "outcome"]
    text = shown(capsys, "--level", "error")
    assert "error: ended: stopped, exit code 6" in text
    assert "contacts: 50 records, 100 in the last good scan" in text
    logged(state, "p-2", day=1)
    assert "Nothing of this level." in shown(capsys, "p-2", "--level", "error")


def test_json_has_each_line_whole(state, capsys) -> None:
    logged(state)
    line = told(capsys, "p-1")["lines"][3]
    assert line == {
        "at": "2026-11-02T01:00:00+00:00",
        "level": "info",
        "run": "p-1",
        "profile": "main",
        "policy": "nightly",
        "event": "stage.finished",
        "facts": {"stage": "contacts", "rows": 91_699, "seconds": 12.34},
    }


@pytest.mark.parametrize("run_id", ["p-9", "../p-1"])
def test_an_unknown_run_is_one_line_and_exit_2(state, capsys, run_id) -> None:
    logged(state)
    assert run(["log", run_id]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "there is no log of this run" in error


def test_a_log_of_another_version_is_shown_as_it_is(state, capsys) -> None:
    logged(state)
    path = state / "logs" / "p-1.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    strange = json.loads(lines[3]) | {"facts": {"other": "\x1b[31mred"}, "level": "notice"}
    ended = json.loads(lines[-1]) | {"facts": {"state": "asleep"}}
    path.write_text("\n".join([lines[0], json.dumps(strange), json.dumps(ended)]))
    text = shown(capsys)
    assert "stage.finished: other" in text
    assert "\x1b" not in text
    assert "this version can't read how" in text

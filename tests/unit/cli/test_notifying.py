"""Whom a policy's run tells from the command line: notices, the log, the monitoring's file."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cli.notifying import log_of, notifier_of, tell_monitoring
from cli.options import Session
from dedupe.config import Config, HookTarget, Notify, Policy, Profile
from dedupe.language import use
from dedupe.policy.logs import read_log
from tests.unit.policy.notify.outcomes import failed, outcome
from tests.unit.policy.notify.servers import Web, web_server


@pytest.fixture
def session(tmp_path) -> Session:
    use("en")
    return Session(
        config_path=None, profile="main", state_option=tmp_path / "state", is_json=False,
        quiet=True, verbose=False, no_input=True,
    )  # fmt: skip


def place(tmp_path):
    folder = tmp_path / "account"
    folder.mkdir(mode=0o700, exist_ok=True)
    config = Config(notify={"hook": HookTarget(url="env:HOOK_URL")}, lang="ru")
    profile = Profile(crm="amocrm", url="https://demo.amocrm.ru")
    return SimpleNamespace(config=config, profile=profile, folder=folder)


POLICY = Policy(name="nightly", notify=Notify(when="change", to=("hook",)))


def test_a_notice_is_sent_in_the_configs_language(session, tmp_path, monkeypatch, capsys) -> None:
    with web_server(Web()) as web:
        monkeypatch.setenv("HOOK_URL", web.url)
        assert notifier_of(session, place(tmp_path), POLICY).notify(outcome()) == ()
    assert [each["language"] for each in web.bodies()] == ["ru"]
    assert capsys.readouterr() == ("", "")


def test_what_was_not_delivered_is_a_line_and_in_the_log(
    session, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.delenv("HOOK_URL", raising=False)
    with log_of(session, "main", "nightly", "p-1") as log:
        lines = notifier_of(session, place(tmp_path), POLICY, log).notify(outcome())
    assert len(lines) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("crmclean: main: notify.hook: ")
    assert err.count("\n") == 1
    events = [(line.level, line.event) for line in read_log(session.state() / "logs", "p-1")]
    assert events == [("info", "run.started"), ("warning", "notice.failed")]


def test_monitoring_gets_the_outcome_and_what_waits(session, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("HOOK_URL", raising=False)
    path, here = tmp_path / "crmclean.prom", place(tmp_path)
    with log_of(session, "main", "nightly", "p-1") as log:
        notifier_of(session, here, POLICY, log).notify(failed())
        tell_monitoring(str(path), here, failed(), log)
    text = path.read_text(encoding="utf-8")
    assert 'crmclean_up{profile="main",policy="nightly"} 0\n' in text
    assert 'crmclean_notices_waiting{profile="main",policy="nightly"} 1\n' in text
    assert read_log(session.state() / "logs", "p-1")[-1].event == "outcome"


def test_monitoring_that_fails_is_a_line_and_no_more(session, tmp_path, capsys) -> None:
    path = tmp_path / "other.prom"
    path.write_text("node_load1 1\n", encoding="utf-8")
    with log_of(session, "main", "nightly", "p-1") as log:
        tell_monitoring(str(path), place(tmp_path), outcome(), log)
    assert "is not overwritten" in capsys.readouterr().err
    events = [line.event for line in read_log(session.state() / "logs", "p-1")]
    assert events == ["run.started", "metrics.failed", "outcome"]


def test_a_dry_run_is_not_monitored(session, tmp_path) -> None:
    path = tmp_path / "crmclean.prom"
    with log_of(session, "main", "nightly", "p-1") as log:
        tell_monitoring(str(path), place(tmp_path), outcome(is_dry_run=True), log)
    assert not path.exists()

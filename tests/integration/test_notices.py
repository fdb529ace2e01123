"""A policy's night on a served account, and who hears of it: a hook, the log, the monitoring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dedupe.apply.lock import account_lock
from dedupe.crm.amocrm.writing import AmoSink
from tests.acted import TOKEN, World, tiny
from tests.acted import world as served
from tests.unit.policy.notify.servers import Web, web_server

NIGHTLY = """
[policies.nightly]
repairs = ["split", "drop_repeat"]
max_changes = 1000
max_percent = 100
select = ["CNT", "DUP", "PHN", "EML"]
notify = {{ when = "change", to = ["hook"] }}
prometheus = "{prometheus}"

[notify.hook]
kind = "webhook"
url = "env:NIGHT_HOOK"
"""


@pytest.fixture
def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    monkeypatch.setattr(AmoSink, "settle_s", 0.2)
    with served(tmp_path, monkeypatch, capsys, tiny()) as made:
        with (made.folder / "crmclean.toml").open("a") as file:
            file.write(NIGHTLY.format(prometheus=made.folder / "crmclean.prom"))
        yield made


def samples(world: World) -> dict[str, float]:
    text = (world.folder / "crmclean.prom").read_text(encoding="utf-8")
    families = text_string_to_metric_families(text)
    return {s.name: s.value for family in families for s in family.samples}


def test_a_night_that_nobody_could_be_told_of_is_told_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHT_HOOK", raising=False)
    assert world.crmclean("run", "nightly") == 0, world.err  # a failed notice fails no run
    assert "notify.hook: " in world.err
    assert "env:NIGHT_HOOK" in world.err
    assert samples(world)["crmclean_notices_waiting"] == 1
    events = [line["event"] for line in world.told("log")["lines"]]
    assert events[0] == "run.started"
    assert "stage.finished" in events
    assert events[-2:] == ["notice.failed", "outcome"]

    with web_server(Web()) as web:
        monkeypatch.setenv("NIGHT_HOOK", web.url)
        second = world.told("run", "nightly")
    first_told = web.bodies()[0]
    assert first_told["state"] == "changed"
    assert first_told["changes"]["applied"] > 0
    assert first_told["run_id"] != second["run_id"]
    found = samples(world)
    assert (found["crmclean_up"], found["crmclean_notices_waiting"]) == (1, 0)
    assert found["crmclean_requests_total"] > found["crmclean_last_run_requests"]

    listed = world.told("runs")["policy_runs"]
    assert [each["run_id"] for each in listed] == [second["run_id"], first_told["run_id"]]
    assert world.crmclean("log", first_told["run_id"]) == 0
    assert first_told["run_id"] in world.out
    # Neither a token nor a client's number may be in what lies about.
    for path in (world.folder / "state" / "logs").iterdir():
        text = path.read_text(encoding="utf-8")
        assert TOKEN not in text
        assert "+79" not in text


# --- nights that never begin


def events(world: World) -> list[str]:
    return [line["event"] for line in world.told("log")["lines"]]


def test_a_lock_is_told_when_it_lasts_and_an_overlap_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place.mkdir(parents=True, mode=0o700)
    with web_server(Web()) as web, account_lock(world.place, "r-stuck", host=world.host):
        monkeypatch.setenv("NIGHT_HOOK", web.url)
        young = world.told("run", "nightly")
        assert (world.code, young["reason"]["code"]) == (11, "locked")
        assert web.bodies() == []
        assert samples(world)["crmclean_overlaps_total"] == 1
        assert "crmclean_up" not in samples(world)  # it says nothing of the account

        (holder,) = (world.folder / "state/locks").glob("*.holder.json")
        since = (datetime.now(UTC) - timedelta(hours=30, minutes=5)).isoformat()
        holder.write_text(json.dumps(json.loads(holder.read_text()) | {"since": since}))
        old = world.told("run", "nightly")
        assert (world.code, old["reason"]) == (11, {"code": "locked_long", "facts": {"hours": 30}})
        assert world.crmclean("run", "nightly", "-q") == 11  # the same trouble: no second notice
        assert "30 h" in world.out
    (told,) = web.bodies()
    assert (told["state"], told["exit_code"]) == ("stopped", 11)
    assert "r-stuck" in told["error"]
    assert (samples(world)["crmclean_up"], samples(world)["crmclean_failures_total"]) == (0, 2)
    assert events(world) == ["run.started", "outcome"]
    assert world.writes() == []


def test_an_account_whose_folder_is_unusable_is_told_of_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place.parent.mkdir(parents=True, mode=0o700)
    world.place.write_text("a file in the folder's place")
    with web_server(Web()) as web:
        monkeypatch.setenv("NIGHT_HOOK", web.url)
        for words in (("run", "nightly"), ("run", "nightly", "--all-profiles")):
            assert world.crmclean(*words) == 9
            assert world.err.count("\n") == 1
    assert [(each["exit_code"], each["state"]) for each in web.bodies()] == [(9, "failed")] * 2
    assert samples(world)["crmclean_failures_total"] == 2
    assert events(world) == ["run.started", "outcome"]


@pytest.mark.parametrize("state", ["/", "{repository}"])
def test_a_state_folder_that_is_a_slip_is_told_and_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    repository = world.folder / "code"
    (repository / ".git").mkdir(parents=True)
    monkeypatch.setenv("CRMCLEAN_STATE", state.format(repository=repository))
    with web_server(Web()) as web:
        monkeypatch.setenv("NIGHT_HOOK", web.url)
        document = world.told("run", "nightly")
    assert (world.code, document["exit_code"], document["state"]) == (2, 2, "failed")
    assert [each["exit_code"] for each in web.bodies()] == [2]
    assert samples(world)["crmclean_up"] == 0
    assert [path.name for path in repository.iterdir()] == [".git"]


def test_a_profile_that_is_no_account_of_ours_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.folder / "crmclean.toml"
    path.write_text(path.read_text().replace('crm = "amocrm"', 'crm = "retailcrm"'))
    with web_server(Web()) as web:
        monkeypatch.setenv("NIGHT_HOOK", web.url)
        assert world.crmclean("run", "nightly") == 2
        assert world.crmclean("run", "nightly", "--dry-run") == 2  # tells nobody
        assert world.crmclean("run", "nightly", "-p", "nobody") == 2  # whom, nobody knows
    assert [each["exit_code"] for each in web.bodies()] == [2]

"""A policy's night on a served account, and who hears of it: a hook, the log, the monitoring."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dedupe.crm.amocrm.writing import AmoSink
from tests.acted import TOKEN, World, acted
from tests.unit.policy.notify.servers import Web, web_server

__all__ = ["acted"]

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
def world(acted: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(AmoSink, "settle_s", 0.2)
    with (acted.folder / "crmclean.toml").open("a") as file:
        file.write(NIGHTLY.format(prometheus=acted.folder / "crmclean.prom"))
    return acted


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

"""`crmclean apply`: what is said before, what is sent, what is refused, and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import sys

import pytest

from cli.options import Session
from dedupe.apply.journal import FILE_NAME
from dedupe.apply.lock import account_lock
from dedupe.events import StageAdvanced
from dedupe.sandbox.demo import build_demo
from tests.acted import ALLOW, World, acted, planned, pulled

__all__ = ["acted"]


@pytest.fixture
def terminal(monkeypatch):
    """Sit at a terminal and type."""

    def type_in(text: str) -> None:
        monkeypatch.setattr("cli.approval._is_terminal", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def personal_values() -> list[str]:
    raws = pulled().frame("channels")["raw"].drop_nulls().to_list()
    return [raw for raw in raws if len(raw) > 9]


def check_nothing_sent(acted: World) -> None:
    assert acted.writes() == []
    assert not (acted.place / FILE_NAME).exists()


def test_without_any_plan_the_command_that_makes_one_is_named(acted) -> None:
    assert acted.crmclean("apply") == 2
    assert "crmclean plan -p main" in acted.err


def test_a_rehearsal_asks_the_crm_nothing_and_leaves_no_journal(acted) -> None:
    path = acted.put_plan()
    before = acted.box.requests["n"]
    assert acted.crmclean("apply", "--dry-run") == 0
    assert f"The last plan: {path}" in acted.err
    assert "Rehearsed on a copy" in acted.out
    assert "Nothing was lost on the copy" in acted.out
    assert "notes (an undo empties them)" in acted.out
    hooks = build_demo(scale=0.001).account.frame("webhooks")  # as many at every scale
    assert f"{hooks['is_disabled'].not_().sum()} webhooks are on" in acted.out
    assert f"Next: crmclean apply {path}" in acted.out
    assert not any(raw in acted.out for raw in personal_values())
    assert acted.crmclean("apply", path, "--dry-run", "--detailed-exitcode") == 5
    assert acted.box.requests["n"] == before, "not even a read"
    assert sorted(each.name for each in acted.place.iterdir()) == ["snapshot"]


def test_a_rehearsal_as_json_names_every_request(acted) -> None:
    acted.put_plan("split")
    told = acted.told("apply", "--dry-run")
    assert told["schema"] == "crmclean.apply/1"
    assert (told["dry_run"], told["sent"], told["problems"]) == (True, 0, [])
    assert told["calls"] == told["reads"] + len(told["requests"])
    assert {each["path"] for each in told["requests"]} == {
        "/api/v4/contacts",
        "/api/v4/companies",
    }


def test_a_rehearsal_that_loses_something_is_a_safety_stop(acted, monkeypatch) -> None:
    path = acted.put_plan("split")
    monkeypatch.setattr("dedupe.apply.rehearse.broken", lambda *_: ["g-000001: contact 1: 1"])
    assert acted.crmclean("apply", path, "--dry-run") == 6
    assert "g-000001: contact 1: 1" in acted.out
    assert "don't apply this plan" in acted.err
    assert "Next: crmclean apply" not in acted.out


def test_a_rehearsal_without_a_snapshot_names_the_pull(acted) -> None:
    import shutil

    path = acted.put_plan("split")
    shutil.rmtree(acted.place / "snapshot")
    assert acted.crmclean("apply", path, "--dry-run") == 2
    assert "crmclean pull" in acted.err


def test_without_a_terminal_nothing_is_sent_without_yes(acted) -> None:
    path = acted.put_plan("merge")
    assert acted.crmclean("apply", path) == 6
    assert f"crmclean apply {path} --yes" in acted.err
    check_nothing_sent(acted)
    assert acted.crmclean("apply", path, "--only", "merge", "--no-input") == 6
    assert f"crmclean apply {path} --only merge --yes" in acted.err


def test_a_plan_is_applied_once(acted) -> None:
    path = acted.put_plan()
    told = acted.told("apply", path, *ALLOW)
    plan = planned()
    assert acted.code == 0
    assert told["groups"] == {"done": len(plan.groups)}
    assert told["confirmed"] + told["unchanged"] == len(plan.ops)
    assert told["sent"] == len(acted.writes()) > 0
    assert (told["skipped"], told["failed"], told["ambiguous"]) == (0, 0, 0)
    again = acted.told("apply", path, *ALLOW)
    assert acted.code == 0
    assert (again["sent"], again["run_id"]) == (0, told["run_id"])
    assert len(acted.writes()) == told["sent"]
    assert "applied before" in acted.err


def test_what_is_about_to_be_done_is_said_before(acted, terminal) -> None:
    path = acted.put_plan("merge")
    terminal("n\n")
    assert acted.crmclean("apply", path) == 6
    for told in ("merges", "operations on", "API calls", "Made ", "An undo can't take away"):
        assert told in acted.err
    assert "not approved; nothing was sent" in acted.err
    check_nothing_sent(acted)
    terminal("y\n")
    assert acted.crmclean("apply", path) == 0
    assert "Next: crmclean verify r-" in acted.out


def test_a_large_run_wants_its_number_typed(acted, terminal, monkeypatch) -> None:
    monkeypatch.setattr("cli.approval.PLAIN_YES", 3)
    path = acted.put_plan("split")
    n = len(planned(("split",)).touched)
    terminal("y\n")
    assert acted.crmclean("apply", path, "--max-fraction", "1") == 6
    check_nothing_sent(acted)
    terminal(f"{n}\n")
    assert acted.crmclean("apply", path, "--max-fraction", "1") == 0


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (("--max-changes", "0"), "the limit is 0"),
        (("--max-changes", "5"), "the limit is 5"),
        (("--max-fraction", "0.001"), "the limit is 0.1%"),
    ],
)
def test_a_limit_stops_before_anything_is_sent(acted, limit, told) -> None:
    acted.put_plan("split")
    assert acted.crmclean("apply", "--yes", *limit) == 6
    assert told in acted.err
    check_nothing_sent(acted)


def test_a_task_can_t_be_taken_back_and_wants_the_plans_hash(acted) -> None:
    path = acted.put_plan("task")
    assert acted.crmclean("apply", path, *ALLOW) == 6
    command = acted.err.rpartition("then run: ")[2].split()
    assert command[-2] == "--plan-hash"
    check_nothing_sent(acted)
    assert acted.crmclean("apply", path, "--plan-hash", "0" * 64) == 12
    assert acted.crmclean("apply", path, "--plan-hash", command[-1], "--max-fraction", "1") == 0
    assert acted.crmclean("apply", path, "--plan-hash", command[-1]) == 0


def test_only_a_part_of_the_plan(acted) -> None:
    path = acted.put_plan()
    told = acted.told("apply", path, "--only", "g-000001,PHN202", *ALLOW)
    codes = [group.code for group in planned().groups]
    assert told["groups"] == {"done": 1 + sum(code == "PHN202" for code in codes)}
    assert acted.crmclean("apply", path, "--only", "g-999999") == 2
    assert acted.crmclean("apply", path, "--only", "nonsense") == 2
    # What was done is found done: nothing of it is sent again with the whole plan.
    whole = acted.told("apply", path, *ALLOW)
    assert whole["groups"].get("done", 0) + whole["groups"].get("stale", 0) == len(codes)
    marks = [path for method, path in acted.writes() if path.endswith("/notes")]
    assert len(marks) == len(set(marks)), "no note twice"


@pytest.mark.parametrize(
    ("header", "code", "told"),
    [
        ({"account_host": "other.amocrm.ru"}, 2, "other.amocrm.ru"),
        ({"account_id": "77"}, 2, "(77)"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 12, "expired"),
    ],
)
def test_a_plan_of_another_account_or_day_is_refused(acted, header, code, told) -> None:
    path = acted.put_plan("split", **header)
    assert acted.crmclean("apply", path, "--yes") == code
    assert told in acted.err
    check_nothing_sent(acted)


def test_an_altered_or_missing_plan_is_refused(acted) -> None:
    path = acted.put_plan("split")
    path.write_bytes(path.read_bytes().replace(b"split", b"spljt", 1))
    assert acted.crmclean("apply", path, "--yes") == 2
    assert acted.crmclean("apply", "absent.jsonl", "--yes") == 2
    assert acted.crmclean("apply", "p-00000000", "--yes") == 2
    check_nothing_sent(acted)


def test_a_plan_without_groups_is_nothing_to_do(acted) -> None:
    path = acted.put_plan("tag")
    assert acted.crmclean("apply", path, "--yes") == 0
    assert "nothing to do" in acted.out
    assert acted.told("apply", path, "--yes")["run_id"] is None
    assert acted.crmclean("apply", path, "--dry-run", "--detailed-exitcode") == 0
    check_nothing_sent(acted)


def test_a_stop_file_holds_the_account(acted) -> None:
    path = acted.put_plan("split")
    (acted.place / "STOP").touch()
    assert acted.crmclean("apply", path, *ALLOW) == 6
    assert "STOP" in acted.err
    check_nothing_sent(acted)


def test_another_run_on_the_account_is_waited_for_by_nobody(acted) -> None:
    path = acted.put_plan("split")
    with account_lock(acted.place, "r-other"):
        assert acted.crmclean("apply", path, *ALLOW) == 11
    assert "r-other" in acted.err
    assert acted.writes() == []


def test_a_refused_token_and_a_crm_that_is_gone(acted, monkeypatch) -> None:
    path = acted.put_plan("split")
    monkeypatch.setenv("BOX_TOKEN", "another-token")
    assert acted.crmclean("apply", path, *ALLOW) == 7
    check_nothing_sent(acted)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_at_the_next_boundary(acted, monkeypatch, number, code) -> None:
    path = acted.put_plan("merge")
    n_groups = len(planned(("merge",)).groups)

    def listener(session: Session) -> object:
        def hear(event: object) -> None:
            if isinstance(event, StageAdvanced) and event.stage == "apply" and event.done == 1:
                os.kill(os.getpid(), number)

        return hear

    monkeypatch.setattr(Session, "progress", listener)
    told = acted.told("apply", path, *ALLOW)
    assert acted.code == code
    assert "go on with: crmclean resume" in acted.err
    assert (told["groups"], told["state"]) == ({"done": 1, "planned": n_groups - 1}, "stopped")


def test_a_colleagues_edit_leaves_its_group_alone(acted) -> None:
    path = acted.put_plan("split")
    group = planned(("split",)).groups[1]
    ref = group.members[0]
    kind = {"contact": "contacts", "company": "companies"}[ref.entity]
    card = acted.box.state.get(kind, int(ref.id))
    for field in card["custom_fields_values"]:
        field["values"] = [{**field["values"][0], "value": "+7 000 000-00-01"}]
    acted.box.change(do="put", kind=kind, record=card)
    told = acted.told("apply", path, *ALLOW)
    assert acted.code == 3
    assert told["groups"] == {"done": len(planned(("split",)).groups) - 1, "stale": 1}
    listed = acted.told("runs", told["run_id"])
    assert [each["group"] for each in listed["groups"]] == [group.id]
    assert acted.crmclean("runs", told["run_id"]) == 0
    assert "changed since the plan" in acted.out
    assert json.dumps(acted.box.state.get(kind, int(ref.id))["custom_fields_values"]) == json.dumps(
        card["custom_fields_values"]
    )

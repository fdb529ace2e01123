"""`crmclean undo`: what comes back, what is said before, what is left to people."""

from __future__ import annotations

import io
import sys

from tests.acted import ALLOW, acted, read_account

__all__ = ["acted"]
RESTORED = ("contacts", "companies", "deals", "channels", "field_values", "record_tags", "links",
            "tasks")  # fmt: skip


def state_of(acted) -> dict[str, object]:
    account = read_account(acted.box)
    out = {}
    for name in RESTORED:
        frame = account.frame(name)
        frame = frame.drop([name for name in ("updated_at",) if name in frame.columns])
        out[name] = sorted(frame.rows(), key=repr)
    return out


def test_all_of_a_run_comes_back(acted) -> None:
    before = state_of(acted)
    run_id = acted.told("apply", acted.put_plan(), *ALLOW)["run_id"]
    assert state_of(acted) != before
    n_writes = len(acted.writes())
    assert acted.crmclean("undo", run_id, "--dry-run") == 0
    assert "notes are emptied, not removed" in acted.out
    assert f"Next: crmclean undo {run_id}" in acted.out
    told = acted.told("undo", run_id, "--dry-run")
    assert (told["dry_run"], told["sent"], told["not_undone"]) == (True, 0, 0)
    assert acted.crmclean("undo", run_id) == 6
    assert f"crmclean undo {run_id} --yes" in acted.err
    assert len(acted.writes()) == n_writes
    undone = acted.told("undo", run_id, "--yes")
    assert acted.code == 0
    assert undone["sent"] > 0
    assert state_of(acted) == before
    again = acted.told("undo", run_id, "--yes")
    assert (acted.code, again["sent"], again["run_id"]) == (0, 0, undone["run_id"])
    assert acted.crmclean("undo", undone["run_id"], "--yes") == 2


def test_one_group_comes_back_and_the_others_stay(acted, monkeypatch) -> None:
    run_id = acted.told("apply", acted.put_plan(), *ALLOW)["run_id"]
    assert acted.crmclean("undo", run_id, "--group", "g-424242", "--yes") == 2
    monkeypatch.setattr("cli.approval._is_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    n_writes = len(acted.writes())
    assert acted.crmclean("undo", run_id, "--group", "g-000005") == 6
    assert len(acted.writes()) == n_writes
    told = acted.told("undo", run_id, "--group", "g-000005", "--yes")
    assert told["groups"] == {"done": 1}
    assert len(acted.writes()) == n_writes + 1


def test_a_run_that_is_not_known(acted) -> None:
    assert acted.crmclean("undo", "r-unknown", "--yes") == 2
    acted.crmclean("apply", acted.put_plan("merge"), *ALLOW)
    assert acted.crmclean("undo", "r-unknown", "--yes") == 2
    assert "crmclean runs" in acted.err


def test_tasks_that_were_made_stay_and_that_is_said(acted) -> None:
    path = acted.put_plan("task")
    assert acted.crmclean("apply", path, *ALLOW) == 6
    hash_ = acted.err.split()[-1]
    told = acted.told("apply", path, "--plan-hash", hash_, "--max-fraction", "1")
    assert acted.crmclean("undo", told["run_id"], "--yes") == 0
    assert "nothing that can be taken back" in acted.out
    assert f"{told['confirmed']} operations stay" in acted.out

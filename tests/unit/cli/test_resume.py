"""`crmclean resume`: goes on with what was cut off, and asks the CRM what became of it."""

from __future__ import annotations

import pytest

from dedupe.apply.executor import Executor
from dedupe.crm.amocrm.writing import AmoSink
from dedupe.sandbox import Action, Fault
from tests.acted import ALLOW, acted, planned

__all__ = ["acted"]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch) -> None:
    monkeypatch.setattr(AmoSink, "settle_s", 0.0)
    monkeypatch.setattr("dedupe.apply.executor._LOOKS_S", (0.0, 0.0, 0.0))


def test_there_is_nothing_to_go_on_with(acted) -> None:
    assert acted.crmclean("resume") == 0
    assert "nothing to go on with" in acted.out
    assert acted.told("resume")["run_id"] is None
    assert acted.box.requests["n"] == 0


class Cut(BaseException):
    """The process ends here."""


def test_a_run_that_was_cut_off_is_finished_once(acted, monkeypatch) -> None:
    path = acted.put_plan()
    n_sent = 0
    settle = Executor._settle

    def cut(self: Executor, ops: object, result: object) -> None:
        nonlocal n_sent
        n_sent += 1
        if n_sent == 4:
            raise Cut
        settle(self, ops, result)

    with monkeypatch.context() as patched:
        patched.setattr(Executor, "_settle", cut)
        with pytest.raises(Cut):
            acted.crmclean("apply", path, *ALLOW)
    assert len(acted.writes()) == 4
    assert acted.crmclean("apply", acted.put_plan("split", name="other.jsonl"), *ALLOW) == 8
    assert "crmclean resume" in acted.err
    told = acted.told("resume")
    assert acted.code == 0
    assert told["groups"] == {"done": len(planned().groups)}
    notes = [path for _, path in acted.writes() if path.endswith("/notes")]
    assert len(notes) == len(set(notes)), "no note was left twice"
    assert acted.crmclean("resume") == 0
    assert "nothing to go on with" in acted.out


def test_a_lost_answer_is_looked_up_and_not_sent_again(acted) -> None:
    path = acted.put_plan("merge")
    acted.box.set_faults([Fault(path="/notes", method="POST", action=Action.DROP_AFTER, times=1)])
    told = acted.told("apply", path, *ALLOW)
    assert acted.code == 0
    assert told["groups"] == {"done": len(planned(("merge",)).groups)}
    notes = [path for _, path in acted.writes() if path.endswith("/notes")]
    assert len(notes) == len(set(notes))

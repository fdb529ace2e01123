"""TSK201, TSK202: tasks whose time is over, and deals that only such tasks hold."""

from __future__ import annotations

from tests.unit.audit.structure.small import ago, checked, facts_of, found, metric


def task(id_: str, days: float | None, deal: str = "1", **more: object) -> dict:
    due = None if days is None else ago(days)
    return {"id": id_, "entity": "deal", "record_id": deal, "due_at": due, **more}


def test_a_task_is_overdue_after_the_hours_of_the_settings() -> None:
    tasks = [
        task("day", 1),
        task("more", 1.01, owner_id="5"),
        task("done", 9, is_completed=True),
        task("no date", None, owner_id="5"),
        task("future", -3),
        task("on a deleted deal", 9, deal="2"),
        task("on nothing", 9, deal="gone"),
    ]
    tables = {"tasks": tasks, "deals": [{"id": "1"}, {"id": "2", "is_deleted": True}]}
    facts = facts_of(**tables, users=[{"id": "5", "name": "Анна"}])
    assert found("TSK201", facts) == ["more", "on nothing"]
    assert checked("TSK201", facts)[0].base == 5
    rows = metric("TSK201", facts, "overdue_by_owner", "owner_id", "n_tasks", "n_late", "oldest")
    assert rows == [(None, 3, 1, ago(9)), ("Анна", 2, 1, ago(1.01))]
    assert found("TSK201", facts_of(options={"TSK201": {"hours": 200}}, **tables)) == ["on nothing"]


def test_a_deal_is_abandoned_when_even_its_last_task_is_old() -> None:
    deals = [{"id": i, "state": "won" if i == "5" else "open"} for i in "123456"]
    tasks = [
        task("a", 31, "1"),
        task("b", 40, "1"),
        task("c", 31, "2"),
        task("d", 2, "2"),
        task("e", 30, "3"),
        task("f", None, "4"),
        task("g", 90, "4"),
        task("h", 90, "5"),
    ]
    facts = facts_of(deals=deals, tasks=tasks)
    assert found("TSK202", facts, "record_id", "value") == [("1", "2020-05-10")]
    assert checked("TSK202", facts)[0].base == 4

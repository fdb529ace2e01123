"""OWN101: whose records nobody works on."""

from __future__ import annotations

from tests.unit.audit.team.accounts import cells, facts_of, found, outcome

USERS = [{"id": "1", "name": "Анна"}, {"id": "2", "name": "Лев", "is_active": False}]
CONTACTS = [
    {"id": "c1", "owner_id": "1"},
    {"id": "c2", "owner_id": "2"},
    {"id": "c3", "owner_id": "9"},
    {"id": "c4"},
    {"id": "c5", "owner_id": "0"},
    {"id": "c6", "is_deleted": True},
]
DEALS = [
    {"id": "d1", "state": "open", "owner_id": "2", "price": 100.0},
    {"id": "d2", "state": "open", "owner_id": "2", "price": None},
    {"id": "d3", "state": "open", "owner_id": "1", "price": 7.0},
    {"id": "d4", "state": "lost", "owner_id": "2", "price": 9.0},
]
TASKS = [{"id": "t1", "owner_id": "2"}, {"id": "t2", "owner_id": "2", "is_completed": True}]


def test_an_owner_is_missing_unknown_or_inactive() -> None:
    result = outcome("OWN101", facts_of(users=USERS, contacts=CONTACTS))
    assert result.findings.select("record_id", "group", "value").rows() == [
        ("c2", "inactive", "2"),
        ("c3", "unknown", "9"),
        ("c4", "missing", None),
        ("c5", "missing", None),
    ]
    assert (result.found, result.base) == (4, 5)


def test_deals_and_tasks_count_while_they_are_open() -> None:
    facts = facts_of(users=USERS, deals=DEALS, tasks=TASKS)
    assert (found("OWN101", facts, "deal"), outcome("OWN101", facts, "deal").base) == (
        ["d1", "d2"],
        3,
    )
    assert (found("OWN101", facts, "task"), outcome("OWN101", facts, "task").base) == (["t1"], 1)


def test_a_list_of_no_users_makes_no_owner_unknown() -> None:
    assert found("OWN101", facts_of(users=[], contacts=CONTACTS)) == ["c4", "c5"]


def test_former_owners_are_told_once_with_what_they_left() -> None:
    facts = facts_of(users=USERS, contacts=CONTACTS, deals=DEALS, tasks=TASKS)
    rows = cells("OWN101", facts, "owner_id", "name", "fault", "contacts", "companies", "deals",
                 "tasks", "money")  # fmt: skip
    assert rows == [
        ("2", "Лев", "switched off", 1, None, 2, 1, 100.0),
        (None, None, "nobody", 2, None, 0, 0, 0.0),
        ("9", None, "not among the users", 1, None, 0, 0, 0.0),
    ]
    assert outcome("OWN101", facts, "deal").metrics == ()
    assert len(outcome("OWN101", facts_of(users=USERS, deals=DEALS), "deal").metrics) == 1

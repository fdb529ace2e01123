"""USR001, USR002, USR102: what an action is, and who works."""

from __future__ import annotations

from tests.unit.audit.team.accounts import NOW, ago, call, cells, facts_of, found, note, outcome

USERS = [
    {"id": "1", "name": "Анна", "group_id": "5", "role_id": "8", "is_admin": True},
    {"id": "2", "name": "Пётр", "is_active": None, "is_admin": None},
    {"id": "3", "name": "Яна", "is_active": False},
]


def test_users_are_listed_with_what_they_did_and_own() -> None:
    contact = {"id": "c1", "owner_id": "1", "created_by": "1", "created_at": ago(40)}
    facts = facts_of(
        users=USERS,
        user_groups=[{"id": "5", "name": "Опт"}],
        roles=[{"id": "8", "name": "Менеджер"}],
        contacts=[contact, contact | {"id": "c2", "is_deleted": True, "created_at": ago(1)}],
        deals=[{"id": "d1", "state": "open", "owner_id": "2"}, {"id": "d2", "state": "won"}],
        tasks=[
            {"id": "t1", "owner_id": "2", "created_by": "1", "created_at": ago(5)},
            {"id": "t2", "owner_id": "2", "is_completed": True},
        ],
        notes=[note("n1", "1", 5), note("n2", "0", 1), note("n3", None, 1)],
        events=[{"id": "e", "created_by": "2", "created_at": NOW}],
    )
    rows = cells("USR001", facts, "id", "group", "role", "last", "n_30", "n_90", "cards",
                 "open_deals", "open_tasks")  # fmt: skip
    # The task and the note of one second are one action; a deleted card is none.
    assert rows == [
        ("1", "Опт", "Менеджер", ago(5), 1, 2, 1, 0, 0),
        ("2", None, None, NOW, 1, 1, 0, 1, 1),
        ("3", None, None, None, 0, 0, 0, 0, 0),
    ]
    assert (outcome("USR001", facts).found, outcome("USR001", facts).base) == (3, 3)


def test_what_was_not_read_is_empty_and_not_zero() -> None:
    facts = facts_of(users=USERS, not_read=["notes"])
    rows = cells("USR001", facts, "last", "n_30", "cards", "open_deals", "open_tasks")
    assert set(rows) == {(None, None, None, None, None)}


def test_idle_is_an_active_user_without_an_action_within_the_days() -> None:
    users = [{"id": i} for i in ("1", "2", "3", "4")] + [{"id": "5", "is_active": False}]
    facts = facts_of(
        users=users,
        notes=[note("a", "1", 30), note("b", "2", 30.01)],
        contacts=[{"id": "c", "created_by": "4", "created_at": ago(2)}],
    )
    assert found("USR002", facts) == ["2", "3"]
    assert outcome("USR002", facts).base == 4
    values = outcome("USR002", facts).findings["value"].to_list()
    assert values == ["2020-05-11", None]


def test_the_days_of_idleness_are_an_option() -> None:
    notes = [note("a", "1", 9), note("b", "2", 11)]
    facts = facts_of(users=USERS, notes=notes, options={"USR002": {"days": 10}})
    assert found("USR002", facts) == ["2"]


ADMIN = {"id": "1", "name": "Робот", "is_admin": True}
EMPTY: dict[str, list] = {"deals": [], "tasks": [], "notes": []}


def test_an_administrator_without_daily_work_is_technical() -> None:
    work = {
        "deals": [{"id": "d", "state": "won", "owner_id": "1"}],
        "tasks": [{"id": "t", "owner_id": "1", "is_completed": True}],
    }
    bot = note("s", "1", 1, "service_message", "Bot")
    facts = facts_of(users=[ADMIN], notes=[call("n", "1", 1), bot, note("o", "1", 91)], **work)
    assert found("USR102", facts) == []
    assert cells("USR102", facts, "id") == [("1",)]


def test_daily_work_makes_an_administrator_no_technical_user() -> None:
    for busy in (
        {"deals": [{"id": "d", "state": "open", "owner_id": "1"}]},
        {"tasks": [{"id": "t", "owner_id": "1"}]},
        {"notes": [note("n", "1", 89)]},
        {"notes": [call("n", "1", 89, source=None)]},
    ):
        facts = facts_of(users=[ADMIN, {"id": "2"}], **(EMPTY | busy))
        assert found("USR102", facts) == ["77"]
        assert outcome("USR102", facts).base == 1


def test_an_account_without_a_list_of_users_lacks_no_technical_one() -> None:
    assert found("USR102", facts_of(users=[], **EMPTY)) == []

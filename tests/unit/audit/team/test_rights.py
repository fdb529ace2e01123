"""USR104, USR105, USR106: roles, export, mail."""

from __future__ import annotations

import pytest

from tests.unit.audit.team.accounts import cells, facts_of, found, outcome

USERS = [
    {"id": "1", "name": "Анна", "is_admin": True},
    {"id": "2", "name": "Пётр", "role_id": "8", "group_id": "0"},
    {"id": "3", "name": "Яна"},
    {"id": "4", "name": "Олег", "role_id": " "},
    {"id": "5", "name": "Лев", "is_active": False},
]


def test_a_role_is_missing_of_active_users_who_are_no_administrators() -> None:
    facts = facts_of(
        users=USERS,
        roles=[{"id": "8", "name": "Менеджер"}],
        user_groups=[{"id": "0", "name": "Отдел"}],
    )
    assert found("USR104", facts) == ["3", "4"]
    assert outcome("USR104", facts).base == 3
    assert cells("USR104", facts, "group", "role", "n") == [
        ("Отдел", "Менеджер", 1),
        (None, None, 2),
    ]


def right(user: str | None, entity: str, action: str, scope: str | None) -> dict[str, str | None]:
    return {"user_id": user, "entity": entity, "action": action, "scope": scope}


@pytest.mark.parametrize(
    ("entity", "action", "scope", "is_found"),
    [
        ("deal", "export", "all", True),
        ("contact", "export", "own", True),
        ("company", "export", "X", True),  # a scope that nobody documents is no refusal
        ("deal", "export", "denied", False),
        ("deal", "export", None, False),
        ("deal", "export", "", False),
        ("task", "export", "all", False),
        ("deal", "view", "all", False),
    ],
)
def test_who_may_export_cards_or_deals_is_found(entity, action, scope, is_found) -> None:
    rights = [right(user, entity, action, scope) for user in ("1", "3", "5", None)]
    facts = facts_of(users=USERS, user_rights=rights)
    assert found("USR105", facts) == (["3"] if is_found else [])
    assert outcome("USR105", facts).base == 3


def test_rights_are_a_matrix_of_words() -> None:
    rights = [
        right("2", "task", "edit", "own"),
        right("2", "deal", "view", "group"),
        right("2", "deal", "export", "X"),
        right("2", "mail", "access", "all"),
        right("1", "deal", "view", "all"),
    ]
    facts = facts_of(users=USERS, user_rights=rights)
    assert cells("USR105", facts, "id", "entity", "view", "edit", "export") == [
        ("2", "deals", "of the group", None, "X"),
        ("2", "tasks", None, "own only", None),
    ]
    assert outcome("USR105", facts).findings["value"].to_list() == ["deal: X"]


def test_access_to_mail_is_counted_of_those_of_whom_it_is_told() -> None:
    rights = [
        right("1", "mail", "access", "all"),
        right("2", "mail", "access", "denied"),
        right("5", "mail", "access", "all"),
        right("3", "deal", "view", "all"),
    ]
    facts = facts_of(users=USERS, user_rights=rights)
    result = outcome("USR106", facts)
    assert (found("USR106", facts), result.base) == (["1"], 2)
    quality = result.metrics[0].quality
    assert quality is not None
    assert (quality.usable, quality.base) == (2, 4)

"""USR201, USR202: private mailboxes, shared accounts."""

from __future__ import annotations

import pytest

from tests.unit.audit.team.accounts import cells, facts_of, found, outcome


@pytest.mark.parametrize(
    ("email", "is_free"),
    [
        ("a@mail.ru", True),
        (" A@Gmail.COM ", True),
        ("a@yandex.com.tr", True),
        ("a@outlook.de", True),
        ("a@yandex-team.ru", False),
        ("a@gmail.com.firm.ru", False),
        ("a@firm.ru", False),
        ("mail.ru", False),
        ("", False),
        (None, False),
    ],
)
def test_a_free_mailbox_is_one_that_anybody_may_have(email, is_free) -> None:
    facts = facts_of(users=[{"id": "1", "email": email}])
    assert found("USR201", facts) == (["1"] if is_free else [])


def test_free_mailboxes_are_of_active_users_and_counted_by_service() -> None:
    users = [
        {"id": "1", "email": "a@mail.ru"},
        {"id": "2", "email": "b@mail.ru"},
        {"id": "3", "email": "c@ya.ru"},
        {"id": "4", "email": "d@ya.ru", "is_active": False},
    ]
    facts = facts_of(users=users)
    assert (found("USR201", facts), outcome("USR201", facts).base) == (["1", "2", "3"], 3)
    assert cells("USR201", facts, "domain", "n") == [("mail.ru", 2), ("ya.ru", 1)]


def test_doubled_accounts_say_what_they_share() -> None:
    users = [
        {"id": "1", "name": "Пётр Семёнов", "email": "p@firm.ru"},
        {"id": "2", "name": "семенов  пётр", "email": "s@firm.ru"},
        {"id": "3", "name": "Яна", "email": "P@firm.ru "},
        {"id": "4", "name": "Олег", "email": " "},
        {"id": "5", "name": "Олег", "email": "o@firm.ru", "is_active": False},
        {"id": "6", "name": "?", "email": "six@firm.ru"},
        {"id": "7", "name": "!", "email": "seven@firm.ru"},
    ]
    result = outcome("USR202", facts_of(users=users))
    assert result.findings.select("record_id", "group").sort("record_id", "group").rows() == [
        ("1", "same_name"),
        ("1", "shared_email"),
        ("2", "same_name"),
        ("3", "shared_email"),
        ("4", "no_email"),
    ]
    assert (result.found, result.base) == (4, 6)

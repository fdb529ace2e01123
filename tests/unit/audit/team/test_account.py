"""ACC001: the account's passport."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.audit.team.accounts import ago, cells, facts_of, outcome


def test_the_passport_tells_the_account_and_its_size() -> None:
    facts = facts_of(
        contacts=[
            {"id": "1", "created_at": ago(100)},
            {"id": "2", "created_at": ago(200), "is_deleted": True},
        ],
        users=[{"id": "1", "is_admin": True}, {"id": "2", "is_active": False}, {"id": "3"}],
        tasks=[],
        settings={"name": "Кровля", "timezone": "Asia/Tokyo", "currency": "RUB"},
    )
    told = dict(cells("ACC001", facts, "fact", "value"))
    assert (told["name of the account"], told["number of the account"], told["country"]) == (
        "Кровля",
        "77",
        None,
    )
    assert (told["data to"], told["oldest record"]) == ("2020-06-10 21:00", "2020-03-02 21:00")
    sizes = dict(cells("ACC001", facts, "what", "n", at=1))
    assert (sizes["contacts"], sizes["companies"], sizes["tasks"]) == (1, None, 0)
    assert (
        sizes["users"],
        sizes["users who are active"],
        sizes["administrators who are active"],
    ) == (3, 2, 1)
    assert outcome("ACC001", facts).found == 1


def test_files_are_of_no_crm_that_is_known() -> None:
    facts = facts_of(contacts=[{"id": "1"}])
    files = replace(facts, account=replace(facts.account, crm="tables"))
    assert dict(cells("ACC001", files, "fact", "value"))["CRM"] is None

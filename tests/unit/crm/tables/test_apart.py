"""Two accounts' ids told apart: only those that both have change, and only in the second."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.crm.tables.apart import tell_apart


def account(**tables: dict[str, list[object]]) -> Account:
    return Account(
        tables={k: SNAPSHOT_TABLES[k].conform(pl.DataFrame(t)).lazy() for k, t in tables.items()}
    )


def test_ids_that_both_have_get_the_label() -> None:
    first = account(contacts={"id": ["1", "2"]}, companies={"id": ["3"]})
    second = account(
        contacts={"id": ["2", "3"]},
        companies={"id": ["3", "4"]},
        channels={"entity": ["contact", "company", "contact"], "record_id": ["2", "4", "3"]},
        field_values={"entity": ["company"], "record_id": ["3"]},
        links={
            "from_entity": ["contact", "contact"],
            "from_id": ["2", "3"],
            "to_entity": ["company", "deal"],
            "to_id": ["3", "8"],
        },
        tasks={"id": ["1"]},
    )
    apart = tell_apart(second, first, "crm")
    told = apart.account
    assert told.frame("contacts")["id"].to_list() == ["crm:2", "3"]
    assert told.frame("companies")["id"].to_list() == ["crm:3", "4"]
    assert told.frame("channels")["record_id"].to_list() == ["crm:2", "4", "3"]
    assert told.frame("field_values")["record_id"].to_list() == ["crm:3"]
    assert told.frame("links").select("from_id", "to_id").rows() == [
        ("crm:2", "crm:3"),
        ("3", "crm:8"),
    ]
    assert not told.has("tasks")
    own = told.frame("contacts").select(apart.own_id("id"))["id"].to_list()
    assert own == ["2", "3"]


def test_a_label_that_stands_before_ids_already_is_another_one() -> None:
    first = account(contacts={"id": ["crm:1", "1"]})
    second = account(contacts={"id": ["1", "crm:2"]})
    ids = tell_apart(second, first, "crm").account.frame("contacts")["id"].to_list()
    assert ids == ["crm_:1", "crm:2"]


def test_an_account_without_cards_stays_empty() -> None:
    empty = tell_apart(account(deals={"id": ["1"]}), account(deals={"id": ["1"]}), "x").account
    assert empty.frame("contacts").is_empty()

"""Contacts, companies and leads: what a page of them becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.crm.amocrm import LISTINGS, read_page
from dedupe.crm.amocrm.texts import value_text
from tests.unit.crm.amocrm.answers import AT, contact, email, field, lead, page, phone


def rows(name: str, table: str, *items: Any) -> list[dict[str, Any]]:
    return read_page(LISTINGS[name], page(LISTINGS[name].key, *items)).tables[table].to_dicts()


def channels(*fields: Any) -> list[tuple[Any, ...]]:
    found = rows("contacts", "channels", contact(7, *fields))
    return [(r["kind"], r["raw"], r["label"], r["field_id"], r["position"]) for r in found]


def values(*fields: Any, name: str = "contacts") -> list[tuple[Any, ...]]:
    make = lead(7, custom_fields_values=list(fields)) if name == "leads" else contact(7, *fields)
    return [(r["field_id"], r["raw"], r["enum_id"]) for r in rows(name, "field_values", make)]


def test_every_table_of_a_page_keeps_its_contract() -> None:
    for name, items in {
        "contacts": [contact()],
        "companies": [contact()],
        "leads": [lead()],
    }.items():
        found = read_page(LISTINGS[name], page(name, *items))
        assert set(found.tables) == set(LISTINGS[name].tables)
        for table, frame in found.tables.items():
            SNAPSHOT_TABLES[table].check(frame)


def test_a_contact_is_a_row() -> None:
    (row,) = rows("contacts", "contacts", contact())
    assert row == {
        "id": "7",
        "name": "Анна Ветрова",
        "first_name": "Анна",
        "last_name": "Ветрова",
        "owner_id": "504141",
        "created_by": "0",
        "created_at": datetime.fromtimestamp(AT, UTC),
        "updated_at": datetime.fromtimestamp(AT + 60, UTC),
        "is_deleted": False,
    }


def test_parts_of_a_name_that_are_empty_are_not_told() -> None:
    (row,) = rows("contacts", "contacts", contact(first_name="", last_name="", name=""))
    assert (row["name"], row["first_name"], row["last_name"]) == ("", None, None)


def test_nobody_is_no_owner() -> None:
    (row,) = rows("contacts", "contacts", contact(responsible_user_id=0, created_by=None))
    assert (row["owner_id"], row["created_by"]) == (None, None)


def test_a_company_has_no_parts_of_a_name() -> None:
    bare = {k: v for k, v in contact().items() if k not in ("first_name", "last_name")}
    (row,) = rows("companies", "companies", bare)
    assert (row["name"], row["first_name"]) == ("Анна Ветрова", None)


def test_phones_and_addresses_are_channels_in_order() -> None:
    found = channels(phone("+7 903 000-00-01"), phone("2", "MOB"), email("a@example.ru", "PRIV"))
    assert found == [
        ("phone", "+7 903 000-00-01", "WORK", "PHONE", 0),
        ("phone", "2", "MOB", "PHONE", 1),
        ("email", "a@example.ru", "PRIV", "EMAIL", 0),
    ]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ({"value": "1", "enum_id": 1, "enum": "WORK"}, "WORK"),
        ({"value": "1", "enum_id": 1, "enum_code": "HOME"}, "HOME"),
        ({"value": "1", "enum_id": 77}, "77"),
        ({"value": "1"}, None),
    ],
)
def test_both_spellings_of_a_label_are_read(value: dict[str, Any], label: str | None) -> None:
    assert channels(field(3, value, code="PHONE"))[0][2] == label


def test_messengers_and_sites_are_channels() -> None:
    found = channels(
        field(9, {"value": "anna", "enum_code": "SKYPE"}, code="IM"),
        field(10, {"value": "https://example.ru"}, code="WEB", type_="url"),
        field(11, {"value": "https://example.com"}, type_="url"),
    )
    assert [(kind, field_id) for kind, _, _, field_id, _ in found] == [
        ("messenger", "IM"),
        ("site", "WEB"),
        ("site", "11"),
    ]


def test_a_multitext_field_of_the_account_tells_its_kind_by_label_or_look() -> None:
    found = channels(
        field(12, {"value": "1", "enum_code": "MOB"}, type_="multitext"),
        field(13, {"value": "anna", "enum_code": "ICQ"}, type_="multitext"),
        field(14, {"value": "a@example.ru"}, type_="multitext"),
    )
    assert [(kind, id_) for kind, _, _, id_, _ in found] == [
        ("phone", "12"),
        ("messenger", "13"),
        ("email", "14"),
    ]


def test_other_fields_are_values_under_their_number_or_the_crms_own_code() -> None:
    found = values(
        field(66, {"value": "Директор"}, code="POSITION"),
        field(67, {"value": "Пенза"}),
        field(68, {"value": "да", "enum_id": 5}, {"value": "нет", "enum_id": 6}, type_="select"),
        field(69, {"value": "x"}, code="OWN_CODE"),
    )
    assert found == [
        ("POSITION", "Директор", None),
        ("67", "Пенза", None),
        ("68", "да", "5"),
        ("68", "нет", "6"),
        ("69", "x", None),
    ]


def test_an_address_keeps_its_parts_apart() -> None:
    parts = ({"value": "Пенза", "enum_code": "city"}, {"value": "440000", "enum_id": 5})
    found = values(field(13, *parts, type_="smart_address"))
    assert found == [("13", "Пенза", "3"), ("13", "440000", "5")]


def test_objects_are_json_with_sorted_keys() -> None:
    entity = {"vat_id": "0000111122", "name": "ООО Ветер", "kpp": None}
    chain = {"catalog_id": 1001, "catalog_element_id": 12235}
    found = values(
        field(25, {"value": entity}, type_="legal_entity"), field(26, chain, type_="chained_list")
    )
    assert [raw for _, raw, _ in found] == [
        '{"kpp":null,"name":"ООО Ветер","vat_id":"0000111122"}',
        '{"catalog_element_id":12235,"catalog_id":1001}',
    ]


def test_a_choice_without_its_text_keeps_its_number() -> None:
    assert values(field(11, {"value": None, "enum_id": 17}, type_="select")) == [("11", None, "17")]


def test_fields_of_a_lead_are_never_channels() -> None:
    assert values(phone("1"), name="leads") == [("PHONE", "1", "1")]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1_577_836_800, "2020-01-01"),
        (1_577_826_000, "2020-01-01T00:00:00+03:00"),
        (1_577_854_800, "2020-01-01T00:00:00-05:00"),
        (-1_577_934_000, "1919-12-31T23:00:00+00:00"),
        (0, "1970-01-01"),
    ],
)
def test_a_day_is_that_of_the_accounts_midnight_and_loses_nothing(seconds: int, text: str) -> None:
    told = value_text(seconds, "birthday")
    at = datetime.fromisoformat(str(told))
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    assert int(at.timestamp()) == seconds
    if seconds >= 0:
        assert told == text


def test_a_lead_is_a_deal() -> None:
    (row,) = rows("leads", "deals", lead(price=99.5))
    assert (row["price"], row["pipeline_id"], row["status_id"]) == (99.5, "3104455", "143")
    assert (row["state"], row["loss_reason_id"], row["source_id"]) == ("lost", "4203748", "1876532")
    assert row["closed_at"] == datetime.fromtimestamp(AT + 60, UTC)


@pytest.mark.parametrize(
    ("status", "state"), [(142, "won"), (143, "lost"), (33, "open"), (None, None)]
)
def test_the_status_tells_the_state(status: int | None, state: str | None) -> None:
    assert rows("leads", "deals", lead(status_id=status))[0]["state"] == state


@pytest.mark.parametrize("told", [[{"id": 5}], {"id": "5"}, [], {}, None, [None], "5", [{}]])
def test_a_loss_reason_is_an_object_a_list_or_nothing(told: Any) -> None:
    item = lead(loss_reason_id=None)
    item["_embedded"]["loss_reason"] = told
    is_told = told in ([{"id": 5}], {"id": "5"})
    assert rows("leads", "deals", item)[0]["loss_reason_id"] == ("5" if is_told else None)


def test_no_reason_is_not_a_reason_of_number_0() -> None:
    item = lead(loss_reason_id=0, closed_at=0)
    item["_embedded"]["loss_reason"] = []
    (row,) = rows("leads", "deals", item)
    assert (row["loss_reason_id"], row["closed_at"]) == (None, None)


def test_links_run_from_the_card_to_the_deal() -> None:
    found = rows("leads", "links", lead(70))
    assert [tuple(row.values()) for row in found] == [
        ("contact", "7", "deal", "70", True),
        ("contact", "8", "deal", "70", False),
        ("company", "90", "deal", "70", None),
    ]
    (own,) = rows("contacts", "links", contact(7))
    assert tuple(own.values()) == ("contact", "7", "company", "90", None)


def test_a_main_contact_has_two_names() -> None:
    item = lead(70)
    item["_embedded"]["contacts"] = [{"id": 7, "main_contact": True}]
    assert rows("leads", "links", item)[0]["is_main"] is True


def test_a_tag_is_on_a_record_once() -> None:
    item = contact()
    item["_embedded"]["tags"] *= 2
    assert rows("contacts", "record_tags", item) == [
        {"entity": "contact", "record_id": "7", "tag": "клиент"}
    ]


def test_the_bin_tells_who_is_deleted_and_nothing_else() -> None:
    found = read_page(
        LISTINGS["deleted_leads"], page("leads", {"id": 70, "updated_at": AT, "account_id": 1})
    )
    assert set(found.tables) == {"deals"}
    assert found.tables["deals"].select("id", "is_deleted").rows() == [("70", True)]
    assert found.tables["deals"]["name"].to_list() == [None]


def test_texts_of_any_size_and_kind_stay_as_they_are() -> None:
    names = ["x" * 5_000, "</script>", "\u202eабв\u200b", "a\u0000b", "😀"]
    found = rows("contacts", "contacts", *(contact(i + 1, name=n) for i, n in enumerate(names)))
    assert [row["name"] for row in found] == names
    assert channels(phone("9" * 10_000))[0][1] == "9" * 10_000


def test_the_order_of_the_page_is_kept() -> None:
    found = read_page(LISTINGS["contacts"], page("contacts", contact(9), contact(7), contact(8)))
    assert found.ids == ["9", "7", "8"]
    assert found.tables["contacts"]["id"].equals(pl.Series("id", ["9", "7", "8"]))

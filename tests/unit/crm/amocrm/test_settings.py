"""The account, its settings, and what is done in it: what their pages become."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.crm.amocrm import ACCOUNT_PARAMS, LISTINGS, listings_for, read_account, read_page
from dedupe.errors import RemoteError
from tests.unit.crm.amocrm.answers import AT, page

ACCOUNT = {
    "id": 1231414,
    "name": "example",
    "subdomain": "example",
    "current_user_id": 581651,
    "country": "RU",
    "is_unsorted_on": True,
    "is_loss_reason_enabled": True,
    "is_api_filter_enabled": True,
    "version": 16,
    "_embedded": {
        "amojo_rights": {"can_direct": True},
        "users_groups": [{"id": 0, "name": "Отдел продаж", "uuid": None}],
        "task_types": [{"id": 1, "name": "Связаться", "color": None, "code": "FOLLOW_UP"}],
        "datetime_settings": {"timezone": "Europe/Moscow", "timezone_offset": "+03:00"},
    },
}


def frame(name: str, table: str, *items: Any) -> pl.DataFrame:
    return read_page(LISTINGS[name], page(LISTINGS[name].key, *items)).tables[table]


def rows(name: str, table: str, *items: Any) -> list[dict[str, Any]]:
    return frame(name, table, *items).to_dicts()


def test_the_account_tells_its_facts() -> None:
    facts = read_account(json.dumps(ACCOUNT).encode())
    assert (facts.id, facts.has_filters, facts.has_loss_reasons) == ("1231414", True, True)
    assert facts.settings == {
        "name": "example",
        "subdomain": "example",
        "country": "RU",
        "timezone": "Europe/Moscow",
        "user_id": "581651",
        "has_filters": "true",
    }
    assert facts.tables["task_types"].rows() == [("1", "Связаться", "FOLLOW_UP")]
    assert facts.tables["user_groups"].rows() == [("0", "Отдел продаж")]


def test_an_account_that_says_little_is_an_account() -> None:
    facts = read_account(b'{"id": "5", "_embedded": []}')
    assert (facts.id, facts.has_filters, facts.has_loss_reasons) == ("5", False, None)
    assert facts.settings == {"has_filters": "false"}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b"<html>", b'{"id": 0}', b'{"id": null}', b'{"status": "error"}'],
)
def test_what_is_no_account_is_refused(body: bytes) -> None:
    with pytest.raises(RemoteError):
        read_account(body)


def test_users_have_rights_by_entity_and_action() -> None:
    rights = {
        "leads": {"view": "A", "edit": "G", "add": "D", "delete": "M", "export": "X"},
        "contacts": {"delete": "D"},
        "companies": [],
        "tasks": {"delete": "A"},
        "status_rights": None,
        "is_admin": False,
        "is_active": True,
        "group_id": None,
        "role_id": None,
    }
    user = {
        "id": 123,
        "name": "Пётр",
        "email": "p@example.ru",
        "phone_number": "+79030000001",
        "rights": rights,
        "_embedded": {"roles": [{"id": 3141}], "groups": [{"id": 267688}]},
    }
    assert rows("users", "users", user) == [
        {
            "id": "123",
            "name": "Пётр",
            "email": "p@example.ru",
            "phone": "+79030000001",
            "role_id": "3141",
            "group_id": "267688",
            "is_admin": False,
            "is_active": True,
        }
    ]
    told = {(r["entity"], r["action"]): r["scope"] for r in rows("users", "user_rights", user)}
    assert told == {
        ("deal", "view"): "all",
        ("deal", "edit"): "group",
        ("deal", "add"): "denied",
        ("deal", "delete"): "own",
        ("deal", "export"): "X",
        ("contact", "delete"): "denied",
        ("task", "delete"): "all",
    }


@pytest.mark.parametrize(
    ("told", "scopes"),
    [(True, ["all"]), (False, ["denied"]), ("1", ["all"]), (None, []), ("?", [])],
)
def test_access_to_mail_is_a_right_where_it_is_told(told, scopes) -> None:
    held = rows("users", "user_rights", {"id": 1, "rights": {"mail_access": told}})
    assert [right["scope"] for right in held] == scopes
    assert {(right["entity"], right["action"]) for right in held} <= {("mail", "access")}


def test_the_default_group_is_a_group() -> None:
    assert rows("users", "users", {"id": 1, "rights": {"group_id": 0}})[0]["group_id"] == "0"


def test_stages_know_their_state() -> None:
    stages = [
        {"id": 10, "name": "Неразобранное", "sort": 10, "type": 1},
        {"id": 11, "name": "Первичный контакт", "sort": 20, "type": 0},
        {"id": 142, "name": "Успешно", "sort": 10000, "type": 0},
        {"id": 143, "name": "Закрыто", "sort": 11000, "type": 0},
    ]
    pipeline = {
        "id": 1,
        "name": "Воронка",
        "sort": 1,
        "is_main": True,
        "is_archive": False,
        "_embedded": {"statuses": stages},
    }
    assert rows("pipelines", "pipelines", pipeline)[0]["is_main"] is True
    found = frame("pipelines", "statuses", pipeline)
    assert found["state"].to_list() == ["unsorted", "open", "won", "lost"]
    assert found["pipeline_id"].to_list() == ["1"] * 4


def test_fields_come_with_choices_and_required_stages() -> None:
    items = (
        {"id": 3, "name": "Телефон", "code": "PHONE", "type": "multitext", "sort": 4,
         "enums": [{"id": 1, "value": "WORK", "sort": 2}], "required_statuses": []},
        {"id": 44, "name": "Откуда", "code": "", "type": "select", "sort": 5, "is_api_only": True,
         "enums": [{"id": 9, "value": "Сайт", "sort": 1, "code": None}],
         "required_statuses": [{"status_id": 41221, "pipeline_id": 3142}]},
        {"id": 45, "name": "Дата", "type": "date", "enums": None, "required_statuses": None},
    )  # fmt: skip
    fields = rows("contact_fields", "fields", *items)
    assert [(f["entity"], f["id"], f["code"], f["is_api_only"]) for f in fields] == [
        ("contact", "PHONE", "PHONE", None),
        ("contact", "44", None, True),
        ("contact", "45", None, None),
    ]
    assert [(e["field_id"], e["id"], e["code"]) for e in
            rows("contact_fields", "field_enums", *items)] == [
        ("PHONE", "1", "WORK"), ("44", "9", None),
    ]  # fmt: skip
    assert rows("deal_fields", "field_statuses", *items) == [
        {"entity": "deal", "field_id": "44", "pipeline_id": "3142", "status_id": "41221"}
    ]


@pytest.mark.parametrize(
    ("name", "table", "item", "row"),
    [
        ("roles", "roles", {"id": 81, "name": "Менеджер", "rights": {}}, ("81", "Менеджер")),
        ("loss_reasons", "loss_reasons", {"id": 5, "name": "Дорого", "sort": 100000},
         ("5", "Дорого", 100000)),
        ("sources", "sources", {"id": 9, "name": "Сайт", "pipeline_id": 3, "services": []},
         ("9", "Сайт", "3")),
        ("webhooks", "webhooks",
         {"id": 8, "destination": "https://example.ru/h", "settings": ["add_lead", "update_lead"],
          "disabled": True},
         ("8", "https://example.ru/h", "add_lead,update_lead", True)),
        ("widgets", "widgets", {"id": 7, "code": "amo_x", "is_active_in_account": True},
         ("7", "amo_x", True)),
        ("company_tags", "tags", {"id": 6, "name": "дилер", "color": None},
         ("6", "company", "дилер")),
    ],
)  # fmt: skip
def test_small_settings_are_rows(name: str, table: str, item: Any, row: tuple[Any, ...]) -> None:
    assert frame(name, table, item).rows() == [row]


def test_tasks_are_on_records_and_have_results() -> None:
    task = {
        "id": 7087,
        "created_by": 0,
        "created_at": AT,
        "updated_at": AT,
        "responsible_user_id": 123,
        "entity_id": 167353,
        "entity_type": "leads",
        "is_completed": True,
        "task_type_id": 2,
        "text": "Позвонить",
        "result": {"text": "Дозвонился"},
        "complete_till": 4_000_000_000,  # what is due may be far ahead
    }
    (row,) = rows("tasks", "tasks", task)
    assert (row["entity"], row["record_id"], row["result"]) == ("deal", "167353", "Дозвонился")
    assert row["due_at"] == datetime.fromtimestamp(4_000_000_000, UTC)
    (row,) = rows("tasks", "tasks", task | {"entity_id": 0, "result": [], "entity_type": None})
    assert (row["entity"], row["record_id"], row["result"]) == (None, None, None)


def test_notes_keep_their_parameters() -> None:
    note = {"id": 4, "entity_id": 7, "note_type": "common", "created_by": 1, "created_at": AT,
            "updated_at": AT, "params": {"text": "Просил КП", "a": 1}}  # fmt: skip
    (row,) = rows("company_notes", "notes", note)
    assert (row["entity"], row["text"]) == ("company", "Просил КП")
    assert row["params"] == '{"text":"Просил КП","a":1}'


def test_events_tell_the_stages_of_deals() -> None:
    moved = {
        "id": "01abc",
        "type": "lead_status_changed",
        "entity_id": 70,
        "entity_type": "lead",
        "created_by": 5,
        "created_at": AT,
        "value_after": [{"lead_status": {"id": 142, "pipeline_id": 2}}],
        "value_before": [{"lead_status": {"id": 11, "pipeline_id": 1}}],
    }
    found = read_page(LISTINGS["events"], page("events", moved))
    assert found.tables["events"].select("id", "entity", "record_id").rows() == [
        ("01abc", "deal", "70")
    ]
    assert found.tables["status_history"].rows() == [
        ("70", "2", "142", "1", "11", "5", datetime.fromtimestamp(AT, UTC))
    ]


def test_chats_are_as_much_as_events_tell() -> None:
    came = {
        "id": "01abd",
        "type": "incoming_chat_message",
        "entity_id": 7,
        "entity_type": "contact",
        "created_by": 0,
        "created_at": AT,
        "value_after": [{"message": {"id": "1508b51c", "talk_id": 117}}],
        "value_before": [],
    }
    bare = came | {"id": "01abe", "type": "outgoing_chat_message", "value_after": []}
    other = came | {"id": "01abf", "type": "lead_added"}
    found = rows("chats", "messages", came, bare, other)
    assert [(m["id"], m["talk_id"], m["direction"], m["text"]) for m in found] == [
        ("1508b51c", "117", "in", None),
        ("01abe", None, "out", None),
    ]


def test_unsorted_enquiries_name_their_records() -> None:
    enquiry = {
        "uid": "98fb033c",
        "source_uid": None,
        "source_name": "UIS",
        "category": "sip",
        "pipeline_id": 2194576,
        "created_at": AT,
        "_embedded": {"contacts": [{"id": 1}], "leads": [{"id": 2}], "companies": []},
    }
    found = read_page(LISTINGS["unsorted"], page("unsorted", enquiry))
    assert found.ids == ["98fb033c"]
    (row,) = found.tables["unsorted"].to_dicts()
    assert (row["contact_id"], row["deal_id"], row["company_id"]) == ("1", "2", None)


def test_listings_are_asked_as_the_documents_say() -> None:
    assert LISTINGS["leads"].query(3) == (
        ("with", "contacts,loss_reason,source_id"),
        ("order[id]", "asc"),
        ("limit", "250"),
        ("page", "3"),
    )
    assert ("limit", "100") in LISTINGS["events"].query()
    assert ("limit", "50") in LISTINGS["contact_fields"].query()
    assert LISTINGS["pipelines"].query(1) == ()
    assert "is_api_filter_enabled" in dict(ACCOUNT_PARAMS)["with"]


def test_changes_are_asked_for_by_filter_or_by_a_walk() -> None:
    contacts = LISTINGS["contacts"]
    assert ("filter[updated_at][from]", "5") in contacts.query(1, since=5)
    walk = contacts.query(1, newest_first=True)
    assert ("order[updated_at]", "desc") in walk
    assert ("order[id]", "asc") not in walk
    assert contacts.is_filter_paid
    assert not LISTINGS["tasks"].is_filter_paid


def test_heavy_lists_are_read_on_request_only() -> None:
    names = {one.name for one in listings_for()}
    assert {"contacts", "companies", "leads", "tasks", "users", "unsorted"} <= names
    assert not {"events", "chats", "deal_notes", "deleted_contacts"} & names
    asked = {one.name for one in listings_for(("notes", "chats"))}
    assert asked - names == {"contact_notes", "company_notes", "deal_notes", "chats"}


def test_a_refusal_has_its_reason() -> None:
    users = LISTINGS["users"]
    assert [users.refusal(status) for status in (403, 402, 404)] == [
        "no_rights",
        "not_available",
        "not_available",
    ]


@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_every_listing_reads_an_empty_page(name: str) -> None:
    listing = LISTINGS[name]
    for body in (b"", page(listing.key), b"[]", b"{}", b"null", b'{"_embedded": []}'):
        found = read_page(listing, body)
        assert (found.n, found.ids, found.has_next) == (0, [], False)
        assert set(found.tables) == set(listing.tables)
        for table, empty in found.tables.items():
            assert SNAPSHOT_TABLES[table].check(empty).height == 0

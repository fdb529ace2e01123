"""Pages put together, records replaced, accounts settled."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.crm.amocrm import LISTINGS, merge_pages, read_page, replace_records, settle
from tests.unit.crm.amocrm.answers import AT, contact, email, field, lead, page, phone

CONTACTS, LEADS = LISTINGS["contacts"], LISTINGS["leads"]
Tables = dict[str, pl.DataFrame]


def pages(name: str, *lists: list[Any]) -> list[Any]:
    listing = LISTINGS[name]
    return [read_page(listing, page(listing.key, *items)).tables for items in lists]


def merged(name: str, *lists: list[Any]) -> Tables:
    return merge_pages(LISTINGS[name], pages(name, *lists))


def together(*parts: Tables) -> Tables:
    found: Tables = {}
    for part in parts:
        for name, frame in part.items():
            found[name] = pl.concat([found[name], frame]) if name in found else frame
    return found


def card(id_: int, number: str, at: int, tag: str = "клиент", firm: int = 90) -> dict[str, Any]:
    embedded = {"tags": [{"id": 1, "name": tag}], "companies": [{"id": firm}]}
    return contact(id_, phone(number), updated_at=AT + at, _embedded=embedded)


def test_a_listing_without_pages_has_empty_tables() -> None:
    found = merge_pages(CONTACTS, [])
    assert {name: frame.height for name, frame in found.items()} == dict.fromkeys(
        CONTACTS.tables, 0
    )


def test_a_page_may_lack_the_tables_that_had_no_rows() -> None:
    (first,) = pages("contacts", [card(1, "a", 0)])
    found = merge_pages(CONTACTS, [{"contacts": first["contacts"]}, first])
    assert found["channels"]["raw"].to_list() == ["a"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_later_state_stays_with_its_children_alone(order: tuple[int, int]) -> None:
    lists = [[card(1, "old", 0, "a", 90), card(2, "x", 0)], [card(1, "new", 5, "b", 91)]]
    found = merged("contacts", *(lists[at] for at in order))
    assert sorted(found["contacts"]["id"]) == ["1", "2"]
    assert sorted(found["channels"]["raw"]) == ["new", "x"]
    assert sorted(found["record_tags"]["tag"]) == ["b", "клиент"]
    assert found["links"].filter(pl.col("from_id") == "1")["to_id"].to_list() == ["91"]


def test_of_equal_states_one_stays() -> None:
    found = merged("contacts", [card(1, "a", 0)], [card(1, "a", 0)])
    assert {name: frame.height for name, frame in found.items()} == {
        "contacts": 1, "channels": 1, "field_values": 0, "links": 1, "record_tags": 1,
    }  # fmt: skip


def test_the_links_of_a_deal_are_its_own() -> None:
    newer = lead(70, updated_at=AT + 99)
    newer["_embedded"]["contacts"] = [{"id": 8, "is_main": True}]
    newer["_embedded"]["companies"] = []
    found = merged("leads", [lead(70), lead(71)], [newer])
    links = found["links"].filter(pl.col("to_id") == "70")
    assert links.select("from_id", "is_main").rows() == [("8", True)]
    assert found["links"].filter(pl.col("to_id") == "71").height == 3


def test_a_moment_that_is_not_told_gives_way() -> None:
    found = merged("contacts", [card(1, "known", 0)], [contact(1, phone("?"), updated_at=None)])
    assert found["channels"]["raw"].to_list() == ["known"]


def test_settings_that_come_twice_are_told_once() -> None:
    enums = [{"id": 1, "value": "a", "sort": 1}]
    one = {"id": 44, "name": "x", "type": "select", "enums": enums}
    found = merged("contact_fields", [one], [one])
    assert (found["fields"].height, found["field_enums"].height) == (1, 1)


@pytest.mark.parametrize("name", ["contacts", "leads", "events"])
def test_the_order_of_pages_leaves_no_trace(name: str) -> None:
    make: Any = {
        "contacts": lambda i: card(i, str(i), i),
        "leads": lead,
        "events": lambda i: {
            "id": f"e{i}", "type": "lead_status_changed", "entity_id": 70, "entity_type": "lead",
            "created_at": AT, "value_after": [{"lead_status": {"id": i, "pipeline_id": 1}}],
        },
    }[name]  # fmt: skip
    lists = [[make(i) for i in range(start, start + 5)] for start in (1, 6, 11)]
    there, back = settle(merged(name, *lists)), settle(merged(name, *lists[::-1]))
    for table, frame in there.items():
        assert frame.equals(back[table]), table


_CARD = st.tuples(st.integers(1, 4), st.integers(0, 3), st.sampled_from("abc"))


@settings(deadline=None, max_examples=60)
@given(lists=st.lists(st.lists(_CARD, max_size=4), min_size=1, max_size=5), at=st.integers(0, 5))
def test_merging_in_two_steps_is_merging_at_once(lists: list[list[Any]], at: int) -> None:
    items = [[card(id_, number, when) for id_, when, number in one] for one in lists]
    parts = pages("contacts", *items)
    halves = [merge_pages(CONTACTS, parts[:at]), merge_pages(CONTACTS, parts[at:])]
    once, twice = merge_pages(CONTACTS, parts), merge_pages(CONTACTS, halves)
    assert settle(once).keys() == settle(twice).keys()
    for name, frame in settle(once).items():
        assert frame.equals(settle(twice)[name]), name
    assert sorted(once["channels"]["record_id"]) == sorted(once["contacts"]["id"])


def test_a_changed_card_loses_all_that_it_had() -> None:
    old = together(
        merged("contacts", [card(1, "old", 0), card(2, "x", 0)]), merged("leads", [lead(70)])
    )
    bare = contact(1, updated_at=AT + 5, _embedded={"tags": [], "companies": []})
    changed = merged("contacts", [bare])
    found = replace_records(old, changed)
    assert sorted(found["contacts"]["id"]) == ["1", "2"]
    assert found["channels"]["record_id"].to_list() == ["2"]
    assert found["record_tags"].filter(pl.col("entity") == "contact").height == 1
    own = found["links"].filter(pl.col("to_entity") == "company")
    assert own["from_id"].to_list() == ["2"]
    assert found["deals"].equals(old["deals"])
    # The links to deals are the deals' own.
    assert found["links"].filter(pl.col("to_entity") == "deal").height == 3


def test_a_changed_deal_keeps_the_cards_of_other_deals() -> None:
    old = merged("leads", [lead(70), lead(71)])
    bare = lead(70)
    bare["_embedded"] = {"tags": [], "contacts": [], "companies": []}
    found = replace_records(old, merged("leads", [bare]))
    assert set(found["links"]["to_id"]) == {"71"}
    assert found["record_tags"]["record_id"].to_list() == ["71"]


def test_equal_ids_of_another_entity_stay() -> None:
    old = merged("contacts", [card(1, "contact", 0)])
    firms = merged("companies", [card(1, "firm", 0)])
    old = together(old, firms)
    found = replace_records(old, merged("contacts", [card(1, "new", 9)]), {"contacts": []})
    assert sorted(found["channels"]["raw"]) == ["firm", "new"]
    gone = replace_records(old, {}, {"companies": ["1"]})
    assert gone["channels"]["raw"].to_list() == ["contact"]


def test_a_deleted_record_takes_its_links_from_both_sides() -> None:
    old = together(
        merged("contacts", [card(7, "a", 0), card(8, "b", 0)]), merged("leads", [lead(70)])
    )
    found = replace_records(old, {}, {"contacts": ["7"]})
    assert found["contacts"]["id"].to_list() == ["8"]
    assert found["channels"]["raw"].to_list() == ["b"]
    assert "7" not in found["links"]["from_id"].to_list()
    assert found["links"].filter(pl.col("to_entity") == "deal").height == 2


def test_tasks_are_replaced_by_their_number() -> None:
    old = merged("tasks", [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}])
    changed = merged("tasks", [{"id": 2, "text": "c"}, {"id": 3, "text": "d"}])
    found = replace_records(old, changed, {"tasks": ["1"]})
    assert found["tasks"].select("id", "text").rows() == [("2", "c"), ("3", "d")]


def test_settings_that_changed_leave_nothing_of_the_old_behind() -> None:
    was = {"id": 1, "rights": {"leads": {"view": "A", "edit": "A"}}}
    now = {"id": 1, "rights": {"leads": {"view": "D"}}}
    found = replace_records(merged("users", [was]), merged("users", [now]))
    assert found["user_rights"].select("action", "scope").rows() == [("view", "denied")]


def test_two_stages_of_one_second_are_two_and_an_event_read_twice_is_one() -> None:
    events = [
        {"id": f"e{stage}", "type": "lead_status_changed", "entity_id": 70, "entity_type": "lead",
         "created_at": AT, "value_after": [{"lead_status": {"id": stage, "pipeline_id": 1}}]}
        for stage in (11, 12)
    ]  # fmt: skip
    found = settle(merged("events", events, events[:1]))
    assert (found["events"].height, found["status_history"].height) == (2, 2)


def test_a_table_that_was_not_read_before_is_taken_as_it_is() -> None:
    changed = merged("contacts", [card(1, "a", 0)])
    assert replace_records({}, changed)["contacts"].equals(changed["contacts"])


FIELDS = [
    {"id": 311, "name": "Доп. телефон", "type": "text", "sort": 9},
    {"id": 312, "name": "WhatsApp", "type": "text", "sort": 8},
    {"id": 313, "name": "Telegram", "type": "text", "sort": 7},
    {"id": 314, "name": "Город", "type": "text", "sort": 6},
]


def account(*items: Any) -> Tables:
    return merged("contacts", list(items)) | merged("contact_fields", FIELDS)


def test_text_fields_named_as_channels_are_channels() -> None:
    extra = field(311, {"value": "8 903 000-00-02"}), field(313, {"value": "@anna"})
    city = field(314, {"value": "Пенза"})
    found = settle(account(contact(7, phone("+7 903 000-00-01"), *extra, city)))
    told = found["channels"].select("kind", "raw", "label", "field_id", "position").rows()
    assert sorted(told) == [
        ("messenger", "@anna", "Telegram", "313", 0),
        ("phone", "+7 903 000-00-01", "WORK", "PHONE", 0),
        ("phone", "8 903 000-00-02", "Доп. телефон", "311", 1),
    ]
    assert found["field_values"].select("field_id", "raw").rows() == [("314", "Пенза")]


def test_a_field_that_only_sounds_like_a_phone_is_a_field() -> None:
    found = settle(account(contact(7, field(312, {"value": "да"})), contact(8, phone("1"))))
    assert found["field_values"].select("field_id", "raw").rows() == [("312", "да")]


def test_the_deals_fields_are_no_channels() -> None:
    told = lead(70, custom_fields_values=[field(311, {"value": "8 903 000-00-02"})])
    found = settle(merged("leads", [told]) | merged("deal_fields", FIELDS))
    assert found["field_values"]["raw"].to_list() == ["8 903 000-00-02"]


def test_settling_twice_changes_nothing() -> None:
    items = [
        contact(i, phone(str(i)), email("a@example.ru"), field(311, {"value": f"890300000{i:02}"}),
                field(312, {"value": "нет"}), field(68, {"value": "б"}, {"value": "а"}))
        for i in range(12, 1, -1)
    ]  # fmt: skip
    once = settle(account(*items))
    twice = settle(once)
    for name, frame in once.items():
        assert frame.equals(twice[name]), name
    assert once["contacts"]["id"].to_list() == [str(i) for i in range(2, 13)]
    own = once["field_values"].filter(pl.col("field_id") == "68").filter(pl.col("record_id") == "2")
    assert own["raw"].to_list() == ["б", "а"]


def test_a_field_that_gets_another_name_is_asked_again() -> None:
    settled = settle(account(contact(7, field(311, {"value": "8 903 000-00-02"}))))
    assert settled["channels"]["label"].to_list() == ["Доп. телефон"]
    renamed = settle(settled | merged("contact_fields", [FIELDS[0] | {"name": "Телефон жены"}]))
    assert renamed["channels"]["label"].to_list() == ["Телефон жены"]
    plain = settle(settled | merged("contact_fields", [FIELDS[0] | {"name": "Резерв"}]))
    assert plain["channels"].height == 0
    assert plain["field_values"].select("field_id", "raw").rows() == [("311", "8 903 000-00-02")]


def test_an_incremental_pull_settles_as_a_full_one() -> None:
    extra = field(311, {"value": "8 903 000-00-02"})
    was = [contact(7, phone("1"), extra), contact(8, extra)]
    now = contact(8, phone("2"), field(311, {"value": "8 903 000-00-03"}), updated_at=AT + 99)
    stepwise = settle(replace_records(settle(account(*was)), merged("contacts", [now])))
    at_once = settle(account(was[0], now))
    for name, frame in at_once.items():
        assert frame.equals(stepwise[name]), name


def test_labels_and_choices_told_by_number_get_their_names() -> None:
    definitions = [
        {"id": 3, "name": "Телефон", "code": "PHONE", "type": "multitext",
         "enums": [{"id": 5, "value": "MOB", "sort": 1}]},
        {"id": 44, "name": "Откуда", "type": "select", "enums": [{"id": 17, "value": "Сайт"}]},
    ]  # fmt: skip
    told = contact(
        7,
        field(3, {"value": "1", "enum_id": 5}, code="PHONE"),
        field(44, {"value": None, "enum_id": 17}, type_="select"),
    )
    found = settle(merged("contacts", [told]) | merged("contact_fields", definitions))
    assert found["channels"]["label"].to_list() == ["MOB"]
    assert found["field_values"].select("raw", "enum_id").rows() == [("Сайт", "17")]


def test_deals_at_an_unsorted_stage_are_unsorted() -> None:
    stages = [{"id": 10, "name": "Неразобранное", "type": 1}, {"id": 11, "name": "x", "type": 0},
              {"id": 142, "name": "y", "type": 0}, {"id": 143, "name": "z", "type": 0}]  # fmt: skip
    pipeline = {"id": 1, "name": "Воронка", "_embedded": {"statuses": stages}}
    leads = [lead(i, pipeline_id=1, status_id=s) for i, s in enumerate((10, 11, 142, 143, 9), 1)]
    tables = merged("leads", leads) | merged("pipelines", [pipeline])
    found = settle(tables)["deals"]["state"].to_list()
    assert found == ["unsorted", "open", "won", "lost", "open"]
    moved = pl.DataFrame({"state": ["open"] * 4})["state"]
    other = settle(tables)
    other["statuses"] = other["statuses"].with_columns(moved)
    assert settle(other)["deals"]["state"].to_list() == ["open", "open", "won", "lost", "open"]


def test_settled_tables_keep_their_contracts() -> None:
    found = settle(account(contact(7, phone("1"), field(311, {"value": "8 903 000-00-02"}))))
    for name, frame in found.items():
        SNAPSHOT_TABLES[name].check(frame)

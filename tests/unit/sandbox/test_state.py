"""The state: columns and changed records agree, links keep their rules."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.errors import InputError
from dedupe.sandbox.amocrm.links import Link, Links, Pairs
from dedupe.sandbox.amocrm.query import read_query
from dedupe.sandbox.amocrm.state import State
from dedupe.sandbox.demo import build_demo


@pytest.fixture(scope="module")
def small() -> Account:
    return build_demo(scale=0.002).account


@pytest.fixture
def state(small: Account) -> State:
    return State(small, lambda: 1_700_000_000)


KINDS = ("contacts", "companies", "leads", "tasks")


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_is_put_back_changes_nothing(state, kind) -> None:
    before = [state.get(kind, id_) for id_ in state.ids(kind)]
    columns = {n: state.table(kind).column(n).tolist() for n in ("created_at", "updated_at", "id")}
    for record in before:
        state.put(kind, record)
    assert [state.get(kind, id_) for id_ in state.ids(kind)] == before
    assert columns == {n: state.table(kind).column(n).tolist() for n in columns}


def test_a_copy_is_private(state) -> None:
    id_ = state.ids("contacts")[0]
    state.get("contacts", id_)["_embedded"]["tags"].append({"id": 1})
    record = state.get("contacts", id_)
    assert record["_embedded"]["tags"] == []
    state.put("contacts", record)
    record["name"] = "changed"
    assert state.get("contacts", id_)["name"] != "changed"


def test_lists_follow_changes(state) -> None:
    ids = list(state.ids("leads"))
    record = state.get("leads", ids[5])
    state.put("leads", record | {"updated_at": 1_700_000_000})
    assert state.ids("leads", "updated_at")[-1] == ids[5]
    assert state.ids("leads", "updated_at", descending=True)[0] == ids[5]
    new = state.new_id("leads")
    assert new > max(ids)
    state.put("leads", record | {"id": new})
    assert list(state.ids("leads")) == [*ids, new]
    state.remove("leads", new)
    assert state.get("leads", new) is None
    assert state.new_id("leads") > new  # an id is never given twice
    state.put("leads", record | {"id": new})
    assert state.get("leads", new)["id"] == new


def test_contacts_and_companies_share_their_ids(state) -> None:
    ids = {state.new_id(kind) for kind in ("contacts", "companies", "contacts", "companies")}
    assert len(ids) == 4
    assert min(ids) > max(*state.ids("contacts"), *state.ids("companies"))


def test_tags_are_made_when_they_are_new(state) -> None:
    known = {tag["name"]: tag["id"] for tag in state.tags("leads")}
    assert state.tag_id("leads", "сайт") == known["сайт"]
    new = state.tag_id("leads", "никогда не было")
    assert new > max(known.values())
    assert state.tag_id("leads", "никогда не было") == new
    assert state.tag_id("contacts", "никогда не было") != new


def test_a_field_is_found_by_id_and_code(state) -> None:
    phone = state.field("contacts", "phone")
    assert phone["code"] == "PHONE"
    assert state.field("contacts", phone["id"]) == phone
    assert state.field("leads", "PHONE") is None
    assert state.field("contacts", True) is None
    made = {"id": state.new_field_id(), "name": "Удалить", "type": "checkbox", "code": None,
            "enums": None}  # fmt: skip
    state.put_field("contacts", made)
    assert state.field("contacts", made["id"])["name"] == "Удалить"
    state.put_field("contacts", phone | {"name": "Другое имя"})
    codes = [
        (f["field_code"], f["field_name"])
        for id_ in state.ids("contacts")
        for f in state.get("contacts", id_)["custom_fields_values"] or ()
    ]
    assert {name for code, name in codes if code == "PHONE"} == {"Другое имя"}
    for number in (made["id"], phone["id"]):
        state.remove_field("contacts", number)
        assert state.field("contacts", number) is None
    assert state.new_field_id() > made["id"]
    cards = [state.get("contacts", id_) for id_ in state.ids("contacts")]
    left = {f["field_code"] for card in cards for f in card["custom_fields_values"] or ()}
    assert "PHONE" not in left


def test_deleting_and_restoring_leave_events(state) -> None:
    id_ = state.ids("leads")[0]
    state.delete("leads", id_, by=5)
    assert state.get("leads", id_)["is_deleted"] is True
    state.delete("leads", id_)
    state.restore("leads", id_)
    types = [state.get("events", n)["type"] for n in state.ids("events")]
    assert types == ["lead_deleted", "lead_restored"]
    assert len(state.get("events", 1)["uid"]) == 26


def links_of(state, kind, id_):
    return [(link.to_entity, link.to_id, link.is_main) for link in state.links_of(kind, id_)]


def test_a_new_main_contact_unmakes_the_old_one(state) -> None:
    lead = state.new_id("leads")
    first, second, third = state.ids("contacts")[:3]
    for contact in (first, second):
        state.link("leads", lead, "contacts", contact)
    assert links_of(state, "leads", lead) == [
        ("contacts", first, True),
        ("contacts", second, False),
    ]
    state.link("contacts", third, "leads", lead, is_main=True)
    assert links_of(state, "leads", lead)[0] == ("contacts", first, False)
    assert links_of(state, "leads", lead)[2] == ("contacts", third, True)
    assert state.unlink("leads", lead, "contacts", third)
    assert links_of(state, "leads", lead)[0] == ("contacts", first, True)  # someone is main
    assert not state.unlink("leads", lead, "contacts", third)


def test_a_second_company_replaces_the_first(state) -> None:
    contact, lead = state.new_id("contacts"), state.new_id("leads")
    first, second = state.ids("companies")[:2]
    for company in (first, second):
        state.link("companies", company, "contacts", contact)
        state.link("leads", lead, "companies", company)
    for kind, id_ in (("contacts", contact), ("leads", lead)):
        assert links_of(state, kind, id_) == [("companies", second, None)]
    assert contact not in [link.to_id for link in state.links_of("companies", first)]


steps = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from([("contacts", "leads"), ("leads", "companies"), ("companies", "contacts")]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from([None, True, False]),
    ),
    max_size=30,
)


@given(steps=steps)
@settings(deadline=None, max_examples=200)
def test_links_keep_their_rules_whatever_is_done(steps) -> None:
    import numpy as np

    base = Pairs("contacts", "leads", np.array([1, 2]), np.array([1, 1]), np.array([True, False]))
    links = Links([base])
    for is_made, (kind, other), id_, other_id, main in steps:
        link = Link(kind, id_, other, other_id, main)
        links.add(link) if is_made else links.drop(link)
    every = {
        (kind, id_): links.of(kind, id_)
        for kind in ("contacts", "companies", "leads")
        for id_ in (1, 2, 3)
    }
    for found in every.values():
        for link in found:
            assert link.turned() in every[link.to_entity, link.to_id]
    for id_ in (1, 2, 3):
        of_lead = every["leads", id_]
        mains = [link.is_main for link in of_lead if link.to_entity == "contacts"]
        assert sum(mains) == (1 if mains else 0)
        for kind in ("leads", "contacts"):
            assert sum(link.to_entity == "companies" for link in every[kind, id_]) <= 1


def test_the_next_open_task_follows_the_tasks(state) -> None:
    task = next(t for t in (state.get("tasks", i) for i in state.ids("tasks"))
                if not t["is_completed"] and t["entity_type"] == "leads")  # fmt: skip
    lead = task["entity_id"]
    state.put("tasks", task | {"complete_till": 5})
    assert state.closest_task("leads", lead) == 5
    state.put("tasks", task | {"is_completed": True})
    assert state.closest_task("leads", lead) != 5


def made_of(**tables: list[dict]) -> Account:
    frames = {
        name: SNAPSHOT_TABLES[name].conform(pl.DataFrame(rows, infer_schema_length=None)).lazy()
        for name, rows in tables.items()
    }
    return Account(tables=frames, crm="amocrm")


def test_an_empty_account_can_be_served() -> None:
    state = State(Account(tables={}), lambda: 1)
    assert [state.count(kind) for kind in ("contacts", "leads", "tasks", "events")] == [0] * 4
    assert state.user(state.admin())["rights"]["is_admin"]
    assert [s["id"] for s in state.statuses(state.pipelines()[0]["id"])][-2:] == [142, 143]
    assert state.new_id("contacts") == 1


def test_a_lead_without_a_stage_gets_one_of_its_state() -> None:
    states = ("open", "won", "lost", None)
    state = State(
        made_of(deals=[{"id": str(i), "state": s} for i, s in enumerate(states, 1)]), lambda: 1
    )
    found = [state.get("leads", i) for i in (1, 2, 3, 4)]
    assert [lead["status_id"] for lead in found][1:3] == [142, 143]
    assert all(state.status(lead["pipeline_id"], lead["status_id"]) for lead in found)
    assert found[0]["price"] == 0


def test_values_of_every_type_have_the_api_s_shape() -> None:
    types = {"checkbox": "true", "date": "2020-06-07", "numeric": "1.5", "legal_entity":
             '{"name": "ООО"}', "date_time": "1577836800", "select": "да",
             "birthday": "1990-01-02T00:00:00+03:00"}  # fmt: skip
    fields = [{"entity": "contact", "id": str(n), "name": t, "type": t} for n, t in
              enumerate(types, 1)]  # fmt: skip
    values = [{"entity": "contact", "record_id": "1", "field_id": str(n), "raw": raw} for n, raw in
              enumerate(types.values(), 1)]  # fmt: skip
    state = State(made_of(contacts=[{"id": "1"}], fields=fields, field_values=values), lambda: 1)
    found = {f["field_type"]: f["values"][0] for f in
             state.get("contacts", 1)["custom_fields_values"]}  # fmt: skip
    assert found["checkbox"]["value"] is True
    assert found["date"]["value"] == 1_591_488_000
    assert found["date_time"]["value"] == 1_577_836_800
    assert found["birthday"]["value"] == 631_227_600
    assert found["numeric"]["value"] == "1.5"
    assert found["legal_entity"]["value"] == {"name": "ООО"}
    enum = state.field("contacts", 6)["enums"][0]
    assert found["select"] == {"value": "да", "enum_id": enum["id"], "enum_code": None}


def test_fields_that_only_values_name_are_made_up() -> None:
    channels = [{"kind": "phone", "raw": "1", "label": "MOB", "field_id": None},
                {"kind": "email", "raw": "a@b", "label": "Новый", "field_id": "EMAIL"}]  # fmt: skip
    channels = [{"entity": "contact", "record_id": "1", "position": 0} | one for one in channels]
    values = [{"entity": "contact", "record_id": "1", "field_id": "77", "raw": "x"}]
    state = State(
        made_of(contacts=[{"id": "1"}], channels=channels, field_values=values), lambda: 1
    )
    found = {f["field_code"] or f["field_id"]: f["values"][0] for f in
             state.get("contacts", 1)["custom_fields_values"]}  # fmt: skip
    assert found["PHONE"]["enum_code"] == "MOB"
    assert found["EMAIL"]["enum_code"] == "Новый"
    assert found[77] == {"value": "x"}


@pytest.mark.parametrize(
    "bad", [[{"id": "x1"}], [{"id": "1"}, {"id": "01"}], [{"id": None}], [{"id": "-5"}],
            [{"id": str(2**60)}], [{"id": "1", "owner_id": "Иванов"}]]
)  # fmt: skip
def test_ids_that_are_no_whole_numbers_are_one_clear_line(bad) -> None:
    with pytest.raises(InputError, match="whole numbers") as caught:
        State(made_of(contacts=bad), lambda: 1)
    assert "Иванов" not in str(caught.value)


def test_an_account_id_of_another_kind_is_one_clear_line(small) -> None:
    with pytest.raises(InputError, match="account's id"):
        State(replace(small, account_id="abc"), lambda: 1)


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [([("a[]", "1"), ("a[]", "2")], {"a": {"0": "1", "1": "2"}}),
     ([("a[5]", "1"), ("a[]", "2")], {"a": {"5": "1", "6": "2"}}),
     ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
     ([("a[b]", "1"), ("a", "2")], {"a": "2"}),
     ([("a[b][c]", "1"), ("a[b][d]", "2")], {"a": {"b": {"c": "1", "d": "2"}}}),
     ([("a[b", "1")], {"a": "1"}), ([("", "1")], {"0": "1"})],
)  # fmt: skip
def test_brackets_are_read_as_php_does(pairs, tree) -> None:
    assert read_query(pairs) == tree


@given(
    st.lists(st.tuples(st.text(alphabet="ab[]01", max_size=12), st.text(max_size=3)), max_size=9)
)
@settings(deadline=None)
def test_any_query_can_be_read(pairs) -> None:
    assert isinstance(read_query(pairs), dict)

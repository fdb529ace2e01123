"""Answers that are not as documented: what can be read is read, the rest is counted or refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.crm.amocrm import LISTINGS, Page, read_page
from dedupe.errors import RemoteError
from tests.unit.crm.amocrm.answers import AT, HOST, contact, email, field, lead, page, phone

CONTACTS, LEADS = LISTINGS["contacts"], LISTINGS["leads"]
NOW = AT + 86_400


def read(*items: Any) -> Page:
    return read_page(CONTACTS, page("contacts", *items), now=NOW)


def first(*items: Any) -> dict[str, Any]:
    return read(*items).tables["contacts"].row(0, named=True)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>maintenance</body></html>",
        page("contacts", contact())[:-7],
        page("contacts", contact()) + b" trailing",
        page("companies", contact()),
        b'{"_embedded": {"contacts": "none"}}',
        b'{"success": false, "errorMsg": "limit"}',
        b'{"error": "x", "_links": {}}',
        b"42",
        b'"text"',
        b"[1]",
        b'[{"id": 1}]',
        b"NaN",
        b'{"_embedded": {"contacts": [NaN]}}',
        b"[" * 100_000,
        b'{"_embedded": {"contacts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        page("contacts", contact(name="имя")).decode().encode("cp1251"),
        page("contacts", contact()).decode().encode("utf-16"),
        b"\x00\x01",
    ],
    ids=range(18),
)
def test_what_is_no_page_is_refused_in_one_line(body: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        read_page(CONTACTS, body)
    text = str(caught.value)
    assert text.startswith("/api/v4/contacts: ")
    assert "\n" not in text
    assert "Ветрова" not in text


def test_a_byte_order_mark_and_white_space_are_no_matter() -> None:
    assert read_page(CONTACTS, b"\xef\xbb\xbf" + page("contacts", contact()) + b"\r\n").n == 1


@pytest.mark.parametrize("told", ["7", 7.0, " 7 ", "7.0"])
def test_an_id_may_come_as_text_or_float(told: Any) -> None:
    assert read(contact(told)).ids == ["7"]


def test_a_large_id_is_exact() -> None:
    large = 2**53 + 1
    assert read(contact(large), contact(str(large + 2))).ids == [str(large), str(large + 2)]


@pytest.mark.parametrize("told", [None, 0, -1, "", "x", True, 1.5, [], {}, 1e300])
def test_a_record_without_a_usable_id_is_set_aside_and_counted(told: Any) -> None:
    found = read(contact(told), contact(8, phone("1")))
    assert (found.n, found.n_quarantined, found.ids) == (2, 1, ["8"])
    assert found.tables["channels"]["record_id"].to_list() == ["8"]


def test_a_record_that_is_none_is_set_aside() -> None:
    bare = {k: v for k, v in contact().items() if k != "id"}
    found = read(None, "x", 5, [], bare, contact(8))
    assert (found.n, found.n_quarantined, found.ids) == (6, 5, ["8"])


@pytest.mark.parametrize("told", [0, -5, AT * 1000, NOW + 10**8, "yesterday", [], {}, True, 2**70])
@pytest.mark.parametrize("name", ["created_at", "updated_at"])
def test_a_moment_that_cannot_be_is_null_and_counted(name: str, told: Any) -> None:
    found = read(contact(7, **{name: told}), contact(8))
    assert found.tables["contacts"][name].null_count() == 1
    assert (found.n_mended, found.n_quarantined) == (1, 0)
    assert len(found.updated) == (1 if name == "updated_at" else 2)


def test_a_moment_may_come_as_text_or_float() -> None:
    found = read(contact(7, created_at=str(AT), updated_at=float(AT)))
    assert (found.updated, found.n_mended) == ([AT], 0)


def test_the_crms_clock_may_be_a_little_ahead() -> None:
    assert read(contact(7, updated_at=NOW + 3600)).n_mended == 0


def test_php_writes_empty_objects_as_lists_and_lists_as_objects() -> None:
    found = read(
        contact(7, _embedded=[]),
        contact(8, custom_fields_values={}, _embedded={"tags": {}, "companies": {}}),
        contact(9, custom_fields_values={"0": phone("1"), "2": email("a@example.ru")}),
    )
    assert (found.n_quarantined, found.n_mended) == (0, 0)
    assert found.tables["channels"]["raw"].to_list() == ["1", "a@example.ru"]
    numbered = {"_embedded": {"contacts": {"0": contact(7), "3": contact(8)}}}
    assert read_page(CONTACTS, json.dumps(numbered).encode()).ids == ["7", "8"]


@pytest.mark.parametrize(
    ("told", "raw"),
    [
        (79030000001, "79030000001"),
        (7.5, "7.5"),
        ("", None),
        (None, None),
        (False, "false"),
        ({"number": "1"}, '{"number":"1"}'),
        (["1", "2"], '["1","2"]'),
        (2**70, str(2**70)),
        ("9" * 10_000, "9" * 10_000),
    ],
)
def test_a_phone_may_be_anything(told: Any, raw: str | None) -> None:
    found = read(contact(7, phone(told)))
    assert found.tables["channels"]["raw"].to_list() == ([] if raw is None else [raw])


@pytest.mark.parametrize(
    "odd",
    [
        field("3", {"value": "1", "enum_id": "1", "enum_code": "WORK"}, code="PHONE"),
        field(3, {"value": "1", "enum_id": 1.0, "enum_code": 5}, code="PHONE"),
        field(3, {"value": "1", "enum_id": [], "enum_code": None}, code="PHONE"),
        field(3, None, 5, "x", {"value": "1"}, code="PHONE"),
        {"field_id": 3, "field_code": "PHONE", "values": {"1": {"value": "1"}}},
        {"field_id": 3, "field_code": "PHONE", "field_type": 8, "values": [{"value": "1"}]},
    ],
)
def test_a_field_of_odd_shape_is_read_as_far_as_it_goes(odd: Any) -> None:
    found = read(contact(7, odd, email("a@example.ru")))
    assert found.tables["channels"].select("kind", "raw").rows() == [
        ("phone", "1"),
        ("email", "a@example.ru"),
    ]


def test_fields_without_values_or_number_are_left_out() -> None:
    found = read(
        contact(7, field(1), field(None, {"value": "x"}), {"field_id": 2, "values": None}, None)
    )
    assert found.tables["field_values"].height == 0
    assert (found.ids, found.n_mended) == (["7"], 2)


def test_one_odd_record_does_not_change_how_others_are_read() -> None:
    good = [contact(i, phone(str(i))) for i in range(1, 5)]
    alone, beside = read(*good), read(*good, contact("x"))
    for name, frame in alone.tables.items():
        assert frame.equals(beside.tables[name])


def test_a_name_may_be_a_number_or_nothing() -> None:
    assert first(contact(7, name=1.5))["name"] == "1.5"
    assert first(contact(7, name=True))["name"] is None
    assert first(contact(7, name=234))["name"] == "234"
    assert first(contact(7, name=None))["name"] is None
    assert first(contact(7, name={"a": 1}))["name"] is None


def test_half_an_emoji_costs_a_character_and_not_the_account() -> None:
    body = page("contacts", contact(7, name="HALF"), contact(8)).replace(b"HALF", b"Anna \\ud83d")
    found = read_page(CONTACTS, body, now=NOW)
    assert found.tables["contacts"]["name"].to_list() == ["Anna \ufffd", "Анна Ветрова"]


@pytest.mark.parametrize("depth", [100, 300, 450, 480, 600, 900, 940, 960, 2000])
@pytest.mark.parametrize("place", ["name", "value", "id"])
def test_a_deeply_nested_value_is_read_or_refused(place: str, depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    item = contact(7, phone("VALUE"), name="NAME", updated_at="odd")
    body = page("contacts", item, contact(8))
    what = {"name": b'"NAME"', "value": b'"VALUE"', "id": b'"id": 7,'}[place]
    body = body.replace(what, b'"id": ' + nested + b"," if place == "id" else nested)
    try:
        found = read_page(CONTACTS, body, now=NOW)
    except RemoteError:
        assert depth > 400
    else:
        assert found.ids[-1] == "8"


def test_a_number_beyond_all_numbers_costs_its_own_value_at_most() -> None:
    item = contact(7, phone("BEYOND"), name="BEYOND", updated_at="BEYOND")
    body = page("contacts", item, contact(8), contact("BEYOND")).replace(b'"BEYOND"', b"1e400")
    found = read_page(CONTACTS, body, now=NOW)
    assert (found.ids, found.n_quarantined) == (["7", "8"], 1)
    assert found.tables["contacts"]["updated_at"].null_count() == 1
    body = page("leads", lead(1, price="BEYOND")).replace(b'"BEYOND"', b"-1e400")
    assert read_page(LEADS, body, now=NOW).tables["deals"]["price"].to_list() == [None]


def test_flags_may_be_numbers() -> None:
    assert first(contact(7, is_deleted=1))["is_deleted"] is True
    assert first(contact(7, is_deleted="0"))["is_deleted"] is False


def test_a_price_may_be_a_text() -> None:
    found = read_page(LEADS, page("leads", lead(1, price="99.50"), lead(2, price="much")), now=NOW)
    assert found.tables["deals"]["price"].to_list() == [99.5, None]
    assert found.n_mended == 1


def test_of_a_record_that_comes_twice_the_later_stays() -> None:
    found = read(
        contact(7, phone("new"), updated_at=AT + 9),
        contact(7, phone("old"), updated_at=AT),
        contact(8),
    )
    assert (found.n, found.ids) == (3, ["7", "8"])
    assert found.tables["channels"]["raw"].to_list() == ["new"]
    assert found.tables["record_tags"].height == 2


@pytest.mark.parametrize(
    ("links", "path"),
    [
        ({"next": {"href": f"{HOST}/api/v4/contacts?limit=2&page=2"}},
         "/api/v4/contacts?limit=2&page=2"),
        ({"next": {"href": "/api/v4/contacts?page=2"}}, "/api/v4/contacts?page=2"),
        ({"next": f"{HOST}/api/v4/contacts?page=2"}, "/api/v4/contacts?page=2"),
        ({"next": {"href": ""}}, None),
        ({"next": {"href": None}}, None),
        ({"next": None}, None),
        ({"next": []}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)  # fmt: skip
def test_the_next_page_is_a_path(links: Any, path: str | None) -> None:
    body = json.dumps({"_links": links, "_embedded": {"contacts": [contact()]}}).encode()
    found = read_page(CONTACTS, body)
    assert (found.next_path, found.has_next) == (path, path is not None)


@pytest.mark.parametrize("told", [{"href": {"page": 2}}, {"href": [2]}, True, ["x"]])
def test_a_next_page_that_cannot_be_read_is_no_end(told: Any) -> None:
    body = json.dumps({"_links": {"next": told}, "_embedded": {"contacts": [contact()]}}).encode()
    with pytest.raises(RemoteError):
        read_page(CONTACTS, body)


@pytest.mark.parametrize(
    "href", [f"{HOST}/api/v4/contacts?page=1", "https://evil.example/api?page=2", "https://[bad"]
)
def test_a_next_page_that_is_this_one_or_elsewhere_is_refused(href: str) -> None:
    links = {"self": {"href": f"{HOST}/api/v4/contacts?page=1"}, "next": {"href": href}}
    body = json.dumps({"_links": links, "_embedded": {"contacts": [contact()]}}).encode()
    with pytest.raises(RemoteError):
        read_page(CONTACTS, body)


@pytest.mark.parametrize(
    ("extra", "n_pages"),
    [
        ({"_page_count": 4}, 4),
        ({"_total_items": 251}, 2),
        ({"_total_items": 0}, None),
        ({"_page_count": "x"}, None),
        ({"_page_count": -5, "_total_items": -1}, None),
        ({"_links": {"last": {"href": f"{HOST}/api/v4/contacts?limit=2&page=10"}}}, 10),
        ({"_links": {"last": {"href": f"{HOST}/api/v4/contacts?page={'9' * 99}"}}}, None),
        ({}, None),
    ],
)
def test_the_number_of_pages_is_told_where_the_crm_tells_it(
    extra: dict[str, Any], n_pages: int | None
) -> None:
    assert read_page(CONTACTS, page("contacts", contact(), **extra)).n_pages == n_pages


_ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, 2**80, "", "x", "\ud83d", [], {}, [None], {"0": 1}, {"id": 5}, [[]]]
)


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a page with some of its parts dropped or replaced by something else."""
    name = draw(st.sampled_from(sorted(_PAGES)))
    document = copy.deepcopy(_PAGES[name])
    for _ in range(draw(st.integers(1, 4))):
        place = document
        while isinstance(place, (dict, list)) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if not isinstance(inner, (dict, list)) or not inner or draw(st.integers(0, 5)) == 0:
                if draw(st.booleans()):
                    place[key] = copy.deepcopy(draw(_ODD))
                else:
                    del place[key]
                break
            place = inner
    return name, document


_USER = {"id": 1, "name": "П", "rights": {"leads": {"view": "A"}, "is_admin": True},
         "_embedded": {"roles": [{"id": 3}], "groups": []}}  # fmt: skip
_EVENT = {"id": "01a", "type": "lead_status_changed", "entity_id": 7, "entity_type": "lead",
          "created_by": 1, "created_at": AT,
          "value_after": [{"lead_status": {"id": 1, "pipeline_id": 2}}],
          "value_before": []}  # fmt: skip
_MESSAGE = _EVENT | {"type": "incoming_chat_message", "value_after": [{"message": {"id": "m"}}]}
_STAGES = {"statuses": [{"id": 142, "name": "x", "sort": 1, "type": 0}]}
_PAGES: dict[str, Any] = {
    name: json.loads(page(LISTINGS[name].key, *items, more=True))
    for name, items in {
        "contacts": (contact(7, phone("1"), email("a@example.ru")), contact(8)),
        "leads": (lead(70, custom_fields_values=[field(3, {"value": 1577836800}, type_="date")]),),
        "users": (_USER,),
        "pipelines": ({"id": 1, "name": "x", "sort": 1, "is_main": True, "_embedded": _STAGES},),
        "contact_fields": ({"id": 3, "name": "x", "code": "PHONE", "type": "multitext", "sort": 1,
                            "enums": [{"id": 1, "value": "WORK", "sort": 1}],
                            "required_statuses": [{"status_id": 1, "pipeline_id": 2}]},),
        "tasks": ({"id": 1, "entity_id": 7, "entity_type": "leads", "result": {"text": "x"},
                   "complete_till": AT, "is_completed": False, "task_type_id": 1},),
        "deal_notes": ({"id": 1, "entity_id": 7, "note_type": "common", "params": {"text": "x"}},),
        "events": (_EVENT,),
        "chats": (_MESSAGE,),
        "unsorted": ({"uid": "u", "category": "sip", "pipeline_id": 1, "created_at": AT,
                      "_embedded": {"contacts": [{"id": 1}], "leads": [{"id": 2}]}},),
        "webhooks": ({"id": 1, "destination": "https://example.ru", "settings": ["add_lead"],
                      "disabled": False},),
        "widgets": ({"id": 1, "code": "x", "is_active_in_account": True},),
        "deal_tags": ({"id": 1, "name": "x", "color": None},),
        "deleted_contacts": ({"id": 1, "updated_at": AT, "is_deleted": True},),
    }.items()
}  # fmt: skip


def _is_read_or_refused(name: str, body: bytes) -> None:
    is_one_line, found = False, None
    try:
        found = read_page(LISTINGS[name], body, now=NOW)
    except RemoteError as error:
        is_one_line = "\n" not in str(error)
        found = None
    if found is None:
        assert is_one_line
        return
    assert found.n == 0 or len(found.ids) + found.n_quarantined <= found.n
    for table, frame in found.tables.items():
        SNAPSHOT_TABLES[table].check(frame)
    assert len(set(found.ids)) == len(found.ids)


@settings(deadline=None, max_examples=300)
@given(case=_mutated())
def test_a_mutated_page_is_read_or_refused(case: tuple[str, Any]) -> None:
    name, document = case
    _is_read_or_refused(name, json.dumps(document).encode())


@settings(deadline=None, max_examples=200)
@given(
    name=st.sampled_from(sorted(_PAGES)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    cut=st.floats(0, 1),
)
def test_a_page_with_damaged_bytes_is_read_or_refused(
    name: str, flips: list[tuple[float, int]], cut: float
) -> None:
    body = bytearray(json.dumps(_PAGES[name], ensure_ascii=False).encode())
    for place, byte in flips:
        body[int(place * len(body))] = byte
    _is_read_or_refused(name, bytes(body))
    _is_read_or_refused(name, bytes(body[: int(cut * len(body))]))

"""Fresh cards, requests and answers of amoCRM, over small answers of the documented shape."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.crm.amocrm.writing import AmoSink, fetch_fields
from dedupe.crm.http import Answer, Refused, Sent
from dedupe.crm.http import Outcome as Delivery
from dedupe.plan.ops import (
    AddNote,
    CreateTask,
    EditNote,
    FieldChange,
    Item,
    LinkCards,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from dedupe.plan.sink import Outcome

API = "/api/v4"
CONTACT, COMPANY = Ref("contact", "11"), Ref("company", "21")
DEAL, TASK = Ref("deal", "31"), Ref("task", "41")
ACCOUNT = {"id": 77, "name": "Fictional", "subdomain": "f", "country": "RU", "current_user_id": 1}


def contact(**more: object) -> dict[str, object]:
    phones = [{"value": "+7 000 000-00-02", "enum_id": 5, "enum_code": "WORK"}]
    return {
        "id": 11,
        "name": "Fictional Person",
        "first_name": "",
        "last_name": None,
        "responsible_user_id": 1,
        "is_deleted": False,
        "updated_at": 1_700_000_000,
        "created_at": 1_600_000_000,
        "custom_fields_values": [
            {"field_id": 1, "field_code": "PHONE", "field_type": "multitext", "values": phones},
            {"field_id": 700, "field_type": "text", "values": [{"value": "Kazan"}]},
        ],
        "_embedded": {"tags": [{"id": 3, "name": "vip"}], "companies": [{"id": 21}]},
        **more,
    }


class Wire:
    """Answers by path; remembers what was sent."""

    def __init__(self, answers: dict[str, object], *, has_filters: bool = False) -> None:
        self.answers = {f"{API}/account": ACCOUNT, **answers}
        if has_filters:
            self.answers[f"{API}/account"] = ACCOUNT | {"is_api_filter_enabled": True}
        self.gets: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.sent: list[tuple[str, str, object]] = []
        self.outcome = Sent(Delivery.DONE, answer(None, status=204))

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        self.gets.append((path, tuple(params)))
        found = self.answers.get(path)
        if isinstance(found, Exception):
            raise found
        return answer(found, status=200 if found is not None else 204)

    def send(self, method: str, path: str, body: bytes) -> Sent:
        self.sent.append((method, path, json.loads(body)))
        return self.outcome


def answer(told: object, *, status: int = 200) -> Answer:
    body = b"" if told is None else json.dumps(told).encode()
    return Answer(status, body, {}, None)


def fields(*rows: tuple[str, str, str]) -> pl.DataFrame:
    table = [
        {"entity": entity, "id": id_, "name": id_, "type": type_} for entity, id_, type_ in rows
    ]
    frame = pl.DataFrame(table, schema=dict.fromkeys(("entity", "id", "name", "type"), pl.String))
    return SNAPSHOT_TABLES["fields"].conform(frame)


def sink(wire: Wire, *rows: tuple[str, str, str]) -> AmoSink:
    return AmoSink(wire, "f.amocrm.ru", fields(*rows))


def body_of(op: Op, *rows: tuple[str, str, str], card: object = None) -> tuple[str, str, object]:
    wire = Wire({f"{API}/contacts/11": card or contact()})
    made = sink(wire, *rows)
    request = made.request([("m:1", op)], made.read({CONTACT}))
    return request.method, request.path.removeprefix(API), json.loads(request.body)


def test_a_card_is_read_in_the_snapshots_own_words() -> None:
    card = sink(Wire({f"{API}/contacts/11": contact()})).read({CONTACT})[CONTACT]
    assert card is not None
    assert card.values == {"PHONE": (Item("+7 000 000-00-02", "WORK"),)}
    assert (card.fields["name"], card.fields["700"]) == ("Fictional Person", "Kazan")
    assert card.fields["first_name"] is None
    assert card.tags == {"vip"}
    assert COMPANY in card.links


def test_a_card_that_is_gone_or_in_the_bin_is_told_apart() -> None:
    wire = Wire({f"{API}/contacts/11": contact(is_deleted=True)})
    other = Ref("contact", "12")
    cards = sink(wire).read({CONTACT, other})
    assert cards[other] is None
    assert cards[CONTACT] is not None
    assert cards[CONTACT].is_deleted


def test_a_patch_sends_the_whole_list_and_nothing_that_stays() -> None:
    change = ValuesChange(field="PHONE", new=(Item("+70000000003", "MOB"),))
    method, path, body = body_of(PatchCard(record=CONTACT, changes=(change,)))
    assert (method, path) == ("PATCH", "/contacts")
    assert body == [
        {
            "id": 11,
            "request_id": "m:1",
            "custom_fields_values": [
                {
                    "field_code": "PHONE",
                    "values": [
                        {"value": "+7 000 000-00-02", "enum_code": "WORK"},
                        {"value": "+70000000003", "enum_code": "MOB"},
                    ],
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("checkbox", "true", True),
        ("text", "Kazan", "Kazan"),
        ("date", "2020-01-01", 1_577_836_800),
        ("numeric", "12.5", "12.5"),
    ],
)
def test_a_single_value_is_written_as_its_field_wants_it(type_, text, value) -> None:
    change = FieldChange(field="800", before=None, after=text)
    op = PatchCard(record=CONTACT, changes=(change,))
    _, _, body = body_of(op, ("contact", "800", type_))
    assert body[0]["custom_fields_values"] == [{"field_id": 800, "values": [{"value": value}]}]


def test_a_field_that_is_emptied_has_no_values() -> None:
    change = FieldChange(field="700", before="Kazan", after=None)
    _, _, body = body_of(PatchCard(record=CONTACT, changes=(change,)), ("contact", "700", "text"))
    assert body[0]["custom_fields_values"] == [{"field_id": 700, "values": None}]


@pytest.mark.parametrize(
    ("op", "method", "path", "body"),
    [
        (
            SetTags(record=CONTACT, add=("a",), remove=("b",)),
            "PATCH",
            "/contacts",
            [
                {
                    "id": 11,
                    "request_id": "m:1",
                    "tags_to_add": [{"name": "a"}],
                    "tags_to_delete": [{"name": "b"}],
                }
            ],
        ),
        (
            LinkCards(deal_or_card=DEAL, to=CONTACT, is_main=True),
            "POST",
            "/leads/31/link",
            [{"to_entity_id": 11, "to_entity_type": "contacts", "metadata": {"is_main": True}}],
        ),
        (
            UnlinkCards(deal_or_card=DEAL, to=CONTACT),
            "POST",
            "/leads/31/unlink",
            [{"to_entity_id": 11, "to_entity_type": "contacts"}],
        ),
        (
            MoveTask(task=TASK, before=COMPANY, after=CONTACT),
            "PATCH",
            "/tasks",
            [{"id": 41, "request_id": "m:1", "entity_id": 11, "entity_type": "contacts"}],
        ),
        (
            EditNote(record=CONTACT, note_id="9", text="new", before="old"),
            "PATCH",
            "/contacts/11/notes/9",
            {"note_type": "common", "params": {"text": "new"}},
        ),
    ],
)
def test_each_operation_is_one_request_of_the_api(op, method, path, body) -> None:
    assert body_of(op) == (method, path, body)


def test_a_note_carries_the_mark_by_which_it_is_found_and_wakes_no_bot() -> None:
    _, path, body = body_of(AddNote(record=CONTACT, text="kept"))
    assert path == "/contacts/11/notes"
    assert body[0]["params"]["text"] == "kept\n⟦cc:m:1⟧"
    assert body[0]["is_need_to_trigger_digital_pipeline"] is False
    listed = {"_embedded": {"notes": [{"id": 5, "params": {"text": "kept\n⟦cc:m:1⟧"}}]}}
    made = sink(Wire({f"{API}/contacts/11/notes": listed}))
    note = AddNote(record=CONTACT, text="kept")
    assert made.holds("m:1", note, {})
    assert not made.holds("m:2", note, {})


def test_a_task_is_found_by_what_it_says() -> None:
    op = CreateTask(
        record=DEAL, owner_id="1", task_type_id="1", text="call", due_at="2026-11-25T00:00:00Z"
    )
    task = {
        "id": 1,
        "text": "call",
        "complete_till": 1_795_564_800,
        "responsible_user_id": 1,
        "entity_id": 31,
    }
    listed = {"_embedded": {"tasks": [task]}}
    assert sink(Wire({f"{API}/tasks": listed})).holds("m:1", op, {})
    other = {"_embedded": {"tasks": [task | {"text": "write"}]}}
    assert not sink(Wire({f"{API}/tasks": other})).holds("m:1", op, {})


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (Sent(Delivery.DONE, answer(None, status=204)), Outcome.DONE),
        (Sent(Delivery.DONE, answer(None, status=202)), Outcome.UNKNOWN),
        (Sent(Delivery.DONE, Answer(200, b"<html>", {}, None)), Outcome.UNKNOWN),
        (Sent(Delivery.DONE, Answer(200, b'{"_embedded": {"x"', {}, None)), Outcome.UNKNOWN),
        (Sent(Delivery.DONE, answer([1])), Outcome.UNKNOWN),
        (Sent(Delivery.REFUSED, error=Refused("x", 400)), Outcome.REFUSED),
        (Sent(Delivery.UNSENT), Outcome.UNSENT),
        (Sent(Delivery.UNKNOWN), Outcome.UNKNOWN),
    ],
)
def test_an_answer_is_done_only_where_it_says_so(sent, outcome) -> None:
    wire = Wire({f"{API}/contacts/11": contact()})
    wire.outcome = sent
    made = sink(wire)
    request = made.request([("m:1", SetTags(record=CONTACT, add=("a",)))], {})
    assert made.send(request).outcome is outcome


def test_an_item_of_a_batch_of_which_the_answer_does_not_speak_is_missing() -> None:
    wire = Wire({})
    told = {"_embedded": {"contacts": [{"id": 11, "request_id": "m:1"}]}}
    wire.outcome = Sent(Delivery.DONE, answer(told))
    made = sink(wire)
    tags = [
        ("m:1", SetTags(record=CONTACT, add=("a",))),
        ("m:2", SetTags(record=Ref("contact", "12"), add=("a",))),
    ]
    result = made.send(made.request(tags, {}))
    assert (result.outcome, result.missing) == (Outcome.DONE, {"m:2"})


def test_fields_are_read_as_they_are_now_and_a_list_that_is_forbidden_is_left_out() -> None:
    listed = {"_embedded": {"custom_fields": [{"id": 700, "name": "City", "type": "text"}]}}
    wire = Wire(
        {
            f"{API}/contacts/custom_fields": listed,
            f"{API}/companies/custom_fields": Refused("x", 403),
        }
    )
    found = fetch_fields(wire)
    assert found.select("entity", "id", "type").rows() == [("contact", "700", "text")]
    with pytest.raises(Refused):
        fetch_fields(Wire({f"{API}/contacts/custom_fields": Refused("x", 400)}))

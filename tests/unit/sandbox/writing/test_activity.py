"""Notes, tasks and calls."""

from __future__ import annotations

import pytest

NOW = 1_790_000_000
PARAMS = {
    "common": {"text": "а"},
    "call_in": {"uniq": "u", "duration": 5, "source": "s", "link": "l", "phone": "1"},
    "call_out": {"uniq": "u", "duration": 5, "source": "s", "link": None, "phone": "1",
                 "call_responsible": 11, "call_result": "да", "call_status": 4},
    "service_message": {"service": "s", "text": "а"},
    "extended_service_message": {"service": "s", "text": "а"},
    "message_cashier": {"status": "created", "text": "а"},
    "geolocation": {"text": "а", "address": "б", "longitude": "1", "latitude": "2"},
    "sms_in": {"text": "а", "phone": "1"},
    "sms_out": {"text": "а", "phone": "1"},
    "attachment": {"file_uuid": "f", "file_name": "n"},
}  # fmt: skip
EVENTS = {
    "common": "common_note_added",
    "call_in": "incoming_call",
    "call_out": "outgoing_call",
    "service_message": "service_note_added",
    "extended_service_message": "service_note_added",
    "message_cashier": "message_to_cashier_note_added",
    "geolocation": "geo_note_added",
    "sms_in": "incoming_sms",
    "sms_out": "outgoing_sms",
    "attachment": "attachment_note_added",
}


@pytest.mark.parametrize("kind", PARAMS)
def test_ten_types_of_notes_can_be_made(crm, kind) -> None:
    sent = {"note_type": kind, "params": PARAMS[kind], "created_by": 12, "created_at": 5}
    told = crm.ok("POST", "leads/31/notes", [sent | {"request_id": "r"}])
    [one] = told["_embedded"]["notes"]
    assert (one["entity_id"], one["request_id"]) == (31, "r")
    assert one["_links"]["self"]["href"].endswith(f"/api/v4/leads/31/notes/{one['id']}")
    note = crm.state.get("notes", one["id"])
    assert (note["entity_type"], note["note_type"], note["params"]) == ("leads", kind, PARAMS[kind])
    assert (note["created_by"], note["responsible_user_id"], note["created_at"]) == (12, 12, 5)
    assert crm.events() == [(EVENTS[kind], "lead", 31)]


def test_notes_of_many_cards_at_once(crm) -> None:
    sent = [{"entity_id": id_, "note_type": "common", "params": {"text": "а"}} for id_ in (1, 2)]
    told = crm.ok("POST", "contacts/notes", sent)
    assert [n["entity_id"] for n in told["_embedded"]["notes"]] == [1, 2]


def test_a_note_starts_automations_unless_told_not_to(crm) -> None:
    note = {"note_type": "common", "params": {"text": "а"}}
    crm.ok("POST", "leads/31/notes", [note])
    assert [e.kind for e in crm.effects] == ["trigger", "add"]
    crm.effects.clear()
    crm.ok("POST", "leads/31/notes", [note | {"is_need_to_trigger_digital_pipeline": False}])
    assert [e.kind for e in crm.effects] == ["add"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"note_type": "common", "text": "а"}, ("FieldNotExpected", "text")),
        ({"note_type": "common"}, ("FieldMissing", "params")),
        ({"note_type": "common", "params": {}}, ("FieldMissing", "params.text")),
        ({"note_type": "common", "params": {"text": ""}}, ("NotBlank", "params.text")),
        ({"note_type": "common", "params": {"text": 5}}, ("InvalidType", "params.text")),
        ({"note_type": "chat", "params": {"text": "а"}}, ("NotSupportedChoice", "note_type")),
        ({"params": {"text": "а"}}, ("FieldMissing", "note_type")),
        (
            {"note_type": "common", "params": {"text": "а", "x": 1}},
            ("FieldNotExpected", "params.x"),
        ),
        (
            {"note_type": "common", "params": {"text": "а"}, "created_by": 13},
            ("NotSupportedChoice", "created_by"),
        ),
        (
            {"note_type": "common", "params": {"text": "а"}, "entity_id": 404},
            ("EntityNotFound", "entity_id"),
        ),
    ],
)
def test_a_wrong_note_is_refused(crm, sent, expected) -> None:
    good = {"entity_id": 1, "note_type": "common", "params": {"text": "а"}}
    assert crm.problems("POST", "contacts/notes", [good, {"entity_id": 1} | sent]) == [expected]


def test_a_note_is_edited_in_place(crm) -> None:
    told = crm.ok("PATCH", "contacts/1/notes/51", {"params": {"text": "новое"}})
    assert (told["id"], told["entity_id"], told["updated_at"]) == (51, 1, NOW)
    assert crm.state.get("notes", 51)["params"] == {"text": "новое"}
    batch = crm.ok("PATCH", "contacts/notes", [{"id": 51, "params": {"text": "ещё"}}])
    assert batch["_embedded"]["notes"][0]["updated_at"] == NOW


def test_a_note_stays_on_its_card(crm) -> None:
    found = crm.problems("PATCH", "contacts/notes", [{"id": 51, "entity_id": 2}])
    assert found == [("NotSupportedChoice", "entity_id")]
    assert crm.problems("PATCH", "leads/notes", [{"id": 51}]) == [("EntityNotFound", "id")]
    assert crm.send("PATCH", "contacts/2/notes/51", {}).status == 404


def test_what_amocrm_wrote_itself_is_not_edited(crm) -> None:
    found = crm.problems("PATCH", "contacts/notes", [{"id": 52, "params": {"text": "x"}}])
    assert found == [("NotSupportedChoice", "note_type")]


def test_a_task_is_made_with_defaults(crm) -> None:
    told = crm.ok("POST", "tasks", [{"text": "а", "complete_till": 99, "request_id": "r"}])
    [one] = told["_embedded"]["tasks"]
    task = crm.state.get("tasks", one["id"])
    assert one["request_id"] == "r"
    assert (task["task_type_id"], task["result"], task["is_completed"]) == (1, [], False)
    assert (task["entity_id"], task["entity_type"], task["responsible_user_id"]) == (None, None, 11)
    assert crm.events() == [("task_added", "task", one["id"])]


def test_a_task_can_be_bound_to_another_card(crm) -> None:
    told = crm.ok("PATCH", "tasks", [{"id": 41, "entity_id": 2, "entity_type": "contacts"}])
    assert told["_embedded"]["tasks"][0].keys() == {"id", "updated_at", "request_id", "_links"}
    task = crm.state.get("tasks", 41)
    assert (task["entity_type"], task["entity_id"], task["text"]) == ("contacts", 2, "Позвонить")
    assert crm.state.closest_task("leads", 31) is None
    assert crm.state.closest_task("contacts", 2) == task["complete_till"]


def test_a_task_is_completed_with_a_result(crm) -> None:
    told = crm.ok("PATCH", "tasks/41", {"is_completed": True, "result": {"text": "да"}})
    assert (told["id"], told["request_id"]) == (41, "0")
    task = crm.state.get("tasks", 41)
    assert (task["is_completed"], task["result"]) == (True, {"text": "да"})
    assert {e[0] for e in crm.events()} == {"task_completed", "task_result_added"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"complete_till": 5}, ("FieldMissing", "text")),
        ({"text": "а"}, ("FieldMissing", "complete_till")),
        ({"text": "", "complete_till": 5}, ("NotBlank", "text")),
        ({"text": "а", "complete_till": 5, "entity_id": 31}, ("FieldMissing", "entity_type")),
        ({"text": "а", "complete_till": 5, "entity_type": "leads"}, ("FieldMissing", "entity_id")),
        (
            {"text": "а", "complete_till": 5, "entity_id": 404, "entity_type": "leads"},
            ("EntityNotFound", "entity_id"),
        ),
        (
            {"text": "а", "complete_till": 5, "entity_id": 1, "entity_type": "lead"},
            ("NotSupportedChoice", "entity_type"),
        ),
        ({"text": "а", "complete_till": 5, "task_type_id": 9},
         ("NotSupportedChoice", "task_type_id")),
        ({"text": "а", "complete_till": 5, "result": "да"}, ("InvalidType", "result")),
        ({"text": "а", "complete_till": 5, "responsible_user_id": 13},
         ("NotSupportedChoice", "responsible_user_id")),
    ],
)  # fmt: skip
def test_a_wrong_task_is_refused(crm, sent, expected) -> None:
    good = {"text": "а", "complete_till": 5}
    assert crm.problems("POST", "tasks", [good, sent]) == [expected]


def test_absent_tasks_are_not_found(crm) -> None:
    assert crm.problems("PATCH", "tasks", [{"id": 404}, {"text": "а"}]) == [
        ("EntityNotFound", "id"),
        ("FieldMissing", "id"),
    ]
    assert crm.send("PATCH", "tasks/404", {}).status == 404


CALL = {"direction": "inbound", "duration": 5, "source": "s"}


def test_a_call_goes_to_the_one_open_lead_of_its_number(crm) -> None:
    told = crm.ok("POST", "calls", [CALL | {"phone": "8 (900) 000-00-01"}])
    [one] = told["_embedded"]["calls"]
    assert (one["entity_id"], one["entity_type"], told["errors"]) == (31, "lead", [])
    assert crm.state.get("notes", one["id"])["note_type"] == "call_in"
    assert crm.events() == [("incoming_call", "lead", 31)]


def test_a_call_goes_to_the_card_when_its_leads_are_not_one(crm) -> None:
    told = crm.ok("POST", "calls", [CALL | {"phone": "4950000003", "direction": "outbound"}])
    assert told["_embedded"]["calls"][0]["entity_type"] == "company"


def test_calls_of_nobody_are_told_beside_the_others(crm) -> None:
    told = crm.ok("POST", "calls", [CALL | {"phone": "12345"}, CALL | {"phone": "89000000002"}])
    assert told["_total_items"] == 1
    assert [e["request_id"] for e in told["errors"]] == ["0"]


def test_the_numbers_of_calls_follow_changes_of_cards(crm) -> None:
    crm.ok("POST", "calls", [CALL | {"phone": "12345"}])
    entry = {"field_code": "PHONE", "values": [{"value": "1-23-45"}]}
    crm.ok("PATCH", "contacts/3", {"custom_fields_values": [entry]})
    told = crm.ok("POST", "calls", [CALL | {"phone": "12345"}])
    assert told["_embedded"]["calls"][0]["entity_id"] == 33


def test_a_wrong_call_is_refused(crm) -> None:
    assert crm.problems("POST", "calls", [CALL]) == [("FieldMissing", "phone")]
    sent = CALL | {"phone": "1", "direction": "in"}
    assert crm.problems("POST", "calls", [sent]) == [("NotSupportedChoice", "direction")]

"""Tags, custom fields, webhooks, sources, loss reasons: the account's settings."""

from __future__ import annotations

import pytest


def test_an_existing_tag_gives_its_id(crm) -> None:
    told = crm.ok("POST", "contacts/tags", [{"name": "старый"}, {"name": "н", "request_id": "r"}])
    one, two = told["_embedded"]["tags"]
    assert (one["id"], one["request_id"], told["_total_items"]) == (81, "0", 2)
    assert two["request_id"] == "r"
    assert two["id"] == {t["name"]: t["id"] for t in crm.state.tags("contacts")}["н"]
    assert [e.after["name"] for e in crm.effects] == ["н"]


def test_a_new_name_twice_is_one_tag(crm) -> None:
    told = crm.ok("POST", "contacts/tags", [{"name": "н"}, {"name": "н"}])
    assert len({tag["id"] for tag in told["_embedded"]["tags"]}) == 1


@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        ("contacts/tags", {}, ("FieldMissing", "name")),
        ("contacts/tags", {"name": ""}, ("NotBlank", "name")),
        ("contacts/tags", {"name": "а", "color": "EBEBEB"}, ("NotSupportedChoice", "color")),
        ("leads/tags", {"name": "а", "color": "123456"}, ("NotSupportedChoice", "color")),
    ],
)
def test_a_wrong_tag_is_refused(crm, path, sent, expected) -> None:
    assert crm.problems("POST", path, [{"name": "хороший"}, sent]) == [expected]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ({"id": 83}, ("NotSupportedChoice", "tags_to_add.0.id")),  # of leads
        ({}, ("FieldMissing", "tags_to_add.0.name")),
        ({"name": ""}, ("NotBlank", "tags_to_add.0.name")),
        ("старый", ("InvalidType", "tags_to_add.0")),
        ({"title": "а"}, ("FieldNotExpected", "tags_to_add.0.title")),
    ],
)
def test_a_wrong_tag_of_a_card_is_refused(crm, tag, expected) -> None:
    assert expected in crm.problems("PATCH", "contacts/1", {"tags_to_add": [tag]})


def test_a_field_with_options_is_made_and_filled(crm) -> None:
    enums = [{"value": "А", "sort": 1}, {"value": "Б", "sort": 2, "code": "b"}]
    sent = {"name": "Выбор", "type": "select", "enums": enums}
    reply = crm.send("POST", "leads/custom_fields", [sent])
    [made] = reply.body["_embedded"]["custom_fields"]
    assert (reply.status, made["request_id"], made["entity_type"]) == (201, "0", "leads")
    assert [e["value"] for e in made["enums"]] == ["А", "Б"]
    assert len({e["id"] for e in made["enums"]}) == 2
    entry = {"field_id": made["id"], "values": [{"enum_code": "b"}]}
    crm.ok("PATCH", "leads/31", {"custom_fields_values": [entry]})
    assert crm.values("leads", 31)[made["id"]] == ["Б"]


def test_new_fields_have_numbers_of_their_own(crm) -> None:
    sent = [{"name": "а", "type": "text"}, {"name": "б", "type": "checkbox"}]
    told = crm.ok("POST", "contacts/custom_fields", sent)
    ids = [field["id"] for field in told["_embedded"]["custom_fields"]]
    assert len(set(ids)) == 2
    assert min(ids) > max(f["id"] for f in crm.state.fields("companies"))


def test_options_keep_their_ids_and_those_left_out_lose_their_values(crm) -> None:
    enums = [{"id": 901, "value": "Алый", "code": "red"}, {"value": "Серый"}]
    crm.ok("PATCH", "contacts/custom_fields/504", {"enums": enums})
    field = crm.state.field("contacts", 504)
    assert [e["value"] for e in field["enums"]] == ["Алый", "Серый"]
    assert crm.values("contacts", 1)[504] == ["Алый"]
    assert 504 not in crm.values("contacts", 3)


def test_deleting_a_field_deletes_its_values(crm) -> None:
    reply = crm.send("DELETE", "contacts/custom_fields/501")
    assert (reply.status, reply.body) == (204, None)
    assert crm.state.field("contacts", 501) is None
    assert 501 not in crm.values("contacts", 1)
    assert 504 in crm.values("contacts", 1)
    told = {(e.kind, e.entity, e.id) for e in reply.effects}
    assert told == {("remove", "contacts/custom_fields", 501), ("change", "contacts", 1)}
    assert crm.send("DELETE", "contacts/custom_fields/501").status == 404


def test_a_field_of_the_crm_itself_stays(crm) -> None:
    phone = crm.field("contacts", "PHONE")
    assert crm.send("DELETE", f"contacts/custom_fields/{phone}").status == 400
    assert crm.state.field("contacts", "PHONE") is not None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"type": "text"}, ("FieldMissing", "name")),
        ({"name": "а"}, ("FieldMissing", "type")),
        ({"name": "а", "type": "multitext"}, ("NotSupportedChoice", "type")),
        ({"name": "а", "type": "select"}, ("FieldMissing", "enums")),
        ({"name": "а", "type": "select", "enums": [{}]}, ("FieldMissing", "enums.0.value")),
        ({"name": "а", "type": "select", "enums": []}, ("NotBlank", "enums")),
        ({"name": "а", "type": "text", "enums": [{"value": "а"}]}, ("NotSupportedChoice", "enums")),
        ({"name": "а", "type": "text", "code": "COLOR_2"}, ("NotUnique", "code")),
        (
            {
                "name": "а",
                "type": "text",
                "required_statuses": [{"status_id": 9, "pipeline_id": 100}],
            },
            ("NotSupportedChoice", "required_statuses.0.status_id"),
        ),
    ],
)
def test_a_wrong_field_is_refused(crm, sent, expected) -> None:
    good = {"name": "хорошее", "type": "text"}
    assert crm.problems("POST", "contacts/custom_fields", [good, sent]) == [expected]


ADMIN_ONLY = [
    ("POST", "contacts/custom_fields", [{"name": "а", "type": "text"}]),
    ("PATCH", "contacts/custom_fields", [{"id": 501, "name": "а"}]),
    ("PATCH", "contacts/custom_fields/501", {"name": "а"}),
    ("DELETE", "contacts/custom_fields/501", None),
    ("POST", "webhooks", {"destination": "https://example.com", "settings": ["add_lead"]}),
    ("DELETE", "webhooks", {"destination": "https://example.com"}),
    ("POST", "sources", [{"name": "а", "external_id": "x"}]),
    ("PATCH", "sources", [{"id": 61, "name": "а"}]),
    ("DELETE", "sources/61", None),
    ("POST", "leads/loss_reasons", [{"name": "а"}]),
    ("DELETE", "leads/loss_reasons/71", None),
    ("POST", "contacts/chats", [{"contact_id": 1, "chat_id": "c"}]),
]


@pytest.mark.parametrize(("method", "path", "body"), ADMIN_ONLY)
def test_settings_are_for_administrators(make, method, path, body) -> None:
    crm = make(12)
    before = crm.picture()
    assert crm.send(method, path, body).status == 403
    assert crm.picture() == before


def test_a_webhook_of_the_same_address_is_changed(crm) -> None:
    hook = {"destination": "https://example.com/hook", "settings": ["add_lead"]}
    reply = crm.send("POST", "webhooks", hook)
    assert (reply.status, reply.body["disabled"]) == (201, False)
    again = crm.send("POST", "webhooks", hook | {"settings": ["update_lead"]})
    assert again.body["id"] == reply.body["id"]
    assert [h["settings"] for h in crm.state.all("webhooks")] == [["update_lead"]]
    assert crm.send("DELETE", "webhooks", {"destination": hook["destination"]}).status == 204
    assert crm.send("DELETE", "webhooks", {"destination": hook["destination"]}).status == 404


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ({"destination": "https://e.com"}, ("FieldMissing", "settings")),
        ({"destination": "ftp://e.com", "settings": ["add_lead"]}, ("InvalidUrl", "destination")),
        ({"destination": "http://[", "settings": ["add_lead"]}, ("InvalidUrl", "destination")),
        ({"destination": "https://e.com", "settings": []}, ("NotBlank", "settings")),
        ({"destination": "https://e.com", "settings": ["x"]}, ("NotSupportedChoice", "settings.0")),
    ],
)
def test_a_wrong_webhook_is_refused(crm, hook, expected) -> None:
    assert crm.problems("POST", "webhooks", hook) == [expected]


def test_sources_are_made_changed_and_deleted(crm) -> None:
    told = crm.ok("POST", "sources", [{"name": "а", "external_id": "x", "request_id": "r"}])
    [made] = told["_embedded"]["sources"]
    assert (made["pipeline_id"], made["default"], made["request_id"]) == (100, False, "r")
    crm.ok("PATCH", f"sources/{made['id']}", {"name": "б", "pipeline_id": 200})
    assert crm.state.get("sources", made["id"])["name"] == "б"
    assert crm.send("DELETE", "sources", [{"id": made["id"]}]).status == 204
    assert crm.state.get("sources", made["id"]) is None


def test_of_absent_sources_none_is_deleted(crm) -> None:
    reply = crm.send("DELETE", "sources", [{"id": 61}, {"id": 404}])
    assert (reply.status, reply.body["detail"]) == (400, "Invalid request items")
    assert reply.body["errors"] == [
        {
            "request_id": "1",
            "errors": {
                "code": "EntityNotFound",
                "path": "id",
                "detail": "source with id = 404 not found",
            },
        }
    ]
    assert crm.state.get("sources", 61) is not None
    assert crm.send("DELETE", "sources/404").status == 404


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"name": "а"}, ("FieldMissing", "external_id")),
        ({"name": "а", "external_id": "source-61"}, ("NotUnique", "external_id")),
        ({"name": "а", "external_id": "й"}, ("InvalidFormat", "external_id")),
        ({"name": "а", "external_id": "x" * 37}, ("InvalidFormat", "external_id")),
        (
            {"name": "а", "external_id": "y", "pipeline_id": 9},
            ("NotSupportedChoice", "pipeline_id"),
        ),
    ],
)
def test_a_wrong_source_is_refused(crm, sent, expected) -> None:
    good = {"name": "а", "external_id": "good"}
    assert crm.problems("POST", "sources", [good, sent]) == [expected]


def test_the_external_id_of_a_source_stays(crm) -> None:
    found = crm.problems("PATCH", "sources", [{"id": 61, "external_id": "x"}])
    assert found == [("FieldNotExpected", "external_id")]


def test_loss_reasons_are_made_and_deleted(crm) -> None:
    told = crm.ok("POST", "leads/loss_reasons", [{"name": "Передумал", "sort": 5}])
    [made] = told["_embedded"]["loss_reasons"]
    crm.ok("PATCH", "leads/31", {"status_id": 143, "loss_reason_id": made["id"]})
    assert crm.send("DELETE", f"leads/loss_reasons/{made['id']}").status == 204
    assert crm.state.get("loss_reasons", made["id"]) is None


def test_only_chats_of_own_channels_are_linked(crm) -> None:
    found = crm.problems("POST", "contacts/chats", [{"contact_id": 1, "chat_id": "c"}])
    assert found == [("EntityNotFound", "chat_id")]


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("DELETE", "leads/31", 405, None),
        ("DELETE", "contacts/1", 405, None),
        ("DELETE", "companies/21", 405, None),
        ("DELETE", "contacts/1/notes/51", 405, None),
        ("DELETE", "catalogs/5/elements/6", 405, None),
        ("DELETE", "tasks/41", 403, "Invalid scope"),
        ("DELETE", "calls/316925483", 404, "Cannot DELETE http://127.0.0.1/calls/316925483!"),
        ("POST", "users", 403, "Invalid scope"),
        ("POST", "roles", 403, "Invalid scope"),
    ],
)
def test_what_amocrm_does_not_do_is_answered_as_seen_live(
    crm, method, path, status, detail
) -> None:
    before = crm.picture()
    reply = crm.send(method, path)
    assert reply.status == status
    assert (reply.body or {}).get("detail") == detail
    assert crm.picture() == before

"""POST and PATCH of contacts, companies and leads."""

from __future__ import annotations

import pytest

NOW = 1_790_000_000
KINDS = ("contacts", "companies", "leads")
FIRST = {"contacts": 1, "companies": 21, "leads": 31}


def phones(*values: str) -> list[dict]:
    return [{"field_code": "PHONE", "values": [{"value": v, "enum_code": "WORK"} for v in values]}]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_sent_stays(crm, kind) -> None:
    before = crm.state.get(kind, FIRST[kind])
    crm.ok("PATCH", f"{kind}/{FIRST[kind]}", {"responsible_user_id": 12})
    after = crm.state.get(kind, FIRST[kind])
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"responsible_user_id", "group_id", "updated_at"}
    assert (after["responsible_user_id"], after["group_id"], after["updated_at"]) == (12, 5, NOW)


def test_a_sent_field_replaces_its_whole_list(crm) -> None:
    phone = crm.field("contacts", "PHONE")
    assert crm.values("contacts", 1)[phone] == ["+7 900 000-00-01", "8 900 000 00 02"]
    crm.ok("PATCH", "contacts/1", {"custom_fields_values": phones("+79000000009")})
    values = crm.values("contacts", 1)
    assert values[phone] == ["+79000000009"]
    assert values[501] == ["заметка"]  # the other fields stay


@pytest.mark.parametrize("values", [None, [{"value": None}]])
def test_null_clears_a_field(crm, values) -> None:
    sent = [{"field_code": "PHONE", "values": values}]
    crm.ok("PATCH", "contacts/1", {"custom_fields_values": sent})
    assert crm.field("contacts", "PHONE") not in crm.values("contacts", 1)


def test_the_last_field_cleared_leaves_null(crm) -> None:
    sent = [{"field_code": "EMAIL", "values": None}]
    crm.ok("PATCH", "contacts/2", {"custom_fields_values": sent})
    assert crm.state.get("contacts", 2)["custom_fields_values"] is None


def test_an_empty_text_leaves_the_field_as_it_is(crm) -> None:
    sent = [{"field_id": 501, "values": [{"value": ""}]}]
    crm.ok("PATCH", "contacts/1", {"custom_fields_values": sent})
    assert crm.values("contacts", 1)[501] == ["заметка"]


def test_embedded_tags_replace_all(crm) -> None:
    crm.ok("PATCH", "contacts/1", {"_embedded": {"tags": [{"id": 82}, {"name": "новый"}]}})
    assert crm.tags("contacts", 1) == ["второй", "новый"]
    crm.ok("PATCH", "contacts/1", {"_embedded": {"tags": None}})
    assert crm.tags("contacts", 1) == []


def test_tags_to_add_and_delete_are_incremental_by_id_or_name(crm) -> None:
    crm.ok("PATCH", "contacts/1", {"tags_to_add": [{"id": 82}, {"name": "новый"}]})
    assert crm.tags("contacts", 1) == ["старый", "второй", "новый"]
    crm.ok("PATCH", "contacts/1", {"tags_to_delete": [{"id": 82}, {"name": "старый"}]})
    assert crm.tags("contacts", 1) == ["новый"]


def test_a_new_tag_has_one_id_in_the_dictionary_and_on_cards(crm) -> None:
    tag = {"tags_to_add": [{"name": "свежий"}]}
    crm.ok("PATCH", "contacts", [{"id": 1, **tag}, {"id": 2, **tag}])
    known = {t["name"]: t["id"] for t in crm.state.tags("contacts")}["свежий"]
    for id_ in (1, 2):
        tags = crm.state.get("contacts", id_)["_embedded"]["tags"]
        assert [t["id"] for t in tags if t["name"] == "свежий"] == [known]
    first = crm.effects[0]
    assert (first.kind, first.entity) == ("add", "contacts/tags")


def test_an_unknown_key_is_refused(crm) -> None:
    assert crm.problems("PATCH", "contacts/1", {"nick": "x"}) == [("FieldNotExpected", "nick")]
    sent = {"_embedded": {"contacts": [{"id": 1}]}}
    found = crm.problems("PATCH", "leads/31", sent)
    assert found == [("FieldNotExpected", "_embedded.contacts")]


@pytest.mark.parametrize("user", [13, 999, -1])
@pytest.mark.parametrize("key", ["responsible_user_id", "created_by", "updated_by"])
def test_a_dismissed_or_unknown_user_refuses_the_whole_request(crm, key, user) -> None:
    body = [{"id": 1, "name": "Иное"}, {"id": 2, key: user}]
    assert crm.problems("PATCH", "contacts", body) == [("NotSupportedChoice", key)]


def test_the_robot_may_write_but_own_nothing(crm) -> None:
    crm.ok("PATCH", "leads/31", {"updated_by": 0})
    assert crm.state.get("leads", 31)["updated_by"] == 0
    found = crm.problems("PATCH", "leads/31", {"responsible_user_id": 0})
    assert found == [("NotSupportedChoice", "responsible_user_id")]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": 5}, "name"),
        ({"responsible_user_id": "11"}, "responsible_user_id"),
        ({"responsible_user_id": True}, "responsible_user_id"),
        ({"created_at": 1.5}, "created_at"),
        ({"custom_fields_values": {}}, "custom_fields_values"),
        ({"custom_fields_values": None}, "custom_fields_values"),
        ({"tags_to_add": "x"}, "tags_to_add"),
        ({"_embedded": [1]}, "_embedded"),
    ],
)
def test_a_wrong_type_is_refused(crm, body, path) -> None:
    assert crm.problems("PATCH", "contacts/1", body) == [("InvalidType", path)]


def test_problems_come_by_request_id_or_number(crm) -> None:
    body = [{"id": 1}, {"id": 2, "x": 1, "request_id": "mine"}, {"id": 404}, {"name": "без номера"}]
    items = crm.send("PATCH", "contacts", body).body["validation-errors"]
    found = [(i["request_id"], i["errors"][0]["code"], i["errors"][0]["path"]) for i in items]
    assert found == [
        ("mine", "FieldNotExpected", "x"),
        ("2", "EntityNotFound", "id"),
        ("3", "FieldMissing", "id"),
    ]


def test_two_items_of_one_request_id_are_both_told(crm) -> None:
    body = [{"id": 404, "request_id": "a"}, {"id": 405, "request_id": "a"}]
    items = crm.send("PATCH", "contacts", body).body["validation-errors"]
    assert [item["request_id"] for item in items] == ["a", "a"]


def test_answers_have_the_documented_shapes(crm) -> None:
    told = crm.ok("POST", "leads", [{"name": "А"}, {"name": "Б", "request_id": "b"}])
    one, two = told["_embedded"]["leads"]
    assert set(one) == {"id", "request_id", "_links"}
    assert (one["request_id"], two["request_id"]) == ("0", "b")
    assert one["_links"]["self"]["href"].endswith(f"/api/v4/leads/{one['id']}")
    batch = crm.ok("PATCH", "leads", [{"id": 31, "price": 5}])
    assert batch["_embedded"]["leads"][0].keys() == {"id", "updated_at", "_links"}
    single = crm.ok("PATCH", "contacts/1", {"name": "Иной"})
    assert (single["id"], single["name"], single["updated_at"]) == (1, "Иной", NOW)


def test_a_deleted_or_absent_card_is_not_found(crm) -> None:
    assert crm.problems("PATCH", "contacts", [{"id": 9}]) == [("EntityNotFound", "id")]
    for id_ in (9, 404, 10**30):
        assert crm.send("PATCH", f"contacts/{id_}", {"name": "x"}).status == 404


@pytest.mark.parametrize("body", [{"name": "x"}, {}, None, [], "текст", 5, [1], [[]], [None]])
def test_a_body_that_is_no_list_of_objects_is_refused(crm, body) -> None:
    before = crm.picture()
    assert crm.send("POST", "contacts", body).status == 400
    assert crm.picture() == before


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[" * 5000, b'[{"name": NaN}]'])
def test_a_body_that_is_no_json_is_refused(crm, raw) -> None:
    for method, path in (("POST", "contacts"), ("PATCH", "contacts/1"), ("PATCH", "tasks/41")):
        assert crm.send(method, path, raw=raw).status == 400


def test_a_list_on_a_single_path_is_refused_as_seen_live(crm) -> None:
    assert crm.problems("PATCH", "leads/31", [{"price": 1}]) == [("FieldNotExpected", "0")]


def test_more_than_250_are_refused(crm) -> None:
    assert crm.problems("POST", "contacts", [{"name": "x"}] * 251) == [("TooMany", "")]
    crm.ok("POST", "contacts", [{"name": "x"}] * 250)


def test_a_new_contact_is_named_by_its_parts(crm) -> None:
    told = crm.ok("POST", "contacts", [{"first_name": "Анна", "last_name": "Ли"}, {}])
    first, second = (c["id"] for c in told["_embedded"]["contacts"])
    made = crm.state.get("contacts", first)
    assert (made["name"], made["responsible_user_id"], made["created_at"]) == ("Анна Ли", 11, NOW)
    assert crm.state.get("contacts", second)["name"] == ""
    crm.ok("PATCH", f"contacts/{first}", {"last_name": "Ким"})
    assert crm.state.get("contacts", first)["name"] == "Анна Ким"
    crm.ok("PATCH", f"contacts/{first}", {"name": "Сама"})
    assert crm.state.get("contacts", first)["first_name"] == "Анна"


def test_creation_moments_and_authors_can_be_written(crm) -> None:
    crm.ok("PATCH", "contacts/1", {"created_at": 5, "created_by": 12, "updated_at": 6})
    card = crm.state.get("contacts", 1)
    assert (card["created_at"], card["created_by"], card["updated_at"]) == (5, 12, 6)


def test_the_same_card_twice_in_a_batch_takes_both_changes(crm) -> None:
    crm.ok("PATCH", "contacts", [{"id": 1, "name": "А"}, {"id": 1, "created_at": 7}])
    card = crm.state.get("contacts", 1)
    assert (card["name"], card["created_at"]) == ("А", 7)


def test_a_lead_is_made_with_links_tags_and_source(crm) -> None:
    sent = {
        "name": "Новая",
        "price": 99.5,
        "tags_to_add": [{"name": "т1"}],
        "_embedded": {
            "contacts": [{"id": 2}, {"id": 3, "is_main": True}],
            "companies": [{"id": 22}],
            "source": {"external_id": "source-61", "type": "widget"},
        },
    }
    told = crm.ok("POST", "leads", [sent])
    lead = crm.state.get("leads", told["_embedded"]["leads"][0]["id"])
    assert (lead["pipeline_id"], lead["status_id"], lead["price"]) == (100, 2, 99.5)
    assert lead["source_id"] == 61
    expected = {("contacts", 2, False), ("contacts", 3, True), ("companies", 22, None)}
    assert crm.links("leads", lead["id"]) == expected
    assert crm.links("contacts", 3) >= {("leads", lead["id"], True)}


def test_a_lead_refers_to_cards_that_are_there(crm) -> None:
    sent = {"_embedded": {"contacts": [{"id": 404}], "companies": [{"id": 21}, {"id": 22}]}}
    found = crm.problems("POST", "leads", [sent])
    assert ("NotSupportedChoice", "_embedded.contacts.0.id") in found
    assert ("TooMany", "_embedded.companies") in found


def test_effects_list_exactly_what_changed(crm) -> None:
    crm.ok("PATCH", "contacts/1", {"name": "Другой", "custom_fields_values": phones("5")})
    [effect] = crm.effects
    phone = f"custom_fields_values.{crm.field('contacts', 'PHONE')}"
    assert (effect.kind, effect.entity, effect.id) == ("change", "contacts", 1)
    assert set(effect.before) == set(effect.after) == {"name", "updated_at", phone}
    assert (effect.before["name"], effect.after["name"]) == ("Иван Петров", "Другой")
    assert [v["value"] for v in effect.after[phone]] == ["5"]


def test_changes_leave_their_events(crm) -> None:
    sent = {"name": "Б", "price": 7, "responsible_user_id": 12, "status_id": 3}
    crm.ok("PATCH", "leads/31", sent | {"tags_to_delete": [{"name": "важный"}]})
    types = {type_ for type_, entity, id_ in crm.events() if (entity, id_) == ("lead", 31)}
    assert types == {
        "name_field_changed",
        "sale_field_changed",
        "entity_responsible_changed",
        "lead_status_changed",
        "entity_tag_deleted",
    }
    events = [crm.state.get("events", id_) for id_ in crm.state.ids("events")]
    moved = next(e for e in events if e["type"] == "lead_status_changed")
    assert moved["value_before"] == [{"lead_status": {"id": 2, "pipeline_id": 100}}]
    assert moved["value_after"] == [{"lead_status": {"id": 3, "pipeline_id": 100}}]


def test_a_seller_edits_his_own_cards_only(make) -> None:
    crm = make(12)
    crm.ok("PATCH", "contacts/2", {"name": "Моё"})
    assert crm.send("PATCH", "contacts/1", {"name": "x"}).status == 404  # he can't see it
    assert crm.problems("PATCH", "contacts", [{"id": 1}]) == [("EntityNotFound", "id")]


def test_who_may_not_add_is_forbidden(make) -> None:
    crm = make(13)  # without any rights
    before = crm.picture()
    reply = crm.send("POST", "contacts", [{"name": "x"}])
    assert (reply.status, reply.body["title"]) == (403, "Forbidden")
    assert crm.picture() == before


def test_what_the_vendor_s_library_sends_is_taken(crm) -> None:
    # PHP writes an empty object as a list, and the library a request id of null.
    crm.ok("PATCH", "contacts/1", {"name": "Иной", "_embedded": [], "request_id": None})
    link = {"to_entity_id": 3, "to_entity_type": "contacts", "metadata": []}
    crm.ok("POST", "leads/31/link", [link])
    contact = {"first_name": "Ева", "request_id": None}
    crm.ok("POST", "leads/complex", [{"_embedded": {"contacts": [contact]}}])
    note = {"id": 51, "entity_id": 1, "responsible_user_id": 11, "created_by": 12}
    crm.ok("PATCH", "contacts/notes", [note | {"note_type": "common", "params": {"text": "а"}}])
    assert crm.state.get("notes", 51)["created_by"] == 12

"""Leads made with their cards, and unsorted enquiries."""

from __future__ import annotations

import pytest

FORM = {"form_id": 1, "form_name": "Форма", "form_page": "https://example.com",
        "form_sent_at": 5, "ip": "192.0.2.1", "referer": "https://example.com"}  # fmt: skip
SIP = {"uniq": "u", "duration": 5, "service_code": "s", "link": "https://example.com",
       "phone": 79000000000, "called_at": 5, "from": "АТС"}  # fmt: skip
PHONE = [{"field_code": "PHONE", "values": [{"value": "+79000000077", "enum_code": "WORK"}]}]


def test_a_lead_comes_with_its_contact_and_company(crm) -> None:
    contact = {"first_name": "Ева", "custom_fields_values": PHONE}
    embedded = {"contacts": [contact], "companies": [{"name": "ООО"}], "tags": [{"name": "т"}]}
    [told] = crm.ok(
        "POST", "leads/complex", [{"name": "Л", "_embedded": embedded, "request_id": "q"}]
    )
    assert (told["request_id"], told["merged"]) == (["q"], False)
    lead, contact_id, company_id = told["id"], told["contact_id"], told["company_id"]
    expected = {("contacts", contact_id, True), ("companies", company_id, None)}
    assert crm.links("leads", lead) == expected
    assert ("companies", company_id, None) in crm.links("contacts", contact_id)
    assert crm.state.get("contacts", contact_id)["name"] == "Ева"
    assert crm.tags("leads", lead) == ["т"]


def test_known_cards_are_named_by_id(crm) -> None:
    embedded = {"contacts": [{"id": 3}], "companies": [{"id": 22}]}
    [told] = crm.ok("POST", "leads/complex", [{"_embedded": embedded}])
    assert (told["contact_id"], told["company_id"]) == (3, 22)
    assert not [link for link in crm.links("contacts", 3) if link[0] == "companies"]
    [bare] = crm.ok("POST", "leads/complex", [{"name": "одна"}])
    assert (bare["contact_id"], bare["company_id"]) == (None, None)


@pytest.mark.parametrize(
    ("embedded", "expected"),
    [
        ({"contacts": [{}, {}]}, ("TooMany", "_embedded.contacts")),
        ({"contacts": [{"id": 404}]}, ("NotSupportedChoice", "_embedded.contacts.0.id")),
        ({"contacts": [{"nick": "x"}]}, ("FieldNotExpected", "_embedded.contacts.0.nick")),
        ({"companies": ["ООО"]}, ("InvalidType", "_embedded.companies.0")),
        ({"metadata": FORM}, ("NotSupportedChoice", "_embedded.metadata.category")),
        ({"metadata": {"category": "forms"}}, ("FieldMissing", "_embedded.metadata.form_id")),
        ({"leads": []}, ("FieldNotExpected", "_embedded.leads")),
    ],
)
def test_a_wrong_part_refuses_all(crm, embedded, expected) -> None:
    good = {"_embedded": {"contacts": [{"first_name": "А"}], "tags": [{"name": "новый"}]}}
    assert expected in crm.problems("POST", "leads/complex", [good, {"_embedded": embedded}])


def test_limits_of_complex(crm) -> None:
    assert crm.problems("POST", "leads/complex", [{}] * 51) == [("TooMany", "")]
    many = [{"field_id": 501, "values": [{"value": "а"}]}] * 41
    found = crm.problems("POST", "leads/complex", [{"custom_fields_values": many}])
    assert found == [("TooMany", "custom_fields_values")]


def test_metadata_makes_an_unsorted_enquiry(crm) -> None:
    metadata = FORM | {"category": "forms"}
    sent = {"status_id": 404, "pipeline_id": 100, "_embedded": {"metadata": metadata}}
    [told] = crm.ok("POST", "leads/complex", [sent])
    lead = crm.state.get("leads", told["id"])
    assert (lead["pipeline_id"], lead["status_id"]) == (100, 1)
    made = [u for u in crm.state.all("unsorted") if u["category"] == "forms"]
    assert made[0]["_embedded"]["leads"] == [{"id": told["id"]}]
    found = crm.problems("POST", "leads/complex", [sent | {"pipeline_id": 200}])
    assert found == [("NotSupportedChoice", "pipeline_id")]  # which has no unsorted stage


@pytest.mark.parametrize(("category", "metadata"), [("sip", SIP), ("forms", FORM)])
def test_enquiries_of_calls_and_forms(crm, category, metadata) -> None:
    sent = {
        "request_id": "123",
        "source_name": "ОАО",
        "source_uid": "a1",
        "pipeline_id": 100,
        "created_at": 7,
        "metadata": metadata,
        "_embedded": {
            "leads": [{"name": "Заявка", "price": 5}],
            "contacts": [{"name": 234, "last_name": 5, "custom_fields_values": PHONE}],
            "companies": [{"name": "ОАО"}],
        },
    }
    told = crm.ok("POST", f"leads/unsorted/{category}", [sent])
    [one] = told["_embedded"]["unsorted"]
    assert (told["_total_items"], one["request_id"], one["account_id"]) == (1, "123", 777)
    lead = one["_embedded"]["leads"][0]["id"]
    assert crm.state.get("leads", lead)["status_id"] == 1
    kept = crm.state.get("unsorted", one["uid"])
    assert (kept["category"], kept["metadata"], kept["created_at"]) == (category, metadata, 7)
    assert {k for k, _, _ in crm.links("leads", lead)} == {"contacts", "companies"}


def test_an_enquiry_needs_its_source_and_metadata(crm) -> None:
    found = crm.problems("POST", "leads/unsorted/forms", [{"metadata": FORM}])
    assert found == [("FieldMissing", "source_uid"), ("FieldMissing", "source_name")]
    sent = {"source_uid": "a", "source_name": "b", "metadata": {}}
    found = crm.problems("POST", "leads/unsorted/sip", [sent])
    assert ("FieldMissing", "metadata.phone") in found


def test_accepting_moves_the_lead(crm) -> None:
    told = crm.ok("POST", "leads/unsorted/abc/accept", {"user_id": 12, "status_id": 3})
    assert (told["uid"], told["_embedded"]["leads"][0]["id"]) == ("abc", 33)
    lead = crm.state.get("leads", 33)
    assert (lead["status_id"], lead["responsible_user_id"]) == (3, 12)
    assert crm.state.all("unsorted") == []
    assert crm.send("POST", "leads/unsorted/abc/accept", {}).status == 404


def test_accepting_needs_no_body(crm) -> None:
    crm.ok("POST", "leads/unsorted/abc/accept")
    assert crm.state.get("leads", 33)["status_id"] == 2


def test_declining_leaves_a_lost_lead(crm) -> None:
    crm.ok("DELETE", "leads/unsorted/abc/decline", {"user_id": 11})
    lead = crm.state.get("leads", 33)
    assert (lead["status_id"], lead["is_deleted"]) == (143, False)
    assert crm.state.all("unsorted") == []


def test_a_chat_is_linked_to_another_lead(crm) -> None:
    sent = {"link": {"entity_id": 31, "entity_type": "leads"}}
    told = crm.ok("POST", "leads/unsorted/abc/link", sent)
    assert told["_embedded"]["leads"][0]["id"] == 31
    assert ("contacts", 3, False) in crm.links("leads", 31)
    assert crm.state.get("leads", 33)["is_deleted"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("accept", {"user_id": 13}, ("NotSupportedChoice", "user_id")),
        ("accept", {"status_id": 5}, ("NotSupportedChoice", "status_id")),
        ("accept", {"status_id": 1}, ("NotSupportedChoice", "status_id")),
        ("accept", {"pipeline_id": 100}, ("FieldNotExpected", "pipeline_id")),
        ("link", {}, ("FieldMissing", "link")),
        ("link", {"link": {"entity_id": 404, "entity_type": "leads"}},
         ("EntityNotFound", "link.entity_id")),
    ],
)  # fmt: skip
def test_a_wrong_answer_to_an_enquiry_is_refused(crm, path, body, expected) -> None:
    assert crm.problems("POST", f"leads/unsorted/abc/{path}", body) == [expected]

"""Links between cards: who is main, one company at most, both ends, events."""

from __future__ import annotations

import pytest

NOW = 1_790_000_000


def to(kind: str, id_: int, **metadata: object) -> dict:
    sent = {"to_entity_id": id_, "to_entity_type": kind}
    return sent | ({"metadata": metadata} if metadata else {})


def test_a_link_is_told_as_documented(crm) -> None:
    told = crm.ok("POST", "leads/31/link", [to("contacts", 3, is_main=True)])
    assert told["_total_items"] == 1
    assert told["_links"]["self"]["href"].endswith("/api/v4/leads/31/links")
    assert told["_embedded"]["links"] == [
        {
            "entity_id": 31,
            "entity_type": "leads",
            "to_entity_id": 3,
            "to_entity_type": "contacts",
            "metadata": {"main_contact": True},
        }
    ]


def test_making_a_contact_main_unmakes_the_other(crm) -> None:
    crm.ok("POST", "leads/link", [to("contacts", 2, is_main=True) | {"entity_id": 31}])
    contacts = {link for link in crm.links("leads", 31) if link[0] == "contacts"}
    assert contacts == {("contacts", 1, False), ("contacts", 2, True)}
    assert ("leads", 31, False) in crm.links("contacts", 1)
    relinked = {(e.after["to_id"], e.after["is_main"]) for e in crm.effects if e.kind == "relink"}
    assert relinked == {(1, False), (2, True)}


def test_unlinking_the_main_contact_makes_the_next_one_main(crm) -> None:
    reply = crm.send("POST", "leads/31/unlink", [to("contacts", 1)])
    assert (reply.status, reply.body) == (204, None)
    contacts = {link for link in crm.links("leads", 31) if link[0] == "contacts"}
    assert contacts == {("contacts", 2, True)}


def test_a_second_company_takes_the_place_of_the_first(crm) -> None:
    crm.ok("POST", "leads/31/link", [to("companies", 22)])
    assert {link for link in crm.links("leads", 31) if link[0] == "companies"} == {
        ("companies", 22, None)
    }
    told = {(e.kind, (e.before or e.after)["to_id"]) for e in crm.effects if e.kind != "change"}
    assert told == {("link", 22), ("unlink", 21)}
    crm.ok("POST", "contacts/1/link", [to("companies", 22)])
    assert ("companies", 22, None) in crm.links("contacts", 1)
    assert ("contacts", 1, None) not in crm.links("companies", 21)


def test_a_link_is_seen_from_both_ends_whichever_made_it(crm) -> None:
    crm.ok("POST", "contacts/3/link", [to("leads", 32)])
    assert ("contacts", 3, True) in crm.links("leads", 32)
    crm.ok("POST", "companies/22/link", [to("leads", 32), to("contacts", 3)])
    assert ("companies", 22, None) in crm.links("leads", 32)
    assert ("companies", 22, None) in crm.links("contacts", 3)


def test_links_move_the_time_of_change_at_both_ends(crm) -> None:
    crm.ok("POST", "leads/32/link", [to("contacts", 3)])
    for kind, id_ in (("leads", 32), ("contacts", 3)):
        assert crm.state.get(kind, id_)["updated_at"] == NOW
    assert crm.state.get("contacts", 1)["updated_at"] < NOW


def test_a_link_that_is_there_changes_nothing(crm) -> None:
    before = crm.picture()
    crm.ok("POST", "leads/31/link", [to("contacts", 1), to("companies", 21)])
    assert (crm.picture(), crm.effects) == (before, [])


def test_taking_away_what_is_not_there_changes_nothing(crm) -> None:
    before = crm.picture()
    assert crm.send("POST", "leads/32/unlink", [to("contacts", 3)]).status == 204
    assert (crm.picture(), crm.effects) == (before, [])


def test_links_leave_events_at_both_ends(crm) -> None:
    crm.ok("POST", "leads/32/link", [to("contacts", 3)])
    assert set(crm.events()) == {("contact_linked", "lead", 32), ("lead_linked", "contact", 3)}
    first = crm.state.get("events", crm.state.ids("events")[0])
    assert first["value_after"] == [{"link": {"entity": {"type": "contact", "id": 3}}}]
    crm.send("POST", "leads/32/unlink", [to("contacts", 3)])
    assert ("contact_unlinked", "lead", 32) in crm.events()


@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        ("leads/31/link", to("contacts", 3, main_contact=True),
         ("FieldNotExpected", "metadata.main_contact")),
        ("leads/31/link", to("contacts", 3, is_main=1), ("InvalidType", "metadata.is_main")),
        ("leads/31/link", to("contacts", 3, updated_by=13), ("NotSupportedChoice", "updated_by")),
        ("leads/31/link", to("contacts", 404), ("EntityNotFound", "to_entity_id")),
        ("leads/31/link", to("contacts", 9), ("EntityNotFound", "to_entity_id")),
        ("leads/31/link", to("leads", 32), ("NotSupportedChoice", "to_entity_type")),
        ("leads/31/link", to("catalog_elements", 5), ("NotSupportedChoice", "to_entity_type")),
        ("leads/31/link", {"to_entity_id": 3}, ("FieldMissing", "to_entity_type")),
        ("leads/31/link", to("contacts", 3) | {"entity_id": 31}, ("FieldNotExpected", "entity_id")),
        ("leads/link", to("contacts", 3), ("FieldMissing", "entity_id")),
        ("leads/link", to("contacts", 3) | {"entity_id": 404}, ("EntityNotFound", "entity_id")),
        ("leads/unlink", to("contacts", 1, is_main=True) | {"entity_id": 31},
         ("FieldNotExpected", "metadata.is_main")),
    ],
)  # fmt: skip
def test_a_wrong_link_is_refused_with_all_others(crm, path, sent, expected) -> None:
    good = to("contacts", 2) | ({"entity_id": 31} if path in ("leads/link", "leads/unlink") else {})
    assert crm.problems("POST", path, [good, sent]) == [expected]


def test_links_of_an_absent_card_are_not_found(crm) -> None:
    assert crm.send("POST", "leads/404/link", [to("contacts", 1)]).status == 404

"""What holds of any request: what is not sent stays, what is refused changes nothing.

Bodies are documented ones with random parts replaced, taken away or added: no answer may
be a breakdown, and the state after a refusal is the state before it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 30  # of each request: about a fifth of a second each
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 2, 11, 13, 31, 143, 501, 901, 1.5, -1])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
CARD = {
    "name": "Имя",
    "responsible_user_id": 11,
    "created_by": 12,
    "updated_by": 0,
    "created_at": 5,
    "custom_fields_values": [
        {"field_id": 501, "values": [{"value": "а"}]},
        {"field_id": 504, "values": [{"enum_id": 901}]},
        {"field_code": "PHONE", "values": [{"value": "1", "enum_code": "MOB"}]},
        {"field_id": 511, "values": [{"value": "М", "enum_code": "city"}]},
        {"field_id": 513, "values": [{"value": {"name": "ООО", "entity_type": 1}}]},
        {"field_id": 506, "values": [{"value": 5}]},
    ],
    "tags_to_add": [{"name": "новый"}, {"name": "старый"}],
    "_embedded": {"tags": [{"id": 82}]},
    "request_id": "r",
}
LEAD = {
    "price": 5,
    "status_id": 143,
    "pipeline_id": 100,
    "loss_reason_id": 71,
    "closed_at": 5,
    "_embedded": {"tags": [{"id": 83}], "contacts": [{"id": 1, "is_main": True}]},
}
COMPLEX = {
    "name": "Л",
    "_embedded": {
        "contacts": [{"first_name": "Ева", "_embedded": {"tags": [{"name": "т"}]}}],
        "companies": [{"name": "ООО"}],
        "metadata": {"category": "forms", "form_id": 1, "form_name": "ф", "form_page": "с",
                     "form_sent_at": 5},
    },
}  # fmt: skip
ENQUIRY = {
    "source_uid": "a",
    "source_name": "b",
    "metadata": {"phone": 1, "called_at": 1, "duration": 1, "link": "l", "service_code": "s",
                 "uniq": "u", "is_call_event_needed": True},
    "_embedded": {"leads": [{"name": "Л"}], "contacts": [{"name": 5}]},
}  # fmt: skip
LINK = {"entity_id": 31, "to_entity_id": 2, "to_entity_type": "contacts"}
TASK = {"text": "а", "complete_till": 5, "entity_id": 31, "entity_type": "leads",
        "result": {"text": "р"}, "is_completed": True, "task_type_id": 2}  # fmt: skip
FIELD = {"name": "п", "type": "select", "enums": [{"value": "а", "sort": 1}], "code": "NEW",
         "required_statuses": [{"status_id": 2, "pipeline_id": 100}]}  # fmt: skip
REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "contacts", [CARD, {"name": "Вторая"}]),
    ("PATCH", "contacts", [CARD | {"id": 1}, {"id": 2, "tags_to_delete": [{"id": 81}]}]),
    ("PATCH", "contacts/1", CARD),
    ("POST", "leads", [LEAD, {"name": "Вторая"}]),
    ("PATCH", "leads", [{k: v for k, v in LEAD.items() if k != "_embedded"} | {"id": 31}]),
    ("POST", "leads/complex", [COMPLEX, {"name": "Вторая"}]),
    ("POST", "leads/unsorted/sip", [ENQUIRY]),
    ("POST", "leads/unsorted/abc/accept", {"user_id": 11, "status_id": 3}),
    ("POST", "leads/unsorted/abc/link", {"link": {"entity_id": 31, "entity_type": "leads"}}),
    ("DELETE", "leads/unsorted/abc/decline", {"user_id": 11}),
    ("POST", "leads/link", [LINK | {"metadata": {"is_main": True}}, LINK]),
    ("POST", "leads/unlink", [LINK]),
    ("POST", "leads/31/link", [{"to_entity_id": 22, "to_entity_type": "companies"}]),
    ("POST", "contacts/tags", [{"name": "т", "request_id": 5}]),
    ("POST", "contacts/notes", [{"entity_id": 1, "note_type": "common", "params": {"text": "а"}}]),
    ("PATCH", "contacts/notes", [{"id": 51, "params": {"text": "б"}}]),
    ("PATCH", "contacts/1/notes/51", {"note_type": "common", "params": {"text": "б"}}),
    ("POST", "tasks", [TASK]),
    ("PATCH", "tasks", [TASK | {"id": 41}]),
    ("PATCH", "tasks/41", TASK),
    ("POST", "contacts/custom_fields", [FIELD]),
    ("PATCH", "contacts/custom_fields", [{"id": 504, "enums": [{"id": 901, "value": "А"}]}]),
    ("PATCH", "contacts/custom_fields/504", {"name": "н", "enums": [{"value": "А"}]}),
    ("POST", "webhooks", {"destination": "https://example.com", "settings": ["add_lead"]}),
    ("DELETE", "webhooks", {"destination": "https://example.com"}),
    ("POST", "sources", [{"name": "а", "external_id": "x", "services": [{}]}]),
    ("PATCH", "sources", [{"id": 61, "name": "а"}]),
    ("DELETE", "sources", [{"id": 61}]),
    ("POST", "leads/loss_reasons", [{"name": "а", "sort": 5}]),
    ("POST", "contacts/chats", [{"contact_id": 1, "chat_id": "c"}]),
    ("POST", "calls", [{"direction": "inbound", "duration": 5, "source": "s", "phone": "900"}]),
]


FRESH: list[Any] = []


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Return the paths to every part of a body."""
    found = [path]
    if isinstance(value, dict):
        found += [p for key, v in value.items() for p in places(v, (*path, key))]
    if isinstance(value, list):
        found += [p for at, v in enumerate(value) for p in places(v, (*path, at))]
    return found


def changed(body: Any, path: tuple, value: Any, how: str) -> Any:
    """Return the body with its part at `path` replaced, taken away or grown."""
    if not path:
        return value
    body = deepcopy(body)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    if how == "drop":
        del inner[path[-1]]
    elif how == "grow" and isinstance(inner[path[-1]], dict):
        inner[path[-1]]["extra"] = value
    elif how == "grow" and isinstance(inner[path[-1]], list):
        inner[path[-1]].append(value)
    else:
        inner[path[-1]] = value
    return body


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_refused_request_changes_nothing_and_none_breaks_down(make, method, path, body, data):
    crm = FRESH.pop() if FRESH else make()
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(body)))
        how = data.draw(st.sampled_from(["replace", "drop", "grow"]))
        body = changed(body, place, data.draw(JSON), how)
    before = crm.picture()
    reply = crm.send(method, path, body)
    assert reply.status in (200, 201, 204, 400, 403, 404)
    if reply.status >= 400:
        assert crm.picture() == before
        assert reply.effects == ()
        FRESH.append(crm)  # as good as new, and making one takes longest
    elif not reply.effects:
        assert crm.picture() == before


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_the_documented_bodies_are_taken(make, method, path, body) -> None:
    crm = make()
    if path == "webhooks" and method == "DELETE":
        crm.ok("POST", "webhooks", body | {"settings": ["add_lead"]})
    expected = 400 if path == "contacts/chats" else 200  # there are no chats
    assert crm.send(method, path, body).status // 100 == expected // 100


KEYS = {
    "name": st.text(max_size=9),
    "first_name": st.text(max_size=9),
    "last_name": st.text(max_size=9),
    "responsible_user_id": st.sampled_from([11, 12]),
    "created_at": st.integers(0, 2**31),
    "custom_fields_values": st.lists(
        st.builds(
            lambda id_, value: {"field_id": id_, "values": value},
            st.sampled_from([501, 507, 508, 510]),
            st.none() | st.lists(st.builds(lambda v: {"value": v}, st.text(min_size=1, max_size=5)),
                                 min_size=1, max_size=1),
        ),
        max_size=3,
    ),
    "tags_to_add": st.lists(st.builds(lambda n: {"name": n}, st.text(min_size=1, max_size=5))),
}  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.fixed_dictionaries({}, optional=KEYS))
def test_what_is_not_sent_stays(make, sent) -> None:
    crm = make()
    before = crm.state.get("contacts", 1)
    crm.ok("PATCH", "contacts/1", sent)
    after = crm.state.get("contacts", 1)
    moved = {key for key in after if after[key] != before[key]}
    allowed = {"updated_at", "updated_by"} | set(sent)
    allowed |= {"name"} if {"first_name", "last_name"} & set(sent) else set()
    allowed |= {"group_id"} if "responsible_user_id" in sent else set()
    allowed |= {"_embedded"} if "tags_to_add" in sent else set()
    assert moved <= allowed
    filled = {e["field_id"]: e["values"] for e in sent.get("custom_fields_values", [])}
    was, became = crm_values(before), crm_values(after)
    for field_id in was | became:
        expected = filled[field_id] or [] if field_id in filled else was[field_id]
        assert became.get(field_id, []) == expected
    others = crm.picture()
    fresh = make().picture()
    assert {i: c for i, c in others["contacts"].items() if i != 1} == {
        i: c for i, c in fresh["contacts"].items() if i != 1
    }
    assert others["leads"] == fresh["leads"]


def crm_values(card: dict) -> dict[int, list]:
    return {e["field_id"]: e["values"] for e in card["custom_fields_values"] or []}

"""Writing over HTTP with a client that others wrote, and with a bare one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from aioamocrm import (
    AmoCRMClient,
    Contact,
    Embedded,
    Lead,
    LongLivedToken,
    Note,
    Tag,
    Task,
    ValidationError,
)

from dedupe.sandbox import Limit, Sandbox

NOW = 1_790_000_000


@pytest.fixture
def sandbox(account) -> Iterator[Sandbox]:
    with Sandbox(account, limit=Limit(n=0), clock=lambda: float(NOW)) as found:
        yield found


def ask(sandbox: Sandbox, work: Callable[[AmoCRMClient], Awaitable[Any]]) -> Any:
    """Run `work` with the third-party client against the sandbox."""

    async def session() -> Any:
        auth = LongLivedToken("any")
        async with AmoCRMClient(base_url=sandbox.url, auth=auth, rate_limit=None) as amo:
            return await work(amo)

    return asyncio.run(session())


def test_a_contact_is_patched_and_read_back(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        contact = Contact(id=1, name="Новое имя")
        contact.set_field("PHONE", "+79000000099", enum_code="MOB")
        [changed] = await amo.contacts.update([contact])
        return changed, await amo.contacts.get(1)

    changed, contact = ask(sandbox, work)
    assert (changed.id, changed.updated_at) == (1, NOW)
    assert contact.name == "Новое имя"
    assert contact.field_values("PHONE") == ["+79000000099"]
    assert contact.field_value("PHONE", enum_code="MOB") == "+79000000099"
    assert contact.field_value(501) == "заметка"


def test_what_was_read_is_refused_whole_and_taken_in_part(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        read = await amo.contacts.get(2)
        part = {"id": 2, "custom_fields_values": read.to_api()["custom_fields_values"]}
        await amo.contacts.update([part])
        with pytest.raises(ValidationError) as caught:
            await amo.contacts.update([read])
        return read, caught.value, await amo.contacts.get(2)

    read, refusal, after = ask(sandbox, work)
    assert {issue.code for issue in refusal.errors} == {"FieldNotExpected"}
    assert after.field_values("EMAIL") == read.field_values("EMAIL") == ["a@example.com"]


def test_a_lead_is_made_linked_and_unlinked(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        [made] = await amo.leads.create([Lead(name="Новая", price=5)])
        [link] = await amo.leads.link(made.id, "contacts", 3, metadata={"is_main": True})
        linked = await amo.leads.get(made.id, with_="contacts")
        await amo.leads.unlink(made.id, "contacts", 3)
        return link, linked, await amo.leads.links(made.id)

    link, linked, left = ask(sandbox, work)
    assert (link.to_entity_id, link.metadata) == (3, {"main_contact": True})
    assert [(c.id, c.is_main) for c in linked.embedded.contacts] == [(3, True)]
    assert left == []


def test_a_lead_is_made_with_all_its_cards(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        contact = Contact(first_name="Ева")
        contact.set_field("EMAIL", "eva@example.com", enum_code="WORK")
        tags = [Tag(name="сайт")]
        lead = Lead(name="Сайт", embedded=Embedded(contacts=[contact], tags=tags))
        [made] = await amo.leads.create_complex([lead])
        return made, await amo.contacts.get(made.contact_id), await amo.leads.get(made.id)

    made, contact, lead = ask(sandbox, work)
    assert (made.merged, made.company_id) == (False, None)
    assert contact.field_values("EMAIL") == ["eva@example.com"]
    assert [tag.name for tag in lead.embedded.tags] == ["сайт"]


def test_notes_and_tasks(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        [note] = await amo.leads.notes.create([Note.common(31, "перезвонить")])
        kept = await amo.leads.notes.get(note.id, entity_id=31)
        [task] = await amo.tasks.create(
            [Task(text="а", complete_till=NOW, entity_id=31, entity_type="leads")]
        )
        await amo.tasks.update([{"id": task.id, "entity_id": 2, "entity_type": "contacts"}])
        await amo.tasks.complete(task.id, result="готово")
        return kept, await amo.tasks.get(task.id)

    note, task = ask(sandbox, work)
    assert (note.text, note.entity_id) == ("перезвонить", 31)
    assert (task.entity_type, task.entity_id, task.is_completed) == ("contacts", 2, True)
    assert task.result.text == "готово"


def test_tags_replace_and_add(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        await amo.contacts.update([{"id": 1, "tags_to_add": [{"name": "новый"}]}])
        added = await amo.contacts.get(1)
        await amo.contacts.update([Contact(id=1, embedded=Embedded(tags=[Tag(name="один")]))])
        return added, await amo.contacts.get(1)

    added, replaced = ask(sandbox, work)
    assert [tag.name for tag in added.embedded.tags] == ["старый", "новый"]
    assert [tag.name for tag in replaced.embedded.tags] == ["один"]


def test_a_failed_batch_names_its_item_and_saves_none(sandbox) -> None:
    async def work(amo: AmoCRMClient) -> Any:
        with pytest.raises(ValidationError) as caught:
            await amo.contacts.update([{"id": 1, "name": "А"}, {"id": 2, "created_by": 13}])
        return caught.value, await amo.contacts.get(1)

    refusal, contact = ask(sandbox, work)
    assert [(i.request_id, i.code, i.path) for i in refusal.errors] == [
        ("1", "NotSupportedChoice", "created_by")
    ]
    assert contact.name == "Иван Петров"
    assert sandbox.log == []


@pytest.fixture
def http(sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer any"}
    with httpx.Client(base_url=f"{sandbox.url}/api/v4", headers=headers) as client:
        yield client


def test_answers_say_what_they_are(http) -> None:
    done = http.patch("/contacts/1", json={"name": "Иной"})
    assert (done.status_code, done.headers["content-type"]) == (200, "application/hal+json")
    assert done.json()["_links"]["self"]["href"] == f"{http.base_url}contacts/1"
    refused = http.patch("/contacts/1", json={"nick": "x"})
    assert (refused.status_code, refused.headers["content-type"]) == (
        400,
        "application/problem+json",
    )
    gone = http.post("/leads/31/unlink", json=[{"to_entity_id": 1, "to_entity_type": "contacts"}])
    assert (gone.status_code, gone.content) == (204, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/leads/31", 405),
        ("DELETE", "/contacts/1", 405),
        ("DELETE", "/leads/31/notes/5", 405),
        ("DELETE", "/tasks/41", 403),
        ("DELETE", "/calls/5", 404),
        ("PUT", "/contacts/1", 405),
        ("POST", "/contacts/1", 405),
        ("POST", "/nothing", 404),
    ],
)
def test_what_is_not_allowed_over_http(http, method, path, status) -> None:
    assert http.request(method, path).status_code == status


def test_a_write_is_in_the_effect_log_and_the_events(http, sandbox) -> None:
    http.patch("/leads/31", json={"price": 7})
    [happened] = sandbox.log
    assert happened.effect.after == {"price": 7, "updated_at": NOW}
    listed = http.get("/events", params={"filter[type]": "sale_field_changed"}).json()
    [event] = listed["_embedded"]["events"]
    assert (event["entity_id"], event["entity_type"]) == (31, "lead")
    assert event["value_after"] == [{"sale_field_value": {"sale": 7}}]


def test_a_new_field_and_an_enquiry_are_read_back(http) -> None:
    made = http.post("/leads/custom_fields", json=[{"name": "Флаг", "type": "checkbox"}])
    assert made.status_code == 201
    id_ = made.json()["_embedded"]["custom_fields"][0]["id"]
    assert http.get(f"/leads/custom_fields/{id_}").json()["type"] == "checkbox"
    values = [{"field_id": id_, "values": [{"value": True}]}]
    http.patch("/leads/31", json={"custom_fields_values": values})
    lead = http.get("/leads/31").json()
    [entry] = [e for e in lead["custom_fields_values"] if e["field_id"] == id_]
    assert entry["values"] == [{"value": True}]
    http.delete(f"/leads/custom_fields/{id_}")
    assert http.get("/leads/31").json()["custom_fields_values"] is None
    http.post("/leads/unsorted/abc/accept", json={})
    assert http.get("/leads/unsorted").status_code == 204

"""What is read over HTTP is the account, in the documented shapes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from dedupe.sandbox import Options

ENTITIES = {"contacts": "contact", "companies": "company", "leads": "deal"}
TABLES = {"contacts": "contacts", "companies": "companies", "leads": "deals"}


def live(account, kind: str) -> pl.DataFrame:
    return account.frame(TABLES[kind]).filter(~pl.col("is_deleted"))


@pytest.mark.parametrize("kind", list(TABLES))
def test_every_live_card_is_on_one_page(client, account, kind) -> None:
    ids = [card["id"] for card in client.all(f"{kind}?limit=250", kind)]
    assert ids == sorted(live(account, kind)["id"].cast(pl.Int64))


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_numbers_and_addresses_keep_label_and_order(client, account, kind) -> None:
    read = []
    for card in client.all(f"{kind}?limit=250", kind):
        for field in card["custom_fields_values"] or ():
            if field["field_code"] in ("PHONE", "EMAIL"):
                assert field["field_type"] == "multitext"
                read += [
                    (str(card["id"]), field["field_code"], at, v["value"], v["enum_code"])
                    for at, v in enumerate(field["values"])
                ]
    channels = account.frame("channels").filter(
        (pl.col("entity") == ENTITIES[kind]) & pl.col("field_id").is_in(["PHONE", "EMAIL"])
    )
    kept = channels.join(live(account, kind).select(record_id="id"), on="record_id", how="semi")
    kept = kept.sort("record_id", "field_id", "position").with_columns(
        at=pl.int_range(pl.len()).over("record_id", "field_id")
    )
    told = kept.select("record_id", "field_id", "at", "raw", "label").rows()
    assert sorted(read) == sorted(told)


def _text(value: object) -> object:
    """Return a value as the account tells it: a tick is a word there."""
    return str(value).lower() if isinstance(value, bool) else value


def test_other_fields_keep_their_values(client, account) -> None:
    read = Counter()
    for kind, entity in ENTITIES.items():
        for card in client.all(f"{kind}?limit=250", kind):
            for field in card["custom_fields_values"] or ():
                key = field["field_code"] or str(field["field_id"])
                read.update(
                    (entity, str(card["id"]), key, _text(v["value"])) for v in field["values"]
                )
    told = Counter()
    for name in ("channels", "field_values"):
        frame = account.frame(name).select("entity", "record_id", "field_id", "raw")
        told.update(frame.rows())
    gone = {
        (ENTITIES[kind], id_)
        for kind in TABLES
        for id_ in account.frame(TABLES[kind]).filter("is_deleted")["id"]
    }
    assert read == Counter({k: n for k, n in told.items() if k[:2] not in gone})


def test_leads_tell_stage_moments_price_and_links(client, account) -> None:
    leads = {d["id"]: d for d in client.all("leads?limit=250&with=contacts,source_id", "leads")}
    for row in account.frame("deals").with_columns(pl.col(pl.Datetime).dt.epoch("s")).to_dicts():
        lead = leads[int(row["id"])]
        own = (lead["pipeline_id"], lead["status_id"], lead["loss_reason_id"], lead["source_id"])
        names = ("pipeline_id", "status_id", "loss_reason_id", "source_id")
        assert own == tuple(int(row[n]) if row[n] else None for n in names)
        assert [lead[n] for n in ("created_at", "updated_at", "closed_at")] == [
            row[n] for n in ("created_at", "updated_at", "closed_at")
        ]
        assert (lead["name"], lead["price"]) == (row["name"], row["price"])
        assert isinstance(lead["price"], int)
    gone = account.frame("contacts").filter("is_deleted")["id"]
    links = account.frame("links").filter(pl.col("to_entity") == "deal")
    links = links.filter(~pl.col("from_id").is_in(gone.implode()))
    read = {
        (entity, str(card["id"]), str(id_), card.get("is_main"))
        for id_, lead in leads.items()
        for entity, key in (("contact", "contacts"), ("company", "companies"))
        for card in lead["_embedded"][key]
    }
    assert read == set(links.select("from_entity", "from_id", "to_id", "is_main").rows())


def test_tags_are_on_their_cards_with_the_ids_of_the_dictionary(client, account) -> None:
    for kind, entity in (("leads", "deal"), ("contacts", "contact")):
        known = {t["id"]: t["name"] for t in client.all(f"{kind}/tags?limit=250", "tags")}
        read = set()
        for card in client.all(f"{kind}?limit=250", kind):
            for tag in card["_embedded"]["tags"]:
                assert known[tag["id"]] == tag["name"]
                read.add((str(card["id"]), tag["name"]))
        told = account.frame("record_tags").filter(entity=entity)
        told = told.join(live(account, kind).select(record_id="id"), on="record_id", how="semi")
        assert read == set(told.select("record_id", "tag").rows())


def test_tasks_are_whole_and_an_unfinished_one_has_an_empty_list_as_result(client, account) -> None:
    tasks = client.all("tasks?limit=250", "tasks")
    told = account.frame("tasks").with_columns(pl.col(pl.Datetime).dt.epoch("s")).to_dicts()
    assert {t["id"] for t in tasks} == {int(row["id"]) for row in told}
    rows = {int(row["id"]): row for row in told}
    for task in tasks:
        row = rows[task["id"]]
        assert task["complete_till"] == row["due_at"]
        assert task["is_completed"] is row["is_completed"]
        assert task["entity_type"] == {"deal": "leads", "contact": "contacts"}[row["entity"]]
        assert task["result"] == ([] if row["result"] is None else {"text": row["result"]})


def test_the_next_open_task_is_told_on_the_card(client, account) -> None:
    due = (
        account.frame("tasks")
        .filter(~pl.col("is_completed") & (pl.col("entity") == "deal"))
        .group_by("record_id")
        .agg(pl.col("due_at").dt.epoch("s").min())
    )
    told = {int(id_): at for id_, at in due.iter_rows()}
    leads = client.all("leads?limit=250", "leads")
    assert {
        lead["id"]: lead["closest_task_at"] for lead in leads if lead["closest_task_at"]
    } == told


def test_notes_and_events_are_whole(client, account) -> None:
    notes = [
        (str(n["id"]), kind, str(n["entity_id"]), n["note_type"])
        for kind in TABLES
        for n in client.all(f"{kind}/notes?limit=250", "notes")
    ]
    told = account.frame("notes").select("id", "entity", "record_id", "note_type").rows()
    assert sorted(notes) == sorted(
        (id_, {"deal": "leads", "contact": "contacts"}[e], r, t) for id_, e, r, t in told
    )
    pages = client.pages("events?limit=250", "events")
    assert {len(page) for page in pages[:-1]} == {100}
    events = [event for page in pages for event in page]
    assert {event["id"] for event in events} == set(account.frame("events")["id"])
    times = [event["created_at"] for event in events]
    assert times == sorted(times, reverse=True)
    one = events[0]
    assert client.get(f"events/{one['id']}").json()["id"] == one["id"]


def test_one_card_s_notes_are_its_own(client) -> None:
    first = client.all("leads/notes?limit=5", "notes")[0]
    own = client.all(f"leads/{first['entity_id']}/notes", "notes")
    assert first["id"] in [note["id"] for note in own]
    assert {note["entity_id"] for note in own} == {first["entity_id"]}
    path = f"leads/{first['entity_id']}/notes/{first['id']}"
    assert client.get(path).json()["_links"]["self"]["href"].endswith(path)
    assert client.get(f"leads/notes/{first['id']}").json()["params"] == first["params"]
    assert client.get(f"contacts/notes/{first['id']}").status_code == 204


def test_settings_are_whole(client, account) -> None:
    users = client.all("users?with=role,group,phone_number", "users")
    assert [str(u["id"]) for u in users] == account.frame("users")["id"].to_list()
    assert sum(u["rights"]["is_admin"] and u["rights"]["is_active"] for u in users) == 5
    may_delete = [
        u
        for u in users
        if u["rights"]["is_active"]
        and any(u["rights"][k]["delete"] != "D" for k in ("leads", "contacts", "companies"))
    ]
    assert len(may_delete) == 19
    assert [str(r["id"]) for r in client.all("roles", "roles")] == ["81", "82", "83"]
    stages = [
        (str(p["id"]), str(s["id"]), s["name"], s["sort"])
        for p in client.all("leads/pipelines", "pipelines")
        for s in p["_embedded"]["statuses"]
    ]
    told = account.frame("statuses").select("pipeline_id", "id", "name", "sort").rows()
    assert sorted(stages) == sorted(told)
    for path, key, table in (
        ("leads/loss_reasons", "loss_reasons", "loss_reasons"),
        ("sources", "sources", "sources"),
        ("webhooks", "webhooks", "webhooks"),
        ("widgets", "widgets", "widgets"),
    ):
        ids = [str(item["id"]) for item in client.all(path, key)]
        assert ids == account.frame(table)["id"].to_list()
    embedded = client.get("account?with=task_types,users_groups").json()["_embedded"]
    assert len(embedded["task_types"]) == account.frame("task_types").height
    assert [g["id"] for g in embedded["users_groups"]] == [0, 300001, 300002, 300003]


def test_fields_have_their_choices_and_required_stages(client, account) -> None:
    fields = {f["id"]: f for f in client.all("leads/custom_fields", "custom_fields")}
    whence = fields[700303]
    assert next(e["value"] for e in whence["enums"]) == "сайт"
    assert whence["required_statuses"][0] == {"status_id": 31000023, "pipeline_id": 3100002}
    own = {f["code"]: f for f in client.all("contacts/custom_fields", "custom_fields") if f["code"]}
    assert [e["value"] for e in own["PHONE"]["enums"]] == [
        "WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER",
    ]  # fmt: skip
    assert client.get(f"contacts/custom_fields/{own['PHONE']['id']}").json() == own["PHONE"]
    assert client.get("contacts/custom_fields/1").status_code == 204


def test_account_tells_only_what_it_is_asked_for(client) -> None:
    bare = client.get("account").json()
    assert "_embedded" not in bare
    assert not {"version", "amojo_id", "is_api_filter_enabled"} & set(bare)
    full = client.get(
        "account?with=amojo_id,amojo_rights,version,entity_names,datetime_settings,drive_url,"
        "is_api_filter_enabled,invoices_settings,users_groups,task_types"
    ).json()
    assert full["is_api_filter_enabled"] is True
    assert full["_embedded"]["datetime_settings"]["timezone"] == "Europe/Moscow"
    assert (full["id"], full["country"], full["current_user_id"]) == (29500000, "RU", 1200001)


def test_pages_are_linked_both_ways(client, shared) -> None:
    first = client.get("contacts?limit=100&order[id]=desc").json()
    assert set(first["_links"]) == {"self", "next"}
    assert first["_links"]["next"]["href"].startswith(f"{shared.url}/api/v4/contacts?")
    second = client.http.get(first["_links"]["next"]["href"]).json()
    assert second["_page"] == 2
    assert set(second["_links"]) == {"self", "next", "first", "prev"}
    back = client.http.get(second["_links"]["prev"]["href"]).json()
    assert [c["id"] for c in back["_embedded"]["contacts"]] == [
        c["id"] for c in first["_embedded"]["contacts"]
    ]
    assert client.get("contacts?limit=250&page=999").status_code == 204
    assert client.get("contacts?limit=250&page=999").content == b""


@pytest.mark.parametrize(
    ("query", "n"),
    [("", 50), ("limit=250", 250), ("limit=251", 50), ("limit=400", 50), ("limit=0", 50),
     ("limit=-1", 50), ("limit=x", 50), ("limit=10&page=0", 10), ("limit=10&page=x", 10)],
)  # fmt: skip
def test_a_limit_over_250_falls_back_to_50(client, query, n) -> None:
    assert len(client.get(f"contacts?{query}").json()["_embedded"]["contacts"]) == n


def test_fields_come_50_a_page_at_most(client) -> None:
    body = client.get("contacts/custom_fields?limit=250").json()
    assert "limit=50" in body["_links"]["self"]["href"]
    assert (body["_total_items"], body["_page_count"]) == (9, 1)


@pytest.mark.parametrize("order", ["updated_at", "created_at", "id"])
def test_lists_are_ordered_both_ways(client, order) -> None:
    up = list(client.all(f"leads?limit=250&order[{order}]=asc", "leads"))
    down = list(client.all(f"leads?limit=250&order[{order}]=desc", "leads"))
    keys = [(d[order], d["id"]) for d in up]
    assert keys == sorted(keys)
    assert [d["id"] for d in down] == [d["id"] for d in up][::-1]


def filtered(client, kind: str, query: str) -> list[Any]:
    return client.all(f"{kind}?limit=250&{query}", kind)


def test_alpha_filters_pick_cards(client, account) -> None:
    ids = live(account, "contacts")["id"].to_list()[:3]
    query = "&".join(f"filter[id][]={id_}" for id_ in ids)
    assert {str(c["id"]) for c in filtered(client, "contacts", query)} == set(ids)
    at = int(live(account, "contacts")["updated_at"].dt.epoch("s").quantile(0.9))
    newer = filtered(client, "contacts", f"filter[updated_at][from]={at}")
    told = live(account, "contacts").filter(pl.col("updated_at").dt.epoch("s") >= at)
    assert {str(c["id"]) for c in newer} == set(told["id"])
    won = filtered(
        client,
        "leads",
        "filter[statuses][0][pipeline_id]=3100002&filter[statuses][0][status_id]=142",
    )
    told = account.frame("deals").filter(pipeline_id="3100002", status_id="142")
    assert {str(d["id"]) for d in won} == set(told["id"])
    some = filtered(client, "leads", "filter[custom_fields_values][700303][]=4810001")
    told = account.frame("field_values").filter(field_id="700303", raw="сайт")
    assert {str(d["id"]) for d in some} == set(told["record_id"])


def test_a_search_looks_into_names_and_fields(client, account) -> None:
    row = account.frame("channels").filter(entity="contact", kind="email").row(0, named=True)
    found = filtered(client, "contacts", f"query={row['raw']}")
    assert row["record_id"] in [str(c["id"]) for c in found]
    name = live(account, "contacts")["name"][5]
    assert all(
        name.lower() in str(c).lower() for c in filtered(client, "contacts", f"query={name}")
    )


def test_without_the_add_on_filters_are_ignored_or_refused(serve) -> None:
    sandbox, client = serve(options=Options(has_filters=False))
    assert client.get("account?with=is_api_filter_enabled").json()["is_api_filter_enabled"] is False
    assert len(client.get("contacts?filter[id]=1").json()["_embedded"]["contacts"]) == 50
    assert client.get("tasks?filter[id]=1").status_code == 204  # an ordinary filter
    sandbox.state.options = replace(sandbox.state.options, refuses_filters=True)
    assert client.get("contacts?filter[id]=1").status_code == 400


@pytest.mark.parametrize("path", ["contacts?filter[id]=x", "leads?filter[updated_at][from]=a",
                                  "tasks?filter[task_type]=a,b", "contacts/links"])  # fmt: skip
def test_a_parameter_of_another_type_is_a_400(client, path) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_task_filters_are_ordinary(client, account) -> None:
    tasks = client.all("tasks?limit=250&filter[is_completed]=0&filter[entity_type]=leads", "tasks")
    told = account.frame("tasks").filter(~pl.col("is_completed") & (pl.col("entity") == "deal"))
    assert {str(t["id"]) for t in tasks} == set(told["id"])
    some = [str(t["id"]) for t in tasks[:2]]
    found = client.all(f"tasks?filter[id][0]={some[0]}&filter[id][1]={some[1]}", "tasks")
    assert [str(t["id"]) for t in found] == some


def test_event_filters_and_their_bound(client) -> None:
    merged = client.all("events?filter[type]=entity_merged", "events")
    assert {e["type"] for e in merged} == {"entity_merged"}
    assert merged[0]["value_after"] == []
    at = merged[0]["created_at"]
    newer = client.all(f"events?filter[created_at][from]={at}", "events")
    assert min(e["created_at"] for e in newer) == at
    ids = "&".join(f"filter[entity_id][]={i}" for i in range(11))
    assert client.get(f"events?{ids}").status_code == 400
    types = client.get("events/types").json()["_embedded"]["events_types"]
    assert {"lead_added", "entity_merged"} <= {t["key"] for t in types}


def test_the_bin_has_ids_only(client, account) -> None:
    binned = client.all("contacts?with=only_deleted&limit=250", "contacts")
    told = account.frame("contacts").filter("is_deleted")["id"]
    assert {str(c["id"]) for c in binned} == set(told)
    assert {frozenset(c) for c in binned} == {
        frozenset(("id", "updated_at", "updated_by", "is_deleted", "account_id"))
    }
    assert client.get(f"contacts/{binned[0]['id']}").status_code == 204


def test_links_are_seen_from_every_side(client, account) -> None:
    lead = next(
        d
        for d in client.all("leads?limit=250&with=contacts", "leads")
        if len(d["_embedded"]["contacts"]) == 2 and d["_embedded"]["companies"]
    )
    links = client.get(f"leads/{lead['id']}/links").json()
    assert links["_total_items"] == 3
    items = links["_embedded"]["links"]
    assert {i["to_entity_type"] for i in items} == {"contacts", "companies"}
    main = {i["to_entity_id"]: i["metadata"] for i in items}
    for card in lead["_embedded"]["contacts"]:
        assert main[card["id"]] == {"main_contact": card["is_main"]}
    company = lead["_embedded"]["companies"][0]["id"]
    assert main[company] is None
    contact = lead["_embedded"]["contacts"][0]["id"]
    many = client.get(
        f"contacts/links?filter[entity_id][]={contact}&filter[to_entity_type]=leads"
    ).json()["_embedded"]["links"]
    assert lead["id"] in [i["to_entity_id"] for i in many]
    assert {(i["entity_id"], i["entity_type"]) for i in many} == {(contact, "contacts")}
    assert lead["id"] in [
        d["id"] for d in client.get(f"contacts/{contact}?with=leads").json()["_embedded"]["leads"]
    ]


def test_with_embeds_the_loss_reason_and_the_source(client, account) -> None:
    row = account.frame("deals").drop_nulls(["loss_reason_id", "source_id"]).row(0, named=True)
    path = f"leads/{row['id']}"
    bare = client.get(path).json()
    assert bare["source_id"] is None
    assert "loss_reason" not in bare["_embedded"]
    lead = client.get(f"{path}?with=loss_reason,source,source_id,catalog_elements").json()
    assert lead["_embedded"]["loss_reason"][0]["id"] == int(row["loss_reason_id"])
    assert lead["_embedded"]["source"]["id"] == int(row["source_id"]) == lead["source_id"]
    assert lead["_embedded"]["catalog_elements"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v4/nothing", 404), ("GET", "/api/v2/contacts", 404), ("GET", "/", 404),
     ("DELETE", "/api/v4/contacts/20000006", 405), ("DELETE", "/api/v4/leads/1", 405),
     ("PUT", "/api/v4/contacts", 405), ("GET", "/api/v4/talks/7", 404),
     ("GET", "/api/v4/contacts/7", 204), ("GET", "/api/v4/leads/7/links", 404),
     ("GET", "/api/v4/leads/unsorted/x", 204), ("GET", "/api/v4/contacts/chats", 400),
     ("GET", f"/api/v4/contacts/{'9' * 18}", 204), ("GET", f"/api/v4/tasks/{'9' * 19}x", 404),
     ("GET", "/api/v4/contacts/chats?contact_id[]=1", 204)],
)  # fmt: skip
def test_what_is_not_there_is_answered_as_documented(client, method, path, status) -> None:
    answer = client.http.request(method, path)
    assert answer.status_code == status
    if status in (204, 405):
        assert answer.content == b""
    else:
        assert answer.json()["status"] == status
        assert answer.json()["type"] == f"https://httpstatus.es/{status}"


def test_a_chat_and_a_talk_can_be_read(serve) -> None:
    sandbox, client = serve()
    sandbox.state.put("chats", {"id": 5, "chat_id": "c-5", "contact_id": 20000006})
    sandbox.state.put("talks", {"talk_id": 9, "chat_id": "c-5", "contact_id": 20000006})
    for query in ("contact_id[]=20000006", "chat_id=c-5"):
        body = client.get(f"contacts/chats?{query}").json()
        assert body["_total_items"] == 1
        assert body["_embedded"]["chats"][0]["chat_id"] == "c-5"
    assert client.get("talks/9").json()["talk_id"] == 9


def test_enquiries_can_be_read(serve, account) -> None:
    deal = account.frame("deals")["id"][0]
    row = {"id": "u1", "category": "sip", "source_name": "UIS", "pipeline_id": "3100001",
           "deal_id": deal, "created_at": account.frame("deals")["created_at"][0]}  # fmt: skip
    frame = account.frame("unsorted").clear()
    made = pl.concat([frame, pl.DataFrame([row])], how="diagonal_relaxed")
    own = replace(account, tables=dict(account.tables) | {"unsorted": made.lazy()})
    _, client = serve(account=own)
    found = client.all("leads/unsorted?filter[category][]=sip", "unsorted")
    assert [one["uid"] for one in found] == ["u1"]
    assert found[0]["_embedded"]["leads"][0]["id"] == int(deal)
    assert found[0]["_embedded"]["contacts"] == []
    assert client.get("leads/unsorted/u1").json()["category"] == "sip"
    assert client.get("leads/unsorted/summary").json()["categories"]["sip"] == {"total": 1}
    assert client.get("leads/unsorted?filter[category]=mail").status_code == 204

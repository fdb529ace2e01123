"""A client that others wrote reads the account whole: its strict models take our answers."""

from __future__ import annotations

import asyncio

import polars as pl
import pytest
from aioamocrm import AmoCRMClient, LongLivedToken, NotFoundError


def run(sandbox, work):
    """Run `work` with a client of the sandbox."""

    async def inside():
        auth = LongLivedToken("x")
        async with AmoCRMClient(base_url=sandbox.url, auth=auth, rate_limit=None) as amo:
            return await work(amo)

    return asyncio.run(inside())


async def every(listing, **more):
    return [item async for item in listing.iterate(**more)]


@pytest.mark.parametrize(("kind", "table"), [("contacts", "contacts"), ("companies", "companies"),
                                             ("leads", "deals")])  # fmt: skip
def test_all_pages_of_cards_are_read(shared, account, kind, table) -> None:
    order = {"id": "asc"}
    cards = run(shared, lambda amo: every(getattr(amo, kind), limit=100, order=order))
    told = account.frame(table).filter(~pl.col("is_deleted"))
    assert [card.id for card in cards] == sorted(told["id"].cast(pl.Int64))
    assert {card.name for card in cards} == set(told["name"].fill_null(""))


def test_fields_and_links_have_the_client_s_types(shared, account) -> None:
    async def work(amo):
        return await every(amo.contacts), await every(amo.leads, with_=["contacts"])

    contacts, leads = run(shared, work)
    phones = {(c.id, p) for c in contacts for p in c.field_values("PHONE")}
    live = account.frame("contacts").filter(~pl.col("is_deleted"))["id"]
    told = account.frame("channels").filter(
        (pl.col("entity") == "contact") & (pl.col("field_id") == "PHONE")
    )
    told = told.filter(pl.col("record_id").is_in(live.implode()))
    assert phones == set(told.select(pl.col("record_id").cast(pl.Int64), "raw").rows())
    links = {(lead.id, c.id, c.is_main) for lead in leads for c in lead.embedded.contacts}
    kept = account.frame("links").filter(from_entity="contact", to_entity="deal")
    kept = kept.filter(pl.col("from_id").is_in(live.implode()))
    ids = pl.col("to_id", "from_id").cast(pl.Int64)
    assert links == set(kept.select(ids, "is_main").rows())


def test_settings_and_activity_are_read(shared, account) -> None:
    async def work(amo):
        return (
            await amo.account.get(with_=["users_groups", "task_types", "version"]),
            await every(amo.users, with_=["role", "group"]),
            await amo.pipelines.list(),
            await every(amo.tasks),
            await every(amo.leads.notes),
            await every(amo.contacts.custom_fields),
        )

    told, users, pipelines, tasks, notes, fields = run(shared, work)
    assert (told.id, told.country, told.version) == (29500000, "RU", 16)
    assert len(users) == account.frame("users").height
    assert [len(p.statuses) for p in pipelines] == [9, 7, 6, 6, 15]
    assert {str(t.id) for t in tasks} == set(account.frame("tasks")["id"])
    assert {str(n.id) for n in notes} == set(account.frame("notes").filter(entity="deal")["id"])
    assert next(f for f in fields if f.code == "PHONE").enum_id("MOB") == 4_800_005


def test_one_card_is_read_and_an_absent_one_is_not(shared, account) -> None:
    id_ = int(account.frame("companies").filter(~pl.col("is_deleted"))["id"][0])

    async def work(amo):
        card = await amo.companies.get(id_, with_=["leads", "contacts"])
        with pytest.raises(NotFoundError):
            await amo.companies.get(1)
        return card

    assert run(shared, work).id == id_


def test_filters_reach_the_server(shared, account) -> None:
    told = account.frame("deals")
    at = int(told["updated_at"].dt.epoch("s").median())

    async def work(amo):
        return await every(amo.leads, filter={"updated_at": {"from": at}})

    found = run(shared, work)
    assert {str(d.id) for d in found} == set(
        told.filter(pl.col("updated_at").dt.epoch("s") >= at)["id"]
    )

"""The demo account, served by the sandbox and read back: the same tables as its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import polars as pl
import pytest

from dedupe.contracts import Account
from dedupe.crm.amocrm import (
    ACCOUNT_PARAMS,
    ACCOUNT_PATH,
    Listing,
    listings_for,
    merge_pages,
    read_account,
    read_page,
    settle,
)
from dedupe.sandbox import Limit, Sandbox
from dedupe.sandbox.demo import build_demo

Tables = dict[str, pl.DataFrame]
HEAVY = ("notes", "events")
_ENTITY = {"contacts": "contact", "companies": "company", "deals": "deal"}


def pages(client: httpx.Client, listing: Listing) -> Iterator[Tables]:
    number, has_next = 0, True
    while has_next:
        number += 1
        answer = client.get(listing.path, params=list(listing.query(number)))
        assert answer.status_code in (200, 204), (listing.name, answer.text)
        found = read_page(listing, answer.content)
        assert (found.n_quarantined, found.n_mended) == (0, 0)
        has_next = found.has_next
        yield dict(found.tables)


def pull(url: str) -> Tables:
    tables: dict[str, list[pl.DataFrame]] = {}
    with httpx.Client(
        base_url=url, headers={"Authorization": "Bearer fictional"}, trust_env=False
    ) as client:
        account = read_account(client.get(ACCOUNT_PATH, params=list(ACCOUNT_PARAMS)).content)
        parts = [dict(account.tables)]
        parts += [merge_pages(one, pages(client, one)) for one in listings_for(HEAVY)]
    for part in parts:
        for name, frame in part.items():
            tables.setdefault(name, []).append(frame)
    return settle({name: pl.concat(frames) for name, frames in tables.items()})


def live(account: Account) -> Tables:
    """Return the account's tables without what is deleted, which no list shows."""
    tables = {name: account.frame(name) for name in account.tables}
    gone = {
        entity: tables[name].filter(pl.col("is_deleted"))["id"].implode()
        for name, entity in _ENTITY.items()
    }
    for name in _ENTITY:  # the API gives an empty name for none
        own = tables[name].filter(~pl.col("is_deleted"))
        tables[name] = own.with_columns(pl.col("name").fill_null(""))
    for name, place, column in (
        ("channels", "entity", "record_id"),
        ("field_values", "entity", "record_id"),
        ("record_tags", "entity", "record_id"),
        ("links", "from_entity", "from_id"),
        ("links", "to_entity", "to_id"),
    ):
        for entity, ids in gone.items():
            is_gone = (pl.col(place) == entity) & pl.col(column).is_in(ids)
            tables[name] = tables[name].filter(~is_gone)
    # The demo account labels its sites, as files may; a field of amoCRM for sites has no labels.
    is_site = pl.col("kind") == "site"
    label = pl.when(~is_site).then("label")
    tables["channels"] = tables["channels"].with_columns(label=label)
    return settle(tables)


@pytest.fixture(scope="module")
def both() -> tuple[Tables, Tables]:
    account = build_demo(scale=0.005, extras=HEAVY).account
    with Sandbox(account, limit=Limit(n=0)) as sandbox:
        return pull(sandbox.url), live(account)


def test_every_table_that_the_account_has_is_read(both: tuple[Tables, Tables]) -> None:
    found, own = both
    assert set(own) <= set(found)


def test_the_tables_are_those_of_the_account(both: tuple[Tables, Tables]) -> None:
    found, own = both
    unlike = {
        name: frame.join(found[name], on=frame.columns, how="anti", nulls_equal=True).head(3)
        for name, frame in own.items()
        if not frame.equals(found[name])
    }
    assert unlike == {}


def test_there_is_something_to_compare(both: tuple[Tables, Tables]) -> None:
    found, _ = both
    empty = {name for name, frame in found.items() if not frame.height}
    assert empty <= {"unsorted"}

"""The fields of a snapshot that say what a card's bearer is: a tax number, a birthday, a city."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import Account
from dedupe.crm.tables.roles import FIELD_ROLES, header_key, roles_by_key

_KIND = {"contact": "contacts", "company": "companies"}


def trait_fields(account: Account, cards: pl.DataFrame) -> pl.DataFrame:
    """Return entity, record_id, role and raw of the cards' fields whose role is known.

    A field is known by its id (files name fields by role) or by its name in the settings
    ("ИНН", "Дата рождения"). A contact without a company of its own has its first linked
    one's name.
    """
    held = account.frame("field_values").select("entity", "record_id", "field_id", "raw")
    roles = _roles(account)
    told = held.join(roles, on=["entity", "field_id"], how="inner", maintain_order="left")
    told = told.select("entity", "record_id", "role", "raw")
    return pl.concat([told, _linked_companies(account, cards, told)])


def _roles(account: Account) -> pl.DataFrame:
    """Return entity, field_id and role; of several fields of a role the first by id counts."""
    fields = account.frame("fields").select("entity", "id", "name").sort("entity", "id")
    rows = [
        (entity, field_id, role)
        for entity, field_id, name in fields.iter_rows()
        if entity in _KIND and (role := _role_of(entity, name or "")) is not None
    ]
    by_name = pl.DataFrame(
        rows, schema={"entity": pl.String, "field_id": pl.String, "role": pl.String}, orient="row"
    ).unique(["entity", "role"], keep="first", maintain_order=True)
    own = pl.DataFrame(
        [(entity, role, role) for entity in _KIND for role in FIELD_ROLES],
        schema=by_name.schema,
        orient="row",
    )
    return pl.concat([own, by_name]).unique(["entity", "field_id"], keep="first")


def _role_of(entity: str, name: str) -> str | None:
    role, _ = roles_by_key(_KIND[entity]).get(header_key(name), ("", 0))
    return role if role in FIELD_ROLES else None


def _linked_companies(account: Account, cards: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    has_own = told.filter(pl.col("role") == "company").select("entity", "record_id")
    names = cards.filter(pl.col("entity") == "company").select(to_id="record_id", raw="name")
    linked = (
        account.frame("links")
        .filter((pl.col("from_entity") == "contact") & (pl.col("to_entity") == "company"))
        .sort(pl.col("is_main").fill_null(False), "to_id", descending=[True, False])
        .unique("from_id", keep="first", maintain_order=True)
        .join(names, on="to_id")
        .select(entity=pl.lit("contact"), record_id="from_id", role=pl.lit("company"), raw="raw")
        .drop_nulls("raw")
    )
    return linked.join(has_own, on=["entity", "record_id"], how="anti")

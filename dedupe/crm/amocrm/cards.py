"""Contacts, companies and leads as rows of the snapshot, with all that hangs on them.

The owner of a link is the record in whose answer it stands: a lead tells its contacts and
its company, a contact its company. Links run contact -> deal, company -> deal and
contact -> company, as in every snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from .fields import FieldColumns
from .frames import frame, frame_of_rows
from .mend import UnfitError, whole
from .shapes import Card, Lead
from .texts import Moments, author_texts, id_text, id_texts

Tables = dict[str, pl.DataFrame]
WON, LOST = 142, 143  # the same numbers in every pipeline
_Link = tuple[str, str, str, str, bool | None]
_LINK = ("from_entity", "from_id", "to_entity", "to_id", "is_main")
_TAG = ("entity", "record_id", "tag")
STATES = {WON: "won", LOST: "lost"}


class _Children:
    """The tags and links of records, row by row."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        self.tags: list[tuple[str, str, str]] = []
        self.links: list[_Link] = []

    def add_tags(self, id_: str, item: Card | Lead) -> None:
        if item.embedded is not None and item.embedded.tags:
            names = dict.fromkeys(tag.name for tag in item.embedded.tags)
            self.tags += [(self.entity, id_, name) for name in names]

    def tables(self) -> Tables:
        return {
            "links": frame_of_rows("links", _LINK, self.links),
            "record_tags": frame_of_rows("record_tags", _TAG, self.tags),
        }


def card_tables(entity: str, items: Sequence[Card], moments: Moments) -> Tables:
    """Build the tables of contacts or companies."""
    children, fields = _Children(entity), FieldColumns(entity)
    ids = [str(item.id) for item in items]
    for id_, item in zip(ids, items, strict=True):
        if item.custom_fields_values:
            fields.add(id_, item.custom_fields_values)
        children.add_tags(id_, item)
        if item.embedded is not None and item.embedded.companies and entity == "contact":
            children.links += [
                ("contact", id_, "company", str(firm.id), None) for firm in item.embedded.companies
            ]
    cards = frame(
        "contacts",
        {
            **_common(ids, items, moments),
            "first_name": [item.first_name or None for item in items],
            "last_name": [item.last_name or None for item in items],
        },
    )
    table = "contacts" if entity == "contact" else "companies"
    return {table: cards, **fields.tables(), **children.tables()}


def deal_tables(entity: str, items: Sequence[Lead], moments: Moments) -> Tables:
    """Build the tables of leads. Which open ones are unsorted, `settle` tells."""
    children, fields = _Children(entity), FieldColumns(entity)
    ids = [str(item.id) for item in items]
    for id_, item in zip(ids, items, strict=True):
        if item.custom_fields_values:
            fields.add(id_, item.custom_fields_values)
        children.add_tags(id_, item)
        if item.embedded is not None:
            children.links += _deal_links(id_, item)
    deals = frame(
        "deals",
        {
            **_common(ids, items, moments),
            "price": [item.price for item in items],
            "pipeline_id": id_texts(item.pipeline_id for item in items),
            "status_id": id_texts(item.status_id for item in items),
            "state": [_state(item.status_id) for item in items],
            "loss_reason_id": [_loss_reason(item) for item in items],
            "source_id": [_source(item) for item in items],
            "closed_at": moments.closed(item.closed_at for item in items),
        },
    )
    tables = {"deals": deals, **fields.tables(), **children.tables()}
    tables.pop("channels")  # a site or a number of a deal is nobody's channel
    return tables


def _common(ids: list[str], items: Sequence[Card | Lead], moments: Moments) -> dict[str, Any]:
    return {
        "id": ids,
        "name": [item.name for item in items],
        "owner_id": id_texts(item.responsible_user_id for item in items),
        "created_by": author_texts(item.created_by for item in items),
        "created_at": moments.past(item.created_at for item in items),
        "updated_at": moments.past(item.updated_at for item in items),
        "is_deleted": [bool(item.is_deleted) for item in items],
    }


def _deal_links(id_: str, item: Lead) -> list[_Link]:
    assert item.embedded is not None
    links: list[_Link] = []
    for one in item.embedded.contacts or ():
        is_main = one.main_contact if one.is_main is None else one.is_main
        links.append(("contact", str(one.id), "deal", id_, is_main))
    for firm in item.embedded.companies or ():
        links.append(("company", str(firm.id), "deal", id_, None))
    return links


def _state(status: int | None) -> str | None:
    return None if status is None else STATES.get(status, "open")


def _loss_reason(item: Lead) -> str | None:
    told = item.embedded.loss_reason if item.embedded is not None else None
    return id_text(item.loss_reason_id) or _first_id(told)


def _source(item: Lead) -> str | None:
    told = item.embedded.source if item.embedded is not None else None
    return id_text(item.source_id) or _first_id(told)


def _first_id(told: Any) -> str | None:  # noqa: ANN401  an object, a list of one, or nothing
    one = told[0] if isinstance(told, list) and told else told
    try:
        return id_text(whole(one.get("id"))) if isinstance(one, dict) else None
    except UnfitError:
        return None

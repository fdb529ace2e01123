"""Contacts, companies and leads of the account as Tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from dedupe.contracts import Account

from .columns import (
    Children,
    flags,
    one_of,
    or_none,
    or_zero,
    row_of,
    seconds,
    sorted_frame,
    whole,
)
from .fields import Field, channels_of, value_maker
from .names import ENTITY_OF
from .table import NONE, Flags, Ints, Make, Record, Search, Table, Words

FieldsOf = Mapping[str, Field]
TagId = Callable[[str, str], int]
GroupOf = Callable[[int], int]


def card_table(account: Account, kind: str, about: About) -> Table:
    """Return the contacts or companies of the account."""
    frame = sorted_frame(account, kind)
    columns = _common(frame, kind)
    make = _maker(account, kind, columns, about)
    names = {name: frame[name] for name in ("name", "first_name", "last_name")}

    def make_cards(rows: Ints) -> list[Record]:
        texts = {name: one_of(values.gather(rows).to_list()) for name, values in names.items()}
        records = make(rows)
        for at, record in enumerate(records):
            record["name"] = texts["name"][at]
            if kind == "contacts":
                record["first_name"] = texts["first_name"][at]
                record["last_name"] = texts["last_name"][at]
        return records

    return Table(columns, make_cards, card_keys, _searcher(account, kind, frame))


def lead_table(account: Account, about: About) -> Table:
    """Return the leads of the account."""
    frame = sorted_frame(account, "deals")
    columns = _common(frame, "deals") | {
        "pipeline_id": whole(frame, "pipeline_id", "deals"),
        "status_id": whole(frame, "status_id", "deals"),
        "loss_reason_id": whole(frame, "loss_reason_id", "deals"),
        "source_id": whole(frame, "source_id", "deals"),
        "closed_at": seconds(frame, "closed_at"),
        "price": frame["price"].fill_null(0).cast(pl.Int64, strict=False).fill_null(0).to_numpy(),
    }
    about.settle_stages(columns, frame["state"])
    make, texts, prices = _maker(account, "leads", columns, about), frame["name"], frame["price"]

    def make_leads(rows: Ints) -> list[Record]:
        records = make(rows)
        named = one_of(texts.gather(rows).to_list())
        asked = prices.gather(rows).to_list()
        own = {name: or_none(columns[name][rows]) for name in _LEAD_IDS}
        for at, record in enumerate(records):
            record["name"] = named[at]
            record["price"] = _price(asked[at])
            record |= {name: values[at] for name, values in own.items()}
            record |= {"score": None, "labor_cost": None, "is_price_modified_by_robot": False}
        return records

    return Table(columns, make_leads, lead_keys, _searcher(account, "leads", frame))


_LEAD_IDS = ("pipeline_id", "status_id", "loss_reason_id", "source_id", "closed_at")


class About:
    """What all cards are made with: the account's id, fields, tags, groups and stages."""

    def __init__(
        self,
        account_id: int,
        fields: Mapping[str, FieldsOf],
        tag_id: TagId,
        group_of: GroupOf,
        stages: Stages,
        numbered: Words,
    ) -> None:
        self.account_id, self.fields, self.tag_id = account_id, fields, tag_id
        self.group_of, self.stages, self.numbered = group_of, stages, numbered

    def settle_stages(self, columns: dict[str, Ints], states: pl.Series) -> None:
        """Give every lead a pipeline and a stage, from its state where its own are unknown."""
        self.stages.settle(columns, states)


class Stages:
    """Which stages there are, for leads whose own stage is not told."""

    def __init__(self, pipeline: int, first: int, unsorted: int) -> None:
        self._pipeline = pipeline
        self._by_state = {"won": 142, "lost": 143, "unsorted": unsorted, "open": first, None: first}

    def settle(self, columns: dict[str, Ints], states: pl.Series) -> None:
        """Fill the pipelines and stages that are not told."""
        bare = columns["pipeline_id"] == NONE
        columns["pipeline_id"] = np.where(bare, self._pipeline, columns["pipeline_id"])
        numbers = [self._by_state.get(state, self._by_state[None]) for state in states]
        stages = np.array(numbers, dtype=np.int64)
        columns["status_id"] = np.where(columns["status_id"] == NONE, stages, columns["status_id"])


def card_keys(record: Record) -> dict[str, int]:
    """Return the columns' values of a contact or a company."""
    names = ("responsible_user_id", "created_by", "updated_by", "created_at", "updated_at")
    found = {name: _number(record.get(name)) for name in names}
    return found | {"is_deleted": int(bool(record.get("is_deleted")))}


def lead_keys(record: Record) -> dict[str, int]:
    """Return the columns' values of a lead."""
    return card_keys(record) | {name: _number(record.get(name)) for name in (*_LEAD_IDS, "price")}


def _number(value: Any) -> int:  # noqa: ANN401  JSON's own
    return NONE if value is None else int(value)


def _price(value: float | None) -> int | float:
    if value is None or value != value:
        return 0
    return int(value) if float(value).is_integer() else value


def _common(frame: pl.DataFrame, table: str) -> dict[str, Ints]:
    owner = whole(frame, "owner_id", table)
    return {
        "id": whole(frame, "id", table),
        "responsible_user_id": owner,
        "created_by": whole(frame, "created_by", table),
        "updated_by": whole(frame, "created_by", table),
        "created_at": seconds(frame, "created_at"),
        "updated_at": seconds(frame, "updated_at"),
        "is_deleted": flags(frame, "is_deleted"),
    }


def _maker(account: Account, kind: str, columns: Mapping[str, Ints], about: About) -> Make:
    """Return what makes the part that all cards have in common."""
    ids = columns["id"]
    values = _values(account, kind, ids, about.fields[kind])
    definitions = list({id(f): f for f in about.fields[kind].values()}.values())
    makers = [value_maker(definition) for definition in definitions]
    tags = _tags(account, kind, ids)

    def make(rows: Ints) -> list[Record]:
        own = {name: or_zero(columns[name][rows]) for name in _NUMBERS}
        records = []
        for at, (found, tagged) in enumerate(zip(values.of(rows), tags.of(rows), strict=True)):
            record: Record = {name: column[at] for name, column in own.items()}
            record["group_id"] = about.group_of(record["responsible_user_id"])
            record["is_deleted"] = bool(columns["is_deleted"][rows[at]])
            record["custom_fields_values"] = _grouped(found, definitions, makers)
            record["account_id"] = about.account_id
            named = [(about.tag_id(kind, name), name) for (name,) in tagged]
            record["_embedded"] = {
                "tags": [{"id": id_, "name": name, "color": None} for id_, name in named]
            }
            records.append(record)
        return records

    return make


_NUMBERS = ("id", "responsible_user_id", "created_by", "updated_by", "created_at", "updated_at")


def _grouped(
    found: list[tuple[Any, ...]], definitions: list[Field], makers: list[Callable[..., Record]]
) -> list[Record] | None:
    groups: dict[int, list[Record]] = {}
    for place, raw, enum, label in found:
        if definitions[place].is_gone:
            continue
        groups.setdefault(place, []).append(makers[place](raw, enum, label))
    if not groups:
        return None
    return [
        {
            "field_id": definitions[place].record["id"],
            "field_name": definitions[place].record["name"],
            "field_code": definitions[place].record["code"],
            "field_type": definitions[place].record["type"],
            "values": values,
        }
        for place, values in groups.items()
    ]


def _values(account: Account, kind: str, ids: Ints, fields: FieldsOf) -> Children:
    """Return the values of all fields of a kind, by card, in the order of fields and positions."""
    entity = ENTITY_OF[kind]
    order = {id(found): at for at, found in enumerate({id(f): f for f in fields.values()}.values())}
    places = {name: order[id(found)] for name, found in fields.items()}
    channels = channels_of(account).filter(pl.col("entity") == entity)
    values = account.frame("field_values").filter(pl.col("entity") == entity)
    none = pl.lit(None, dtype=pl.String)
    frame = pl.concat(
        [
            channels.select("record_id", "field_id", "raw", "label", "position", enum_id=none),
            values.select(
                "record_id",
                "field_id",
                "raw",
                label=none,
                position=pl.int_range(pl.len(), dtype=pl.Int32),
                enum_id="enum_id",
            ).select("record_id", "field_id", "raw", "label", "position", "enum_id"),
        ]
    )
    place = frame["field_id"].replace_strict(places, default=None, return_dtype=pl.Int64)
    frame = frame.with_columns(place=place)
    at, known = row_of(ids, whole(frame, "record_id", "channels"))
    frame = frame.with_columns(at=pl.Series(at)).filter(
        pl.Series(known) & pl.col("place").is_not_null()
    )
    enum = frame["enum_id"].cast(pl.Int64, strict=False).fill_null(NONE)
    frame = frame.with_columns(enum=enum).sort("at", "place", "position", maintain_order=True)
    names = ("place", "raw", "enum", "label")
    return Children(frame["at"].to_numpy(), len(ids), {name: frame[name] for name in names})


def _searcher(account: Account, kind: str, frame: pl.DataFrame) -> Search:
    """Return what finds the rows that hold a text in their name or in one of their values."""
    mine = pl.col("entity") == ENTITY_OF[kind]
    tables = [account.frame(name).filter(mine) for name in ("channels", "field_values")]
    values = pl.concat([table.select("record_id", "raw") for table in tables])

    def search(text: str, is_name: bool) -> Flags:
        names = frame["name"].str.to_lowercase()
        if is_name:
            return (names == text.lower()).fill_null(value=False).to_numpy()
        holds = values["raw"].str.to_lowercase().str.contains(text.lower(), literal=True)
        holders = values.filter(holds)["record_id"].unique()
        found = names.str.contains(text.lower(), literal=True).fill_null(value=False)
        return (found | frame["id"].is_in(holders.implode())).to_numpy()

    return search


def _tags(account: Account, kind: str, ids: Ints) -> Children:
    mine = account.frame("record_tags").filter(
        (pl.col("entity") == ENTITY_OF[kind]) & pl.col("tag").is_not_null()
    )
    at, known = row_of(ids, whole(mine, "record_id", "record_tags"))
    mine = (
        mine.with_columns(at=pl.Series(at)).filter(pl.Series(known)).sort("at", maintain_order=True)
    )
    return Children(mine["at"].to_numpy(), len(ids), {"tag": mine["tag"]})

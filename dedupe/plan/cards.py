"""The cards that a plan is about, whole: what they hold and what hangs on them.

Frames hold an account of any size; these values are made of the few cards alone that a merge or a
repair looks at. Everything is in one order, whatever the order of the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from dedupe.contracts import Account

from .field_text import Part, field_text
from .ops import Item, Ref

TABLES = {"contact": "contacts", "company": "companies"}
OWN_MULTI = ("PHONE", "EMAIL", "IM")  # multi-value in every account of amoCRM
MULTI_TYPES = ("multitext",)
STANDARD = {"phone": "PHONE", "email": "EMAIL", "messenger": "IM"}


def id_key(id_: str) -> tuple[int, str]:
    """Return what sorts ids as numbers: a shorter one is a smaller one."""
    return len(id_), id_


def ref_key(ref: Ref) -> tuple[str, int, str]:
    """Return what sorts records by kind and number."""
    return ref.entity, len(ref.id), ref.id


def id_sort(*names: str) -> list[pl.Expr]:
    """Return the expressions that sort a frame by ids as numbers."""
    return [each for name in names for each in (pl.col(name).str.len_bytes(), pl.col(name))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One contact or company: `fields` are single values by field id, `items` multi-value ones.

    `deals` are its live deals with is_main; `others` the companies of a contact, the contacts of
    a company; `tasks` the open ones. `extra` holds numbers that stand in a single-value field.
    """

    ref: Ref
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    owner_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    deals: Mapping[str, bool | None] = field(default_factory=dict)
    others: tuple[Ref, ...] = ()
    tasks: tuple[str, ...] = ()
    n_won: int = 0

    @property
    def n_filled(self) -> int:
        """Count what the card says: its filled fields and its numbers and addresses."""
        names = (self.name, self.first_name, self.last_name)
        return (
            sum(bool(name and name.strip()) for name in names)
            + len(self.fields)
            + sum(len(items) for items in self.items.values())
        )

    def single(self, name: str) -> str | None:
        """Return a single value, of the card's own columns or of a custom field."""
        if name in ("name", "first_name", "last_name", "owner_id"):
            value: str | None = getattr(self, name)
            return value or None
        return self.fields.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the account."""

    id: str
    name: str
    type: str
    is_computed: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """The account's fields by entity and id."""

    by_id: Mapping[tuple[str, str], Field]

    @classmethod
    def of(cls, account: Account) -> Fields:
        """Return the fields of `account`; none where the snapshot has no such table."""
        frame = account.frame("fields").select("entity", "id", "name", "type", "is_computed")
        rows = sorted(frame.iter_rows(), key=lambda row: (row[0] or "", id_key(row[1] or "")))
        return cls(
            {
                (entity, id_): Field(
                    id=id_, name=name or id_, type=type_ or "", is_computed=bool(computed)
                )
                for entity, id_, name, type_, computed in rows
            }
        )

    def get(self, entity: str, field_id: str) -> Field:
        """Return a field; one that the account does not list is a plain text."""
        return self.by_id.get((entity, field_id)) or Field(id=field_id, name=field_id, type="")

    def is_multi(self, entity: str, field_id: str) -> bool:
        """Tell whether the field holds a list of values."""
        kind = self.get(entity, field_id).type
        return kind in MULTI_TYPES if kind else field_id in OWN_MULTI

    def find(self, entity: str, name_or_id: str) -> Field | None:
        """Return the field with this id, else the first with this name in whatever case."""
        if (entity, name_or_id) in self.by_id:
            return self.by_id[entity, name_or_id]
        wanted = name_or_id.strip().casefold()
        for (owner, _), each in self.by_id.items():
            if owner == entity and each.name.strip().casefold() == wanted:
                return each
        return None


def load_cards(account: Account, refs: Iterable[Ref], fields: Fields) -> dict[Ref, Card]:
    """Return the live cards among `refs` with all that hangs on them."""
    wanted = sorted(set(refs), key=ref_key)
    cards: dict[Ref, Card] = {}
    for entity in TABLES:
        ids = pl.Series("id", [ref.id for ref in wanted if ref.entity == entity], dtype=pl.String)
        if len(ids):
            cards |= _load(account, entity, ids, fields)
    return cards


def _load(account: Account, entity: str, ids: pl.Series, fields: Fields) -> dict[Ref, Card]:
    parts = _Parts(account, entity, ids, fields)
    cards = {}
    for row in parts.rows():
        ref = Ref(entity, row["id"])
        cards[ref] = Card(
            ref=ref,
            **{name: row[name] for name in ("name", "first_name", "last_name", "owner_id")},
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            fields=parts.fields.get(ref.id, {}),
            items=parts.items.get(ref.id, {}),
            extra=parts.extra.get(ref.id, {}),
            tags=parts.tags.get(ref.id, ()),
            deals=parts.deals.get(ref.id, {}),
            others=parts.others.get(ref.id, ()),
            tasks=parts.tasks.get(ref.id, ()),
            n_won=sum(deal in parts.won for deal in parts.deals.get(ref.id, {})),
        )
    return cards


class _Parts:
    """What hangs on the cards `ids` of one entity, by card."""

    def __init__(self, account: Account, entity: str, ids: pl.Series, fields: Fields) -> None:
        self._account, self._entity, self._ids = account, entity, ids
        self.items, self.extra, of_channels = self._channels(fields)
        self.fields = self._field_values(of_channels)
        self.tags = self._tags()
        self.deals, self.won = self._deals()
        self.others = self._others()
        self.tasks = self._tasks()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the live cards, smallest id first."""
        frame = self._own(TABLES[self._entity], "id").filter(
            ~pl.col("is_deleted").fill_null(value=False)
        )
        yield from (
            frame.collect().unique("id", keep="first").sort(id_sort("id")).iter_rows(named=True)
        )

    def _own(self, table: str, column: str = "record_id") -> pl.LazyFrame:
        frame = self._account.tables.get(table)
        if frame is None:
            frame = self._account.frame(table).lazy()
        if column == "record_id":
            frame = frame.filter(pl.col("entity") == self._entity)
        return frame.filter(pl.col(column).is_in(self._ids.implode()))

    def _channels(
        self, fields: Fields
    ) -> tuple[dict[str, dict[str, tuple[Item, ...]]], dict[str, dict[str, str]], list[Any]]:
        multi: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
        extra: dict[str, dict[str, str]] = defaultdict(dict)
        single: list[Any] = []
        frame = (
            self._own("channels")
            .collect()
            .sort(*id_sort("record_id"), "field_id", "kind", "position", "raw", nulls_last=True)
        )
        named = ("record_id", "kind", "raw", "label", "field_id")
        for id_, kind, raw, label, field_id in frame.select(named).iter_rows():
            if raw is None or field_id is None:
                continue
            if fields.is_multi(self._entity, field_id):
                multi[id_][field_id].append(Item(raw, label))
            else:
                single.append((id_, field_id, raw, None))
                if kind in ("phone", "email"):
                    extra[id_].setdefault(field_id, raw)
        items = {
            id_: {name: tuple(values) for name, values in sorted(own.items())}
            for id_, own in multi.items()
        }
        return items, dict(extra), single

    def _field_values(self, of_channels: Sequence[Any]) -> dict[str, dict[str, str]]:
        frame = (
            self._own("field_values").collect().select("record_id", "field_id", "raw", "enum_id")
        )
        parts: dict[str, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
        # The CRM's order of several choices means nothing, and a snapshot's rows have none.
        for id_, field_id, raw, enum_id in sorted([*frame.iter_rows(), *of_channels], key=_row_key):
            if raw is None or raw.strip() or enum_id is not None:
                parts[id_][field_id].append((raw, enum_id))
        return {
            id_: {name: text for name, own in fields.items() if (text := field_text(own))}
            for id_, fields in parts.items()
        }

    def _tags(self) -> dict[str, tuple[str, ...]]:
        return {id_: tuple(sorted(set(tags))) for id_, tags in self._lists("record_tags", "tag")}

    def _lists(self, table: str, column: str) -> Iterator[tuple[str, list[str]]]:
        frame = self._own(table).select("record_id", column).drop_nulls().collect()
        yield from frame.group_by("record_id").agg(pl.col(column)).iter_rows()

    def _deals(self) -> tuple[dict[str, dict[str, bool | None]], frozenset[str]]:
        known = (
            self._account.frame("deals")
            .lazy()
            .select("state", to_id="id", is_gone=pl.col("is_deleted").fill_null(value=False))
        )
        # A deal that we may not see is still the card's: only deleted ones are left out.
        frame = (
            self._own("links", "from_id")
            .filter((pl.col("from_entity") == self._entity) & (pl.col("to_entity") == "deal"))
            .drop_nulls("to_id")
            .join(known, on="to_id", how="left")
            .filter(~pl.col("is_gone").fill_null(value=False))
            .select("from_id", "to_id", "is_main", "state")
            .collect()
            .sort(*id_sort("to_id"), "is_main", nulls_last=True)
        )
        deals: dict[str, dict[str, bool | None]] = defaultdict(dict)
        for id_, deal, is_main, _ in frame.iter_rows():
            deals[id_][deal] = deals[id_].get(deal) or is_main
        won = frame.filter(pl.col("state") == "won")["to_id"]
        return dict(deals), frozenset(won)

    def _others(self) -> dict[str, tuple[Ref, ...]]:
        links = (
            self._account.frame("links")
            .lazy()
            .filter((pl.col("from_entity") == "contact") & (pl.col("to_entity") == "company"))
        )
        own, other, entity = ("from_id", "to_id", "company")
        if self._entity == "company":
            own, other, entity = ("to_id", "from_id", "contact")
        frame = links.filter(pl.col(own).is_in(self._ids.implode())).select(own, other).drop_nulls()
        table = self._account.frame(TABLES[entity]).lazy()
        live = table.filter(~pl.col("is_deleted").fill_null(value=False)).select(
            pl.col("id").alias(other)
        )
        found: dict[str, set[Ref]] = defaultdict(set)
        for id_, other_id in frame.join(live, on=other).collect().iter_rows():
            found[id_].add(Ref(entity, other_id))
        return {id_: tuple(sorted(refs, key=ref_key)) for id_, refs in found.items()}

    def _tasks(self) -> dict[str, tuple[str, ...]]:
        is_open = ~pl.col("is_completed").fill_null(value=False)
        frame = self._own("tasks").filter(is_open).select("record_id", "id").collect()
        tasks = frame.group_by("record_id").agg(pl.col("id"))
        return {id_: tuple(sorted(set(own), key=id_key)) for id_, own in tasks.iter_rows()}


def _row_key(row: tuple[str, str, str | None, str | None]) -> tuple[str, str, str, str]:
    id_, field_id, raw, enum_id = row
    return id_, field_id or "", enum_id or "", raw or ""

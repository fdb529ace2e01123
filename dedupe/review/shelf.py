"""The rows of an account by group, so that one group of a hundred thousand is read at once.

Every table is joined with the groups' cards and sorted by group when the review begins; a group's
rows are then a slice. The slices make a small account, which the plan's own reader of cards takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.plan.cards import Card, Fields, load_cards
from dedupe.plan.ops import Ref

_BY_CARD = ("channels", "field_values", "record_tags", "tasks")
_TABLES = {"contact": "contacts", "company": "companies"}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the CRM; None where the account does not say whether they still work."""

    name: str
    email: str = ""
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The deals of one card: how many are open and won, and the sums of their prices."""

    n_open: int = 0
    n_won: int = 0
    open_sum: float = 0.0
    won_sum: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One group's cards by id, what they hold in deals, and the names of what they link to."""

    cards: Mapping[str, Card]
    holdings: Mapping[str, Holding]
    names: Mapping[Ref, str]


class Slices:
    """A frame in order of its groups."""

    def __init__(self, frame: pl.DataFrame, n: int) -> None:
        ordered = frame.sort("g", maintain_order=True)
        self._starts: npt.NDArray[np.int64] = np.searchsorted(
            ordered["g"].to_numpy(), np.arange(n + 1)
        ).astype(np.int64)
        self._frame = ordered.drop("g")

    def of(self, g: int) -> pl.DataFrame:
        """Return the rows of one group, without its number."""
        start = int(self._starts[g])
        return self._frame.slice(start, int(self._starts[g + 1]) - start)


class Shelf:
    """An account's cards, ready to be taken out by group."""

    def __init__(self, account: Account, cards: pl.DataFrame, n_groups: int) -> None:
        self.fields = Fields.of(account)
        self.users = _users(account)
        self._settings = {
            name: account.frame(name).lazy()
            for name in ("fields", "users")
            if name in account.tables
        }
        self._account = account
        links = _links(account, cards)
        frames = {"links": links.unique(maintain_order=True)}
        for name in _BY_CARD:
            frames[name] = account.frame(name).join(cards, on=["entity", "record_id"])
        for entity, name in _TABLES.items():
            frames[name] = _named(account, entity, name, cards, links)
        deals = links.filter(pl.col("to_entity") == "deal").select("g", id="to_id").unique()
        frames["deals"] = account.frame("deals").join(deals, on="id")
        self._slices = {name: Slices(frame, n_groups) for name, frame in frames.items()}

    def load(self, g: int, entity: str, ids: Sequence[str]) -> Loaded:
        """Return the live cards among `ids` of group `g`."""
        tables = {
            name: slices.of(g).select(SNAPSHOT_TABLES[name].schema.names())
            for name, slices in self._slices.items()
        }
        lazy = {name: frame.lazy() for name, frame in tables.items()} | self._settings
        small = replace(self._account, tables=lazy)
        cards = load_cards(small, (Ref(entity, id_) for id_ in ids), self.fields)
        by_id = {ref.id: card for ref, card in cards.items()}
        names = {
            Ref(kind, id_): name
            for kind, table in _TABLES.items()
            for id_, name in tables[table].select("id", "name").iter_rows()
            if name
        }
        return Loaded(cards=by_id, holdings=_holdings(by_id, tables["deals"]), names=names)

    def title(self, g: int, entity: str, ids: Sequence[str]) -> str:
        """Return the first name that a card of the group has, for a list of groups."""
        rows = self._slices[_TABLES[entity]].of(g).select("id", "name")
        names = {id_: name for id_, name in rows.iter_rows() if name and name.strip()}
        return next((names[id_] for id_ in ids if id_ in names), "")


def _users(account: Account) -> dict[str, User]:
    rows = account.frame("users").select("id", "name", "email", "is_active").drop_nulls("id")
    return {
        id_: User(name=name or id_, email=(email or "").casefold(), is_active=active)
        for id_, name, email, active in rows.iter_rows()
    }


def _links(account: Account, cards: pl.DataFrame) -> pl.DataFrame:
    links = account.frame("links").drop_nulls("to_id")
    own = cards.rename({"entity": "from_entity", "record_id": "from_id"})
    other = cards.rename({"entity": "to_entity", "record_id": "to_id"})
    columns = ["g", *links.columns]
    out = links.join(own, on=["from_entity", "from_id"]).select(columns)
    into = links.join(other, on=["to_entity", "to_id"]).select(columns)
    return pl.concat([out, into])


def _named(
    account: Account, entity: str, name: str, cards: pl.DataFrame, links: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of a table of cards: the groups' own, and those that they link to."""
    own = cards.filter(pl.col("entity") == entity).select("g", id="record_id")
    into = links.filter(pl.col("to_entity") == entity).select("g", id="to_id")
    out = links.filter(pl.col("from_entity") == entity).select("g", id="from_id")
    wanted = pl.concat([own, into, out]).unique()
    return account.frame(name).join(wanted, on="id")


def _holdings(cards: Mapping[str, Card], deals: pl.DataFrame) -> dict[str, Holding]:
    told = {
        id_: (state, price or 0.0)
        for id_, state, price in deals.select("id", "state", "price").iter_rows()
    }
    found = {}
    for id_, card in cards.items():
        own = [told[deal] for deal in card.deals if deal in told]
        is_open = [price for state, price in own if state == "open"]
        won = [price for state, price in own if state == "won"]
        found[id_] = Holding(
            n_open=len(is_open), n_won=len(won), open_sum=sum(is_open), won_sum=sum(won)
        )
    return found

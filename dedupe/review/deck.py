"""The groups and what was decided on them: what the page, and the workbook, ask and tell.

What is left to decide of a group is worked out from the decisions each time: cards that were
decided to be one count as one, cards that are held apart are not asked about again, and whatever
hangs together still is a question of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import numpy as np
import polars as pl

from dedupe.config.matching import Matching
from dedupe.config.planning import Survivorship
from dedupe.contracts import Account
from dedupe.decisions import Decision, Evidence, ordered_pair
from dedupe.decisions.settled import Standing
from dedupe.match.model_file import ModelEntry

from .ledger import Ledger
from .queue import Queue
from .shelf import Loaded, Shelf
from .states import DONE, SKIPPED, TODO, Counts, Order, beside, following
from .view import Flags, Places, View

ALL = View()

ORDERS = ("money", "doubt", "code")
_TIERS = {"review": 0, "shared": 1, "auto": 2}
Ids = tuple[str, ...]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One group's row; `probability`, `doubt` and `money` are None where there are none."""

    g: int
    entity: str
    tier: str
    n: int
    probability: float | None
    money: float | None
    alike: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A blind sample: its seed, and the groups in it in the order of their drawing."""

    seed: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the page says of where the groups come from.

    `match` are the thresholds of the scan, `config` the path of the config in force.
    """

    scan_id: str
    name: str
    crm: str = ""
    host: str = ""
    scanned_at: datetime | None = None
    currency: str = ""
    rules: Survivorship = field(default_factory=Survivorship)
    match: Matching = field(default_factory=Matching)
    config: str = ""


class Deck:
    """The groups of a scan, the decisions on them, and the orders they are gone through in."""

    def __init__(
        self,
        queue: Queue,
        account: Account,
        ledger: Ledger,
        about: About,
        *,
        model: Mapping[str, ModelEntry] | None = None,
        sample: Sample | None = None,
    ) -> None:
        self.queue, self.log, self.about = queue, ledger.log, about
        self.model, self.sample = dict(model or {}), sample
        self.shelf = Shelf(account, queue.cards, queue.groups.height)
        self._ids: list[Ids] = _ids_by_group(queue)
        self._groups_of = _groups_by_card(queue)
        self._alike = queue.groups["alike"].to_numpy()
        self._entities = queue.groups["entity"].to_list()
        self._pair_starts = np.searchsorted(
            queue.pairs["g"].to_numpy(), np.arange(queue.groups.height + 1)
        )
        self.orders: dict[str, Order] = _orders(queue.groups)
        if sample is not None:
            self.orders = {"sample": np.array(sample.groups, dtype=np.int64)}
        self._state = np.zeros(queue.groups.height, dtype=np.uint8)
        self.places = Places(_owners(account, queue.cards), queue.groups.select("entity"))
        self.ledger = ledger
        ledger.hear(self._heard)
        self._heard(None)

    # --- reading

    def __len__(self) -> int:
        """Return how many groups there are in all."""
        return len(self._ids)

    def head(self, g: int) -> Head:
        """Return the group's row."""
        row = self.queue.groups.row(g, named=True)
        return Head(**{name: row[name] for name in Head.__slots__})

    def pairs(self, g: int) -> pl.DataFrame:
        """Return the group's rows of pairs.parquet."""
        start = int(self._pair_starts[g])
        return self.queue.pairs.slice(start, int(self._pair_starts[g + 1]) - start)

    def order(self, name: str) -> Order:
        """Return the groups in the order of this name; of an unknown one, the first there is."""
        return self.orders.get(name, next(iter(self.orders.values())))

    def shown(self, view: View) -> Order:
        """Return the groups of this view in its order."""
        own = self.order(view.order)
        return own[self.places.mask(view)[own]]

    def counts(self, view: View = ALL) -> Counts:
        """Return the counts of the groups that are gone through."""
        return Counts.of(self._state[self.shown(view)])

    def waiting(self) -> Flags:
        """Tell which groups nobody has looked at; of a sample, which of its own."""
        own = np.zeros(len(self), dtype=np.bool_)
        own[self.order("")] = True
        waiting: Flags = own & (self._state == TODO)
        return waiting

    def state(self, g: int) -> int:
        """Return TODO, SKIPPED or DONE."""
        return int(self._state[g])

    def in_states(self, view: View, states: Sequence[int]) -> Order:
        """Return the groups of this view in one of these states."""
        own = self.shown(view)
        return own[np.isin(self._state[own], states)]

    def next_after(self, view: View, g: int | None) -> int | None:
        """Return the next group to decide on, then the put-off ones; None where none is left."""
        return following(self.order(view.order), self.places.mask(view), self._state, g)

    def neighbours(self, view: View, g: int) -> tuple[int | None, int | None]:
        """Return the groups of the view before and after this one, decided or not."""
        return beside(self.shown(view), g)

    def parts(self, g: int) -> list[Ids]:
        """Return what is left to decide of a group: sets of cards, the one of most cards first."""
        return _open_parts(self.ledger.standing, self._entities[g], self._ids[g])

    def cards_of(self, g: int) -> Ids:
        """Return all cards of a group."""
        return self._ids[g]

    def load(self, g: int, ids: Sequence[str]) -> Loaded:
        """Return the group's cards, whole."""
        return self.shelf.load(g, self._entities[g], ids)

    def alike(self, g: int) -> Order:
        """Return the groups that wait and show the same reasons as this one, itself among them."""
        if self.sample is not None:  # each group of a sample is judged by itself
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero((self._alike == self._alike[g]) & (self._state == TODO))

    def verdict(self, g: int) -> str:
        """Return what became of a decided group: same, different or mixed; "" of an open one."""
        if self._state[g] != DONE:
            return ""
        return _verdict(self.ledger.standing, self._entities[g], self._ids[g])

    def last(self) -> Decision | None:
        """Return the latest decision that holds, of the reviewer at the page."""
        return self.ledger.last()

    # --- writing

    def evidence(self, g: int) -> Evidence:
        """Return what is known of the group when it is decided on."""
        head = self.head(g)
        return Evidence(
            scan_id=self.about.scan_id,
            tier=head.tier,
            probability=head.probability,
            code="DUP101" if head.tier == "shared" else "DUP110",
            sample="" if self.sample is None else str(self.sample.seed),
        )

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Write decisions down and let them hold. Raises StorageError, LockedError."""
        self.ledger.add(decisions)

    def undo(self, decision: Decision) -> list[int]:
        """Take a decision, or its whole batch, back; return the groups that it was about."""
        return self.groups_about(self.ledger.undo(decision))

    def groups_about(self, decisions: Sequence[Decision]) -> list[int]:
        """Return the groups that decisions are about."""
        return sorted({g for each in decisions for g in self.groups_of(each)})

    def groups_of(self, decision: Decision) -> Iterator[int]:
        """Yield the groups with a card that the decision is about."""
        for id_ in decision.named_ids():
            yield from self._groups_of.get((decision.entity, id_), ())

    def refresh(self) -> None:
        """Take in what another reviewer has written meanwhile."""
        self.ledger.refresh()

    def _heard(self, decisions: Sequence[Decision] | None) -> None:
        if decisions is None:
            self._state[:] = TODO
            decisions = self.ledger.alive
        self._settle_states({g for each in decisions for g in self.groups_of(each)})

    def _settle_states(self, groups: set[int]) -> None:
        for g in groups:
            parts = self.parts(g)
            skipped = self.ledger.standing.skipped
            entity = self._entities[g]
            is_put_off = all((entity, frozenset(part)) in skipped for part in parts)
            self._state[g] = DONE if not parts else SKIPPED if is_put_off else TODO


def _owners(account: Account, cards: pl.DataFrame) -> pl.DataFrame:
    """Return place and owner_id of each card of a group."""
    tables = {"contact": "contacts", "company": "companies"}
    told = [
        account.frame(name).select("owner_id", entity=pl.lit(entity), record_id="id")
        for entity, name in tables.items()
    ]
    held = cards.join(pl.concat(told), on=["entity", "record_id"], how="left")
    return held.select("owner_id", place="g")


def _ids_by_group(queue: Queue) -> list[Ids]:
    lists = queue.cards.group_by("g", maintain_order=True).agg("record_id")
    return [tuple(ids) for ids in lists["record_id"].to_list()]


def _groups_by_card(queue: Queue) -> dict[tuple[str, str], tuple[int, ...]]:
    lists = queue.cards.group_by("entity", "record_id").agg(pl.col("g").sort())
    return {(entity, id_): tuple(groups) for entity, id_, groups in lists.iter_rows()}


def _orders(groups: pl.DataFrame) -> dict[str, Order]:
    tier = pl.col("tier").replace_strict(_TIERS, return_dtype=pl.Int8)
    by = {
        "money": groups.sort(pl.col("money").fill_null(0), "g", descending=[True, False]),
        "doubt": groups.sort("doubt", "g", nulls_last=True),
        "code": groups.sort(tier, "g"),
    }
    return {name: frame["g"].to_numpy().astype(np.int64) for name, frame in by.items()}


def _open_parts(standing: Standing, entity: str, ids: Ids) -> list[Ids]:
    """Return the sets of cards that may still be one and that nobody has decided to be."""
    held = {id_: standing.groups_of(entity, id_) for id_ in ids}
    # Whatever was decided to be one is one node; cards of a later scan may join it.
    nodes = [tuple(node) for node in _components(ids, lambda a, b: bool(held[a] & held[b]))]
    if len(nodes) < 2:
        return []

    def is_open(one: Ids, other: Ids) -> bool:
        pairs = (ordered_pair(a, b) for a in one for b in other)
        return not any((entity, pair) in standing.different for pair in pairs)

    open_parts = _components(nodes, is_open)
    found = [tuple(id_ for node in part for id_ in node) for part in open_parts if len(part) > 1]
    order = {id_: at for at, id_ in enumerate(ids)}
    ordered = [tuple(sorted(part, key=order.__getitem__)) for part in found]
    return sorted(ordered, key=lambda part: (-len(part), order[part[0]]))


def _verdict(standing: Standing, entity: str, ids: Ids) -> str:
    held = {id_: standing.groups_of(entity, id_) for id_ in ids}
    nodes = _components(ids, lambda a, b: bool(held[a] & held[b]))
    return "same" if len(nodes) == 1 else "different" if len(nodes) == len(ids) else "mixed"


def _components(items: Sequence[Item], is_joined: Callable[[Item, Item], bool]) -> list[list[Item]]:
    """Return the items in sets that are joined, directly or through others, in their order."""
    left = list(items)
    found = []
    while left:
        part = [left.pop(0)]
        for each in part:  # grows while it is gone through
            near = [other for other in left if is_joined(each, other)]
            left = [other for other in left if other not in near]
            part += near
        found.append(part)
    return found

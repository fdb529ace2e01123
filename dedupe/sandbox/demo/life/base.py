"""What the life of the demo account is drawn on: whose each deal is, when it lived, who is free.

Every contact has one part at most: a planted fault, or some ordinary talk. So no fault disturbs
the count of another, and ordinary talk never answers what is planted as unanswered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import polars as pl

from dedupe.sandbox.demo.deals import READ_TO, Deals
from dedupe.sandbox.demo.numbers import Ints
from dedupe.sandbox.demo.team import IDLE, IDLE_SINCE, LEFT, LEFT_AT, SUCCESSORS

Rng = np.random.Generator
Tables = Mapping[str, pl.DataFrame]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

HOUR, DAY = 3_600, 86_400
MSK = 3 * HOUR  # Moscow has been three hours ahead of UTC, summer and winter, since 2014
NOW = int(READ_TO.timestamp())
YEAR = 365 * DAY
_VISIBLE_AMONG = 40
SILENT_DAYS = tuple(  # working days on which the telephony wrote nothing
    int(datetime(2020, *day, tzinfo=UTC).timestamp()) // DAY for day in ((2, 18), (2, 19), (3, 11))
)


@dataclass(slots=True)
class Pool:
    """The live contacts that have no part yet."""

    free: Flags

    def take(self, rows: Ints, n: int, rng: Rng) -> Ints:
        """Take up to `n` contacts out of `rows` that are free; they are free no more."""
        left = np.unique(rows[self.free[rows]])
        taken = rng.permutation(left)[:n]
        self.free[taken] = False
        return taken


@dataclass(frozen=True, kw_only=True)
class Base:
    """Deals and contacts by row; moments are seconds of 1970, -1 for none."""

    tables: Tables
    deals: pl.DataFrame
    contacts: pl.DataFrame
    main: Ints
    second: Ints
    n_contacts: int
    scale: float
    pool: Pool = field(default_factory=lambda: Pool(np.zeros(0, dtype=bool)))

    def sized(self, full: int) -> int:
        """Scale a count of the full account, keeping one where it can hide."""
        n = round(full * self.scale)
        return max(n, 1) if self.n_contacts >= _VISIBLE_AMONG else n

    @cached_property
    def created(self) -> Ints:
        """When each deal was made."""
        return seconds(self.deals["created_at"])

    @cached_property
    def closed(self) -> Ints:
        """When each deal was closed; -1 for open ones."""
        return seconds(self.deals["closed_at"])

    @cached_property
    def until(self) -> Ints:
        """When each deal's life ended; open ones live on."""
        return np.where(self.closed < 0, NOW, self.closed)

    @cached_property
    def is_open(self) -> Flags:
        """Which deals are open."""
        return (self.deals["state"] == "open").to_numpy()

    @cached_property
    def n_links(self) -> Ints:
        """How many deals each contact is linked to."""
        held = np.concatenate([self.main, self.second])
        return np.bincount(held[held >= 0], minlength=self.n_contacts)

    @cached_property
    def has_open(self) -> Flags:
        """Which contacts have an open deal."""
        flags = np.zeros(self.n_contacts, dtype=bool)
        for side in (self.main, self.second):
            flags[side[self.is_open & (side >= 0)]] = True
        return flags

    @cached_property
    def last_deal(self) -> Ints:
        """The deal of each main contact that was closed last; -1 for none."""
        last = np.full(self.n_contacts, -1, dtype=np.int64)
        order = np.argsort(self.closed, kind="stable")
        rows = order[(self.closed[order] >= 0) & (self.main[order] >= 0)]
        last[self.main[rows]] = rows
        return last

    @cached_property
    def last_closed(self) -> Ints:
        """When the last of each contact's deals was closed, whoever its main contact is."""
        last = np.full(self.n_contacts, -1, dtype=np.int64)
        for side in (self.main, self.second):
            known = side >= 0
            np.maximum.at(last, side[known], self.closed[known])
        return last

    @cached_property
    def first_deal(self) -> Ints:
        """When the first deal of each contact was made; past the end of time for none."""
        first = np.full(self.n_contacts, 2 * NOW, dtype=np.int64)
        for side in (self.main, self.second):
            known = side >= 0
            np.minimum.at(first, side[known], self.created[known])
        return first

    @cached_property
    def tasked_deals(self) -> Flags:
        """Which deals have a task, open or done."""
        return self._tasked("deal", self.deals["id"])

    @cached_property
    def tasked_contacts(self) -> Flags:
        """Which contacts have a task of their own."""
        return self._tasked("contact", self.contacts["id"])[: self.n_contacts]

    @cached_property
    def tasked_clients(self) -> Flags:
        """Which contacts have a task, on themselves or on a deal whose main contact they are."""
        flags = self.tasked_contacts.copy()
        flags[self.main[self.tasked_deals & (self.main >= 0)]] = True
        return flags

    @cached_property
    def contact_made(self) -> Ints:
        """When each contact was made."""
        return seconds(self.contacts["created_at"])

    def _tasked(self, entity: str, ids: pl.Series) -> Flags:
        own = self.tables["tasks"].filter(pl.col("entity") == entity)["record_id"]
        return ids.is_in(own.unique().implode()).to_numpy()


def base_of(deals: Deals, tables: Tables, n_contacts: int, scale: float, busy: Ints) -> Base:
    """Look at the account's tables; the contacts `busy` have their part already."""
    n = len(deals.contact)
    free = np.ones(n_contacts, dtype=bool)
    free[busy] = False
    return Base(
        tables=tables,
        deals=tables["deals"].head(n),
        contacts=tables["contacts"],
        main=deals.contact,
        second=deals.second_contact,
        n_contacts=n_contacts,
        scale=scale,
        pool=Pool(free),
    )


def seconds(moments: pl.Series) -> Ints:
    """Return moments as seconds of 1970, -1 for null."""
    return moments.dt.epoch("s").fill_null(-1).to_numpy().astype(np.int64)


def at_work(at: Ints, since: Ints, until: Ints, rng: Rng) -> Ints:
    """Move moments into working hours of a weekday, where they stay between the limits."""
    day = (at + MSK) // DAY
    weekday = (day + 3) % 7  # the first day of 1970 was a Thursday
    # What falls on a weekend moves to some day of the week before it.
    day = day - np.where(weekday > 4, weekday - rng.integers(0, 5, len(at)), 0)
    moved = day * DAY - MSK + rng.integers(10 * HOUR, 18 * HOUR, len(at))
    return np.where((moved >= since) & (moved <= until), moved, at)


def is_silent(at: Ints) -> Flags:
    """Tell which moments are on the days when the telephony wrote nothing."""
    return np.isin((at + MSK) // DAY, SILENT_DAYS)


def between(since: Ints, until: Ints, rng: Rng) -> Ints:
    """Draw a moment of working hours between the limits, where there is one.

    It may be two days after the limit, where the telephony was silent.
    """
    drawn = since + (rng.random(len(since)) * np.maximum(until - since, 0)).astype(np.int64)
    moved = at_work(drawn, since, until, rng)
    return np.where(is_silent(moved), moved + 2 * DAY, moved)


def doers(users: pl.Series, at: Ints) -> pl.Series:
    """Return who did what these users would have done then: an heir, where they did nothing."""
    frame = pl.DataFrame({"user": users, "at": at})
    since = [(user, int(LEFT_AT.timestamp())) for user in LEFT]
    since += [(user, int(IDLE_SINCE.timestamp())) for user in IDLE]
    gone = pl.DataFrame(since, schema={"user": pl.String, "since": pl.Int64}, orient="row")
    joined = frame.join(gone, on="user", how="left", maintain_order="left")
    is_gone = (pl.col("at") >= pl.col("since")).fill_null(value=False)
    heir = pl.col("user").replace(SUCCESSORS)
    return joined.select(pl.when(is_gone).then(heir).otherwise("user")).to_series()

"""What the checks read, and what they give back.

A check's function takes the facts and an entity, and returns an outcome: its
findings (one row per place that fails) and its base. `found` counts records, each
once, however many of their values fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from dedupe.config import Regulation
from dedupe.contracts import CLUSTERS, FINDINGS, MARKED, PROPOSALS, TRAITS, Account, Metric

from .registry import CHECKS, Setting

SHARES = pl.Schema({"column": pl.String(), "value": pl.String(), "share": pl.Float64()})
TABLE_OF = {"contact": "contacts", "company": "companies", "deal": "deals"}
S = TypeVar("S", bound=Setting)


@dataclass(slots=True)
class _Shared:
    """A frame that is made once, and the lock of its making."""

    lock: Lock = field(default_factory=Lock)
    frame: pl.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The account with its normalised values, names and groups, of live cards only.

    `values`, `names`, `groups`, `proposals`, `clusters`, `traits` and `marked` are the contracts of
    these names. `name_shares` (column, value, share) tells how common names are in the country.
    `loss_reason_field` is the deals' custom field with the loss reason, if the config names one.
    `options` are settings by check code and name that differ from the checks' defaults; `manual`
    are the lines that a person ticked, by code.
    """

    account: Account
    values: pl.DataFrame
    names: pl.DataFrame
    groups: pl.DataFrame
    proposals: pl.DataFrame = field(default_factory=PROPOSALS.empty)
    clusters: pl.DataFrame = field(default_factory=CLUSTERS.empty)
    traits: pl.DataFrame = field(default_factory=TRAITS.empty)
    marked: pl.DataFrame = field(default_factory=MARKED.empty)
    name_shares: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SHARES))
    loss_reason_field: str | None = None
    options: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    regulations: tuple[Regulation, ...] = ()
    manual: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""

    def option(self, code: str, name: str, kind: type[S]) -> S:
        """Return what check `code` was told, or the default; `kind` is the default's type."""
        told = self.options.get(code, {})
        value = told[name] if name in told else _default(code, name)
        if not isinstance(value, kind):
            raise TypeError(f"option {name} of {code} is no {kind.__name__}")
        return value

    @cached_property
    def now(self) -> datetime:
        """The moment up to which the account was read: ages are counted to it, not to today."""
        return self.account.read_to or self._last_change or datetime.now(UTC)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The account's own time zone, in which its people's days and hours are told."""
        for name in (self.account.settings.get("timezone", ""), self.timezone):
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):  # a CRM may tell any text
                continue
        return ZoneInfo("UTC")

    def has(self, part: str) -> bool:
        """Tell whether `part` of the account was read; "traits.contact.tax_id": on any card.

        Of last words joined by "|", or of tables so joined, one is enough.
        """
        head, _, last = part.rpartition(".")
        if head == "regulation":  # "regulation.require": any rule of the config that has it
            told = (getattr(rule, last) for rule in self.regulations)
            return any(each is not None and each is not False and each != () for each in told)
        if not head and "|" in last:
            return any(self.has(word) for word in last.split("|"))
        if "|" in last:
            return any(self.has(f"{head}.{word}") for word in last.split("|"))
        if not part.startswith("traits."):
            return self.account.has(part)
        own = self.traits.filter(pl.col("entity") == head.removeprefix("traits."))
        return own[last].null_count() < own.height

    def live(self, entity: str) -> pl.LazyFrame:
        """Return the entity's records that are not deleted."""
        return live_records(self.account, entity)

    def merged(self, entity: str) -> pl.DataFrame:
        """Return record_id of the live cards that stand merged, and wait for a person to delete."""
        own = (pl.col("entity") == entity) & pl.col("reason").is_null()
        return self.marked.filter(own).select("record_id")

    def n_live(self, entity: str) -> int:
        """Count the entity's records that are not deleted: the base of checks of cards."""
        return self._sizes[entity]

    def state(self, state: str) -> pl.LazyFrame:
        """Return the deals in `state` (open, won, lost, unsorted)."""
        return self.live("deal").filter(pl.col("state") == state)

    def once(self, name: str, build: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return what `build` makes, made once under its name: several checks may read it.

        Checks run side by side: the one that comes second waits for the first. What is made of
        other shared frames asks for them in turn; they never ask for one another in a circle.
        """
        with self._lock:
            made = self._made.setdefault(name, _Shared())
        with made.lock:
            if made.frame is None:
                made.frame = build()
            return made.frame

    def shared_with(self, other: Facts) -> Facts:
        """Return `other`, which from now on has the frames in common that either makes once."""
        other.__dict__.update(_made=self._made, _lock=self._lock)
        return other

    @cached_property
    def _made(self) -> dict[str, _Shared]:
        return {}

    @cached_property
    def _lock(self) -> Lock:
        return Lock()

    @cached_property
    def _last_change(self) -> datetime | None:
        """Return the last time anything changed, for files that do not say when they were made.

        A date that is still to come is a slip of the keys: nothing has changed then.
        """
        soon = datetime.now(UTC) + timedelta(days=1)  # clocks and zones differ
        past = [pl.col(name).filter(pl.col(name) <= soon) for name in ("updated_at", "created_at")]
        seen = [
            self.live(entity).select(each.max() for each in past).collect().row(0)
            for entity, table in TABLE_OF.items()
            if table in self.account.tables
        ]
        return max((at for row in seen for at in row if at is not None), default=None)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {e: self.live(e).select(pl.len()).collect().item() for e in TABLE_OF}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A check's findings and base; `groups` where it counts groups of records.

    Where the groups are values, not records, or hold records that are to stay apart
    (`groups_are_apart`), there are no extra records. `counted` is
    for a headline count, which finds records without a finding. `metrics` are tables of numbers.
    """

    findings: pl.DataFrame
    base: int
    groups: int | None = None
    groups_are_values: bool = False
    groups_are_apart: bool = False
    counted: int | None = None
    metrics: tuple[Metric, ...] = ()

    @property
    def found(self) -> int:
        """Count the records found, each once."""
        return self.findings["record_id"].n_unique() if self.counted is None else self.counted

    def extra_of(self, found: int) -> int | None:
        """Count the records over one in each group; None where there are none to spare."""
        if self.groups is None or self.groups_are_values or self.groups_are_apart:
            return None
        return found - self.groups


def _default(code: str, name: str) -> Setting:
    return next(each.default for each in CHECKS[code].options if each.name == name)


def channel_needs(kind: str) -> dict[str, tuple[str, ...]]:
    """Return the needs of a check of the cards' phones or e-mails."""
    return {
        entity: (TABLE_OF[entity], f"channels.{entity}.{kind}") for entity in ("contact", "company")
    }


def live_records(account: Account, entity: str) -> pl.LazyFrame:
    """Return the records of `entity` in `account` that are not deleted."""
    table = account.tables.get(TABLE_OF[entity])
    if table is None:
        return account.frame(TABLE_OF[entity]).lazy()
    return table.filter(~pl.col("is_deleted").fill_null(False))


def findings(frame: pl.LazyFrame | pl.DataFrame, entity: str) -> pl.DataFrame:
    """Return `frame` as FINDINGS, sorted; `record_id` is required, code and severity come later."""
    sized = frame.lazy().with_columns(entity=pl.lit(entity))
    conformed = FINDINGS.conform(sized.collect())
    return conformed.sort(pl.col("record_id").str.len_bytes(), "record_id", "field", "value")

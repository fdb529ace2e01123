"""What every report of a scan is made of, whatever the format: page, workbook, letter.

A format takes a `Content` and nothing else, so all formats of a scan say the same. Frames are
lazy: each format collects the rows that it shows. `findings` is FINDINGS. `cards` has a row for
every record of an entity that people know by a name (CARD_FACTS); it is without rows where the
snapshot of the scan is not at hand, and then records are named by id alone. Texts of the account
are as the account has them: a format hides what is personal unless `options.show_values`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.audit.compare import Comparison
from dedupe.audit.registry import CHECKS, Check
from dedupe.config.reporting import Brand
from dedupe.contracts import (
    MOMENT,
    NUMBER,
    SNAPSHOT_TABLES,
    TEXT,
    Account,
    Metric,
    Summary,
)
from dedupe.report.trend import TrendPoint, health_trend

CARD_FACTS = pl.Schema(
    {
        "entity": TEXT,  # contact | company | deal | task | user
        "record_id": TEXT,
        "name": TEXT,  # of the record; of a task its text
        "owner": TEXT,  # the name of the employee, their id where they are not among the users
        "group": TEXT,  # the owner's group of users
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "money": NUMBER,  # the deal's price; of other records null
    }
)
_NAMED = {"contact": "contacts", "company": "companies", "deal": "deals", "task": "tasks"}
_COLUMNS = ("id", "name", "owner_id", "created_at", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What a reader asked of a report. The language is the one in use (`dedupe.language`)."""

    show_values: bool = False  # names, numbers and addresses of clients in full
    max_rows: int = 20_000  # of a finding, or a metric, in the workbook
    template: Path | None = None  # of the DOCX: the reader's letterhead, else our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A scan as its reports see it.

    `match` is the summary's own word on pairs and clusters (`audit.matches.match_document`).
    What changed since an earlier scan is in the results of `summary.checks` (new, fixed, left) and,
    where that scan is at hand, in `comparison`. `trend` holds the scans of the account, the oldest
    first; `shares` and `found` read it. `registry` has the checks' texts.
    """

    summary: Summary
    findings: pl.LazyFrame
    metrics: tuple[Metric, ...] = ()
    match: Mapping[str, Any] = field(default_factory=dict)
    cards: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=CARD_FACTS))
    has_names: bool = False  # whether the snapshot is at hand, and `cards` has its records
    comparison: Comparison | None = None
    trend: Sequence[TrendPoint] = ()
    brand: Brand = field(default_factory=Brand)
    options: ReportOptions = field(default_factory=ReportOptions)
    registry: Mapping[str, Check] = field(default_factory=lambda: CHECKS)

    def metrics_of(self, code: str) -> tuple[Metric, ...]:
        """Return the metrics of one check, in its order."""
        return tuple(metric for metric in self.metrics if metric.code == code)

    def shares(self) -> list[float | None]:
        """Return the share of clean cards in scans that counted the same checks, this one last."""
        alike = health_trend(self._earlier(), self.summary)
        healths = [*(point.health for point in alike), self.summary.health]
        return [None if health is None else health.share for health in healths]

    def found(self, code: str, entity: str) -> list[int | None]:
        """Return what a check found in the account's scans, this one's the last.

        Scans that did not know the check are left out; None is "not checked".
        """
        key = (code, entity)
        own = [r.found for r in self.summary.checks if (r.code, r.entity) == key]
        return [*(p.found[key] for p in self._earlier() if key in p.found), *own]

    def _earlier(self) -> list[TrendPoint]:
        own = self.summary
        return [
            p for p in self.trend if p.scan_id != own.scan_id and p.scanned_at <= own.scanned_at
        ]

    def cards_of(self, named: pl.LazyFrame) -> pl.DataFrame:
        """Return the cards (CARD_FACTS) that `named` has by entity and record_id."""
        keys = named.select("entity", "record_id").unique()
        return self.cards.join(keys, on=["entity", "record_id"], how="semi").collect()


def card_facts(account: Account) -> pl.LazyFrame:
    """Return CARD_FACTS of the records that `account` has; nothing is read before it is asked."""
    owners = _owners(account)
    parts = [
        account.tables[table]
        .select(
            pl.lit(entity).alias("entity"),
            pl.col("id").alias("record_id"),
            pl.col("text" if entity == "task" else "name").alias("name"),
            "owner_id",
            "created_at",
            "updated_at",
            (pl.col("price") if entity == "deal" else pl.lit(None, NUMBER)).alias("money"),
        )
        .join(owners, on="owner_id", how="left")
        for entity, table in _NAMED.items()
        if table in account.tables
    ]
    if "users" in account.tables:
        parts.append(_users(account, owners))
    told = [part.with_columns(pl.col("owner").fill_null(pl.col("owner_id"))) for part in parts]
    return pl.concat([part.select(CARD_FACTS.names()) for part in told] or [_nothing()])


def _nothing() -> pl.LazyFrame:
    return pl.LazyFrame(schema=CARD_FACTS)


def _owners(account: Account) -> pl.LazyFrame:
    """Return the names of users and of their groups by `owner_id`."""
    users = account.tables.get("users", SNAPSHOT_TABLES["users"].empty().lazy())
    groups = account.tables.get("user_groups", SNAPSHOT_TABLES["user_groups"].empty().lazy())
    named = groups.select(group_id="id", group="name").unique("group_id")
    return (
        users.join(named, on="group_id", how="left")
        .select(owner_id="id", owner="name", group="group")
        .unique("owner_id")
    )


def _users(account: Account, owners: pl.LazyFrame) -> pl.LazyFrame:
    """Return the employees themselves: nobody owns them, their group is their own."""
    return (
        account.tables["users"]
        .select(
            pl.lit("user").alias("entity"),
            pl.col("id").alias("record_id"),
            "name",
            pl.col("id").alias("owner_id"),
            pl.lit(None, MOMENT).alias("created_at"),
            pl.lit(None, MOMENT).alias("updated_at"),
            pl.lit(None, NUMBER).alias("money"),
        )
        .join(owners, on="owner_id", how="left")
    )

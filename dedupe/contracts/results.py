"""An account to be scanned, and what a scan says of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from .base import ContractError
from .tables import SNAPSHOT_TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark on how an account was read: a stable `code`, and how many values it is about."""

    code: str
    where: str
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One CRM account as columnar tables, from a snapshot, files or a CRM.

    `tables` maps a name of `SNAPSHOT_TABLES` to a lazy frame of that contract; a
    table that the source does not have is absent. `not_read` says why a part is
    missing, by its name: a table ("tasks"), a column ("deals.loss_reason_id"), the
    channels of one kind ("channels.contact.phone"), the links of two entities
    ("links.contact.deal"), the tags of one entity ("record_tags.deal").
    What is missing is never counted as zero. `settings` are the account's own, as
    text, where the source tells them: name, country (two letters), currency,
    timezone, user_id (whom it was read as) and what the CRM's room adds.
    """

    tables: Mapping[str, pl.LazyFrame]
    crm: str = "tables"
    account_id: str = ""
    host: str = ""
    read_from: datetime | None = None
    read_to: datetime | None = None
    not_read: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def has(self, part: str) -> bool:
        """Tell whether `part` (a table, or a part as named in `not_read`) was read."""
        return part.split(".")[0] in self.tables and part not in self.not_read

    def frame(self, name: str) -> pl.DataFrame:
        """Return the table `name`, collected; without rows when it was not read."""
        contract = SNAPSHOT_TABLES[name]
        return self.tables[name].collect() if name in self.tables else contract.empty()

    def in_memory(self, most_rows: int = 5_000_000) -> Account:
        """Return the account with its tables of up to `most_rows` rows read, each once.

        An audit asks a table a hundred questions; each would read the file again.
        """
        counts = pl.collect_all([table.select(pl.len()) for table in self.tables.values()])
        few = [n for n, count in zip(self.tables, counts, strict=True) if count.item() <= most_rows]
        read = pl.collect_all([self.tables[name] for name in few])
        held = {name: frame.lazy() for name, frame in zip(few, read, strict=True)}
        return replace(self, tables={**self.tables, **held})


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found on one entity: a row of `checks` in summary.json.

    `found` counts records, each once; `groups` and `extra` (records minus groups)
    are set by checks of groups; `share` is found / base, 0 to 1; `money` is what is at risk
    with the records found, each once, in the account's currency, None where none has a price and
    for hints (info).
    All are None when the status is "not_checked". `severity` is the check's, or the config's.
    `is_count` where it tells how many there are, and nothing is wrong with them.
    `new`, `fixed` and `left` compare with an earlier scan and are None without one.
    """

    code: str
    entity: str
    status: str  # checked | not_checked
    reason: str = ""
    found: int | None = None
    groups: int | None = None
    extra: int | None = None
    base: int | None = None
    share: float | None = None
    money: float | None = None
    severity: str = ""
    is_count: bool = False
    new: int | None = None
    fixed: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a metric: its name in the frame, its title (a msgid), and how to write it.

    `kind` is one of COLUMN_KINDS.
    """

    name: str
    title: str
    kind: str


COLUMN_KINDS = (
    "text",  # as the account has it
    "word",  # a msgid: the report translates it
    "code",  # of a check, or English by nature
    "person",  # an employee's name
    "record",  # the id of a record; the column "entity" beside it says of what
    "count",
    "share",  # 0 to 1
    "money",
    "days",
    "seconds",
    "number",
    "moment",
    "date",
    "week",  # the date of its Monday
    "month",  # the date of its first day
    "year",
    "flag",
)
CHARTS = ("bars", "pareto", "line", "funnel", "heat_map", "waterfall", "intervals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How far a metric can be trusted: the share of records that are fit for it, and why."""

    usable: int
    base: int
    reason: str  # a msgid: what makes a record unfit

    @property
    def share(self) -> float | None:
        """Return usable / base; None where there is nothing to measure."""
        return self.usable / self.base if self.base else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A table of numbers that a check computed, small enough for a page.

    `name` is stable and English; `title` and `note` are msgids. `chart` is one of CHARTS or "":
    the first column names the bars, `values` the columns that are drawn. Rows are in the order
    they are to be read in. `code` and `entity` are those of the check.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: pl.DataFrame
    chart: str = ""
    values: tuple[str, ...] = ()
    note: str = ""
    quality: Quality | None = None
    code: str = ""
    entity: str = ""

    def __post_init__(self) -> None:
        told = [column.name for column in self.columns]
        if told != self.rows.columns:
            raise ContractError(f"metric {self.name}: {told} != {self.rows.columns}")
        unknown = {c.kind for c in self.columns} - set(COLUMN_KINDS) or set(self.values) - set(told)
        if unknown or self.chart not in ("", *CHARTS):
            raise ContractError(f"metric {self.name}: {sorted(unknown) or self.chart}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The share of cards without a finding, each card once; info findings do not count.

    `cards` and `clean` are of contacts and companies; `by_entity` is (clean, all) of each
    entity that was read, deals too.
    """

    cards: int
    clean: int
    by_entity: Mapping[str, tuple[int, int]]

    @property
    def share(self) -> float | None:
        """Return clean / cards; None where there are no cards."""
        return self.clean / self.cards if self.cards else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """summary.json as a value: the headline of one scan. `timings` are seconds by stage.

    `snapshot` is the folder of the snapshot that was scanned, "" for files. `baseline` is the
    id of the earlier scan that the checks are compared with, "" for none. `settings` is a digest
    of what each check was told, by code; `place` one of where files lie and what they hold.
    Both are empty for scans of older versions.
    """

    scan_id: str
    crm: str
    account_id: str
    host: str
    source: str
    data_from: datetime | None
    data_to: datetime | None
    scanned_at: datetime
    counts: Mapping[str, int | None]
    checks: tuple[CheckResult, ...]
    notes: tuple[Note, ...]
    timings: Mapping[str, float]
    versions: Mapping[str, str]
    snapshot: str = ""
    health: Health | None = None
    currency: str = ""
    timezone: str = ""
    baseline: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

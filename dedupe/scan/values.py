"""What a scan may be told, and all that it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from dedupe.audit.compare import Comparison
from dedupe.audit.matches import MatchCounts
from dedupe.audit.options import Options
from dedupe.config import Regulation
from dedupe.config.planning import Planning
from dedupe.contracts import Account, Metric, Summary
from dedupe.match import (
    Matched,
    MatchOptions,
)
from dedupe.normalize import (
    PhoneSettings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What a scan may be told. `chunk_rows` bounds memory and never changes a result.

    `compare` names columns (of TableOptions.compare) or fields that are compared as they are;
    `labels` are judged pairs, as `read_labels` gives them; `is_taught` tells whether the match
    learns from them, or takes them as the last word on these pairs alone. `apart` are pairs that
    reviewers hold apart, in the same columns, for tables that are linked: they hold where one id
    is of a card of either table as the scan calls it, and of none of the other. `planning` says how
    a plan marks the duplicates that it merges.
    """

    phone: PhoneSettings = field(default_factory=PhoneSettings)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    loss_reason_field: str | None = None
    options: Options = field(default_factory=dict)
    regulations: tuple[Regulation, ...] = ()
    manual: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""
    compare: tuple[str, ...] = ()
    labels: pl.DataFrame | None = None
    is_taught: bool = True
    apart: pl.DataFrame | None = None
    match: MatchOptions = field(default_factory=MatchOptions)
    planning: Planning = field(default_factory=Planning)
    chunk_rows: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The account whose cards are linked to; `name` stands before ids that both accounts have."""

    account: Account
    name: str = "against"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All that a scan found: the summary and the frames of its files; `match` are its options.

    `comparison` is with an earlier scan, None where there is none.
    """

    summary: Summary
    findings: pl.DataFrame
    metrics: tuple[Metric, ...]
    values: pl.DataFrame
    pairs: pl.DataFrame
    clusters: pl.DataFrame
    matched: tuple[Matched, ...] = ()
    counts: tuple[MatchCounts, ...] = ()
    match: MatchOptions = field(default_factory=MatchOptions)
    comparison: Comparison | None = None

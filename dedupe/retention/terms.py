"""What is past its time, as values: what would go, what stays and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dedupe.config import Retention
from dedupe.language import N_

from .files import Seen
from .kinds import Kind

UNFINISHED = N_("of a run that is not finished")
UNRESOLVED = N_("a person must look at an operation of this run")
IN_USE = N_("in use: the next pull goes on from it")
NOT_OURS = N_("a file in it is not ours")
UNREADABLE = N_("its summary can't be read")
CHANGED = N_("it changed meanwhile")
UNKNOWN_RUN = N_("the journal does not know its run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One thing that would go. Of a journal it is the values of `run_id`; else `path`."""

    kind: Kind
    path: Path
    account: str
    n_bytes: int
    since: datetime
    n_files: int = 1
    run_id: str = ""
    marks: Mapping[str, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """One thing that is past its days and stays; `why` is a msgid."""

    kind: Kind
    path: Path
    account: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look at the state folder finds."""

    past: tuple[Past, ...] = ()
    stays: tuple[Stays, ...] = ()

    def __add__(self, other: Found) -> Found:
        """Return both."""
        return Found(past=self.past + other.past, stays=self.stays + other.stays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The moment, and how long each kind is kept; `older` overrules the days of all kinds."""

    retention: Retention
    now: datetime
    older: timedelta | None = None

    def limit(self, kind: Kind) -> datetime:
        """Return the moment before which things of `kind` are past."""
        kept = self.retention
        days = {
            Kind.SNAPSHOT: kept.snapshots_days,
            Kind.PAGES: min(kept.snapshots_days, 2),  # after a day no pull goes on with them
            Kind.LEFTOVER: 1,
            Kind.BACKUP: kept.backups_days,
            Kind.JOURNAL: kept.journals_days,
            Kind.PLAN: kept.journals_days,
            Kind.LOG: kept.logs_days,
        }.get(kind, kept.scans_days)
        span = timedelta(days=days)
        if self.older is not None and kind is not Kind.LEFTOVER:
            span = self.older
        return self.now - span

    def is_past(self, kind: Kind, since: datetime) -> bool:
        """Tell whether a thing of that age is past its days."""
        return since < self.limit(kind)

"""Every file of ours that holds personal data: what it is, whose, how large and old, until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dedupe.report.trend import read_history

from .files import files_below
from .kinds import Kind, known
from .scans import read_head
from .terms import Terms

_WITHOUT_END = (Kind.SNAPSHOT, Kind.DECISIONS, Kind.SETTINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One file. `until` is the day from which `crmclean prune` removes it; None: no day is set."""

    kind: Kind
    path: str
    account: str
    n_bytes: int
    changed_at: datetime
    until: datetime | None


def inventory(state: Path, terms: Terms) -> list[Held]:
    """Return the files of a state folder that hold personal data, by their paths."""
    return list(_held(state, terms))


def others_outside(state: Path) -> list[Path]:
    """Return folders of scans that were written elsewhere and are still there."""
    inside = state.absolute()
    found = {point.folder for point in read_history(state) if point.folder.is_dir()}
    return sorted(path for path in found if not path.absolute().is_relative_to(inside))


def _held(state: Path, terms: Terms) -> Iterator[Held]:
    hosts: dict[Path, str] = {}
    for path in files_below(state):
        relative = path.relative_to(state).as_posix()
        told = known(relative)
        if told is None:
            continue
        found = path.lstat()
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        account = told.account
        if told.kind is Kind.SCAN:
            account = hosts.setdefault(path.parent, _host(path.parent))
        yield Held(
            kind=told.kind,
            path=relative,
            account=account,
            n_bytes=found.st_size,
            changed_at=changed,
            until=_until(told.kind, changed, terms),
        )


def _until(kind: Kind, changed: datetime, terms: Terms) -> datetime | None:
    if kind in _WITHOUT_END:
        return None
    span: timedelta = terms.now - terms.limit(kind)
    return changed + span


def _host(folder: Path) -> str:
    head = read_head(folder)
    return head.host or head.account if head else ""

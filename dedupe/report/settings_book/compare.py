"""What became of an account's settings between two documents, matched by id.

Only settings are compared, not what is counted from records. A section that one of the two
did not read is not compared: it says so, and nothing is taken for removed. A moved entry is one
that must leave its place for the others to keep theirs: of a new order the least is told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .values import Book, Entry, Kind, Ref, Section, Value


class How(StrEnum):
    """What became of a setting."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: `label` names the setting as it is now, or was when it is gone.

    `attribute` is what changed, "" where the setting as a whole came, went or moved.
    """

    how: How
    id: str
    label: tuple[Value, ...]
    attribute: str = ""
    old: Value = None
    new: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDrift:
    """The changes of one section, or why it was not compared: the side that did not read it."""

    name: str
    changes: tuple[Change, ...] = ()
    unread: str = ""  # old | new | both


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What changed between two documents of one account, by section."""

    host: str
    account_id: str
    old_at: datetime | None
    new_at: datetime | None
    sections: tuple[SectionDrift, ...]

    @property
    def n_changes(self) -> int:
        """Count the differences of all sections."""
        return sum(len(one.changes) for one in self.sections)


def compare_books(old: Book, new: Book) -> Drift:
    """Return what changed from `old` to `new`, in the order of the sections and their entries."""
    sections = [
        _drift(old.section(one.name), one) for one in new.sections if one.layout.is_compared
    ]
    return Drift(
        host=new.host,
        account_id=new.account_id,
        old_at=old.read_to,
        new_at=new.read_to,
        sections=tuple(sections),
    )


def _drift(old: Section, new: Section) -> SectionDrift:
    if not (old.is_read and new.is_read):
        unread = "old" if new.is_read else "new" if old.is_read else "both"
        return SectionDrift(name=new.name, unread=unread)
    was = {entry.id: entry for entry in old.entries}
    now = {entry.id: entry for entry in new.entries}
    moved = _moved(old, new) if new.layout.is_ordered else set()
    changes: list[Change] = []
    for entry in new.entries:
        label = _label(new, entry)
        if entry.id not in was:
            changes.append(Change(how=How.ADDED, id=entry.id, label=label))
            continue
        changes += _changes(new, was[entry.id], entry)
        if entry.id in moved:
            changes.append(Change(how=How.MOVED, id=entry.id, label=label))
    changes += [
        Change(how=How.REMOVED, id=entry.id, label=_label(old, entry))
        for entry in old.entries
        if entry.id not in now
    ]
    return SectionDrift(name=new.name, changes=tuple(changes))


def _label(section: Section, entry: Entry) -> tuple[Value, ...]:
    return tuple(entry.values[section.layout.place(name)] for name in section.layout.label)


def _changes(section: Section, old: Entry, new: Entry) -> Iterator[Change]:
    is_named = not section.layout.is_facts
    for attribute, before, after in zip(
        section.layout.attributes, old.values, new.values, strict=True
    ):
        if attribute.is_setting and _same(before) != _same(after):
            is_name = is_named and attribute.name == "name"
            yield Change(
                how=How.RENAMED if is_name else How.CHANGED,
                id=new.id,
                label=_label(section, new),
                attribute=attribute.name,
                old=before,
                new=after,
            )


def _same(value: Value) -> Value:
    return value.id if isinstance(value, Ref) else value


def _moved(old: Section, new: Section) -> set[str]:
    """Return the ids that stand elsewhere among those that both sides have."""
    at = old.layout.place("place")
    assert old.layout.attributes[at].kind is Kind.COUNT
    places = {entry.id: place for place, entry in enumerate(old.entries)}
    found: set[str] = set()
    for ids in _by_parent(new).values():
        common = [id_ for id_ in ids if id_ in places]
        kept = _longest_rising([places[id_] for id_ in common])
        found |= {id_ for place, id_ in enumerate(common) if place not in kept}
    return found


def _by_parent(section: Section) -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for entry in section.entries:
        families.setdefault(entry.id.rpartition("/")[0], []).append(entry.id)
    return families


def _longest_rising(numbers: list[int]) -> set[int]:
    """Return the places of a longest rising subsequence (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        at = bisect_left(tails, number)
        before.append(ends[at - 1] if at else None)
        tails[at : at + 1] = [number]
        ends[at : at + 1] = [place]
    kept: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept

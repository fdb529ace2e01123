"""The links between contacts, companies and leads, seen from either end.

A contact has one company at most, and so has a lead; a lead has one main contact
when it has any. What the account came with stays in sorted columns; the links of
a record that was changed are kept as lists, at both ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from .table import Flags, Ints

ENTITIES = ("contacts", "companies", "leads")
# Who may have only one of whom.
SINGLE = frozenset({("contacts", "companies"), ("leads", "companies")})


@dataclass(frozen=True, slots=True)
class Link:
    """One link seen from `entity` `id`; `is_main` is told between a lead and a contact only."""

    entity: str
    id: int
    to_entity: str
    to_id: int
    is_main: bool | None = None

    def turned(self) -> Link:
        """Return the same link seen from its other end."""
        return Link(self.to_entity, self.to_id, self.entity, self.id, self.is_main)


@dataclass(frozen=True, slots=True)
class Pairs:
    """The links of two entities as parallel columns; `main` is all false where it says nothing."""

    entity: str
    to_entity: str
    left: Ints
    right: Ints
    main: Flags


class Links:
    """All links of an account."""

    def __init__(self, pairs: Iterable[Pairs]) -> None:
        self._sides: dict[str, list[_Side]] = {entity: [] for entity in ENTITIES}
        for found in pairs:
            self._sides[found.entity].append(_Side.of(found))
            self._sides[found.to_entity].append(_Side.of(_turned(found)))
        self._changed: dict[tuple[str, int], list[Link]] = {}

    def of(self, entity: str, id_: int) -> list[Link]:
        """Return the links of a record, in the order in which they were made."""
        changed = self._changed.get((entity, id_))
        if changed is not None:
            return list(changed)
        return [link for side in self._sides.get(entity, ()) for link in side.of_id(id_)]

    def add(self, link: Link) -> None:
        """Make a link; it replaces one that it can't stand beside."""
        is_pair = {link.entity, link.to_entity} == {"contacts", "leads"}
        if not is_pair:
            link = replace(link, is_main=None)
        for one in (link, link.turned()):
            if (one.entity, one.to_entity) in SINGLE:
                for old in self.of(one.entity, one.id):
                    if old.to_entity == one.to_entity and old.to_id != one.to_id:
                        self.drop(old)
        if is_pair:
            link = self._with_main(link)
        self._store(link)
        self._store(link.turned())

    def drop(self, link: Link) -> bool:
        """Take a link away; tell whether there was one. A lead's first contact becomes main."""
        there = self._take(link)
        self._take(link.turned())
        lead = link if link.entity == "leads" else link.turned()
        if there and (lead.entity, lead.to_entity) == ("leads", "contacts"):
            left = [one for one in self.of("leads", lead.id) if one.to_entity == "contacts"]
            if left and not any(one.is_main for one in left):
                self._mark(left[0], main=True)
        return there

    def _with_main(self, link: Link) -> Link:
        """Settle who is the main contact of the lead: the one named, else the first."""
        lead = link if link.entity == "leads" else link.turned()
        others = [
            one
            for one in self.of("leads", lead.id)
            if one.to_entity == "contacts" and one.to_id != lead.to_id
        ]
        if link.is_main:
            for one in others:
                self._mark(one, main=False)
        return replace(link, is_main=bool(link.is_main) or not any(o.is_main for o in others))

    def _mark(self, link: Link, *, main: bool) -> None:
        if link.is_main != main:
            marked = replace(link, is_main=main)
            self._store(marked)
            self._store(marked.turned())

    def _store(self, link: Link) -> None:
        kept = self._changed.setdefault((link.entity, link.id), self.of(link.entity, link.id))
        for at, old in enumerate(kept):
            if (old.to_entity, old.to_id) == (link.to_entity, link.to_id):
                kept[at] = link
                return
        kept.append(link)

    def _take(self, link: Link) -> bool:
        kept = self._changed.setdefault((link.entity, link.id), self.of(link.entity, link.id))
        stay = [one for one in kept if (one.to_entity, one.to_id) != (link.to_entity, link.to_id)]
        self._changed[link.entity, link.id] = stay
        return len(stay) < len(kept)


@dataclass(frozen=True, slots=True)
class _Side:
    """Links sorted by the record that they are asked for."""

    pairs: Pairs

    @classmethod
    def of(cls, pairs: Pairs) -> _Side:
        order = np.argsort(pairs.left, kind="stable")
        return cls(
            replace(
                pairs,
                left=pairs.left[order],
                right=pairs.right[order],
                main=pairs.main[order],
            )
        )

    def of_id(self, id_: int) -> Iterable[Link]:
        pairs = self.pairs
        start, end = np.searchsorted(pairs.left, (id_, id_ + 1))
        has_main = {pairs.entity, pairs.to_entity} == {"contacts", "leads"}
        for other, main in zip(pairs.right[start:end], pairs.main[start:end], strict=True):
            yield Link(
                pairs.entity, id_, pairs.to_entity, int(other), bool(main) if has_main else None
            )


def _turned(pairs: Pairs) -> Pairs:
    return Pairs(pairs.to_entity, pairs.entity, pairs.right, pairs.left, pairs.main)

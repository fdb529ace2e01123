"""A unit of work over the State: staged first, then carried out whole, with its effects.

What a handler reads through the draft is the state as it will be; what it stages is
seen by nobody else until `commit`, which stores the records, makes and takes away links,
notes the events and returns the effects: for each changed thing exactly the keys that
changed, before and after. A link that is made or taken away also moves `updated_at` at
both of its ends, so that a reader who follows changes meets it (amoCRM's own way here is
not documented).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from dedupe.sandbox.server.reply import Effect

from ..links import Link
from ..names import CARDS
from ..state import State
from .events import Happening, happenings, link_happenings

Record = dict[str, Any]
Id = int | str
Key = tuple[str, Id]
Ends = tuple[str, int, str, int]

RANK = {"leads": 0, "contacts": 1, "companies": 2}  # from which end an effect tells of a link
FIELDS = "custom_fields"


class Draft:
    """Changes that are staged for one request. Kinds are the State's, and leads/custom_fields."""

    def __init__(self, state: State, user_id: int) -> None:
        self.state, self.user_id, self.now = state, user_id, int(state.clock())
        self._records: dict[Key, Record | None] = {}  # None: to be removed
        self._before: dict[Key, Record | None] = {}
        self._links: list[tuple[bool, Link]] = []  # (made or taken away, which)
        self._tags: dict[str, dict[str, Record]] = {}
        self._numbers: dict[str, int] = {}
        self._effects: list[Effect] = []

    def get(self, kind: str, id_: Id) -> Record | None:
        """Return a private copy of a record as it will be."""
        if (kind, id_) in self._records:
            return deepcopy(self._records[kind, id_])
        return deepcopy(self._stored(kind, id_))

    def put(self, kind: str, record: Record) -> None:
        """Stage a record, new or changed."""
        self._records[kind, record["uid" if kind == "unsorted" else "id"]] = deepcopy(record)

    def remove(self, kind: str, id_: Id) -> None:
        """Stage a setting to be deleted."""
        self._records[kind, id_] = None

    def new_id(self, kind: str) -> int:
        """Return an id that nothing of a kind has or was given in this draft."""
        if kind not in (FIELDS, "enums"):
            return self.state.new_id(kind)
        first = self.state.new_field_id() if kind == FIELDS else self.state.new_enum_id()
        self._numbers[kind] = max(first, self._numbers.get(kind, 0) + 1)
        return self._numbers[kind]

    def tags(self, kind: str) -> dict[str, Record]:
        """Return the tags of a kind by name; new ones have the id 0 until the commit."""
        if kind not in self._tags:
            self._tags[kind] = {tag["name"]: tag for tag in self.state.tags(kind)}
        return self._tags[kind]

    def tag(self, kind: str, name: str, color: str | None = None) -> Record:
        """Return the tag of that name, a new one where there is none."""
        new = {"id": 0, "name": name, "color": color}
        return dict(self.tags(kind).setdefault(name, new))

    def link(self, link: Link) -> None:
        """Stage a link to be made; it takes the place of one that it can't stand beside."""
        self._links.append((True, link))

    def unlink(self, link: Link) -> None:
        """Stage a link to be taken away."""
        self._links.append((False, link))

    def add_effect(self, effect: Effect) -> None:
        """List an effect that is no change of a record: an automation that would start."""
        self._effects.append(effect)

    def commit(self) -> tuple[Effect, ...]:
        """Carry everything out and return what changed."""
        self._make_tags()
        before = {key: self._stored(*key) for key in self._records}
        for (kind, id_), record in self._records.items():
            self._store(kind, id_, record)
        changes = self._change_links()
        self._touch(changes, before)
        for key, old in before.items():
            self._tell(key, old, self._records[key])
        for ends, (was, became) in changes.items():
            self._tell_link(ends, was, became)
        return tuple(self._effects)

    def _stored(self, kind: str, id_: Id) -> Record | None:
        """Return a record as it was before the draft, read once and not to be written to."""
        if (kind, id_) not in self._before:
            entity, _, is_field = kind.partition("/")
            read = self.state.field if is_field else self.state.get
            self._before[kind, id_] = read(entity, id_)
        return self._before[kind, id_]

    def _store(self, kind: str, id_: Id, record: Record | None) -> None:
        entity, _, is_field = kind.partition("/")
        if is_field:
            if record is None:
                self.state.remove_field(entity, int(id_))
            else:
                self.state.put_field(entity, record)
        elif record is None:
            self.state.remove(kind, id_)
        else:
            for tag in (record.get("_embedded") or {}).get("tags") or ():
                tag["id"] = tag["id"] or self._tags[kind][tag["name"]]["id"]
            self.state.put(kind, record)

    def _make_tags(self) -> None:
        for kind, tags in self._tags.items():
            for name, tag in tags.items():
                if not tag["id"]:
                    tag["id"] = self.state.tag_id(kind, name)
                    told = {"name": name, "color": tag["color"]}
                    self._effects.append(Effect("add", f"{kind}/tags", tag["id"], None, told))

    def _tell(self, key: Key, old: Record | None, new: Record | None) -> None:
        was, became = difference(old, new)
        if was == became:
            return
        what = "add" if old is None else "remove" if new is None else "change"
        self._effects.append(Effect(what, *key, was, became))
        if new is not None and key[0] in (*CARDS, "tasks", "notes"):
            self._note(happenings(key[0], old, new), new.get("updated_by", self.user_id))

    def _tell_link(self, ends: Ends, was: Link | None, became: Link | None) -> None:
        what = "link" if was is None else "unlink" if became is None else "relink"
        self._effects.append(Effect(what, ends[0], ends[1], _told(was), _told(became)))
        if what != "relink":
            self._note(link_happenings(*ends, what), self.user_id)

    def _note(self, found: Iterator[Happening], by: int) -> None:
        for event in found:
            self.state.add_event(
                event.type, event.entity, event.id, before=event.before, after=event.after, by=by
            )

    def _change_links(self) -> dict[Ends, tuple[Link | None, Link | None]]:
        """Make and take away links; return those that are not as they were, from one end each."""
        before: dict[Ends, Link] = {}
        ends: set[tuple[str, int]] = set()
        for is_made, link in self._links:
            for end in ((link.entity, link.id), (link.to_entity, link.to_id)):
                if end not in ends:
                    ends.add(end)
                    before = self._seen(*end) | before
            names = (link.entity, link.id, link.to_entity, link.to_id)
            if is_made:
                self.state.link(*names, is_main=link.is_main)
            else:
                self.state.unlink(*names)
        after: dict[Ends, Link] = {}
        for end in ends:
            after |= self._seen(*end)
        found = {key: (before.get(key), after.get(key)) for key in (*before, *after)}
        return {key: pair for key, pair in found.items() if pair[0] != pair[1]}

    def _seen(self, entity: str, id_: int) -> dict[Ends, Link]:
        links = [from_first_end(link) for link in self.state.links_of(entity, id_)]
        return {(one.entity, one.id, one.to_entity, one.to_id): one for one in links}

    def _touch(self, changes: Mapping[Ends, object], before: dict[Key, Record | None]) -> None:
        """Move the time of change of every card that gained, lost or changed a link."""
        for entity, id_, to_entity, to_id in changes:
            for key in ((entity, id_), (to_entity, to_id)):
                record = None if key in self._records else self.state.get(*key)
                if record is not None:
                    before[key] = deepcopy(record)
                    record |= {"updated_at": self.now, "updated_by": self.user_id}
                    self._records[key] = record
                    self.state.put(key[0], record)


def from_first_end(link: Link) -> Link:
    """Return the link as seen from the lead, else from the contact."""
    return link if RANK[link.entity] <= RANK[link.to_entity] else link.turned()


def difference(old: Record | None, new: Record | None) -> tuple[Record | None, Record | None]:
    """Return of two versions of a record the keys that differ; fields and tags one by one."""
    if old is None or new is None:
        return old, new
    was, became = _flat(old), _flat(new)
    keys = [key for key in {**was, **became} if was.get(key) != became.get(key)]
    return {k: was.get(k) for k in keys}, {k: became.get(k) for k in keys}


def _flat(record: Record) -> Record:
    flat = {k: v for k, v in record.items() if k not in ("custom_fields_values", "_embedded")}
    for entry in record.get("custom_fields_values") or ():
        flat[f"custom_fields_values.{entry['field_id']}"] = entry["values"]
    for name, values in (record.get("_embedded") or {}).items():
        flat[name] = [v.get("name", v) if isinstance(v, dict) else v for v in values or ()]
    return flat


def _told(link: Link | None) -> Record | None:
    if link is None:
        return None
    told: Record = {"to_entity": link.to_entity, "to_id": link.to_id}
    return told if link.is_main is None else told | {"is_main": link.is_main}

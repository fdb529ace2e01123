"""What an account of the sandbox holds, as plain values, and what it owes to those who filled it.

`Picture` is a copy of the sandbox's own state, never of what a client believes. `Owed` starts as
the first picture and follows what colleagues do by hand; whatever a run does, under whatever
faults, `lost` must find nothing: the invariants I1 to I7 of the reliability reference, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dedupe.plan.ops import (
    AddNote,
    FieldChange,
    LinkCards,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from dedupe.plan.values_change import spelling
from dedupe.sandbox import Sandbox

from .account import BOX

Key = tuple[str, int]  # kind as in paths, id
KINDS = {"contact": "contacts", "company": "companies", "deal": "leads", "task": "tasks"}
MARK = "crmclean-duplicate"
OURS = "⟦cc:"
_MULTI = ("PHONE", "EMAIL")


@dataclass(frozen=True, slots=True)
class Held:
    """One card: lists of numbers and addresses in order, single values, tags, links with main."""

    values: Mapping[str, tuple[tuple[str, str | None], ...]]
    singles: Mapping[str, str]
    tags: frozenset[str]
    links: Mapping[Key, bool | None]
    created_at: int

    @property
    def is_marked(self) -> bool:
        return MARK in self.tags or self.singles.get(BOX) == "True"

    def raws(self, name: str) -> set[str]:
        return {raw for raw, _ in self.values.get(name, ())}


@dataclass(frozen=True, slots=True)
class Picture:
    """Live cards, all tasks (owner, text, due, responsible, done) and notes (owner, text)."""

    cards: Mapping[Key, Held]
    tasks: Mapping[int, tuple[Key, tuple[Any, ...]]]
    notes: Mapping[int, tuple[Key, str]]

    def notes_of(self, key: Key) -> str:
        return "\n".join(" ".join(text.split()) for at, text in self.notes.values() if at == key)

    @property
    def restorable(self) -> object:
        """Return all that an undo must give back: notes and moments are not."""
        cards = {key: (h.values, h.singles, h.tags, h.links) for key, h in self.cards.items()}
        return cards, self.tasks


def take_picture(sandbox: Sandbox) -> Picture:
    """Copy the state of `sandbox`."""
    state = sandbox.state
    with state.held():
        cards = {}
        for kind in ("contacts", "companies", "leads"):
            for id_ in state.ids(kind):
                record = state.get(kind, id_)
                if record is not None and not record["is_deleted"]:
                    links = state.links_of(kind, id_)
                    main = {(each.to_entity, each.to_id): each.is_main for each in links}
                    cards[kind, id_] = _held(record, main)
        tasks = {}
        for id_ in state.ids("tasks"):
            task = state.get("tasks", id_)
            if task is not None:
                names = ("text", "complete_till", "responsible_user_id", "is_completed")
                owner = (task["entity_type"], task["entity_id"])
                tasks[id_] = owner, tuple(task[name] for name in names)
        notes = {}
        for id_ in state.ids("notes"):
            note = state.get("notes", id_)
            if note is not None:
                text = str((note.get("params") or {}).get("text"))
                notes[id_] = (note["entity_type"], note["entity_id"]), text
    return Picture(cards, tasks, notes)


def _held(record: Mapping[str, Any], links: Mapping[Key, bool | None]) -> Held:
    values, singles = {}, {"name": str(record["name"])}
    for each in record.get("custom_fields_values") or ():
        code = each["field_code"]
        if code in _MULTI:
            values[code] = tuple((str(v["value"]), v.get("enum_code")) for v in each["values"])
        else:
            singles[str(each["field_id"])] = "; ".join(str(v["value"]) for v in each["values"])
    tags = frozenset(tag["name"] for tag in record["_embedded"]["tags"])
    return Held(values, singles, tags, links, record["created_at"])


@dataclass
class Owed:
    """What nobody may lose. Colleagues change it; a run never does."""

    values: dict[Key, dict[str, set[str]]] = field(default_factory=dict)
    singles: dict[Key, dict[str, str]] = field(default_factory=dict)
    tags: dict[Key, set[str]] = field(default_factory=dict)
    links: set[tuple[Key, Key]] = field(default_factory=set)
    tasks: dict[int, tuple[Key, tuple[Any, ...]]] = field(default_factory=dict)
    notes: dict[int, tuple[Key, str]] = field(default_factory=dict)
    created: dict[Key, int] = field(default_factory=dict)
    into: dict[Key, set[Key]] = field(default_factory=dict)  # by a plan: loser -> survivors

    @classmethod
    def of(cls, picture: Picture) -> Owed:
        owed = cls(tasks=dict(picture.tasks), notes=dict(picture.notes))
        for key, held in picture.cards.items():
            owed.values[key] = {name: held.raws(name) for name in held.values}
            owed.singles[key] = {n: v for n, v in held.singles.items() if v and n != BOX}
            owed.tags[key] = set(held.tags)
            owed.created[key] = held.created_at
            owed.links |= {(key, to) for to in held.links if key[0] == "leads"}
            owed.links |= {(key, to) for to in held.links if (key[0], to[0]) == _WORKS_AT}
        return owed

    def forget(self, key: Key) -> None:
        """Owe nothing any more of a card that a person has deleted."""
        for each in (self.values, self.singles, self.tags, self.created):
            each.pop(key, None)
        self.links = {(one, to) for one, to in self.links if key not in (one, to)}
        self.tasks = {id_: task for id_, task in self.tasks.items() if task[0] != key}
        self.notes = {id_: note for id_, note in self.notes.items() if note[0] != key}

    def heirs(self, key: Key) -> set[Key]:
        """Return a card and all that plans merge it into, directly or in a chain."""
        found, rest = {key}, [key]
        while rest:
            for to in self.into.get(rest.pop(), ()):
                if to not in found:
                    found.add(to)
                    rest.append(to)
        return found


_WORKS_AT = ("contacts", "companies")


def lost(owed: Owed, now: Picture) -> list[str]:
    """Name everything that is owed and is not there."""
    return [
        *_lost_values(owed, now),
        *_lost_links(owed, now),
        *_lost_mains(owed, now),
        *_lost_tasks(owed, now),
        *(f"I4 note {id_} is not as it was" for id_ in owed.notes if _is_changed(owed, now, id_)),
        *(
            f"I7 {key} has another birth"
            for key, at in owed.created.items()
            if key not in now.cards or now.cards[key].created_at != at
        ),
    ]


def _is_changed(owed: Owed, now: Picture, id_: int) -> bool:
    return now.notes.get(id_) != owed.notes[id_]


def _lost_values(owed: Owed, now: Picture) -> Iterator[str]:
    for key, names in owed.values.items():
        for name, raws in names.items():
            held = now.cards[key].raws(name) if key in now.cards else set()
            for raw in raws:
                if raw not in held and not set(raw.split(", ")) <= held:
                    yield f"I1 {key} {name}: {raw}"
    for key, singles in owed.singles.items():
        for name, value in singles.items():
            is_there = key in now.cards and now.cards[key].singles.get(name) == value
            if not is_there and not _is_told(now, key, value):
                yield f"I2 {key} {name}: {value}"
    for key, tags in owed.tags.items():
        if not tags <= (now.cards[key].tags if key in now.cards else set()):
            yield f"I3 {key}: {tags}"


def _is_told(now: Picture, key: Key, value: str) -> bool:
    return " ".join(value.split()) in now.notes_of(key)


def _lost_links(owed: Owed, now: Picture) -> Iterator[str]:
    for one, to in sorted(owed.links):
        ends = [(a, b) for a in owed.heirs(one) for b in owed.heirs(to)]
        linked = any(a in now.cards and b in now.cards[a].links for a, b in ends)
        told = any(_is_told(now, a, str(b[1])) for a, b in ends)
        if not linked and not (one[0] == "contacts" and told):
            yield f"I5 {one} is no longer linked to {to}"


def _lost_mains(owed: Owed, now: Picture) -> Iterator[str]:
    for lead in {one for one, to in owed.links if one[0] == "leads" and to[0] == "contacts"}:
        mains = [
            to for to, is_main in now.cards[lead].links.items() if to[0] == "contacts" and is_main
        ]
        if len(mains) != 1:
            yield f"I5 {lead} has {len(mains)} main contacts"


def _lost_tasks(owed: Owed, now: Picture) -> Iterator[str]:
    for id_, (owner, rest) in owed.tasks.items():
        found = now.tasks.get(id_)
        if found is None or found[1] != rest or found[0] not in owed.heirs(owner):
            yield f"I6 task {id_} of {owner}: {found}"


def not_taken_over(owed: Owed, now: Picture, loser: Key, survivor: Key) -> list[str]:
    """Name what a marked card had and its survivor alone does not hold (I8)."""
    if survivor not in now.cards:
        return [f"I8 {loser} is marked, {survivor} is gone"]
    own, kept = now.cards[loser], now.cards[survivor]
    out = []
    for name, items in own.values.items():
        there = {spelling(raw) for raw, _ in kept.values.get(name, ())}
        for raw, _ in items:
            is_there = spelling(raw) in there
            if not is_there and not {spelling(part) for part in raw.split(", ")} <= there:
                out.append(f"I8 {loser} -> {survivor} {name}: {raw}")
    for name, value in own.singles.items():
        is_there = name == BOX or not value or kept.singles.get(name) == value
        if not is_there and not _is_told(now, survivor, value):
            out.append(f"I8 {loser} -> {survivor} {name}: {value}")
    if not own.tags - {MARK} <= kept.tags:
        out.append(f"I8 {loser} -> {survivor} tags: {own.tags - kept.tags}")
    return out + list(_hanging(owed, now, loser, survivor))


def _hanging(owed: Owed, now: Picture, loser: Key, survivor: Key) -> Iterator[str]:
    for one, to in owed.links:
        if loser not in (one, to):
            continue
        other = to if one == loser else one
        if other in now.cards and not _is_bound(now, survivor, other):
            yield f"I8 {loser} -> {survivor}: {other} hangs on the duplicate alone"
    for id_, (owner, rest) in now.tasks.items():
        if owner == loser and not rest[-1]:
            yield f"I8 {loser} -> {survivor}: task {id_} is open on the duplicate"


def _is_bound(now: Picture, survivor: Key, other: Key) -> bool:
    linked = other in now.cards[survivor].links
    return linked or (other[0] == "companies" and _is_told(now, survivor, str(other[1])))


def is_there(op: Op, now: Picture) -> bool:
    """Tell from the sandbox's own state whether an operation has its effect."""
    match op:
        case AddNote():
            return any(
                key == key_of(op.record) and op.text in text for key, text in now.notes.values()
            )
        case SetTags():
            tags = now.cards[key_of(op.record)].tags
            return set(op.add) <= tags and not set(op.remove) & tags
        case LinkCards():
            links = now.cards[key_of(op.deal_or_card)].links
            return key_of(op.to) in links and (not op.is_main or bool(links[key_of(op.to)]))
        case UnlinkCards():
            return key_of(op.to) not in now.cards[key_of(op.deal_or_card)].links
        case MoveTask():
            return now.tasks[int(op.task.id)][0] == key_of(op.after)
        case PatchCard():
            held = now.cards[key_of(op.record)]
            return all(_is_made(change, held) for change in op.changes)
    raise AssertionError(op)


def _is_made(change: ValuesChange | FieldChange, held: Held) -> bool:
    if isinstance(change, FieldChange):
        now = held.singles.get(change.field, "")
        return now.casefold() == (change.after or "").casefold()
    there = {spelling(raw) for raw in held.raws(change.field)}
    return {spelling(item.raw) for item in change.new} <= there


def key_of(ref: Ref) -> Key:
    return KINDS[ref.entity], int(ref.id)

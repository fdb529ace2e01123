"""What must hold after a rehearsal: looked at on the copy's own state and its log of effects.

Nothing here asks the executor what it believes: the copy, which knows no executor, is compared
with the snapshot. I1 values, I3 tags, I5 links, I6 tasks, I7 nothing else touched, I8 a marked
card is held by the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from dedupe.contracts import Account
from dedupe.plan.canonical import plain_text
from dedupe.plan.ops import PatchCard, Ref, SetTags, UnlinkCards, ValuesChange
from dedupe.plan.plan import Group, Plan
from dedupe.plan.values_change import spelling
from dedupe.sandbox import Sandbox

if TYPE_CHECKING:
    from dedupe.sandbox.amocrm.state import State

KINDS = {"contact": "contacts", "company": "companies", "deal": "leads", "task": "tasks"}


def broken(plan: Plan, account: Account, copy: Sandbox) -> list[str]:
    """Name everything that was lost, or touched without need; no values, ids only."""
    found = _Found(plan, account, copy)
    return [
        *found.values(),
        *found.tags(),
        *found.links(),
        *found.tasks(),
        *_strange(plan, copy),
    ]


class _Found:
    """The account before, from the snapshot, against the copy as it is now."""

    def __init__(self, plan: Plan, account: Account, copy: Sandbox) -> None:
        self._plan, self._account = plan, account
        self._state: State = copy.state
        self._told = _notes(copy)

    def values(self) -> Iterator[str]:
        """Yield cards with values that neither they nor their group hold in any spelling (I1)."""
        gone = _replaced(self._plan)
        before = self._rows("channels", "entity", "record_id", "raw")
        for group, held in self._groups(self._spellings):
            for ref in group.members:
                told = "".join(self._told.get(each, "") for each in group.members)
                raws = [raw for raw in before.get(ref, ()) if plain_text(raw).strip() not in told]
                wanted = {spelling(raw) for raw in raws} - gone.get(ref, set())
                if wanted - held:
                    yield f"{group.id}: {ref}: {len(wanted - held)}"

    def tags(self) -> Iterator[str]:
        """Yield cards whose tags are nowhere in their group (I3)."""
        before = self._rows("record_tags", "entity", "record_id", "tag")
        taken = {tag for op in self._plan.ops if isinstance(op.op, SetTags) for tag in op.op.remove}
        for group, held in self._groups(self._tags):
            for ref in group.members:
                if set(before.get(ref, ())) - held - taken:
                    yield f"{group.id}: {ref}: tags"

    def links(self) -> Iterator[str]:
        """Yield deals that have lost their contacts, their main one or their company (I5)."""
        unlinked = {op.op.deal_or_card for op in self._plan.ops if isinstance(op.op, UnlinkCards)}
        deals = {ref for ref in self._plan.touched | unlinked if ref.entity == "deal"}
        table = self._account.frame("links").filter(pl.col("to_entity") == "deal")
        own = table.filter(pl.col("to_id").is_in([ref.id for ref in deals]))
        before: dict[str, Counter[str]] = {}
        for entity, deal, is_main in own.select("from_entity", "to_id", "is_main").iter_rows():
            before.setdefault(deal, Counter()).update([entity, *(["main"] if is_main else [])])
        for deal, had in sorted(before.items()):
            now = Counter(self._linked(int(deal)))
            lost = [each for each in had if not now[each]]
            if lost or now["main"] > 1:
                yield f"deal {deal}: links"

    def tasks(self) -> Iterator[str]:
        """Yield tasks that hang on nobody of their group any more (I6)."""
        for op in self._plan.ops:
            for ref in op.op.touches:
                if ref.entity == "task" and not self._has_owner(ref):
                    yield f"{op.id}: {ref}"

    def _has_owner(self, ref: Ref) -> bool:
        task = self._state.get("tasks", int(ref.id))
        owner = None if task is None else (task.get("entity_type"), task.get("entity_id"))
        return owner in {(KINDS[each.entity], int(each.id)) for each in self._plan.touched}

    def _groups(self, told: Callable[[Ref], set[str]]) -> Iterator[tuple[Group, set[str]]]:
        """Yield groups with what their members hold; a marked card does not count (I8)."""
        marks = {group.id: set(group.losers) for group in self._plan.groups}
        for group in self._plan.groups:
            marked = {ref for ref in marks[group.id] if self._is_marked(group, ref)}
            holders = [told(ref) for ref in group.members if ref not in marked]
            yield group, set().union(*holders)

    def _is_marked(self, group: Group, ref: Ref) -> bool:
        added = {
            tag
            for op in self._plan.by_group[group.id]
            if isinstance(op.op, SetTags) and op.op.record == ref
            for tag in op.op.add
        }
        return bool(added & self._tags(ref))

    def _rows(self, table: str, *columns: str) -> dict[Ref, list[str]]:
        ids = sorted({ref.id for group in self._plan.groups for ref in group.members})
        frame = self._account.frame(table).filter(pl.col("record_id").is_in(ids))
        out: dict[Ref, list[str]] = {}
        for entity, id_, value in frame.select(columns).iter_rows():
            if value is not None:
                out.setdefault(Ref(entity, id_), []).append(value)
        return out

    def _record(self, ref: Ref) -> dict[str, Any]:
        return self._state.get(KINDS[ref.entity], int(ref.id)) or {}

    def _spellings(self, ref: Ref) -> set[str]:
        values = [
            value.get("value")
            for field in self._record(ref).get("custom_fields_values") or ()
            for value in field.get("values") or ()
        ]
        return {spelling(str(value)) for value in values if value is not None}

    def _tags(self, ref: Ref) -> set[str]:
        embedded = self._record(ref).get("_embedded") or {}
        return {str(tag.get("name")) for tag in embedded.get("tags") or ()}

    def _linked(self, deal: int) -> Iterator[str]:
        entities = {kind: entity for entity, kind in KINDS.items()}
        for link in self._state.links_of("leads", deal):
            yield entities.get(link.to_entity, "")
            if link.is_main:
                yield "main"


def _notes(copy: Sandbox) -> dict[Ref, str]:
    """Return the texts of the notes that the run has left, by card."""
    entities = {kind: entity for entity, kind in KINDS.items()}
    out: dict[Ref, str] = {}
    for happened in copy.log:
        note = happened.effect.after
        if happened.effect.entity == "notes" and happened.effect.kind == "add" and note:
            ref = Ref(entities.get(str(note.get("entity_type")), ""), str(note.get("entity_id")))
            out[ref] = out.get(ref, "") + "\n" + str((note.get("params") or {}).get("text") or "")
    return out


def _replaced(plan: Plan) -> dict[Ref, set[str]]:
    """Return, by card, the values that the plan says to replace or remove."""
    out: dict[Ref, set[str]] = {}
    for op in plan.ops:
        if isinstance(op.op, PatchCard):
            for change in op.op.changes:
                if isinstance(change, ValuesChange):
                    own = out.setdefault(op.op.record, set())
                    own |= {spelling(item.raw) for item in change.old}
    return out


def _strange(plan: Plan, copy: Sandbox) -> list[str]:
    """Name effects on records that the plan does not touch, and notes that were changed."""
    touched = {(KINDS.get(ref.entity, ""), int(ref.id)) for ref in plan.touched}
    odd: Counter[str] = Counter()
    for happened in copy.log:
        effect = happened.effect
        if effect.entity in KINDS.values() and effect.kind != "add":
            if (effect.entity, effect.id) not in touched:
                odd[f"{effect.entity} {effect.id}: {effect.kind}"] += 1
        elif effect.entity == "notes" and effect.kind != "add" and not _is_ours(effect.before):
            odd[f"notes {effect.id}: {effect.kind}"] += 1
    return sorted(odd)


def _is_ours(note: Mapping[str, Any] | None) -> bool:
    return "⟦cc:" in json.dumps(note, ensure_ascii=False, default=str)

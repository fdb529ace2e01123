"""What a duplicate would take with it: all that it holds now and its survivor does not.

A plan copies what stood on the cards when they were scanned. Until a person deletes a duplicate by
its mark, people go on working: a number written on it, a deal or a task hung on it after the scan
would go with it. So before anything is detached or marked, the cards are compared as they are now.
A single value is safe where the survivor has it, or where the group's own note tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from dedupe.normalize import name_status
from dedupe.plan.canonical import plain_text
from dedupe.plan.field_text import field_parts, shown_text
from dedupe.plan.ops import AddNote, FieldChange, PatchCard, Ref, SetTags
from dedupe.plan.plan import Group, PlanOp
from dedupe.plan.sink import Card, Cards
from dedupe.plan.values_change import applied, spelling

_NAMES = ("name", "first_name", "last_name")
_NOT_HELD = ("owner_id",)  # who is responsible is no value of the card; the note tells it by name
_TASK = "closest_task_at"
_LONG = 4_000  # characters; a longer value may be told in two notes


def left_behind(group: Group, ops: Sequence[PlanOp], cards: Cards) -> list[str]:
    """Name what the losers hold that nobody would have without them: card and field, no values."""
    survivor = cards.get(group.survivor) if group.survivor is not None else None
    if survivor is None:
        return []
    told = "\n".join(each.op.text for each in ops if isinstance(each.op, AddNote))
    out = []
    for ref in group.losers:
        loser = cards.get(ref)
        if loser is not None:
            own = _made_by_us(ref, ops)
            out += [f"{ref}: {name}" for name in _missing(loser, survivor, own, told)]
    return out


def unplanned(group: Group, ops: Sequence[PlanOp], cards: Cards) -> list[str]:
    """Name what would be left behind if the plan were carried out on the cards as they are now.

    Looked at before the first write: a card that was written on since the plan is left alone.
    Tasks and links are their own operations' to look at.
    """
    held = {ref: _bare(card) for ref in group.members if (card := cards.get(ref)) is not None}
    survivor = held.get(group.survivor) if group.survivor is not None else None
    if survivor is None:
        return []
    return left_behind(group, ops, {**held, survivor.ref: _carried_out(survivor, ops)})


def _bare(card: Card) -> Card:
    return replace(card, links={}, fields={n: v for n, v in card.fields.items() if n != _TASK})


def _carried_out(card: Card, ops: Sequence[PlanOp]) -> Card:
    """Return the card as the group's own operations would leave it."""
    fields, values, tags = dict(card.fields), dict(card.values), card.tags
    for each in ops:
        if isinstance(each.op, SetTags) and each.op.record == card.ref:
            tags |= set(each.op.add)
        elif isinstance(each.op, PatchCard) and each.op.record == card.ref:
            for change in each.op.changes:
                if isinstance(change, FieldChange):
                    fields[change.field] = change.after
                else:
                    values[change.field] = applied(values.get(change.field, ()), change)
    return replace(card, fields=fields, values=values, tags=tags)


def _made_by_us(ref: Ref, ops: Sequence[PlanOp]) -> frozenset[str]:
    """Return the tags and fields that the group itself sets on a loser: its marks."""
    own: set[str] = set()
    for each in ops:
        if isinstance(each.op, SetTags) and each.op.record == ref:
            own |= set(each.op.add)
        elif isinstance(each.op, PatchCard) and each.op.record == ref:
            own |= {change.field for change in each.op.changes if isinstance(change, FieldChange)}
    return frozenset(own)


def _missing(loser: Card, survivor: Card, own: Collection[str], told: str) -> Iterator[str]:
    for name, items in loser.values.items():
        held = {spelling(item.raw) for item in survivor.values.get(name, ())}
        if any(spelling(item.raw) not in held for item in items):
            yield name
    if loser.fields.get(_TASK):
        yield "task"
    for name, value in loser.fields.items():
        is_own = name in (_TASK, *_NOT_HELD, *own)
        if value and not is_own and not _is_kept(name, value, survivor.fields, told):
            yield name
    if loser.tags - survivor.tags - set(own):
        yield "tags"
    yield from (str(ref) for ref in loser.links if not _is_linked(ref, loser, survivor, told))


def _is_kept(name: str, value: str, held: Mapping[str, str | None], told: str) -> bool:
    now = held.get(name) or ""
    if now.strip() == value.strip() or set(field_parts(value)) <= set(field_parts(now or None)):
        return True
    if len(value) > _LONG or plain_text(shown_text(value)).strip() in told:
        return True
    return name in _NAMES and name_status(value).status == "placeholder"


def _is_linked(ref: Ref, loser: Card, survivor: Card, told: str) -> bool:
    if ref in survivor.links or ref == survivor.ref:
        return True
    # A contact has one company: that of a loser is told in the note.
    return loser.ref.entity == "contact" and ref.entity == "company" and ref.id in told

"""Whether an operation may be sent, looked at on cards as they are now.

An operation is READY, or DONE already (a resumed run, or a colleague was faster), or STALE: what
it was to change is no longer what the plan saw. Only what it touches counts: a card that was
edited elsewhere is no reason to stop.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from dedupe.plan.ops import (
    AddNote,
    Change,
    CreateTask,
    EditNote,
    FieldChange,
    LinkCards,
    MergeNative,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from dedupe.plan.sink import Card, Cards
from dedupe.plan.values_change import applied, narrowed


class Look(Enum):
    """What looking at the cards says of an operation."""

    READY = "ready"
    DONE = "done"
    STALE = "stale"
    GONE = "gone"  # a card that it needs is deleted, or was never there


def look(op: Op, cards: Cards) -> Look:
    """Tell whether `op` may be sent; `cards` has all that it touches."""
    held = [_live(cards, ref) for ref in _needed(op)]
    if any(card is None for card in held):
        return Look.GONE
    match op:
        case PatchCard():
            return _look_at_fields(op, _card(cards, op.record))
        case SetTags():
            tags = _card(cards, op.record).tags
            is_done = tags >= set(op.add) and not tags & set(op.remove)
            return Look.DONE if is_done else Look.READY
        case LinkCards():
            return _look_at_link(op, _card(cards, op.deal_or_card))
        case UnlinkCards():
            links = _card(cards, op.deal_or_card).links
            return Look.READY if op.to in links else Look.DONE
        case MoveTask():
            return _look_at_task(op, _card(cards, op.task))
        case CreateTask():
            return _look_at_deal(_card(cards, op.record))
        case AddNote() | EditNote() | MergeNative():
            return Look.READY


def possible(op: Op, cards: Cards) -> Op:
    """Return `op` without the changes of fields that somebody has changed since."""
    if not isinstance(op, PatchCard):
        return op
    card = cards.get(op.record)
    if card is None:
        return op
    kept = tuple(
        change
        for change in op.changes
        if isinstance(change, ValuesChange)
        or card.fields.get(change.field) in (change.before, change.after)
    )
    return replace(op, changes=kept)


def effective(op: Op, cards: Cards) -> Op:
    """Return `op` with what it will really change on these cards: its reverse restores them."""
    if isinstance(op, PatchCard):
        card = _card(cards, op.record)
        return replace(op, changes=_narrowed(op.changes, card))
    if isinstance(op, SetTags):
        tags = _card(cards, op.record).tags
        return replace(
            op,
            add=tuple(tag for tag in op.add if tag not in tags),
            remove=tuple(tag for tag in op.remove if tag in tags),
        )
    if isinstance(op, LinkCards):
        links = _card(cards, op.deal_or_card).links
        mains = [ref.id for ref, main in links.items() if main and ref.entity == op.to.entity]
        return replace(
            op, was_linked=op.to in links, was_main=next((m for m in mains if m != op.to.id), None)
        )
    if isinstance(op, UnlinkCards):
        links = _card(cards, op.deal_or_card).links
        mains = [ref.id for ref, main in links.items() if main and ref.entity == op.to.entity]
        return replace(op, was_main=links.get(op.to), main=next(iter(mains), None))
    return op


def _narrowed(changes: tuple[Change, ...], card: Card) -> tuple[Change, ...]:
    """Narrow changes one after another: a later one falls on what an earlier one made."""
    values = dict(card.values)
    out: list[Change] = []
    for change in changes:
        if isinstance(change, ValuesChange):
            items = values.get(change.field, ())
            out.append(narrowed(items, change))
            values[change.field] = applied(items, change)
        else:
            out.append(change)
    return tuple(out)


def _needed(op: Op) -> frozenset[Ref]:
    """Return what must be there. A task's former card may be gone: the task must leave it."""
    return op.touches - {op.before} if isinstance(op, MoveTask) else op.touches


def _live(cards: Cards, ref: Ref) -> Card | None:
    card = cards.get(ref)
    return None if card is None or card.is_deleted else card


def _card(cards: Cards, ref: Ref) -> Card:
    card = cards[ref]
    assert card is not None  # `look` has refused such
    return card


def _look_at_fields(op: PatchCard, card: Card) -> Look:
    values = dict(card.values)
    is_done = True
    for change in op.changes:
        if isinstance(change, FieldChange):
            now = card.fields.get(change.field)
            if now == change.after:
                continue
            if now != change.before:
                return Look.STALE
            is_done = False
        else:
            items = values.get(change.field, ())
            after = applied(items, change)
            if after == items and not _is_made(items, change):
                return Look.STALE
            is_done = is_done and after == items
            values[change.field] = after
    return Look.DONE if is_done else Look.READY


def _is_made(items: tuple[object, ...], change: ValuesChange) -> bool:
    """Tell whether a change that changes nothing was made before, and not made impossible."""
    return not change.old or not change.new or all(item in items for item in change.new)


def _look_at_link(op: LinkCards, card: Card) -> Look:
    if op.to not in card.links:
        return Look.STALE if op.was_linked else Look.READY
    is_main = card.links[op.to]
    return Look.READY if op.is_main and not is_main else Look.DONE


def _look_at_deal(card: Card) -> Look:
    """Look at a deal that is to get a task: it may have been closed, or have got one since."""
    if card.fields.get("state") in ("won", "lost"):
        return Look.STALE
    return Look.DONE if card.fields.get("closest_task_at") else Look.READY


def _look_at_task(op: MoveTask, card: Card) -> Look:
    owner = Ref(card.fields.get("entity") or "", card.fields.get("record_id") or "")
    if owner == op.after:
        return Look.DONE
    return Look.READY if owner == op.before else Look.STALE

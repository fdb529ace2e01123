"""Whether an operation may be sent, looked at on cards as they are now.

An operation is READY, or DONE already (a resumed run, or a colleague was faster), or STALE: what
it was to change is no longer what the plan saw. Only what it touches counts: a card that was
edited elsewhere is no reason to stop.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from dedupe.plan.plan import Group, Phase, PlanOp
from dedupe.plan.sink import Card, Cards
from dedupe.plan.values_change import applied, narrowed


class Look(Enum):
    """What looking at the cards says of an operation."""

    READY = "ready"
    DONE = "done"
    STALE = "stale"
    GONE = "gone"  # a card that it needs is deleted, or was never there


def look(op: Op, cards: Cards, losers: Collection[Ref] = ()) -> Look:
    """Tell whether `op` may be sent; `cards` has all that it touches.

    `losers` are the cards that its group merges into another: their place may be taken.
    """
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
            return _look_at_link(op, _card(cards, op.deal_or_card), losers)
        case UnlinkCards():
            links = _card(cards, op.deal_or_card).links
            return Look.READY if op.to in links else Look.DONE
        case MoveTask():
            return _look_at_task(op, _card(cards, op.task))
        case CreateTask():
            return _look_at_deal(_card(cards, op.record))
        case AddNote() | EditNote() | MergeNative():
            return Look.READY


def has_moved(each: PlanOp, cards: Cards) -> bool:
    """Tell whether a touched field no longer is as the plan saw it, order aside."""
    if not isinstance(each.op, PatchCard):
        return False
    card = cards.get(each.op.record)
    return card is not None and any(
        sorted(_texts(card, name)) != sorted(texts) for name, texts in each.pre.items()
    )


def _texts(card: Card, name: str) -> tuple[str, ...]:
    if name in card.values:
        return tuple(item.raw for item in card.values[name])
    value = card.fields.get(name)
    return () if value is None else (value,)


def is_marked(group: Group, ops: Sequence[PlanOp], cards: Cards) -> bool:
    """Tell whether a card of a merge carries its mark already: another run was here."""
    marks = {
        tag
        for each in ops
        if isinstance(each.op, SetTags) and each.phase is Phase.MARK
        for tag in each.op.add
    }
    held = (cards.get(ref) for ref in group.members)
    return any(card is not None and card.tags & marks for card in held)


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
        card = _card(cards, op.deal_or_card)
        taken = _displaced(op, card)
        held = [ref for ref, main in card.links.items() if main and ref.entity == op.to.entity]
        former = taken or next((ref for ref in held if ref != op.to), None)
        return replace(op, was_linked=op.to in card.links, was_main=former.id if former else None)
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


def _look_at_link(op: LinkCards, card: Card, losers: Collection[Ref]) -> Look:
    if op.to not in card.links:
        taken = _displaced(op, card)
        if taken is not None and taken not in losers and taken.id != op.was_main:
            return Look.STALE  # somebody gave the card another company meanwhile
        return Look.STALE if op.was_linked else Look.READY
    is_main = card.links[op.to]
    return Look.READY if op.is_main and not is_main else Look.DONE


def _displaced(op: LinkCards, card: Card) -> Ref | None:
    """Return the company whose place the new one takes: a card of amoCRM has one at most."""
    if op.to.entity != "company":
        return None
    return next((ref for ref in card.links if ref.entity == "company" and ref != op.to), None)


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

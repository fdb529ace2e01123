"""How a change of a multi-value field falls on the list that stands on a card now.

`applied` is the law of all writes to numbers and addresses:

* nothing but what the change names as `old` disappears;
* twice is once;
* what was taken out and put in (`narrowed`) can be put back: to the very list where nobody else
  wrote meanwhile, and beside what others added where somebody did.

Two spellings say the same (`spelling`) where they differ in nothing that carries meaning: the
signs between digits, the Russian 8 for +7, the case of an address. A value with a word or an
extension in it is equal to itself alone. Doubt means "different": one value more is no loss.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import eq

from .ops import Item, ValuesChange

Same = Callable[[Item, Item], bool]
_NUMBER = re.compile(r"\+?[\d\s().\u00a0\u2010-\u2015-]+")
_DIGITS_MIN = 5
_RU_DIGITS = 11


def applied(items: Sequence[Item], change: ValuesChange) -> tuple[Item, ...]:
    """Return the list that `change` makes of `items`."""
    return _result(items, change)[0]


def narrowed(items: Sequence[Item], change: ValuesChange) -> ValuesChange:
    """Return what `change` really does to `items`, with places: its reverse restores them."""
    after, gone, come = _result(items, change)
    return replace(
        change,
        old=tuple(items[at] for at in gone),
        new=tuple(after[at] for at in come),
        old_at=tuple(gone),
        new_at=tuple(come),
    )


def spelling(raw: str) -> str:
    """Return the key of a value: equal keys are one value, spelt in two ways.

    >>> spelling("8 (916) 123-45-67") == spelling("+79161234567")
    True
    >>> spelling("8 916 123-45-67 доб. 2") == spelling("+79161234567")
    False
    """
    text = raw.strip()
    if "@" in text:
        return text.casefold()
    digits = re.sub(r"\D", "", text) if _NUMBER.fullmatch(text) else ""
    if len(digits) < _DIGITS_MIN:
        return text
    if len(digits) == _RU_DIGITS and digits[0] == "8" and not text.startswith("+"):
        return "7" + digits[1:]
    return digits


def is_same(item: Item, other: Item) -> bool:
    """Tell whether two items are one: the same text, and no two labels."""
    return item.raw == other.raw and (
        item.label == other.label or item.label is None or other.label is None
    )


def _result(
    items: Sequence[Item], change: ValuesChange
) -> tuple[tuple[Item, ...], list[int], list[int]]:
    """Return the list after, the places in `items` of what went, the places after of what came."""
    gone = _gone(items, change)
    if gone is None:
        return tuple(items), [], []
    rest = [item for at, item in enumerate(items) if at not in gone]
    wanted = _absent(rest, change)
    if Counter(items[at] for at in gone) == Counter(wanted):
        return tuple(items), [], []  # the order of a card's values is no fault
    after, places = _inserted(rest, wanted, change, min(gone, default=len(items)))
    return tuple(after), sorted(gone), places


def _gone(items: Sequence[Item], change: ValuesChange) -> set[int] | None:
    """Return the places of what goes; None where the change does not apply to this list."""
    if not change.old:
        return set()
    same = eq if change.is_restoring else is_same
    gone = {at for at, item in enumerate(items) if any(same(item, o) for o in change.old)}
    if not change.new:
        return gone
    if _is_done(items, change, same) or not _holds(items, change.old, same):
        return None
    return gone


def _is_done(items: Sequence[Item], change: ValuesChange, same: Same) -> bool:
    """Tell whether a replacement has been made: all of `new` there, none of the rest of `old`."""
    rest = Counter(change.old) - Counter(change.new)
    return _holds(items, change.new, same) and not any(same(i, o) for i in items for o in rest)


def _holds(items: Sequence[Item], wanted: Sequence[Item], same: Same) -> bool:
    """Tell whether every wanted item is there, as often as it is wanted."""
    return not _missing(items, wanted, same)


def _missing(items: Sequence[Item], wanted: Sequence[Item], same: Same) -> list[Item]:
    """Return the wanted items that are not there, or not as often."""
    left, missing = list(items), []
    for item in wanted:
        at = next((at for at, other in enumerate(left) if same(item, other)), None)
        if at is None:
            missing.append(item)
        else:
            del left[at]
    return missing


def _absent(rest: Sequence[Item], change: ValuesChange) -> list[Item]:
    """Return those of `new` that `rest` does not hold yet."""
    if change.is_restoring:
        return _missing(rest, change.new, eq)
    held = {spelling(item.raw) for item in rest}
    absent = []
    for item in change.new:
        if spelling(item.raw) not in held:
            held.add(spelling(item.raw))
            absent.append(item)
    return absent


def _inserted(
    rest: list[Item], wanted: list[Item], change: ValuesChange, first: int
) -> tuple[list[Item], list[int]]:
    """Put `wanted` into `rest`: at their own places where these are known, else at `first`."""
    if len(change.new_at) == len(change.new) == len(wanted):
        places = list(change.new_at)
    else:
        start = min(first, len(rest)) if change.old else len(rest)
        places = list(range(start, start + len(wanted)))
    after = list(rest)
    settled = []
    for place, item in sorted(zip(places, wanted, strict=True), key=lambda pair: pair[0]):
        at = min(place, len(after))
        after.insert(at, item)
        settled.append(at)
    return after, settled

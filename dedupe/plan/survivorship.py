"""Which card of a merge stays, and where each of its golden values comes from.

The cards are ranked by rules of the config, the smallest id last; the first one survives. A value
of a list (numbers, addresses, tags, choices of a multi-select) is joined with the others'. A single
value stays the survivor's; an empty one is filled from the first card that has it; a field may
have a rule of its own; a consent takes the stricter value. What loses is told, so that nothing
goes without a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedupe.config.planning import Survivorship
from dedupe.decisions.values import Golden as ToldValue
from dedupe.normalize import name_status

from .canonical import canonical_text
from .cards import Card, Fields, id_key
from .field_text import field_parts, field_text, shown_text

_YES = frozenset({"true", "1", "да", "yes", "y", "+"})
_NO = frozenset({"false", "0", "нет", "no", "n", "-"})
# Written as they are read; others (files, payers, linked records) are told in the note alone.
WRITABLE = frozenset(
    {
        "",
        "text",
        "numeric",
        "checkbox",
        "select",
        "multiselect",
        "date",
        "url",
        "textarea",
        "radiobutton",
        "streetaddress",
        "smart_address",
        "birthday",
        "date_time",
        "legal_entity",
        "price",
        "monetary",
        "tracking_data",
    }
)
_NAMES = ("name", "first_name", "last_name")
REVIEWER = "reviewer"  # the rule of what a person chose


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A single value that the golden record does not take over from the card `from_id`."""

    field: str
    value: str
    from_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The golden value of one single-value field, the rule that chose it, and what lost."""

    field: str
    value: str | None
    rule: str
    from_ids: tuple[str, ...]
    lost: tuple[Lost, ...] = ()


def ranked(cards: Sequence[Card], rules: Survivorship, active: Collection[str]) -> list[Card]:
    """Return the cards, the survivor first; `active` are the ids of users who may still work."""
    keys = _rank_keys(active)

    def key(card: Card) -> tuple[object, ...]:
        return (*(keys[rule](card) for rule in rules.survivor), id_key(card.ref.id))

    return sorted(cards, key=key)


def deciding_rule(cards: Sequence[Card], rules: Survivorship, active: Collection[str]) -> str:
    """Return the rule that sets the survivor apart from the runner-up; `cards` are ranked."""
    keys = _rank_keys(active)
    first, second = cards[:2]
    told = (rule for rule in rules.survivor if keys[rule](first) != keys[rule](second))
    return next(told, "smallest_id")


def _rank_keys(active: Collection[str]) -> dict[str, Callable[[Card], float]]:
    """Return what sorts cards by each rule, the best first."""
    return {
        "most_won_deals": lambda card: -card.n_won,
        "most_deals": lambda card: -len(card.deals),
        "active_owner": lambda card: card.owner_id not in active,
        "most_complete": lambda card: -card.n_filled,
        "oldest": lambda card: _seconds(card.created_at),
        "newest": lambda card: _seconds(card.created_at, sign=-1),
    }


def _seconds(moment: datetime | None, sign: int = 1) -> float:
    """Return the moment as a number to sort by; an unknown one comes last."""
    return math.inf if moment is None else sign * moment.timestamp()


def chosen_values(cards: Sequence[Card], fields: Fields, rules: Survivorship) -> list[Chosen]:
    """Return the golden values of all single-value fields; `cards` has the survivor first."""
    entity = cards[0].ref.entity
    names = sorted({name for card in cards for name in card.fields}, key=id_key)
    return [
        *_chosen_names(cards),
        _kept("owner_id", cards),
        *(_chosen(name, cards, fields, _rule(name, entity, fields, rules)) for name in names),
    ]


def with_told(
    chosen: Sequence[Chosen], told: Mapping[str, ToldValue], cards: Sequence[Card], fields: Fields
) -> list[Chosen]:
    """Return the golden values with those that a reviewer told, where the CRM lets them be written.

    A value that is to come from a card that is gone stays what the rules chose.
    """
    if not told:
        return list(chosen)
    by_id = {card.ref.id: card for card in cards}
    kept = {each.field: each for each in chosen}
    for name in kept:
        golden = told.get(name) or _with_the_name(name, told, by_id)
        if golden is None or not is_writable(name, cards[0].ref.entity, fields):
            continue
        if golden.text is not None:
            kept[name] = _made(name, golden.text.strip() or None, REVIEWER, [], cards)
        elif golden.from_id in by_id:
            giver = by_id[golden.from_id]
            kept[name] = _made(name, giver.single(name), REVIEWER, [giver], cards)
    return list(kept.values())


def is_writable(name: str, entity: str, fields: Fields) -> bool:
    """Tell whether a single value of this field can be written to a card."""
    if name in (*_NAMES, "owner_id"):
        return True
    own = fields.get(entity, name)
    return own.type in WRITABLE and not own.is_computed


def _with_the_name(
    name: str, told: Mapping[str, ToldValue], by_id: Mapping[str, Card]
) -> ToldValue | None:
    """Return whence the parts of a name come when the whole is another card's."""
    whole = told.get("name")
    if name not in _NAMES or whole is None or whole.text is not None:
        return None
    giver = by_id.get(whole.from_id)
    return whole if giver is not None and (giver.first_name or giver.last_name) else None


def _rule(name: str, entity: str, fields: Fields, rules: Survivorship) -> str:
    own = fields.get(entity, name)
    labels = {name, own.name.strip().casefold()}

    def is_named(told: str) -> bool:
        return told in labels or told.strip().casefold() in labels

    if any(is_named(told) for told in rules.consent):
        return "all_yes"
    if any(is_named(told) for told in rules.refusal):
        return "any_yes"
    named = next((rule for told, rule in rules.fields.items() if is_named(told)), None)
    if named is not None:
        return named
    return "union" if own.type == "multiselect" else "keep"


def _chosen(name: str, cards: Sequence[Card], fields: Fields, rule: str) -> Chosen:
    if not is_writable(name, cards[0].ref.entity, fields):
        return _kept(name, cards, fill=False)
    if rule in ("any_yes", "all_yes"):
        return _stricter(name, cards, rule)
    if rule == "union":
        return _joined(name, cards)
    if rule == "keep":
        return _kept(name, cards)
    held = [card for card in cards if card.single(name) is not None]
    best = min(held, key=lambda card: _preference(card, name, rule))
    return _made(name, best.single(name), rule, [best], cards)


def _preference(card: Card, name: str, rule: str) -> float:
    if rule == "newest":
        return _seconds(card.updated_at, sign=-1)
    if rule == "oldest":
        return _seconds(card.created_at)
    return -len(shown_text(card.single(name)))  # longest


def _kept(name: str, cards: Sequence[Card], *, fill: bool = True) -> Chosen:
    """Keep the survivor's value; fill an empty one from the first card that has it."""
    survivor = cards[0]
    if survivor.single(name) is not None or not fill:
        return _made(name, survivor.single(name), "keep", [survivor], cards)
    giver = next((card for card in cards if card.single(name) is not None), survivor)
    return _made(name, giver.single(name), "fill_blank", [giver], cards)


def _joined(name: str, cards: Sequence[Card]) -> Chosen:
    parts = [part for card in cards for part in field_parts(card.single(name))]
    givers = [card for card in cards if card.single(name) is not None]
    ordered = sorted(dict.fromkeys(parts), key=lambda part: (part[1] or "", part[0] or ""))
    value = field_text(ordered)
    return Chosen(
        field=name, value=value, rule="union", from_ids=tuple(card.ref.id for card in givers)
    )


def _stricter(name: str, cards: Sequence[Card], rule: str) -> Chosen:
    """Choose the yes of a refusal if any card has it, the no of a consent likewise.

    An empty consent is not filled with a yes: that a card does not say is no permission.
    """
    decisive = _YES if rule == "any_yes" else _NO
    strict = next((card for card in cards if _word(card.single(name)) in decisive), None)
    if strict is not None:
        if _word(cards[0].single(name)) in decisive:
            strict = cards[0]
        return _made(name, strict.single(name), rule, [strict], cards)
    is_permission = rule == "all_yes"
    return _kept(name, cards, fill=not is_permission)


def _word(text: str | None) -> str:
    return shown_text(text).strip().casefold()


def _chosen_names(cards: Sequence[Card]) -> list[Chosen]:
    """Keep the survivor's name unless it is no name; the parts go with the whole."""
    survivor = cards[0]
    is_company = survivor.ref.entity == "company"
    giver = survivor
    if name_status(survivor.name, is_company=is_company).status != "ok":
        usable = (c for c in cards if name_status(c.name, is_company=is_company).status == "ok")
        giver = next(usable, survivor)
    rule = "keep" if giver is survivor else "usable_name"
    names = ("name",) if is_company else _NAMES
    return [
        _made(name, _part_of_name(name, giver, survivor), rule, [giver], cards) for name in names
    ]


def _part_of_name(name: str, giver: Card, survivor: Card) -> str | None:
    # A first name of one card beside a last name of another would be nobody's.
    if name == "name" or giver.first_name or giver.last_name:
        return giver.single(name)
    return survivor.single(name)


def _made(
    name: str, value: str | None, rule: str, givers: Sequence[Card], cards: Sequence[Card]
) -> Chosen:
    lost = [
        Lost(field=name, value=text, from_id=card.ref.id)
        for card in cards
        if (text := card.single(name)) is not None
        and not _is_equal(text, value)
        and not (name in _NAMES and name_status(text).status == "placeholder")
    ]
    given = [card.ref.id for card in givers if value is not None]
    return Chosen(field=name, value=value, rule=rule, from_ids=tuple(given), lost=tuple(lost))


def _is_equal(one: str, other: str | None) -> bool:
    return other is not None and one.strip() == other.strip()


def rules_text(rules: Survivorship) -> str:
    """Return the rules as one text, for their hash."""
    return canonical_text(
        {
            "survivor": list(rules.survivor),
            "fields": dict(rules.fields),
            "consent": list(rules.consent),
            "refusal": list(rules.refusal),
        }
    )

"""One group as a table: a row a field, a column a card, the golden card first.

Everything is shown as the account has it; a row whose cards disagree is marked, and so is each
cell that is not what the golden card will say. The golden card is made by the plan's own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dedupe.decisions.values import Golden
from dedupe.language import N_, count, date_time, decimal, tr
from dedupe.plan.cards import Card
from dedupe.plan.field_text import field_parts, shown_text
from dedupe.plan.survivorship import Chosen, chosen_values, is_writable, ranked, with_told
from dedupe.plan.values_change import spelling

from .deck import Deck
from .shelf import Loaded

_OWN = {"name": N_("Name"), "first_name": N_("First name"), "last_name": N_("Last name"),
        "owner_id": N_("Person in charge")}  # fmt: skip
_MULTI = {"PHONE": N_("Phones"), "EMAIL": N_("E-mails"), "IM": N_("Messengers")}
_PICTURES = {
    "contact": "/contacts/detail/{id}",
    "company": "/companies/detail/{id}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one card says in one row. `mark`: same, other, none or "" where nothing is compared."""

    card: str
    lines: tuple[str, ...]
    mark: str = ""
    is_pick: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field. `key` is the field's id where its golden value can be chosen.

    `golden` are the lines of the golden card; `text` is what its input holds where it can be typed,
    `was` what it would hold by the rules alone.
    """

    label: str
    cells: tuple[Cell, ...]
    golden: tuple[str, ...] = ()
    key: str = ""
    text: str = ""
    was: str = ""
    is_typed: bool = False
    is_info: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One card's head: its number on the keyboard, its id, and where the CRM shows it."""

    id: str
    number: int
    url: str = ""
    is_survivor: bool = False
    is_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A group as it is shown; `chosen` are the golden values by the rules alone."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    survivor: str
    chosen: Mapping[str, Chosen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the reviewer has chosen so far: the survivor, dropped cards, golden values."""

    survivor: str = ""
    dropped: frozenset[str] = frozenset()
    values: Mapping[str, Golden] = field(default_factory=dict)


def build_table(deck: Deck, g: int, ids: Sequence[str], asked: Asked | None = None) -> Table:
    """Return the table of the cards `ids` of group `g`; cards that are gone are left out."""
    asked = asked or Asked()
    loaded = deck.load(g, ids)
    cards = [loaded.cards[id_] for id_ in ids if id_ in loaded.cards]
    if not cards:
        return Table(columns=(), rows=(), survivor="")
    order = golden_order(deck, cards, asked)
    rules = chosen_values(order, deck.shelf.fields, deck.about.rules)
    chosen = with_told(rules, asked.values, order, deck.shelf.fields)
    by_rule = {each.field: each for each in rules}
    survivor = order[0].ref.id
    return Table(
        columns=tuple(_columns(deck, cards, survivor, asked)),
        rows=tuple(_Rows(deck, loaded, cards, order, chosen, by_rule).rows()),
        survivor=survivor,
        chosen=by_rule,
    )


def golden_order(deck: Deck, cards: Sequence[Card], asked: Asked) -> list[Card]:
    """Return the cards that stay in, the survivor first."""
    active = frozenset(id_ for id_, user in deck.shelf.users.items() if user.is_active is not False)
    kept = [card for card in cards if card.ref.id not in asked.dropped] or list(cards)
    order = ranked(kept, deck.about.rules, active)
    return sorted(order, key=lambda card: card.ref.id != asked.survivor)


def _columns(deck: Deck, cards: Sequence[Card], survivor: str, asked: Asked) -> Iterator[Column]:
    for number, card in enumerate(cards, 1):
        yield Column(
            id=card.ref.id,
            number=number,
            url=card_url(deck, card.ref.entity, card.ref.id),
            is_survivor=card.ref.id == survivor,
            is_in=card.ref.id not in asked.dropped,
        )


def card_url(deck: Deck, entity: str, id_: str) -> str:
    """Return where the CRM shows a card; "" where that is not known for sure."""
    host, path = deck.about.host, _PICTURES.get(entity)
    if deck.about.crm != "amocrm" or path is None or not host or not id_.isdecimal():
        return ""
    safe = all(sign.isalnum() or sign in ".-:" for sign in host)
    return f"https://{host}{path.format(id=id_)}" if safe else ""


@dataclass(slots=True)
class _Rows:
    """Makes the rows of one group."""

    deck: Deck
    loaded: Loaded
    cards: Sequence[Card]
    order: Sequence[Card]
    chosen: Sequence[Chosen]
    by_rule: Mapping[str, Chosen]

    def rows(self) -> Iterator[Row]:
        by_field = {each.field: each for each in self.chosen}
        for name in ("name", "first_name", "last_name"):
            if name in by_field and any(card.single(name) for card in self.cards):
                yield self._single(by_field.pop(name))
            by_field.pop(name, None)
        yield from self._multi()
        yield self._info(N_("Companies and people"), self._others)
        yield self._single(by_field.pop("owner_id"))
        yield self._info(N_("Created"), lambda card: _moment(card.created_at))
        yield self._info(N_("Changed"), lambda card: _moment(card.updated_at))
        yield self._info(N_("Deals"), self._deals)
        yield self._info(N_("Open tasks"), lambda card: [count(len(card.tasks))])
        yield self._tags()
        for each in by_field.values():
            yield self._single(each)

    def _single(self, chosen: Chosen) -> Row:
        name, entity = chosen.field, self.cards[0].ref.entity
        golden = self._shown(name, chosen.value)
        cells = tuple(
            Cell(
                card=card.ref.id,
                lines=tuple(self._lines(name, card.single(name))),
                mark=_mark(self._shown(name, card.single(name)), golden),
                is_pick=card.ref.id in chosen.from_ids,
            )
            for card in self.cards
        )
        is_open = is_writable(name, entity, self.deck.shelf.fields) and chosen.rule != "union"
        return Row(
            label=self._label(name),
            cells=cells,
            golden=tuple(self._lines(name, chosen.value)),
            key=name if is_open else "",
            text=golden,
            was=self._shown(name, self.by_rule[name].value),
            is_typed=is_open and self._is_text(name),
            differs=_differ(self._shown(name, card.single(name)) for card in self.cards),
        )

    def _multi(self) -> Iterator[Row]:
        told = {name for card in self.cards for name in card.items}
        places = {name: at for at, name in enumerate(_MULTI)}
        names = sorted(told | {"PHONE", "EMAIL"}, key=lambda one: (places.get(one, 9), one))
        for name in names:
            held = [[item.raw for item in card.items.get(name, ())] for card in self.order]
            own = [[item.raw for item in card.items.get(name, ())] for card in self.cards]
            yield self._lists(self._label(name), own, held)

    def _tags(self) -> Row:
        held = [list(card.tags) for card in self.order]
        return self._lists(tr("Tags"), [list(card.tags) for card in self.cards], held)

    def _lists(self, label: str, told: list[list[str]], held: list[list[str]]) -> Row:
        keys = [{spelling(one) for one in own} for own in told]
        golden: dict[str, str] = {}
        for own in held:
            for one in own:
                golden.setdefault(spelling(one), one)
        cells = tuple(
            Cell(
                card=card.ref.id,
                lines=tuple(own),
                mark="none" if not own else "same" if key == set(golden) else "other",
            )
            for card, own, key in zip(self.cards, told, keys, strict=True)
        )
        differs = len({frozenset(key) for key in keys if key}) > 1
        return Row(label=label, cells=cells, golden=tuple(golden.values()), differs=differs)

    def _info(self, label: str, lines: Callable[[Card], Sequence[str]]) -> Row:
        cells = tuple(Cell(card=c.ref.id, lines=tuple(lines(c))) for c in self.cards)
        return Row(label=tr(label), cells=cells, is_info=True)

    def _others(self, card: Card) -> list[str]:
        return [self.loaded.names.get(ref, ref.id) for ref in card.others]

    def _deals(self, card: Card) -> list[str]:
        held, currency = self.loaded.holdings[card.ref.id], self.deck.about.currency
        if not card.deals:
            return []
        return [
            tr("open {n}: {money}", n=count(held.n_open), money=money(held.open_sum, currency)),
            tr("won {n}: {money}", n=count(held.n_won), money=money(held.won_sum, currency)),
        ]

    def _label(self, name: str) -> str:
        if name in _OWN:
            return tr(_OWN[name])
        own = self.deck.shelf.fields.get(self.cards[0].ref.entity, name).name
        return tr(_MULTI[name]) if own == name and name in _MULTI else own

    def _is_text(self, name: str) -> bool:
        """Tell whether the field takes any text: choices and people can only be taken over."""
        if name == "owner_id":
            return False
        kind = self.deck.shelf.fields.get(self.cards[0].ref.entity, name).type
        held = [card.single(name) for card in self.cards]
        is_plain = all(enum is None for text in held for _, enum in field_parts(text))
        return is_plain and kind in ("", "text", "textarea", "streetaddress", "numeric", "url")

    def _shown(self, name: str, value: str | None) -> str:
        if name == "owner_id" and value is not None:
            user = self.deck.shelf.users.get(value)
            return user.name if user else value
        return shown_text(value)

    def _lines(self, name: str, value: str | None) -> list[str]:
        shown = self._shown(name, value)
        if name == "owner_id" and value is not None:
            user = self.deck.shelf.users.get(value)
            if user is not None and user.is_active is False:
                return [tr("{name} (no access)", name=shown)]
        return [shown] if shown else []


def money(amount: float, currency: str) -> str:
    """Write a sum with its currency, without kopecks where there are none."""
    digits = 0 if amount == round(amount) else 2
    return f"{decimal(amount, digits)}\u00a0{currency}".strip()


def _moment(at: datetime | None) -> list[str]:
    return [] if at is None else [date_time(at)]


def _mark(shown: str, golden: str) -> str:
    if not shown:
        return "none"
    return "same" if shown.strip() == golden.strip() else "other"


def _differ(shown: Iterable[str]) -> bool:
    return len({one.strip() for one in shown} - {""}) > 1

"""Phone values of the cards of one entity, with every fault in the planned number.

A card has one role (no phone, unreadable, shared, doubled, repeated, switchboard,
own number, or plain), so each count is exact by construction: numbers are drawn
once and only a role that plants a fault uses one twice. A shared number may sit in
a doubled value or in another field; those cards are counted there as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from .numbers import Ints, Kind, Numbers, draw_numbers
from .phone_text import LABELLED, PLAIN, SAME, TAIL, write_values
from .sizes import CardCounts, group_sizes, switchboard_sizes

PHONE, EXTRA = "PHONE", "700311"  # the CRM's own field, and a text field of the account's own
EXTRA_NAME = "Доп. телефон"
_LABELS = ("MOB", "WORK", "HOME", "OTHER", "WORKDD", "FAX")
_LABEL_SHARES = (0.6, 0.25, 0.05, 0.05, 0.04, 0.01)


@dataclass(slots=True)
class Plan:
    """Values being planned for one entity: cards, the ids of their numbers, their templates."""

    rng: np.random.Generator
    n_numbers: int = 0
    kinds: list[Ints] = field(default_factory=list)
    blocks: list[pl.DataFrame] = field(default_factory=list)
    mobile_share: float = 0.88

    def new(self, n: int, kind: Kind | None = None) -> Ints:
        """Return the ids of `n` numbers nobody has yet, of one kind or of the usual mix."""
        ids = np.arange(self.n_numbers, self.n_numbers + n)
        self.n_numbers += n
        rest = 1 - self.mobile_share
        mix = [self.mobile_share, 0.75 * rest, 0.05 * rest, 0.2 * rest]
        drawn = self.rng.choice(4, n, p=mix)
        self.kinds.append(drawn if kind is None else np.full(n, int(kind)))
        return ids

    def add(
        self,
        cards: Ints,
        number: Ints,
        *,
        second: Ints | None = None,
        template: Ints | None = None,
        field_id: str = PHONE,
    ) -> None:
        """Put `number` (and `second`, in one value) on `cards`."""
        none = np.full(len(cards), -1)
        self._append(cards, number, none if second is None else second, template, field_id, None)

    def add_text(self, cards: Ints, texts: list[str]) -> None:
        """Put a value without a number on `cards`."""
        none = np.full(len(cards), -1)
        self._append(cards, none, none, None, PHONE, texts)

    def _append(
        self,
        cards: Ints,
        number: Ints,
        second: Ints,
        template: Ints | None,
        field_id: str,
        texts: list[str] | None,
    ) -> None:
        n = len(cards)
        block = pl.DataFrame(
            {
                "card": cards.astype(np.int64),
                "number": number.astype(np.int64),
                "second": second.astype(np.int64),
                "template": (np.zeros(n) if template is None else template).astype(np.int64),
                "field_id": pl.Series([field_id] * n, dtype=pl.String),
                "text": pl.Series([None] * n if texts is None else texts, dtype=pl.String),
            }
        )
        self.blocks.append(block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """The phone values of one entity, and what later stages need to know of them.

    `values` has card, raw, label, field_id, in the order of the card. `leader[card]` is
    the card it is a duplicate of, or itself. `crowd` are cards of strangers that share
    a switchboard or an own number, number by number. `plain` cards have no fault.
    `first` is one E.164 per card, null without one; `spare` are numbers
    kept for users, the first of them the own number.
    """

    values: pl.DataFrame
    leader: Ints
    crowd: Ints
    plain: Ints
    first: pl.Series
    spare: list[str]
    shared: tuple[int, int]
    off_field: tuple[int, int]
    no_evidence: tuple[int, int]


def build_phones(
    counts: CardCounts, rng: np.random.Generator, *, mobile_share: float, n_spare: int
) -> Phones:
    """Plan and write the phone values of the live cards and of the deleted ones after them."""
    plan = Plan(rng, mobile_share=mobile_share)
    cards = _Deck(rng.permutation(counts.total))
    spare = plan.new(n_spare, Kind.MOBILE)
    leader = np.arange(counts.total + counts.deleted)
    cards.take(counts.no_phone)
    _plant_unreadable(plan, cards.take(counts.bad_phone))
    sizes = group_sizes(counts.shared_phone)
    off_field, n_doubled = _plant_shared(
        plan, cards.take(sum(sizes)), sizes, leader, counts.doubled_phone
    )
    _plant_doubled(plan, cards.take(counts.doubled_phone - n_doubled))
    _plant_repeated(plan, cards.take(counts.repeated_phone))
    boards = switchboard_sizes(counts.switchboard, rng)
    crowd = cards.take(sum(boards) + counts.own_number)
    _plant_crowd(plan, crowd, boards, spare)
    plain = cards.rest()
    first_ids = _plant_plain(plan, plain)
    _plant_deleted(plan, counts, first_ids)
    numbers = draw_numbers(np.concatenate(plan.kinds), rng)
    values = _values(plan, numbers, rng)
    return Phones(
        values=values.select("card", "raw", "label", "field_id"),
        leader=leader,
        crowd=crowd,
        plain=plain,
        first=_first_numbers(values, numbers, len(leader)),
        spare=numbers.e164(spare).to_list(),
        shared=(sum(sizes), len(sizes)),
        off_field=off_field,
        no_evidence=(len(crowd), len(boards) + (counts.own_number > 0)),
    )


class _Deck:
    """Cards in random order, dealt to one role after another."""

    def __init__(self, cards: Ints) -> None:
        self._cards, self._at = cards, 0

    def take(self, n: int) -> Ints:
        dealt = self._cards[self._at : self._at + n]
        if len(dealt) < n:
            raise ValueError(
                f"{n} cards wanted, {len(dealt)} left: the demo's counts do not add up"
            )
        self._at += n
        return dealt

    def rest(self) -> Ints:
        return self.take(len(self._cards) - self._at)


_NO_NUMBER = (
    "нет телефона",
    "спросить",
    "не отвечает",
    "уточнить у секретаря",
    "нет",
    "только почта",
)
# Each stands on one card: on several it would be a shared placeholder.
_PLACEHOLDERS = (
    "+7 999 999-99-99",
    "0000000",
    "+7 (000) 000-00-00",
    "8 888 888-88-88",
    "+7 111 111-11-11",
)


def _plant_unreadable(plan: Plan, cards: Ints) -> None:
    """Give `cards` a value that holds no valid number; every second one has a good one as well."""
    digits = plan.rng.integers(0, 10, (len(cards), 15)).astype(str)
    good = cards[1::2]
    plan.add(good, plan.new(len(good)))
    plan.add_text(cards, [_unreadable(i, "".join(row)) for i, row in enumerate(digits)])


def _unreadable(i: int, digits: str) -> str:
    turn = i // 6
    local = str(210_000 + turn * 7_919 % 580_000)  # each one is on one card, like the rest
    short = _PLACEHOLDERS[turn] if turn < len(_PLACEHOLDERS) else f"8916{digits[:4]}"
    return (
        _NO_NUMBER[turn % len(_NO_NUMBER)],
        f"+7916{digits[:3]}",
        f"89{digits}",
        f"{local[:2]}-{local[2:4]}-{local[4:]}",
        f"+7 (28{3 + int(digits[0]) % 2 * 2}) {digits[1:4]}-{digits[4:6]}-{digits[6:8]}",
        short,
    )[i % 6]


def _plant_shared(
    plan: Plan, cards: Ints, sizes: list[int], leader: Ints, most_doubled: int
) -> tuple[tuple[int, int], int]:
    """Give each group a number in common; return (cards, groups) off the field, and doubled ones.

    Every fifth group shares only through another field, two in five only through the
    second number of a doubled value, and every second large group is a chain.
    """
    size = np.array(sizes, dtype=np.int64)
    group = np.repeat(np.arange(len(size)), size)
    place = np.arange(len(cards)) - np.repeat(np.cumsum(size) - size, size)
    leader[cards] = cards[np.arange(len(cards)) - place]
    turn = np.arange(len(size))[::-1] % 5  # large groups come first: start with the pairs
    way = np.select([turn == 1, turn >= 3], [_OFF_FIELD, _DOUBLED], _ALIKE)
    way = np.where((size > 2) & (np.arange(len(size)) % 2 == 0), _CHAIN, way)
    way[np.flatnonzero(way == _DOUBLED)[most_doubled:]] = _ALIKE
    number = plan.new(len(size), Kind.MOBILE)
    is_last, my_way = place == size[group] - 1, way[group]
    alike = ~(is_last & np.isin(my_way, (_OFF_FIELD, _DOUBLED))) & (my_way != _CHAIN)
    plan.add(cards[alike], number[group[alike]])
    _plant_odd_ones(plan, cards, number[group], is_last, my_way)
    _plant_chains(plan, cards, place, size[group], my_way == _CHAIN)
    off = way == _OFF_FIELD
    return (int(size[off].sum()), int(off.sum())), int((way == _DOUBLED).sum())


_ALIKE, _OFF_FIELD, _DOUBLED, _CHAIN = range(4)


def _plant_odd_ones(plan: Plan, cards: Ints, number: Ints, is_last: Ints, way: Ints) -> None:
    off = is_last & (way == _OFF_FIELD)
    with_own = cards[off][::2]
    plan.add(with_own, plan.new(len(with_own)))
    plan.add(cards[off], number[off], field_id=EXTRA)
    doubled = is_last & (way == _DOUBLED)
    n = int(doubled.sum())
    template = np.arange(n) % TAIL
    plan.add(cards[doubled], plan.new(n, Kind.MOBILE), second=number[doubled], template=template)


def _plant_chains(plan: Plan, cards: Ints, place: Ints, size: Ints, chained: Ints) -> None:
    """Join neighbours of a chained group, first with second and so on, by a number each."""
    joined = np.flatnonzero(chained & (place < size - 1))
    number = plan.new(len(joined))
    plan.add(cards[joined], number)
    plan.add(cards[joined + 1], number)


def _plant_doubled(plan: Plan, cards: Ints) -> None:
    """Give `cards` one value of two numbers, in every way people write that."""
    template = np.arange(len(cards)) % (TAIL + 1)
    for mine, second_kind in (
        (template < LABELLED, Kind.MOBILE),
        (template == LABELLED, Kind.LANDLINE),
    ):
        n = int(mine.sum())
        number, second = plan.new(n, Kind.MOBILE), plan.new(n, second_kind)
        plan.add(cards[mine], number, second=second, template=template[mine])
    tail = template == TAIL
    number = plan.new(int(tail.sum()), Kind.LANDLINE)
    plan.add(cards[tail], number, second=number, template=template[tail])


def _plant_repeated(plan: Plan, cards: Ints) -> None:
    """Give `cards` one number twice: in two values, or (every third) in one, spelt differently."""
    number = plan.new(len(cards), Kind.MOBILE)
    one = np.arange(len(cards)) % 3 == 2
    plan.add(cards, number, second=np.where(one, number, -1), template=np.where(one, SAME, PLAIN))
    plan.add(cards[~one], number[~one])


def _plant_crowd(plan: Plan, cards: Ints, boards: list[int], spare: Ints) -> None:
    """Give strangers a switchboard each, the last ones the own number; some a mobile too."""
    n_board = sum(boards)
    number = plan.new(len(boards), Kind.LANDLINE)
    plan.add(cards[:n_board], np.repeat(number, boards))
    own = cards[n_board:]
    plan.add(own, np.full(len(own), spare[0] if len(spare) else -1))
    plan.add(cards[::3], plan.new(len(cards[::3]), Kind.MOBILE))


def _plant_plain(plan: Plan, cards: Ints) -> Ints:
    """Give `cards` one good number, some two or three; return the ids of the first ones."""
    first = plan.new(len(cards))
    plan.add(cards, first)
    for share in (0.07, 0.01):
        some = cards[plan.rng.random(len(cards)) < share]
        plan.add(some, plan.new(len(some)))
    extra = cards[plan.rng.random(len(cards)) < 0.02]
    plan.add(extra, plan.new(len(extra)), field_id=EXTRA)
    return first


def _plant_deleted(plan: Plan, counts: CardCounts, live: Ints) -> None:
    """Give deleted cards a number; every second one shares a live card's, which must not count."""
    cards = counts.total + np.arange(counts.deleted)
    number = plan.new(len(cards))
    if len(live):
        number[::2] = plan.rng.choice(live, len(number[::2]))
    plan.add(cards, number)


def _values(plan: Plan, numbers: Numbers, rng: np.random.Generator) -> pl.DataFrame:
    frame = pl.concat(plan.blocks)
    rows = np.arange(frame.height)
    number, second = frame["number"].to_numpy(), frame["second"].to_numpy()
    template = frame["template"].to_numpy()
    label = pl.Series(_LABELS).gather(rng.choice(len(_LABELS), len(rows), p=_LABEL_SHARES))
    return frame.with_columns(
        raw=write_values(numbers, number, second, template, rng),
        label=pl.when(pl.col("field_id") == EXTRA).then(pl.lit(EXTRA_NAME)).otherwise(label),
    ).with_columns(raw=pl.coalesce("text", "raw"))


def _first_numbers(values: pl.DataFrame, numbers: Numbers, n_cards: int) -> pl.Series:
    first = values.filter(pl.col("number") >= 0).unique("card", keep="first", maintain_order=True)
    first = first.with_columns(e164=numbers.e164(first["number"].to_numpy()))
    cards = pl.DataFrame({"card": np.arange(n_cards)})
    return cards.join(first, on="card", how="left", maintain_order="left")["e164"]

"""Made-up cards for tests of the match: a dict a card, made into what the match reads.

A card may have `id`, `name`, `first_name`, `last_name`, `middle_name`, `company`, `tax_id`,
`birth_date`, `address`, `city`, `postcode`, `owner` and `deals`; `phone` and `email`, a text or
several, written as the normalisers leave them; and under "x" other fields, compared as they are.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from dedupe.contracts import CONTACTS, FIELD_VALUES, LINKS, VALUES
from dedupe.match import (
    Evidence,
    Matched,
    MatchOptions,
    build_records,
    match_records,
    pairs_frame,
)
from dedupe.match.columns import Records
from dedupe.match.records import build_labels
from dedupe.normalize import build_names, build_traits, name_shares

Card = Mapping[str, Any]
ROLES = ("middle_name", "company", "tax_id", "birth_date", "address", "city", "postcode")


def evidence(
    cards: Sequence[Card], compare: tuple[str, ...] = (), entity: str = "contact"
) -> Evidence:
    """Return what the match reads of `cards`; a card without an id is numbered from 1."""
    cards = [{"id": str(at), **card} for at, card in enumerate(cards, 1)]
    frame = _frame(cards, entity)
    return Evidence(
        cards=frame,
        traits=build_traits(frame, build_names(frame), _fields(cards, entity)),
        values=_values(cards, entity),
        links=_links(cards, entity),
        fields=_others(cards, entity),
        compare=compare,
        shares=name_shares(),
    )


def matched(
    cards: Sequence[Card],
    compare: tuple[str, ...] = (),
    options: MatchOptions | None = None,
    judged: Iterable[tuple[str, str, bool]] = (),
) -> Matched:
    """Match `cards`; `judged` are pairs of ids with a person's judgement."""
    records = build_records(evidence(cards, compare), "contact")
    schema = {"left_id": pl.String, "right_id": pl.String, "is_match": pl.Boolean}
    told = pl.DataFrame(list(judged), schema=schema, orient="row")
    labels = build_labels(records, told.with_columns(entity=pl.lit("contact")))
    return match_records(records, options, labels=labels if told.height else None)


def clusters(found: Matched) -> set[frozenset[str]]:
    """Return the ids of each cluster of two and more."""
    ids: dict[int, set[str]] = {}
    for name, label in zip(found.records.ids.to_list(), found.label.tolist(), strict=True):
        ids.setdefault(label, set()).add(name)
    return {frozenset(each) for each in ids.values() if len(each) > 1}


def tiers(found: Matched) -> dict[tuple[str, str], str]:
    """Return the tier of each pair."""
    pairs = pairs_frame(found)
    return {(left, right): tier for left, right, tier in pairs.select(*_PAIR).iter_rows()}


_PAIR = ("left_id", "right_id", "tier")


def strangers(n: int = 300, seed: int = 7) -> list[dict[str, Any]]:
    """Make up `n` cards of as many persons, with ids from 10,000 on."""
    rng = random.Random(seed)
    return [{"id": str(10_000 + at), **stranger(rng)} for at in range(n)]


def stranger(rng: random.Random) -> dict[str, Any]:
    """Make up a card with a number and a name of its own, and some of what cards have."""
    given, is_woman = rng.choice(_GIVEN)
    stem = "".join(rng.choices(_SYLLABLES, k=3)).capitalize() + rng.choice(("ров", "нин", "лев"))
    birth = (rng.randrange(1, 29), rng.randrange(1, 13), rng.randrange(1950, 2005))
    card = {
        "first_name": given,
        "last_name": stem + ("а" if is_woman else ""),
        "phone": f"+7916{rng.randrange(10**7):07d}",
        "email": f"{rng.randrange(10**9):x}@ya.ru",
        "city": rng.choice(("Москва", "Казань", "Омск", "Пермь", "Тверь")),
        "birth_date": "{:02d}.{:02d}.{}".format(*birth),
    }
    shares = {"email": 0.5, "city": 0.7, "birth_date": 0.4}
    return {name: value for name, value in card.items() if rng.random() < shares.get(name, 1)}


_GIVEN = tuple(
    (name, name[-1] in "ая" and name not in ("Никита", "Илья"))
    for name in (
        *("Мария", "Ольга", "Анна", "Елена", "Юлия", "Вера", "Зоя", "Лидия", "Нина", "Дарья"),
        *("Сергей", "Дмитрий", "Павел", "Артём", "Глеб", "Никита", "Роман", "Тимур", "Борис"),
        *("Илья", "Фёдор", "Григорий"),
    )
)
_SYLLABLES = ("ба", "ве", "ду", "жи", "ко", "лу", "ме", "но", "па", "ри", "су", "та", "фе", "хо")


def side_by_side(left: Sequence[Card], right: Sequence[Card]) -> Records:
    """Return two tables to be linked as records; all ids are to be told, and differ."""
    both = evidence([*left, *right])
    is_right = pl.col("record_id").is_in([card["id"] for card in right])
    cards = both.cards.with_columns(side=is_right.cast(pl.Int8))
    return build_records(replace(both, cards=cards), "contact")


def _frame(cards: Sequence[Card], entity: str) -> pl.DataFrame:
    rows = [
        {
            "id": card["id"],
            "name": card.get("name") or _joined(card),
            "first_name": card.get("first_name"),
            "last_name": card.get("last_name"),
            "owner_id": card.get("owner"),
        }
        for card in cards
    ]
    names = ("id", "name", "first_name", "last_name", "owner_id")
    frame = CONTACTS.conform(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)))
    return frame.with_columns(entity=pl.lit(entity), record_id="id")


def _joined(card: Card) -> str | None:
    words = (card.get("last_name"), card.get("first_name"))
    return " ".join(word for word in words if word) or None


def _fields(cards: Sequence[Card], entity: str) -> pl.DataFrame:
    rows = [
        (entity, card["id"], role, card[role], 0)
        for card in cards
        for role in ROLES
        if card.get(role) is not None
    ]
    text = dict.fromkeys(("entity", "record_id", "role", "raw"), pl.String)
    return pl.DataFrame(rows, schema={**text, "position": pl.Int32}, orient="row")


def _held(card: Card, kind: str) -> Iterator[str]:
    held = card.get(kind)
    yield from [held] if isinstance(held, str) else held or ()


def _values(cards: Sequence[Card], entity: str) -> pl.DataFrame:
    rows = [
        {
            "entity": entity,
            "record_id": card["id"],
            "kind": kind,
            "raw": value,
            "position": position,
            "value": value,
            "status": "valid",
            "type": "mobile" if value.startswith("+79") else "fixed_line",
            "match_key": value,
        }
        for card in cards
        for kind in ("phone", "email")
        for position, value in enumerate(_held(card, kind))
    ]
    empty = VALUES.empty().select("entity", "record_id", "kind", "raw", "position", "value")
    empty = empty.with_columns(VALUES.empty().select("status", "type", "match_key"))
    values = pl.DataFrame(rows, schema=empty.schema)
    is_mail = pl.col("kind") == "email"
    return VALUES.conform(values.with_columns(type=pl.when(~is_mail).then("type")))


def _links(cards: Sequence[Card], entity: str) -> pl.DataFrame:
    rows = [
        {"from_entity": entity, "from_id": card["id"], "to_entity": "deal", "to_id": deal}
        for card in cards
        for deal in card.get("deals", ())
    ]
    names = ("from_entity", "from_id", "to_entity", "to_id")
    return LINKS.conform(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)))


def _others(cards: Sequence[Card], entity: str) -> pl.DataFrame:
    rows = [
        {"entity": entity, "record_id": card["id"], "field_id": name, "raw": value}
        for card in cards
        for name, value in card.get("x", {}).items()
    ]
    names = ("entity", "record_id", "field_id", "raw")
    return FIELD_VALUES.conform(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)))

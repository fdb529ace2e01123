"""build_traits: names in parts or in one, companies, fields; a row per card, in its order."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import TRAITS
from dedupe.normalize import build_names, build_persons, build_traits
from dedupe.normalize.surnames import surname_key, surname_keys

CARD = dict.fromkeys(("entity", "record_id", "name", "first_name", "last_name"), pl.String)
FIELD = dict.fromkeys(("entity", "record_id", "role", "raw"), pl.String)


def traits_of(
    *cards: dict[str, str], fields: tuple[tuple[str, str, str, str], ...] = ()
) -> pl.DataFrame:
    rows = [{"entity": "contact", "record_id": str(at)} | card for at, card in enumerate(cards)]
    frame = pl.DataFrame(rows, schema=CARD)
    told = pl.DataFrame(fields, schema=FIELD, orient="row")
    return build_traits(frame, build_names(frame), told)


def told(frame: pl.DataFrame, at: int, *columns: str) -> tuple[Any, ...]:
    return frame.select(columns).row(at)


NAME = ("given", "surname", "patronymic")


def test_fields_of_a_word_each_are_what_they_say() -> None:
    card = {"name": "Семёнов Пётр", "first_name": "Пётр", "last_name": "Семёнов"}
    assert told(traits_of(card), 0, *NAME) == ("петр", "семенов", None)


def test_names_in_each_others_field_are_swapped() -> None:
    card = {"name": "Козлов Сергей", "first_name": "Козлов", "last_name": "Сергей"}
    assert told(traits_of(card), 0, *NAME) == ("сергей", "козлов", None)


def test_one_name_is_read() -> None:
    found = traits_of({"name": "Козлова Анна Петровна"}, {"name": "ООО Ромашка, Анна"})
    assert told(found, 0, *NAME) == ("анна", "козлова", "петровна")
    assert told(found, 0, "surname_key", "given_key") == ("козлов", "ана")


def test_no_name_says_nothing() -> None:
    found = traits_of({"name": "Имя не указано", "first_name": "Имя", "last_name": "Фамилия"})
    assert told(found, 0, *NAME) == (None, None, None)


def test_a_middle_name_of_its_own_field_counts_first() -> None:
    fields = (("contact", "0", "middle_name", "Ильич"), ("contact", "0", "middle_name", "Петрович"))
    found = traits_of({"name": "Козлов Иван Олегович"}, fields=fields)
    assert told(found, 0, *NAME) == ("иван", "козлов", "ильич")


def test_the_fields_of_a_card_are_its_own() -> None:
    """Contacts and companies may have one id; an address of several fields is one."""
    cards = (
        {"name": "Анна", "record_id": "7"},
        {"name": "ООО «Ромашка»", "entity": "company", "record_id": "7"},
        {"name": "Олег", "record_id": "8"},
    )
    fields = (
        ("company", "7", "tax_id", " 77 07-083893"),
        ("contact", "7", "company", "ЗАО Лютик"),
        ("contact", "8", "tax_id", "7707083894"),
        ("contact", "7", "address", "ул. Ленина, д. 5"),
        ("contact", "7", "address", "кв. 3"),
        ("contact", "8", "city", "  "),
        ("contact", "8", "city", "г. Тверь"),
        ("contact", "8", "birth_date", "03.02.1981"),
        ("contact", "9", "city", "Москва"),
        ("contact", "8", "unknown", "?"),
    )
    found = traits_of(*cards, fields=fields)
    assert found["record_id"].to_list() == ["7", "7", "8"]
    assert told(found, 0, "company", "tax_id", "address") == ("лютик", None, "ленина 5 3")
    assert told(found, 1, "company", "tax_id", "tax_ok") == ("ромашка", "7707083893", True)
    assert told(found, 2, "tax_id", "tax_ok", "city") == ("7707083894", False, "тверь")
    assert told(found, 2, "birth_date", "company") == (19810203, None)


def test_no_cards_have_no_traits() -> None:
    assert traits_of().equals(TRAITS.empty())


WORDS = st.sampled_from(
    ["Анна", "Иван", "Ивана", "Козлов", "Козлова", "Ли", "Петрович", "И.", "Anna", "Kozlova", "-"]
)
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@settings(deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=8))
def test_a_name_without_parts_is_read_as_a_persons(names) -> None:
    found = traits_of(*({"name": name} for name in names))
    parts = build_persons(pl.Series(names)).select("raw", *NAME)
    want = {
        raw: [None if part is None else part.lower().strip(".") for part in row]
        for raw, *row in parts.iter_rows()
    }
    is_name = build_names(found.select("entity", "record_id", name=pl.Series(names)))["status"]
    for at, name in enumerate(names):
        expected = want[name] if is_name[at] == "ok" else [None, None, None]
        got = [part and part.strip(".") for part in told(found, at, *NAME)]
        assert got == [part and part.replace("ё", "е") for part in expected]


@settings(deadline=None)
@given(data=st.data())
def test_traits_do_not_depend_on_the_order_of_cards(data) -> None:
    cards = [
        {"record_id": "1", "name": "Козлова Анна", "first_name": "Анна", "last_name": "Козлова"},
        {"record_id": "2", "name": "Анна Козлова"},
        {"record_id": "3", "name": "ИП Козлова", "entity": "company"},
        {"record_id": "4", "name": "Ли", "last_name": "Ли"},
        {"record_id": "5"},
    ]
    shuffled = data.draw(st.permutations(cards))
    key = ["entity", "record_id"]
    assert traits_of(*shuffled).sort(key).equals(traits_of(*cards).sort(key))


STEM = st.sampled_from(
    ["Иван", "Достоев", "Бел", "Толст", "Синь", "Щерб", "Кор", "Ivan", "Bel", "Shcherb", "Ким"]
)
END = st.sampled_from(
    [
        *("", "а", "ова", "ёва", "ина", "ын", "ына", "ская", "цкая", "ая", "яя", "ська", "цька"),
        *("a", "ova", "ina", "ska", "cka", "skaya", "aja", "aya", "aâ", "я", "ой", "-ова", "їна"),
    ]
)


@settings(deadline=None)
@given(words=st.lists(st.builds(lambda a, b: (a + b).lower(), STEM, END), max_size=20))
def test_a_column_of_surnames_has_the_keys_of_each(words) -> None:
    words = [*words, "щербина", "shcherbina", "щетина", "ова", "ина", "a"]
    keys = surname_keys(pl.Series([*words, None]))
    assert keys.to_list() == [*map(surname_key, words), None]

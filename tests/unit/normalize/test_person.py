"""parse_person: a table of names as people type them, and what holds for every text."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.person import (
    PersonName,
    parse_person,
    person_key,
    render_person,
)

CASES = Path(__file__).with_name("person_cases.txt").read_text("utf-8").splitlines()
ROWS = [line for line in CASES if line.strip() and not line.startswith("#")]


def shown(name: PersonName) -> tuple[str, str, str]:
    pairs = (
        (name.surname, name.surname_initial),
        (name.given, name.given_initial),
        (name.patronymic, name.patronymic_initial),
    )
    surname, given_name, patronymic = (
        word or (f"{initial}." if initial else "-") for word, initial in pairs
    )
    return surname, given_name, patronymic


def parts(name: PersonName) -> tuple[str | None, ...]:
    initials = (name.surname_initial, name.given_initial, name.patronymic_initial)
    return (name.surname, name.given, name.patronymic, *initials)


def test_the_table_is_long() -> None:
    assert len(ROWS) >= 120


@pytest.mark.parametrize("row", ROWS)
def test_a_name_is_read_as_its_parts(row: str) -> None:
    raw, expected, *cut = row.split(" => ")
    name = parse_person(raw)
    assert shown(name) == tuple(expected.strip().split(", "))
    assert name.extra == tuple(cut[0].split(" | ") if cut else ())


@pytest.mark.parametrize(
    ("raw", "gender"),
    [
        ("Иванов Иван", "m"),
        ("Саша Петрова", "f"),
        ("Саша Петров", "m"),
        ("Саша Шевченко", None),
        ("Женя Юрьевна", "f"),
        ("Лейла Рауф кызы", "f"),
        ("Али Вагиф оглы", "m"),
        ("Petrova Sasha", "f"),
        ("Достоевская", "f"),
        ("Илья", "m"),
        ("Никита Михалков", "m"),
        ("Любовь", "f"),
        ("Черных Женя", None),
    ],
)
def test_the_gender_comes_from_what_shows_it(raw: str, gender: str | None) -> None:
    assert parse_person(raw).gender == gender


def test_the_gender_narrows_the_full_names() -> None:
    assert parse_person("Саша Петрова").given_names == {"Александра"}
    assert parse_person("Саша Шевченко").given_names == {"Александр", "Александра"}


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("Ивaнов Иван", "homoglyph"),
        ("Bdfyjd Bdfy", "layout"),
        ("Ivan Ivanov", "transliterated"),
        ("Петрович Иван", "swapped"),
    ],
)
def test_what_was_put_right_is_flagged(raw: str, flag: str) -> None:
    assert flag in parse_person(raw).flags
    assert not parse_person("Иван Иванов").flags


def test_confidence_falls_with_what_is_known() -> None:
    names = ("Иванов Иван Петрович", "Иван Петрович", "Иванов", "Фыргзл Тлюмб", "12345")
    confidences = [parse_person(name).confidence for name in names]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] > 0.99
    assert confidences[-2] < 0.4
    assert confidences[-1] == 0


@pytest.mark.parametrize(
    "same",
    [
        "Иванов Иван|иван иванов|ИВАНОВ ИВАН ПЕТРОВИЧ|Ivan Ivanov|Bdfyjd Bdfy|Ваня Иванов",
        "Наталья Соловьёва|Наталия Соловьева|Наташа Соловьева|Solovyova Natalia|Natalya Solovieva",
        "Иванов И.И.|И. Иванов|иванов и и|Ivanov I.",
        "Достоевская Анна|Anna Dostoevskaya|Аня Достоевская",
        "Саша Петренко|Шура Петренко",
        "Артём Щербаков|Артем Щербаков|Artyom Shcherbakov|Scherbakov Artem",
        "Олександр Коваль|Александр Коваль|Alexander Koval|Саша Коваль Петрович",
        "Юлия Ким|Юля Ким|Julia Kim|Iuliia Kim",
        "Даша Белая|Дарья Белый|Дарія Белая",
    ],
)
def test_spellings_of_one_name_share_a_key(same: str) -> None:
    assert len({person_key(parse_person(name)) for name in same.split("|")}) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Иванов Иван", "Иванов Пётр"),
        ("Иванов Иван", "Петров Иван"),
        ("Иван", "Иванов Иван"),
        ("Иван Петрович", "Петрович Милорад"),
        ("Саша Петров", "Саша Петрова"),
        ("Громов Олег", "Хромов Олег"),
    ],
)
def test_other_people_have_other_keys(left: str, right: str) -> None:
    assert person_key(parse_person(left)) != person_key(parse_person(right))


def test_nothing_read_has_no_key() -> None:
    assert person_key(parse_person("доставка 12345")) == ""


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    name = parse_person(text)
    assert 0 <= name.confidence <= 1
    assert (name.order == "") == (parts(name) == (None,) * 6)


def words(text: str) -> list[str]:
    return text.split()


GIVEN = words("Иван Мария Ольга Сергей Наталья Пётр Айгуль Рустам Alexander Sasha Саша Женя")
SURNAMES = words(
    "Кузнецов Смирнова Достоевский Толстая Щербакова Коваленко Цой Богданов Петросян Черных "
    "Иванова-Петрова Ivanov Shcherbakov Мороз Роман"
)
PATRONYMICS = words("Петрович Ивановна Ильич Кузьминична Юрьевич Сергеевна Petrovich Ивана")
AROUND = ["", "", "", "(доставка)", "89161234567", "бухгалтер", "a@b.ru", "И.", "и", "ООО", "жена"]
WORDS = st.sampled_from([*GIVEN, *SURNAMES, *PATRONYMICS, *AROUND])
SHAPES = st.sampled_from([str, str.lower, str.upper, str.title])


@st.composite
def mixed_names(draw: st.DrawFn) -> str:
    words = draw(st.lists(WORDS, min_size=1, max_size=5))
    return " ".join(draw(SHAPES)(word) for word in words)


@settings(deadline=None, derandomize=True, max_examples=600)
@given(mixed_names())
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    once = parse_person(text)
    twice = parse_person(render_person(once))
    assert parts(twice) == parts(once)
    assert twice.gender == once.gender
    assert person_key(twice) == person_key(once)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.sampled_from(words("Иван Мария Ольга Сергей Наталья Пётр Александр Елена Дмитрий")),
    st.sampled_from(words("Кузнецов Смирнова Достоевский Щербакова Коваленко Петросян Цой")),
    st.sampled_from(words("Петрович Ивановна Ильич Сергеевна Кузьмич Юрьевна")),
)
def test_a_full_name_is_read_in_any_order(first: str, last: str, middle: str) -> None:
    for words in permutations((first, last, middle)):
        name = parse_person(" ".join(words))
        assert (name.given, name.surname, name.patronymic) == (first, last, middle)

"""full_names, genders, surnames' forms: what a native reader would say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.given_names import full_names, gender_of, likely, listed_forms, narrow
from dedupe.normalize.person_tables import read_table
from dedupe.normalize.surnames import masculine, surname_gender, surname_key


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    ("short", "names"),
    [
        ("Саша", "Александр Александра"),
        ("Сашенька", "Александр Александра"),
        ("Шура", "Александр Александра"),
        ("Женя", "Евгений Евгения"),
        ("Валя", "Валентин Валентина"),
        ("Лёша", "Алексей"),
        ("Леша", "Алексей"),
        ("Ксюша", "Ксения Оксана"),
        ("Дэн", "Даниил Денис Даниэль Дэниел"),
        ("Гоша", "Георгий Егор Игорь"),
        ("Паша", "Павел Прасковья"),
        ("Ваня", "Иван"),
        ("Маша", "Мария"),
        ("Миша", "Михаил"),
        ("Митя", "Дмитрий"),
        ("Люда", "Людмила"),
        ("Наташа", "Наталья"),
        ("Наталия", "Наталья"),
        ("Софья", "София"),
        ("Артем", "Артём"),
        ("Артём", "Артём"),
        ("Данила", "Даниил"),
        ("Данил", "Даниил"),
        ("Генадий", "Геннадий"),
        ("Петр", "Пётр"),
        ("Алёна", "Алёна Елена"),
        ("Иван", "Иван"),
        ("Микола", "Николай"),
        ("Олександр", "Александр"),
        ("Аляксандр", "Александр"),
        ("Дар’я", "Дарья"),
        ("Ганна", "Анна"),
        ("Sasha", "Александр Александра"),
        ("Alexander", "Александр"),
        ("Oleksandr", "Александр"),
        ("Mykola", "Николай"),
        ("Eugene", "Евгений"),
        ("Evgenij", "Евгений"),
        ("Julia", "Юлия"),
        ("Iuliia", "Юлия"),
        ("Cepгей", "Сергей"),
        ("ОЛЬГА", "Ольга"),
        ("Айгуль", "Айгуль"),
        ("Гюльнара", "Гульнара"),
        ("Вахтанг", "Вахтанг"),
        ("Маша-Мария", "Маша-Мария Мария"),
        ("стол", ""),
        ("", ""),
    ],
)
def test_a_form_stands_for_its_full_names(short: str, names: str) -> None:
    assert full_names(short) == set(names.split())


@pytest.mark.parametrize(
    ("left", "right", "may_be_one"),
    [
        ("Саша", "Александра", True),
        ("Настя", "Анастасия", True),
        ("Слава", "Вячеслав", True),
        ("Слава", "Станислав", True),
        ("Володя", "Владимир", True),
        ("Kate", "Катерина", True),
        ("Саша", "Алексей", False),
        ("Марина", "Мария", False),
        ("Егор", "Георгий", False),
        ("Олег", "Ольга", False),
        ("Виктор", "Виктория", False),
    ],
)
def test_names_are_compared_by_intersection(left: str, right: str, may_be_one: bool) -> None:
    assert bool(full_names(left) & full_names(right)) is may_be_one


@pytest.mark.parametrize(
    ("gender", "names"),
    [
        ("m", "Иван Никита Илья Фома Ваня Саид Рустам Нурсултан Вахтанг Dmitry Микола Добрыня"),
        ("f", "Мария Любовь Айгуль Нино Маша Olga Жанна Есения Гюзель Николь"),
        (None, "Саша Женя Валя Слава стол"),
    ],
)
def test_the_gender_of_a_name(gender: str | None, names: str) -> None:
    assert {name: gender_of(name) for name in words(names)} == dict.fromkeys(words(names), gender)


def test_a_gender_narrows_a_set_but_never_empties_it() -> None:
    assert narrow(full_names("Саша"), "f") == {"Александра"}
    assert narrow(full_names("Иван"), "f") == {"Иван"}
    assert narrow(full_names("Саша"), None) == full_names("Саша")


def test_a_rare_full_name_is_unlikely() -> None:
    assert likely(full_names("Катя")) == {"Екатерина"}
    assert likely(full_names("Саша")) == {"Александр", "Александра"}


def test_every_form_of_the_list_leads_to_its_names() -> None:
    assert len(listed_forms()) > 2500
    assert all(full_names(form) for form in listed_forms())


@given(st.text())
@settings(deadline=None, derandomize=True)
def test_any_text_has_a_set_of_names(text: str) -> None:
    assert all(name for name in full_names(text))
    assert gender_of(text) in ("m", "f", None)


@pytest.mark.parametrize(
    ("feminine", "male"),
    [
        ("Иванова", "Иванов"),
        ("ИВАНОВА", "ИВАНОВ"),
        ("Королёва", "Королёв"),
        ("Медведева", "Медведев"),
        ("Пушкина", "Пушкин"),
        ("Синицына", "Синицын"),
        ("Достоевская", "Достоевский"),
        ("Троцкая", "Троцкий"),
        ("Толстая", "Толстой"),
        ("Белая", "Белый"),
        ("Ковальська", "Ковальський"),
        ("Кузьмина-Караваева", "Кузьмин-Караваев"),
        ("Ivanova", "Ivanov"),
        ("Иванов", "Иванов"),
        ("Шевченко", "Шевченко"),
        ("Черных", "Черных"),
        ("Щербина", "Щербина"),
        ("Дубина", "Дубина"),
        ("Сорока", "Сорока"),
        ("Берия", "Берия"),
        ("Окуджава", "Окуджава"),
        ("Ли", "Ли"),
        ("", ""),
    ],
)
def test_the_masculine_form_of_a_surname(feminine: str, male: str) -> None:
    assert masculine(feminine) == male
    assert masculine(male) == male


@pytest.mark.parametrize(
    "same",
    [
        "Иванов Иванова Ivanov Ivanova Иванова",
        "Достоевский Достоевская Dostoevsky Dostoevskaya Dostoevskii Dostoyevskaia",
        "Толстой Толстая Tolstoy Tolstaya",
        "Донской Донская Donskoy Donskaia",
        "Ковалёв Ковалев Ковалева Kovalyov Kovaleva",
        "Ковальський Ковальська Ковальский Ковальская Kowalski Kowalska",
        "Щербина Shcherbina",
    ],
)
def test_a_couple_shares_a_surname_key(same: str) -> None:
    assert len({surname_key(word) for word in words(same)}) == 1


@pytest.mark.parametrize(
    ("surname", "gender"),
    [
        ("Иванов", "m"),
        ("Иванова", "f"),
        ("Достоевский", "m"),
        ("Толстой", "m"),
        ("Белый", "m"),
        ("Петровская", "f"),
        ("Ivanov", "m"),
        ("Dostoevsky", "m"),
        ("Шевченко", None),
        ("Черных", None),
        ("Цой", None),
        ("Ким", None),
        ("Щербина", None),
        ("Гайдай", None),
        ("Петросян", None),
    ],
)
def test_the_gender_that_a_surname_shows(surname: str, gender: str | None) -> None:
    assert surname_gender(surname) == gender


@given(st.text())
@settings(deadline=None, derandomize=True)
def test_any_text_has_a_surname_key(text: str) -> None:
    assert masculine(masculine(text)) == masculine(text) or text.count("а") + text.count("a")
    assert isinstance(surname_key(text), str)


@pytest.mark.parametrize(
    ("table", "rows"), [("given_names", 6000), ("surnames", 60_000), ("patronymics", 3000)]
)
def test_the_tables_are_folded_and_unique(table: str, rows: int) -> None:
    frame = read_table(table)
    assert frame.height >= rows
    assert frame["name"].is_unique().all()
    assert not frame["name"].str.contains("[^а-я-]").any()
    assert (frame["count"] > 0).all()

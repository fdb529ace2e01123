"""What is hidden of clients, and what of the account's settings is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.report.masks import hidden, scrubbed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Иванов Иван Иванович", "Ив*** Ив*** Ив***"),
        ("Ли", "Л***"),
        ("Я", "***"),
        ("8 (916) 000-12-34", "8 *** ***-12-34"),
        ("+7 916 000-12-34, +79165556677", "+7 *** ***-12-34, +7 *** ***-66-77"),
        ("000-12-34", "*** ***-12-34"),
        ("Иван <ivan.petrov@corp.example.ru>", "Ив*** <i***@***.ru>"),
        ("ivanov@mail", "i***@***"),
        ("2017-04-21", "2017-04-21"),
        ("", ""),
    ],
)
def test_a_clients_value_is_hidden(text, shown) -> None:
    assert hidden(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Сайт: заявка с +7 916 000-12-34", "Сайт: заявка с +7 *** ***-12-34"),
        ("почта sales@corp.ru", "почта s***@***.ru"),
        ("2017-03-13 00:00", "2017-03-13 00:00"),
        ("29500000", "29500000"),
        ("1 234 567 ₽", "1 234 567 ₽"),
        ("Розничный отдел", "Розничный отдел"),
    ],
)
def test_settings_are_shown_but_for_numbers_and_addresses(text, shown) -> None:
    assert scrubbed(text) == shown


@given(st.text(alphabet="абвгдxyz ,.-'@", min_size=4, max_size=40))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_no_word_of_a_client_is_whole(text) -> None:
    words = [word for word in text.replace("@", " ").split() if len(word) > 3 and word.isalpha()]
    assert [word for word in words if word in hidden(text).split()] == []


@given(st.from_regex(r"\+?[78][ (-]?9\d{2}[ )-]?\d{3}[ -]?\d{2}[ -]?\d{2}", fullmatch=True))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_of_a_phone_four_digits_and_the_country_are_left(text) -> None:
    for shown in (hidden(text), scrubbed(text)):
        assert sum(char.isdigit() for char in shown) == 5


@pytest.mark.parametrize("unit", ["я", "7", "a.", "9 ", "a@"])
def test_a_megabyte_in_a_cell_is_hidden_in_the_time_of_its_length(unit) -> None:
    text = unit * (1_000_000 // len(unit))
    assert text not in hidden(text)  # a search from every letter would take an hour

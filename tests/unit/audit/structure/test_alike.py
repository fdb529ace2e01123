"""Names that mean the same, and slips of one letter."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from dedupe.audit.structure.alike import canonical_keys, is_one_edit, labels, near_duplicates


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Город", "ГОРОД "),
        ("Счёт", "счет"),
        ("E-mail", "e mail"),
        ("Дата оплаты", "Дата  оплаты:"),
        ("Город клиента", "клиента город"),
        ("Сайт", "Сайт 2"),
        ("vip", "vip2"),
        ("Рекламация", "Рекламацыя"),
        ("Имя клиента", "Имяклиента"),
    ],
)
def test_names_that_differ_in_spelling_only_are_alike(a: str, b: str) -> None:
    assert labels([a, b]) == [0, 0]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("выставка 2018", "выставка 2019"),  # another year
        ("акция июнь 2017", "акция июль 2017"),  # a short word is another word
        ("Телефон", "Телефакс"),
        ("опт", "опт и розница"),
        ("***", "???"),
        ("100", "200"),
    ],
)
def test_names_that_say_different_things_are_not(a: str, b: str) -> None:
    assert labels([a, b]) == [0, 1]


def test_a_group_is_named_by_its_smallest_id_and_stays_in_its_scope() -> None:
    rows = pl.DataFrame(
        {
            "scope": ["deal", "deal", "contact", "deal", "deal"],
            "record_id": ["10", "9", "1", "11", None],
            "name": ["Сайт", "сайт", "сайт", None, "сайт"],
        }
    )
    assert sorted(near_duplicates(rows).rows()) == [("10", "Сайт", "9"), ("9", "сайт", "9")]


WORD = st.text("абв1", max_size=8)


@given(WORD, WORD)
def test_one_edit_is_the_distance_of_one_that_is_no_digit(a: str, b: str) -> None:
    if is_one_edit(a, b):
        assert Levenshtein.distance(a, b) == 1
    elif Levenshtein.distance(a, b) == 1:
        assert any(c.isdigit() for c in a + b)


def test_a_rare_spelling_means_the_common_one_a_letter_away() -> None:
    counts = {"саратов": 40, "саратв": 4, "саратоф": 5, "омск": 90, "томск": 3}
    meant = canonical_keys(counts, 10)
    assert (meant["саратв"], meant["саратоф"]) == ("саратов", "саратоф")  # 5 is not a tenth
    assert meant["томск"] == "томск"  # short words are towns of their own

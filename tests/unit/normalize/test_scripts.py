"""Alphabets, lookalikes and keyboard layouts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.scripts import Script, fold_homoglyphs, script_of, swap_layout

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Ивaнов", "Иванов"),  # Latin a
        ("Ivаnov", "Ivanov"),  # Cyrillic а
        ("Cepгей", "Сергей"),  # a tie is Cyrillic
        ("Пeтp", "Петр"),
        ("BИKTOP", "ВИКТОР"),  # mostly Latin, but "И" has no Latin twin
        ("ТATЬЯНA", "ТАТЬЯНА"),
        ("Оlgа", "Olga"),
        ("Іvan", "Ivan"),
        ("Ёлкинa", "Ёлкина"),
        ("Иванов", "Иванов"),
        ("Ivanov", "Ivanov"),
        ("123", "123"),
        ("", ""),
    ],
)
def test_a_mixed_word_is_folded_to_one_alphabet(typed: str, folded: str) -> None:
    assert fold_homoglyphs(typed) == folded


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Bdfyjd", "Иванов"),
        ("Иванов", "Bdfyjd"),
        ("<jhbc", "Борис"),
        ("K.,jdm", "Любовь"),
        ("Шмфт", "Ivan"),
        ("`krby", "ёлкин"),
        ("", ""),
    ],
)
def test_the_layout_is_swapped_both_ways(typed: str, meant: str) -> None:
    assert swap_layout(typed) == meant


@pytest.mark.parametrize(
    ("token", "script"),
    [
        ("Иван", Script.CYRILLIC),
        ("Әлия", Script.CYRILLIC),
        ("Їжак", Script.CYRILLIC),
        ("Ivan", Script.LATIN),
        ("Müller", Script.LATIN),
        ("Ивaн", Script.MIXED),
        ("Γιάννης", Script.OTHER),
        ("李", Script.OTHER),
        ("12-3", Script.NONE),
        ("", Script.NONE),
    ],
)
def test_the_script_of_a_word_is_told(token: str, script: Script) -> None:
    assert script_of(token) is script


@given(st.text(alphabet=RUSSIAN + " -", min_size=1).filter(lambda text: text.strip(" -")))
@settings(deadline=None, derandomize=True)
def test_a_word_typed_with_the_wrong_layout_comes_back(text: str) -> None:
    typed = swap_layout(text)
    assert swap_layout(typed + "q") == text + "й"  # a letter tells the layout of "<>:"


@given(st.text())
@settings(deadline=None, derandomize=True)
def test_any_text_is_taken(text: str) -> None:
    assert len(swap_layout(text)) == len(text)
    assert script_of(text) in Script
    folded = fold_homoglyphs(text)
    assert len(folded) == len(text)
    assert fold_homoglyphs(folded) == folded


@given(st.text(alphabet="АВЕКМНОРСТУХаеорсухABEKMHOPCTYXaeopcyx"))
@settings(deadline=None, derandomize=True)
def test_a_word_of_lookalikes_ends_in_one_alphabet(text: str) -> None:
    assert script_of(fold_homoglyphs(text)) is not Script.MIXED

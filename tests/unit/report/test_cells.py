"""Cells can't become formulas, whatever stands before the sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.report.cells import plain_cell, safe_cell

UNSEEN = ("", " ", "\ufeff", "\u200b", "\u00a0", " \u200d\ufeff")


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠"]
)
def test_a_sign_that_starts_a_formula_is_held_down(sign, unseen) -> None:
    text = f"{unseen}{sign}cmd"
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Anna", "5", "a=b", " a", "'tis", "\u00a0"])
def test_other_text_stays_as_it_is(text) -> None:
    assert safe_cell(text) == text


def test_only_a_whole_number_in_a_column_of_phones_keeps_its_plus() -> None:
    assert safe_cell("+79161234567", is_phone=True) == "+79161234567"
    assert safe_cell("+79161234567") == "'+79161234567"
    for text in ("+7916123456789012", "+1234", "+7916 123", "+7916123456\n", "-79161234567"):
        assert safe_cell(text, is_phone=True) == f"'{text}"


@given(st.text(alphabet="=+-@'| \ufeffab1\n\t"))
def test_a_cell_of_ours_is_read_back_as_it_was(text) -> None:
    cell = safe_cell(text)
    assert not cell.lstrip(" \ufeff").startswith(("=", "+", "-", "@", "|"))
    assert plain_cell(cell) == text

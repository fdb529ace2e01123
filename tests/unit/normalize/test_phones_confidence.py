"""How sure a cut is: certain where the digits speak, below CERTAIN where a guess was made."""

from __future__ import annotations

import pytest

from dedupe.contracts import CERTAIN
from dedupe.normalize.phones import read_alternatives, read_phones


@pytest.mark.parametrize(
    ("raw", "least"),
    [
        ("89161234567", 1.0),
        ("8.916.123.45.67", 1.0),
        ("8 916 123-45-67, 9037654321", 0.98),
        ("8 916 123-45-67 / +375 29 123-45-67", 1.0),
        ("89161234567 89037654321", 0.95),
        ("+7 8 916 123-45-67", 0.9),
        ("8-10-375-29-123-45-67", 0.95),
        ("375291234567", 0.9),
        ("8 495 123-45-67 доб. 12", 0.95),
        ("8(495)123-45-67/68", 0.9),
        ("8(495)123-45-61/62/63", 0.9),
        ("8916123456789037654321", 0.9),
        ("91612345679037654321", 0.88),
        ("+8 916 123-45-67", 0.9),
        ("8-9О3-765-43-21", 0.9),
    ],
)
def test_cut_that_the_digits_prove_is_certain(raw: str, least: float) -> None:
    assert min(each.confidence for each in read_phones(raw)) == least >= CERTAIN


@pytest.mark.parametrize(
    ("raw", "area", "most"),
    [
        ("8 (495) 123-45-67, 123", None, 0.6),
        ("+74951234567;123", None, 0.7),
        ("(495) 123-45-67, 68", None, 0.65),
        ("(495) 123-45-61...63", None, 0.8),
        ("8(495)123-45-67, 123-45-68", None, 0.8),
        ("8(495)123-45-67, 123-45-68 доб. 5", None, 0.8),
        ("8 495 123-45-67 доб. 101, 102", None, 0.8),
        ("22-31-61", "4852", 0.8),
        ("22-31-61", None, 0.5),
        ("050 123-45-67", None, 0.4),
        ("8 029 123-45-67", None, 0.6),
        ("+8 (495) 123-45-67", None, 0.7),
        ("+4951234567", None, 0.7),
        ("+84951234567", None, 0.7),
        ("+375291234567, 331234567", None, 0.6),
        ("+79161234567375291234567", None, 0.6),
        ("223161223162", "4852", 0.7),
    ],
)
def test_guess_is_never_certain(raw: str, area: str | None, most: float) -> None:
    assert 0 < min(each.confidence for each in read_phones(raw, area_code=area)) <= most < CERTAIN


@pytest.mark.parametrize(
    ("raw", "values", "other"),
    [
        ("777712345689161234567", {"+77771234568", "+79161234567"}, "+77777123456"),
        ("993652751884953339591", {"+79936527518", "+74953339591"}, "+99365275188"),
    ],
)
def test_digits_with_two_valid_cuts_are_not_certain(raw: str, values: set[str], other: str) -> None:
    found, others = read_phones(raw), read_alternatives(raw)
    assert {each.value for each in found} == values
    assert max(each.confidence for each in found) < 0.6
    assert [each.value for each in others] == [other]
    assert {each.rule for each in others} == {"glued_alternative"}


@pytest.mark.parametrize(
    ("raw", "other", "rule"),
    [
        ("8 (495) 123-45-67, 123", ("+74951234123", None), "tail_alternative"),
        ("8 (495) 123-45-67; 123", ("+74951234123", None), "tail_alternative"),
        ("(495) 123-45-67, 68", ("+74951234567", "68"), "extension_guess_alternative"),
        ("8 495 123-45-67, 12345", ("+74951212345", None), "town_alternative"),
        ("+4951234567", ("+4951234567", None), "whole_alternative"),
        ("+49 30 901820", ("+74930901820", None), "plus_alternative"),
        ("+8 (495) 123-45-67", ("+84951234567", None), "whole_alternative"),
        ("050 123-45-68", None, ""),
        ("8 029 123-45-68", None, ""),
        ("8 916 123-45-67", None, ""),
        ("8 916 123-45-67, 8 903 765-43-21", None, ""),
        ("8 (495) 123-45-67 доб. 123", None, ""),
        ("нет", None, ""),
    ],
)
def test_other_meaning_is_kept_for_matching(
    raw: str, other: tuple[str, str | None] | None, rule: str
) -> None:
    others = read_alternatives(raw)
    assert [(each.value, each.extension) for each in others] == ([other] if other else [])
    assert {each.rule for each in others} == ({rule} if other else set())
    assert all(0 < each.confidence < 0.6 for each in others)
    read = {(each.value, each.extension) for each in read_phones(raw)}
    assert not read & {(each.value, each.extension) for each in others}


@pytest.mark.parametrize(
    ("raw", "value", "rule"),
    [
        ("+49 30 901820", "+4930901820", "grouped"),
        ("+49(30)901820", "+4930901820", "grouped"),
        ("+49-30-901820", "+4930901820", "grouped"),
        ("+961 3 123456", "+9613123456", "grouped"),
        ("+47 22 12 34 56", "+4722123456", "whole"),
        ("+4930901820", "+74930901820", "plus"),
        ("+495 123-45-68", "+74951234568", "plus"),
        ("+961 123-45-68", "+79611234568", "plus"),
        ("+84 95 123 45 67", "+84951234567", "whole"),
    ],
)
def test_groups_of_the_writer_tell_a_country_code_from_a_lost_seven(
    raw: str, value: str, rule: str
) -> None:
    (found,) = read_phones(raw)
    assert (found.value, found.rule) == (value, rule)


def test_number_that_only_its_groups_make_foreign_is_never_written_back() -> None:
    (found,) = read_phones("+49 30 901820")
    assert found.confidence < CERTAIN
    assert read_phones(str(found.value))[0].value != found.value

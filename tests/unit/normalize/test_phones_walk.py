"""The scalar walk of the automaton against the library: valid or not, parts and type."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.normalize.phone_walk import code_digits, judged, national_type

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
DIGITS = "0123456789"


def by_library(digits: str, region: str | None) -> tuple[int, str, int] | None:
    try:
        number = phonenumbers.parse(digits if region else f"+{digits}", region)
    except phonenumbers.NumberParseException:
        return None
    kind = int(phonenumbers.number_type(number))
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return None
    return number.country_code, phonenumbers.national_significant_number(number), kind


def examples(region: str) -> list[tuple[str, str]]:
    """Return (country code, national number) of the region's example numbers."""
    made = (phonenumbers.example_number_for_type(region, kind) for kind in (0, 1, 3, 4, 6))
    return [
        (str(number.country_code), phonenumbers.national_significant_number(number))
        for number in made
        if number
    ]


def mutated(number: str, edits: list[tuple[int, str, str]]) -> str:
    signs = list(number)
    for at, digit, edit in edits:
        place = at % (len(signs) + 1)
        if edit == "insert":
            signs.insert(place, digit)
        elif signs:
            signs[place % len(signs)] = digit if edit == "change" else ""
    return "".join(signs)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 20), st.sampled_from(DIGITS), st.sampled_from(["insert", "change", "drop"])
    ),
    max_size=2,
)


@settings(deadline=None, derandomize=True, max_examples=600)
@given(st.sampled_from(REGIONS), EDITS, st.data())
def test_numbers_of_all_countries_are_judged_as_the_library_does(
    region: str, edits: list[tuple[int, str, str]], data: st.DataObject
) -> None:
    for code, national in examples(region):
        national_ = mutated(national, edits)
        assert judged(code + national_, None) == by_library(code + national_, None)
        prefix = data.draw(st.sampled_from(["", "0", "8", "1", "00", "810", "011", code]))
        other = data.draw(st.sampled_from([region, region, "RU", "US", "DE", "BY"]))
        if digits := prefix + national_:
            assert judged(digits, other) == by_library(digits, other)


@settings(deadline=None, derandomize=True, max_examples=1_500)
@given(st.text(DIGITS, min_size=1, max_size=22), st.sampled_from([None, *REGIONS, "ZZ", "", "001"]))
@example("0", None)
@example("7", "RU")
@example("810", "RU")
@example("80", "BY")
def test_any_digits_are_judged_as_the_library_does(digits: str, region: str | None) -> None:
    assert judged(digits, region) == (None if region == "" else by_library(digits, region))


@settings(deadline=None, derandomize=True, max_examples=1_500)
@given(st.text(DIGITS, min_size=10, max_size=10))
def test_ten_digits_behind_seven_have_the_type_the_library_says(national: str) -> None:
    expected = by_library("7" + national, None)
    same = expected if expected and expected[1] == national else None
    assert national_type(national) == (same[2] if same else None)


@pytest.mark.parametrize(
    ("digits", "n"), [("79161234567", 1), ("4930901820", 2), ("375291234567", 3), ("0123", 0)]
)
def test_calling_code_is_as_long_as_its_digits(digits: str, n: int) -> None:
    assert code_digits(digits) == n

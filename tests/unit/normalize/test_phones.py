"""read_phones on hand-made cases, and on any text at all."""

from __future__ import annotations

import json
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.normalize.numbering import home_type, is_placeholder
from dedupe.normalize.phones import HOME_SIGNS, home_national, read_phones

CASES = json.loads((Path(__file__).parents[2] / "cases" / "doubled_phones.json").read_text("utf-8"))
STATUSES = {"valid", "local", "placeholder", "invalid"}


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: f"{case['id']}-{case['kind']}")
def test_doubled_phones_split_as_expected(case: dict) -> None:
    found = read_phones(case["raw"], region=case["region"], area_code=case["area"])
    read = [(each.value, each.extension) for each in found if each.value]
    expected = [(each.get("e164") or each["local"], each.get("ext")) for each in case["expect"]]
    assert read == expected
    assert [each.status for each in found if each.value] == [
        "valid" if "e164" in each else "local" for each in case["expect"]
    ]


@pytest.mark.parametrize(
    ("raw", "status", "reason"),
    [
        ("позвонить завтра", "invalid", "text"),
        ("8 916 123 45", "invalid", "too_short"),
        ("112", "invalid", "too_short"),
        ("891655577889012", "invalid", "too_long"),
        ("8 (123) 456-55-91", "invalid", "bad_prefix"),
        ("+999 123 446 789", "invalid", "bad_prefix"),
        ("+7 (891) 612-34-56", "invalid", "truncated"),
        ("7707083893", "invalid", "tax_number"),
        ("ИНН 500100732259", "invalid", "tax_number"),
        ("2202 2012 3456 7890", "invalid", "bank_card"),
        ("ivan@mail.ru", "invalid", "email"),
        ("7,91612E+10", "invalid", "digits_lost"),
        ("+7 (___) ___-__-__", "placeholder", "mask"),
        ("+7 (916) 12_-__-__", "placeholder", "mask"),
        ("8916*****67", "placeholder", "mask"),
        ("+7", "placeholder", "mask"),
        ("нет", "placeholder", "placeholder"),
        ("-", "placeholder", "placeholder"),
        ("Не указан", "placeholder", "placeholder"),
        ("0", "placeholder", "placeholder"),
        ("12345", "placeholder", "placeholder"),
        ("111-11-11", "placeholder", "placeholder"),
        ("+7 999 999-99-99", "placeholder", "placeholder"),
        ("88888888888", "placeholder", "placeholder"),
        ("8 800 000-00-00", "placeholder", "placeholder"),
        ("1234567890", "placeholder", "placeholder"),
    ],
)
def test_unreadable_value_gives_one_row_with_the_reason(raw: str, status: str, reason: str) -> None:
    (found,) = read_phones(raw)
    assert (found.value, found.status, found.reason) == (None, status, reason)
    assert (found.n_repeats, found.type, found.extension) == (0, None, None)


def test_number_without_area_code_stays_local() -> None:
    (found,) = read_phones("22-31-61")
    assert (found.value, found.status, found.reason) == ("223161", "local", "local_no_area")
    (found,) = read_phones("22-31-61", area_code="(4852)")
    assert (found.value, found.status) == ("+74852223161", "valid")


def test_repeats_are_counted_in_whatever_spelling() -> None:
    found = read_phones("+7 (916) 123-45-67, 89161234567; 9161234567, 89037654321")
    assert [(each.value, each.n_repeats) for each in found] == [
        ("+79161234567", 3),
        ("+79037654321", 1),
    ]
    assert [each.n_repeats for each in read_phones("8916123456789161234567")] == [2]


def test_extensions_of_one_number_are_numbers_of_their_own() -> None:
    found = read_phones("84951234567, 84951234567 доб. 101")
    assert [(each.value, each.extension, each.n_repeats) for each in found] == [
        ("+74951234567", None, 1),
        ("+74951234567", "101", 1),
    ]


def test_junk_text_beside_a_number_gives_no_row() -> None:
    assert len(read_phones("Иван Петрович 89161234567 (звонить после 18, кв. 12)")) == 1


def test_unreadable_digits_beside_a_number_give_a_row() -> None:
    good, bad = read_phones("89161234567, 8916123456")
    assert (good.value, bad.value) == ("+79161234567", None)
    assert (bad.status, bad.reason) == ("invalid", "too_short")


@pytest.mark.parametrize(
    ("raw", "type_"),
    [
        ("89161234567", "mobile"),
        ("84951234567", "fixed_line"),
        ("88005553535", "toll_free"),
        ("+12125551234", "fixed_or_mobile"),
    ],
)
def test_type_is_the_librarys(raw: str, type_: str) -> None:
    assert [each.type for each in read_phones(raw)] == [type_]


@pytest.mark.parametrize(
    ("raw", "region", "values"),
    [
        ("030 901820", "DE", ["+4930901820"]),
        ("(212) 555-1234 / (646) 555-4321", "US", ["+12125551234", "+16465554321"]),
        ("29 123-45-67, 8 044 765-43-21", "BY", ["+375291234567", "+375447654321"]),
        ("87011234567", "KZ", ["+77011234567"]),
        ("050 123 45 67", "UA", ["+380501234567"]),
        ("8 916 123-45-67", "ru", ["+79161234567"]),
    ],
)
def test_other_regions_go_by_the_library(raw: str, region: str, values: list[str]) -> None:
    assert [each.value for each in read_phones(raw, region=region)] == values


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("+8 (495) 123-45-67", "+74951234567"),
        ("+84 95 123 45 67", "+84951234567"),
        ("+84951234567", "+84951234567"),
        ("+4951234567", "+74951234567"),
        ("+47 22 12 34 56", "+4722123456"),
        ("+961 123-45-67", "+79611234567"),
    ],
)
def test_plus_without_the_seven_is_told_from_a_foreign_number(raw: str, value: str) -> None:
    assert [each.value for each in read_phones(raw)] == [value]


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ("8/495/123-45-67", ["+74951234567"]),
        ("495/123-45-67", ["+74951234567"]),
        ("8(495)/123-45-67", ["+74951234567"]),
        ("8(915)475-30-658(975)415-59-72", ["+79154753065", "+79754155972"]),
        ("8(993)617-40-078(915)269-94-05", ["+79936174007", "+79152699405"]),
        ("1) 89161234567 2) 89037654321", ["+79161234567", "+79037654321"]),
        ("89161234567 24/7", ["+79161234567"]),
        ("8 - 916 - 123 - 45 - 67", ["+79161234567"]),
        ("доп. 8 916 123-45-67, доп. 8 903 765-43-21", ["+79161234567", "+79037654321"]),
        ("https://api.whatsapp.com/send?phone=79161234567&text=hi", ["+79161234567"]),
        ("https://vk.com/id123456789 89161234567", ["+79161234567"]),
        ("\u200e+7 916 123-45-67\u200f", ["+79161234567"]),
        ("٨٩١٦١٢٣٤٥٦٧", ["+79161234567"]),
        ("89161234567 15.03.2024", ["+79161234567"]),
        ("+7 375 29 123-45-67", ["+375291234567"]),
        ("22-31-61/62", ["223161", "223162"]),
    ],
)
def test_spellings_met_in_the_wild(raw: str, values: list[str]) -> None:
    assert [each.value for each in read_phones(raw)] == values


@pytest.mark.parametrize(
    ("raw", "extensions"),
    [
        ("8 495 123-45-67 доб. 12-34", ["1234"]),
        ("8 495 123-45-67 доб. 101-103", ["101", "102", "103"]),
        ("8 495 123-45-67 доб. 101, 102 и 105", ["101", "102", "105"]),
        ("8 495 123-45-67 доб.№ 7", ["7"]),
        ("8 495 123-45-67, 12345", ["12345"]),
        ("8 495 123-45-67;123456", ["123456"]),
        ("8 495 123-45-67 доб. 12, 8 495 123-45-67 доб. 12", ["12"]),
        ("22-31-61 доб. 5", ["5"]),
        ("8 495 123-45-67 доб. 123456789012", [None]),
        ("8 495 123-45-67 доб. 12 кв 5", ["12"]),
        ("доб. 12", [None]),
    ],
)
def test_extensions_are_taken_from_behind_their_number(raw: str, extensions: list) -> None:
    found = [each for each in read_phones(raw) if each.n_repeats or not extensions[0]]
    assert [each.extension for each in found][: len(extensions)] == extensions


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ("+375 17 222-33-44, 222-33-45", ["+375172223344", "+375172223345"]),
        ("22-31-61...63", ["223161", "223162", "223163"]),
        ("22-31-61, 62", ["223161", "223162"]),
        ("(495) 123-45-61 - 99", ["+74951234561"]),
        ("8 495 123-45-67, 123-45-68", ["+74951234567", "+74951234568"]),
        ("8 (495) 123-45-67, 22-31-61", ["+74951234567", "223161"]),
        ("8 916 123-45-67, 123-45-68", ["+79161234567", "1234568"]),
        ("8 916 123-45-67 код 123456", ["+79161234567"]),
        ("8 495 123-45-67/2019", ["+74951234567"]),
        ("8 495 123-45-67, 2", ["+74951234567"]),
        ("ИНН 7707083893, тел 8 495 123-45-67", ["+74951234567", None]),
        ("223161223162", [None]),
    ],
)
def test_short_pieces_lean_on_the_number_before(raw: str, values: list) -> None:
    assert [each.value for each in read_phones(raw)] == values


def test_overlong_value_is_read_from_its_start() -> None:
    found = read_phones("89161234567 " + "текст " * 5_000 + "89037654321")
    assert [each.value for each in found] == ["+79161234567"]


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789", max_size=70),
    st.text(alphabet="0123456789+-() .,;/", max_size=50),
    st.text(alphabet="78901 +-().,/;доби№#x*_eE@\n\t<>&…–О３", max_size=60),
)


@settings(deadline=None, derandomize=True, max_examples=600)
@given(TEXTS, st.sampled_from(["RU", "KZ", "US", "DE", "BY", "ZZ", ""]))
@example("\ud800", "RU")
@example("&#x110000;", "RU")
@example("²³" * 8, "RU")
@example("1" * 5_000, "RU")
@example("8 " * 3_000, "US")
def test_any_text_gives_rows_that_keep_the_contract(raw: str, region: str) -> None:
    found = read_phones(raw, region=region)
    assert found
    for each in found:
        assert each.status in STATUSES
        assert (each.value is None) == (each.status in ("invalid", "placeholder"))
        assert (each.reason is None) == (each.status == "valid")
        assert (each.n_repeats > 0) == (each.value is not None)
        assert 0 < each.confidence <= 1
    keys = [(each.value, each.extension) for each in found if each.value]
    assert len(keys) == len(set(keys))
    assert keys or len(found) == 1


def valid_numbers() -> st.SearchStrategy[str]:
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    code = st.one_of(
        st.sampled_from([7, 375, 380, 998, 84, 49, 47, 961, 1]), st.sampled_from(codes)
    )
    return st.builds(
        lambda code, digits: f"+{code}{digits}",
        code,
        st.text("0123456789", min_size=5, max_size=11),
    )


@settings(deadline=None, derandomize=True, max_examples=2_000)
@given(st.one_of(valid_numbers(), TEXTS))
def test_reading_a_returned_number_gives_itself(raw: str) -> None:
    for each in read_phones(raw):
        # A foreign number that only its groups show is written with them: see proposals.
        if each.status == "valid" and each.rule != "grouped":
            again = read_phones(each.value)
            assert [(one.value, one.status) for one in again] == [(each.value, "valid")]
            assert phonenumbers.is_valid_number(phonenumbers.parse(each.value))


@settings(deadline=None, derandomize=True, max_examples=500)
@given(
    st.text("0123456789", min_size=8, max_size=8),
    st.sampled_from("34789"),
    st.sampled_from("0123456789"),
)
def test_line_type_says_exactly_what_the_library_calls_valid(tail: str, a: str, b: str) -> None:
    number = phonenumbers.PhoneNumber(country_code=7, national_number=int(a + b + tail))
    assert (home_type(a + b + tail) is not None) == phonenumbers.is_valid_number(number)


def test_plain_shape_is_one_number_and_nothing_else() -> None:
    assert home_national(" +7 (916) 123-45-67 ") == "9161234567"
    assert home_national("916\u00a0123–45–67") == "9161234567"
    assert home_national("89161234567 8") is None
    assert home_national("+9161234567") is None
    assert home_national("8.916.123.45.67") is None
    assert "." not in HOME_SIGNS


@pytest.mark.parametrize(
    "digits", ["9999999999", "1234567890", "9123456789", "9160000000", "54321"]
)
def test_fillers_are_placeholders(digits: str) -> None:
    assert is_placeholder(digits)


@pytest.mark.parametrize("digits", ["4951234567", "9161112233", "901234567", "9037654321"])
def test_ordinary_numbers_are_no_placeholders(digits: str) -> None:
    assert not is_placeholder(digits)

"""Tax numbers: written cases (invented numbers with good check digits), any text, the library."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.az import voen
from stdnum.by import unp
from stdnum.md import idno
from stdnum.ru import inn, ogrn
from stdnum.ua import edrpou, rntrc

from dedupe.normalize.tax_numbers import TaxNumber, read_tax_number, read_tax_numbers

STATUSES = {"valid", "bad_checksum", "bad_length", "text", "placeholder", "empty"}
# Text -> value, kind, status, reason.
CASES = {
    "7707083893": ("7707083893", "inn_company", "valid", None),
    " 7707083893 ": ("7707083893", "inn_company", "valid", None),
    "\u00a07707083893\u200b": ("7707083893", "inn_company", "valid", None),
    "77 07-083893": ("7707083893", "inn_company", "valid", None),
    "7 707 083 893": ("7707083893", "inn_company", "valid", None),
    "7,707,083,893": ("7707083893", "inn_company", "valid", None),
    "'7707083893": ("7707083893", "inn_company", "valid", None),
    "№7707083893": ("7707083893", "inn_company", "valid", None),
    "ИНН7707083893": ("7707083893", "inn_company", "valid", None),
    "инн: 7707083893": ("7707083893", "inn_company", "valid", None),
    "INN 7707083893": ("7707083893", "inn_company", "valid", None),
    "٧٧٠٧٠٨٣٨٩٣": ("7707083893", "inn_company", "valid", None),
    "7707083893.0": ("7707083893", "inn_company", "valid", None),
    "7707083893,00": ("7707083893", "inn_company", "valid", None),
    "7.707083893E+09": ("7707083893", "inn_company", "valid", None),
    "7,707083893e9": ("7707083893", "inn_company", "valid", None),
    "77О7О83893": ("7707083893", "inn_company", "valid", None),
    "77070838З9": ("7707083839", "inn_company", "bad_checksum", "checksum"),
    "7707083894": ("7707083894", "inn_company", "bad_checksum", "checksum"),
    "500100732259": ("500100732259", "inn_person", "valid", None),
    "500100732258": ("500100732258", "inn_person", "bad_checksum", "checksum"),
    "1022200525819": ("1022200525819", "ogrn", "valid", None),
    "1022200525818": ("1022200525818", "ogrn", "bad_checksum", "checksum"),
    "0022200525819": ("0022200525819", "ogrn", "bad_checksum", "first_digit"),
    "385768585948949": ("385768585948949", "ogrnip", "valid", None),
    "ОГРН 385768585948949": ("385768585948949", "ogrnip", "valid", None),
    "185768585948949": ("185768585948949", "ogrnip", "bad_checksum", "first_digit"),
    "770701001": ("770701001", "kpp", "valid", None),
    "КПП 7707АВ001": (None, None, "bad_length", "length"),
    "КПП 7707AB001": ("7707AB001", "kpp", "valid", None),
    "КПП 123654789": ("123654789", "kpp", "valid", None),
    "123654789": ("123654789", None, "bad_length", "length"),
    "УНП 200988541": ("200988541", "unp", "valid", None),
    "УНП 200988542": ("200988542", "unp", "bad_checksum", "checksum"),
    "200988541": ("200988541", "unp", "valid", None),
    "УНП MA1953684": ("MA1953684", "unp", "valid", None),
    "УНП МА1953684": ("MA1953684", "unp", "valid", None),
    "ЄДРПОУ 32855961": ("32855961", "edrpou", "valid", None),
    "ЕДРПОУ 32855968": ("32855968", "edrpou", "bad_checksum", "checksum"),
    "РНОКПП 1759013776": ("1759013776", "rntrc", "valid", None),
    "БИН 060440000012": ("060440000012", "bin", "bad_checksum", "checksum"),
    "VÖEN 1401555071": ("1401555071", "voen", "valid", None),
    "IDNO 1008600038413": ("1008600038413", "idno", "valid", None),
    "СТИР 302654789": ("302654789", "uz_inn", "valid", None),
    "0000000000": ("0000000000", "inn_company", "placeholder", "repeated_digit"),
    "1111111111": ("1111111111", "inn_company", "placeholder", "repeated_digit"),
    "1234567890": ("1234567890", "inn_company", "placeholder", "run"),
    "1234567894": ("1234567894", "inn_company", "placeholder", "run"),
    "123456789047": ("123456789047", "inn_person", "placeholder", "run"),
    "9876543210": ("9876543210", "inn_company", "placeholder", "run"),
    "1234567890123": ("1234567890123", "ogrn", "placeholder", "run"),
    "0": ("0", None, "placeholder", "repeated_digit"),
    "000": ("000", None, "placeholder", "repeated_digit"),
    "12375": ("12375", None, "bad_length", "length"),
    "79161234567": ("79161234567", None, "bad_length", "length"),
    "77070838931": ("77070838931", None, "bad_length", "length"),
    "7,70708E+09": (None, None, "bad_length", "digits_lost"),
    "нет": (None, None, "text", "no_digits"),
    "ИНН": (None, None, "text", "no_digits"),
    "": (None, None, "empty", None),
    " - ": (None, None, "empty", None),
    "\u200b": (None, None, "empty", None),
}


@pytest.mark.parametrize("text", CASES)
def test_a_written_number_is_read(text) -> None:
    if text == "КПП 7707АВ001":  # Cyrillic letters are no КПП's: the pieces are what is there
        assert {n.status for n in read_tax_numbers(text)} <= {"bad_length", "placeholder"}
        return
    number = read_tax_number(text)
    assert (number.value, number.kind, number.status, number.reason) == CASES[text]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ИНН 7707083893 / КПП 770701001", "inn_company:7707083893 kpp:770701001"),
        ("ИНН/КПП 7707083893/770701001", "inn_company:7707083893 kpp:770701001"),
        ("7707083893/770701001", "inn_company:7707083893 kpp:770701001"),
        ("7707083893 770701001", "inn_company:7707083893 kpp:770701001"),
        ("7707083893\n770701001", "inn_company:7707083893 kpp:770701001"),
        ("77 07 083893 7707 01 001", "inn_company:7707083893 kpp:770701001"),
        ("ИНН7707083893КПП770701001", "inn_company:7707083893 kpp:770701001"),
        ("КПП 770701001, ИНН 7707083893", "kpp:770701001 inn_company:7707083893"),
        ("ИНН нет, КПП 770701001", "kpp:770701001"),
        ("ИНН/КПП 770701001", "kpp:770701001"),
        ("ИНН: 7707083893; ОГРН: 1022200525819", "inn_company:7707083893 ogrn:1022200525819"),
        ("7707083893, 500100732259", "inn_company:7707083893 inn_person:500100732259"),
    ],
)
def test_a_cell_may_hold_several(text, read) -> None:
    assert " ".join(f"{n.kind}:{n.value}" for n in read_tax_numbers(text)) == read


def test_a_lost_zero_is_put_back_only_where_the_check_then_holds() -> None:
    company, person = "0274051582", "026504247858"
    company = company[:-1] + inn.calc_company_check_digit(company)
    person = person[:-2] + inn.calc_personal_check_digits(person)
    for whole in (company, person):
        number = read_tax_number(whole[1:])
        assert (number.value, number.status) == (whole, "valid")
        assert number.notes == ("lost_leading_zero",)
    wrong = str(int(company[1:]) ^ 1)
    assert read_tax_number(wrong).status == "bad_length"
    assert read_tax_number("ЄДРПОУ 131305").value == "00131305"


def test_notes_say_how_a_number_was_read() -> None:
    texts = ["7707083893.0", "7.707083893E+09", "77О7О83893", "770701001", "200988541"]
    notes = [note for text in texts for note in read_tax_number(text).notes]
    assert notes == ["float", "scientific", "lookalikes", "unchecked", "foreign"]


@pytest.mark.parametrize(
    ("country", "n", "library"),
    [
        ("RU", 10, inn),
        ("RU", 12, inn),
        ("RU", 13, ogrn),
        ("BY", 9, unp),
        ("UA", 8, edrpou),
        ("UA", 10, rntrc),
        ("AZ", 10, voen),
        ("MD", 13, idno),
    ],
)
def test_the_library_decides(country, n, library) -> None:
    rng = random.Random(n)
    for _ in range(500):
        text = str(rng.randrange(10 ** (n - 1), 10**n))
        number = read_tax_number(text, country=country)
        if number.status in ("valid", "bad_checksum") and "foreign" not in number.notes:
            assert (number.status == "valid") is library.is_valid(text)


def kz(head: str) -> str:
    """Naive rule of decree 406: weights 1 to 11, then 3 to 11, 1, 2 where the remainder is 10."""
    total = sum(i * int(d) for i, d in enumerate(head, 1)) % 11
    if total == 10:
        total = sum(((i + 1) % 11 + 1) * int(d) for i, d in enumerate(head, 1)) % 11
    return head + str(total)


def test_kazakh_numbers_are_firms_or_persons() -> None:
    firm, person = kz("06044000501"), kz("85031250501")
    assert len(firm) == len(person) == 12
    read = [read_tax_number(text, country="KZ") for text in (firm, person)]
    assert [(n.kind, n.status) for n in read] == [("bin", "valid"), ("iin", "valid")]
    assert read_tax_number(f"БИН {firm}").kind == "bin"
    assert read_tax_number(firm[1:], country="KZ").value == firm
    in_russia = read_tax_number(firm)
    assert (in_russia.kind, in_russia.notes) == ("bin", ("foreign",))


def test_every_kazakh_remainder_is_judged() -> None:
    for n in range(300):
        text = kz(f"0604400{n:04d}")
        is_number = len(text) == 12  # a second remainder of 10 makes no number
        status = read_tax_number(text[:12], country="KZ", kind="bin").status
        assert (status == "valid") is is_number or not is_number


def test_a_kind_restricts_what_a_number_may_be() -> None:
    assert read_tax_number("1022200525819", kind="inn").status == "bad_length"
    assert read_tax_number("7707083893", kind="inn").kind == "inn_company"
    assert read_tax_number("7707083893", kind="inn", country="ua").kind == "rntrc"
    assert read_tax_number("7707083893", kind="no such kind").kind == "inn_company"
    assert read_tax_number("7707083893", country="XX").kind == "inn_company"


@settings(deadline=None, derandomize=True, max_examples=1000)
@given(
    st.text() | st.text(alphabet="0123456789 -./,;EeОИНКП", max_size=40),
    st.sampled_from([None, "inn", "kpp", "unp", "bin", "x"]),
    st.sampled_from(["RU", "KZ", "UA", "by", "UZ", ""]),
)
def test_any_text_is_read_and_a_value_reads_the_same(text, kind, country) -> None:
    for number in read_tax_numbers(text, kind=kind, country=country):
        assert isinstance(number, TaxNumber)
        assert number.status in STATUSES
        assert (number.reason is None) is (number.status in ("valid", "empty"))
        if number.status == "valid" and number.value:
            again = read_tax_number(number.value, kind=number.kind, country=country)
            assert (again.value, again.kind, again.status) == (number.value, number.kind, "valid")

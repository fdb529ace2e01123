"""The phone kernel against libphonenumber: what it decides, it decides alike."""

from __future__ import annotations

import random

import numpy as np
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels import phones as kernels
from dedupe.kernels.phones import INVALID, NO_NUMBER, UNDECIDED, UNKNOWN_TYPE, VALID
from dedupe.normalize.automaton import build_tables, phone_tables
from tests.phone_strings import phone_string, regions

PYTHON = getattr(kernels.parse_numbers, "py_func", kernels.parse_numbers)
Judgement = tuple[int, int, str | None, int]


def kernel_says(strings: list[str], region: str, parse=kernels.parse_numbers) -> list[Judgement]:
    encoded = [s.encode() for s in strings]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    data = np.frombuffer(b"".join(encoded) or b"\0", dtype=np.uint8)
    tables = phone_tables()
    columns = parse(data, offsets, tables.region_index(region), tables.arrays)
    return [
        (int(s), int(n), None if r < 0 else tables.names[r].split(":")[0], int(t))
        for s, n, r, t in zip(*columns, strict=True)
    ]


def library_says(text: str, region: str) -> Judgement:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return NO_NUMBER, 0, None, UNKNOWN_TYPE
    assert number.extension is None, "the kernel must leave extensions to the library"
    e164 = int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:])
    if not phonenumbers.is_valid_number(number):
        return INVALID, e164, None, UNKNOWN_TYPE
    return (
        VALID,
        e164,
        phonenumbers.region_code_for_number(number),
        phonenumbers.number_type(number),
    )


def differences(strings: list[str], region: str, parse=kernels.parse_numbers) -> tuple[list, int]:
    """Return where kernel and library differ, and how many strings the kernel decided."""
    judged = [
        (text, said)
        for text, said in zip(strings, kernel_says(strings, region, parse), strict=True)
        if said[0] != UNDECIDED
    ]
    wrong = [(t, region, s, library_says(t, region)) for t, s in judged]
    return [w for w in wrong if w[2] != w[3]], len(judged)


def compare(seed: int, n: int) -> tuple[list, int]:
    rng = random.Random(seed)
    by_region: dict[str, list[str]] = {}
    for _ in range(n):
        by_region.setdefault(rng.choice(regions()), []).append(phone_string(rng))
    results = [differences(strings, region) for region, strings in by_region.items()]
    return [w for wrong, _ in results for w in wrong], sum(n for _, n in results)


def test_the_kernel_agrees_with_the_library_wherever_it_decides() -> None:
    n = 400 if kernels.parse_numbers is PYTHON else 30_000  # plain Python is slow
    wrong, decided = compare(seed=20261121, n=n)
    assert wrong == []
    assert decided / n > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_the_kernel_agrees_on_a_million_strings(seed) -> None:
    wrong, _ = compare(seed=seed, n=100_000)
    assert wrong == []


@pytest.mark.parametrize("parse", [kernels.parse_numbers, PYTHON], ids=["jit", "python"])
@pytest.mark.parametrize("region", ["RU", "KZ", "US", "IT", "BY", "DE", "AR", "BS", "JP"])
def test_written_cases_are_judged_alike(parse, region) -> None:
    strings = [
        "",
        "+",
        "8",
        "12",
        "1-2",
        "112",
        "+7",
        "+7 916",
        "+375",
        "+54 11 1234 5678",
        "8 916\u2026 5",
        "8 916\u20ac 5",
        "+3751",
        "81037",
        "8005553535",
        "0117",
        "8 (916) 123-45-67",
        "+7 (916) 123-45-67",
        "тел. 8 916 123 45 67",
        "(916)1234567",
        "810 375 29 123 45 67",
        "8100",
        "00375291234567",
        "+8 (495) 123-45-67",
        "+0916",
        "++79161234567",
        "+999 1234567",
        "7 701 123 45 67",
        "0649123456",
        "+39 06 1234 5678",
        "+39 000",
        "000000",
        "+80012345678",
        "1 242 322 1234",
        "322 1234",
        "11 15 1234-5678",
        "9" * 17,
        "9" * 18,
        "9" * 25,
        "+1" + "2" * 17,
        "8 916 123−45−67",
        "8\u00a0916\u2011123\u200b45\u206067",
        "8(916)123-45-67,",
        "8 916 123 45 67 доб 1",
        "8 916 123 45 67#",
        "8,916",
        "8916+7916",
        "٣٣٣",
        "8 916 ٣",
        "é 8 916 123 45 67",
        "  \t",
        "(" * 251,
        "\u2010" * 3 + "8 800 555 35 35",
        "\xc2",
    ]
    wrong, _ = differences(strings, region, parse)
    assert wrong == []


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), max_size=5))
def test_any_text_is_judged_alike_or_left(strings) -> None:
    wrong, _ = differences(strings, "RU")
    assert wrong == []


def test_the_tables_do_not_depend_on_the_run() -> None:
    kept, made = phone_tables(), build_tables()
    assert kept.names == made.names
    for name in made.arrays._fields:
        assert np.array_equal(getattr(kept.arrays, name), getattr(made.arrays, name)), name

"""Plain phones against the regexes of the one-by-one reader, compiled and as plain Python."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.plain import NOTHING, are_respelt, plain_numbers, written

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

SIGNS = " \u00a0()\u2010\u2011\u2013\u2014-"
HOME = re.compile(r"(?:\+?7|8)?([0-9]{10})")
FOREIGN = re.compile(r"\+([1-69][0-9]{10,12})")
DATE = re.compile(r"(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]")
UP, DOWN = "01234567890123456789", "98765432109876543210"


def both(function, name):
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize(name, [function, plain], ids=["jit", "python"])


def encoded(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    data = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, data)], dtype=np.int64)
    return np.frombuffer(b"".join(data) or b"\0", dtype=np.uint8), offsets


def has_row(digits: str, count: int) -> bool:
    same = re.search(r"(\d)\1{6}", digits) is not None
    pieces = [digits[at : at + count] for at in range(len(digits) - count + 1)]
    return same or any(piece in UP or piece in DOWN for piece in pieces)


def naive(text: str) -> int:
    bare = "".join(sign for sign in text if sign not in SIGNS)
    if home := HOME.fullmatch(bare):
        return NOTHING if has_row(home[1], 9) else int("7" + home[1])
    foreign = FOREIGN.fullmatch(bare)
    if not foreign or DATE.search(text) or has_row(foreign[1], 7):
        return NOTHING
    return int(foreign[1])


def digits(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=low, max_size=high)


PIECES = st.sampled_from(["916", "495", "123", "45", "67", "4852", "0", "8", "2019-12-31", "777"])
BETWEEN = st.sampled_from(
    ["", "", " ", "-", " (", ") ", "\u00a0", "–", "‑", "  ", "+", "ы", ".", "…"]
)
NUMBER = st.one_of(
    st.builds(lambda a, b: a + b, st.sampled_from(["", "8", "7", "+7", "+8", "+"]), digits(9, 13)),
    st.builds(
        lambda head, parts: head + "".join(map("".join, parts)),
        st.sampled_from(
            ["", "8", "+7 ", "7(", "+375", "+49 ", "+0", "+1", " +44 (", "++", "\u00a0", "Â"]
        ),
        st.lists(st.tuples(PIECES, BETWEEN), min_size=2, max_size=6),
    ),
    st.text("78+ -()9", max_size=16),
)
FILLERS = ["89123456789", "8 (987) 654-32-10", "+7 916 777-77-77", "+49 1234567 89", "89999999999"]
KNOWN = {
    "+7 (916) 203-44-67": 79162034467,
    "89162034467": 79162034467,
    "9162034467": 79162034467,
    "+375 29 203-44-67": 375292034467,
    "+0375292034467": NOTHING,
    "+8 916 203-44-67": NOTHING,
    "+7 916 203 44 6": NOTHING,
    "+49 30 2012-10-12 5": NOTHING,
    "+49 30 2012-70-12 5": 493020127012 * 10 + 5,
    "+49 30 2012-10-42 5": 493020121042 * 10 + 5,
    "+4930 212-10-1245": 4930212101245,
    "": NOTHING,
}


@both(plain_numbers, "numbers_of")
@settings(max_examples=300)
@given(texts=st.lists(NUMBER, max_size=12))
def test_a_plain_number_is_what_the_regexes_say(numbers_of, texts) -> None:
    assert numbers_of(*encoded(texts), False).tolist() == [naive(text) for text in texts]


@both(plain_numbers, "numbers_of")
def test_known_values(numbers_of) -> None:
    texts = [*KNOWN, *FILLERS]
    assert numbers_of(*encoded(texts), False).tolist() == [*KNOWN.values(), *[NOTHING] * 5]
    assert [naive(text) for text in texts] == [*KNOWN.values(), *[NOTHING] * 5]


@both(plain_numbers, "numbers_of")
def test_words_may_stand_behind_a_tidy_home_number(numbers_of) -> None:
    number = 79162034467
    good = ["{} Иван", "{} (вечером)", "{} WhatsApp", "{} раб. тел, Ivan-Petr", "{} (моб.)"]
    for head in ("+7 (916) 203-44-67", "89162034467", "7-916-203-44-67"):
        texts = [each.format(head) for each in good]
        assert numbers_of(*encoded(texts), True).tolist() == [number] * len(good)
        assert numbers_of(*encoded(texts), False).tolist() == [NOTHING] * len(good)


@both(plain_numbers, "numbers_of")
@pytest.mark.parametrize(
    "text",
    [
        "89162034467Иван",  # nothing stands between
        "89162034467, Иван",
        "9162034467 Иван",  # ten digits are less sure beside words
        "+375292034467 Иван",
        "8 9 16 203 44 6 7 Иван",  # so many pieces may be several numbers
        "8  9162034467 Иван",
        "8 916 - 2034467 Иван",
        "8\u00a09162034467 Иван",
        "89162034467 доб. 5",
        "89162034467 a@b",
        "69162034467 Иван",
        "8(2012-10-12)345 Иван",
        "Иван 89162034467",
        "89162034467 " + "и" * 130,
        "89162034467 ї/",
    ],
)
def test_what_words_may_not_stand_behind(numbers_of, text: str) -> None:
    assert numbers_of(*encoded([text]), True).tolist() == [NOTHING]


@both(written, "texts_of")
@given(st.lists(st.integers(1, 10**18), max_size=10))
def test_numbers_are_written_with_a_plus(texts_of, numbers) -> None:
    flat, offsets = texts_of(np.array(numbers, dtype=np.int64))
    data = flat.tobytes()
    assert [data[a:b].decode() for a, b in pairwise(offsets)] == [f"+{each}" for each in numbers]


def naive_respelt(text: str, value: str) -> bool:
    """Tell it by what is left of the text when signs and the number are taken out."""
    if not re.fullmatch(r"[ ()-]*\+?[0-9 ()-]*", text):
        return False
    digits, number = re.sub(r"\D", "", text), value[1:]
    if len(set(digits)) == 1:
        return False
    if not number.startswith("7"):
        return digits == number
    return len(number) == 11 and digits in (number[1:], number, "8" + number[1:])


@st.composite
def respelt(draw: st.DrawFn) -> tuple[str, str]:
    value = "+" + draw(st.one_of(digits(11, 11).map(lambda d: "7" + d[1:]), digits(9, 13)))
    head = draw(st.sampled_from([value, value[1:], value[2:], "8" + value[2:], "+8" + value[2:]]))
    signs = st.sampled_from(["", "", "", "", " ", "-", "(", ")", ".", "5", "+", "ж"])
    return "".join(sign + draw(signs) for sign in head), value


@both(are_respelt, "are_told")
@given(pairs=st.lists(respelt(), max_size=20))
def test_a_respelt_number_has_the_digits_and_signs_of_no_meaning(are_told, pairs) -> None:
    texts, values = [text for text, _ in pairs], [value for _, value in pairs]
    want = [naive_respelt(text, value) for text, value in pairs]
    assert are_told(*encoded(texts), *encoded(values)).tolist() == want


@both(are_respelt, "are_told")
def test_a_number_longer_than_any_is_none(are_told) -> None:
    texts, values = ["7" * 60, "+7 900 000-00-01"], ["+70000000001", "+79000000001"]
    assert are_told(*encoded(texts), *encoded(values)).tolist() == [False, True]

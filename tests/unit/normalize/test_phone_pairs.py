"""Two numbers without a sign of a list, and words behind a number: as `read_phones` reads them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize import PhoneSettings
from dedupe.normalize.phone_columns import read_phone_column
from dedupe.normalize.phone_pairs import read_pairs
from dedupe.normalize.phone_plain import read_lists, read_plain
from dedupe.normalize.phones import read_phones
from dedupe.normalize.readings import numbered

CODE = st.sampled_from(["916", "903", "495", "4852", "800", "201", "000", "999", "727"])
PREFIX = st.sampled_from(["8", "+7", "7", "", "8 ", "+7 ", "8-", "+8", "8("])
GAP = st.sampled_from(["", " ", "-", ") ", "  ", " - ", "."])
WORD = st.sampled_from(
    [
        *("Иван", "(вечером)", "(после обеда)", "WhatsApp", "моб.", "доб", "о", "з", "оо", "хххх"),
        *(
            "с",
            "и",
            "или",
            "x",
            "е",
            "до",
            "раб. тел",
            "инн",
            "карта",
            "№",
            "#",
            "ї",
            "ё й",
            "о.з.",
        ),
    ]
)


@st.composite
def home(draw: st.DrawFn) -> str:
    code, gap, dash = draw(CODE), draw(GAP), draw(st.sampled_from(["", " ", "-", "-"]))
    rest = draw(st.text("0123456789", min_size=10 - len(code), max_size=10 - len(code)))
    bracket = draw(st.sampled_from(["", "("]))
    tail = f"{rest[:-4]}{dash}{rest[-4:-2]}{dash}{rest[-2:]}"
    return f"{draw(PREFIX)}{bracket}{code}{gap}{tail}"


TYPED = st.one_of(
    st.builds(lambda a, gap, b: a + gap + b, home(), st.sampled_from([" ", "", " (", "  "]), WORD),
    st.builds(lambda a, gap, b: a + gap + b, home(), st.sampled_from([" ", "", "+"]), home()),
    st.builds(
        lambda a, slash, b: a + slash + b,
        home(),
        st.sampled_from(["/", "/", " /", "/ "]),
        st.text("0123456789", min_size=1, max_size=3),
    ),
    st.builds(lambda a, gap, b: a + gap + b, home(), st.sampled_from(["; ", " и ", "\n"]), home()),
)


def expected(raw: str, where: PhoneSettings) -> list[tuple[object, ...]]:
    return [
        (part, e.value, e.extension, e.status, e.reason, e.rule, e.confidence, e.n_repeats, e.type)
        for part, e in enumerate(read_phones(raw, region=where.region, area_code=where.area_code))
    ]


def check(raws: list[str], where: PhoneSettings) -> None:
    read = read_phone_column(numbered(pl.Series(raws, dtype=pl.String)), where)
    for row, raw in enumerate(raws):
        got = [each[1:-1] for each in read.filter(row=row).rows()]
        assert got == expected(raw, where), raw


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.lists(TYPED, min_size=1, max_size=30, unique=True),
    st.sampled_from([PhoneSettings(), PhoneSettings(region="KZ"), PhoneSettings(area_code="4852")]),
)
def test_they_are_read_as_one_by_one(raws: list[str], where: PhoneSettings) -> None:
    check(raws, where)


@pytest.mark.parametrize(
    ("raw", "rules"),
    [
        ("89162034467 89032034468", ["space", "space"]),
        ("8916203446789032034468", ["glued", "glued"]),
        ("(4852) 20-34-56/78", ["separator", "tail"]),
        ("8 495 203-44-67/68", ["separator", "tail"]),
    ],
)
def test_pairs_do_not_go_through_the_splitter(raw: str, rules: list[str]) -> None:
    read, rest = read_pairs(numbered(pl.Series([raw])))
    assert rest.is_empty()
    assert read["rule"].to_list() == rules
    check([raw], PhoneSettings())


@pytest.mark.parametrize(
    "raw", ["89162034467 89162034467", "(4852) 20-34-56/56", "8916777777789032034468"]
)
def test_one_number_twice_and_fillers_are_left_to_the_splitter(raw: str) -> None:
    read, rest = read_pairs(numbered(pl.Series([raw])))
    assert read.is_empty()
    assert rest["raw"].to_list() == [raw]
    check([raw], PhoneSettings())


def test_words_behind_a_number_do_not_go_through_the_splitter() -> None:
    raws = ["8 (916) 203-44-67 Иван", "+79162034467 (вечером)"]
    read, rest = read_plain(numbered(pl.Series(raws)))
    assert rest.is_empty()
    assert read["value"].to_list() == ["+79162034467"] * 2
    check(raws, PhoneSettings())


def test_around_the_clock_is_no_sign_of_a_list() -> None:
    raw = "8(495)-520 24 24/7 (912)409-34-37"
    read, _ = read_lists(numbered(pl.Series([raw])))
    assert read.is_empty()
    check([raw], PhoneSettings())

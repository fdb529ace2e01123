"""Numbers, moments and plurals in the two languages, and how the language is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import language
from dedupe.language import choose, count, current, date_time, decimal, share, tr, trn, use


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use("en")
    yield
    use("en")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    at = datetime(2026, 11, 21, 19, 20)
    assert (count(91699), decimal(1234.56, 2), share(0.592)) == ("91,699", "1,234.56", "59.2%")
    assert date_time(at) == "2026-11-21 19:20"
    use("ru")
    assert (count(91699), decimal(1234.56, 2)) == ("91\u00a0699", "1\u00a0234,56")
    assert share(0.592) == "59,2\u00a0%"
    assert date_time(at) == "21.11.2026 19:20"


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0.0%"),
        (0.00003, "<0.1%"),
        (0.0005, "0.1%"),
        (0.9994, "99.9%"),
        (0.99997, ">99.9%"),
        (1.0, "100.0%"),
    ],
)
def test_a_part_is_never_rounded_to_nothing_or_to_the_whole(x, text) -> None:
    assert share(x) == text


@given(x=st.floats(0, 1))
@settings(deadline=None, derandomize=True)
def test_only_nothing_is_zero_percent_and_only_the_whole_a_hundred(x) -> None:
    assert (share(x) == "0.0%") == (x == 0)
    assert (share(x) == "100.0%") == (x == 1)


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 карточек"),
        (1, "1 карточка"),
        (2, "2 карточки"),
        (5, "5 карточек"),
        (11, "11 карточек"),
        (21, "21 карточка"),
        (112, "112 карточек"),
        (1762, "1\u00a0762 карточки"),
    ],
)
def test_russian_plurals(n, text) -> None:
    use("ru")
    assert trn("{n} card", "{n} cards", n) == text


def test_english_plurals() -> None:
    assert trn("{n} card", "{n} cards", 1) == "1 card"
    assert trn("{n} card", "{n} cards", 0) == "0 cards"


def test_facts_fill_the_translated_text_and_braces_stay_without_them() -> None:
    assert tr("{done} of {total}", done=1, total=2) == "1 of 2"
    assert tr("{done} of {total}") == "{done} of {total}"
    use("ru")
    assert tr("{done} of {total}", done=1, total=2) == "1 из 2"
    assert tr("a text that nobody translated") == "a text that nobody translated"
    assert tr("") == ""  # the catalogue's header must not show


def test_an_unknown_language_is_english() -> None:
    use("ru")
    use("eo")
    assert current() == "en"


@pytest.mark.parametrize(
    ("argv", "environ", "chosen"),
    [
        (["scan", "--lang", "ru"], {"CRMCLEAN_LANG": "en"}, "ru"),
        (["--lang=en"], {"LANG": "ru_RU.UTF-8"}, "en"),
        (["--lang"], {"LANG": "ru_RU.UTF-8"}, "ru"),
        ([], {"CRMCLEAN_LANG": "ru", "LC_ALL": "en_US.UTF-8"}, "ru"),
        ([], {"LC_ALL": "en_US.UTF-8", "LANG": "ru_RU.UTF-8"}, "en"),
        ([], {"LC_ALL": "", "LC_MESSAGES": "ru_RU", "LANG": "C"}, "ru"),
        ([], {"LANG": "RU"}, "ru"),
        ([], {"LANG": "C"}, "en"),
        ([], {}, "en"),
    ],
)
def test_the_language_is_the_option_then_the_variable_then_the_locale(
    argv, environ, chosen
) -> None:
    assert choose(argv, environ) == chosen


def test_markers_change_nothing() -> None:
    assert language.N_("text") == "text"
    assert language.NN_("one", "many") == ("one", "many")

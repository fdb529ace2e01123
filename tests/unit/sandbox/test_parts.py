"""The demo's parts: sizes of groups, drawn numbers, names and addresses."""

from __future__ import annotations

import numpy as np
import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.sandbox.demo import words
from dedupe.sandbox.demo.names import junk_names
from dedupe.sandbox.demo.numbers import Kind, draw_numbers, pick_styles, spell, tail_of
from dedupe.sandbox.demo.sizes import (
    MAX_SCALE,
    MIN_SCALE,
    CardCounts,
    demo_size,
    group_sizes,
    switchboard_sizes,
)

RNG = np.random.default_rng(3)


@given(total=st.integers(2, 30_000))
@settings(deadline=None)
def test_groups_are_of_two_to_four_and_use_every_card(total: int) -> None:
    sizes = group_sizes(total)
    assert sum(sizes) == total
    assert set(sizes) <= {2, 3, 4}


def test_no_card_shares_with_nobody() -> None:
    assert group_sizes(0) == []


@given(total=st.integers(0, 25_000), seed=st.integers(0, 9))
@settings(deadline=None)
def test_switchboards_take_every_card_they_can(total: int, seed: int) -> None:
    sizes = switchboard_sizes(total, np.random.default_rng(seed))
    assert sum(sizes) == (total if total >= 12 else 0)
    assert all(12 <= size <= 60 for size in sizes)


@given(scale=st.floats(MIN_SCALE, MAX_SCALE))
@settings(deadline=None, max_examples=300)
def test_the_faults_of_any_scale_fit_on_its_cards(scale: float) -> None:
    sizes = demo_size(scale)
    for cards in (sizes.contacts, sizes.companies):
        phone = cards.no_phone + cards.bad_phone + cards.shared_phone + cards.doubled_phone
        phone += cards.repeated_phone + cards.switchboard + cards.own_number
        assert phone < cards.total
        assert cards.no_name + cards.junk_name + cards.switchboard + cards.own_number < cards.total
        assert cards.no_deal < cards.total
        assert all(getattr(cards, name) >= 0 for name in CardCounts.__slots__)
    assert sizes.no_task <= sizes.open_deals
    assert sizes.no_reason <= sizes.lost_deals


@pytest.mark.parametrize("kind", list(Kind))
def test_drawn_numbers_are_valid_and_unlike(kind: Kind) -> None:
    ids = np.arange(4_000)
    numbers = draw_numbers(np.full(4_000, int(kind)), RNG)
    texts = numbers.e164(ids).to_list()
    parsed = [phonenumbers.parse(text, None) for text in texts]
    assert all(phonenumbers.is_valid_number(number) for number in parsed)
    assert len({text[:-1] + str(int(text[-1]) // 2) for text in texts}) == 4_000
    assert all(len(set(text[-6:])) > 2 for text in texts)
    regions = {phonenumbers.region_code_for_number(number) for number in parsed}
    assert regions == ({"KZ", "BY", "UZ"} if kind == Kind.ABROAD else {"RU"})


@pytest.mark.parametrize("kind", list(Kind))
def test_every_spelling_can_be_read_back(kind: Kind) -> None:
    ids = np.arange(3_000)
    numbers = draw_numbers(np.full(3_000, int(kind)), RNG)
    spelt = spell(numbers, ids, pick_styles(numbers, ids, RNG))
    shapes = set()
    for raw, e164 in zip(spelt, numbers.e164(ids), strict=True):
        digits = "".join(ch for ch in raw if ch.isdigit())
        if raw.startswith("+") or digits.startswith(("375", "998")):
            read = f"+{digits}"
        else:
            read = f"+7{digits[-10:]}"
        assert read == e164
        shapes.add("".join("0" if ch.isdigit() else ch for ch in raw))
    assert len(shapes) >= (6 if kind == Kind.ABROAD else 11)


def test_a_tail_is_the_last_two_digits_of_the_next_number() -> None:
    numbers = draw_numbers(np.full(500, int(Kind.LANDLINE)), RNG)
    even, last = tail_of(numbers, np.arange(500))
    for first, tail, area in zip(even, last, numbers.area, strict=True):
        assert int(first) % 2 == 0
        assert int(first) % 100 + 1 == int(tail)
        both = (f"+7{area}{first}", f"+7{area}{first[:-2]}{tail}")
        for text in both:
            assert phonenumbers.is_valid_number(phonenumbers.parse(text, None))


def test_words_have_both_sexes_side_by_side() -> None:
    assert len(words.MALE_SURNAMES) == len(words.FEMALE_SURNAMES) > 250
    assert len(set(words.MALE_NAMES)) == len(words.MALE_NAMES) >= 40
    pairs = dict(zip(words.MALE_SURNAMES, words.FEMALE_SURNAMES, strict=True))
    assert (pairs["Покровский"], pairs["Ткаченко"]) == ("Покровская", "Ткаченко")
    assert words.latin("Щербакова Ёлка") == "scherbakova elka"


def test_junk_names_use_what_the_card_has() -> None:
    bare = junk_names([None] * 8, [None] * 8, is_firm=False)
    assert set(bare) == {"Гость из чата", "тест", "Тест тест"}
    with_phone = junk_names(["+79161234567"] * 9, ["a@b.ru"] * 9, is_firm=True)
    assert "Гость из чата" not in with_phone  # a chat makes people, not firms
    assert {"Входящий звонок +79161234567", "Новый контакт +79161234567", "a@b.ru"} <= set(
        with_phone
    )


def test_numbers_do_not_depend_on_the_mix() -> None:
    kinds = RNG.integers(0, 4, 1_000)
    numbers = draw_numbers(kinds, np.random.default_rng(1))
    again = draw_numbers(kinds, np.random.default_rng(1))
    assert numbers.e164(np.arange(1_000)).equals(again.e164(np.arange(1_000)))
    assert isinstance(numbers.cc, pl.Series)

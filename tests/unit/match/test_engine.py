"""What the match makes of a few cards among strangers: who is one, who is not, and how surely."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import polars as pl
import pytest

from dedupe.contracts import PAIRS
from dedupe.match import MatchOptions, pairs_frame
from dedupe.match.model import probability
from tests.match_cards import clusters, matched, stranger, strangers, tiers

NUMBER, OTHER = "+79261234567", "+79057654321"
IVAN = {"first_name": "Иван", "last_name": "Щербаков", "phone": NUMBER}
MANY = strangers(300)
ONE = {frozenset(("1", "2"))}
FIRST = ("1", "2")


def two(left: dict[str, Any], right: dict[str, Any], **shared: Any) -> list[dict[str, Any]]:
    """Return two cards that share some fields, among strangers."""
    return [shared | left, shared | right, *MANY]


def named(given: str, surname: str, **more: Any) -> dict[str, Any]:
    return {"first_name": given, "last_name": surname} | more


SPELLINGS = {
    "yo": (named("Пётр", "Селезнёв"), named("петр", "СЕЛЕЗНЕВ")),
    "swapped": (named("Пётр", "Селезнёв"), named("Селезнёв", "Пётр")),
    "swapped, both unheard of": (named("Жумабек", "Тораханов"), named("Тораханов", "Жумабек")),
    "Latin letters": (named("Александр", "Щербаков"), named("Alexander", "Shcherbakov")),
    "short": (named("Александр", "Щербаков"), named("Саша", "Щербаков")),
    "a slip": (named("Александр", "Щербаков"), named("Александр", "Щербаокв")),
    "an initial": (named("Александр", "Щербаков"), named("А", "Щербаков")),
    "in one field": (
        named("Пётр", "Селезнёв"),
        {"name": "Селезнёв Пётр", "first_name": "Селезнёв Пётр"},
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_number_and_one_name_however_spelt_are_one_card(spelling) -> None:
    found = matched(two(*SPELLINGS[spelling], phone=NUMBER))
    assert clusters(found) == ONE
    # Whether a person has to look: an initial may be anybody's of the family.
    assert tiers(found)[FIRST] == ("review" if spelling == "an initial" else "auto")


def test_the_thresholds_say_what_is_sure_and_what_is_one() -> None:
    cards = two(*SPELLINGS["a slip"], phone=NUMBER)
    plain = matched(cards)
    (weight,) = pairs_frame(plain).filter(pl.col("right_id") == FIRST[1])["weight"]
    assert tiers(plain)[FIRST] == "auto"
    chance = float(probability(np.array([weight]))[0])
    sterner = matched(cards, options=MatchOptions(auto=chance + (1 - chance) / 2))
    assert (clusters(sterner), tiers(sterner)[FIRST]) == (ONE, "review")
    above = MatchOptions(threshold=weight + 0.01)
    found = matched(cards, options=above)
    assert clusters(found) == set()
    own = pairs_frame(found, above.threshold).filter(pl.col("right_id") == FIRST[1])
    assert own["tier"].to_list() == ["reject"]


def test_strangers_are_not_one() -> None:
    found = matched(MANY)
    assert clusters(found) == set()
    assert "auto" not in tiers(found).values()


def test_one_number_and_nothing_else_alike_is_not_one() -> None:
    found = matched(two(named("Глафира", "Ежова"), named("Тимур", "Заболотный"), phone=NUMBER))
    assert clusters(found) == set()


def family(surname: str, phone: str, *given: str) -> list[dict[str, Any]]:
    return [named(name, surname, phone=phone) for name in given]


def test_a_family_with_one_number_is_never_auto() -> None:
    cards = family("Селезнёв", NUMBER, "Пётр", "Марк", "Игнат")
    for around in ([], MANY[:30], MANY):
        found = matched([*cards, *around])
        assert "auto" not in tiers(found).values()
        assert not found.is_auto.any()


def test_families_are_kept_apart_beside_true_duplicates() -> None:
    families = [
        card
        for i, one in enumerate(MANY[:20])
        for card in family(one["last_name"].rstrip("а"), f"+790333322{i:02d}", "Глеб", "Марк")
    ]
    copies = [{**card, "id": f"c{card['id']}"} for card in MANY[100:130]]
    found = matched([*families, *MANY, *copies])
    assert clusters(found) == {frozenset((card["id"][1:], card["id"])) for card in copies}


def test_more_families_than_duplicates_are_no_duplicates() -> None:
    """Where nearly all that share a number are relatives, the match must not learn to join them."""
    families = [
        card
        for i in range(60)
        for card in family(MANY[i]["last_name"].rstrip("а"), f"+790333322{i:02d}", "Глеб", "Марк")
    ]
    copies = [{**card, "id": f"c{card['id']}"} for card in MANY[100:105]]
    found = matched([*families, *MANY, *copies])
    assert clusters(found) <= {frozenset((card["id"][1:], card["id"])) for card in copies}


def test_father_and_son_are_not_merged_by_themselves() -> None:
    son, father = {"middle_name": "Иванович"}, {"middle_name": "Петрович"}
    assert tiers(matched(two(son, father, **IVAN)))[FIRST] == "review"
    assert tiers(matched(two(son, son, **IVAN)))[FIRST] == "auto"


def test_two_birth_dates_are_not_merged_by_themselves() -> None:
    born = {"birth_date": "12.05.1960"}
    for other in ("03.11.1988", "19.07.1971"):
        assert tiers(matched(two(born, {"birth_date": other}, **IVAN)))[FIRST] == "review"
    slip = matched(two(born, {"birth_date": "05.12.1960"}, **IVAN))
    assert (clusters(slip), tiers(slip)[FIRST]) == (ONE, "auto")


GOOD, ALSO_GOOD, WRONG = "500100732259", "770401230069", "500100732250"


@pytest.mark.parametrize("around", [[], MANY], ids=["alone", "among others"])
def test_two_right_tax_numbers_that_differ_never_join(around) -> None:
    one = IVAN | {"email": "sch@b.ru", "city": "Тверь", "birth_date": "12.05.1960"}
    found = matched([one | {"tax_id": GOOD}, one | {"tax_id": ALSO_GOOD}, *around])
    assert clusters(found) == set()
    assert "auto" not in tiers(found).values()
    # A third card with neither cannot hold both.
    found = matched([one | {"tax_id": GOOD}, one | {"tax_id": ALSO_GOOD}, one, *around])
    assert not any({"1", "2"} <= each for each in clusters(found))


def test_a_tax_number_with_a_wrong_digit_is_a_slip() -> None:
    assert clusters(matched(two({"tax_id": GOOD}, {"tax_id": WRONG}, **IVAN))) == ONE


def test_namesakes_in_a_chain_are_not_one_cluster() -> None:
    digits = ("1112233", "4455667", "9988776", "2030405", "7654321", "3141592")
    cards = [named("Иван", "Кузнецов", phone=f"+7926{number}") for number in digits]
    cards[0] |= {"email": "kuz@b.ru"}
    cards[1] |= {"email": "kuz@b.ru"}
    found = matched([*cards, *MANY])
    assert clusters(found) <= ONE
    assert not any(tier == "auto" for pair, tier in tiers(found).items() if pair != FIRST)


def test_a_card_between_two_contradictory_ones_does_not_join_them() -> None:
    cards = [
        named("Иван", "Кузнецов", phone=NUMBER, birth_date="12.05.1960"),
        named("Иван", "Кузнецов", phone=[NUMBER, OTHER]),
        named("Иван", "Кузнецов", phone=OTHER, birth_date="03.11.1988"),
    ]
    found = matched([*cards, *MANY])
    assert not any({"1", "3"} <= each for each in clusters(found))
    assert not any({"1", "3"} <= set(pair) for pair, tier in tiers(found).items() if tier == "auto")


def test_rare_names_say_more_than_common_ones() -> None:
    rare = matched(two({}, {}, **named("Евлампий", "Краснопузырёв")))
    common = matched(two({}, {}, **named("Иван", "Иванов")))
    weights = [pairs_frame(found)["weight"].max() for found in (rare, common)]
    assert weights[0] > (weights[1] or -20) + 4


def test_a_label_forbids_what_the_evidence_would_join() -> None:
    cards = two({}, {}, **IVAN)
    assert clusters(matched(cards)) == ONE
    for judged in [("1", "2", False)], [("2", "1", False)]:
        found = matched(cards, judged=judged)
        assert clusters(found) == set()
        assert tiers(found)[FIRST] != "auto"


def test_a_label_joins_what_the_evidence_would_not() -> None:
    unlike = [named("Глафира", "Ежова", phone=NUMBER), named("Тимур", "Лось", phone=OTHER), *MANY]
    assert clusters(matched(unlike, judged=[("1", "2", True)])) == ONE
    taxed = two({"tax_id": GOOD}, {"tax_id": ALSO_GOOD}, **IVAN)
    assert clusters(matched(taxed, judged=[("1", "2", True)])) == ONE


def test_a_label_between_three_alike_cards_cuts_them_and_leaves_it_to_a_person() -> None:
    found = matched([IVAN, IVAN, IVAN, *MANY], judged=[("1", "3", False)])
    assert len(clusters(found)) == 1
    assert not any({"1", "3"} <= each for each in clusters(found))
    assert "auto" not in tiers(found).values()


def test_labels_of_cards_that_are_not_there_change_nothing() -> None:
    found = matched(two({}, {}, **IVAN), judged=[("1", "gone", True), ("2", "2", False)])
    assert clusters(found) == ONE


@pytest.mark.parametrize("cards", [[], [IVAN], [{}], [{}, {}], [{}] * 100], ids=len)
def test_where_there_is_nothing_to_compare_there_are_no_pairs(cards) -> None:
    found = matched(cards)
    assert clusters(found) == set()
    assert found.scored.n_candidates == 0
    assert PAIRS.check(pairs_frame(found).select(PAIRS.schema.names())).is_empty()


def test_two_cards_that_are_all_there_is_can_be_one() -> None:
    assert clusters(matched([IVAN, IVAN])) == ONE
    assert clusters(matched([IVAN, {}])) == set()


def test_a_column_that_is_constant_or_empty_is_left_out() -> None:
    cards = [card | {"city": "Москва", "x": {"status": "new", "note": ""}} for card in MANY]
    found = matched([IVAN, IVAN, *cards], compare=("status", "note", "absent"))
    names = {column.name for column in found.records.columns}
    assert {"surname", "given", "phone"} <= names
    assert not names & {"x_status", "x_note", "x_absent", "tax_id", "company", "address"}
    assert clusters(found) == ONE


@pytest.mark.parametrize("n_columns", [5, 16, 17, 33, pytest.param(45, marks=pytest.mark.slow)])
def test_any_number_of_columns_is_compared(n_columns) -> None:
    rng = np.random.default_rng(3)
    headers = tuple(f"field {at}" for at in range(n_columns))
    values = rng.integers(0, 500, (302, n_columns)).astype(str)
    values[1] = values[0]
    cards = [
        card | {"x": dict(zip(headers, row, strict=True))}
        for card, row in zip([IVAN, IVAN, *MANY], values.tolist(), strict=True)
    ]
    found = matched(cards, compare=headers)
    assert len(found.records.columns) >= n_columns
    pair = pairs_frame(found).filter(left_id="1", right_id="2").row(0, named=True)
    assert [pair[f"g_x_field_{at}"] for at in range(n_columns)] == [4] * n_columns
    assert clusters(found) == ONE


def test_columns_with_odd_names_are_told_apart() -> None:
    headers = ("a b", "a.b", "A B", "", "💥", "weight", "phone", "g_given", "Ё-моё", "a\nb")
    rng = np.random.default_rng(4)
    values = rng.integers(0, 50, (302, len(headers))).astype(str)
    values[1] = values[0]
    cards = [
        card | {"x": dict(zip(headers, row, strict=True))}
        for card, row in zip([IVAN, IVAN, *MANY], values.tolist(), strict=True)
    ]
    found = matched(cards, compare=headers)
    names = [column.name for column in found.records.columns]
    assert len(names) == len(set(names))
    frame = pairs_frame(found)
    assert {f"{kind}_{name}" for kind in "gw" for name in names} <= set(frame.columns)
    assert frame.columns[: len(PAIRS.schema)] == PAIRS.schema.names()
    assert clusters(found) == ONE


def test_ten_megabytes_in_one_cell_are_compared_by_their_start() -> None:
    huge = "щука " * 1_000_000
    cards = [
        IVAN | {"company": huge, "x": {"note": huge}},
        IVAN | {"company": huge + "!", "x": {"note": huge + "x"}},
        *[card | {"x": {"note": str(at)}} for at, card in enumerate(MANY)],
    ]
    found = matched(cards, compare=("note",))
    assert clusters(found) == ONE


def test_weights_add_up_to_the_pairs_weight() -> None:
    frame = pairs_frame(found := matched(two({}, {"city": "Тверь"}, email="a@b.ru", **IVAN)))
    parts = [name for name in frame.columns if name.startswith("w_")]
    total = frame.select(pl.sum_horizontal(parts)).to_series() + found.model.prior_bits
    np.testing.assert_allclose(total, frame["weight"], atol=1e-3)
    np.testing.assert_allclose(probability(frame["weight"].to_numpy()), frame["probability"])
    hidden = frame.select(
        pl.col(f"w_{p[2:]}").is_null() == (pl.col(f"g_{p[2:]}") < 0) for p in parts
    )
    assert hidden.select(pl.all_horizontal(pl.all().all())).item()


def test_two_numbers_of_one_tail_make_no_pair_of_a_card_with_itself() -> None:
    cards = [
        named("Иван", "Щербаков", phone=["+79261234567", "+79051234567", "+79161234567"]),
        *MANY,
    ]
    scored = matched(cards).scored
    assert (scored.left < scored.right).all()


def bounded(found, n: int) -> None:
    """Assert that the candidate pairs are few: up to what the options allow a record."""
    assert found.records.n == n
    assert found.scored.n_candidates <= 25 * n


def test_hundreds_of_identical_cards_are_one_cluster_in_few_pairs() -> None:
    found = matched([IVAN | {"email": "sch@b.ru"}] * 300 + MANY)
    bounded(found, 600)
    assert {len(each) for each in clusters(found)} == {300}


@pytest.mark.parametrize("n", [2_000, 20_000])
def test_a_table_of_identical_cards_is_one_cluster_in_few_pairs(n) -> None:
    found = matched([IVAN | {"email": "sch@b.ru", "birth_date": "12.05.1960"}] * n)
    bounded(found, n)
    assert {len(each) for each in clusters(found)} == {n}


@pytest.mark.parametrize(
    "card", [{"phone": NUMBER}, {"first_name": "Иван", "last_name": "Щербаков"}]
)
def test_one_value_alone_in_every_row_is_never_auto(card) -> None:
    found = matched([card] * 2_000)
    bounded(found, 2_000)
    assert not found.is_auto.any()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", NUMBER),
        ("email", "info@b.ru"),
        ("city", "Тверь"),
        ("last_name", "Иванов"),
        ("first_name", "Иван"),
        ("birth_date", "01.01.1970"),
        ("company", "ООО Ромашка"),
        ("tax_id", GOOD),
    ],
)
def test_one_value_in_half_of_the_rows_makes_few_pairs(field, value) -> None:
    rng = random.Random(5)
    n = 20_000
    cards = [stranger(rng) | ({field: value} if at % 2 else {}) for at in range(n - 2)]
    twins = [{"first_name": "Иван", "last_name": "Щербаков", "email": "sch@b.ru", field: value}] * 2
    found = matched([*twins, *cards])
    bounded(found, n)
    if field != "email":  # an address of ten thousand others tells nothing
        assert frozenset(("1", "2")) in clusters(found)


def test_a_label_splits_a_mass_of_identical_cards() -> None:
    found = matched([IVAN] * 50 + MANY, judged=[("5", "9", False)])
    assert not any({"5", "9"} <= each for each in clusters(found))
    assert max(map(len, clusters(found))) == 49


def test_a_label_joins_a_card_to_one_of_a_mass() -> None:
    other = named("Глафира", "Ежова", id="other", phone=OTHER)
    found = matched([*[IVAN] * 50, other, *MANY], judged=[("33", "other", True)])
    assert any({"33", "other"} <= each for each in clusters(found))


def test_colleagues_with_the_switchboard_and_the_firm_are_not_one() -> None:
    office = {"phone": "+74957654321", "company": "ООО Ромашка", "city": "Москва"}
    colleagues = [
        {**office, **card, "phone": [card["phone"], office["phone"]]} for card in MANY[:15]
    ]
    found = matched([*colleagues, *MANY[15:]])
    assert clusters(found) == set()


def weight_of(found) -> float:
    """Return the weight of the pair of the first two cards."""
    return pairs_frame(found).filter(left_id="1", right_id="2")["weight"].item()


def test_one_deal_speaks_for_one_person() -> None:
    name = named("Иван", "Щербаков")
    deals = [{"deals": [f"d{at}"]} for at in range(300)]
    around = [card | deal for card, deal in zip(MANY, deals, strict=True)]
    one = matched([name | {"deals": ["a", "b"]}, name | {"deals": ["b"]}, *around])
    two_deals = matched([name | {"deals": ["a"]}, name | {"deals": ["b"]}, *around])
    frame = pairs_frame(one).filter(left_id="1", right_id="2")
    assert frame["g_deal"].item() == 1
    assert weight_of(one) > weight_of(two_deals)


def test_an_owner_is_compared_and_says_little() -> None:
    around = [card | {"owner": f"u{at % 7}"} for at, card in enumerate(MANY)]
    same = matched([IVAN | {"owner": "u1"}, IVAN | {"owner": "u1"}, *around])
    other = matched([IVAN | {"owner": "u1"}, IVAN | {"owner": "u2"}, *around])
    assert 0 < weight_of(same) - weight_of(other) < 8
    assert clusters(same) == clusters(other) == ONE


def test_names_of_another_country_are_weighed_by_the_account_alone() -> None:
    rng = random.Random(8)

    def word() -> str:
        return "".join(rng.choices("abdeghiklmnorstuw", k=8)).capitalize()

    foreign = matched(
        [named(word(), word(), phone=NUMBER[:-3] + str(at)) for at in range(100, 300)]
    )
    for found, is_home in ((foreign, False), (matched(MANY[:200]), True)):
        given = next(each for each in found.records.columns if each.name == "given")
        assert (given.shares is not None) == is_home

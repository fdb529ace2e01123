"""The made-up contacts of the match bench: seeded, with the stated shares, and with a truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from bench.cleaned import agreement, cleaned
from bench.people import COLUMNS, RATES, ErrorRates, build_people, one_name
from bench.people_words import latin
from bench.spelling import typo

N = 20_000
NO_ERRORS = ErrorRates(
    **{name: 0.0 for name in ErrorRates.__slots__ if isinstance(getattr(RATES, name), float)}
)


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return build_people(N, seed=7)


def test_the_same_seed_makes_the_same_contacts(people) -> None:
    assert people.equals(build_people(N, seed=7))
    assert not people.equals(build_people(N, seed=8))


def test_every_card_has_an_id_of_its_own_and_all_columns(people) -> None:
    assert people.columns == list(COLUMNS)
    assert people["id"].n_unique() == people.height == N


def test_one_rate_moves_no_other_draw(people) -> None:
    other = build_people(N, seed=7, rates=replace(RATES, no_city=0.9))
    assert other.drop("city").equals(people.drop("city"))
    assert other["city"].null_count() > people["city"].null_count()


@pytest.mark.parametrize(
    ("column", "share"),
    [
        ("phone", RATES.no_phone),
        ("email", RATES.no_email),
        ("city", RATES.no_city),
        ("birth_date", RATES.no_birth_date),
        ("company", 0.52),
        ("position", 0.7),
        ("middle_name", 0.52),
    ],
)
def test_parts_are_missing_at_their_rates(people, column, share) -> None:
    assert people[column].null_count() / N == pytest.approx(share, abs=0.02)


def test_most_persons_have_one_card_and_some_have_many(people) -> None:
    sizes = people.group_by("person_id").len()["len"]
    assert (sizes == 1).mean() == pytest.approx(RATES.cards[0], abs=0.02)
    assert sizes.max() == len(RATES.cards)


def test_the_order_tells_of_forms_sent_twice_and_no_more(people) -> None:
    number = people["person_id"].cast(pl.Int64)
    assert (number.diff() == 0).mean() < 0.06
    assert abs(np.corrcoef(number.to_numpy(), np.arange(N))[0, 1]) < 0.05


def test_without_errors_cards_of_a_person_agree() -> None:
    clean = build_people(2_000, seed=3, rates=NO_ERRORS)
    shares = agreement(clean)
    assert shares["surname, first name, city"] == shares["phone"] == shares["email"] == 1.0
    assert clean.select(COLUMNS[1:11]).null_count().select("phone", "email").row(0) == (0, 0)


def test_no_two_persons_share_a_number_or_mailbox_without_groups() -> None:
    clean = cleaned(build_people(5_000, seed=3, rates=NO_ERRORS))
    persons = build_people(5_000, seed=3, rates=NO_ERRORS)["person_id"]
    for column in ("phone", "email"):
        owners = clean.select(column, person=persons).unique()
        assert owners[column].n_unique() == owners.height == persons.n_unique()


def test_families_and_offices_share_numbers_and_not_names(people) -> None:
    owners = cleaned(people).with_columns(person=people["person_id"]).drop_nulls("phone")
    by_phone = owners.group_by("phone").agg(
        pl.col("person").n_unique(), pl.col("surname").n_unique().alias("surnames")
    )
    offices = by_phone.filter(pl.col("person") >= 8)
    families = by_phone.filter(pl.col("person").is_between(2, 4))
    assert offices.height >= 5
    assert offices.filter(pl.col("surnames") < 5).is_empty()
    assert families.height > 100


def test_namesakes_are_other_people(people) -> None:
    full = cleaned(people).with_columns(person=people["person_id"])
    parts = ["surname", "first_name", "middle_name"]
    same = full.drop_nulls(parts).group_by(parts).agg(pl.col("person").n_unique())
    assert same.filter(pl.col("person") > 1).height > 50


def test_one_column_holds_the_whole_name(people) -> None:
    form = one_name(people, seed=7)
    assert form.columns[:2] == ["id", "name"]
    assert form["id"].equals(people["id"])
    words = form["name"].str.split(" ").list.len()
    assert {1, 2, 3} <= set(words.unique())
    has_no_name = people.select(
        pl.all_horizontal(pl.col("first_name", "last_name", "middle_name").is_null())
    ).to_series()
    assert form.filter(has_no_name)["name"].is_null().all()


def test_words_have_several_latin_spellings() -> None:
    assert {latin("щербаков", scheme) for scheme in ("icao", "gost", "common")} == {
        "shcherbakov",
        "shherbakov",
        "scherbakov",
    }


def test_a_typo_is_one_slip() -> None:
    rng = np.random.default_rng(1)
    slips = {typo("Иванов", rng) for _ in range(200)}
    assert len(slips) > 10
    assert all(5 <= len(slip) <= 7 and slip[0] == "И" for slip in slips)
    assert typo("Ян", rng) == "Ян"


def test_cleaning_reads_the_first_number_of_a_cell() -> None:
    cells = ["8 (916) 123-45-67; +7 495 000 11 22", "89161234567 79031112233", "нет", None]
    cells += ["+7 841 222-33-44", "9161234567", "8 999 999-99-99", "89111111111"]
    frame = build_people(len(cells), seed=1).with_columns(phone=pl.Series(cells))
    assert cleaned(frame)["phone"].to_list() == [
        *["9161234567"] * 2, None, None, "8412223344", "9161234567", None, None,
    ]  # fmt: skip

"""The waterfall of a pair: as data, and drawn in a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.cells import cell_len

from dedupe import language
from dedupe.match.comparisons import GRADINGS
from dedupe.match.explain import RuleMet, Step, Together, Waterfall
from dedupe.match.listed import Unlisted
from dedupe.report.waterfall import comparison_name, rule_name, waterfall_document
from dedupe.report.waterfall_terminal import render_unlisted, render_waterfall

NEXT = ("crmclean explain DUP110",)
BARS = "█▒"


def step(name: str, bits: float, rarity: float = 0.0, *values: str) -> Step:
    return Step(
        comparison=name,
        level=3,
        label="the same" if bits > 0 else "different",
        bits=bits,
        rarity_bits=rarity,
        m=0.8,
        u=0.8 / 2**bits,
        context="strangers",
        left_values=values,
        right_values=values[:1],
    )


@pytest.fixture
def pair() -> Waterfall:
    steps = (
        step("surname", 6.0, 3.5, "примеров"),
        step("city", -2.5, 0.0, "пенза"),
        step("phone", 15.0, 0.0, "+79060000001", "+79060000002"),
        Step(comparison="birth_date", level=-1, label="not compared"),
    )
    return Waterfall(
        entity="contact",
        left_id="10",
        right_id="20",
        prior=-12.0,
        steps=steps,
        weight=10.0,
        probability=0.99902,
        tier="auto",
        context="strangers",
        together=Together(left="10", right="10", n_cards=3, left_tier="auto", right_tier="auto"),
        rules=(RuleMet(name="phone", n_cards=2), RuleMet(name="surname_head + city", n_cards=9)),
    )


def drawn(pair: Waterfall, width: int = 80, **more) -> str:
    options = {"color": False, "next_commands": NEXT} | more
    return render_waterfall(pair, width=width, **options)


def row(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def test_the_document_is_plain_json_of_its_schema(pair) -> None:
    document = json.loads(json.dumps(waterfall_document(pair), allow_nan=False))
    assert document["schema"] == "crmclean.explain/1"
    assert (document["left_id"], document["right_id"]) == ("10", "20")
    assert document["tier"] == "auto"
    surname = document["steps"][0]
    assert (surname["bits"], surname["rarity_bits"], surname["label"]) == (6.0, 3.5, "the same")
    assert document["steps"][3]["m"] is None
    assert document["steps"][3]["context"] is None
    assert document["rules"] == [
        {"name": "phone", "cards": 2},
        {"name": "surname_head + city", "cards": 9},
    ]
    cluster = document["cluster"]
    assert (cluster["same"], cluster["both_auto"], cluster["cards"]) == (True, True, 3)
    parts = document["prior_bits"] + sum(s["bits"] + s["rarity_bits"] for s in document["steps"])
    assert parts == document["weight"]


def test_the_document_has_values_only_when_asked(pair) -> None:
    assert "+7906" not in json.dumps(waterfall_document(pair))
    assert "примеров" not in json.dumps(waterfall_document(pair), ensure_ascii=False)
    phone = waterfall_document(pair, show_values=True)["steps"][2]
    assert phone["left_values"] == ["+79060000001", "+79060000002"]
    assert phone["right_values"] == ["+79060000001"]


def test_a_pair_that_is_not_listed_has_no_numbers() -> None:
    pair = Unlisted(entity="company", left_id="1", right_id="2", together=Together())
    document = waterfall_document(pair)
    assert document.keys() >= {"entity", "left_id", "right_id", "steps", "cluster"}
    assert document["steps"] == []
    assert document["is_listed"] is False
    assert document["weight"] is document["probability"] is document["tier"] is None
    text = render_unlisted(pair, width=80, color=False, next_commands=NEXT)
    assert text.splitlines()[0] == "● Companies 1 and 2  the scan does not list this pair"
    assert "not in one cluster" in text
    assert text.splitlines()[-1] == "Next: crmclean explain DUP110"


def test_the_greatest_evidence_stands_first_and_the_sum_last(pair) -> None:
    lines = drawn(pair).splitlines()
    starts = ("any two cards", "phone", "surname", "city", "all together")
    places = [at for at, line in enumerate(lines) if line.startswith(starts)]
    assert [lines[at].split("  ")[0] for at in places] == list(starts)
    shown = [[w for w in lines[at].split() if w[0] in "+−"][-1] for at in places]
    assert shown == ["−12.0", "+15.0", "+9.5", "−2.5", "+10.0"]


def test_a_bar_begins_where_the_one_before_ended(pair) -> None:
    text = drawn(pair)
    names = ("any two cards", "phone", "surname", "city")
    spans = []
    for name in names:
        marks = [at for at, sign in enumerate(row(text, name)) if sign in BARS]
        spans.append((marks[0], marks[-1]))
    prior, phone, surname, city = spans
    assert prior[0] == phone[0]
    assert abs(surname[0] - phone[1]) <= 1
    assert abs(surname[1] - city[1]) <= 1
    total = row(text, "all together")
    assert max(at for at, sign in enumerate(total) if sign in BARS) == pytest.approx(city[0], abs=1)
    assert len({row(text, name).index("│") for name in (*names, "all together")}) == 1


def test_evidence_for_and_against_look_different_without_colour(pair) -> None:
    assert "█" in row(drawn(pair), "phone")
    assert "▒" in row(drawn(pair), "city")
    plain = drawn(pair, ascii=True)
    assert plain.isascii() or set(plain) - set(map(chr, range(128))) <= set("примеровенза")
    assert "+++" in row(plain, "phone")
    assert "--" in row(plain, "city")


@pytest.mark.parametrize("width", [40, 59, 60, 80, 95, 96, 100, 140])
@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_line_is_wider_than_the_terminal(pair, width, ascii, lang) -> None:
    language.use(lang)
    text = drawn(pair, width, ascii=ascii)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_a_wide_terminal_tells_how_often_a_level_is_seen(pair) -> None:
    assert "Others" not in drawn(pair, 80)
    assert "80.0%" in row(drawn(pair, 100), "phone")
    assert "1 in 40,960" in row(drawn(pair, 100), "phone")
    seldom = replace(pair, steps=(step("phone", 29.0),))
    assert "<1 in 1,000,000" in row(drawn(seldom, 100), "phone")


def test_rarity_and_what_is_missing_are_told(pair) -> None:
    text = drawn(pair)
    assert "the same, rare: +3.5" in text
    assert "Not compared, since a card lacks it: birth date." in text
    common = replace(pair, steps=(step("surname", 6.0, -1.5),))
    assert "the same, common: −1.5" in drawn(common)


def test_values_are_shown_the_shared_ones_first_and_not_all(pair) -> None:
    many = replace(
        step("phone", 9.0),
        left_values=("1", "2", "3", "4", "9"),
        right_values=("9",),
    )
    assert "9, 1, 2, … | 9" in drawn(replace(pair, steps=(many,)))
    assert "примеров" not in drawn(pair, show_values=False)
    one_side = replace(step("phone", 9.0), left_values=("777",))
    assert "777" not in drawn(replace(pair, steps=(one_side,)))
    odd = replace(step("phone", 9.0), left_values=("a\x1b[31m\nb",), right_values=("a",))
    assert "\x1b" not in drawn(replace(pair, steps=(odd,)))


def test_the_context_is_told_where_there_is_one(pair) -> None:
    assert "share it too" not in drawn(pair)
    assert "The cards share: phone." in drawn(replace(pair, context="phone"))


def test_rules_are_told_where_they_are_known(pair) -> None:
    text = " ".join(drawn(pair).split())
    assert "phone (2 cards), surname (its beginning) + city (9 cards)" in text
    assert "blocking rule" not in drawn(replace(pair, rules=None))
    assert "No blocking rule" in drawn(replace(pair, rules=()))


@pytest.mark.parametrize(
    ("together", "told"),
    [
        (Together(left="1", right="1", n_cards=4), "in cluster 1 of 4 cards: for review."),
        (Together(left="1", right="7", n_cards=4), "They are in two clusters, 1 and 7."),
        (Together(left="1", n_cards=4), "They are not in one cluster."),
        (
            Together(left="1", right="7", n_cards=2, reasons=("conflict",)),
            "two birth dates or tax numbers contradict",
        ),
    ],
)
def test_what_the_clusters_say_is_told(pair, together, told) -> None:
    assert told in drawn(replace(pair, together=together))


def test_reasons_are_not_given_for_an_unlikely_pair(pair) -> None:
    together = Together(left="1", right="7", n_cards=2, reasons=("size",))
    unlikely = replace(pair, together=together, weight=-3.0, tier="reject")
    assert "too large" not in drawn(unlikely)


def test_numbers_and_words_are_the_readers(pair) -> None:
    language.use("ru")
    assert "+15,0" in drawn(pair)
    assert "Дальше:" in drawn(pair)


def test_a_column_of_the_users_own_is_named_by_its_header() -> None:
    assert comparison_name("x_номер_паспорта") == "номер паспорта"
    assert comparison_name("x_") == "x_"
    assert comparison_name("surname") == "surname"
    assert comparison_name("novel") == "novel"


def test_rules_are_named_by_what_they_take() -> None:
    assert rule_name("given + phone_tail") == "given name + phone (last digits)"
    assert rule_name("words") == "both names in either order"
    assert rule_name("email_login + x_код_head") == ("e-mail (before the @) + код (its beginning)")
    assert rule_name("tax_id") == "tax number"


def test_every_label_is_marked_in_the_gradings(pair) -> None:
    labels = {label for grading in GRADINGS.values() for label in grading.labels}
    assert {each.label for each in pair.steps if each.level >= 0} <= labels


def test_a_pair_of_which_nothing_was_compared_is_drawn() -> None:
    alone = Waterfall(
        entity="deal",
        left_id="1",
        right_id="2",
        prior=-3.0,
        steps=(),
        weight=-3.0,
        probability=1 / 9,
        tier="reject",
        context="strangers",
        together=Together(),
    )
    text = drawn(alone)
    assert text.splitlines()[0].startswith("✖ Cards 1 and 2")
    assert "one pair in 9 is a duplicate" in text

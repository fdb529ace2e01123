"""The groups that wait: where they come from, their orders, and what decisions leave of them."""

from __future__ import annotations

import random

import polars as pl
import pytest

from dedupe.review.deck import DONE, SKIPPED, TODO
from dedupe.review.queue import MAX_CARDS, build_queue
from dedupe.review.sample import draw_sample, measured
from dedupe.review.view import View
from tests.review_deck import deck_of, family, pairs_of_cards


def told(deck):
    return [(deck.head(g).tier, deck.cards_of(g)) for g in range(len(deck))]


def test_clusters_and_cards_that_only_share_a_number_are_groups(account, tmp_path) -> None:
    family(account, names=("Анна", "Анна К."), first=101)
    for id_ in (201, 202):
        account.card(id_, "Пётр")
        account.finding("DUP101", id_)
    for row in account.findings:
        row["group"] = "201"
    assert told(deck_of(account, tmp_path)) == [
        ("review", ("101", "102")),
        ("shared", ("201", "202")),
    ]


def test_a_number_that_one_cluster_shares_is_not_asked_twice(account, tmp_path) -> None:
    family(account, names=("Анна", "Анна К."), first=101)
    for id_ in (101, 102):
        account.finding("DUP101", id_)
    for row in account.findings:
        row["group"] = "101"
    assert told(deck_of(account, tmp_path)) == [("review", ("101", "102"))]


def test_a_group_too_large_for_a_page_is_counted_and_left_out(account, tmp_path) -> None:
    family(account, names=["Анна"] * (MAX_CARDS + 1))
    deck = deck_of(account, tmp_path)
    assert (len(deck), deck.queue.n_too_large) == (0, 1)
    assert deck.next_after(View(order="money"), None) is None


def test_the_queue_does_not_depend_on_the_order_of_rows(account) -> None:
    pairs_of_cards(account, 6)
    family(account, names=("А", "Б", "В"), first=301, tier="auto")
    inputs = account.inputs()

    def queue(seed: int):
        mixed = [
            frame.sample(fraction=1, shuffle=True, seed=seed)
            for frame in (inputs.clusters, inputs.pairs, inputs.findings)
        ]
        return build_queue(inputs.account, *mixed)

    first = queue(1)
    for seed in (2, 3):
        other = queue(seed)
        assert first.groups.equals(other.groups)
        assert first.cards.equals(other.cards)


def test_orders_are_by_money_by_doubt_and_by_kind(account, tmp_path) -> None:
    family(account, names=("А", "А"), first=101, tier="auto")  # probability 0.52
    family(account, names=("Б", "Б"), first=103)  # 0.56
    family(account, names=("В", "В"), first=110)  # 0.7
    account.deal(9, contacts=(103, 104), price=500.0)
    account.deal(8, contacts=(101,), price=900.0, state="won")
    deck = deck_of(account, tmp_path)
    order = {name: deck.orders[name].tolist() for name in deck.orders}
    assert order == {"money": [1, 0, 2], "doubt": [0, 1, 2], "code": [1, 2, 0]}
    assert [deck.head(g).money for g in range(3)] == [None, 500.0, None]


def test_a_decided_group_is_not_asked_again_and_a_put_off_one_comes_last(account, tmp_path) -> None:
    pairs_of_cards(account, 3)
    deck = deck_of(account, tmp_path)
    deck.decide([deck.log.made("skip", entity="contact", ids=deck.cards_of(0))])
    assert (deck.state(0), deck.next_after(View(order="code"), 0)) == (SKIPPED, 1)
    deck.decide([deck.log.made("same", entity="contact", ids=deck.cards_of(1))])
    deck.decide([deck.log.made("different", entity="contact", ids=deck.cards_of(2))])
    assert deck.next_after(View(order="code"), 2) == 0
    assert [deck.verdict(g) for g in range(3)] == ["", "same", "different"]
    assert (deck.counts().done, deck.counts().skipped, deck.counts().todo) == (2, 1, 0)
    assert deck_of(account, tmp_path).counts() == deck.counts()


def test_a_split_leaves_its_parts_to_be_decided(account, tmp_path) -> None:
    family(account, names=("А", "Б", "В", "Г", "Д"))
    deck = deck_of(account, tmp_path)
    split = deck.log.made("split", entity="contact", parts=(("101", "104", "105"), ("102", "103")))
    deck.decide([split])
    assert deck.parts(0) == [("101", "104", "105"), ("102", "103")]
    deck.decide([deck.log.made("same", entity="contact", ids=("101", "104", "105"))])
    assert deck.parts(0) == [("102", "103")]
    deck.decide([deck.log.made("different", entity="contact", ids=("102", "103"))])
    assert (deck.state(0), deck.verdict(0)) == (DONE, "mixed")


def test_a_card_that_joins_a_decided_group_opens_it(account, tmp_path) -> None:
    family(account, names=("А", "Б", "В"))
    deck = deck_of(account, tmp_path)
    deck.decide([deck.log.made("same", entity="contact", ids=("101", "103"))])
    assert (deck.state(0), deck.parts(0)) == (TODO, [("101", "102", "103")])


def test_undo_takes_the_last_decision_back_or_its_whole_batch(account, tmp_path) -> None:
    pairs_of_cards(account, 3)
    deck = deck_of(account, tmp_path)
    made = [
        deck.log.made("same", entity="contact", ids=deck.cards_of(g), batch="b-1") for g in (0, 1)
    ]
    deck.decide(made)
    deck.decide([deck.log.made("same", entity="contact", ids=deck.cards_of(2))])
    assert deck.undo(deck.last()) == [2]
    assert deck.undo(deck.last()) == [0, 1]
    assert deck.last() is None
    assert deck.counts().todo == 3


def test_only_ones_own_decision_is_taken_back(account, tmp_path) -> None:
    pairs_of_cards(account, 1)
    deck_of(account, tmp_path, who="boris").decide(
        [
            deck_of(account, tmp_path, who="boris").log.made(
                "same", entity="contact", ids=("101", "102")
            )
        ]
    )
    deck = deck_of(account, tmp_path)
    assert deck.state(0) == DONE
    assert deck.last() is None


def test_another_reviewers_decision_is_seen_at_once(account, tmp_path) -> None:
    pairs_of_cards(account, 2)
    mine, theirs = deck_of(account, tmp_path), deck_of(account, tmp_path, who="boris")
    theirs.decide([theirs.log.made("same", entity="contact", ids=theirs.cards_of(0))])
    mine.refresh()
    assert mine.state(0) == DONE


def test_groups_are_alike_that_show_the_same_reasons(account, tmp_path) -> None:
    for first, levels in ((101, (6, 3)), (201, (6, 3)), (301, (6, 0))):
        account.card(first, "А")
        account.card(first + 1, "Б")
        account.cluster(first, first + 1, tier="review", g_surname=levels[0], g_phone=levels[1])
    deck = deck_of(account, tmp_path)
    assert [deck.alike(g).tolist() for g in range(3)] == [[0, 1], [0, 1], [2]]


def test_every_way_of_deciding_ends_with_nothing_open(account, tmp_path) -> None:
    family(account, names=[f"Имя {i}" for i in range(6)])
    for seed in range(8):
        dice = random.Random(seed)
        deck = deck_of(account, tmp_path / str(seed))
        for _ in range(40):
            parts = deck.parts(0)
            if not parts:
                break
            ids = parts[0]
            kind = dice.choice(["same", "different", "split"])
            if kind == "split":
                cut = dice.randint(1, len(ids) - 1)
                made = deck.log.made("split", entity="contact", parts=(ids[:cut], ids[cut:]))
            else:
                made = deck.log.made(kind, entity="contact", ids=ids)
            deck.decide([made])
        assert deck.state(0) == DONE


def test_a_sample_is_the_same_for_the_same_seed_and_half_of_either_tier(account, tmp_path) -> None:
    pairs_of_cards(account, 20, first=1001, tier="auto")
    pairs_of_cards(account, 20, first=2001, tier="review")
    queue = deck_of(account, tmp_path).queue
    drawn = draw_sample(queue, 10, 7)
    assert draw_sample(queue, 10, 7) == drawn
    assert draw_sample(queue, 10, 8).groups != drawn.groups
    tiers = queue.groups.filter(pl.col("g").is_in(drawn.groups))["tier"].value_counts()
    assert dict(tiers.iter_rows()) == {"auto": 5, "review": 5}
    assert len(draw_sample(queue, 1_000, 7).groups) == 40


def test_a_sample_gives_a_precision_with_its_interval(account, tmp_path) -> None:
    pairs_of_cards(account, 10, first=1001, tier="auto")
    base = deck_of(account, tmp_path)
    deck = deck_of(account, tmp_path, sample=draw_sample(base.queue, 10, 7))
    for at, g in enumerate(deck.sample.groups):
        kind = "different" if at == 0 else "skip" if at == 1 else "same"
        deck.decide([deck.log.made(kind, entity="contact", ids=deck.cards_of(g))])
    (auto,) = measured(deck)
    assert (auto.tier, auto.right, auto.n, auto.waiting) == ("auto", 8, 9, 1)
    assert auto.share == pytest.approx(8 / 9)
    assert (round(auto.low, 3), round(auto.high, 3)) == (0.565, 0.980)

"""Every guard keeps its group from an automatic merge, and lets its neighbour pass."""

from __future__ import annotations

import pytest

from dedupe.config.planning import Planning
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanOptions

PHONE = "+79161234567"


@pytest.fixture
def pair(account):
    account.card(101, phones=[PHONE])
    account.card(102, phones=[PHONE])
    account.cluster(101, 102)
    return account


def left_out(account, decisions=None, **options):
    plan = build_plan(account.inputs(decisions), PlanOptions(**options))
    return plan.kinds.get("merge", 0), dict(plan.header.left_out)


ACCEPT = [{"entity": "contact", "left_id": "101", "right_id": "102", "verdict": "accept"}]


def test_a_plain_pair_passes(pair) -> None:
    assert left_out(pair) == (1, {})


def crowd(account):
    for id_ in (201, 202, 203):
        account.card(id_, phones=[PHONE])


def two_tax_numbers(account):
    for id_, number in (("101", "7707083893"), ("102", "500100732259")):
        account.add("field_values", entity="contact", record_id=id_, field_id="703", raw=number)


def two_birthdays(account):
    account.pairs[0]["g_birth_date"] = 0


def own_number(account):
    account.statuses[PHONE] = "own"


def chat(account):
    account.add("messages", id="1", entity="contact", record_id="102", text="Здравствуйте")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (crowd, "shared"),
        (two_tax_numbers, "conflict"),
        (two_birthdays, "conflict"),
        (own_number, "own_contact"),
        (chat, "chat"),
    ],
)
def test_a_guard_stops_the_automatic_merge_and_a_person_may_overrule_it(
    pair, spoil, reason
) -> None:
    spoil(pair)
    assert left_out(pair) == (0, {reason: 1})
    assert left_out(pair, ACCEPT) == (1, {})


def test_three_persons_on_a_number_are_no_crowd_and_a_cluster_is_one_person(pair) -> None:
    pair.card(201, phones=[PHONE])
    pair.card(202, phones=[PHONE])
    assert left_out(pair)[0] == 1
    pair.card(203, phones=[PHONE])
    pair.cluster(202, 203, tier="review")
    assert left_out(pair) == (1, {"review": 1})


def test_the_same_tax_number_in_another_spelling_is_no_conflict(pair) -> None:
    for id_, number in (("101", "7707083893"), ("102", "77 07 08 38 93")):
        pair.add("field_values", entity="contact", record_id=id_, field_id="703", raw=number)
    assert left_out(pair) == (1, {})


def test_a_group_too_large_is_left_out_whoever_accepted_it(account) -> None:
    for id_ in range(101, 107):
        account.card(id_, phones=[PHONE])
    account.cluster(*range(101, 107))
    assert left_out(account) == (0, {"too_large": 1})
    assert left_out(account, ACCEPT) == (0, {"too_large": 1})
    assert left_out(account, planning=Planning(max_group=6))[0] == 1


def test_review_waits_for_a_decision_and_a_rejected_pair_stays_apart(account) -> None:
    for id_ in (101, 102):
        account.card(id_, phones=[PHONE])
    account.cluster(101, 102, tier="review", probability=0.8)
    assert left_out(account) == (0, {"review": 1})
    assert left_out(account, ACCEPT) == (1, {})
    rejected = [ACCEPT[0] | {"verdict": "reject"}]
    assert left_out(account, rejected) == (0, {"review": 1})


def test_a_chain_over_a_rejected_pair_is_left_to_people(account) -> None:
    for id_ in (101, 102, 103):
        account.card(id_, phones=[PHONE])
    account.cluster(101, 102, 103)
    no = [{"entity": "contact", "left_id": "101", "right_id": "103", "verdict": "reject"}]
    assert left_out(account, no) == (0, {"rejected": 1, "review": 1})


def test_an_accepted_group_needs_approval_and_an_automatic_one_none(pair) -> None:
    (auto,) = build_plan(pair.inputs()).groups
    (accepted,) = build_plan(pair.inputs(ACCEPT)).groups
    assert (auto.requires, accepted.requires) == ("auto", "approve")


def test_the_review_part_of_a_cluster_is_not_swept_along(account) -> None:
    for id_ in (101, 102, 103):
        account.card(id_, phones=[PHONE])
    account.cluster(101, 102)
    account.clusters.append(account.clusters[0] | {"record_id": "103", "tier": "review"})
    account.pair(102, 103, tier="review")
    plan = build_plan(account.inputs())
    assert [ref.id for ref in plan.groups[0].members] == ["101", "102"]
    assert plan.header.left_out == {"review": 1}


def test_marked_and_deleted_cards_are_left_alone(pair) -> None:
    pair.add("record_tags", entity="contact", record_id="102", tag="crmclean-duplicate")
    assert left_out(pair) == (0, {"merged_before": 1})


@pytest.mark.parametrize("part", ["links.contact.deal", "record_tags.contact"])
def test_what_was_not_read_could_be_lost_so_nothing_is_merged(pair, part) -> None:
    pair.not_read[part] = "no_right"
    assert left_out(pair) == (0, {"no_data": 1})


def test_a_table_that_was_not_read_stops_merges_too(pair) -> None:
    del pair.rows["tasks"]
    assert left_out(pair) == (0, {"no_data": 1})

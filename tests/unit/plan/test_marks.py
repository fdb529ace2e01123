"""Which marked cards stand merged, which are needed still, and what a mark is."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from dedupe.config.planning import Planning
from dedupe.normalize import build_names
from dedupe.plan.build import build_plan
from dedupe.plan.marks import CROWD, find_marked
from dedupe.scan import ScanOptions, scan
from dedupe.scan.cards import live_cards

TAG = "crmclean-duplicate"
ONE, TWO = "+79161234567", "+79031112233"


def marked(account, planning: Planning | None = None) -> dict[str, tuple[str | None, str | None]]:
    """Return survivor and reason of each marked card."""
    inputs = account.inputs()
    cards = live_cards(inputs.account)
    found = find_marked(
        inputs.account, cards, inputs.values, build_names(cards), planning or Planning()
    )
    return {
        id_: (survivor, reason)
        for id_, survivor, reason in found.select("record_id", "survivor", "reason").iter_rows()
    }


def found(account, code: str, options: ScanOptions | None = None) -> list[str]:
    asked = replace(options or ScanOptions(), select=("DUP",))
    findings = scan(account.account(), asked).findings
    return sorted(set(findings.filter(pl.col("code") == code)["record_id"]))


@pytest.fixture
def merged(account):
    """Two cards of a client, of which 12 was merged into 11, and a stranger."""
    account.card(11, "Иван Зимний", phones=[ONE, TWO])
    account.card(12, "Иван Зимний", phones=[ONE], tags=[TAG])
    account.card(13, "Анна Летняя", phones=["+79265550011"])
    return account


def test_a_card_whose_values_another_one_has_stands_merged(merged) -> None:
    assert marked(merged) == {"12": ("11", None)}


def test_a_merged_card_is_in_no_check_of_duplicates_and_is_listed(merged) -> None:
    assert found(merged, "DUP111") == ["12"]
    assert found(merged, "DUP112") == []
    result = scan(merged.account())
    assert result.clusters.is_empty()
    assert result.pairs.filter(pl.col("right_id") == "12").is_empty()


def test_nothing_else_is_found_on_a_merged_card_and_the_health_does_not_count_it(merged) -> None:
    result = scan(merged.account())
    findings = result.findings.filter(pl.col("entity") == "contact")
    assert findings.filter(pl.col("record_id") == "12")["code"].to_list() == ["DUP111"]
    bases = {c.code: c.base for c in result.summary.checks if c.entity == "contact"}
    assert (bases["LNK101"], bases["CNT001"]) == (2, 3)
    assert set(findings.filter(pl.col("code") == "LNK101")["record_id"]) == {"11", "13"}
    assert result.summary.health.by_entity["contact"][1] == 2


def test_without_the_tag_the_group_is_back(merged) -> None:
    merged.rows["record_tags"].clear()
    assert marked(merged) == {}
    assert found(merged, "DUP101") == ["11", "12"]


@pytest.mark.parametrize("tag", ["Crmclean-duplicate", "crmclean", "дубль", "crmclean-duplicate "])
def test_a_tag_that_is_nearly_the_mark_hides_nothing(merged, tag) -> None:
    merged.rows["record_tags"][0]["tag"] = tag
    assert marked(merged) == {}
    assert found(merged, "DUP101") == ["11", "12"]


def test_the_mark_is_the_tag_of_the_settings(merged) -> None:
    planning = Planning(mark_tag="дубль")
    assert marked(merged, planning) == {}
    merged.rows["record_tags"][0]["tag"] = "дубль"
    assert marked(merged, planning) == {"12": ("11", None)}
    assert found(merged, "DUP101", ScanOptions(planning=planning)) == []


@pytest.mark.parametrize(("box", "is_marked"), [("true", True), ("false", False), (None, True)])
def test_a_box_that_says_no_takes_the_mark_off(merged, box, is_marked) -> None:
    merged.add("fields", entity="contact", id="799", name="Удалить", type="checkbox")
    if box is not None:
        merged.add("field_values", entity="contact", record_id="12", field_id="799", raw=box)
    assert bool(marked(merged)) is is_marked


def test_a_card_with_a_number_of_its_own_is_needed(account) -> None:
    account.card(11, phones=[ONE])
    account.card(12, phones=[ONE, TWO], tags=[TAG])
    assert marked(account) == {"12": ("11", "more_values")}
    assert found(account, "DUP112") == ["12"]
    assert found(account, "DUP101") == ["11", "12"]


def test_what_two_cards_hold_together_is_no_survivors(account) -> None:
    account.card(11, phones=[ONE])
    account.card(14, phones=[TWO])
    account.card(12, phones=[ONE, TWO], tags=[TAG])
    assert marked(account) == {"12": ("11", "more_values")}


def test_without_its_survivor_a_card_is_the_only_one_left(merged) -> None:
    merged.rows["contacts"][0]["is_deleted"] = True
    assert marked(merged) == {"12": (None, "no_survivor")}
    assert found(merged, "DUP112") == ["12"]


def test_two_marked_cards_do_not_stand_for_each_other(merged) -> None:
    merged.rows["contacts"][0]["is_deleted"] = True
    merged.card(15, "Иван Зимний", phones=[ONE], tags=[TAG])
    assert {reason for _, reason in marked(merged).values()} == {"no_survivor"}
    assert found(merged, "DUP101") == ["12", "15"]


def test_a_deal_or_a_task_on_a_marked_card_needs_it(merged) -> None:
    merged.task(501, "contact", 12)
    assert marked(merged) == {"12": ("11", "has_tasks")}
    merged.deal(901, contacts=[12])
    assert marked(merged) == {"12": ("11", "has_deals")}
    assert found(merged, "DUP101") == ["11", "12"]


def test_what_is_over_hangs_on_nothing(merged) -> None:
    merged.task(501, "contact", 12, done=True)
    merged.deal(901, contacts=[12], is_deleted=True)
    assert marked(merged) == {"12": ("11", None)}


def test_a_contact_on_a_marked_company_needs_it(account) -> None:
    account.card(21, "ООО Ромашка", entity="company", phones=[ONE])
    account.card(22, "ООО Ромашка", entity="company", phones=[ONE], tags=[TAG])
    account.rows["record_tags"][0]["entity"] = "company"
    assert marked(account) == {"22": ("21", None)}
    account.card(11, phones=[TWO])
    account.link("contact", 11, "company", 22)
    assert marked(account) == {"22": ("21", "has_contacts")}


def test_without_values_the_name_tells_the_survivor(account) -> None:
    account.card(11, "Иван Зимний")
    account.card(12, "зимний иван", tags=[TAG])
    account.card(13, "Пётр Зимний", tags=[TAG])
    assert marked(account) == {"12": ("11", None), "13": (None, "no_survivor")}


def test_a_crowds_number_tells_no_survivor_and_is_not_lost(account) -> None:
    for id_ in range(100, 101 + CROWD):
        account.card(id_, f"Клиент {id_}", phones=[TWO])
    account.card(11, "Иван Зимний", phones=[ONE])
    account.card(12, "Иван Зимний", phones=[ONE, TWO], tags=[TAG])
    assert marked(account) == {"12": ("11", None)}


def test_the_order_of_rows_changes_nothing(account) -> None:
    for id_ in (9, 10, 11):
        account.card(id_, phones=[ONE, TWO])
    account.card(12, phones=[TWO, ONE], tags=[TAG])
    account.task(501, "contact", 12)
    account.deal(901, contacts=[12])
    assert marked(account) == {"12": ("9", "has_deals")}
    for rows in account.rows.values():
        rows.reverse()
    assert marked(account) == {"12": ("9", "has_deals")}


def test_a_plan_leaves_the_values_of_marked_cards_alone(account) -> None:
    both = f"{ONE}; {TWO}"
    told = {"field": "phone", "value": both, "proposal": f"{ONE}; {TWO}", "confidence": 1.0}
    for id_, tags in ((11, []), (12, [TAG])):
        account.card(id_, phones=[both], tags=tags)
        account.finding("PHN201", id_, **told)
    plan = build_plan(account.inputs())
    assert [member.id for group in plan.groups for member in group.members] == ["11"]

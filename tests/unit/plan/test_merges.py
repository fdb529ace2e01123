"""A merge's operations: their order, their links, what is kept, what is marked."""

from __future__ import annotations

import pytest

from dedupe.config.planning import Planning
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanOptions
from dedupe.plan.ops import (
    AddNote,
    FieldChange,
    LinkCards,
    MoveTask,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from dedupe.plan.plan import Phase

S, L = Ref("contact", "101"), Ref("contact", "102")


def merged(account, **options):
    plan = build_plan(account.inputs(), PlanOptions(**options))
    (group,) = plan.groups
    return group, [op.op for op in plan.by_group[group.id]], plan


def only(ops, kind):
    return [op for op in ops if isinstance(op, kind)]


@pytest.fixture
def pair(account):
    account.card(101, phones=["+79161234567"], tags=["vip"], fields={"701": "Пенза"})
    account.card(102, name="Ваня Петров", phones=["8 916 123-45-67", ("+79035550011", "MOB")],
                 emails=["v@mail.ru"], tags=["опт"], owner_id="2",
                 fields={"701": "Самара", "707": "42"})  # fmt: skip
    account.deal(1, contacts=[101], main=101, state="won")
    account.deal(2, contacts=[102], main=102)
    account.deal(3, contacts=[101, 102], main=102)
    account.deal(4, contacts=[102, 999], main=999)
    account.deal(5, contacts=[101, 102], main=101)
    account.task(71, "contact", 102)
    account.task(72, "contact", 102, done=True)
    account.cluster(101, 102)
    return account


def test_the_survivor_has_the_won_deal_and_every_golden_value_its_origin(pair) -> None:
    group, _, plan = merged(pair)
    assert (group.survivor, group.losers, group.kind) == (S, (L,), "merge")
    origin = {each.field: (each.rule, each.from_ids) for each in group.golden}
    assert origin["id"] == ("most_won_deals", ("101",))
    assert origin["701"] == ("keep", ("101",))
    assert origin["707"] == ("fill_blank", ("102",))
    assert origin["PHONE"] == ("union", ("101", "102"))
    assert plan.header.field_names["contact.707"] == "Счёт"


def test_phases_go_from_keeping_to_marking_and_the_tag_is_the_very_last(pair) -> None:
    _, ops, plan = merged(pair)
    phases = [op.phase for op in plan.ops]
    assert phases == sorted(phases)
    assert set(phases) == set(Phase)
    assert ops[-1] == SetTags(record=L, add=("crmclean-duplicate",))
    assert isinstance(ops[0], AddNote)
    assert ops[0].record == S
    for op in plan.ops:
        earlier = {each.id for each in plan.ops if each.phase < op.phase}
        assert set(op.after) <= earlier
        assert bool(op.after) is bool(earlier)


def test_values_are_joined_and_blanks_filled_on_the_survivor_alone(pair) -> None:
    _, ops, _ = merged(pair)
    (patch,) = only(ops, PatchCard)
    assert patch.record == S
    by_field = {change.field: change for change in patch.changes}
    assert [item.raw for item in by_field["PHONE"].new] == ["+79035550011"]
    assert [item.label for item in by_field["PHONE"].new] == ["MOB"]
    assert [item.raw for item in by_field["EMAIL"].new] == ["v@mail.ru"]
    assert by_field["707"] == FieldChange(field="707", before=None, after="42")
    assert "701" not in by_field
    assert not any(isinstance(c, ValuesChange) and c.old for c in patch.changes)


def test_what_loses_is_written_out_in_the_note(pair) -> None:
    _, ops, _ = merged(pair)
    note = only(ops, AddNote)[0].text
    for told in ("Город: Самара", "Ваня Петров", "Менеджер 2", "deals: 2, 3, 4, 5"):
        assert told in note
    assert "42" not in note.replace("102", "")


def test_links_are_made_before_any_is_taken_and_one_contact_stays_main(pair) -> None:
    _, ops, _ = merged(pair)
    links = {op.deal_or_card.id: op for op in only(ops, LinkCards)}
    assert set(links) == {"2", "3", "4"}
    assert (links["2"].is_main, links["2"].was_main, links["2"].was_linked) == (True, "102", False)
    assert (links["3"].is_main, links["3"].was_main, links["3"].was_linked) == (True, "102", True)
    assert (links["4"].is_main, links["4"].was_main) == (False, "999")
    unlinks = only(ops, UnlinkCards)
    assert [op.deal_or_card.id for op in unlinks] == ["2", "3", "4", "5"]
    assert {op.to for op in unlinks} == {L}
    assert max(ops.index(op) for op in links.values()) < min(ops.index(op) for op in unlinks)


def test_open_tasks_move_and_done_ones_stay(pair) -> None:
    _, ops, _ = merged(pair)
    assert only(ops, MoveTask) == [MoveTask(task=Ref("task", "71"), before=L, after=S)]


def test_the_delete_checkbox_is_ticked_before_the_tag(pair) -> None:
    pair.add("fields", entity="contact", id="709", name="удалить", type="checkbox")
    _, ops, _ = merged(pair)
    tick = only(ops, PatchCard)[-1]
    assert tick.record == L
    assert tick.changes == (FieldChange(field="709", before=None, after="true"),)
    assert ops.index(tick) == len(ops) - 2


def test_the_checkbox_and_the_tag_may_be_named_in_the_config(pair) -> None:
    pair.add("fields", entity="contact", id="710", name="Мусор", type="checkbox")
    planning = Planning(delete_field="Мусор", mark_tag="дубль")
    _, ops, _ = merged(pair, planning=planning)
    assert only(ops, PatchCard)[-1].changes[0].field == "710"
    assert ops[-1].add == ("дубль",)


def test_a_number_in_a_text_field_that_loses_goes_to_the_phones(account) -> None:
    for id_, raw in ((101, "+79161234567"), (102, "+79995550022")):
        account.card(id_, phones=["+79161234567"])
        account.add("channels", entity="contact", record_id=str(id_), kind="phone", raw=raw,
                    field_id="702", position=1)  # fmt: skip
    account.cluster(101, 102)
    _, ops, _ = merged(account)
    (patch,) = only(ops, PatchCard)
    assert [item.raw for item in patch.changes[0].new] == ["+79995550022"]
    assert "+79995550022" in only(ops, AddNote)[0].text


def test_a_contact_without_a_company_gets_one_and_a_second_one_is_told(account) -> None:
    for id_ in (101, 102, 103):
        account.card(id_, phones=["+79161234567"])
    for id_ in (501, 502):
        account.card(id_, "ООО Ромашка", entity="company")
    account.link("contact", 102, "company", 501)
    account.link("contact", 103, "company", 502)
    account.cluster(101, 102, 103)
    _, ops, _ = merged(account)
    assert only(ops, LinkCards) == [LinkCards(deal_or_card=S, to=Ref("company", "501"))]
    assert "company: 502" in only(ops, AddNote)[0].text


def test_companies_hand_over_their_contacts_and_deals(account) -> None:
    for id_ in (501, 502):
        account.card(id_, "ООО Ромашка", entity="company", phones=["+74951234567"])
    account.card(101)
    account.link("contact", 101, "company", 502)
    account.deal(1, company=502)
    account.cluster(501, 502, entity="company")
    group, ops, _ = merged(account)
    firm, loser = Ref("company", "501"), Ref("company", "502")
    assert (group.survivor, group.losers) == (firm, (loser,))
    assert [(op.deal_or_card, op.to, op.is_main) for op in only(ops, LinkCards)] == [
        (Ref("deal", "1"), firm, None),
        (Ref("contact", "101"), firm, None),
    ]
    assert [(op.deal_or_card, op.to) for op in only(ops, UnlinkCards)] == [
        (Ref("deal", "1"), loser),
        (Ref("contact", "101"), loser),
    ]


def test_a_chain_is_one_group_with_one_survivor(account) -> None:
    for id_ in (101, 102, 103):
        account.card(id_, phones=["+79161234567"])
    account.cluster(101, 102, 103)
    group, _, _ = merged(account)
    assert group.losers == (L, Ref("contact", "103"))


def test_a_very_long_note_is_several(account) -> None:
    account.card(101, phones=["+79161234567"], fields={"701": "Пенза"})
    account.card(102, fields={"701": "я" * 20_000})
    account.card(103, fields={"701": "ю" * 9_000})
    account.cluster(101, 102, 103)
    _, ops, _ = merged(account)
    texts = [op.text for op in only(ops, AddNote) if op.record == S]
    assert len(texts) > 1
    assert all(len(text) <= 8_000 for text in texts)
    assert "".join(texts).count("ю") == 9_000


def test_a_deal_that_we_may_not_see_is_moved_and_a_deleted_one_is_not(account) -> None:
    for id_ in (101, 102):
        account.card(id_, phones=["+79161234567"])
    account.deal(1, contacts=[102], main=102, is_deleted=True)
    account.link("contact", 102, "deal", 77, is_main=True)
    account.cluster(101, 102)
    _, ops, _ = merged(account)
    assert [op.deal_or_card.id for op in only(ops, LinkCards)] == ["77"]

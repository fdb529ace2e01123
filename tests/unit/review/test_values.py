"""Decisions on values: what is asked, what is written down, what a plan makes of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dedupe.contracts import FINDINGS
from dedupe.decisions import settle
from dedupe.plan.build import build_plan
from dedupe.review.states import DONE, SKIPPED, TODO
from dedupe.review.values_queue import build_values_queue
from dedupe.review.values_words import lost_words
from dedupe.review.view import View
from tests.review_deck import deck_of, doubled, pairs_of_cards, served, values_of


@pytest.fixture
def world(account, tmp_path):
    raws = [doubled(account, id_, owner_id=owner) for id_, owner in ((101, "1"), (102, "2"))]
    deck = deck_of(account, tmp_path)
    values = values_of(account, deck)
    with served(deck, account, values) as (_, client):
        yield deck, values, client, raws


def last(deck):
    return deck.log.read()[-1]


def planned(account, deck):
    plan = build_plan(replace(account.inputs(), settled=settle(deck.log.read())))
    written = {
        op.op.record.id: [item.raw for change in op.op.changes for item in change.new]
        for op in plan.ops
    }
    return plan, written


def post(client, v, verdict, **told):
    return client.post(f"/value/{v}", data={"verdict": verdict, "part": ["0", "1"]} | told)


def test_only_unsure_texts_in_lists_of_unmarked_cards_are_asked_about(account, tmp_path) -> None:
    doubled(account, 101)
    sure = doubled(account, 102)
    account.findings[-1]["confidence"] = 0.9
    doubled(account, 103, tags=["merged"])
    account.card(104, fields={"702": sure})
    account.add("channels", entity="contact", record_id="104", kind="phone", raw=sure,
                field_id="702", position=0)  # fmt: skip
    account.finding("PHN201", 104, field="phone", value=sure, proposal="+7; +8", confidence=0.5)
    account.finding("ENR101", 101, field="phone", value="not on the card", proposal="+7916")
    account.finding("PHN301", 101, field="phone", value="text")
    values = values_of(account, deck_of(account, tmp_path))
    assert [values.value(v).record_id for v in range(len(values))] == ["101"]


def test_a_text_that_two_checks_have_found_is_asked_about_once(account, tmp_path) -> None:
    raw = doubled(account, 101)
    proposal = account.findings[-1]["proposal"]
    account.finding("PHN401", 101, field="phone", value=raw, proposal=proposal, confidence=0.8)
    values = values_of(account, deck_of(account, tmp_path))
    assert [values.value(v).code for v in range(len(values))] == ["PHN201"]


def test_the_queue_is_the_same_in_any_order_of_rows(account) -> None:
    for id_ in (101, 99, 1002, 500):
        doubled(account, id_, code="PHN201" if id_ % 2 else "PHN401")
    inputs = account.inputs()
    queues = [
        build_values_queue(
            inputs.account,
            inputs.findings.sample(fraction=1, shuffle=True, seed=seed),
            inputs.values.sample(fraction=1, shuffle=True, seed=seed),
        )
        for seed in (1, 2)
    ]
    assert queues[0].asked.equals(queues[1].asked)
    assert queues[0].evidence.equals(queues[1].evidence)
    told = queues[0].asked.select("code", "record_id").rows()
    assert told == [
        ("PHN201", "99"), ("PHN201", "101"), ("PHN401", "500"), ("PHN401", "1002"),
    ]  # fmt: skip


def test_files_have_no_values_to_decide_on(account) -> None:
    doubled(account)
    inputs = account.inputs()
    queue = build_values_queue(replace(inputs.account, crm="files"), inputs.findings, inputs.values)
    assert queue.asked.is_empty()


def test_a_value_shows_its_text_its_parts_and_what_speaks_for_them(account, tmp_path) -> None:
    raw = doubled(account, 101)
    account.card(102, phones=["+79160000101"])
    deck = deck_of(account, tmp_path)
    with served(deck, account, values_of(account, deck)) as (_, client):
        page = client.get("/value/0").text
    for words in (raw, "+79160000101", "+79035550001", "a valid number",
                  "1 other card has it too", "only a space stands between", "sure to 80",
                  "https://example.amocrm.ru/contacts/detail/101", "Менеджер 1"):  # fmt: skip
        assert words in page, words


def test_an_accepted_value_is_written_by_the_plan_after_approval(account, world) -> None:
    deck, values, client, _ = world
    assert planned(account, deck)[1] == {}
    answer = post(client, 0, "accept")
    assert answer.headers["location"] == "/value/1?said=written"
    plan, written = planned(account, deck)
    assert written == {"101": ["+79160000101", "+79035550001"]}
    assert (plan.groups[0].kind, plan.groups[0].requires) == ("split", "approve")
    assert dict(plan.header.left_out) == {"review": 1}
    assert values.state(0) == DONE
    line = deck.log.path.read_text("utf-8")
    assert '"crmclean.decisions/2"' in line
    assert not re.search(r"916|555", line.replace(last(deck).raw, "").replace(last(deck).id, ""))


def test_a_rejected_value_is_never_asked_about_nor_planned(account, world) -> None:
    deck, values, client, _ = world
    account.findings[0]["confidence"] = 1.0  # a later version is sure of it
    assert "101" in planned(account, deck)[1]
    post(client, 0, "reject")
    plan, written = planned(account, deck)
    assert written == {}
    assert dict(plan.header.left_out) == {"rejected": 1, "review": 1}
    assert values.in_states(View(), (TODO,)).tolist() == [1]
    assert values_of(account, deck).decided(0) is None  # surer now, so no longer in the queue


def test_chosen_parts_are_told_by_their_place_and_typed_ones_in_clear(account, world) -> None:
    deck, _, client, _ = world
    post(client, 0, "accept", part=["1"])
    assert (last(deck).verdict, last(deck).chosen, last(deck).edited) == ("edit", (1,), "")
    post(client, 1, "accept", text="+7 916 000-01-02\n+7 903 555-00-99")
    assert last(deck).edited == "+7 916 000-01-02; +7 903 555-00-99"
    assert planned(account, deck)[1] == {
        "101": ["+79035550001"],
        "102": ["+7 916 000-01-02", "+7 903 555-00-99"],
    }


def test_typed_parts_that_are_the_proposals_own_are_no_value_in_clear(world) -> None:
    deck, _, client, _ = world
    post(client, 0, "accept", text="+79035550001")
    assert (last(deck).chosen, last(deck).edited) == ((1,), "")
    post(client, 1, "accept", text="+79160000102; +79035550002")
    assert (last(deck).verdict, last(deck).edited) == ("accept", "")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"part": []}, "mark a part"),
        ({"text": "call him"}, "no phone number"),
        ({"text": "+7916\u0000111111"}, "no phone number"),
        ({"text": "1" * 2001}, "too long"),
        ({"verdict": "nonsense"}, "choose"),
    ],
)
def test_a_form_that_can_not_be_meant_is_told_on_the_page(world, told, words) -> None:
    deck, _, client, _ = world
    answer = client.post("/value/0", data={"verdict": "accept", "part": ["0", "1"]} | told)
    assert answer.status_code == 400
    assert words in answer.text
    assert deck.log.read() == ()
    if "text" in told and len(told["text"]) < 100:
        assert 'role="alert"' in answer.text


def test_a_page_that_is_out_of_date_decides_nothing(world) -> None:
    deck, _, client, _ = world
    post(client, 0, "reject")
    answer = post(client, 0, "accept")
    assert answer.status_code == 409
    assert len(deck.log.read()) == 1
    again = re.search(r'name="last" value="([^"]+)"', answer.text).group(1)
    assert post(client, 0, "accept", last=again).status_code == 303


def test_undo_takes_values_and_groups_back_in_turn(account, tmp_path) -> None:
    doubled(account, 501)
    pairs_of_cards(account, 1)
    deck = deck_of(account, tmp_path)
    values = values_of(account, deck)
    with served(deck, account, values) as (_, client):
        deck.decide([deck.log.made("same", entity="contact", ids=("101", "102"))])
        post(client, 0, "accept")
        assert client.post("/undo", data={"code": "PHN201"}).headers["location"] == (
            "/value/0?code=PHN201&said=undone"
        )
        assert (values.state(0), deck.state(0)) == (TODO, DONE)
        assert client.post("/undo", data={}).headers["location"] == "/group/0?said=undone"
        assert deck.state(0) == TODO


def test_a_put_off_value_comes_last_and_another_reviewers_word_is_seen(account, tmp_path) -> None:
    for id_ in (101, 102, 103):
        doubled(account, id_)
    mine, theirs = (deck_of(account, tmp_path, who=who) for who in ("anna", "boris"))
    own, other = values_of(account, mine), values_of(account, theirs)
    mine.decide([own.made(0, "skip")])
    assert (own.state(0), own.next_after(View(), 0)) == (SKIPPED, 1)
    theirs.decide([other.made(1, "accept"), other.made(2, "reject")])
    mine.refresh()
    assert [own.state(v) for v in range(3)] == [SKIPPED, DONE, DONE]
    assert own.next_after(View(), 2) == 0
    assert own.decided(1) == ("+79160000102", "+79035550002")
    assert own.decided(2) == ()


def test_a_card_that_has_changed_since_is_asked_about_again_and_told(account, world) -> None:
    deck, _, client, _ = world
    post(client, 0, "accept")
    post(client, 1, "reject")
    for row in account.rows["channels"]:
        row["raw"] = row["raw"].replace("916", "926")
    for row in account.findings:
        row["value"] = row["value"].replace("916", "926")
        row["proposal"] = row["proposal"].replace("916", "926")
    plan, written = planned(account, deck)
    assert written == {}
    assert dict(plan.header.left_out) == {"changed": 2}
    later = deck_of(account, deck.log.path.parent)
    anew = values_of(account, later)
    assert [(anew.state(v), anew.is_changed(v)) for v in range(2)] == [(TODO, True)] * 2
    with served(later, account, anew) as (_, client):
        assert "decided on before" in client.get("/value/0").text


def test_another_proposal_for_the_same_text_is_asked_about_but_a_rejection_holds(
    account, world
) -> None:
    deck, _, client, _ = world
    post(client, 0, "accept")
    post(client, 1, "reject")
    for row in account.findings:
        row["proposal"] += "; +79999999999"
    plan, written = planned(account, deck)
    assert written == {}
    assert dict(plan.header.left_out) == {"review": 1, "rejected": 1}
    anew = values_of(account, deck)
    assert [(anew.state(v), anew.is_changed(v)) for v in range(2)] == [(TODO, True), (DONE, False)]


def test_lists_are_narrowed_by_owner_entity_and_check(account, tmp_path) -> None:
    doubled(account, 101, owner_id="1")
    doubled(account, 102, owner_id="2", code="PHN401")
    doubled(account, 103, owner_id=None)
    pairs_of_cards(account, 2, first=201)
    account.rows["contacts"][-1]["owner_id"] = "2"
    deck = deck_of(account, tmp_path, who="менеджер 2")
    values = values_of(account, deck)
    assert values.shown(View(owner="2")).tolist() == [2]
    assert values.shown(View(owner="-")).tolist() == [1]
    assert values.shown(View(code="PHN401", owner="1")).tolist() == []
    assert deck.shown(View(owner="2")).tolist() == [1]
    assert deck.shown(View(entity="company")).tolist() == []
    with served(deck, account, values) as (_, client):
        page = client.get("/values").text
        assert "only mine (1)" in page
        assert "nobody (1)" in page
        page = client.get("/?owner=2&entity=contact&order=code").text
        assert "Анна 1" in page
        assert "Анна 0" not in page
        assert "decided 0 of 1" in page
        assert client.get("/next?owner=2&order=code").headers["location"] == (
            "/group/1?order=code&owner=2"
        )
        form = {"ids": "203,204", "in": ["203", "204"], "verdict": "same", "owner": "2"}
        assert client.post("/group/1", data=form).headers["location"] == "/done?owner=2&said=same"
        assert client.get("/?owner=nobody-like-this").status_code == 200


def test_what_a_value_holds_never_becomes_markup(account, tmp_path) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}\u202e</script>=1+1" + "5" * 5_000
    account.card(101, hostile, phones=[hostile])
    account.finding("PHN201", 101, field="phone", value=hostile,
                    proposal=f"{hostile}; =HYPERLINK(1)", confidence=0.5)  # fmt: skip
    deck = deck_of(account, tmp_path)
    with served(deck, account, values_of(account, deck)) as (_, client):
        for path in ("/values", "/value/0"):
            page = client.get(path)
            assert page.status_code == 200
            assert "<img" not in page.text
            assert "{{7*7}}" in page.text
            assert not re.search(r"<script(?! src=)", page.text)
        assert client.get("/value/1").status_code == 404


def test_a_finding_of_an_older_scan_without_evidence_is_still_asked_about(
    account, tmp_path
) -> None:
    raw = doubled(account, 101)
    inputs = account.inputs()
    few = inputs.values.select("entity", "record_id", "kind", "raw", "position", "value", "status")
    queue = build_values_queue(inputs.account, FINDINGS.conform(inputs.findings), few)
    assert queue.asked["raw"].to_list() == [raw]
    assert queue.evidence["status"].to_list() == ["valid", "valid"]


def test_values_without_groups_and_groups_without_values_have_their_pages(
    account, tmp_path
) -> None:
    deck = deck_of(account, tmp_path / "none")
    with served(deck, account, values_of(account, deck)) as (_, client):
        assert client.get("/").status_code == client.get("/values").status_code == 200
        assert "/values" not in client.get("/").text
    doubled(account, 101)
    deck = deck_of(account, tmp_path / "one")
    with served(deck, account, values_of(account, deck)) as (_, client):
        assert 'href="/values"' in client.get("/").text
        assert "1 value waits" in client.get("/done").text


@pytest.mark.parametrize(
    ("raw", "proposal", "lost"),
    [
        ("моб. 8 916 000-01-01, раб. 8 903 555-00-01", "+7916; +7903", ["моб.", "раб."]),
        ("8 916 000-01-01 доб. 12", "+79160000101 доб. 12", []),
        ("anna@example.com или Анна: b@example.com", "a; b", ["или", "Анна"]),
        ("8 916 000-01-01 / 02", "+7916; +7917", []),
    ],
)
def test_words_that_a_repair_would_lose_are_shown(account, tmp_path, raw, proposal, lost) -> None:
    account.card(101, phones=[raw])
    account.finding("PHN201", 101, field="phone", value=raw, proposal=proposal, confidence=0.8)
    deck = deck_of(account, tmp_path)
    values = values_of(account, deck)
    assert lost_words(values.value(0)) == lost
    with served(deck, account, values) as (_, client):
        assert ("so it goes" in client.get("/value/0").text) is bool(lost)

"""The page's server: what it shows, what its forms write down, with and without the script."""

from __future__ import annotations

import re

import pytest

from dedupe.language import use
from dedupe.review.deck import Sample
from tests.review_deck import deck_of, family, pairs_of_cards, sent, served


@pytest.fixture
def world(account, tmp_path):
    family(account, names=("Иван Петров", "Петров И.", "Мария"))
    pairs_of_cards(account, 4, first=201)
    account.deal(9, contacts=(101,), price=45000.0)
    deck = deck_of(account, tmp_path)
    with served(deck, account) as (server, client):
        yield deck, server, client


def last(deck):
    return deck.log.read()[-1]


def test_every_page_is_whole_html_without_inline_code(world) -> None:
    _, _, client = world
    paths = ["/", "/?order=doubt&show=all&page=99", "/group/0", "/alike/1?verdict=same",
             "/thresholds?auto=0.9&review=nan", "/help", "/done"]  # fmt: skip
    for path in paths:
        page = client.get(path)
        assert page.status_code == 200, path
        assert page.text.startswith("<!DOCTYPE html>")
        assert "{{" not in page.text
        assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=|javascript:", page.text), path
    for name in ("review.css", "review.js"):
        assert client.get(f"/static/{name}").status_code == 200
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/group/99").status_code == 404


def test_a_group_shows_its_cards_and_marks_what_differs(world) -> None:
    _, _, client = world
    page = client.get("/group/0").text
    for text in ("Иван Петров", "Петров И.", "+79160000101", "Менеджер 1", "45,000", "≠",
                 "https://example.amocrm.ru/contacts/detail/101"):  # fmt: skip
        assert text in page


def test_a_merge_writes_the_group_down_and_goes_on(world) -> None:
    deck, _, client = world
    answer = client.post("/group/0", data=sent(deck, 0, "same", survivor="102"))
    assert answer.status_code == 303
    assert re.fullmatch(r"/group/[1-4]\?said=same", answer.headers["location"])
    made = last(deck)
    assert (made.kind, made.ids, made.survivor) == ("same", ("101", "102", "103"), "102")
    assert (made.who, made.evidence.tier, made.values) == ("anna", "review", {})


def test_dropped_cards_are_held_apart(world) -> None:
    deck, _, client = world
    form = sent(deck, 0, "same") | {"in": ["101", "102"]}
    assert client.post("/group/0", data=form).status_code == 303
    assert (last(deck).ids, last(deck).apart) == (("101", "102"), ("103",))


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ({"text.name": "Иван Сергеевич"}, {"text": "Иван Сергеевич"}),
        ({"text.name": "Мария"}, {"from": "103"}),
        ({"text.name": "Иван Петров"}, None),
        ({"pick.name": "102"}, {"from": "102"}),
        ({"pick.name": "102", "text.name": "Петров И."}, {"from": "102"}),
    ],
)
def test_a_golden_value_is_named_by_its_card_unless_it_was_typed(world, form, value) -> None:
    deck, _, client = world
    told = sent(deck, 0, "same", survivor="101") | {"was.name": "Иван Петров"} | form
    assert client.post("/group/0", data=told).status_code == 303
    golden = last(deck).values.get("name")
    if value is None:
        assert golden is None
    else:
        assert value == ({"text": golden.text} if golden.text is not None
                         else {"from": golden.from_id})  # fmt: skip
    if value is None or "from" in value:
        assert "Иван" not in deck.log.path.read_text("utf-8")
        assert "Мария" not in deck.log.path.read_text("utf-8")


def test_looking_again_keeps_what_was_typed_and_writes_nothing(world) -> None:
    deck, _, client = world
    form = sent(deck, 0, "look", survivor="102") | {"text.name": "Иван Великий", "was.name": ""}
    page = client.post("/group/0", data=form)
    assert page.status_code == 200
    assert 'value="Иван Великий"' in page.text
    assert re.search(r'name="survivor" value="102" checked', page.text)
    assert deck.log.read() == ()


def test_a_split_stays_on_the_group_and_a_rejection_goes_on(world) -> None:
    deck, _, client = world
    form = sent(deck, 0, "split") | {"in": ["101", "103"]}
    assert client.post("/group/0", data=form).headers["location"].startswith("/group/0")
    assert last(deck).parts == (("101", "103"), ("102",))
    assert client.post("/group/0", data=sent(deck, 0, "different")).status_code == 303
    assert deck.verdict(0) == "different"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"verdict": "same", "in": ["101"]}, "two cards"),
        ({"verdict": "same", "in": ["101", "102"], "survivor": "103"}, "dropped"),
        ({"verdict": "split"}, "some of its cards"),
        ({"verdict": "nonsense"}, "choose"),
    ],
)
def test_a_form_that_can_not_be_meant_is_told_on_the_page(world, form, words) -> None:
    deck, _, client = world
    answer = client.post("/group/0", data=sent(deck, 0, "same") | form)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert deck.log.read() == ()


def test_a_page_that_is_out_of_date_decides_nothing(world) -> None:
    deck, _, client = world
    old = sent(deck, 0, "same")
    client.post("/group/0", data=sent(deck, 0, "split") | {"in": ["101"]})
    answer = client.post("/group/0", data=old)
    assert answer.status_code == 409
    assert len(deck.log.read()) == 1


def test_undo_leads_back_to_the_group(world) -> None:
    deck, _, client = world
    client.post("/group/2", data=sent(deck, 2, "same"))
    answer = client.post("/undo", data={"order": "code"})
    assert answer.headers["location"] == "/group/2?order=code&said=undone"
    assert deck.counts().done == 0
    assert client.post("/undo", data={}).status_code == 400


def test_one_decision_for_all_alike_shows_its_rule_and_count_first(world) -> None:
    deck, _, client = world
    page = client.get("/alike/1?verdict=different").text
    assert 'name="n" value="4"' in page
    assert client.post("/alike/1", data={"verdict": "different", "n": "3"}).status_code == 409
    assert deck.log.read() == ()
    assert client.post("/alike/1", data={"verdict": "different", "n": "4"}).status_code == 303
    assert deck.counts().done == 4
    client.post("/undo", data={})
    assert deck.counts().done == 0


def test_the_last_decision_leads_to_the_end(world) -> None:
    deck, server, client = world
    for g in range(5):
        answer = client.post(f"/group/{g}", data=sent(deck, g, "same"))
    assert answer.headers["location"] == "/done?said=same"
    assert "crmclean plan" in client.get("/done").text
    assert client.post("/finish", data={}).status_code == 200
    assert server.wait() == "finished"


def test_a_blind_sample_hides_scores_until_it_is_judged(account, tmp_path) -> None:
    pairs_of_cards(account, 4, tier="auto")
    deck = deck_of(account, tmp_path, sample=Sample(seed=7, groups=(2, 0)))
    with served(deck, account) as (_, client):
        for path in ("/", "/group/2", "/group/0", "/done"):
            page = client.get(path).text
            assert not re.search(r"\d%|\bsure\b|to check|Bits|/alike/", page), path
        assert client.get("/group/1").status_code == 404
        for g in (2, 0):
            client.post(f"/group/{g}", data=sent(deck, g, "same"))
        assert "100.0%" in client.get("/done").text
        assert last(deck).evidence.sample == "7"


def test_the_pages_speak_russian(world) -> None:
    _, _, client = world
    use("ru")
    try:
        page = client.get("/thresholds").text
    finally:
        use("en")
    assert '<html lang="ru">' in page


def test_what_cards_hold_never_becomes_markup(account, tmp_path) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}\u202e</script>\x00"
    family(account, names=(hostile, "Анна"))
    account.card(103, hostile, phones=[hostile], tags=[hostile], fields={"701": hostile})
    account.cluster(103, pairs=False)
    deck = deck_of(account, tmp_path)
    with served(deck, account) as (_, client):
        for path in ("/", "/group/0"):
            page = client.get(path)
            assert page.status_code == 200
            assert "<img" not in page.text
            assert "{{7*7}}" in page.text

"""Decisions on a card's value: told without the value, and only for the text they were about."""

from __future__ import annotations

import json

import pytest

from dedupe.decisions import DecisionLog, settle, shown_digest, spot_of
from dedupe.decisions.lines import MalformedError, parse_line, render_line
from dedupe.decisions.proposals import changed_places, decided_text, holds
from tests.review_deck import Clock

RAW, PROPOSAL = "8 916 123-45-67 / 68", "+79161234567; +79161234568"
SPOT = spot_of("contact", "7", "phone", RAW)


@pytest.fixture
def log(tmp_path) -> DecisionLog:
    return DecisionLog(tmp_path / "decisions.jsonl", "anna", now=Clock())


def made(log, verdict="accept", **told):
    entity, record_id, field, raw = SPOT
    facts = {"entity": entity, "record_id": record_id, "field": field, "raw": raw,
             "shown": shown_digest(SPOT, PROPOSAL), "code": "PHN201"}  # fmt: skip
    return log.made("proposal", verdict=verdict, **(facts | told))


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({}, PROPOSAL),
        ({"verdict": "reject"}, None),
        ({"verdict": "edit", "chosen": (1,)}, "+79161234568"),
        ({"verdict": "edit", "edited": "+7 916 123-45-67"}, "+7 916 123-45-67"),
    ],
)
def test_a_decision_is_the_same_after_it_was_written(log, told, text) -> None:
    decision = made(log, **told)
    assert parse_line(render_line(decision)) == decision
    assert decided_text(decision, PROPOSAL) == text


def test_the_line_does_not_hold_the_value(log) -> None:
    line = render_line(made(log))
    assert json.loads(line)["schema"] == "crmclean.decisions/2"
    assert not any(part in line for part in ("916", "1234567", RAW, PROPOSAL))


def test_two_digests_are_shared_by_many_numbers_but_not_by_two_cards() -> None:
    spots = [spot_of("contact", "7", "phone", f"+7916{n:07d}") for n in range(20_000)]
    assert len({spot[3] for spot in spots}) < 19_900  # 20 bits: of so few some share one
    assert {len(spot[3]) + len(shown_digest(spot, PROPOSAL)) for spot in spots} == {7}
    assert spot_of("contact", "8", "phone", RAW)[3] != SPOT[3]


def test_other_lines_keep_the_schema_that_older_versions_read(log) -> None:
    same = render_line(log.made("same", entity="contact", ids=("1", "2")))
    assert json.loads(same)["schema"] == "crmclean.decisions/1"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"schema": "crmclean.decisions/1"}, "field|raw|shown"),
        ({"schema": "crmclean.decisions/3"}, "schema"),
        ({"raw": ""}, "proposal"),
        ({"shown": ""}, "proposal"),
        ({"verdict": "edit"}, "proposal"),
        ({"chosen": [0]}, "proposal"),
        ({"verdict": "edit", "chosen": [0, 0]}, "chosen"),
        ({"verdict": "edit", "chosen": [-1]}, "chosen"),
        ({"verdict": "edit", "chosen": [True]}, "chosen"),
        ({"verdict": "edit", "chosen": [50]}, "chosen"),
    ],
)
def test_a_line_that_can_not_be_meant_is_refused(log, change, part) -> None:
    told = json.loads(render_line(made(log))) | change
    with pytest.raises(MalformedError, match=part):
        parse_line(json.dumps(told))


def test_a_decision_on_a_finding_can_not_be_put_off(log) -> None:
    line = render_line(
        log.made("value", entity="contact", record_id="1", code="X1", verdict="skip")
    )
    with pytest.raises(MalformedError, match="value"):
        parse_line(line)


def test_an_acceptance_holds_for_what_was_shown_and_a_rejection_for_the_text(log) -> None:
    other = PROPOSAL + "; +7999"
    told = {verdict: made(log, verdict) for verdict in ("accept", "reject", "skip")}
    told["typed"] = made(log, "edit", edited="+7916")
    told["chosen"] = made(log, "edit", chosen=(0,))
    assert {name for name, each in told.items() if holds(each, PROPOSAL)} == {
        "accept", "reject", "typed", "chosen",
    }  # fmt: skip
    assert {name for name, each in told.items() if holds(each, other)} == {"reject", "typed"}


def test_the_latest_decision_on_a_text_holds_and_undo_brings_the_one_before(log) -> None:
    first, second = made(log), made(log, "reject")
    assert settle([second, first]).proposals[SPOT] == second
    undone = log.made("undo", of=second.id)
    assert settle([first, second, undone]).proposals[SPOT] == first


def test_places_whose_text_is_gone_are_told(log) -> None:
    told = {SPOT: made(log)}
    assert changed_places(told, [SPOT]) == frozenset()
    now = spot_of("contact", "7", "phone", "another text")
    assert changed_places(told, [now]) == {("contact", "7", "phone")}

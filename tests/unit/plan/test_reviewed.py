"""A plan honours the reviewers: their groups, their rejections, their survivor and values."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import polars as pl
import pytest

from cli.planning import at_thresholds
from dedupe.config import Config, Matching
from dedupe.decisions import DecisionLog, settle
from dedupe.decisions.values import Golden
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanInputs
from dedupe.plan.ops import FieldChange, PatchCard
from tests.review_deck import Clock


@pytest.fixture
def log(tmp_path) -> DecisionLog:
    return DecisionLog(tmp_path / "decisions.jsonl", "anna", now=Clock())


def planned(inputs: PlanInputs, *decisions):
    return build_plan(replace(inputs, settled=settle(decisions)))


def members(plan):
    return [tuple(sorted(ref.id for ref in group.members)) for group in plan.groups]


def two(account, *, tier="review"):
    account.card(101, "Иван Петров", phones=["+79160000001"], fields={"701": "Пенза"})
    account.card(102, "Иван Сергеевич Петров", phones=["+79160000001"], fields={"701": "Тула"})
    account.cluster(101, 102, tier=tier)


def test_a_group_of_a_reviewer_is_merged_whatever_its_score(account, log) -> None:
    two(account)
    assert members(planned(account.inputs())) == []
    plan = planned(account.inputs(), log.made("same", entity="contact", ids=("101", "102")))
    assert members(plan) == [("101", "102")]
    assert plan.groups[0].requires == "approve"


def test_a_rejected_pair_is_never_merged(account, log) -> None:
    two(account, tier="auto")
    assert members(planned(account.inputs())) == [("101", "102")]
    rejected = log.made("different", entity="contact", ids=("101", "102"))
    plan = planned(account.inputs(), rejected)
    assert members(plan) == []


def test_a_dropped_card_stays_out_of_the_group(account, log) -> None:
    two(account)
    account.card(103, "Пётр Иванов", phones=["+79160000001"])
    account.cluster(103, tier="review", pairs=False)
    decision = log.made("same", entity="contact", ids=("101", "102"), apart=("103",))
    assert members(planned(account.inputs(), decision)) == [("101", "102")]


def test_the_reviewers_survivor_stays_and_their_values_win(account, log) -> None:
    two(account)
    for survivor in ("101", "102"):
        decision = log.made(
            "same",
            entity="contact",
            ids=("101", "102"),
            survivor=survivor,
            values={"name": Golden(text="Пётр Второй"), "701": Golden(from_id="102")},
        )
        plan = planned(account.inputs(), decision)
        (group,) = plan.groups
        assert group.survivor is not None
        assert group.survivor.id == survivor
        patches = [op.op for op in plan.ops if isinstance(op.op, PatchCard)]
        changed = {
            c.field: c.after for op in patches if op.record.id == survivor for c in op.changes
            if isinstance(c, FieldChange)
        }  # fmt: skip
        assert changed["name"] == "Пётр Второй"
        assert changed.get("701", "Тула") == "Тула"
        rules = {golden.field: golden.rule for golden in group.golden}
        assert rules["id"] == rules["701"] == "reviewer"


def test_the_value_that_lost_is_kept_in_a_note(account, log) -> None:
    two(account)
    decision = log.made("same", entity="contact", ids=("101", "102"), survivor="101",
                        values={"701": Golden(from_id="102")})  # fmt: skip
    plan = planned(account.inputs(), decision)
    notes = [op.op.text for op in plan.ops if type(op.op).__name__ == "AddNote"]
    assert any("Пенза" in text for text in notes)


def test_a_value_of_a_card_that_is_gone_changes_nothing(account, log) -> None:
    two(account)
    decision = log.made("same", entity="contact", ids=("101", "102"),
                        values={"701": Golden(from_id="999"), "708": Golden(text="x")})  # fmt: skip
    assert members(planned(account.inputs(), decision)) == [("101", "102")]


def test_a_group_that_is_too_large_is_still_for_a_look(account, log) -> None:
    for id_ in range(101, 108):
        account.card(id_, "Иван Петров", phones=["+79160000001"])
    decision = log.made("same", entity="contact", ids=tuple(map(str, range(101, 108))))
    plan = planned(account.inputs(), decision)
    assert members(plan) == []
    assert plan.header.left_out["too_large"] == 1


def test_a_table_of_decisions_has_the_last_word(account, log) -> None:
    two(account)
    row = {"entity": "contact", "left_id": "101", "right_id": "102", "verdict": "reject"}
    inputs = replace(account.inputs(), decisions=pl.DataFrame([row]))
    assert members(planned(inputs, log.made("same", entity="contact", ids=("101", "102")))) == []


@pytest.mark.parametrize(
    ("verdict", "edited", "found"),
    [("accept", "", "+79160000001; +79160000002"), ("reject", "", None),
     ("edit", "+79160000001; +79160000009", "+79160000001; +79160000009")],
)  # fmt: skip
def test_a_verdict_on_a_finding_is_honoured(account, log, verdict, edited, found) -> None:
    raw = "+79160000001 +79160000002"
    account.card(101, phones=[raw])
    account.finding("PHN201", 101, field="phone", value=raw,
                    proposal="+79160000001; +79160000002", confidence=0.1)  # fmt: skip
    decision = log.made("value", entity="contact", code="PHN201", record_id="101",
                        verdict=verdict, edited=edited)  # fmt: skip
    plan = planned(account.inputs(), decision)
    patches = [op.op for op in plan.ops if isinstance(op.op, PatchCard)]
    told = ["; ".join(item.raw for item in patch.changes[0].new) for patch in patches]
    assert told == ([found] if found else [])


def test_a_raised_threshold_holds_pairs_back_without_a_new_scan(account, tmp_path) -> None:
    two(account, tier="auto")  # of the probability 0.999
    entry = {"thresholds": {"listed": 0.01, "link": 0.0, "auto": 0.99}}
    said: list[str] = []
    session = SimpleNamespace(say=said.append)

    def at(auto: float, review: float = 0.5):
        config = Config(match=Matching(auto=auto, review=review))
        with patch("dedupe.match.model_file.load_model") as load:
            thresholds = SimpleNamespace(**entry["thresholds"])
            load.return_value = {"contact": SimpleNamespace(thresholds=thresholds)}
            return members(build_plan(at_thresholds(session, config, tmp_path, account.inputs())))

    (tmp_path / "model.json").write_text("{}", encoding="utf-8")
    assert at(0.99) == [("101", "102")]
    assert at(0.9995) == []
    assert said == []
    assert at(0.97) == [("101", "102")]
    assert at(0.99, review=0.4) == [("101", "102")]
    assert len(said) == 2

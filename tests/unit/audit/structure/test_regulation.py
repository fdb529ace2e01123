"""REG101 to REG103: the account's own rules."""

from __future__ import annotations

import re

import pytest

from dedupe.audit import run_checks
from dedupe.config import Regulation
from dedupe.errors import ConfigError
from tests.unit.audit.structure.small import (
    PIPELINES,
    STAGES,
    checked,
    deal,
    facts_of,
    found,
    metric,
    move,
    text_field,
    value,
)


def account(*rules: Regulation, deals: list[dict] | None = None, **more: object) -> object:
    standing = [deal(f"d{s}", s) for s in ("s1", "s2", "s3", "142", "143")]
    tables = {
        "deals": standing if deals is None else deals,
        "pipelines": PIPELINES,
        "statuses": STAGES,
        "fields": [text_field("deal", "7", "Город"), text_field("deal", "8", "Бренд")],
        "field_values": [value("deal", "ds3", "7", "Пенза")],
        "tasks": [{"id": "t", "entity": "deal", "record_id": "ds3"}],
    }
    return facts_of(regulations=rules, **tables | more)


AT = {"pipeline": "розница", "stage": "ЗАМЕР"}


def test_open_deals_at_the_stage_or_beyond_need_the_fields() -> None:
    facts = account(Regulation(name="Замер", require=("город", "8"), **AT))
    assert found("REG101", facts, "record_id", "field", "value", "group") == [
        ("ds2", "7", "Город", "regulation_1"),
        ("ds2", "8", "Бренд", "regulation_1"),
        ("ds3", "8", "Бренд", "regulation_1"),
    ]
    assert checked("REG101", facts)[0].base == 2


def test_what_two_rules_ask_for_is_found_once_and_counted_for_each() -> None:
    facts = account(
        Regulation(name="A", task_required=True),
        Regulation(name="B", require=("7",)),
        Regulation(name="C", require=("Город",), **AT),
    )
    assert found("REG101", facts, "record_id", "group") == [
        ("ds1", "regulation_2"),
        ("ds2", "regulation_2"),
    ]
    rows = metric("REG101", facts, "compliance", "rule", "n_deals", "n_kept", "share")
    assert rows == [("B", 3, 1, 1 / 3), ("C", 2, 1, 0.5)]


def test_the_longest_time_is_of_the_stage_itself_from_the_last_move() -> None:
    deals = [deal("in", "s2"), deal("out", "s2"), deal("moved", "s2"), deal("beyond", "s3")]
    rule = Regulation(name="A", max_age_hours=5 * 24, **AT)
    history = [move("in", "s1", "s2", 5), move("out", "s1", "s2", 5.1)]
    facts = account(rule, deals=deals, status_history=history)
    assert found("REG102", facts) == ["moved", "out"]  # "moved" by its last change, 10 days ago
    assert checked("REG102", facts)[0].base == 3


def test_a_task_may_be_required() -> None:
    facts = account(Regulation(name="A", task_required=True))
    assert found("REG103", facts) == ["ds1", "ds2"]
    assert checked("REG103", facts)[0].base == 3


def test_without_such_a_rule_nothing_is_checked() -> None:
    facts = account(Regulation(name="A", task_required=True))
    results = {r.code: r for r in run_checks(facts, select=["REG"]).results}
    assert [results[c].status for c in ("REG101", "REG102", "REG103")] == [
        "not_checked", "not_checked", "checked",
    ]  # fmt: skip
    assert results["REG101"].reason == "no such rule in the config"
    bare = facts_of(regulations=[Regulation(name="A", task_required=True)])
    assert run_checks(bare, select=["REG103"]).results[0].reason.startswith("no data: deals")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Regulation(name="A", pipeline="Розниса", task_required=True), "Розниса.*mean Розница"),
        (Regulation(name="A", pipeline="p", stage="Дагавор", task_required=True), "mean Договор"),
        (Regulation(name="A", pipeline="p", stage="?", task_required=True), 'regulation 1.*"A"'),
    ],
)
def test_a_name_nobody_knows_is_an_error_of_the_config(rule: Regulation, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        run_checks(account(rule), select=["REG103"])
    assert re.search(message, str(error.value))
    with pytest.raises(ConfigError, match="mean Город"):
        run_checks(account(Regulation(name="A", require=("Горад",))), select=["REG101"])

"""PIP and STG: the map, idle pipelines and stages, long ones, stages named like tasks."""

from __future__ import annotations

import pytest

from dedupe.audit.structure.verbs import is_task_like
from tests.unit.audit.structure.small import (
    PIPELINES,
    STAGES,
    ago,
    checked,
    deal,
    facts_of,
    found,
    metric,
    move,
)


def account(*deals: dict, **more: object) -> object:
    return facts_of(**{"deals": deals, "pipelines": PIPELINES, "statuses": STAGES} | more)


def test_the_map_tells_what_stands_at_each_stage_and_how_long() -> None:
    facts = account(
        deal("1", "s1", price=100.0),
        deal("2", "s1", price=-5.0, updated_at=ago(20)),
        deal("3", "s1", updated_at=None),
        deal("4", "142", price=9.0),
    )
    rows = metric("PIP001", facts, "pipelines", "number", "stage", "n_deals", "money", "days")
    assert rows == [
        (1, "Неразобранное", 0, 0.0, None),
        (2, "Новая", 3, 100.0, 15.0),
        (3, "Замер", 0, 0.0, None),
        (4, "Договор", 0, 0.0, None),
    ]
    assert checked("PIP001", facts)[0].found == 1


def test_days_at_a_stage_are_from_the_last_move_where_it_is_known() -> None:
    facts = account(deal("1", "s2"), status_history=[move("1", "s1", "s2", 3)])
    rows = metric("PIP001", facts, "pipelines", "stage", "days")
    assert dict(rows)["Замер"] == 3.0


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (deal("1", "142", created_at=ago(90)), ["p"]),
        (deal("1", "142", created_at=ago(89)), []),
        (deal("1", "s1", created_at=ago(900)), []),
        (deal("1", "s0", created_at=ago(900)), []),
        (deal("1", "142", created_at=None), ["p"]),
    ],
)
def test_a_pipeline_is_idle_without_open_and_new_deals(one: dict, expected: list[str]) -> None:
    assert found("PIP101", account(one)) == expected


def test_archived_pipelines_are_not_looked_at() -> None:
    gone = [{"id": "p", "name": "Старая", "is_archive": True}]
    facts = account(pipelines=gone, status_history=[])
    for code in ("PIP101", "PIP201", "PIP202", "STG101"):
        assert checked(code, facts)[0].base == 0, code


def test_a_pipeline_is_long_above_the_most_open_stages() -> None:
    assert found("PIP201", account(options={"PIP201": {"most": 3}})) == []
    told = found("PIP201", account(options={"PIP201": {"most": 2}}), "record_id", "value")
    assert told == [("p", "3")]


def test_what_goes_through_a_stage_is_of_deals_whose_moves_are_known() -> None:
    facts = account(
        deal("1", "142", created_at=ago(10)),
        deal("2", "s2", created_at=ago(10)),
        deal("3", "s3"),  # never moved: where it began is not known
        deal("4", "s3"),
        status_history=[
            move("1", "s1", "s2", 8),
            move("1", "s2", "142", 4),
            move("2", "s1", "s2", 6),
            move("4", None, "s3", 6),  # its first move is not there
        ],
    )
    rows = metric("PIP201", facts, "stages_passed", "stage", "n_deals", "n_all", "share", "days")
    assert rows == [
        ("Новая", 2, 2, 1.0, 3.0),
        ("Замер", 2, 2, 1.0, 4.0),
        ("Договор", 0, 2, 0.0, None),
    ]
    (told,) = checked("PIP201", facts)[1].metrics
    assert told.quality is not None
    assert (told.quality.usable, told.quality.base) == (2, 4)


def test_a_stage_is_idle_when_nothing_stands_there_or_came() -> None:
    facts = account(
        deal("1", "s1", created_at=ago(500)),
        deal("2", "142", created_at=ago(500)),
        status_history=[move("2", "s2", "s3", 90), move("2", "s3", "142", 89)],
    )
    assert found("STG101", facts) == ["p/s2", "p/s3"]  # the visit of s3 began 90 days ago
    assert found("STG101", account(status_history=[move("9", "s1", "s2", 1)])) == [
        "p/s1", "p/s2", "p/s3",
    ]  # fmt: skip


TASKS = ["Отправить КП", "Позвонить", "Найти поставщика", "Беречь клиента", "Связаться", "Звоните",
         "Отправьте счёт", "Call back", "Send offer", "Make a call", "Prepare papers"]  # fmt: skip
STATES = ["Новая", "Очередь", "Путь к сделке", "Печать", "Часть оплачена", "Готовность", "Новости",
          "Договор", "Call", "Order paid", "Contact made", "Sent", "Речь", "Помощь", "Дети", "",
          "!!!", "В работе", "КП отправлено", "Замер"]  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_a_name_that_begins_with_a_verb_is_a_task(name: str) -> None:
    assert is_task_like(name)


@pytest.mark.parametrize("name", STATES)
def test_nouns_and_what_was_done_are_no_tasks(name: str) -> None:
    assert not is_task_like(name)


def test_stages_named_like_tasks_are_open_ones() -> None:
    rows = [row | {"name": "Отправить КП"} for row in STAGES]
    assert found("PIP202", account(statuses=rows)) == ["p/s1", "p/s2", "p/s3"]

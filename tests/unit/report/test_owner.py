"""The owner's page and the work plan: what stands first, and why."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from dedupe.audit.registry import Check
from dedupe.contracts import CheckResult, Health
from dedupe.report import headline
from dedupe.report.changes import gain_words
from dedupe.report.content import Content
from dedupe.report.owner import build_owner
from dedupe.report.repairs import command_of, effort_text, how_text, way_of
from dedupe.report.work import build_work, by_owner

from .conftest import cards, finding, frame, make_check, result


def told(content: Content, *results: CheckResult) -> Content:
    codes = {
        "DUP101": make_check("DUP101", "error", "Shared phone", "contact", repair="review"),
        "PHN201": make_check("PHN201", "error", "Two in one", "contact", repair="auto"),
        "TSK101": make_check("TSK101", "error", "No task", "deal"),
        "FLD101": make_check("FLD101", "error", "Unused fields", "field"),
        "LNK101": make_check("LNK101", "warning", "No deals", "contact"),
        "FUN101": make_check("FUN101", "info", "Cohorts", "deal", repair="none"),
    }
    return replace(content, summary=replace(content.summary, checks=results), registry=codes)


def owner(content: Content):
    return build_owner(content, headline.ranked(content.summary, content.registry))


def test_errors_of_clients_stand_before_settings_and_warnings(content) -> None:
    shown = told(
        content,
        result("LNK101", "contact", 99, 100),
        result("FLD101", "field", 1, 1),
        result("TSK101", "deal", 5, 10),
        result("DUP101", "contact", 6, 100, groups=3),
    )
    assert [fact.code for fact in owner(shown).critical] == ["TSK101", "DUP101", "FLD101"]


def test_money_is_told_by_check_and_never_added_up(content) -> None:
    shown = told(
        content,
        replace(result("TSK101", "deal", 5, 10), money=3e6),
        replace(result("LNK101", "contact", 9, 100), money=9e6),
        replace(result("FUN101", "deal", 9, 100), money=8e9),
    )
    lines = owner(shown).money
    assert [fact.code for fact in lines] == ["TSK101", "LNK101"]


def test_what_the_program_repairs_by_itself_is_the_quickest_win(content) -> None:
    shown = told(
        content,
        result("DUP101", "contact", 60, 100, groups=30),
        result("PHN201", "contact", 2, 100),
        result("TSK101", "deal", 5, 10),
    )
    quick = owner(shown).quick
    assert [(f.code, f.detail) for f in quick] == [
        ("PHN201", "By the program, once you approve it"),
        ("DUP101", "By the program, after a person has looked at each group"),
    ]


def test_what_stands_under_the_money_is_not_told_twice(content) -> None:
    priced = replace(result("TSK101", "deal", 5, 10), money=1000.0)
    page = owner(told(content, priced, result("PHN201", "contact", 2, 100)))
    assert [(f.code, f.number, f.detail) for f in page.money] == [
        ("TSK101", "1,000", "5 \u00b7 50.0% of 10")
    ]
    assert [f.code for f in page.critical] == ["PHN201"]
    alone = owner(told(content, priced))
    assert [f.code for f in alone.critical] == ["TSK101"]  # better twice than "nothing was found"


def test_of_what_was_not_found_the_base_is_told_and_no_share(content) -> None:
    page = owner(told(content, result("PHN201", "contact", 0, 900), result("X", "deal", 3, 10)))
    assert [(f.number, f.detail) for f in page.good] == [("0", "of 900")]


@pytest.mark.parametrize(("gain", "told_of"), [(0.003, "▲ 0.3 pp"), (0.0004, ""), (None, "")])
def test_a_gain_has_its_unit_and_none_where_it_rounds_to_nothing(gain, told_of) -> None:
    assert gain_words(gain).replace("\xa0", " ") == told_of


def test_good_news_are_empty_checks_of_many_records(content) -> None:
    shown = told(
        content,
        result("DUP101", "contact", 0, 100, groups=0),
        result("PHN201", "contact", 0, 900),
        result("TSK101", "deal", 5, 10),
        result("FUN101", "deal", 0, 9000),
    )
    assert [fact.code for fact in owner(shown).good] == ["PHN201", "DUP101"]


def test_the_score_says_what_it_means(content) -> None:
    for clean, tone in ((99, "good"), (80, "warning"), (10, "error"), (None, "error")):
        health = None if clean is None else Health(cards=100, clean=clean, by_entity={})
        page = owner(replace(content, summary=replace(content.summary, health=health)))
        assert page.tone == tone
        assert bool(page.share) == bool(page.meaning) == (clean is not None)


def test_the_plan_ranks_by_severity_and_effort(content) -> None:
    shown = told(
        content,
        result("TSK101", "deal", 5000, 9000),  # an error, but weeks of work
        result("LNK101", "contact", 10, 100),
        result("PHN201", "contact", 4000, 9000),
        result("FUN101", "deal", 7, 10),
    )
    lines = build_work(shown, headline.ranked(shown.summary, shown.registry))
    assert [(line.priority, line.code) for line in lines] == [
        (1, "PHN201"),
        (2, "TSK101"),
        (2, "LNK101"),
    ]


def test_a_repair_names_its_command_only_where_there_is_one() -> None:
    auto = make_check("PHN201", "error", "t", "contact", repair="auto")
    field = make_check("FLD203", "info", "t", "deal", repair="review")
    tag = make_check("TAG101", "info", "t", "tag")
    assert command_of(auto) == "crmclean plan --only PHN201"
    assert [way_of(c, e) for c, e in ((auto, "contact"), (field, "deal"), (tag, "tag"))] == [
        "auto",
        "work",
        "settings",
    ]
    assert how_text(auto, "contact") != how_text(field, "deal")
    assert command_of(replace_plan(field, "tag")) == "crmclean plan --only FLD203"
    assert effort_text(tag, result("TAG101", "tag", 34, 87)).replace("\xa0", " ") == "≈ 3 h"


def replace_plan(check: Check, plan: str) -> Check:
    return replace(check, plan=plan)


def test_employees_are_counted_by_record_not_by_finding(content) -> None:
    owned = cards(
        ("contact", "1", "a", "Анна"), ("deal", "2", "b", "Анна"), ("deal", "3", "c", "Пётр")
    )
    rows = frame(
        [
            finding("DUP101", "contact", "1"),
            finding("PHN301", "contact", "1", severity="warning"),
            finding("X", "deal", "2", severity="info"),
            finding("TSK101", "deal", "3"),
        ]
    ).with_columns(money=pl.when(pl.col("entity") == "deal").then(7.0))
    metric = by_owner(replace(content, cards=owned), rows)
    assert metric is not None
    told_of = {row["owner"]: row for row in metric.rows.to_dicts()}
    assert told_of["Анна"] | {"group": None} == {
        "owner": "Анна",
        "group": None,
        "records": 2,
        "faulty": 1,
        "share": 0.5,
        "errors": 1,
        "warnings": 1,
        "money": 0.0,
    }
    assert told_of["Пётр"]["money"] == 7.0


def test_without_cards_there_is_no_table_of_employees(content) -> None:
    nobody = Content(summary=content.summary, findings=content.findings)
    assert by_owner(nobody, content.findings.collect()) is None

"""Two scans side by side: for people, for programs, and the ids behind a number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from dedupe import language
from dedupe.audit.compare import compare
from dedupe.contracts import Health, Summary
from dedupe.report.changes import change_text, gain_text, gain_words, money_text, most_at_risk
from dedupe.report.comparison import (
    Compared,
    comparison_document,
    render_comparison,
    render_records,
)
from dedupe.report.terminal import render_summary

from .conftest import finding, frame, missed, result

ALL = {"contact": (50, 100)}


@pytest.fixture
def told(summary, findings) -> Compared:
    """A week later: one shared phone is gone, two open deals more have no task."""
    checks = (
        replace(summary.checks[0], found=1200),
        result("DUP101", "contact", 5, 1200, groups=2),
        result("DUP101", "company", 2, 30, groups=1),
        result("PHN301", "contact", 3, 1200),
        replace(result("TSK101", "deal", 12, 20), severity="error"),
        missed("TSK301", "task_type", "no data: tasks, task_types"),
        result("OLD101", "contact", 1, 2),
    )
    old = replace(summary, checks=checks, health=Health(cards=100, clean=50, by_entity=ALL))
    later = frame(
        [
            *(finding("DUP101", "contact", i, "9") for i in ("9", "10", "11")),
            *(finding("DUP101", "company", i, "3") for i in ("3", "4")),
            *(finding("PHN301", "contact", i, "text", "warning") for i in ("10", "31", "32")),
            *(finding("TSK101", "deal", str(i)) for i in range(14)),
        ]
    )
    new_checks = (
        replace(checks[0], found=1210),
        replace(checks[1], found=3),
        *checks[2:4],
        replace(checks[4], found=14),
        result("TSK301", "task_type", 0, 3),
        missed("USR103", "user", "no data: user_rights"),
    )
    new = replace(summary, scan_id="s-2", checks=new_checks, health=old.health)
    comparison = compare(
        findings, later, checks, new_checks, old_health=old.health, new_health=new.health
    )
    return Compared(old=old, new=new, comparison=comparison)


def test_every_check_that_found_anything_has_a_row(told, checks) -> None:
    text = render_comparison(told, width=100, color=False, checks=checks)
    lines = text.replace("\u00a0", " ").splitlines()
    titles = ("Open deals", "phone: contacts", "phone: companies", "Contacts")
    row = {words: next(line for line in lines if words in line) for words in titles}
    assert row["Open deals"].split()[-7:] == ["12", "2", "0", "12", "14", "▲", "+2"]
    assert row["phone: contacts"].split()[-7:] == ["5", "0", "2", "3", "3", "▼", "−2"]
    assert row["phone: companies"].split()[-6:] == ["2", "0", "0", "2", "2", "0"]
    assert row["Contacts"].split()[-4:] == ["1,200", "1,210", "▲", "+10"]
    assert "s-1" in lines[0]
    assert "s-2" in lines[1]


def test_what_is_not_compared_says_why(told, checks) -> None:
    text = render_comparison(told, width=100, color=False, checks=checks)
    assert "TSK301: not checked then: no data: tasks, task types" in text
    assert "USR103: not checked now: no data: rights of users" in text
    assert "OLD101: not in the later scan" in text


@pytest.mark.parametrize("width", [40, 60, 80, 90, 120])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_it_fits_its_width_and_ascii_is_ascii(told, checks, width, lang) -> None:
    language.use(lang)
    text = render_comparison(told, width=width, color=False, checks=checks)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    if lang == "en":
        assert render_comparison(
            told, width=width, color=False, ascii=True, checks=checks
        ).isascii()


def test_ids_are_told_with_their_addresses(told) -> None:
    assert list(render_records(told, "TSK101")) == [
        f"+ deal {i} https://demo.amocrm.ru/leads/detail/{i}" for i in (12, 13)
    ]
    assert [line.split()[:3] for line in render_records(told, "DUP101")] == [
        ["-", "contact", "20"],
        ["-", "contact", "21"],
    ]
    assert list(render_records(told, "PHN301")) == []


def test_the_document_has_every_check_and_the_ids_that_are_asked_for(told) -> None:
    document = comparison_document(told, "DUP101")
    assert document["schema"] == "crmclean.diff/1"
    assert document["has_new"] is True
    (tasks,) = [each for each in document["checks"] if each["code"] == "TSK101"]
    assert tasks == {
        "code": "TSK101", "entity": "deal", "severity": "error", "before": 12, "now": 14,
        "change": 2, "new": 2, "fixed": 0, "left": 12, "gap": None, "reason": "",
    }  # fmt: skip
    (gone,) = [each for each in document["checks"] if each["code"] == "OLD101"]
    assert (gone["gap"], gone["new"]) == ("absent_now", None)
    states = [(each["record_id"], each["state"]) for each in document["records"]]
    assert ("20", "fixed") in states
    assert len(states) == 2
    assert "records" not in comparison_document(told)


def test_changes_in_words() -> None:
    assert [change_text(n) for n in (83, -140, 0, None)] == [
        "▲\u00a0+83",
        "▼\u00a0−140",
        "0",
        "",
    ]
    assert [gain_text(x) for x in (0.003, -0.012, 0.0, 0.0004, None)] == [
        "▲\u00a00.3",
        "▼\u00a01.2",
        "0",
        "0",
        "",
    ]
    assert money_text(950.4, "RUB") == "950\u00a0₽"
    assert money_text(38_412_000, "RUB") == "38.4\u00a0mln\u00a0₽"
    assert money_text(5, "") == "5"


def compared_summary(summary: Summary) -> Summary:
    checks = (
        replace(result("TSK101", "deal", 12, 20), new=5, fixed=1, left=7, money=38_400_000.0,
                severity="error"),
        replace(result("DUP101", "contact", 5, 1200, groups=2), new=0, fixed=140, left=5,
                money=1000.0, severity="error"),
        replace(result("EML202", "contact", 5, 9), new=0, fixed=0, left=5, money=9e9,
                severity="info"),
        replace(result("PHN301", "contact", 3, 1200), severity="warning"),
    )  # fmt: skip
    health = Health(cards=1000, clean=541, by_entity={})
    return replace(summary, checks=checks, baseline="s-0", health=health, currency="RUB")


@pytest.mark.parametrize("width", [80, 99, 100, 120])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_compared_summary_has_a_column_of_changes_and_fits(summary, checks, width, lang) -> None:
    language.use(lang)
    told = {"color": False, "files": {}, "next_commands": (), "checks": checks}
    text = render_summary(compared_summary(summary), width=width, **told)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    cells = next(line for line in text.splitlines() if " TSK101 " in line).replace("\u00a0", " ")
    assert "▲ +4" in cells
    assert "▼ −140" in text.replace("\u00a0", " ")
    base = "20" in cells.split("▲", maxsplit=1)[0].split()
    assert base is (width >= 100)
    bare = render_summary(replace(compared_summary(summary), baseline=""), width=width, **told)
    assert "▲" not in bare


def test_health_and_the_most_money_at_risk_stand_below_the_findings(summary, checks, told) -> None:
    text = render_summary(
        compared_summary(summary), width=80, color=False, files={}, next_commands=(),
        checks=checks, comparison=told.comparison,
    ).replace("\u00a0", " ")  # fmt: skip
    gain = gain_words(told.comparison.health_gain).replace("\u00a0", " ")
    assert f"Clean cards  54.1% ({gain})" in text
    assert "Money at risk  38.4 mln ₽ · Open deals, no task" in text
    # A hint is no risk, however dear its records are.
    most = most_at_risk(compared_summary(summary), checks)
    assert most is not None
    assert most.code == "TSK101"
    assert most_at_risk(summary, checks) is None

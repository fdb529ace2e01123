"""What a terminal shows of a scan: numbers, words, widths, colour."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from dedupe import language
from dedupe.audit.matches import LinkCounts, MatchCounts
from dedupe.audit.registry import CHECKS, Check
from dedupe.contracts import Note, Summary
from dedupe.report.explanation import render_explanation
from dedupe.report.terminal import render_check_list, render_summary

from .conftest import missed, result

FILES = {name: Path("out") / name for name in ("summary.json", "report.html")}
NEXT = ("crmclean explain TSK101", "crmclean report")


@pytest.fixture
def show(summary: Summary, checks: dict[str, Check]):
    def render(width: int = 100, *, color: bool = False, of: Summary = summary, **more) -> str:
        return render_summary(
            of, width=width, color=color, files=FILES, next_commands=NEXT, checks=checks, **more
        ).replace("\u00a0", " ")

    return render


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_whole_summary(show, lang) -> None:
    language.use(lang)
    golden = Path(__file__).parent / f"summary_{lang}.txt"
    assert f"{show()}\n" == golden.read_text(encoding="utf-8")


def test_a_narrow_terminal_keeps_code_check_and_number(show) -> None:
    text = show(60)
    assert " Share " not in text
    assert "Repair" not in text
    row = next(line for line in text.splitlines() if "TSK101 " in line)
    assert row.split()[-1] == "12"


@pytest.mark.parametrize("width", [40, 60, 79, 80, 120])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_line_but_a_path_is_wider_than_the_terminal(show, width, lang) -> None:
    language.use(lang)
    assert max(cell_len(line) for line in show(width).splitlines()) <= width


def test_a_number_is_never_broken_between_its_digits(summary, checks) -> None:
    language.use("ru")
    big = replace(summary, counts=dict.fromkeys(summary.counts, 91699123))
    for width in range(40, 70):
        text = render_summary(
            big, width=width, color=False, files={}, next_commands=(), checks=checks
        )
        assert text.count("91\u00a0699\u00a0123") >= 4


def test_a_path_is_never_broken(summary, checks) -> None:
    path = Path("/a" * 60) / "report.html"
    text = render_summary(
        summary, width=60, color=False, files={"r": path}, next_commands=(), checks=checks
    )
    assert f"Report: {path}" in text.splitlines()


def test_files_elsewhere_are_told_by_their_whole_path(summary, checks) -> None:
    files = {"a": Path("out/report.html"), "b": Path("far/summary.json")}
    text = render_summary(
        summary, width=80, color=False, files=files, next_commands=(), checks=checks
    )
    assert text.endswith("Report: out/report.html\nfar/summary.json")


def test_a_scan_without_files_or_next_commands_ends_with_its_findings(summary, checks) -> None:
    text = render_summary(summary, width=80, color=False, files={}, next_commands=(), checks=checks)
    assert text.endswith("people.csv: unheard_of: 2")


def test_ascii_marks_are_ascii(show) -> None:
    text = show(ascii=True)
    assert text.isascii()
    assert "Next: crmclean explain TSK101; crmclean report" in text


def test_colour_is_only_there_when_asked_for(show, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" not in show()
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    colored = show(color=True)
    assert "\x1b[31mTSK101" in colored
    bare = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [line.rstrip() for line in bare.splitlines()] == show().splitlines()


def test_a_code_without_a_check_is_still_a_row(show, summary) -> None:
    text = show(of=replace(summary, checks=(result("NEW900", "widget", 3, 4),)))
    assert re.search(r"NEW900 +\w+ +3 +75\.0% +4", text)


def test_a_scan_that_checked_nothing_says_so(show, summary) -> None:
    nothing = replace(
        summary,
        counts=dict.fromkeys(summary.counts),
        host="",
        account_id="",
        data_to=None,
        checks=(missed("TSK101", "deal", "no data: tasks"),),
    )
    text = show(of=nothing)
    assert "● export  scanned 2026-11-21 16:20 UTC" in text
    assert "0 of 1 · 1 not checked" in text
    assert "TSK101: no data (tasks)" in text
    assert "Found" not in text


def test_a_part_that_was_not_checked_is_told(show, summary) -> None:
    more = (*summary.checks, missed("PHN301", "company", "no data: channels.company.phone"))
    text = show(of=replace(summary, checks=more))
    assert "5 of 7 · 1 of them in part · 2 not checked" in text
    assert "PHN301: no data (phones of companies)" in text


def test_remarks_are_few_unless_all_is_asked_for(show, summary) -> None:
    notes = tuple(Note(code="bad_date", where=f"f{n}.csv", n=n) for n in range(1, 10))
    text = show(of=replace(summary, notes=notes), hints=False)
    assert "f5.csv: 5 dates could not be read\n  4 more: the report, or -v" in text
    assert "f9.csv: 9 dates" in show(of=replace(summary, notes=notes))


def test_escape_codes_of_an_account_do_not_reach_the_terminal(show, summary) -> None:
    assert "\x1b" not in show(of=replace(summary, host="evil\x1b]0;x"))


def test_an_explanation_holds_every_text_of_the_check(checks) -> None:
    text = render_explanation(checks["DUP101"], width=80, color=False)
    for words in (
        "DUP101  Shared phone",
        "What DUP101 counts.",
        "The risk of DUP101.",
        "The advice of DUP101.",
        "companies: contacts, phones of companies",
        "after review",
    ):
        assert words in text


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("width", [50, 100])
def test_the_check_list_names_every_check_once(lang, width) -> None:
    language.use(lang)
    text = render_check_list(CHECKS.values(), width=width, color=False)
    assert sorted(re.findall(r"^[A-Z]{3,8}\d{3}", text, re.M)) == sorted(CHECKS)
    assert max(cell_len(line) for line in text.splitlines()) <= width


MATCHES = MatchCounts(
    entity="contact", candidate_pairs=9000, pairs=900, links=850, auto=603, review=208
)


def test_the_tiers_stand_under_the_check_that_lists_the_clusters(show, summary) -> None:
    found = replace(summary, checks=(*summary.checks, result("DUP110", "contact", 1762, 1800, 811)))
    lines = show(of=found, matches=[MATCHES]).splitlines()
    at = next(number for number, line in enumerate(lines) if "DUP110" in line)
    assert "1,762 cards in 811 groups, 951 extra" in lines[at + 1]
    assert lines[at + 2].strip() == "603 auto · 208 to review"
    assert "to review" not in show(of=found)
    assert " auto" not in show(of=found, matches=[replace(MATCHES, auto=0)])


def test_links_of_two_tables_are_counted_in_the_header(show) -> None:
    linked = replace(MATCHES, between=LinkCounts(linked=1234, ambiguous=5, unlinked=66))
    line = next(line for line in show(matches=[linked]).splitlines() if "Links: contacts" in line)
    assert line.endswith("1,234 linked · 5 of them ambiguous · 66 not linked")
    assert "Links:" not in show(matches=[MATCHES])

"""All there is to know of a check: options, repair, and what a scan found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe.audit.registry import CHECKS, Option
from dedupe.report.explanation import Example, Seen, render_explanation


def text_of(check, **more) -> str:
    return render_explanation(check, width=120, color=False, **more)


def test_options_stand_with_their_defaults_and_reasons(checks) -> None:
    check = replace(
        checks["TSK101"],
        plan="task",
        options=(
            Option("days", 14, "Two weeks are enough."),
            Option("share", 0.5, "Half."),
            Option("names", ("a", "b"), "These."),
            Option("on", True, "Yes."),
            Option("costs", {"Mango": 2500.0}, "None known."),
            Option("word", "x", "A word."),
        ),
    )
    text = text_of(check)
    for words in (
        "[checks.options.TSK101] days = 14: Two weeks are enough.",
        "share = 0.5: Half.",
        'names = ["a", "b"]: These.',
        "on = true: Yes.",
        'costs = {"Mango" = 2500}: None known.',
        'word = "x": A word.',
        "a plan makes a task for the responsible employee",
        "crmclean plan --only TSK101",
    ):
        assert words in text
    assert "Options" not in text_of(checks["TSK101"])


def test_what_a_scan_found_stands_with_addresses_of_examples(checks, summary) -> None:
    results = tuple(each for each in summary.checks if each.code == "DUP101")
    examples = (Example(entity="contact", record_id="9"), Example(entity="user", record_id="x"))
    text = text_of(checks["DUP101"], seen=Seen(summary=summary, results=results, examples=examples))
    assert "In the scan s-1" in text
    assert "contacts: 5 of 1,200 (0.4%); 5 cards in 2 groups, 3 extra" in text
    assert "https://demo.amocrm.ru/contacts/detail/9" in text
    assert "users, id x" in text


def test_what_was_not_checked_says_why(checks, summary) -> None:
    seen = Seen(summary=summary, results=(summary.checks[-1],))
    assert "users: Not checked (no data: rights of users)" in text_of(checks["USR103"], seen=seen)


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_every_check_can_be_explained(code) -> None:
    assert code in text_of(CHECKS[code])

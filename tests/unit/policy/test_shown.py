"""What a person reads of runs: one in lines, several in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cli.commands.run import GRAVEST, gravest, outcome_lines, table_lines
from dedupe.language import use
from dedupe.policy.outcome import Changes, Found, HealthTold, Reason, RunOutcome, State
from dedupe.policy.words import reason_text

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
WHOLE = RunOutcome(
    policy="nightly",
    profile="main",
    run_id="p-1",
    started=NOW,
    ended=NOW,
    state=State.CHANGED,
    exit_code=0,
    reason=Reason(code="window", facts={"hours": "01:00-05:00"}),
    oddities=(Reason(code="unreadable", facts={"n": 7}),),
    checks=(
        Found(code="DUP101", entity="contact", found=5, new=2, fixed=1),
        Found(code="EML201", entity="contact", found=9, new=0, fixed=0),
    ),
    health_before=HealthTold(clean=1, cards=2),
    health_after=HealthTold(clean=3, cards=4),
    changes=Changes(planned=4, applied=3, left=1),
    next_command="crmclean verify r-1",
)


def test_a_run_is_told_with_its_reason_its_news_and_what_is_next() -> None:
    lines = list(outcome_lines(WHOLE))
    assert lines[0].startswith("main: nightly p-1: done; the hours for changes (01:00-05:00)")
    assert "7 items" in lines[1]
    assert any("DUP101 contacts: 5 now, 2 new, 1 fixed" in line for line in lines)
    assert not any("EML201" in line for line in lines)
    assert any("50.0% → 75.0%" in line for line in lines)
    assert lines[-1] == "Next: crmclean verify r-1"


def test_what_looked_odd_says_how_to_go_on() -> None:
    stopped = replace(WHOLE, state=State.STOPPED, exit_code=6)
    accept = "crmclean run nightly -p main --accept-odd"
    assert any(line.endswith(accept) for line in outcome_lines(stopped))
    assert not any(accept in line for line in outcome_lines(WHOLE))


def test_records_are_named_in_the_readers_language() -> None:
    facts = {"table": "contacts", "now": 5, "before": 1000}
    use("ru")
    try:
        assert "contacts" not in reason_text(Reason(code="shrunk", facts=facts))
        jumped = facts | {"code": "DUP101", "entity": "contact"}
        assert "contact" not in reason_text(Reason(code="duplicates_jumped", facts=jumped))
    finally:
        use("en")


def test_several_accounts_are_a_table() -> None:
    broken = replace(WHOLE, profile="a longer name", exit_code=7, state=State.FAILED)
    lines = list(table_lines([WHOLE, broken]))
    assert len(lines) == 3
    assert [line.index(state) for line, state in zip(lines[1:], ("done", "failed"), strict=True)]
    assert (
        len({line.index(word) for line, word in zip(lines[1:], ("done", "failed"), strict=True)})
        == 1
    )


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 3, 6], 6),
        ([11, 8, 10], 8),
        ([6, 10, 2, 12], 10),
        ([10, 7], 7),
        ([143, 8], 143),
        ([3, 77], 77),
    ],
)
def test_of_several_codes_the_gravest_is_returned(codes, expected) -> None:
    assert gravest(codes) == expected
    assert len(set(GRAVEST)) == len(GRAVEST)

"""docs/audit.md is current, names what there is, and every check has a test."""

from __future__ import annotations

from pathlib import Path

from dedupe.audit import CHECKS
from tests.audit_table import MANUAL, STATES, rows, table, where_tested

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_table_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == table(), "run `make audit-table`"


def test_every_code_of_the_table_is_a_check_or_a_manual_line() -> None:
    named = {code for row in rows() for code in row.codes}
    assert sorted(named - set(CHECKS) - set(MANUAL)) == []


def test_every_check_has_a_test_that_names_it() -> None:
    assert sorted(set(CHECKS) - set(where_tested())) == []


def test_every_statement_has_a_state_and_stands_once() -> None:
    numbers = [row.row for row in rows()]
    assert len(set(numbers)) == len(numbers) == 79 + 29 + 22
    assert {row.state for row in rows()} <= set(STATES)
    assert all(row.codes or row.note for row in rows())


def test_every_manual_line_answers_a_statement() -> None:
    named = {code for row in rows() for code in row.codes}
    assert set(MANUAL) <= named

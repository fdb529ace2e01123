"""Two scans compared: new, fixed and left records, and healths over the checks of both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.audit.compare import KEYS, Comparison, Gap, changed_codes, compare, with_changes
from dedupe.contracts import CheckResult, Health, Summary

Rows = list[tuple[str, str, str]]


def frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(KEYS, pl.String), orient="row")


def checked(code: str, found: int, entity: str = "contact", severity: str = "error") -> CheckResult:
    return CheckResult(code=code, entity=entity, status="checked", found=found, severity=severity)


def missed(code: str) -> CheckResult:
    return CheckResult(code=code, entity="contact", status="not_checked", reason="no data: tasks")


def change(told: Comparison, code: str):
    (found,) = [each for each in told.changes if each.code == code]
    return found


def numbers(told: Comparison, code: str) -> tuple[int | None, ...]:
    found = change(told, code)
    return found.before, found.new, found.fixed, found.left, found.now, found.delta


def test_each_record_counts_once_however_many_values_of_it_fail() -> None:
    old = frame([("A", "contact", "1"), ("A", "contact", "1"), ("A", "contact", "2")])
    new = frame([("A", "contact", "2"), ("A", "contact", "3"), ("A", "contact", "3")])
    told = compare(old, new, [checked("A", 2)], [checked("A", 2)])
    assert numbers(told, "A") == (2, 1, 1, 1, 2, 0)
    assert told.records.rows() == [
        ("A", "contact", "1", "fixed"),
        ("A", "contact", "3", "new"),
    ]
    assert told.has_new


def test_one_id_in_two_entities_is_two_records() -> None:
    old, new = frame([("A", "contact", "1")]), frame([("A", "company", "1")])
    both = [checked("A", 1), checked("A", 0, "company")]
    told = compare(old, new, both, [replace(both[0], found=0), replace(both[1], found=1)])
    assert [(c.entity, c.new, c.fixed) for c in told.changes] == [
        ("contact", 0, 1),
        ("company", 1, 0),
    ]


def test_what_one_scan_did_not_check_is_not_compared_and_says_why() -> None:
    rows = frame([("A", "contact", "1")])
    cases = {
        Gap.NOT_CHECKED_BEFORE: ([missed("A")], [checked("A", 1)], (None, 1)),
        Gap.NOT_CHECKED_NOW: ([checked("A", 1)], [missed("A")], (1, None)),
        Gap.ABSENT_BEFORE: ([], [checked("A", 1)], (None, 1)),
        Gap.ABSENT_NOW: ([checked("A", 1)], [], (1, None)),
    }
    for gap, (old, new, (before, now)) in cases.items():
        told = compare(rows, rows, old, new)
        assert change(told, "A").gap is gap
        assert numbers(told, "A") == (before, None, None, None, now, None)
        assert told.records.is_empty()
        assert not told.has_new
    assert change(compare(rows, rows, [missed("A")], [checked("A", 1)]), "A").reason


def test_a_check_that_was_told_something_else_is_not_compared() -> None:
    old, new = frame([("A", "contact", "1")]), frame([("A", "contact", "2")])
    health = Health(cards=9, clean=8, by_entity={"contact": (8, 9)})
    told = compare(
        old,
        new,
        [checked("A", 1)],
        [checked("A", 1)],
        old_health=health,
        new_health=health,
        changed={"A"},
    )
    assert change(told, "A").gap is Gap.OPTIONS_CHANGED
    assert numbers(told, "A") == (1, None, None, None, 1, 0)
    assert not told.has_new
    assert (told.health_gain, told.new_health.clean) == (0.0, 9)  # no finding of it counts
    missing = compare(old, new, [missed("A")], [checked("A", 1)], changed={"A"})
    assert change(missing, "A").gap is Gap.NOT_CHECKED_BEFORE


def test_settings_that_one_scan_does_not_tell_have_not_changed() -> None:
    assert changed_codes({"A": "1", "B": "1"}, {"A": "2", "B": "1", "C": "1"}) == {"A"}
    assert changed_codes({}, {"A": "2"}) == changed_codes({"A": "2"}, {}) == frozenset()


def test_a_check_that_names_no_records_has_its_numbers_compared_alone() -> None:
    told = compare(frame([]), frame([]), [checked("CNT001", 5)], [checked("CNT001", 8)])
    assert change(told, "CNT001").gap is Gap.NOT_LISTED
    assert numbers(told, "CNT001") == (5, None, None, None, 8, 3)


def test_both_healths_are_over_the_checks_of_both_scans_with_the_later_severities() -> None:
    old = frame([("A", "contact", "1"), ("I", "contact", "2"), ("A", "deal", "9")])
    new = frame([("A", "contact", "1"), ("B", "contact", "3"), ("I", "contact", "4")])
    checks = [checked("A", 1), checked("I", 1, severity="info"), checked("A", 1, "deal")]
    health = Health(cards=10, clean=0, by_entity={"contact": (0, 10), "deal": (0, 4)})
    told = compare(
        old,
        new,
        [replace(checks[1], severity="error"), checks[0], checks[2]],
        [*checks[:2], replace(checks[2], found=0), checked("B", 1)],
        old_health=health,
        new_health=health,
    )
    assert told.old_health == Health(
        cards=10, clean=9, by_entity={"contact": (9, 10), "deal": (3, 4)}
    )
    assert told.new_health == Health(
        cards=10, clean=9, by_entity={"contact": (9, 10), "deal": (4, 4)}
    )
    assert told.health_gain == 0
    assert compare(old, new, checks, checks, new_health=health).health_gain is None


@given(
    old=st.lists(st.sampled_from("12345678")),
    new=st.lists(st.sampled_from("12345678")),
    seed=st.integers(0, 9),
)
def test_the_parts_add_up_and_the_order_of_rows_changes_nothing(old, new, seed) -> None:
    frames = [frame([("A", "contact", each) for each in ids]) for ids in (old, new)]
    checks = [[checked("A", len(set(ids)))] for ids in (old, new)]
    told = compare(*frames, *checks)
    before, fresh, fixed, left, now, delta = numbers(told, "A")
    assert (before, now) == (fixed + left, fresh + left)
    assert delta == fresh - fixed
    shuffled = [each.sample(fraction=1, shuffle=True, seed=seed) for each in frames]
    again = compare(*shuffled, *checks)
    assert again.changes == told.changes
    assert again.records.equals(told.records)
    back = compare(*reversed(frames), *reversed(checks))
    assert numbers(back, "A")[1:4] == (fixed, fresh, left)


def test_a_summary_gets_the_changes_and_the_id_of_what_it_is_compared_with() -> None:
    summary = Summary(
        scan_id="s-2", crm="amocrm", account_id="1", host="", source="", data_from=None,
        data_to=None, scanned_at=datetime(2026, 1, 1, tzinfo=UTC), counts={},
        checks=(checked("A", 1), checked("CNT001", 8)), notes=(), timings={}, versions={},
    )  # fmt: skip
    told = compare(
        frame([("A", "contact", "1")]), frame([("A", "contact", "2")]), summary.checks,
        summary.checks,
    )  # fmt: skip
    compared = with_changes(summary, told, "s-1")
    assert compared.baseline == "s-1"
    assert [(c.new, c.fixed, c.left) for c in compared.checks] == [(1, 1, 0), (None, None, None)]


@pytest.mark.parametrize("n", [0, 1])
def test_scans_without_any_check_compare(n) -> None:
    told = compare(frame([("A", "contact", "1")] * n), frame([]), [], [])
    assert (told.changes, told.health_gain) == ((), None)

"""Numbers and moments as reports write them, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dedupe import language
from dedupe.contracts import COLUMN_KINDS, Column
from dedupe.report.figures import cell, column_title, duration

AT = datetime(2026, 11, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind", "en", "ru"),
    [
        (91699, "count", "91,699", "91 699"),
        (-3, "count", "−3", "−3"),
        (0.5921, "share", "59.2%", "59,2 %"),
        (12345.6, "money", "12,346 ₽", "12 346 ₽"),
        (3.0, "days", "3", "3"),
        (3.25, "days", "3.2", "3,2"),
        (102.4, "days", "102", "102"),
        (1.361, "number", "1.36", "1,36"),
        (95, "seconds", "95 s", None),
        (2021, "year", "2021", "2021"),
        (date(2026, 1, 5), "week", "2026-01-05", "05.01.2026"),
        (date(2026, 1, 1), "month", "2026-01", "01.2026"),
        (AT, "moment", "2026-11-02 01:30", "02.11.2026 01:30"),
        (True, "flag", "yes", None),
        (None, "money", "–", "–"),
        (float("nan"), "share", "–", "–"),
        ("+7 916 000-12-34", "text", "+7 *** ***-12-34", "+7 *** ***-12-34"),
        ("a\x00b", "text", "a\ufffdb", "a\ufffdb"),
    ],
)
def test_a_cell_is_written_as_its_kind_says(value, kind, en, ru) -> None:
    for lang, words in (("en", en), ("ru", ru)):
        language.use(lang)
        if words is not None:
            shown = cell(value, kind, currency="RUB", zone="Europe/Moscow")
            assert shown.replace("\xa0", " ") == words


@pytest.mark.parametrize("kind", COLUMN_KINDS)
@pytest.mark.parametrize("value", [None, "x", 0, -1.5, True, AT, AT.date()])
def test_no_value_breaks_a_cell(value, kind) -> None:
    assert cell(value, kind, currency="", zone="Nowhere/None")


def test_a_span_is_written_in_its_largest_fitting_unit() -> None:
    shown = [duration(x).replace("\xa0", " ") for x in (0, 119, 3000, 7200, 200_000)]
    assert shown == ["0 s", "119 s", "50 min", "2 h", "2 d"]


@pytest.mark.parametrize(
    ("title", "kind", "shown"),
    [
        ("Oldest", "days", "Oldest, days"),
        ("Median days overdue", "days", "Median days overdue"),
        ("Found", "count", "Found"),
        ("lost enquiries", "count", "Lost enquiries"),
        ("", "count", ""),
    ],
)
def test_a_title_has_a_capital_and_that_of_days_its_unit(title: str, kind: str, shown: str) -> None:
    assert column_title(Column("x", title, kind)) == shown

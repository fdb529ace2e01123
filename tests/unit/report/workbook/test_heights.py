"""Heights of rows whose texts are wrapped."""

from __future__ import annotations

import pytest

from dedupe.report.workbook.heights import LINE, lines_needed, row_height


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("one two three", 20, 1),
        ("one two three", 8, 2),
        ("one\ntwo", 20, 2),
        ("a" * 25, 11, 3),
        ("one " + "a" * 25, 11, 4),
        ("word " * 30, 11, 15),
    ],
)
def test_lines_are_broken_at_blanks(text: str, width: float, lines: int) -> None:
    assert lines_needed(text, width) == lines


def test_a_row_is_as_high_as_its_longest_text_needs() -> None:
    assert row_height([("short", 20), ("also short", 20)]) is None
    assert row_height([("short", 20), ("three words here", 7)]) == 3 * LINE
    assert row_height([("x " * 5_000, 5)]) == 27 * LINE  # a spreadsheet has none higher


def test_bold_letters_take_more_room() -> None:
    assert row_height([("nine chars", 11)]) is None
    assert row_height([("nine chars", 11)], is_bold=True) == 2 * LINE

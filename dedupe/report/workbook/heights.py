"""How high a row must be for its wrapped texts, as no program measures them when it opens a file.

Excel does for rows without a height, LibreOffice does not: there a second line lies on the row
below. Widths are in digits of the usual letters, as a spreadsheet counts them; a text of letters is
a bit narrower than as many digits, a bold one wider.
"""

from __future__ import annotations

import math

LINE = 15.0  # points, of the usual letters
_MOST_LINES = 27  # a row ends at 409 points
_BOLD = 0.85  # of the signs that a column holds


def row_height(texts: list[tuple[str, float]], *, is_bold: bool = False) -> float | None:
    """Return the height of a row of (text, width of its column); None where one line will do."""
    part = _BOLD if is_bold else 1.0
    n = max((lines_needed(text, width * part) for text, width in texts), default=1)
    return None if n == 1 else LINE * min(n, _MOST_LINES)


def lines_needed(text: str, width: float) -> int:
    """Return how many lines a text takes that is broken at blanks.

    >>> lines_needed("one two three", 20), lines_needed("one two three", 8)
    (1, 2)
    """
    if len(text) < width and "\n" not in text:
        return 1
    return sum(_lines(paragraph.split(" "), max(width - 1, 1)) for paragraph in text.split("\n"))


def _lines(words: list[str], width: float) -> int:
    n, used = 1, 0.0
    for word in words:
        if used and used + 1 + len(word) > width:
            n, used = n + 1, 0.0
        used += len(word) + (1 if used else 0)
        if used > width:  # a word is broken where the line ends
            n += math.ceil(used / width) - 1
            used %= width
    return n

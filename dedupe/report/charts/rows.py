"""Charts of one row a value: bars, Pareto, funnel, waterfall.

A row is a label, a mark on a scale, and the number in words. Rows are drawn in the order given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .svg import SIZE, Frame, Point, dot, drawing, label, polyline, rect, rule, text, text_width

_ROW, _ROW_NARROW, _BAR = 32, 44, 16
_GAP = 10
_MOST_LABEL = 0.4  # of the width: the rest is the chart's


@dataclass(frozen=True, slots=True)
class _Grid:
    """The columns of a chart of rows: labels to `start`, the plot to `end`, then the words."""

    frame: Frame
    start: float
    end: float
    row: int

    def middle(self, index: int) -> float:
        """Return the height of the middle of a row's bar."""
        return index * self.row + (
            self.row - _BAR / 2 - 4 if self.frame.is_narrow else self.row / 2
        )

    def named(self, index: int, words: str) -> str:
        """Draw a row's label."""
        if self.frame.is_narrow:
            return label(0, index * self.row + 10, words, self.frame.width, lines=1)
        return label(0, self.middle(index), words, self.start - _GAP)

    def told(self, index: int, words: str) -> str:
        """Draw a row's number at the right edge."""
        return text(self.frame.width, self.middle(index) + SIZE * 0.35, words, anchor="end")


def bars(points: Sequence[Point], frame: Frame) -> str:
    """Draw horizontal bars from zero, to the left of it for negative values."""
    grid = _grid(frame, points)
    place = _scale([point.amount for point in points], grid)
    zero = place(0)
    body = [rule(zero, 0, zero, len(points) * grid.row)]
    for index, point in enumerate(points):
        size = place(point.amount) - zero
        body += [grid.named(index, point.label), grid.told(index, point.words)]
        if point.amount:
            body.append(_bar(grid, index, zero, size, point.tone))
    return drawing(frame, _height(grid, points), body)


def pareto(points: Sequence[Point], frame: Frame, *, write: Callable[[float], str]) -> str:
    """Draw bars with the line of their running share; `write` puts a share (0 to 1) in words.

    Negative values count as nothing. The dashed line is at 80 %. A narrow chart tells the running
    share in words alone.
    """
    total = sum(max(0.0, point.amount) for point in points)
    sums = [sum(max(0.0, p.amount) for p in points[: i + 1]) for i in range(len(points))]
    shares = [each / total if total else 0.0 for each in sums]
    told = [Point(p.label, p.value, f"{p.words} · {write(s)}", p.tone)
            for p, s in zip(points, shares, strict=True)]  # fmt: skip
    grid = _grid(frame, told)
    place = _scale([max(0.0, point.amount) for point in points], grid)
    at_80 = grid.start + 0.8 * (grid.end - grid.start)
    bottom = len(points) * grid.row
    is_traced = total > 0 and not frame.is_narrow  # there it would cross the labels
    body = [rule(grid.start, 0, grid.start, bottom)]
    if is_traced:
        body.append(rule(at_80, 0, at_80, bottom, is_dashed=True))
    for index, point in enumerate(told):
        size = place(max(0.0, point.amount)) - grid.start
        body += [grid.named(index, point.label), grid.told(index, point.words)]
        if size > 0:
            body.append(_bar(grid, index, grid.start, size, point.tone))
    run = [
        (grid.start + share * (grid.end - grid.start), grid.middle(index))
        for index, share in enumerate(shares)
    ]
    if is_traced:
        body += [polyline(run, "warn"), *(dot(x, y, "warn", 3) for x, y in run)]
    return drawing(frame, _height(grid, points), body)


def funnel(points: Sequence[Point], frame: Frame) -> str:
    """Draw bars around a middle line, the widest the largest; negative values as nothing."""
    grid = _grid(frame, points)
    most = max((point.amount for point in points), default=0)
    room = grid.end - grid.start
    middle = grid.start + room / 2
    body = []
    for index, point in enumerate(points):
        size = room * max(0.0, point.amount) / most if most > 0 else 0.0
        body += [grid.named(index, point.label), grid.told(index, point.words)]
        if size:
            body.append(_bar(grid, index, middle - size / 2, max(size, 1.5), point.tone))
    return drawing(frame, _height(grid, points), body)


def waterfall(points: Sequence[Point], frame: Frame, *, total: Point | None = None) -> str:
    """Draw each value from where the one before it ended; `total` is drawn from zero."""
    every = [*points, *([total] if total else [])]
    grid = _grid(frame, every)
    ends = [0.0]
    for point in points:
        ends.append(ends[-1] + point.amount)
    place = _scale([*ends, total.amount if total else 0.0], grid)
    zero, bottom = place(0), len(every) * grid.row
    body = [rule(zero, 0, zero, bottom)]
    for index, point in enumerate(every):
        is_total = index == len(points)
        start = 0.0 if is_total else ends[index]
        tone = "sum" if is_total else ("good" if point.amount >= 0 else "bad")
        size = place(start + point.amount) - place(start)
        body += [grid.named(index, point.label), grid.told(index, point.words)]
        if point.amount:
            body.append(_bar(grid, index, place(start), size, tone))
    return drawing(frame, _height(grid, every), body)


def _grid(frame: Frame, points: Sequence[Point]) -> _Grid:
    words = max((text_width(point.words) for point in points), default=0)
    words = min(words, frame.width * 0.45)
    if frame.is_narrow:
        return _Grid(frame, 1, max(frame.width - words - _GAP, 40), _ROW_NARROW)
    names = max((text_width(point.label[:100]) for point in points), default=0)
    start = min(names, frame.width * _MOST_LABEL) + _GAP
    return _Grid(frame, start, max(frame.width - words - _GAP, start + 40), _ROW)


def _scale(values: Sequence[float], grid: _Grid) -> Callable[[float], float]:
    """Return the function from a value to its place; zero is always on the scale."""
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    return lambda value: grid.start + (value - low) / span * (grid.end - grid.start)


def _bar(grid: _Grid, index: int, start: float, size: float, tone: str) -> str:
    # The least value can be seen: one and a half pixels.
    seen = size if abs(size) >= 1.5 else (1.5 if size >= 0 else -1.5)
    return rect(start, grid.middle(index) - _BAR / 2, seen, _BAR, tone)


def _height(grid: _Grid, points: Sequence[Point]) -> float:
    return max(len(points), 1) * grid.row

"""Charts over time: a line with its scale, and the sparkline beside a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .svg import SIZE, Frame, dot, drawing, finite, fitted, polyline, rect, rule, text, text_width

_HEIGHT, _TOP, _BOTTOM = 220, 10, 26
_TONES = ("bar", "warn", "good", "bad", "other", "sum")


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of values, one for each place on the axis; None is a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Plot:
    left: float
    right: float
    top: float
    low: float
    high: float
    n: int

    def x(self, index: int) -> float:
        """Return the place of a value on the axis; a single one stands in the middle."""
        if self.n < 2:
            return (self.left + self.right) / 2
        return self.left + index / (self.n - 1) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return the height of a value."""
        room = _HEIGHT - _TOP - _BOTTOM
        return self.top + _TOP + (1 - (value - self.low) / (self.high - self.low)) * room


def line(
    labels: Sequence[str], series: Sequence[Series], frame: Frame, *, write: Callable[[float], str]
) -> str:
    """Draw up to six series over `labels`; `write` puts a value of the scale in words."""
    drawn = series[: len(_TONES)]
    marks = _marks(finite(v for each in drawn for v in each.values))
    left = min(max(text_width(write(mark)) for mark in marks) + 8, frame.width * 0.3)
    names, top = _legend(drawn, frame)
    plot = _Plot(left, frame.width - 8, top, marks[0], marks[-1], len(labels))
    body = [*names]
    for mark in marks:
        y = plot.y(mark)
        body += [
            rule(left, y, frame.width, y),
            text(left - 6, y + SIZE * 0.35, fitted(write(mark), left), anchor="end", kind="soft"),
        ]
    body += _ticks(labels, plot, frame)
    for each, tone in zip(drawn, _TONES, strict=False):
        body += _traced(each.values, plot.x, plot.y, tone)
    return drawing(frame, top + _HEIGHT, body)


def sparkline(values: Sequence[float | None], frame: Frame, *, height: int = 32) -> str:
    """Draw the run of `values` without a scale, its last one as a point."""
    told = finite(values)
    low, high = min(told, default=0.0), max(told, default=1.0)
    span = (high - low) or 1.0

    def x(index: int) -> float:
        return 4 + index / max(len(values) - 1, 1) * (frame.width - 8)

    def y(value: float) -> float:
        return height / 2 if high == low else height - 4 - (value - low) / span * (height - 8)

    body = _traced(values, x, y, "bar", marks=False)
    ends = [(i, v) for i, v in enumerate(values) if v is not None and math.isfinite(v)][-1:]
    body += [dot(x(index), y(value), "bar", 3) for index, value in ends]
    return drawing(frame, height, body)


def _traced(
    values: Sequence[float | None],
    x: Callable[[int], float],
    y: Callable[[float], float],
    tone: str,
    *,
    marks: bool = True,
) -> list[str]:
    """Draw the runs between gaps; a value alone between gaps is a point."""
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is not None and math.isfinite(value):
            runs[-1].append((x(index), y(value)))
        elif runs[-1]:
            runs.append([])
    body = [polyline(run, tone) for run in runs if len(run) > 1]
    is_sparse = len(values) <= 40 and marks
    points = [run for run in runs if is_sparse or len(run) == 1]
    return body + [dot(px, py, tone, 3) for run in points for px, py in run]


def _legend(series: Sequence[Series], frame: Frame) -> tuple[list[str], float]:
    """Draw the names where there are several, in as many lines as they need."""
    if len(series) < 2:
        return [], 0
    body, x, y = [], 0.0, 14.0
    for each, tone in zip(series, _TONES, strict=False):
        name = fitted(each.name, frame.width - 24)
        size = text_width(name) + 34
        if x and x + size - 16 > frame.width:
            x, y = 0.0, y + 20
        body += [rect(x, y - 9, 12, 9, tone), text(x + 18, y, name)]
        x += size
    return body, y + 8


def _ticks(labels: Sequence[str], plot: _Plot, frame: Frame) -> list[str]:
    """Draw as many labels of the axis as fit side by side."""
    if not labels:
        return []
    widest = min(max(text_width(each) for each in labels), frame.width / 3) + 14
    room = max(int((plot.right - plot.left) // widest), 1)
    step = math.ceil(len(labels) / room)
    body = []
    for index in range(0, len(labels), step):
        words = fitted(labels[index], widest)
        half = text_width(words) / 2
        x = min(max(plot.x(index), half), frame.width - half)
        body.append(text(x, plot.top + _HEIGHT - 6, words, anchor="middle", kind="soft"))
    return body


def _marks(values: Sequence[float]) -> list[float]:
    """Return three to six round numbers that the values lie between, zero among them."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if high == low:
        high = low + 1
    step: float = 10.0 ** math.floor(math.log10((high - low) / 2))
    step = next(s for s in (step, 2 * step, 5 * step, 10 * step) if (high - low) / s <= 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * number for number in range(first, last + 1)]

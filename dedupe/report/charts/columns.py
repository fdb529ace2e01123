"""Charts of two directions: the heat map, and estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .svg import (
    FILLS,
    INK,
    SIZE,
    SOFT,
    Frame,
    Interval,
    dot,
    drawing,
    esc,
    finite,
    fitted,
    label,
    num,
    rule,
    text,
    text_width,
)

_CELL, _ROW, _HEAD, _GAP = 24, 30, 22, 10
_MOST_LABEL = 0.3
_READABLE = 44  # pixels of a column from which its name is cut rather than left out
_NUMBERED = 18  # pixels of a cell from which it holds its number
_FEW = 12  # columns that are all named, however narrow


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    frame: Frame,
    *,
    write: Callable[[float], str],
) -> str:
    """Draw a cell for each row and column, the darker the more; numbers where they fit.

    Cells are shaded between zero and the largest value; a null is an empty cell.
    """
    start = min(max((text_width(each[:80]) for each in rows), default=0), frame.width * _MOST_LABEL)
    start += _GAP
    size = (frame.width - start) / max(len(columns), 1)
    most = max(finite(v for row in cells for v in row), default=0.0)
    body = _heads(columns, start, size, frame)
    for r, name in enumerate(rows):
        top = _HEAD + r * _CELL
        body.append(label(0, top + _CELL / 2, name, start - _GAP, lines=1))
        for c, value in enumerate(cells[r][: len(columns)]):
            body.append(_cell(start + c * size, top, size, value, most, write))
    return drawing(frame, _HEAD + max(len(rows), 1) * _CELL, body)


def intervals(
    points: Sequence[Interval],
    frame: Frame,
    *,
    write: Callable[[float], str],
    reference: float | None = None,
) -> str:
    """Draw each estimate as a point with its whiskers; `reference` is a dashed line.

    The scale holds the intervals, not zero. An interval that does not hold the reference is drawn
    in another tone.
    """
    told = finite([reference, *(v for p in points for v in (p.value, p.low, p.high))])
    low, high = min(told, default=0.0), max(told, default=1.0)
    high = high if high > low else low + 1
    words = min(max((text_width(p.text) for p in points), default=0), frame.width * 0.35)
    names = min(
        max((text_width(p.label[:100]) for p in points), default=0),
        frame.width * (0.34 if frame.is_narrow else 0.4),
    )
    start, end = names + 2 * _GAP, frame.width - words - 2 * _GAP

    def place(value: float) -> float:
        return start + (value - low) / (high - low) * max(end - start, 20)

    bottom = max(len(points), 1) * _ROW
    body = _scale(bottom, (place, write), (low, high), reference)
    for index, point in enumerate(points):
        middle = index * _ROW + _ROW / 2
        body += [
            label(0, middle, point.label, names),
            text(frame.width, middle + SIZE * 0.35, point.text, anchor="end"),
        ]
        body += _whiskers(point, middle, place, reference)
    return drawing(frame, bottom + SIZE + 8, body)


def _scale(
    bottom: float,
    scale: tuple[Callable[[float], float], Callable[[float], str]],
    ends: tuple[float, float],
    reference: float | None,
) -> list[str]:
    """Draw the line under the estimates with its ends, and the reference where there is one."""
    place, write = scale
    marks = finite([reference])
    taken = [(place(v), text_width(write(v)) / 2 + _GAP / 2) for v in marks]
    free = [v for v in ends if all(abs(place(v) - x) > half * 2 for x, half in taken)]
    body = [rule(place(ends[0]), bottom, place(ends[1]), bottom)]
    body += [rule(place(v), 0, place(v), bottom, is_dashed=True) for v in marks]
    return body + [
        text(place(v), bottom + SIZE + 3, write(v), anchor="middle", kind="soft")
        for v in (*marks, *free)
    ]


def _heads(columns: Sequence[str], start: float, size: float, frame: Frame) -> list[str]:
    """Draw the column names: each cut to its column, or in narrow columns as many as fit."""
    widest = max((text_width(each) for each in columns), default=0) + 6
    is_cut = size >= _READABLE or len(columns) <= _FEW
    step = 1 if is_cut else math.ceil(min(widest, _READABLE) / size)
    shown = []
    for c in range(0, len(columns), step):
        left = start + c * size
        room = min(size * step, frame.width - left) - 4
        words = fitted(columns[c], room)
        # Over one column a name stands in its middle, over several at the left.
        x, anchor = (left + size / 2, "middle") if step == 1 else (left + 1, "start")
        drawn = text(x, _HEAD - 8, words, anchor=anchor, kind="soft")
        whole = f"<title>{esc(columns[c][:400])}</title>"
        shown.append(drawn if words == columns[c] else f"<g>{whole}{drawn}</g>")
    return shown


def _cell(
    x: float,
    y: float,
    size: float,
    value: float | None,
    most: float,
    write: Callable[[float], str],
) -> str:
    if value is None or not math.isfinite(value):
        return ""
    depth = min(max(value / most, 0.0), 1.0) if most > 0 else 0.0
    shade = 0.06 + 0.56 * depth  # at its darkest a number on it still has a contrast of 4.5
    box = (
        f'<rect x="{num(x + 0.5)}" y="{num(y + 0.5)}" width="{num(max(size - 1, 0.5))}" '
        f'height="{_CELL - 1}" rx="2" class="c-bar" fill="{FILLS["bar"]}" '
        f'fill-opacity="{shade:.2f}"/>'
    )
    words = write(value)
    if size < _NUMBERED or text_width(words, 11) > size - 2:
        return f"<g><title>{esc(words)}</title>{box}</g>"
    return (
        f'{box}<text x="{num(x + size / 2)}" y="{num(y + _CELL / 2 + 4)}" font-size="11" '
        f'text-anchor="middle" class="c-ink" fill="{INK}">{esc(words)}</text>'
    )


def _whiskers(
    point: Interval, y: float, place: Callable[[float], float], reference: float | None
) -> list[str]:
    ends = finite([point.low, point.high])
    is_whole = len(ends) == 2
    is_outside = is_whole and reference is not None and not ends[0] <= reference <= ends[1]
    body = []
    if is_whole:
        path = f"M{num(place(ends[0]))} {num(y)}H{num(place(ends[1]))}" + "".join(
            f"M{num(place(end))} {num(y - 5)}V{num(y + 5)}" for end in ends
        )
        body.append(f'<path d="{path}" class="c-whisker" stroke="{SOFT}" fill="none"/>')
    tone = "warn" if is_outside else "bar"
    return body + [dot(place(value), y, tone, 4.5) for value in finite([point.value])]

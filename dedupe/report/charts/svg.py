"""What all charts are drawn with: shapes, measured labels, the frame around them.

Widths of labels are estimates by the class of each character, on the wide side, so that a label
stays in its place with any sans-serif font.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

SIZE = 13  # of letters, in pixels
NARROW = 480  # below this a label stands above its bar
INK, SOFT, LINE = "#1f2933", "#52606d", "#d9e0e6"
FILLS = {
    "bar": "#2f6690",
    "good": "#2d7a4f",
    "bad": "#b3392f",
    "warn": "#b06a00",
    "other": "#8593a1",
    "sum": "#44546a",
}
NOTHING = "–"
_FONT = "system-ui, 'Segoe UI', Arial, 'Noto Sans', 'DejaVu Sans', sans-serif"
_WIDE = set("MWmw@%ШЩЖМЮФЫшщжмюфыЪъДд—…№")
_THIN = set("iljtfrI.,:;'|!()[] \u00a0-")


@dataclass(frozen=True, slots=True)
class Point:
    """A labelled number; `text` is the number in words, `tone` a key of FILLS."""

    label: str
    value: float | None
    text: str = ""
    tone: str = "bar"

    @property
    def amount(self) -> float:
        """Return the value as it can be drawn: nothing for a null and for what is no number."""
        return sum(finite([self.value]))

    @property
    def words(self) -> str:
        """Return the number in words; a dash for a null and for what is no number."""
        return self.text if finite([self.value]) else NOTHING


@dataclass(frozen=True, slots=True)
class Interval:
    """A labelled estimate with the ends of its interval, shares of one; nulls are not drawn."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a chart: its title and description for readers who don't see it."""

    title: str
    desc: str = ""
    width: int = 680

    @property
    def is_narrow(self) -> bool:
        """Tell whether labels have to stand above their bars."""
        return self.width < NARROW


def finite(values: Iterable[float | None]) -> list[float]:
    """Return the values that are numbers."""
    return [v for v in values if v is not None and math.isfinite(v)]


def text_width(text: str, size: float = SIZE) -> float:
    """Estimate how wide `text` is in pixels, rather too wide than too narrow."""
    return sum(_em(char) for char in text) * size


def fitted(text: str, width: float, size: float = SIZE) -> str:
    """Return `text`, cut with an ellipsis where it is wider than `width`.

    >>> fitted("Переговоры с руководителем", 90), fitted("Опт", 90)
    ('Переговор…', 'Опт')
    """
    if len(text) < 400 and text_width(text, size) <= width:
        return text
    left, kept = width - text_width("…", size), 0
    for char in text:
        left -= _em(char) * size
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"


def wrapped(text: str, width: float, lines: int = 2, size: float = SIZE) -> list[str]:
    """Return `text` in at most `lines` lines of `width`, the last one cut where it must be."""
    rest, made = text, list[str]()
    while len(made) < lines - 1 and (len(rest) >= 400 or text_width(rest, size) > width):
        head = fitted(rest, width, size).rstrip("…")
        at = head.rfind(" ")
        if at < len(head) // 3:
            break
        made.append(rest[:at])
        rest = rest[at + 1 :]
    return [*made, fitted(rest, width, size)]


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "ink") -> str:
    """Draw one line of words with its baseline at `y`."""
    fill = SOFT if kind == "soft" else INK
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{num(x)}" y="{num(y)}"{place} class="c-{kind}" fill="{fill}">{esc(words)}</text>'
    )


def label(x: float, middle: float, words: str, width: float, *, lines: int = 2) -> str:
    """Draw words around the height `middle` in a column of `width`; the whole is its title."""
    shown = wrapped(words, width, lines)
    top = middle - (len(shown) - 1) * (SIZE + 1) / 2 + SIZE * 0.35
    drawn = "".join(text(x, top + number * (SIZE + 1), each) for number, each in enumerate(shown))
    is_cut = " ".join(shown) != words
    return f"<g><title>{esc(words[:400])}</title>{drawn}</g>" if is_cut else drawn


def rect(x: float, y: float, width: float, height: float, tone: str = "bar") -> str:
    """Draw a bar in the colour of `tone`, which may begin at either of its ends."""
    left, size = (x, width) if width >= 0 else (x + width, -width)
    return (
        f'<rect x="{num(left)}" y="{num(y)}" width="{num(size)}" height="{num(height)}" rx="2" '
        f'class="c-{tone}" fill="{FILLS.get(tone, FILLS["bar"])}"/>'
    )


def rule(x1: float, y1: float, x2: float, y2: float, *, is_dashed: bool = False) -> str:
    """Draw a thin line of the scale."""
    dash = ' stroke-dasharray="4 3"' if is_dashed else ""
    return (
        f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}" '
        f'class="c-rule" stroke="{SOFT if is_dashed else LINE}"{dash}/>'
    )


def dot(x: float, y: float, tone: str = "bar", radius: float = 3.5) -> str:
    """Draw a point."""
    fill = FILLS.get(tone, FILLS["bar"])
    return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(radius)}" class="c-{tone}" fill="{fill}"/>'


def polyline(points: Sequence[tuple[float, float]], tone: str = "bar") -> str:
    """Draw a line through `points`."""
    places = " ".join(f"{num(x)},{num(y)}" for x, y in points)
    return (
        f'<polyline points="{places}" fill="none" class="c-line c-line-{tone}" '
        f'stroke="{FILLS.get(tone, FILLS["bar"])}" stroke-width="2" stroke-linejoin="round"/>'
    )


def drawing(frame: Frame, height: float, body: Sequence[str]) -> str:
    """Return the whole chart of `body`, `height` pixels high."""
    name = esc(frame.title[:400])
    desc = f"<desc>{esc(frame.desc[:2000])}</desc>" if frame.desc else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{name}" '
        f'viewBox="0 0 {frame.width} {num(height)}" width="{frame.width}" height="{num(height)}" '
        f'font-family="{_FONT}" font-size="{SIZE}">'
        f"<title>{name}</title>{desc}{''.join(body)}</svg>"
    )


def esc(words: str) -> str:
    """Return `words` as text of a markup: no tags, no control characters, no order of its own."""
    if words.isprintable():
        return escape(words)
    shown = "".join(c if c.isprintable() or c in "\u00a0\u200d" else "\ufffd" for c in words)
    return escape(shown)


def num(x: float) -> str:
    """Write a coordinate shortly."""
    return f"{x:.1f}".removesuffix(".0")


def _em(char: str) -> float:
    if char in _THIN:
        return 0.36
    if char in _WIDE:
        return 0.92
    if unicodedata.east_asian_width(char) in "WF":
        return 1.3
    return 0.7 if char.isupper() else 0.6

"""Charts as SVG text, from numbers alone: no script, no font from outside, no library.

Each function takes values with their words ready to be shown and a `Frame` (title, description,
width in pixels) and returns one `<svg role="img">` with a title and a description. Colours are
attributes for programs that draw an SVG by itself, and classes (`c-...`) for a page, which may
give them others: dark, light, print. Labels are measured, wrapped and cut, never overlapping;
what was cut is in the label's own `<title>`. A null is told as "–", never drawn as zero.
"""

from .columns import heat_map, intervals
from .lines import Series, line, sparkline
from .rows import bars, funnel, pareto, waterfall
from .svg import Frame, Interval, Point

__all__ = [
    "Frame",
    "Interval",
    "Point",
    "Series",
    "bars",
    "funnel",
    "heat_map",
    "intervals",
    "line",
    "pareto",
    "sparkline",
    "waterfall",
]

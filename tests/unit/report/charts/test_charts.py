"""Charts: sound SVG, whatever the numbers; labels inside the picture and apart from each other."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.report import charts
from dedupe.report.charts import Frame, Interval, Point, Series
from dedupe.report.charts.svg import fitted, text_width, wrapped

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Переговоры с руководителем отдела закупок строительной компании о сроках поставки"
VALUES = (
    [],
    [0.0],
    [5.0],
    [None],
    [3.0, None, 0.0, -2.0],
    [1e15, 1e-9, -1e15],
    [float(i) for i in range(60)],
    [math.nan, math.inf, 1.0],
)


def write(x: float) -> str:
    return f"{x:g}"


def points(values: list[float | None], label: str = LONG) -> list[Point]:
    return [Point(f"{i} {label}", v, "" if v is None else write(v)) for i, v in enumerate(values)]


def drawings(values: list[float | None], frame: Frame, label: str = LONG) -> list[str]:
    named = points(values, label)
    names = [point.label for point in named]
    spans = [Interval(p.label, p.value, 0.1, 0.9, p.words) for p in named]
    return [
        charts.bars(named, frame),
        charts.pareto(named, frame, write=write),
        charts.funnel(named, frame),
        charts.waterfall(named, frame, total=Point("Σ", 4.0, "4")),
        charts.line(names, [Series("a", tuple(values)), Series("b", tuple(values))], frame,
                    write=write),
        charts.sparkline(values, frame),
        charts.intervals(spans, frame, write=write, reference=0.5),
        charts.heat_map(names, names[:24], [values[:24] for _ in names], frame, write=write),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [680, 320])
@pytest.mark.parametrize("values", VALUES, ids=lambda v: f"{len(v)} of {v[:1]}")
def test_every_chart_is_sound_and_within_its_frame(values, width) -> None:
    frame = Frame(title="Что & сколько <b>", desc="По месяцам", width=width)
    for svg in drawings(values, frame):
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == "Что & сколько <b>"
        assert [each.tag for each in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert "nan" not in svg
        assert "inf" not in svg.replace("infinity", "")
        height = float(root.attrib["viewBox"].split()[3])
        for mark in root.iter():
            _check_inside(mark, width, height)


def _check_inside(mark: ElementTree.Element, width: float, height: float) -> None:
    for name, most in (("x", width), ("x1", width), ("x2", width), ("cx", width)):
        if name in mark.attrib:
            assert -0.5 <= float(mark.attrib[name]) <= most + 0.5, mark.attrib
    for name in ("y", "y1", "y2", "cy"):
        if name in mark.attrib:
            assert -0.5 <= float(mark.attrib[name]) <= height + 0.5, mark.attrib
    if mark.tag == f"{SVG}rect":
        assert float(mark.attrib["width"]) >= 0
        assert float(mark.attrib["x"]) + float(mark.attrib["width"]) <= width + 1
    if mark.tag == f"{SVG}text":
        size = text_width(mark.text or "", float(mark.attrib.get("font-size", 13)))
        start = float(mark.attrib["x"]) - size * _ANCHORS[mark.attrib.get("text-anchor", "start")]
        assert start >= -1.5
        assert start + size <= width + 1.5


_ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}


@pytest.mark.parametrize("width", [680, 320])
def test_no_label_stands_on_another(width) -> None:
    frame = Frame(title="t", width=width)
    labels = [f"{i:02}.2026" for i in range(1, 61)]
    named = [Point(f"{LONG} {i}", float(i), f"{i} 000 000,0 млн ₽") for i in range(1, 13)]
    for svg in (
        charts.bars(named, frame),
        charts.line(labels, [Series("a", tuple(map(float, range(60))))], frame, write=write),
        charts.heat_map([LONG] * 3, labels[:24], [[1.0] * 24] * 3, frame, write=write),
    ):
        root = ElementTree.fromstring(svg)
        boxes = [_box(text) for text in root.iter(f"{SVG}text")]
        pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
        assert [pair for pair in pairs if _overlap(*pair)] == []


def _box(text: ElementTree.Element) -> tuple[float, float, float, float]:
    size = text_width(text.text or "", float(text.attrib.get("font-size", 13)))
    x = float(text.attrib["x"]) - size * _ANCHORS[text.attrib.get("text-anchor", "start")]
    y = float(text.attrib["y"])
    return x, x + size, y - 10, y + 2


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[1] - 0.5 and b[0] < a[1] - 0.5 and a[2] < b[3] and b[2] < a[3]


def test_a_bar_is_as_long_as_its_share_of_the_largest() -> None:
    svg = charts.bars(points([10.0, 5.0, -5.0], ""), Frame(title="t", width=680))
    sizes = [float(w) for w in re.findall(r'<rect[^>]* width="([\d.]+)"', svg)]
    assert sizes[0] == pytest.approx(2 * sizes[1], abs=0.2)
    assert sizes[1] == pytest.approx(sizes[2], abs=0.2)


def test_nothing_is_told_by_a_dash_and_zero_by_zero() -> None:
    svg = charts.bars([Point("a", None), Point("b", 0.0, "0")], Frame(title="t"))
    assert ">–</text>" in svg
    assert ">0</text>" in svg
    assert "<rect" not in svg


def test_a_small_part_can_still_be_seen() -> None:
    svg = charts.bars(points([1e6, 1.0], ""), Frame(title="t"))
    assert min(float(w) for w in re.findall(r'<rect[^>]* width="([\d.]+)"', svg)) == 1.5


def test_a_cut_label_keeps_its_whole_text_as_a_title() -> None:
    svg = charts.bars([Point(LONG * 3, 1.0, "1")], Frame(title="t", width=320))
    assert f"<title>{LONG * 3}</title>" in svg
    assert "…</text>" in svg


def test_the_running_share_of_a_pareto_ends_at_the_whole() -> None:
    values = [Point("a", 6.0, "6"), Point("b", 3.0, "3"), Point("c", 1.0, "1")]
    svg = charts.pareto(values, Frame(title="t"), write=lambda x: f"{x:.0%}")
    assert re.findall(r">(\d · \d+%)<", svg) == ["6 · 60%", "3 · 90%", "1 · 100%"]


def test_a_waterfall_begins_where_the_step_before_it_ended() -> None:
    svg = charts.waterfall(points([4.0, -1.0], ""), Frame(title="t"), total=Point("", 3.0, "3"))
    tones = re.findall(r'class="c-(good|bad|sum)"', svg)
    boxes = [
        tuple(map(float, b)) for b in re.findall(r'<rect x="([\d.]+)".*? width="([\d.]+)"', svg)
    ]
    assert tones == ["good", "bad", "sum"]
    assert sum(boxes[0]) == pytest.approx(sum(boxes[1]), abs=0.2)
    assert sum(boxes[2]) == pytest.approx(boxes[1][0], abs=0.2)


def test_an_interval_without_the_reference_stands_out() -> None:
    spans = [Interval("a", 0.2, 0.1, 0.3, "20%"), Interval("b", 0.6, 0.4, 0.8, "60%")]
    svg = charts.intervals(spans, Frame(title="t"), write=write, reference=0.5)
    assert re.findall(r'<circle[^>]*class="c-(\w+)"', svg) == ["warn", "bar"]


def test_a_gap_breaks_the_line() -> None:
    series = [Series("a", (1.0, 2.0, None, 3.0, 4.0))]
    svg = charts.line(list("abcde"), series, Frame(title="t"), write=write)
    assert svg.count("<polyline") == 2


@pytest.mark.parametrize("bad", ["<script>", "\u202etxt", "a\x00b", "👩 имя", "]]>", "\"'&"])
def test_labels_are_text(bad) -> None:
    frame = Frame(title=bad, desc=bad)
    for svg in drawings([1.0, 2.0], frame, bad):
        ElementTree.fromstring(svg)
        assert "<script" not in svg
        assert "\u202e" not in svg


@given(st.text(max_size=80), st.floats(10, 400))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_fitted_text_is_no_wider_than_its_place(text, width) -> None:
    shown = fitted(text, width)
    assert text_width(shown) <= max(width, text_width("…"))
    assert all(text_width(line) <= max(width, text_width("…")) for line in wrapped(text, width))

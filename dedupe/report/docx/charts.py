"""The charts of a report as PNG pictures, drawn by typst where the extra `pdf` is installed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dedupe.errors import InputError
from dedupe.report.pdf.render import FONT, load_typst

_PPI = 150
_SOURCE = """#set page(width: auto, height: auto, margin: 0pt)
#for svg in json("charts.json") { page(image(bytes(svg), format: "svg")) }
"""
_FONTS = 'font-family="'


def draw_charts(drawings: Sequence[str]) -> dict[str, bytes]:
    """Return a PNG for each SVG; none without typst: a table says the same in numbers."""
    told = list(dict.fromkeys(drawing for drawing in drawings if drawing))
    if not told:
        return {}
    try:
        typst = load_typst()
    except InputError:
        return {}
    with TemporaryDirectory(prefix="crmclean-") as place:
        folder = Path(place)
        text = json.dumps([_with_font(drawing) for drawing in told], ensure_ascii=False)
        (folder / "charts.json").write_bytes(text.encode("utf-8", errors="replace"))
        main = folder / "charts.typ"
        main.write_text(_SOURCE, encoding="utf-8")
        pictures = typst.compile(main, root=folder, format="png", ppi=_PPI)
    made = [pictures] if isinstance(pictures, bytes) else pictures
    return dict(zip(told, made, strict=True))


def _with_font(drawing: str) -> str:
    """Name the built-in font, so that pictures are the same wherever they are drawn."""
    head, mark, rest = drawing.partition(_FONTS)
    return f'{head}{mark}{FONT}"{rest.partition(chr(34))[2]}' if mark else drawing

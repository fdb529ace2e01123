"""report.html: the report for people, one file that needs no network and no script.

The page is laid out by `templates/report.html.j2`; style and charts are inside it. Names, numbers
and addresses of clients are hidden unless the content's options ask for them.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2

from dedupe.language import count, tr, trn
from dedupe.report.content import Content
from dedupe.report.page import build_page

TEMPLATES = Path(__file__).parent / "templates"
_STYLES = ("report.css", "charts.css", "print.css")


def render_html(content: Content) -> str:
    """Return the report of a scan in the language in use."""
    template = _environment().get_template("report.html.j2")
    style, digest = _style()
    return template.render(page=build_page(content), style=style, style_hash=digest)


def write_html(content: Content, path: Path) -> None:
    """Write the report to `path`, which must be a place of our own: what was there is replaced."""
    path.write_text(render_html(content), encoding="utf-8", errors="replace", newline="\n")


@cache
def _style() -> tuple[str, str]:
    """Return the style of the page, and its hash for the page's policy."""
    style = "\n" + "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in _STYLES)
    digest = hashlib.sha256(style.encode()).digest()
    return style, base64.b64encode(digest).decode("ascii")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(tr=tr, trn=trn, count=count)
    return environment

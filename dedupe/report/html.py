"""report.html: the report for people, one file that needs no network and no script.

The page is laid out by `templates/report.html.j2`; style and charts are inside it.
It names records by id only, so it can be handed on: no names, numbers or addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2
import polars as pl

from dedupe.audit.registry import CHECKS, Check
from dedupe.contracts import Summary
from dedupe.language import count, tr, trn
from dedupe.report.page import build_page

TEMPLATES = Path(__file__).parent / "templates"


def render_html(
    summary: Summary, findings: pl.DataFrame, *, checks: Mapping[str, Check] = CHECKS
) -> str:
    """Return the report of a scan in the language in use; `findings` is a FINDINGS frame."""
    template = _environment().get_template("report.html.j2")
    return template.render(page=build_page(summary, findings, checks))


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

"""Texts of an account that would break a document made by pasting texts together."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dedupe.config.reporting import Brand
from dedupe.contracts import Column, Metric
from dedupe.report.content import Content, ReportOptions

from .conftest import cards, finding, frame

HOSTILE = (
    '#read("/etc/hostname") #panic("x") $x^2$ *bold* _under_ `raw` [b] <label> @ref // c /* \\',
    "</w:t></w:r><w:r><w:t>&amp; <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>&e;",
    "{{account}} {{report}} {% raw %} {{ 7 * 7 }} = \\u{41} \" ' ]]> PAGE TOC",
    "\u202eразворот\u202c \x00\x1b[31m\n\tстрока \ud800 \ufffe",
    "👩‍👩‍👧 имя 株式会社 ქართული שלום",
    "й" * 500,
)


def poisoned(content: Content, bad: str) -> Content:
    """Return the content with `bad` wherever an account or a sender has a say."""
    rows = frame([finding("TSK101", "deal", _kept(bad)), finding("TSK301", "task_type", "1")])
    metric = Metric(
        name="m",
        title="Rows",
        columns=(Column("name", "Name", "text"), Column("n", "N", "count")),
        rows=pl.DataFrame({"name": [_kept(bad), None], "n": [3, None]}),
        chart="bars",
        values=("n",),
        code="TSK101",
        entity="deal",
    )
    return replace(
        content,
        summary=replace(content.summary, host=bad, source=bad, account_id=bad),
        findings=rows.with_columns(value=pl.lit(_kept(bad)), proposal=pl.lit(_kept(bad))).lazy(),
        metrics=(metric,),
        cards=cards(("deal", _kept(bad), _kept(bad), _kept(bad))),
        brand=Brand(name=bad, author=bad, footer=bad),
        options=ReportOptions(show_values=True),
    )


def _kept(bad: str) -> str:
    """Return the text as a frame can hold it: without halves of surrogate pairs."""
    return bad.encode("utf-8", errors="replace").decode("utf-8")

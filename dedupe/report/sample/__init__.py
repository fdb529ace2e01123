"""A seeded random sample of what a scan found, for people to judge; and what they judged."""

from .draw import Draw, Population, chosen, draw_sample, findings_population, pairs_population
from .facts import sample_rows
from .files import render_csv, render_xlsx
from .judged import Judgement, judge, judgement_document, more_needed
from .read import read_filled
from .values import Mark, Request, Sample

__all__ = [
    "Draw",
    "Judgement",
    "Mark",
    "Population",
    "Request",
    "Sample",
    "chosen",
    "draw_sample",
    "findings_population",
    "judge",
    "judgement_document",
    "more_needed",
    "pairs_population",
    "read_filled",
    "render_csv",
    "render_xlsx",
    "sample_rows",
]

"""Checks and metrics: one registry, one function per check, frames in and out."""

from . import channels, counts, deals, duplicates, duplicates_more, links, names, settings
from .facts import Facts, Outcome, live_records
from .registry import CHECKS, Check
from .run import run_checks

__all__ = [
    "CHECKS",
    "Check",
    "Facts",
    "Outcome",
    "channels",
    "counts",
    "deals",
    "duplicates",
    "duplicates_more",
    "links",
    "live_records",
    "names",
    "run_checks",
    "settings",
]

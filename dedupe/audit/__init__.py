"""Checks and metrics: one registry, one function per check, frames in and out."""

from . import (
    cards_more,
    channels,
    counts,
    deals,
    duplicates,
    duplicates_more,
    links,
    manual,
    merged,
    names,
    sales,
    settings,
    structure,
    talks,
    team,
)
from .facts import Facts, Outcome, live_records
from .options import read_options
from .registry import CHECKS, Check, Option
from .run import Audit, run_checks

__all__ = [
    "CHECKS",
    "Audit",
    "Check",
    "Facts",
    "Option",
    "Outcome",
    "cards_more",
    "channels",
    "counts",
    "deals",
    "duplicates",
    "duplicates_more",
    "links",
    "live_records",
    "manual",
    "merged",
    "names",
    "read_options",
    "run_checks",
    "sales",
    "settings",
    "structure",
    "talks",
    "team",
]

"""Checks and metrics: one registry, one function per check, frames in and out."""

from . import (
    channels,
    counts,
    deals,
    duplicates,
    duplicates_more,
    links,
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
    "channels",
    "counts",
    "deals",
    "duplicates",
    "duplicates_more",
    "links",
    "live_records",
    "names",
    "read_options",
    "run_checks",
    "sales",
    "settings",
    "structure",
    "talks",
    "team",
]

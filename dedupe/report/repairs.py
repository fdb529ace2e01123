"""How the findings of a check are repaired, by what, by whom, and how long it takes.

The times are rules of thumb that the work plan states beside its numbers: they rank work, they
promise nothing.
"""

from __future__ import annotations

from dedupe.audit.registry import Check
from dedupe.contracts import CheckResult
from dedupe.language import N_, tr
from dedupe.report.examples import CLIENTS
from dedupe.report.figures import duration
from dedupe.report.words import repair_name

SECONDS = {"auto": 0.2, "review": 20, "list": 120, "none": 0}  # of one record, or group
SETTING_SECONDS = 300  # of one setting, by hand
# What a plan repairs without a check's saying so (`Check.plan`), by the beginnings of the codes.
_PLANNED = ("DUP101", "DUP102", "DUP103", "DUP104", "DUP106", "DUP107", "DUP110", "EML2", "PHN2")
_LEAST = 300  # of anything: it has to be begun
_HOW = {
    "auto": N_("By the program, once you approve it"),
    "review": N_("By the program, after a person has looked at each group"),
    "work": N_("By people, from the work list: all records are in findings.parquet"),
    "settings": N_("By hand, in the settings of the CRM"),
    "none": N_("Nothing to repair: for information"),
}
_SETTINGS = N_("in the settings")
_WHO = {
    "auto": N_("the CRM's administrator"),
    "review": N_("who answers for the client base"),
    "work": N_("managers, each their own cards"),
    "settings": N_("the CRM's administrator"),
    "none": "",
}


def way_of(check: Check, entity: str) -> str:
    """Return how findings on `entity` are repaired: auto, review, work, settings or none."""
    if check.repair == "none" or (check.repair != "list" and command_of(check)):
        return check.repair
    return "work" if entity in CLIENTS else "settings"


def command_of(check: Check) -> str:
    """Return the command that plans the repair, nothing where none does."""
    is_planned = check.plan or check.code.startswith(_PLANNED)
    return f"crmclean plan --only {check.code}" if is_planned else ""


def how_text(check: Check, entity: str) -> str:
    """Say how the findings are repaired."""
    return tr(_HOW[way_of(check, entity)])


def way_text(check: Check, entity: str) -> str:
    """Say in two words how the findings are repaired."""
    way = way_of(check, entity)
    return tr(_SETTINGS) if way == "settings" else repair_name("list" if way == "work" else way)


def who_text(check: Check, entity: str) -> str:
    """Say who does it."""
    return tr(_WHO[way_of(check, entity)])


def effort_text(check: Check, result: CheckResult) -> str:
    """Say how long it takes people, about."""
    return f"≈ {duration(effort_seconds(check, result))}"


def effort_seconds(check: Check, result: CheckResult) -> float:
    """Estimate the seconds of work: a group counts once under review, a record in a work list."""
    way = way_of(check, result.entity)
    n = result.found or 0
    if way == "settings":
        return max(_LEAST, n * SETTING_SECONDS)
    if way == "review" and result.groups is not None:
        n = result.groups
    return max(_LEAST, n * SECONDS["list" if way == "work" else way])

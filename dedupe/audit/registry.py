"""The registry of checks: what a check is, and how it is found by its code.

A check is a value: its texts (marked for translation), what it needs, what it may be told, and
a function from the account's facts to an outcome. Modules of this room declare theirs with
`register`; `audit.run` carries out all that the data allows. A check that only counts or lists
is one too: its outcome holds metrics and no findings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupe.audit.facts import Facts, Outcome

SEVERITIES = ("error", "warning", "info")
REPAIRS = ("auto", "review", "list", "none")
Setting = bool | int | float | str | tuple[str, ...] | dict[str, float]


@dataclass(frozen=True, slots=True)
class Option:
    """What a check may be told in the config, `[checks.options.CODE]`; the default's type rules.

    `reason` (a msgid) says why the default is what it is; a number stays within `least` and `most`.
    """

    name: str
    default: Setting
    reason: str
    least: float = 0
    most: float = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One audit rule on one or more entities.

    `needs` maps each entity to the parts of the account (see `contracts.Account`)
    without which the check says "not checked". `repair` is how its findings are
    mended: auto, review, list (a work list for people) or none. `plan` names what a
    plan does about them (merge, split, drop_repeat, normalize, task, tag), "" for nothing.
    `run` gets the facts and the entity. Codes are stable: a code's meaning never changes.
    """

    code: str
    severity: str
    needs: dict[str, tuple[str, ...]]
    repair: str
    title: str
    definition: str
    risk: str
    advice: str
    run: Callable[[Facts, str], Outcome] | None
    options: tuple[Option, ...] = ()
    plan: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """The entities it counts, in report order."""
        return tuple(self.needs)


CHECKS: dict[str, Check] = {}


def register(check: Check) -> Check:
    """Add `check` to the registry; its code must be new."""
    if check.code in CHECKS:
        raise ValueError(f"check code {check.code} is taken")
    if check.severity not in SEVERITIES or check.repair not in REPAIRS:
        raise ValueError(f"check {check.code}: {check.severity}, {check.repair}")
    CHECKS[check.code] = check
    return check

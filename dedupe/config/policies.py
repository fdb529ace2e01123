"""The sections [policies.NAME]: what `crmclean run` may do while nobody watches.

    [policies.nightly]
    steps = ["pull", "scan", "plan", "apply", "verify", "report", "notify"]
    repairs = ["split", "drop_repeat"]
    window = "01:00-05:00"
    deadline = "3h"
    approval = "automatic"
    notify = { when = "change", to = ["mail"] }

Every default is the careful one: a policy may be made bolder, key by key, never by one switch.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dedupe.language import N_, tr

from .places import absolute_path
from .planning import REPAIRS

STEPS = ("pull", "scan", "plan", "apply", "verify", "report", "notify")
APPROVALS = ("automatic", "hash", "none")
WHEN = ("change", "error", "always", "digest", "never")
FORMATS = ("html", "json", "xlsx", "docx", "pdf", "csv")
_NEEDS = {"scan": "pull", "plan": "scan", "apply": "plan", "verify": "apply", "report": "scan"}
_SPAN = re.compile(r"(\d{1,4})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_CODE = re.compile(r"[A-Z]{2,8}\d{0,3}")
_RANGES: Mapping[str, tuple[float, float]] = {
    "max_changes": (0, 10_000_000),
    "max_percent": (0, 100),
    "max_group": (2, 50),
    "max_merges": (0, 1_000_000),
    "canary": (0, 1_000),
    "stop_after_failed": (1, 1_000),
    "max_stale_share": (0, 1),
    "min_scan_share": (0, 1),
    "max_duplicate_growth": (1, 1_000),
    "max_new_duplicates": (0, 10_000_000),
    "keep": (1, 10_000),
}
_FRACTIONS = ("max_percent", "max_stale_share", "min_scan_share", "max_duplicate_growth")
_SPANS = ("deadline", "plan_age")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "steps": STEPS,
    "repairs": REPAIRS,
    "formats": FORMATS,
    "approval": APPROVALS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Whom to tell, and when: `to` names targets of [notify.*]."""

    when: str = "change"  # a mail a night that says "nothing" is soon not read at all
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The hours of the account's own clock in which it may be changed; may cross midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a run may do by itself. Irreversible work needs `allow_irreversible` and a hash."""

    name: str
    steps: tuple[str, ...] = STEPS
    repairs: tuple[str, ...] = ("split", "drop_repeat")  # a merge can't be looked at beforehand
    select: tuple[str, ...] = ()  # checks; the config's own where both are empty
    ignore: tuple[str, ...] = ()
    max_changes: int = 100  # records: what a person can look through the next morning
    max_percent: float = 1  # of the records of one kind; a person may change 5
    max_group: int = 3  # cards in one merge: a larger one is a person's to check
    max_merges: int = 50  # in one run
    plan_age: timedelta = timedelta(hours=2)  # nobody has looked at it: it must be fresh
    canary: int = 1  # groups that are done and looked at again before the rest
    window: Window | None = None  # any time
    deadline: timedelta | None = timedelta(hours=4)  # the working day must find it ended
    approval: str = "automatic"  # of what can be undone
    allow_irreversible: bool = False  # what nothing takes back is a person's to begin
    partial: bool = False  # a plan over its caps is a sign of something odd: nothing is done
    min_scan_share: float = 0.9  # people don't delete a tenth of an account in a day
    max_duplicate_growth: float = 3  # times the last share: an integration gone wild
    max_new_duplicates: int = 1_000  # at once; more is an import, which a person should see
    max_stale_share: float = 0.1  # of the groups: somebody else is at work on these cards
    stop_after_failed: int = 3  # groups in a row: nobody is there to see a fourth
    formats: tuple[str, ...] = ("html", "json")
    notify: Notify = field(default_factory=Notify)
    prometheus: str | None = None  # a text file for the monitoring
    keep: int = 60  # outcomes that are remembered: two months of nights

    def does(self, step: str) -> bool:
        """Tell whether `step` is one of the policy's."""
        return step in self.steps


def policy_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with the policies, in the reader's language."""
    policies = document.get("policies", {})
    if not isinstance(policies, dict):
        yield tr(N_("{where}: a section [{where}] is meant"), where="policies")
        return
    for name, told in policies.items():
        where = f"policies.{_shown(name)}"
        if not re.fullmatch(r"[\w][\w-]{0,39}", name):
            yield tr(N_("{where}: a policy's name is up to 40 letters, digits, - _"), where=where)
        elif not isinstance(told, dict):
            yield tr(N_("{where}: a section [{where}] is meant"), where=where)
        else:
            yield from _key_problems(where, told)


def read_policies(document: Mapping[str, Any], folder: Path) -> dict[str, Policy]:
    """Return the policies of a document without problems; paths in it start in `folder`."""
    policies = document.get("policies", {})
    return {name: _policy(name, told, folder) for name, told in policies.items()}


def _policy(name: str, told: Mapping[str, Any], folder: Path) -> Policy:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told.items()}
    for key in _SPANS:
        if key in values:
            values[key] = read_span(values[key])
    if "window" in values:
        values["window"] = read_window(values["window"])
    if "prometheus" in values:  # cron begins in a home, a service in /
        values["prometheus"] = absolute_path(values["prometheus"], folder)
    if "notify" in values:
        facts = values["notify"]
        values["notify"] = Notify(when=facts.get("when", "change"), to=tuple(facts.get("to", ())))
    return Policy(name=name, **values)


def read_span(text: object) -> timedelta | None:
    """Return a span such as "90m", "2h"; None for what is none."""
    found = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def read_window(text: object) -> Window | None:
    """Return hours such as "01:00-05:00"; None for what are none, or no time at all."""
    found = _WINDOW.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    return None if start == end else Window(start=start, end=end)


def _key_problems(where: str, told: Mapping[str, Any]) -> Iterator[str]:
    known = [each.name for each in dataclasses.fields(Policy) if each.name != "name"]
    for key, value in told.items():
        at = f"{where}.{_shown(key)}"
        if key not in known:
            yield _unknown(at, key, known)
        else:
            yield from _value_problems(at, key, value)
    steps = told.get("steps", list(STEPS))
    if isinstance(steps, list) and set(map(str, steps)) <= set(STEPS):
        yield from _step_problems(f"{where}.steps", steps)


def _unknown(at: str, key: str, known: list[str]) -> str:
    near = get_close_matches(key[:40], known, n=1)
    hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
    return tr(N_("{key}: unknown setting{hint}"), key=at, hint=hint)


def _value_problems(at: str, key: str, value: object) -> Iterator[str]:
    if key in _RANGES:
        yield from _number_problems(at, key, value)
    elif key in ("allow_irreversible", "partial"):
        if not isinstance(value, bool):
            yield tr(N_("{key}: {meant} is meant"), key=at, meant="true, false")
    elif key in ("steps", "repairs", "formats", "select", "ignore"):
        yield from _list_problems(at, key, value)
    elif key in _SPANS and not read_span(value):
        yield tr(N_("{key}: {meant} is meant"), key=at, meant='"90m", "2h", "1d"')
    elif key == "window" and read_window(value) is None:
        yield tr(N_("{key}: {meant} is meant"), key=at, meant='"01:00-05:00"')
    elif key == "approval" and value not in APPROVALS:
        yield tr(N_("{key}: one of {choices} is meant"), key=at, choices=", ".join(APPROVALS))
    elif key == "notify":
        yield from _notify_problems(at, value)
    elif key == "prometheus" and not _is_text(value):
        yield tr(N_("{key}: {meant} is meant"), key=at, meant=tr(N_("a text in quotes")))


def _number_problems(at: str, key: str, value: object) -> Iterator[str]:
    low, high = _RANGES[key]
    is_whole = key not in _FRACTIONS
    kinds = int if is_whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        text = (
            N_("{key}: a whole number from {low} to {high} is meant")
            if is_whole
            else N_("{key}: a number from {low} to {high} is meant")
        )
        yield tr(text, key=at, low=low, high=high)


def _list_problems(at: str, key: str, value: object) -> Iterator[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        yield tr(N_("{key}: {meant} is meant"), key=at, meant=tr(N_("a list of texts in quotes")))
        return
    choices = _CHOICES.get(key)
    if choices and not set(value) <= set(choices):
        yield tr(N_("{key}: one of {choices} is meant"), key=at, choices=", ".join(choices))
    elif not choices and not all(_CODE.fullmatch(each) for each in value):
        yield tr(N_("{key}: {meant} is meant"), key=at, meant='["DUP", "TSK101"]')


def _step_problems(at: str, steps: list[str]) -> Iterator[str]:
    """Yield where steps are out of order, twice, or without the one that they need."""
    if list(steps) != [each for each in STEPS if each in steps]:
        yield tr(N_("{key}: the order is {order}, each once"), key=at, order=", ".join(STEPS))
    if "pull" not in steps:
        yield tr(N_("{key}: a run begins with pull"), key=at)
        return
    for step in steps:
        needed = _NEEDS.get(step)
        if needed is not None and needed not in steps:
            yield tr(N_("{key}: {step} needs {needed}"), key=at, step=step, needed=needed)


def _notify_problems(at: str, value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        meant = '{ when = "change", to = ["mail"] }'
        yield tr(N_("{key}: {meant} is meant"), key=at, meant=meant)
        return
    for key, each in value.items():
        inner = f"{at}.{_shown(key)}"
        if key not in ("when", "to"):
            yield _unknown(inner, key, ["when", "to"])
        elif key == "when" and each not in WHEN:
            yield tr(N_("{key}: one of {choices} is meant"), key=inner, choices=", ".join(WHEN))
        elif key == "to" and not (isinstance(each, list) and all(map(_is_text, each))):
            meant = tr(N_("a list of texts in quotes"))
            yield tr(N_("{key}: {meant} is meant"), key=inner, meant=meant)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 500 and value.isprintable()


def _shown(text: str) -> str:
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 40 else line[:39] + "…"

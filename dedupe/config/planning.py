"""The sections [survivorship] and [plan]: which card and which value wins, what a plan may hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from dedupe.language import N_, tr

SURVIVOR_RULES = (
    "most_won_deals",
    "most_deals",
    "active_owner",
    "most_complete",
    "oldest",
    "newest",
)
FIELD_RULES = ("keep", "newest", "oldest", "longest", "any_yes", "all_yes")
REPAIRS = ("merge", "split", "drop_repeat", "normalize", "tag", "task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivorship:
    """Which card of a merge stays, and which value of a field.

    `fields` gives a field, by its name or id, a rule of its own. A yes in a field of `consent`
    permits something and one in `refusal` forbids it: the stricter value wins.
    """

    survivor: tuple[str, ...] = ("most_won_deals", "active_owner", "most_complete", "oldest")
    fields: Mapping[str, str] = field(default_factory=dict)
    consent: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """What a plan is made of, and its limits."""

    repairs: tuple[str, ...] = ("merge", "split", "drop_repeat")  # what is wrong beyond doubt
    max_group: int = 5  # more cards in one merge are a person's to check
    max_persons: int = 3  # on one number: from four on it is an office's or a family's
    mark_tag: str = "crmclean-duplicate"
    delete_field: str | None = None  # the checkbox "delete me"; by default found by its name
    task_type: str | None = None  # of a task for an open deal without one; the first type
    task_text: str | None = None
    task_days: int = 1  # tomorrow
    tags: Mapping[str, str] = field(default_factory=dict)  # check code -> tag for its records
    expires_hours: int = 72  # an account moves on: after three days it is another one
    max_changes: int = 500  # records; more at once nobody looks through
    max_percent: int = 5  # of the records of one kind


_RANGES = {
    "max_group": (2, 50),
    "max_persons": (1, 100),
    "task_days": (0, 365),
    "expires_hours": (1, 24 * 30),
    "max_changes": (0, 10_000_000),
    "max_percent": (0, 100),
}
_CHOICES = {"survivor": SURVIVOR_RULES, "repairs": REPAIRS}
_TEXT_MAX = 200


def planning_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with the two sections, in the reader's language."""
    for name, kind in (("survivorship", Survivorship), ("plan", Planning)):
        section = document.get(name, {})
        if not isinstance(section, dict):
            continue  # told with the other sections
        known = {each.name: str(each.type) for each in dataclasses.fields(kind)}
        for key, value in section.items():
            where = f"{name}.{_shown(key)}"
            if key in known:
                yield from _value_problems(where, key, value, known[key])
            else:
                near = get_close_matches(key[:40], known, n=1)
                hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
                yield tr(N_("{key}: unknown setting{hint}"), key=where, hint=hint)


def _value_problems(where: str, key: str, value: object, kind: str) -> Iterator[str]:
    if kind.startswith("Mapping"):
        yield from _mapping_problems(where, key, value)
    elif kind.startswith("tuple"):
        yield from _list_problems(where, key, value)
    elif kind == "int":
        low, high = _RANGES[key]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            yield tr(
                N_("{key}: a whole number from {low} to {high} is meant"),
                key=where,
                low=low,
                high=high,
            )
    elif not _is_text(value):
        yield tr(N_("{key}: {meant} is meant"), key=where, meant=tr(N_("a text in quotes")))


def _list_problems(where: str, key: str, value: object) -> Iterator[str]:
    if not isinstance(value, list) or not all(_is_text(each) for each in value):
        meant = tr(N_("a list of texts in quotes"))
        yield tr(N_("{key}: {meant} is meant"), key=where, meant=meant)
        return
    choices = _CHOICES.get(key)
    if choices and not set(value) <= set(choices):
        yield tr(N_("{key}: one of {choices} is meant"), key=where, choices=", ".join(choices))


def _mapping_problems(where: str, key: str, value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield tr(N_("{key}: {meant} is meant"), key=where, meant=tr(N_("a section")))
        return
    for name, each in value.items():
        inner = f"{where}.{_shown(name)}"
        if not _is_text(each):
            yield tr(N_("{key}: {meant} is meant"), key=inner, meant=tr(N_("a text in quotes")))
        elif key == "fields" and each not in FIELD_RULES:
            choices = ", ".join(FIELD_RULES)
            yield tr(N_("{key}: one of {choices} is meant"), key=inner, choices=choices)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _TEXT_MAX and value.isprintable()


def _shown(text: str) -> str:
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 40 else line[:39] + "…"

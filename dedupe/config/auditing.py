"""What the audit is told: options of checks, the regulation, lines that a person ticks off.

    [checks.options.INT201]
    days = 14

    [[regulation]]
    name = "Договор"
    pipeline = "Розничный отдел"
    stage = "Договор"
    require = ["Город", "Бренд"]
    max_age = "5d"
    task_required = true

    [manual]
    MAN101 = "done"

The names and types of options are the checks' own business: `audit.settings` holds them to it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dedupe.language import N_, tr

MANUAL = ("done", "failed", "not_applicable")
_AGE = re.compile(r"(\d{1,4})\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
_TEXT_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulation:
    """One rule of the account's own: what an open deal at a stage, or beyond it, must have.

    Without `pipeline` it is of all pipelines, without `stage` of all their stages. `require` are
    fields by name, id or code; `max_age_hours` is the longest time at the stage.
    """

    name: str
    pipeline: str | None = None
    stage: str | None = None
    require: tuple[str, ...] = ()
    max_age_hours: int | None = None
    task_required: bool = False


def audit_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with the audit's settings, in the reader's language."""
    rules = document.get("regulation", [])
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        yield tr(N_("{where}: a section [[{where}]] is meant"), where="regulation")
    else:
        for number, rule in enumerate(rules, 1):
            yield from _rule_problems(f"regulation {number}", rule)
    manual = document.get("manual", {})
    if not isinstance(manual, dict):
        yield tr(N_("{where}: a section [{where}] is meant"), where="manual")
        return
    for code, value in manual.items():
        if value not in MANUAL:
            choices = ", ".join(MANUAL)
            yield tr(
                N_("{key}: one of {choices} is meant"), key=f"manual.{code[:40]}", choices=choices
            )


def read_regulations(document: Mapping[str, Any]) -> tuple[Regulation, ...]:
    """Return the rules of a document that `audit_problems` finds nothing wrong with."""
    return tuple(
        Regulation(
            name=str(rule.get("name") or f"regulation {number}"),
            pipeline=rule.get("pipeline"),
            stage=rule.get("stage"),
            require=tuple(rule.get("require", ())),
            max_age_hours=_hours(rule["max_age"]) if "max_age" in rule else None,
            task_required=rule.get("task_required", False),
        )
        for number, rule in enumerate(document.get("regulation", []), 1)
    )


def _rule_problems(where: str, rule: Mapping[str, Any]) -> Iterator[str]:
    known = [each.name for each in dataclasses.fields(Regulation)]
    known[known.index("max_age_hours")] = "max_age"
    for key, value in rule.items():
        at = f"{where}.{key[:40]}"
        if key not in known:
            near = get_close_matches(key[:40], known, n=1)
            hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
            yield tr(N_("{key}: unknown setting{hint}"), key=at, hint=hint)
        elif key == "require" and not (isinstance(value, list) and all(map(_is_text, value))):
            yield tr(
                N_("{key}: {meant} is meant"), key=at, meant=tr(N_("a list of texts in quotes"))
            )
        elif key == "task_required" and not isinstance(value, bool):
            yield tr(N_("{key}: {meant} is meant"), key=at, meant="true, false")
        elif key == "max_age" and _hours(value) is None:
            yield tr(N_("{key}: {meant} is meant"), key=at, meant='"12h", "5d", "2w"')
        elif key in ("name", "pipeline", "stage") and not _is_text(value):
            yield tr(N_("{key}: {meant} is meant"), key=at, meant=tr(N_("a text in quotes")))
    if "stage" in rule and "pipeline" not in rule:
        yield tr(N_("{key}: missing"), key=f"{where}.pipeline")
    if not {"require", "max_age", "task_required"} & set(rule):
        yield tr(N_("{key}: missing"), key=f"{where}.require, max_age, task_required")


def _hours(text: object) -> int | None:
    found = _AGE.fullmatch(text.strip()) if isinstance(text, str) else None
    return int(found[1]) * _HOURS[found[2]] if found else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _TEXT_MAX and value.isprintable()

"""The options of checks, as the config tells them, held to what the checks know.

Every check may be given another `severity`; the rest it declares itself. A number is held to
the option's bounds, a whole number may stand for a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from dedupe.errors import ConfigError
from dedupe.language import N_, tr

from .registry import CHECKS, SEVERITIES, Check, Option, Setting

Options = Mapping[str, Mapping[str, Setting]]
SEVERITY = "severity"


def read_options(told: Mapping[str, Any]) -> Options:
    """Return the options of `[checks.options]` by code and name. Raises ConfigError, all at once.

    >>> read_options({"TSK101": {"severity": "warning"}})
    {'TSK101': {'severity': 'warning'}}
    """
    problems = list(_problems(told))
    if problems:
        raise ConfigError(
            N_("{problems}"),
            where="[checks.options]",
            fix=N_("see: crmclean explain CODE"),
            problems="; ".join(problems),
        )
    return {
        code: {name: _settled(code, name, value) for name, value in settings.items()}
        for code, settings in told.items()
    }


def severity_of(check: Check, options: Options) -> str:
    """Return the severity of a check's findings: the config's, or the check's own."""
    return str(options.get(check.code, {}).get(SEVERITY, check.severity))


def _problems(told: Mapping[str, Any]) -> Iterator[str]:
    for code, settings in told.items():
        shown = code[:40] if code.isprintable() else "?"
        if code not in CHECKS:
            near = get_close_matches(code.upper(), CHECKS, n=1)
            hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
            yield tr(N_("{key}: unknown setting{hint}"), key=shown, hint=hint)
        elif not isinstance(settings, dict):
            yield tr(N_("{key}: {meant} is meant"), key=shown, meant=tr(N_("a section")))
        else:
            for name, value in settings.items():
                yield from _option_problems(CHECKS[code], name, value)


def _option_problems(check: Check, name: str, value: object) -> Iterator[str]:
    known = {each.name: each for each in check.options}
    where = f"{check.code}.{name[:40]}"
    if name == SEVERITY:
        if value not in SEVERITIES:
            choices = ", ".join(SEVERITIES)
            yield tr(N_("{key}: one of {choices} is meant"), key=where, choices=choices)
    elif name not in known:
        near = get_close_matches(name[:40], [*known, SEVERITY], n=1)
        hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
        yield tr(N_("{key}: unknown setting{hint}"), key=where, hint=hint)
    elif not _fits(known[name], value):
        yield tr(N_("{key}: {meant} is meant"), key=where, meant=_meant(known[name]))


def _fits(option: Option, value: object) -> bool:
    kind = option.default
    if isinstance(kind, bool) or isinstance(value, bool):
        return isinstance(kind, bool) and isinstance(value, bool)
    if isinstance(kind, int | float):
        is_number = isinstance(value, int) or (isinstance(kind, float) and isinstance(value, float))
        return is_number and isinstance(value, int | float) and option.least <= value <= option.most
    if isinstance(kind, str):
        return isinstance(value, str) and value.isprintable() and len(value) <= 200
    if isinstance(kind, tuple):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, dict) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in value.values()
    )


def _meant(option: Option) -> str:
    kind = option.default
    if isinstance(kind, bool):
        return "true, false"
    if isinstance(kind, int | float):
        return tr(
            N_("a number from {low} to {high}"), low=f"{option.least:g}", high=f"{option.most:g}"
        )
    if isinstance(kind, str):
        return tr(N_("a text in quotes"))
    if isinstance(kind, tuple):
        return tr(N_("a list of texts in quotes"))
    return tr(N_("a section of numbers"))


def _settled(code: str, name: str, value: Any) -> Setting:  # noqa: ANN401  from TOML, checked
    default = next((each.default for each in CHECKS[code].options if each.name == name), "")
    if isinstance(default, float):
        return float(value)
    if isinstance(default, tuple):
        return tuple(value)
    if isinstance(default, dict):
        return {key: float(each) for key, each in value.items()}
    return value  # type: ignore[no-any-return]  # _problems has seen that it fits

"""Faults on demand: what goes wrong with which requests.

A fault matches requests by method and path, and strikes the n-th of those it matched,
or each with a probability drawn from a seed; so a test can repeat what it saw. The
first fault that strikes a request wins.
"""

from __future__ import annotations

import codecs
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dedupe.errors import InputError
from dedupe.language import N_


class Action(StrEnum):
    """What goes wrong. "Before" and "after" are said of the effect on the state."""

    DROP_BEFORE = "drop_before"  # the connection closes, nothing was done
    DROP_AFTER = "drop_after"  # it was done, the answer is lost
    RESET_BEFORE = "reset_before"  # as drop, by a reset
    RESET_AFTER = "reset_after"
    DELAY = "delay"  # the work starts after `seconds`
    SLOW = "slow"  # the answer takes `seconds` to come, in pieces
    STATUS = "status"  # `status` instead of the work: 429, 500, 502, 503, 504 ...
    STATUS_AFTER = "status_after"  # the same, but it was done
    HTML = "html"  # 200 with a page instead of the answer
    TRUNCATED = "truncated"  # the answer breaks off in the middle
    CUT = "cut"  # half of the answer, whose length says that it is whole
    SHAPE = "shape"  # 200 with JSON of another shape
    EMPTY = "empty"  # 200 without a body


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. Without `nth` it strikes every request that it matches, `times` at most."""

    action: Action
    method: str = ""  # any
    path: str = ""  # a regular expression, searched in the path with its query
    nth: tuple[Annotated[int, Meta(ge=1)], ...] = ()  # of the matching requests, from 1
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    times: Annotated[int, Meta(ge=0)] | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 503
    seconds: Annotated[float, Meta(ge=0)] = 1.0
    retry_after: str | None = None
    body: str | None = None  # in place of the usual one of the action
    content_type: str | None = None


@dataclass(slots=True)
class _Rule:
    fault: Fault
    pattern: re.Pattern[str]
    n_matched: int = 0
    n_struck: int = 0


@dataclass(slots=True)
class Faults:
    """The rules in force, and how often each one matched and struck."""

    seed: int = 0
    _rules: list[_Rule] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Start the dice."""
        self._random = random.Random(self.seed)

    def set(self, faults: Iterable[Fault]) -> None:
        """Put `faults` in place of all rules; counting starts anew. Raises InputError."""
        self._rules = [_Rule(fault, _pattern(fault)) for fault in faults]
        self._random = random.Random(self.seed)

    def counts(self) -> list[Mapping[str, Any]]:
        """Return each rule with how often it matched and struck."""
        return [
            {"action": r.fault.action.value, "matched": r.n_matched, "struck": r.n_struck}
            for r in self._rules
        ]

    def strike(self, method: str, target: str) -> Fault | None:
        """Return the fault that strikes a request to `target`, its path with the query."""
        struck = None
        for rule in self._rules:
            if rule.fault.method not in ("", method) or not rule.pattern.search(target):
                continue
            rule.n_matched += 1
            if struck is None and self._falls(rule):
                rule.n_struck += 1
                struck = rule.fault
        return struck

    def _falls(self, rule: _Rule) -> bool:
        fault = rule.fault
        if fault.times is not None and rule.n_struck >= fault.times:
            return False
        if fault.nth:
            return rule.n_matched in fault.nth
        return fault.probability >= 1 or self._random.random() < fault.probability


def read_faults(raw: bytes, where: str) -> Sequence[Fault]:
    """Read rules from JSON, a list of objects. Raises InputError."""
    try:
        return msgspec.json.decode(raw.removeprefix(codecs.BOM_UTF8), type=list[Fault])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            N_("these are no faults of the sandbox ({reason})"),
            where=where,
            fix=N_('write a list such as [{{"action": "status", "status": 503, "nth": [3]}}]'),
            reason=str(error),
        ) from error


def _pattern(fault: Fault) -> re.Pattern[str]:
    try:
        return re.compile(fault.path)
    except re.error as error:
        raise InputError(
            N_("the path of a fault is no regular expression ({reason})"),
            where=fault.path,
            fix=N_("mend the expression"),
            reason=str(error),
        ) from error

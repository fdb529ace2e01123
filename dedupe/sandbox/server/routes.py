"""Routes: which handler answers a method and a path.

A pattern is a path with named parts: `{name}` is one segment, `{name:a|b}` a segment
that the expression matches as a whole. The first route that fits wins, so special
paths stand before general ones. A path that is known for another method is told
apart from one that is not known at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from .reply import Handler

_PART = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a pattern of paths, and who answers."""

    method: str
    pattern: str
    handler: Handler

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the named parts of `path`, None where the pattern does not fit."""
        found = _compiled(self.pattern).fullmatch(path)
        return None if found is None else found.groupdict()


@dataclass(frozen=True, slots=True)
class Found:
    """Where a request leads: a handler and the path's parts, or only the methods there are."""

    handler: Handler | None
    values: Mapping[str, str]
    methods: frozenset[str]


def find(routes: Iterable[Route], method: str, path: str) -> Found:
    """Return the first route for `method` and `path`, else which methods the path has."""
    methods = set()
    for route in routes:
        values = route.match(path)
        if values is None:
            continue
        if route.method == method:
            return Found(route.handler, values, frozenset((method,)))
        methods.add(route.method)
    return Found(None, {}, frozenset(methods))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    text, at = "", 0
    for part in _PART.finditer(pattern):
        name, expression = part.groups()
        text += re.escape(pattern[at : part.start()]) + f"(?P<{name}>{expression or '[^/]+'})"
        at = part.end()
    return re.compile(text + re.escape(pattern[at:]))

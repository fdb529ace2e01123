"""Query strings in PHP's brackets: filter[id][]=1 and filter[updated_at][from]=2 as a tree.

A list is a mapping with "0", "1" ... as keys, as in PHP; a later value of one name
replaces the earlier one. What can't be read as what it should be raises QueryError,
which the reading side answers with a 400.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_BRACKETS = re.compile(r"\[([^\]]*)\]")
_DEPTH = 8  # no parameter of the API is deeper
Tree = dict[str, Any]


class QueryError(Exception):
    """A parameter is not what it should be; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_query(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Return the parameters as PHP reads them.

    >>> read_query([("filter[id][]", "1"), ("filter[id][]", "2"), ("page", "3")])
    {'filter': {'id': {'0': '1', '1': '2'}}, 'page': '3'}
    """
    tree: Tree = {}
    for name, value in pairs:
        head, bracket, tail = name.partition("[")
        keys = [head, *_BRACKETS.findall(bracket + tail)][:_DEPTH]
        place = tree
        for key in keys[:-1]:
            below = place.setdefault(_key(place, key), {})
            if not isinstance(below, dict):
                below = place[key] = {}
            place = below
        place[_key(place, keys[-1])] = value
    return tree


def texts(value: object) -> list[str]:
    """Return one value or a list of them as a list; a list in commas is one value."""
    if isinstance(value, Mapping):
        return [one for one in value.values() if isinstance(one, str)]
    return [value] if isinstance(value, str) else []


def numbers(value: object, name: str) -> list[int]:
    """Return one number or a list of them. Raises QueryError for anything else."""
    found = []
    for text in texts(value):
        for part in text.split(","):
            if not re.fullmatch(r"-?\d{1,18}", part.strip()):
                raise QueryError(name)
            found.append(int(part))
    return found


def span(value: object, name: str) -> tuple[int | None, int | None]:
    """Return the ends of a range, both included; a bare number is a range of one."""
    if isinstance(value, str):
        one = numbers(value, name)[0]
        return one, one
    ends = value if isinstance(value, Mapping) else {}
    read = [numbers(ends[end], name)[0] if ends.get(end) else None for end in ("from", "to")]
    return read[0], read[1]


def with_(tree: Tree) -> frozenset[str]:
    """Return what `with` asks for."""
    return frozenset(word.strip() for text in texts(tree.get("with")) for word in text.split(","))


def branch(tree: Tree, name: str) -> Tree:
    """Return the tree under `name`, an empty one where there is none."""
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def _key(place: Tree, key: str) -> str:
    if key:
        return key
    return str(1 + max((int(k) for k in place if k.isdecimal() and len(k) < 19), default=-1))

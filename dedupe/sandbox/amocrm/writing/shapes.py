"""Shapes of what is sent: which keys an item may have, and the JSON type of each.

A shape maps a key to a type word: int, number, string, bool, array, object, any,
id (string or int), map (an object, or the empty list that PHP writes for one); a "?" after
it lets null pass, a "!" before it requires the key. What is not named is FieldNotExpected:
amoCRM refuses unknown keys instead of ignoring them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .problems import Problem, missing, unexpected, wrong_type

Shape = dict[str, str]


def shape_problems(item: Mapping[str, Any], shape: Shape, path: str = "") -> Iterator[Problem]:
    """Yield what is wrong with the keys and types of `item`; `path` ends in a dot, or is empty."""
    for key, value in item.items():
        if key not in shape:
            yield unexpected(path + key)
        elif not _fits(value, shape[key].lstrip("!")):
            yield wrong_type(path + key, _NAMES.get(shape[key].strip("!?"), shape[key].strip("!?")))
    yield from (missing(path + k) for k, t in shape.items() if t[0] == "!" and k not in item)


def is_whole(value: object) -> bool:
    """Tell whether `value` is a whole JSON number of 64 bits; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def as_id(value: object) -> int:
    """Return `value` if it can be the id of a record, else 0, which is none's."""
    return value if isinstance(value, int) and is_whole(value) and value > 0 else 0


def is_id(value: object) -> bool:
    """Tell whether `value` is a text or a whole number: what an id or a mark may be."""
    return isinstance(value, str) or is_whole(value)


def _fits(value: object, word: str) -> bool:
    if value is None:
        return word.endswith("?")
    match word.rstrip("?"):
        case "int":
            return is_whole(value)
        case "number":
            return is_whole(value) or isinstance(value, float)
        case "id":
            return is_id(value)
        case "any":
            return True
        case "map":
            return isinstance(value, dict) or value == []
        case kind:
            return isinstance(value, _KINDS[kind])


_KINDS: Mapping[str, type] = {"string": str, "bool": bool, "array": list, "object": dict}
_NAMES = {"id": "string", "object": "array", "map": "array"}  # PHP's word for both is array
